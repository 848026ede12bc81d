package org.costate.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.plot.Figures;
import org.costate.plot.GradientFlowPlot;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.costate.train.GradientFlow;
import org.costate.train.Trainer;
import org.costate.train.TrainingListener;
import org.costate.train.Update;
import org.costate.unroll.Parameters;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Sweep;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// One long-lag task for five kinds of cell, clipped and not: the first step carries one bit, the
/// rest is noise, and the bit is asked for at the end. The costate that must carry the answer back
/// to the first step vanishes, explodes, or arrives.
@Command(
    name = "gradient-flow",
    description = "Vanishing, exploding and cured gradients: five cells on one long-lag task.",
    mixinStandardHelpOptions = true)
public final class GradientFlowExperiment extends Experiment {
  private static final int LANES = 32;
  private static final int HIDDEN = 24;

  /// Losses above this are drawn as this.
  private static final double DIVERGED = 10;

  @Option(
      names = "--length",
      defaultValue = "60",
      description = "Steps between the bit and the question (default ${DEFAULT-VALUE}).")
  private int length = 60;

  @Option(
      names = "--batches",
      defaultValue = "200",
      description = "Training batches of each run (default ${DEFAULT-VALUE}).")
  private int batches = 200;

  @Option(
      names = "--rate",
      defaultValue = "0.02",
      description = "Learning rate of momentum descent (default ${DEFAULT-VALUE}).")
  private double rate = 0.02;

  /// For the command line, and for the demo with its defaults.
  public GradientFlowExperiment() {}

  @Override
  protected String name() {
    return "gradient-flow";
  }

  private Map<String, Cell> cells() {
    var cells = new LinkedHashMap<String, Cell>();
    cells.put("sigmoid RNN", ElmanCell.of(HIDDEN).activation(ElmanCell.Activation.SIGMOID));
    cells.put(
        "tanh RNN", ElmanCell.of(HIDDEN).recurrent(Initializer.normal(0.7 / Math.sqrt(HIDDEN))));
    cells.put(
        "ReLU RNN, 1.15 · identity",
        ElmanCell.identity(HIDDEN).recurrent(Initializer.identity(1.15)));
    cells.put("ReLU RNN, identity", ElmanCell.identity(HIDDEN));
    cells.put("LSTM, forget bias 1", LstmCell.of(HIDDEN));
    cells.put("LSTM, forget bias 5", LstmCell.of(HIDDEN).forgetBias(5));
    cells.put("GRU, update bias 5", GruCell.of(HIDDEN).updateBias(5));
    return cells;
  }

  private Sequences batch(long seed, String purpose, long index, int lanes) {
    double[][] x = new double[length][lanes * 2];
    double[] target = new double[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      RandomStream random = RandomStream.of(seed, "gradient flow " + purpose, index, lane);
      target[lane] = random.nextInt(2);
      x[0][2 * lane] = 2 * target[lane] - 1;
      for (int t = 0; t < length; t++) {
        x[t][2 * lane + 1] = 0.3 * random.nextGaussian();
      }
    }
    return Sequences.of(lanes, length)
        .with("x", new Series(Shape.of(2), lanes, x))
        .with("target", Series.constant(Shape.SCALAR, lanes, length, target));
  }

  private record Outcome(
      double[] start,
      double[] loss,
      double accuracy,
      GradientFlow flow,
      long skipped,
      double clipRate,
      Map<String, Double> saturation) {}

  @Override
  protected void execute(Run run) throws IOException {
    if (length < 2 || batches < 1) {
      throw new IllegalArgumentException(
          "gradient-flow: --length must be at least 2 and --batches at least 1.");
    }
    var outcomes = new LinkedHashMap<String, Outcome[]>();
    int done = 0;
    try (Progress progress = run.progress(name(), cells().size() * 2L)) {
      for (var entry : cells().entrySet()) {
        Outcome free = train(run.seed(), entry.getValue(), new Clipping.None());
        progress.at(++done, entry.getKey());
        Outcome clipped = train(run.seed(), entry.getValue(), new Clipping.GlobalNorm(1));
        progress.at(++done, entry.getKey() + ", clipped");
        outcomes.put(entry.getKey(), new Outcome[] {free, clipped});
      }
    }
    report(run, outcomes);
  }

  private Outcome train(long seed, Cell cell, Clipping clipping) {
    SequenceModel model =
        SequenceModel.builder()
            .features(2)
            .layer(cell)
            .pool(SequenceModel.Pooling.LAST)
            .loss(new Loss.Softmax(2))
            .build();
    Parameters parameters = model.initialise(seed);
    var flow = new GradientFlow();
    double[] loss = new double[batches];
    double[] start = costate(model, parameters, batch(seed, "probe", 0, LANES));
    try (var trainer =
        new Trainer(
            model,
            index -> batch(seed, "train", index, LANES),
            parameters,
            Trainer.Settings.adam(rate)
                .optimizer(new Optimizer.Momentum(0.9))
                .clipping(clipping)
                .flowEvery(5)
                .seed(seed)
                .listener(flow)
                .listener(
                    new TrainingListener() {
                      @Override
                      public void onUpdate(Update update) {
                        loss[(int) update.batch()] = update.loss();
                      }
                    }))) {
      trainer.until(batches);
      return new Outcome(
          start,
          loss,
          accuracy(model, parameters, batch(seed, "test", 0, 512)),
          flow,
          trainer.updater().skipped(),
          trainer.updater().clipRate(),
          model.saturation(parameters, batch(seed, "probe", 0, LANES)));
    }
  }

  private static double[] costate(SequenceModel model, Parameters parameters, Sequences batch) {
    Sequences inputs = model.withoutNoise(batch);
    return model
        .recurrence()
        .forward(parameters, model.recurrence().zeroState(batch.lanes()), inputs)
        .backward(Seeds.of("loss", 1.0 / batch.lanes()), Sweep.full().withFlow())
        .flow()
        .get("layer0")
        .costateNorm();
  }

  private static double accuracy(SequenceModel model, Parameters parameters, Sequences batch) {
    Series p = model.predict(parameters, batch).output("prediction");
    int right = 0;
    for (int lane = 0; lane < batch.lanes(); lane++) {
      right += (p.get(0, lane, 1) > 0.5) == (batch.input("target").get(0, lane, 0) == 1) ? 1 : 0;
    }
    return right / (double) batch.lanes();
  }

  private void report(Run run, Map<String, Outcome[]> outcomes) throws IOException {
    var profiles = new LinkedHashMap<String, double[]>();
    var free = new LinkedHashMap<String, double[][]>();
    var clipped = new LinkedHashMap<String, double[][]>();
    double[] x = java.util.stream.IntStream.range(0, batches).asDoubleStream().toArray();
    var rows = new ArrayList<List<String>>();
    var json = new ArrayList<Map<String, Object>>();
    outcomes.forEach(
        (name, pair) -> {
          profiles.put(name, java.util.Arrays.copyOf(pair[0].start, length));
          free.put(name, new double[][] {x, smooth(pair[0].loss)});
          clipped.put(name, new double[][] {x, smooth(pair[1].loss)});
          GradientFlow.Decay decay = GradientFlow.decay(pair[0].start);
          rows.add(
              List.of(
                  name,
                  decay.halfLife() == Double.POSITIVE_INFINITY
                      ? "∞"
                      : "%.3g".formatted(decay.halfLife()),
                  "%.3g".formatted(decay.growth()),
                  Integer.toString(decay.reach()),
                  "%.1f %%".formatted(100 * pair[0].accuracy),
                  "%.1f %%".formatted(100 * pair[1].accuracy),
                  Long.toString(pair[0].skipped),
                  "%.0f %%".formatted(100 * pair[1].clipRate)));
          var row = new LinkedHashMap<String, Object>();
          row.put("cell", name);
          row.put(
              "half_life", decay.halfLife() == Double.POSITIVE_INFINITY ? null : decay.halfLife());
          row.put("growth", decay.growth());
          row.put("reach", decay.reach());
          row.put("accuracy_unclipped", pair[0].accuracy);
          row.put("accuracy_clipped", pair[1].accuracy);
          row.put("skipped_unclipped", pair[0].skipped);
          row.put("clip_rate", pair[1].clipRate);
          run.folder().metrics(row);
          json.add(new LinkedHashMap<>(row));
          json.getLast().put("saturation", pair[1].saturation);
        });
    run.result("task", name());
    run.result("baseline", 0.5);
    run.result("cells", json);
    List<String> heads =
        List.of(
            "cell",
            "half-life (steps)",
            "growth per step back",
            "reach (steps)",
            "accuracy, unclipped",
            "accuracy, clipped",
            "skipped",
            "clip rate");
    run.text()
        .printf(
            "%-27s %9s %8s %6s %10s %9s%n",
            "cell", "half-life", "growth", "reach", "unclipped", "clipped");
    rows.forEach(
        r ->
            run.text()
                .printf(
                    "%-27s %9s %8s %6s %10s %9s%n",
                    r.get(0), r.get(1), r.get(2), r.get(3), r.get(4), r.get(5)));
    run.text().println("baseline (guessing): 50 %");
    run.report()
        .paragraph(
            "The first of %d steps carries one bit, the rest is noise; the bit is asked for at the end, so the gradient must travel %d steps back. Guessing is right half of the time."
                .formatted(length, length - 1));
    run.figure(
        "gradient-flow",
        Figures.normOverTime("Costate norm before training: vanishing, exploding, cured", profiles),
        "Read from right to left: the gradient starts at the last step and travels back. Straight"
            + " lines down vanish, up explode; level ones arrive.");
    run.report().table(heads, rows);
    run.figure(
        "loss-unclipped",
        Figures.curves("Loss without clipping", "batch", "cross-entropy (nats)", free, true),
        "Training with momentum, gradients as they are, losses drawn up to 10. A line that ends or"
            + " stays high has diverged; an update that is not finite is skipped.");
    run.figure(
        "loss-clipped",
        Figures.curves(
            "Loss with the gradient clipped to norm 1",
            "batch",
            "cross-entropy (nats)",
            clipped,
            true),
        "The same with clipping by global norm: explosion is cured, vanishing is not. A level"
            + " gradient is necessary, not sufficient: the GRU with update bias 5 hears the first"
            + " step but, with its gate almost shut, writes little into its state, and needs"
            + " longer.");
    run.report().heading("What the gradient says");
    outcomes.forEach(
        (name, pair) ->
            run.report()
                .advice(
                    pair[0].flow.advice(length).stream()
                        .map(line -> name + ", unclipped: " + line)
                        .toList()));
    run.report().heading("Over training");
    for (String cell : List.of("tanh RNN", "LSTM, forget bias 5")) {
      run.figure(
          "heat-map-" + cell.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "-"),
          GradientFlowPlot.heatMap(outcomes.get(cell)[1].flow, "layer0"),
          cell + ", clipped: costate norm, time step against update.");
    }
    run.report().heading("Parameters of the LSTM with forget bias 5 at the last recorded update");
    run.report()
        .table(
            GradientFlowPlot.tableHeads(),
            GradientFlowPlot.table(outcomes.get("LSTM, forget bias 5")[1].flow));
    run.report().heading("Saturation after training, clipped");
    var saturation = new ArrayList<List<String>>();
    outcomes.forEach(
        (name, pair) ->
            pair[1].saturation.forEach(
                (gate, value) ->
                    saturation.add(List.of(name, gate, "%.1f %%".formatted(100 * value)))));
    run.report().table(List.of("cell", "gate", "saturated"), saturation);
  }

  private static double[] smooth(double[] loss) {
    double[] out = new double[loss.length];
    double mean = Math.min(loss[0], DIVERGED);
    for (int i = 0; i < out.length; i++) {
      mean = 0.8 * mean + 0.2 * Math.min(loss[i], DIVERGED);
      out[i] = mean;
    }
    return out;
  }
}
