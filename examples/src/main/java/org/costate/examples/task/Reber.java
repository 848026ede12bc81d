package org.costate.examples.task;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.Loss;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import picocli.CommandLine.Command;

/// The embedded Reber grammar: B (T|P) Reber-string (the same letter) E, predicted symbol by
/// symbol. The optimum is 0.44130 nats a symbol; a model that forgets the second symbol reaches
/// 0.50426.
@Command(
    name = "reber",
    description = "Predict the embedded Reber grammar (LSTM, nats a symbol).",
    mixinStandardHelpOptions = true)
public final class Reber extends TaskExperiment {
  static final String LETTERS = "BTPSXVE";
  private static final String[][] BRANCHES = {
    {"T1", "P2"}, {"S1", "X3"}, {"T2", "V4"}, {"X2", "S5"}, {"P3", "V5"}
  };
  private static final double FORGETFUL = 0.50426;

  /// For the command line.
  public Reber() {}

  @Override
  Defaults defaults() {
    return new Defaults(CellKind.LSTM, 16, 0.01, 1, 64_000, 32);
  }

  @Override
  SequenceModel model(Cell cell) {
    return SequenceModel.builder()
        .oneHot(LETTERS.length())
        .layer(cell)
        .loss(new Loss.Softmax(LETTERS.length()))
        .build();
  }

  /// A random string of the embedded grammar.
  static String string(RandomStream random) {
    char letter = random.nextInt(2) == 0 ? 'T' : 'P';
    var text = new StringBuilder("B").append(letter).append('B');
    for (int state = 0; state < 5; ) {
      String branch = BRANCHES[state][random.nextInt(2)];
      text.append(branch.charAt(0));
      state = branch.charAt(1) - '0';
    }
    return text.append('E').append(letter).append('E').toString();
  }

  @Override
  Sequences batch(long seed, String purpose, long index, int lanes) {
    List<int[]> inputs = new ArrayList<>();
    List<int[]> targets = new ArrayList<>();
    for (int lane = 0; lane < lanes; lane++) {
      int[] symbols =
          string(RandomStream.of(seed, "reber " + purpose, index, lane))
              .chars()
              .map(LETTERS::indexOf)
              .toArray();
      inputs.add(java.util.Arrays.copyOf(symbols, symbols.length - 1));
      targets.add(java.util.Arrays.copyOfRange(symbols, 1, symbols.length));
    }
    Sequences batch = Symbols.batch(inputs.toArray(int[][]::new));
    return batch.with("target", Symbols.series(targets.toArray(int[][]::new), batch.horizon()));
  }

  @Override
  Measurement measure(
      SequenceModel model, Parameters parameters, long seed, String purpose, int count) {
    int strings = purpose.equals("test") ? 10_000 : count;
    Sequences batch = batch(seed, purpose, 0, strings);
    Series p = model.predict(parameters, batch).output("prediction");
    double entropy = 0;
    int right = 0;
    for (int lane = 0; lane < strings; lane++) {
      int length = batch.length(lane);
      for (int t = 0; t < length; t++) {
        entropy -=
            Math.log(Math.max(1e-300, p.get(t, lane, (int) batch.input("target").get(t, lane, 0))));
      }
      right +=
          Symbols.best(p, length - 2, lane) == (int) batch.input("target").get(length - 2, lane, 0)
              ? 1
              : 0;
    }
    double mean = entropy / batch.activeSteps();
    var values = new LinkedHashMap<String, Object>();
    values.put("long_range_symbol_right", right / (double) strings);
    values.put("optimum", 0.44130);
    values.put("tested", strings);
    return new Measurement(mean, right == strings && excess(batch, p) < 0.003, values);
  }

  /// The mean excess over the grammar's own uncertainty, which unlike the cross-entropy does not
  /// depend on the strings drawn.
  private static double excess(Sequences batch, Series p) {
    double excess = 0;
    for (int lane = 0; lane < batch.lanes(); lane++) {
      int length = batch.length(lane);
      for (int t = 0; t < length; t++) {
        // Certain are the inner B, and the last three: E, the letter, E. Everywhere else there are
        // two equal branches.
        boolean certain = t == 1 || t >= length - 3;
        double best = certain ? 0 : Math.log(2);
        excess +=
            -Math.log(Math.max(1e-300, p.get(t, lane, (int) batch.input("target").get(t, lane, 0))))
                - best;
      }
    }
    return excess / batch.activeSteps();
  }

  @Override
  Map.Entry<String, Double> baseline() {
    return Map.entry("the grammar without the second symbol", FORGETFUL);
  }

  @Override
  String scoreName() {
    return "cross_entropy";
  }

  @Override
  int lag() {
    return 9;
  }
}
