package org.costate.examples.splice;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.graph.Shape;
import org.costate.io.ModelFile;
import org.costate.io.RunFolder;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.plot.Figures;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.GruCell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.costate.train.BatchSource;
import org.costate.train.Example;
import org.costate.train.FlightRecorder;
import org.costate.train.GradientFlow;
import org.costate.train.Trainer;
import org.costate.train.TrainingListener;
import org.costate.train.Update;
import org.costate.unroll.Parameters;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Tape;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Splice junctions in primate DNA (UCI "Molecular Biology (Splice-junction Gene Sequences)",
/// Towell, Noordewier and Shavlik): windows of 60 letters are donors (EI), acceptors (IE) or
/// neither (N). A bidirectional recurrent network reads the window; a position weight matrix is the
/// baseline.
@Command(
    name = "splice-junctions",
    description =
        "Donors and acceptors in real DNA: a bidirectional network beside a weight matrix.",
    mixinStandardHelpOptions = true)
public final class SpliceJunctions extends Experiment {
  private static final String[] NAMES = {"EI", "IE", "N"};
  private static final int LANES = 32;

  /// How far from the junction the consensus of a splice site reaches.
  private static final int CONSENSUS = 20;

  /// The cells to choose from.
  enum CellKind {
    GRU,
    LSTM
  }

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Lines 'class,instance,sequence' (default: simulated junctions).")
  private Path data;

  @Option(
      names = "--test",
      paramLabel = "FILE",
      description =
          "Train on all of --data and report on this file (default: a stratified fifth of --data).")
  private Path test;

  @Option(
      names = "--epochs",
      defaultValue = "12",
      description = "Passes over the training set (default ${DEFAULT-VALUE}).")
  private int epochs = 12;

  @Option(
      names = "--hidden",
      defaultValue = "32",
      description = "Hidden units of each direction (default ${DEFAULT-VALUE}).")
  private int hidden = 32;

  @Option(
      names = "--cell",
      defaultValue = "GRU",
      description = "One of ${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE}).")
  private CellKind cell = CellKind.GRU;

  @Option(
      names = "--rate",
      defaultValue = "0.005",
      description = "Largest learning rate (default ${DEFAULT-VALUE}).")
  private double rate = 0.005;

  @Option(
      names = "--dropout",
      defaultValue = "0",
      description = "Variational dropout (default ${DEFAULT-VALUE}).")
  private double dropout;

  /// For the command line, and for the demo with its defaults.
  public SpliceJunctions() {}

  @Override
  protected String name() {
    return "splice-junctions";
  }

  private record Split(List<Junction> training, List<Junction> test, String description) {}

  @Override
  protected void execute(Run run) throws IOException {
    if (epochs < 1) {
      throw new IllegalArgumentException(
          "splice-junctions: --epochs must be at least 1, got " + epochs + ".");
    }
    Split split = split(run);
    run.text().println(split.description);
    run.report().paragraph(split.description);
    Cell layer =
        switch (cell) {
          case GRU -> GruCell.of(hidden).dropout(dropout);
          case LSTM -> LstmCell.of(hidden).dropout(dropout);
        };
    SequenceModel model =
        SequenceModel.builder().features(4).bidirectional(layer).loss(new Loss.Softmax(3)).build();
    Parameters parameters = model.initialise(run.seed());
    var flow = new GradientFlow();
    train(run, model, parameters, split, flow);
    ModelFile.write(
        run.folder().file("model.safetensors"),
        parameters,
        Map.of("experiment", name(), "classes", "EI,IE,N"));
    evaluate(run, model, parameters, split);
    saliency(run, model, parameters, split.test);
    List<Example> some = split.test.stream().limit(64).map(SpliceJunctions::example).toList();
    run.gradientFlow(flow, CONSENSUS, model.saturation(parameters, Example.collate(some)));
  }

  private Split split(Run run) throws IOException {
    if (data == null) {
      if (test != null) {
        throw new IllegalArgumentException("splice-junctions: --test needs --data to train on.");
      }
      Split split = stratified(SimulatedJunctions.draw(run.seed(), 1600), run.seed());
      return new Split(
          split.training,
          split.test,
          "No --data: %d simulated junctions for training and %d for testing, drawn from the consensus frequencies of primate splice sites (Shapiro and Senapathy 1987), not real DNA."
              .formatted(split.training.size(), split.test.size()));
    }
    List<Junction> all = JunctionFile.read(data);
    run.folder().recordData(data);
    if (test == null) {
      Split split = stratified(all, run.seed());
      return new Split(
          split.training,
          split.test,
          "%s: %d windows for training, %d for testing (a fifth of each class, by seed %d; equal sequences stay together)."
              .formatted(data.getFileName(), split.training.size(), split.test.size(), run.seed()));
    }
    List<Junction> other = JunctionFile.read(test);
    run.folder().recordData(test);
    if (other.getFirst().sequence().length() != all.getFirst().sequence().length()) {
      throw new IOException(
          "%s has windows of %d letters but %s of %d."
              .formatted(
                  test,
                  other.getFirst().sequence().length(),
                  data,
                  all.getFirst().sequence().length()));
    }
    return new Split(
        all,
        other,
        "%s: all %d windows for training; %s: %d for testing."
            .formatted(data.getFileName(), all.size(), test.getFileName(), other.size()));
  }

  /// A fifth of each class for testing; equal sequences are on one side.
  private static Split stratified(List<Junction> all, long seed) {
    var groups = new LinkedHashMap<String, List<Junction>>();
    all.forEach(j -> groups.computeIfAbsent(j.sequence(), _ -> new ArrayList<>()).add(j));
    var training = new ArrayList<Junction>();
    var held = new ArrayList<Junction>();
    for (Junction.Kind kind : Junction.Kind.values()) {
      List<List<Junction>> own =
          groups.values().stream().filter(g -> g.getFirst().kind() == kind).toList();
      int[] order = RandomStream.of(seed, "split " + kind).permutation(own.size());
      for (int i = 0; i < order.length; i++) {
        (i < (own.size() + 4) / 5 ? held : training).addAll(own.get(order[i]));
      }
    }
    if (training.isEmpty() || held.isEmpty()) {
      throw new IllegalArgumentException(
          "splice-junctions: too few windows to split; at least two of a class are needed.");
    }
    return new Split(training, held, "");
  }

  /// The network labels the step after the junction, where the forward direction has just read what
  /// is left of it and the backward direction what is right of it; the other steps have weight 0.
  private static Example example(Junction junction) {
    int length = junction.sequence().length();
    double[] target = new double[length];
    double[] weight = new double[length];
    target[length / 2] = junction.kind().ordinal();
    weight[length / 2] = 1;
    return Example.of(length)
        .with("x", junction.features(), 4)
        .with("target", target)
        .with("weight", weight);
  }

  private void train(
      Run run, SequenceModel model, Parameters parameters, Split split, GradientFlow flow)
      throws IOException {
    List<Example> examples = split.training.stream().map(SpliceJunctions::example).toList();
    int perEpoch = BatchSource.batchesPerEpoch(examples.size(), LANES);
    long total = (long) perEpoch * epochs;
    double[] sum = new double[2];
    var curve = new ArrayList<double[]>();
    BatchSource source = BatchSource.shuffled(examples, LANES, run.seed());
    var recorder = new FlightRecorder(model, source, parameters, run.seed());
    try (Progress progress = run.progress("training", total);
        var trainer =
            new Trainer(
                model,
                source,
                parameters,
                Trainer.Settings.adam(rate)
                    .optimizer(Optimizer.Adam.decoupled(0.01))
                    .schedule(new Schedule.WarmupCosine(rate, Math.max(1, total / 20), total))
                    .clipping(new Clipping.GlobalNorm(1))
                    .flowEvery((int) Math.max(5, total / 60))
                    .seed(run.seed())
                    .listener(flow)
                    .listener(recorder)
                    .listener(
                        new TrainingListener() {
                          @Override
                          public void onUpdate(Update update) {
                            sum[0] += update.loss();
                            sum[1]++;
                            progress.at(update.batch() + 1, "loss %.4f".formatted(update.loss()));
                          }
                        }))) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        trainer.until((long) perEpoch * epoch);
        double errors = 1 - accuracy(classify(model, parameters, split.test), split.test);
        curve.add(new double[] {epoch, sum[0] / sum[1], errors});
        run.folder()
            .metrics(
                RunFolder.row(
                    "epoch", epoch, "training_loss", sum[0] / sum[1], "test_error", errors));
        sum[0] = 0;
        sum[1] = 0;
      }
    }
    run.explain(recorder);
    double[] x = curve.stream().mapToDouble(p -> p[0]).toArray();
    var curves = new LinkedHashMap<String, double[][]>();
    curves.put(
        "training loss (nats)",
        new double[][] {x, curve.stream().mapToDouble(p -> p[1]).toArray()});
    curves.put("test error", new double[][] {x, curve.stream().mapToDouble(p -> p[2]).toArray()});
    run.figure(
        "learning",
        Figures.curves("Learning curve", "epoch", "loss, error", curves, true),
        "Mean training loss and test error after each epoch. The test set chooses nothing.");
  }

  private static int[] classify(
      SequenceModel model, Parameters parameters, List<Junction> junctions) {
    int[] classes = new int[junctions.size()];
    int at = 0;
    for (Sequences batch :
        BatchSource.inOrder(junctions.stream().map(SpliceJunctions::example).toList(), 256)) {
      Series p = model.predict(parameters, batch).output("prediction");
      for (int lane = 0; lane < batch.lanes(); lane++, at++) {
        for (int k = 1; k < 3; k++) {
          int middle = batch.horizon() / 2;
          classes[at] = p.get(middle, lane, k) > p.get(middle, lane, classes[at]) ? k : classes[at];
        }
      }
    }
    return classes;
  }

  private static double accuracy(int[] classes, List<Junction> junctions) {
    int right = 0;
    for (int i = 0; i < classes.length; i++) {
      right += classes[i] == junctions.get(i).kind().ordinal() ? 1 : 0;
    }
    return right / (double) classes.length;
  }

  private static double[][] confusion(int[] classes, List<Junction> junctions) {
    double[][] matrix = new double[3][3];
    for (int i = 0; i < classes.length; i++) {
      matrix[junctions.get(i).kind().ordinal()][classes[i]]++;
    }
    return matrix;
  }

  /// The fraction of each class that is classified wrongly.
  private static Map<String, Double> errors(double[][] confusion) {
    var errors = new LinkedHashMap<String, Double>();
    for (int k = 0; k < 3; k++) {
      double total = confusion[k][0] + confusion[k][1] + confusion[k][2];
      errors.put(NAMES[k], total == 0 ? 0 : 1 - confusion[k][k] / total);
    }
    return errors;
  }

  private void evaluate(Run run, SequenceModel model, Parameters parameters, Split split)
      throws IOException {
    int[] own = classify(model, parameters, split.test);
    var matrix = new WeightMatrix(split.training);
    int[] simple = split.test.stream().mapToInt(matrix::classify).toArray();
    double[][] confusion = confusion(own, split.test);
    double[][] baselineConfusion = confusion(simple, split.test);
    double accuracy = accuracy(own, split.test);
    double baseline = accuracy(simple, split.test);
    Map<String, Double> errors = errors(confusion);
    Map<String, Double> baselineErrors = errors(baselineConfusion);
    run.result("task", name());
    run.result("simulated", data == null);
    run.result("training", split.training.size());
    run.result("tested", split.test.size());
    run.result("accuracy", accuracy);
    run.result("errors", errors);
    run.result("confusion", confusion);
    run.result("baseline", baseline);
    run.result("baseline_errors", baselineErrors);
    run.text()
        .printf(
            "bidirectional %s: accuracy %.2f %%, errors EI %.2f %%, IE %.2f %%, N %.2f %%%n",
            cell,
            100 * accuracy,
            100 * errors.get("EI"),
            100 * errors.get("IE"),
            100 * errors.get("N"));
    run.text()
        .printf(
            "baseline (weight matrix): accuracy %.2f %%, errors EI %.2f %%, IE %.2f %%, N %.2f"
                + " %%%n",
            100 * baseline,
            100 * baselineErrors.get("EI"),
            100 * baselineErrors.get("IE"),
            100 * baselineErrors.get("N"));
    run.text().println("confusion (rows true EI, IE, N; columns predicted):");
    for (double[] row : confusion) {
      run.text().printf("  %5.0f %5.0f %5.0f%n", row[0], row[1], row[2]);
    }
    run.report()
        .table(
            List.of("model", "accuracy", "error EI", "error IE", "error N"),
            List.of(
                row("bidirectional " + cell, accuracy, errors),
                row("weight matrix (baseline)", baseline, baselineErrors)));
    run.figure(
        "confusion",
        Figures.heatMap(
            "Confusion matrix", "predicted", "true", List.of(NAMES), List.of(NAMES), confusion),
        "How many windows of each true class (row) were called each class (column).");
  }

  private static List<String> row(String name, double accuracy, Map<String, Double> errors) {
    return List.of(
        name,
        "%.2f %%".formatted(100 * accuracy),
        "%.2f %%".formatted(100 * errors.get("EI")),
        "%.2f %%".formatted(100 * errors.get("IE")),
        "%.2f %%".formatted(100 * errors.get("N")));
  }

  /// Input × gradient of each true class's logit, averaged over the test windows of that class.
  private static void saliency(
      Run run, SequenceModel model, Parameters parameters, List<Junction> junctions)
      throws IOException {
    int length = junctions.getFirst().sequence().length();
    var curves = new LinkedHashMap<String, double[]>();
    for (Junction.Kind kind : List.of(Junction.Kind.EI, Junction.Kind.IE)) {
      List<Example> own =
          junctions.stream()
              .filter(j -> j.kind() == kind)
              .sorted(Comparator.comparing(Junction::name))
              .limit(256)
              .map(SpliceJunctions::example)
              .toList();
      double[] saliency = new double[length];
      if (!own.isEmpty()) {
        Sequences batch = Example.collate(own);
        Tape tape =
            model
                .recurrence()
                .forward(
                    parameters,
                    model.recurrence().zeroState(own.size()),
                    model.withoutNoise(batch));
        Series bar = Series.zeros(Shape.of(3), own.size(), length);
        for (int lane = 0; lane < own.size(); lane++) {
          bar.set(length / 2, lane, kind.ordinal(), 1.0 / own.size());
        }
        Series gradient = tape.backward(Seeds.none().with("readout", bar)).input("x");
        for (int t = 0; t < length; t++) {
          double[] x = batch.input("x").steps()[t];
          for (int i = 0; i < x.length; i++) {
            saliency[t] += x[i] * gradient.steps()[t][i];
          }
        }
      }
      curves.put(kind == Junction.Kind.EI ? "donors (EI)" : "acceptors (IE)", saliency);
    }
    var categories = new ArrayList<String>();
    for (int t = 0; t < length; t++) {
      categories.add(
          t == length / 2
              ? "junction"
              : Integer.toString(t < length / 2 ? t - length / 2 : t - length / 2 + 1));
    }
    run.figure(
        "saliency",
        Figures.bars(
            "Input × gradient along the window",
            "position from the junction",
            "contribution to the class's logit",
            categories,
            curves),
        "Mean over the test windows of each class. The junction lies before the position marked so:"
            + " donors are read at the G and T after it, acceptors at the A and G and the"
            + " pyrimidines before it.");
  }
}
