package org.costate.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.io.ModelFile;
import org.costate.io.Safetensors;
import org.costate.io.Tensor;

/// Everything a run is, in one safetensors file: parameters, moments, counters, the number of the
/// batch and the phase of the window, carried state and lookback, accumulated gradient, best
/// parameters, early stopping. Random numbers are counter-based, so they need the seed only. A
/// resumed run is bitwise the run that was not interrupted.
public final class Snapshot {
  private Snapshot() {}

  /// Saves a run, atomically.
  ///
  /// @param trainer the run
  /// @param file the file
  /// @throws IOException if it cannot be written
  public static void save(Trainer trainer, Path file) throws IOException {
    var tensors =
        new LinkedHashMap<String, Tensor>(ModelFile.tensors(trainer.parameters, Tensor.Type.F64));
    double[][] moments = trainer.updater.moments();
    for (int i = 0; i < moments.length; i++) {
      tensors.put("run/moment" + i, Tensor.of(moments[i], moments[i].length));
    }
    tensors.put("run/accumulated", Tensor.of(trainer.accumulated, trainer.accumulated.length));
    double[] stopping = trainer.stopping.save();
    tensors.put("run/stopping", Tensor.of(stopping, stopping.length));
    if (trainer.bestValues != null) {
      tensors.put("run/best", Tensor.of(trainer.bestValues, trainer.bestValues.length));
    }
    if (trainer.windows != null) {
      trainer
          .windows
          .save()
          .forEach(
              (name, array) -> tensors.put("run/windows/" + name, Tensor.of(array, array.length)));
    }
    long[] counters = trainer.updater.counters();
    new Safetensors(
            tensors,
            Map.of(
                "format", "costate-snapshot-1",
                "batch", Long.toString(trainer.batch),
                "windowStart", Integer.toString(trainer.windowStart),
                "lanes",
                    Integer.toString(trainer.windows == null ? 0 : trainer.windows.state().lanes()),
                "seed", Long.toString(trainer.seed()),
                "counters", counters[0] + " " + counters[1] + " " + counters[2]))
        .write(file);
  }

  /// Makes a new trainer with the same settings into the saved run.
  ///
  /// @param trainer a run at its beginning, with the objective, batches and settings of the saved
  ///   one
  /// @param file the file
  /// @throws IOException if the file is not a snapshot of such a run
  public static void restore(Trainer trainer, Path file) throws IOException {
    Safetensors saved = Safetensors.read(file);
    if (!"costate-snapshot-1".equals(saved.metadata().get("format"))) {
      throw new IOException(file + " is not a snapshot of a training run.");
    }
    if (Long.parseLong(saved.metadata().get("seed")) != trainer.seed()) {
      throw new IOException(
          "%s is of a run with seed %s, not %d; resume with the same settings."
              .formatted(file, saved.metadata().get("seed"), trainer.seed()));
    }
    var values =
        ModelFile.parameters(file.toString(), saved.tensors(), trainer.parameters.layout())
            .values();
    System.arraycopy(values, 0, trainer.parameters.values(), 0, values.length);
    double[][] moments = trainer.updater.moments();
    for (int i = 0; i < moments.length; i++) {
      Tensor moment = saved.tensors().get("run/moment" + i);
      if (moment == null || moment.values().length != moments[i].length) {
        throw new IOException(
            file + " is of a run with another optimiser; resume with the same settings.");
      }
      System.arraycopy(moment.values(), 0, moments[i], 0, moments[i].length);
    }
    System.arraycopy(
        saved.tensors().get("run/accumulated").values(),
        0,
        trainer.accumulated,
        0,
        trainer.accumulated.length);
    trainer.stopping.restore(saved.tensors().get("run/stopping").values());
    Tensor best = saved.tensors().get("run/best");
    trainer.bestValues = best == null ? null : best.values();
    String[] counters = saved.metadata().get("counters").split(" ");
    trainer.updater.restore(
        new long[] {
          Long.parseLong(counters[0]), Long.parseLong(counters[1]), Long.parseLong(counters[2])
        });
    trainer.batch = Long.parseLong(saved.metadata().get("batch"));
    trainer.windowStart = Integer.parseInt(saved.metadata().get("windowStart"));
    int lanes = Integer.parseInt(saved.metadata().get("lanes"));
    if (lanes > 0) {
      var arrays = new LinkedHashMap<String, double[]>();
      saved
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (name.startsWith("run/windows/")) {
                  arrays.put(name.substring("run/windows/".length()), tensor.values());
                }
              });
      trainer.windows(lanes).restore(arrays);
    }
  }
}
