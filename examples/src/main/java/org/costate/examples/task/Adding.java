package org.costate.examples.task;

import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.graph.Shape;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.Loss;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The adding problem in its modern form: at each step a number in [0, 1] and a mark; two numbers
/// are marked, one in each half; the target at the end is their sum. Predicting the mean has a
/// squared error of 1/6.
@Command(
    name = "adding",
    description = "Add two marked numbers far apart (LSTM, squared error).",
    mixinStandardHelpOptions = true)
public final class Adding extends TaskExperiment {
  private static final double WRONG = 0.04;

  @Option(
      names = "--length",
      defaultValue = "100",
      description = "Steps of a sequence (default ${DEFAULT-VALUE}).")
  private int length;

  /// For the command line.
  public Adding() {}

  @Override
  Defaults defaults() {
    if (length < 2) {
      throw new IllegalArgumentException(
          "adding: --length must be at least 2, got " + length + ".");
    }
    return new Defaults(CellKind.LSTM, 32, 0.005, length > 250 ? 5 : 1, 256_000, 32);
  }

  @Override
  SequenceModel model(Cell cell) {
    return SequenceModel.builder()
        .features(2)
        .layer(cell)
        .pool(SequenceModel.Pooling.LAST)
        .loss(new Loss.Squared(1))
        .build();
  }

  @Override
  Sequences batch(long seed, String purpose, long index, int lanes) {
    return batch(seed, purpose, index, lanes, length);
  }

  private static Sequences batch(long seed, String purpose, long index, int lanes, int steps) {
    double[][] x = new double[steps][lanes * 2];
    double[] target = new double[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      RandomStream random = RandomStream.of(seed, "adding " + purpose, index, lane);
      for (int t = 0; t < steps; t++) {
        x[t][2 * lane] = random.nextDouble();
      }
      int first = random.nextInt(steps / 2);
      int second = steps / 2 + random.nextInt(steps - steps / 2);
      x[first][2 * lane + 1] = 1;
      x[second][2 * lane + 1] = 1;
      target[lane] = x[first][2 * lane] + x[second][2 * lane];
    }
    return Sequences.of(lanes, steps)
        .with("x", new Series(Shape.of(2), lanes, x))
        .with("target", Series.constant(Shape.of(1), lanes, steps, target));
  }

  @Override
  Measurement measure(
      SequenceModel model, Parameters parameters, long seed, String purpose, int count) {
    return measure(model, parameters, batch(seed, purpose, 0, count));
  }

  private static Measurement measure(SequenceModel model, Parameters parameters, Sequences batch) {
    double[] y = model.predict(parameters, batch).output("prediction").steps()[0];
    double[] target = batch.input("target").steps()[0];
    double square = 0;
    int wrong = 0;
    for (int i = 0; i < y.length; i++) {
      square += (y[i] - target[i]) * (y[i] - target[i]);
      wrong += Math.abs(y[i] - target[i]) > WRONG ? 1 : 0;
    }
    double mse = square / y.length;
    var values = new LinkedHashMap<String, Object>();
    values.put("wrong", wrong);
    values.put("tested", y.length);
    return new Measurement(mse, mse < 1.5e-4 && wrong <= y.length / 100, values);
  }

  @Override
  Map<String, Object> after(SequenceModel model, Parameters parameters, long seed) {
    return Map.of(
        "mse_at_twice_the_length",
        measure(model, parameters, batch(seed, "test of twice the length", 0, 512, 2 * length))
            .score());
  }

  @Override
  Map.Entry<String, Double> baseline() {
    return Map.entry("always the mean, 1/6", 1 / 6.0);
  }

  @Override
  String scoreName() {
    return "mse";
  }

  @Override
  int lag() {
    return length;
  }
}
