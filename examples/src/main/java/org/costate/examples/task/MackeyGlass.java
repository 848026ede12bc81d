package org.costate.examples.task;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.regression.OLSMultipleLinearRegression;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.graph.Shape;
import org.costate.io.ModelFile;
import org.costate.io.RunFolder;
import org.costate.optim.Lbfgs;
import org.costate.plot.Figures;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.Loss;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.SequenceGraph;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Sweep;
import org.costate.unroll.Tape;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The Mackey–Glass equation with delay 17, x′ = 0.2 x(t − 17) / (1 + x(t − 17)¹⁰) − 0.1 x,
/// forecast one step and 84 steps ahead. An Elman network learns the increment by L-BFGS over the
/// whole training stretch; the baselines are persistence and a linear autoregression on 20 lags.
@Command(
    name = "mackey-glass",
    description = "Forecast a chaotic series 1 and 84 steps ahead (Elman network, L-BFGS).",
    mixinStandardHelpOptions = true)
public final class MackeyGlass extends Experiment {
  private static final int TRAIN = 3000;
  private static final int TEST = 1500;
  private static final int LANES = 24;
  private static final int WASHOUT = 60;
  private static final int WARM_UP = 200;
  private static final int AHEAD = 84;
  private static final int LAGS = 20;
  private static final double MEAN = 0.9293;
  private static final double DEVIATION = 0.2263;

  @Option(
      names = "--hidden",
      defaultValue = "32",
      description = "Hidden units (default ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--evaluations",
      defaultValue = "5000",
      description = "The most gradient evaluations (default ${DEFAULT-VALUE}).")
  private int evaluations;

  /// The series x(0), x(1), …, by the Runge–Kutta method with step 0.1 and history 1.2.
  ///
  /// @param count how many values
  /// @return the values
  static double[] series(int count) {
    int delay = 170;
    double[] fine = new double[delay + 10 * count + 1];
    java.util.Arrays.fill(fine, 0, delay + 1, 1.2);
    double dt = 0.1;
    for (int i = delay; i + 1 < fine.length; i++) {
      double x = fine[i];
      double before = fine[i - delay];
      double after = fine[i - delay + 1];
      double middle = (before + after) / 2;
      double k1 = slope(x, before);
      double k2 = slope(x + dt / 2 * k1, middle);
      double k3 = slope(x + dt / 2 * k2, middle);
      double k4 = slope(x + dt * k3, after);
      fine[i + 1] = x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    double[] sampled = new double[count];
    java.util.Arrays.setAll(sampled, i -> fine[delay + 10 * i]);
    return sampled;
  }

  private static double slope(double x, double delayed) {
    return 0.2 * delayed / (1 + Math.pow(delayed, 10)) - 0.1 * x;
  }

  /// For the command line.
  public MackeyGlass() {}

  @Override
  protected void execute(Run run) throws IOException {
    double[] x = series(1000 + TRAIN + TEST);
    double[] z =
        IntStream.range(1000, x.length).mapToDouble(i -> (x[i] - MEAN) / DEVIATION).toArray();
    SequenceModel model =
        SequenceModel.builder()
            .features(1)
            .layer(ElmanCell.of(hidden))
            .loss(new Loss.Squared(1))
            .build();
    Parameters parameters = model.initialise(run.seed());
    double scale = incrementScale(z);
    train(run, model, parameters, z, scale);
    ModelFile.write(
        run.folder().file("model.safetensors"), parameters, java.util.Map.of("experiment", name()));
    double[] own = nrmse(model, parameters, z, scale);
    double[] linear = autoregression(z);
    run.result("task", name());
    run.result("nrmse_1", own[0]);
    run.result("nrmse_84", own[1]);
    run.result("ar20_nrmse_1", linear[0]);
    run.result("ar20_nrmse_84", linear[1]);
    run.result("persistence_nrmse_1", persistence(z, 1));
    run.result("persistence_nrmse_84", persistence(z, AHEAD));
    run.result("baseline", linear[0]);
    var rows =
        List.of(
            List.of(
                "Elman network, " + hidden + " units",
                "%.3g".formatted(own[0]),
                "%.3g".formatted(own[1])),
            List.of(
                "autoregression, 20 lags",
                "%.3g".formatted(linear[0]),
                "%.3g".formatted(linear[1])),
            List.of(
                "persistence",
                "%.3g".formatted(persistence(z, 1)),
                "%.3g".formatted(persistence(z, AHEAD))));
    rows.forEach(
        row -> run.text().printf("%-28s NRMSE 1 step %s, 84 steps (free run) %s%n", row.toArray()));
    run.report().table(List.of("model", "NRMSE 1 step", "NRMSE 84 steps, free run"), rows);
    freeRunFigure(run, model, parameters, z, scale);
  }

  private static double incrementScale(double[] z) {
    double square = 0;
    for (int i = 0; i < TRAIN; i++) {
      square += (z[i + 1] - z[i]) * (z[i + 1] - z[i]);
    }
    return Math.sqrt(square / TRAIN);
  }

  /// The training stretch cut into lanes that overlap by the washout, whose losses have weight 0.
  private static Sequences lanes(double[] z, double scale, int from, int to) {
    int stretch = TRAIN / LANES;
    int horizon = stretch + WASHOUT;
    double[][] x = new double[horizon][to - from];
    double[][] target = new double[horizon][to - from];
    double[][] weight = new double[horizon][to - from];
    for (int lane = from; lane < to; lane++) {
      for (int t = 0; t < horizon; t++) {
        int at = Math.min(lane * stretch, TRAIN - horizon - 1) + t;
        x[t][lane - from] = z[at];
        target[t][lane - from] = (z[at + 1] - z[at]) / scale;
        weight[t][lane - from] = t < WASHOUT ? 0 : 1;
      }
    }
    return Sequences.of(to - from, horizon)
        .with("x", new Series(Shape.of(1), to - from, x))
        .with("target", new Series(Shape.of(1), to - from, target))
        .with("weight", new Series(Shape.SCALAR, to - from, weight));
  }

  private void train(Run run, SequenceModel model, Parameters parameters, double[] z, double scale)
      throws IOException {
    Sequences[] halves = {lanes(z, scale, 0, LANES / 2), lanes(z, scale, LANES / 2, LANES)};
    double divisor = model.totalWeight(halves[0]) + model.totalWeight(halves[1]);
    var curve = new java.util.ArrayList<Double>();
    try (Progress progress = run.progress(name(), evaluations)) {
      Lbfgs.Result result =
          new Lbfgs(20, 1e-9, evaluations)
              .minimise(
                  (theta, gradient) -> {
                    var at = new Parameters(parameters.layout(), theta);
                    List<Cotangents> bars = new java.util.ArrayList<>();
                    List<Tape> tapes =
                        IntStream.range(0, 2)
                            .parallel()
                            .mapToObj(
                                i ->
                                    model
                                        .recurrence()
                                        .forward(
                                            at, model.recurrence().zeroState(LANES / 2), halves[i]))
                            .toList();
                    bars.addAll(
                        tapes.parallelStream()
                            .map(tape -> tape.backward(Seeds.of("loss", 1 / divisor), Sweep.full()))
                            .toList());
                    double loss = 0;
                    java.util.Arrays.fill(gradient, 0);
                    for (int i = 0; i < 2; i++) {
                      loss += tapes.get(i).rollout().sum("loss") / divisor;
                      for (int j = 0; j < gradient.length; j++) {
                        gradient[j] += bars.get(i).parameters().values()[j];
                      }
                    }
                    curve.add(loss);
                    progress.at(curve.size(), "loss %.3g".formatted(loss));
                    return loss;
                  },
                  parameters.values());
      System.arraycopy(result.x(), 0, parameters.values(), 0, result.x().length);
      run.result("evaluations", result.evaluations());
      run.result("stopped", result.reason().toString());
    }
    double[] steps = IntStream.range(0, curve.size()).asDoubleStream().toArray();
    double[] values = curve.stream().mapToDouble(Double::doubleValue).toArray();
    for (int i = 0; i < values.length; i += Math.max(1, values.length / 200)) {
      run.folder().metrics(RunFolder.row("evaluation", i, "training_loss", values[i]));
    }
    run.figure(
        "learning",
        Figures.curves(
            "L-BFGS over the training stretch",
            "gradient evaluations",
            "mean squared error of the scaled increment",
            java.util.Map.of("training loss", new double[][] {steps, values}),
            true),
        "Training loss at each evaluation of the gradient.");
  }

  /// One-step and 84-step normalised errors on the test stretch.
  private static double[] nrmse(
      SequenceModel model, Parameters parameters, double[] z, double scale) {
    int starts = (TEST - WARM_UP - AHEAD) / 10;
    double[][] seen = new double[WARM_UP][starts];
    for (int t = 0; t < WARM_UP; t++) {
      for (int lane = 0; lane < starts; lane++) {
        seen[t][lane] = z[TRAIN + 10 * lane + t];
      }
    }
    double[][] predicted = freeRun(model, parameters, seen, scale, AHEAD);
    double one = 0;
    double far = 0;
    for (int lane = 0; lane < starts; lane++) {
      int at = TRAIN + 10 * lane + WARM_UP;
      one += Math.pow(predicted[0][lane] - z[at], 2);
      far += Math.pow(predicted[AHEAD - 1][lane] - z[at + AHEAD - 1], 2);
    }
    return new double[] {Math.sqrt(one / starts), Math.sqrt(far / starts)};
  }

  /// Feeds the network its own predictions after what it has seen.
  private static double[][] freeRun(
      SequenceModel model, Parameters parameters, double[][] seen, double scale, int steps) {
    int lanes = seen[0].length;
    SequenceGraph predictor = model.predictor();
    Rollout warm =
        predictor.evaluate(
            parameters,
            predictor.zeroState(lanes),
            Sequences.of(lanes, seen.length).with("x", new Series(Shape.of(1), lanes, seen)));
    State state = warm.finalState();
    double[] x = seen[seen.length - 1];
    double[] increment = warm.output("prediction").steps()[seen.length - 1];
    double[][] out = new double[steps][];
    for (int t = 0; t < steps; t++) {
      double[] next = new double[lanes];
      for (int lane = 0; lane < lanes; lane++) {
        next[lane] = x[lane] + scale * increment[lane];
      }
      out[t] = next;
      x = next;
      Rollout step =
          predictor.evaluate(
              parameters,
              state,
              Sequences.of(lanes, 1)
                  .with("x", new Series(Shape.of(1), lanes, new double[][] {next})));
      state = step.finalState();
      increment = step.output("prediction").steps()[0];
    }
    return out;
  }

  private static double persistence(double[] z, int ahead) {
    double square = 0;
    int count = TEST - ahead;
    for (int i = 0; i < count; i++) {
      square += Math.pow(z[TRAIN + i + ahead] - z[TRAIN + i], 2);
    }
    return Math.sqrt(square / count);
  }

  private static double[] autoregression(double[] z) {
    double[] y = new double[TRAIN - LAGS];
    double[][] rows = new double[y.length][LAGS];
    for (int i = 0; i < y.length; i++) {
      y[i] = z[i + LAGS];
      for (int lag = 0; lag < LAGS; lag++) {
        rows[i][lag] = z[i + LAGS - 1 - lag];
      }
    }
    var regression = new OLSMultipleLinearRegression();
    regression.newSampleData(y, rows);
    double[] b = regression.estimateRegressionParameters();
    double one = 0;
    double far = 0;
    int starts = (TEST - WARM_UP - AHEAD) / 10;
    for (int lane = 0; lane < starts; lane++) {
      int at = TRAIN + 10 * lane + WARM_UP;
      double[] past = java.util.Arrays.copyOfRange(z, at - LAGS, at + AHEAD);
      for (int t = 0; t < AHEAD; t++) {
        double sum = b[0];
        for (int lag = 0; lag < LAGS; lag++) {
          sum += b[lag + 1] * past[t + LAGS - 1 - lag];
        }
        past[t + LAGS] = sum;
      }
      one += Math.pow(past[LAGS] - z[at], 2);
      far += Math.pow(past[LAGS + AHEAD - 1] - z[at + AHEAD - 1], 2);
    }
    return new double[] {Math.sqrt(one / starts), Math.sqrt(far / starts)};
  }

  private void freeRunFigure(
      Run run, SequenceModel model, Parameters parameters, double[] z, double scale)
      throws IOException {
    int steps = 500;
    double[][] seen = new double[WARM_UP][1];
    for (int t = 0; t < WARM_UP; t++) {
      seen[t][0] = z[TRAIN + t];
    }
    double[][] predicted = freeRun(model, parameters, seen, scale, steps);
    double[] time = IntStream.range(0, steps).asDoubleStream().toArray();
    var curves = new LinkedHashMap<String, double[][]>();
    curves.put(
        "series",
        new double[][] {
          time,
          IntStream.range(0, steps)
              .mapToDouble(t -> MEAN + DEVIATION * z[TRAIN + WARM_UP + t])
              .toArray()
        });
    curves.put(
        "free run",
        new double[][] {
          time,
          IntStream.range(0, steps).mapToDouble(t -> MEAN + DEVIATION * predicted[t][0]).toArray()
        });
    run.figure(
        "free-run",
        Figures.curves("Free run on the unseen stretch", "time", "x", curves, false),
        "After " + WARM_UP + " observed values the network sees only its own predictions.");
  }
}
