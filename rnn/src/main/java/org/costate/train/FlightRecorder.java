package org.costate.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.costate.io.ModelFile;
import org.costate.io.Safetensors;
import org.costate.io.Tensor;
import org.costate.unroll.Layout;
import org.costate.unroll.NonFinite;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.Recurrence;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;

/// Explains the first update that was not finite: the node, parameter, time step and lane where it
/// began, with the last finite norms. The number of the batch is enough to replay it, because
/// batches are a pure function of their number.
public final class FlightRecorder implements TrainingListener {
  private static final int REMEMBERED = 10;

  private final Objective objective;
  private final BatchSource source;
  private final Parameters parameters;
  private final long seed;
  private final ArrayDeque<String> lastNorms = new ArrayDeque<>();
  private Report report;
  private double[] badParameters;

  /// What was found.
  ///
  /// @param batch the number of the batch
  /// @param parameter the first parameter that is itself not finite, or empty
  /// @param origin the first node that was not finite, or empty if the loss is finite when the
  ///   batch is replayed
  /// @param lastNorms loss and norm of the last finite updates
  public record Report(
      long batch, Optional<String> parameter, Optional<NonFinite> origin, String lastNorms) {
    @Override
    public String toString() {
      return "The gradient of batch %d is not finite: %s%s. Last finite updates: %s"
          .formatted(
              batch,
              parameter.map(p -> "parameter " + p + " is not finite; ").orElse(""),
              origin.map(NonFinite::toString).orElse("every value is finite when it is replayed"),
              lastNorms.isEmpty() ? "none" : lastNorms);
    }
  }

  /// A recorder for a run.
  ///
  /// @param objective what is trained
  /// @param source its batches
  /// @param parameters θ in training
  /// @param seed the seed of the run
  public FlightRecorder(Objective objective, BatchSource source, Parameters parameters, long seed) {
    this.objective = objective;
    this.source = source;
    this.parameters = parameters;
    this.seed = seed;
  }

  @Override
  public void onUpdate(Update update) {
    if (update.outcome().applied()) {
      lastNorms.addLast(
          "batch %d loss %.4g norm %.4g"
              .formatted(update.batch(), update.loss(), update.outcome().norm()));
      if (lastNorms.size() > REMEMBERED) {
        lastNorms.removeFirst();
      }
    } else if (report == null) {
      badParameters = parameters.values().clone();
      report = replay(update.batch());
    }
  }

  /// Runs a batch again with the present parameters and finds the first value that is not finite.
  ///
  /// @param batch the number of the batch
  /// @return what was found
  public Report replay(long batch) {
    Sequences inputs = objective.withNoise(source.batch(batch), seed, batch);
    Recurrence recurrence = objective.recurrence();
    Optional<NonFinite> origin =
        recurrence.findNonFinite(
            parameters,
            recurrence.zeroState(inputs.lanes()),
            inputs,
            Seeds.of("loss", 1 / objective.totalWeight(inputs)));
    return new Report(batch, badParameter(), origin, String.join("; ", lastNorms));
  }

  private Optional<String> badParameter() {
    for (int i = 0; i < parameters.values().length; i++) {
      if (!Double.isFinite(parameters.values()[i])) {
        Layout.Entry entry = parameters.layout().at(i);
        return Optional.of("%s[%d]".formatted(entry.name(), i - entry.offset()));
      }
    }
    return Optional.empty();
  }

  /// The report of the first bad batch.
  ///
  /// @return the report, or empty if there was none
  public Optional<Report> report() {
    return Optional.ofNullable(report);
  }

  /// Saves the parameters and the inputs of the bad batch for a later look.
  ///
  /// @param file the safetensors file
  /// @throws IOException if it cannot be written
  public void save(Path file) throws IOException {
    if (report == null) {
      throw new IllegalStateException("FlightRecorder.save: no update has been non-finite.");
    }
    var tensors =
        new LinkedHashMap<String, Tensor>(
            ModelFile.tensors(new Parameters(parameters.layout(), badParameters), Tensor.Type.F64));
    Sequences inputs = source.batch(report.batch());
    inputs
        .inputs()
        .forEach(
            (name, series) -> {
              double[] all =
                  Arrays.stream(series.steps()).flatMapToDouble(Arrays::stream).toArray();
              tensors.put(
                  "batch/" + name,
                  Tensor.of(all, series.horizon(), series.lanes(), series.shape().size()));
            });
    String found = report.toString().lines().collect(Collectors.joining(" "));
    new Safetensors(tensors, Map.of("batch", Long.toString(report.batch()), "report", found))
        .write(file);
  }
}
