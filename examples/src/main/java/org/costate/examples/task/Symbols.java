package org.costate.examples.task;

import org.costate.graph.Shape;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;

/// Batches of symbol sequences, `[lane][step]`.
final class Symbols {
  private Symbols() {}

  /// Sequences of symbols as input x, padded to the longest.
  static Sequences batch(int[][] symbols) {
    int lanes = symbols.length;
    int[] lengths = java.util.Arrays.stream(symbols).mapToInt(s -> s.length).toArray();
    int horizon = java.util.Arrays.stream(lengths).max().orElseThrow();
    return Sequences.of(lanes, horizon).lengths(lengths).with("x", series(symbols, horizon));
  }

  /// A number for each step of each lane.
  static Series series(int[][] numbers, int horizon) {
    double[][] steps = new double[horizon][numbers.length];
    for (int lane = 0; lane < numbers.length; lane++) {
      for (int t = 0; t < numbers[lane].length; t++) {
        steps[t][lane] = numbers[lane][t];
      }
    }
    return new Series(Shape.SCALAR, numbers.length, steps);
  }

  /// The likeliest class of one lane at one step.
  static int best(Series scores, int t, int lane) {
    int n = scores.shape().size();
    int best = 0;
    for (int i = 1; i < n; i++) {
      best = scores.get(t, lane, i) > scores.get(t, lane, best) ? i : best;
    }
    return best;
  }
}
