package org.costate.examples.splice;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  /// A name such as ATRINS-DONOR-521 begins with the GenBank locus.
  private static final Pattern GENBANK = Pattern.compile("(.+)-(DONOR|ACCEPTOR|NEG)-\\d+");

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
          "Train on all of --data and report on this file (default: a fifth of --data, whole"
              + " loci).")
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

  @Option(
      names = "--members",
      defaultValue = "1",
      description =
          "Networks to train, from seeds that follow each other; their probabilities are averaged"
              + " (default ${DEFAULT-VALUE}).")
  private int members = 1;

  /// For the command line.
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
    if (members < 1) {
      throw new IllegalArgumentException(
          "splice-junctions: --members must be at least 1, got " + members + ".");
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
    double[][] probabilities = probabilities(model, parameters, split.test);
    var accuracies = new ArrayList<Double>();
    accuracies.add(accuracy(classes(probabilities), split.test));
    for (int i = 1; i < members; i++) {
      Parameters other = model.initialise(run.seed() + i);
      try (var trainer = trainer(model, other, split, run.seed() + i)) {
        trainer.until((long) BatchSource.batchesPerEpoch(split.training.size(), LANES) * epochs);
      }
      double[][] own = probabilities(model, other, split.test);
      accuracies.add(accuracy(classes(own), split.test));
      for (int j = 0; j < own.length; j++) {
        for (int k = 0; k < own[j].length; k++) {
          probabilities[j][k] += own[j][k];
        }
      }
    }
    if (members > 1) {
      double mean = accuracies.stream().mapToDouble(x -> x).average().orElseThrow();
      run.text().printf("%d networks: accuracy %.2f %% in the mean%n", members, 100 * mean);
      run.result("members", accuracies);
      run.result("mean_accuracy", mean);
    }
    evaluate(run, classes(probabilities), split);
    saliency(run, model, parameters, split.test);
    List<Example> some = split.test.stream().limit(64).map(SpliceJunctions::example).toList();
    run.gradientFlow(flow, CONSENSUS, model.saturation(parameters, Example.collate(some)));
  }

  private Split split(Run run) throws IOException {
    if (data == null) {
      if (test != null) {
        throw new IllegalArgumentException("splice-junctions: --test needs --data to train on.");
      }
      Split split = byLocus(SimulatedJunctions.draw(run.seed(), 1600), run.seed());
      return new Split(
          split.training,
          split.test,
          "No --data: %d simulated junctions for training and %d for testing, drawn from the consensus frequencies of primate splice sites (Shapiro and Senapathy 1987), not real DNA."
              .formatted(split.training.size(), split.test.size()));
    }
    List<Junction> all = JunctionFile.read(data);
    run.folder().recordData(data);
    if (test == null) {
      Split split = byLocus(all, run.seed());
      return new Split(
          split.training,
          split.test,
          "%s: %d windows for training, %d for testing (a fifth, by seed %d; a locus and equal sequences stay together)."
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

  /// A fifth of the windows for testing; those of one GenBank locus, and equal sequences, are on
  /// one side.
  private static Split byLocus(List<Junction> all, long seed) {
    int[] leader = new int[all.size()];
    var first = new LinkedHashMap<String, Integer>();
    for (int i = 0; i < leader.length; i++) {
      leader[i] = i;
      Matcher named = GENBANK.matcher(all.get(i).name());
      String locus = named.matches() ? named.group(1) : "window " + i;
      for (String key : List.of(">" + locus, all.get(i).sequence())) {
        Integer before = first.putIfAbsent(key, i);
        if (before != null) {
          leader[find(leader, i)] = find(leader, before);
        }
      }
    }
    var groups = new LinkedHashMap<Integer, List<Junction>>();
    for (int i = 0; i < leader.length; i++) {
      groups.computeIfAbsent(find(leader, i), _ -> new ArrayList<>()).add(all.get(i));
    }
    List<List<Junction>> list = List.copyOf(groups.values());
    var training = new ArrayList<Junction>();
    var held = new ArrayList<Junction>();
    for (int i : RandomStream.of(seed, "split").permutation(list.size())) {
      (5 * held.size() < all.size() ? held : training).addAll(list.get(i));
    }
    if (training.isEmpty() || held.isEmpty()) {
      throw new IllegalArgumentException(
          "splice-junctions: too few windows to split; at least two loci are needed.");
    }
    return new Split(training, held, "");
  }

  private static int find(int[] leader, int of) {
    int root = of;
    while (leader[root] != root) {
      root = leader[root];
    }
    return root;
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

  /// Trains one network; the test set chooses nothing.
  private Trainer trainer(
      SequenceModel model,
      Parameters parameters,
      Split split,
      long seed,
      TrainingListener... listeners) {
    List<Example> examples = split.training.stream().map(SpliceJunctions::example).toList();
    long total = (long) BatchSource.batchesPerEpoch(examples.size(), LANES) * epochs;
    Trainer.Settings settings =
        Trainer.Settings.adam(rate)
            .optimizer(Optimizer.Adam.decoupled(0.01))
            .schedule(new Schedule.WarmupCosine(rate, Math.max(1, total / 20), total))
            .clipping(new Clipping.GlobalNorm(1))
            .flowEvery((int) Math.max(5, total / 60))
            .seed(seed);
    for (TrainingListener listener : listeners) {
      settings = settings.listener(listener);
    }
    return new Trainer(model, BatchSource.shuffled(examples, LANES, seed), parameters, settings);
  }

  private void train(
      Run run, SequenceModel model, Parameters parameters, Split split, GradientFlow flow)
      throws IOException {
    int perEpoch = BatchSource.batchesPerEpoch(split.training.size(), LANES);
    long total = (long) perEpoch * epochs;
    double[] sum = new double[2];
    var curve = new ArrayList<double[]>();
    List<Example> examples = split.training.stream().map(SpliceJunctions::example).toList();
    var recorder =
        new FlightRecorder(
            model, BatchSource.shuffled(examples, LANES, run.seed()), parameters, run.seed());
    try (Progress progress = run.progress("training", total);
        var trainer =
            trainer(
                model,
                parameters,
                split,
                run.seed(),
                flow,
                recorder,
                new TrainingListener() {
                  @Override
                  public void onUpdate(Update update) {
                    sum[0] += update.loss();
                    sum[1]++;
                    progress.at(update.batch() + 1, "loss %.4f".formatted(update.loss()));
                  }
                })) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        trainer.until((long) perEpoch * epoch);
        double errors =
            1 - accuracy(classes(probabilities(model, parameters, split.test)), split.test);
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

  private static double[][] probabilities(
      SequenceModel model, Parameters parameters, List<Junction> junctions) {
    double[][] probabilities = new double[junctions.size()][3];
    int at = 0;
    for (Sequences batch :
        BatchSource.inOrder(junctions.stream().map(SpliceJunctions::example).toList(), 256)) {
      Series p = model.predict(parameters, batch).output("prediction");
      int middle = batch.horizon() / 2;
      for (int lane = 0; lane < batch.lanes(); lane++, at++) {
        for (int k = 0; k < 3; k++) {
          probabilities[at][k] = p.get(middle, lane, k);
        }
      }
    }
    return probabilities;
  }

  private static int[] classes(double[][] probabilities) {
    int[] classes = new int[probabilities.length];
    for (int i = 0; i < classes.length; i++) {
      for (int k = 1; k < 3; k++) {
        classes[i] = probabilities[i][k] > probabilities[i][classes[i]] ? k : classes[i];
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

  private void evaluate(Run run, int[] own, Split split) throws IOException {
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
