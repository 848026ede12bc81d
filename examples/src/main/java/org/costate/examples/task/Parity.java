package org.costate.examples.task;

import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.Loss;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Parity of the bits so far, at every step, trained on lengths 10–20 and tested on 1,000. Guessing
/// has cross-entropy ln 2.
@Command(
    name = "parity",
    description = "Running parity of random bits, tested far beyond the training length (LSTM).",
    mixinStandardHelpOptions = true)
public final class Parity extends TaskExperiment {
  private static final int LONG = 1000;

  @Option(
      names = "--length",
      defaultValue = "20",
      description =
          "The longest training sequence; the shortest is half of it (default ${DEFAULT-VALUE}).")
  private int length;

  /// For the command line.
  public Parity() {}

  @Override
  Defaults defaults() {
    if (length < 2) {
      throw new IllegalArgumentException(
          "parity: --length must be at least 2, got " + length + ".");
    }
    return new Defaults(CellKind.LSTM, 16, 0.01, 1, 96_000, 32);
  }

  @Override
  SequenceModel model(Cell cell) {
    return SequenceModel.builder().oneHot(2).layer(cell).loss(new Loss.Softmax(2)).build();
  }

  @Override
  Sequences batch(long seed, String purpose, long index, int lanes) {
    return batch(seed, purpose, index, lanes, length / 2, length);
  }

  private static Sequences batch(
      long seed, String purpose, long index, int lanes, int shortest, int longest) {
    int[][] x = new int[lanes][];
    int[][] target = new int[lanes][];
    for (int lane = 0; lane < lanes; lane++) {
      RandomStream random = RandomStream.of(seed, "parity " + purpose, index, lane);
      int steps = random.nextInt(shortest, longest);
      x[lane] = new int[steps];
      target[lane] = new int[steps];
      int parity = 0;
      for (int t = 0; t < steps; t++) {
        x[lane][t] = random.nextInt(2);
        parity ^= x[lane][t];
        target[lane][t] = parity;
      }
    }
    Sequences batch = Symbols.batch(x);
    return batch.with("target", Symbols.series(target, batch.horizon()));
  }

  private record Score(double entropy, double bitsWrong, int sequencesWrong) {}

  private static Score score(SequenceModel model, Parameters parameters, Sequences batch) {
    Series p = model.predict(parameters, batch).output("prediction");
    double entropy = 0;
    long wrong = 0;
    int sequences = 0;
    for (int lane = 0; lane < batch.lanes(); lane++) {
      boolean all = true;
      for (int t = 0; t < batch.length(lane); t++) {
        int target = (int) batch.input("target").get(t, lane, 0);
        entropy -= Math.log(Math.max(1e-300, p.get(t, lane, target)));
        boolean right = Symbols.best(p, t, lane) == target;
        wrong += right ? 0 : 1;
        all &= right;
      }
      sequences += all ? 0 : 1;
    }
    return new Score(
        entropy / batch.activeSteps(), wrong / (double) batch.activeSteps(), sequences);
  }

  @Override
  Measurement measure(
      SequenceModel model, Parameters parameters, long seed, String purpose, int count) {
    Score score = score(model, parameters, batch(seed, purpose, 0, count));
    var values = new LinkedHashMap<String, Object>();
    values.put("wrong", score.sequencesWrong);
    values.put("bit_error_rate", score.bitsWrong);
    values.put("tested", count);
    return new Measurement(score.entropy, score.entropy < 5e-4, values);
  }

  @Override
  Map<String, Object> after(SequenceModel model, Parameters parameters, long seed) {
    Score longer = score(model, parameters, batch(seed, "long", 0, 256, LONG, LONG));
    return Map.of(
        "bit_error_rate_at_length_1000",
        longer.bitsWrong,
        "wrong_of_256_at_length_1000",
        longer.sequencesWrong);
  }

  @Override
  Map.Entry<String, Double> baseline() {
    return Map.entry("guessing, ln 2", Math.log(2));
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
