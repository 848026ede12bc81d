package org.costate.examples.task;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.io.ModelFile;
import org.costate.io.RunFolder;
import org.costate.optim.Clipping;
import org.costate.plot.Figures;
import org.costate.rnn.Cell;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.costate.train.BatchSource;
import org.costate.train.FlightRecorder;
import org.costate.train.GradientFlow;
import org.costate.train.Trainer;
import org.costate.train.TrainingListener;
import org.costate.train.Update;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import picocli.CommandLine.Option;

/// A synthetic sequence task: trains on fresh sequences until a criterion is met on others or the
/// budget is spent, and prints its result beside the trivial baseline.
abstract class TaskExperiment extends Experiment {
  /// The cells to choose from.
  enum CellKind {
    LSTM,
    GRU,
    ELMAN,
    IRNN
  }

  @Option(
      names = "--cell",
      description = "One of ${COMPLETION-CANDIDATES} (default: the task's own).")
  private CellKind cell;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      description = "Hidden units (default: the task's own).")
  private Integer hidden;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "Learning rate of Adam (default: the task's own).")
  private Double rate;

  @Option(
      names = "--forget-bias",
      paramLabel = "B",
      description = "First forget-gate bias of an LSTM (default: the task's own).")
  private Double forgetBias;

  @Option(
      names = "--sequences",
      paramLabel = "N",
      description = "The most training sequences (default: the task's own).")
  private Long sequences;

  @Option(
      names = "--clip",
      paramLabel = "C",
      defaultValue = "1",
      description = "Limit of the gradient's global norm (default ${DEFAULT-VALUE}).")
  private double clip;

  /// What a task needs by default.
  record Defaults(
      CellKind cell, int hidden, double rate, double forgetBias, long sequences, int lanes) {}

  /// A measurement on fresh sequences.
  ///
  /// @param score what is minimised, comparable to the baseline
  /// @param solved whether the task's criterion is met
  /// @param values what is reported
  record Measurement(double score, boolean solved, Map<String, Object> values) {}

  abstract Defaults defaults();

  /// The model but for its cell.
  abstract SequenceModel model(Cell of);

  /// A training batch or, for another purpose, a test batch.
  abstract Sequences batch(long seed, String purpose, long index, int lanes);

  /// Measures on fresh sequences.
  abstract Measurement measure(
      SequenceModel model, Parameters parameters, long seed, String purpose, int count);

  /// The score of the trivial predictor, and what it is.
  abstract Map.Entry<String, Double> baseline();

  /// The name of the score.
  abstract String scoreName();

  /// How far back the answer lies.
  abstract int lag();

  /// More measurements after training, such as longer sequences.
  Map<String, Object> after(SequenceModel model, Parameters parameters, long seed) {
    return Map.of();
  }

  /// How an LSTM of this task begins.
  LstmCell lstm(int size, double bias) {
    return LstmCell.of(size).forgetBias(bias);
  }

  private Cell cell() {
    Defaults d = defaults();
    int size = hidden == null ? d.hidden : hidden;
    return switch (cell == null ? d.cell : cell) {
      case LSTM ->
          forgetBias == null ? lstm(size, d.forgetBias) : LstmCell.of(size).forgetBias(forgetBias);
      case GRU ->
          GruCell.of(size).updateBias(Math.min(forgetBias == null ? d.forgetBias : forgetBias, 3));
      case ELMAN -> ElmanCell.of(size);
      case IRNN -> ElmanCell.identity(size);
    };
  }

  @Override
  protected void execute(Run run) throws IOException {
    Defaults d = defaults();
    SequenceModel model = model(cell());
    Parameters parameters = model.initialise(run.seed());
    long batches = Math.max(1, (sequences == null ? d.sequences : sequences) / d.lanes);
    var flow = new GradientFlow();
    var steps = new ArrayList<Double>();
    var losses = new ArrayList<Double>();
    var scores = new ArrayList<Double>();
    long every = Math.max(1, Math.min(200, batches / 10));
    double[] sum = new double[2];
    Measurement last = null;
    BatchSource source = index -> batch(run.seed(), "train", index, d.lanes);
    var recorder = new FlightRecorder(model, source, parameters, run.seed());
    try (Progress progress = run.progress(name(), batches);
        Trainer trainer =
            new Trainer(
                model,
                source,
                parameters,
                Trainer.Settings.adam(rate == null ? d.rate : rate)
                    .clipping(new Clipping.GlobalNorm(clip))
                    .flowEvery(50)
                    .seed(run.seed())
                    .listener(flow)
                    .listener(recorder)
                    .listener(
                        new TrainingListener() {
                          @Override
                          public void onUpdate(Update update) {
                            sum[0] += update.loss();
                            sum[1]++;
                            progress.at(update.batch() + 1, "loss %.5f".formatted(update.loss()));
                          }
                        }))) {
      while (trainer.batches() < batches) {
        trainer.until(Math.min(batches, trainer.batches() + every));
        last = measure(model, parameters, run.seed(), "validation " + trainer.batches(), 256);
        steps.add((double) trainer.batches() * d.lanes);
        losses.add(sum[0] / sum[1]);
        scores.add(last.score);
        run.folder()
            .metrics(
                RunFolder.row(
                    "sequences",
                    trainer.batches() * d.lanes,
                    "training_loss",
                    sum[0] / sum[1],
                    "validation_" + scoreName(),
                    last.score));
        sum[0] = 0;
        sum[1] = 0;
        if (last.solved) {
          break;
        }
      }
      run.result("task", name());
      run.result("sequences", trainer.batches() * d.lanes);
    }
    ModelFile.write(
        run.folder().file("model.safetensors"), parameters, Map.of("experiment", name()));
    run.explain(recorder);
    Measurement test = measure(model, parameters, run.seed(), "test", 1024);
    report(
        run,
        flow,
        steps,
        losses,
        scores,
        test,
        after(model, parameters, run.seed()),
        model.saturation(parameters, batch(run.seed(), "saturation", 0, 64)));
  }

  private void report(
      Run run,
      GradientFlow flow,
      List<Double> steps,
      List<Double> losses,
      List<Double> scores,
      Measurement test,
      Map<String, Object> after,
      Map<String, Double> saturation)
      throws IOException {
    Map.Entry<String, Double> baseline = baseline();
    run.result(scoreName(), test.score);
    run.result("solved", test.solved);
    test.values.forEach(run::result);
    run.result("baseline", baseline.getValue());
    after.forEach(run::result);
    run.text().printf("%s: %s %.5g on 1,024 fresh sequences%n", name(), scoreName(), test.score);
    run.text().printf("trivial baseline (%s): %.5g%n", baseline.getKey(), baseline.getValue());
    test.values.forEach((key, value) -> run.text().printf("  %s: %s%n", key, value));
    after.forEach((key, value) -> run.text().printf("  %s: %s%n", key, value));
    var rows = new ArrayList<List<String>>();
    rows.add(List.of(scoreName(), "%.5g".formatted(test.score)));
    rows.add(
        List.of("trivial baseline: " + baseline.getKey(), "%.5g".formatted(baseline.getValue())));
    test.values.forEach((key, value) -> rows.add(List.of(key, String.valueOf(value))));
    after.forEach((key, value) -> rows.add(List.of(key, String.valueOf(value))));
    run.report().table(List.of("result", "value"), rows);
    double[] x = steps.stream().mapToDouble(Double::doubleValue).toArray();
    var curves = new LinkedHashMap<String, double[][]>();
    curves.put(
        "training loss",
        new double[][] {x, losses.stream().mapToDouble(Double::doubleValue).toArray()});
    curves.put(
        "validation " + scoreName(),
        new double[][] {x, scores.stream().mapToDouble(Double::doubleValue).toArray()});
    curves.put(
        "trivial baseline",
        new double[][] {{0, x[x.length - 1]}, {baseline.getValue(), baseline.getValue()}});
    run.figure(
        "learning",
        Figures.curves(
            "Learning curve: " + name(), "training sequences", scoreName(), curves, true),
        "Training loss, validation score, and the trivial baseline.");
    run.gradientFlow(flow, lag(), saturation);
  }
}
