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

/// Temporal order (Hochreiter and Schmidhuber 1997, task 6a): between start E and trigger B come
/// distractors a b c d and, at 10–20 and 50–60, an X or a Y each; the class at the end is their
/// order. Guessing has cross-entropy ln 4.
@Command(
    name = "temporal-order",
    description = "Tell the order of two symbols far apart (LSTM, four classes).",
    mixinStandardHelpOptions = true)
public final class TemporalOrder extends TaskExperiment {
  private static final int SYMBOLS = 8;
  private static final int START = 6;
  private static final int END = 7;

  @Option(
      names = "--length",
      defaultValue = "100",
      description = "The shortest length; the longest is a tenth more (default ${DEFAULT-VALUE}).")
  private int length;

  /// For the command line.
  public TemporalOrder() {}

  @Override
  Defaults defaults() {
    if (length < 10) {
      throw new IllegalArgumentException(
          "temporal-order: --length must be at least 10, got " + length + ".");
    }
    return new Defaults(CellKind.LSTM, 32, 0.005, 3, 192_000, 32);
  }

  @Override
  SequenceModel model(Cell cell) {
    return SequenceModel.builder()
        .oneHot(SYMBOLS)
        .layer(cell)
        .pool(SequenceModel.Pooling.LAST)
        .loss(new Loss.Softmax(4))
        .build();
  }

  @Override
  Sequences batch(long seed, String purpose, long index, int lanes) {
    return batch(seed, purpose, index, lanes, length);
  }

  private static Sequences batch(long seed, String purpose, long index, int lanes, int shortest) {
    int[][] x = new int[lanes][];
    double[] target = new double[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      RandomStream random = RandomStream.of(seed, "temporal order " + purpose, index, lane);
      int steps = random.nextInt(shortest, shortest + shortest / 10);
      x[lane] = new int[steps];
      for (int t = 1; t < steps - 1; t++) {
        x[lane][t] = random.nextInt(4);
      }
      x[lane][0] = START;
      x[lane][steps - 1] = END;
      int first = random.nextInt(2);
      int second = random.nextInt(2);
      x[lane][random.nextInt(shortest / 10, shortest / 5)] = 4 + first;
      x[lane][random.nextInt(shortest / 2, shortest * 3 / 5)] = 4 + second;
      target[lane] = 2 * first + second;
    }
    Sequences batch = Symbols.batch(x);
    return batch.with("target", Series.constant(Shape.SCALAR, lanes, batch.horizon(), target));
  }

  @Override
  Measurement measure(
      SequenceModel model, Parameters parameters, long seed, String purpose, int count) {
    return measure(model, parameters, batch(seed, purpose, 0, count));
  }

  private static Measurement measure(SequenceModel model, Parameters parameters, Sequences batch) {
    Series p = model.predict(parameters, batch).output("prediction");
    double entropy = 0;
    int wrong = 0;
    int far = 0;
    for (int lane = 0; lane < batch.lanes(); lane++) {
      int target = (int) batch.input("target").get(0, lane, 0);
      entropy -= Math.log(Math.max(1e-300, p.get(0, lane, target)));
      wrong += Symbols.best(p, 0, lane) != target ? 1 : 0;
      boolean within = true;
      for (int k = 0; k < 4; k++) {
        within &= Math.abs(p.get(0, lane, k) - (k == target ? 1 : 0)) < 0.3;
      }
      far += within ? 0 : 1;
    }
    double mean = entropy / batch.lanes();
    var values = new LinkedHashMap<String, Object>();
    values.put("wrong", wrong);
    values.put("outputs_off_by_0.3", far);
    values.put("tested", batch.lanes());
    return new Measurement(mean, mean < 0.005 && far == 0, values);
  }

  @Override
  Map<String, Object> after(SequenceModel model, Parameters parameters, long seed) {
    Measurement longer = measure(model, parameters, batch(seed, "longer test", 0, 256, 5 * length));
    return Map.of("wrong_of_256_at_five_times_the_length", longer.values().get("wrong"));
  }

  @Override
  Map.Entry<String, Double> baseline() {
    return Map.entry("guessing, ln 4", Math.log(4));
  }

  @Override
  String scoreName() {
    return "cross_entropy";
  }

  @Override
  int lag() {
    return length;
  }
}
