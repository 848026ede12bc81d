package org.costate;

import org.costate.graph.Shape;
import org.costate.unroll.Series;

/// Short ways to write series in tests.
public final class Sequence {
  private Sequence() {}

  /// One lane of scalars, one for each step.
  public static Series scalars(double... values) {
    double[][] steps = new double[values.length][];
    for (int t = 0; t < steps.length; t++) {
      steps[t] = new double[] {values[t]};
    }
    return new Series(Shape.SCALAR, 1, steps);
  }

  /// One lane of vectors, one row for each step.
  public static Series vectors(double[]... rows) {
    return new Series(Shape.of(rows[0].length), 1, rows);
  }

  /// One step of several lanes, one row for each lane.
  public static Series lanes(double[]... rows) {
    double[] all =
        java.util.Arrays.stream(rows).flatMapToDouble(java.util.Arrays::stream).toArray();
    return new Series(Shape.of(rows[0].length), rows.length, new double[][] {all});
  }
}
