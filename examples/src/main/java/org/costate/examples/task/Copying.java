package org.costate.examples.task;

import java.util.LinkedHashMap;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Copying memory: ten symbols of eight, T − 1 blanks, a delimiter, ten blanks; the output is blank
/// until the delimiter and then the ten symbols. The cross-entropy of a memoryless model is 10 ln 8
/// / (T + 20) nats a step.
@Command(
    name = "copying",
    description = "Repeat ten symbols after a long delay (LSTM, cross-entropy a step).",
    mixinStandardHelpOptions = true)
public final class Copying extends TaskExperiment {
  private static final int LETTERS = 8;
  private static final int WORD = 10;
  private static final int BLANK = 8;
  private static final int DELIMITER = 9;

  @Option(
      names = {"--delay", "--length"},
      defaultValue = "50",
      description = "The delay T (default ${DEFAULT-VALUE}).")
  private int delay;

  /// For the command line.
  public Copying() {}

  @Override
  Defaults defaults() {
    if (delay < 1) {
      throw new IllegalArgumentException("copying: --delay must be at least 1, got " + delay + ".");
    }
    return new Defaults(CellKind.LSTM, 64, 0.005, 1, 192_000, 32);
  }

  @Override
  LstmCell lstm(int size, double bias) {
    return LstmCell.of(size).chrono(Math.max(3, 1.5 * delay));
  }

  @Override
  SequenceModel model(Cell cell) {
    return SequenceModel.builder()
        .oneHot(LETTERS + 2)
        .layer(cell)
        .loss(new Loss.Softmax(LETTERS + 1))
        .build();
  }

  @Override
  Sequences batch(long seed, String purpose, long index, int lanes) {
    int horizon = delay + 2 * WORD;
    int[][] x = new int[lanes][horizon];
    int[][] target = new int[lanes][horizon];
    for (int lane = 0; lane < lanes; lane++) {
      RandomStream random = RandomStream.of(seed, "copying " + purpose, index, lane);
      java.util.Arrays.fill(x[lane], BLANK);
      java.util.Arrays.fill(target[lane], BLANK);
      x[lane][WORD + delay - 1] = DELIMITER;
      for (int i = 0; i < WORD; i++) {
        x[lane][i] = random.nextInt(LETTERS);
        target[lane][delay + WORD + i] = x[lane][i];
      }
    }
    return Symbols.batch(x).with("target", Symbols.series(target, horizon));
  }

  @Override
  Measurement measure(
      SequenceModel model, Parameters parameters, long seed, String purpose, int count) {
    Sequences batch = batch(seed, purpose, 0, count);
    Series p = model.predict(parameters, batch).output("prediction");
    double entropy = 0;
    int right = 0;
    for (int lane = 0; lane < count; lane++) {
      for (int t = 0; t < batch.horizon(); t++) {
        int target = (int) batch.input("target").get(t, lane, 0);
        entropy -= Math.log(Math.max(1e-300, p.get(t, lane, target)));
        right += t >= delay + WORD && Symbols.best(p, t, lane) == target ? 1 : 0;
      }
    }
    double mean = entropy / count / batch.horizon();
    var values = new LinkedHashMap<String, Object>();
    values.put("recall", right / (double) (count * WORD));
    return new Measurement(mean, mean < 0.02 * baseline().getValue(), values);
  }

  @Override
  java.util.Map.Entry<String, Double> baseline() {
    return java.util.Map.entry(
        "no memory, 10 ln 8 / (T + 20)", WORD * Math.log(LETTERS) / (delay + 2 * WORD));
  }

  @Override
  String scoreName() {
    return "cross_entropy";
  }

  @Override
  int lag() {
    return delay + WORD;
  }
}
