package org.costate.unroll;

import java.util.Arrays;
import org.costate.graph.Shape;

/// A value over time for a batch: `[T, lanes, …shape]`, one array for each step, in it lane by
/// lane.
///
/// What a pass in single precision returns stays an array of floats until [#steps] asks for
/// doubles: outputs that nobody reads cost half the memory and no conversion.
public final class Series {
  private final Shape shape;
  private final int lanes;

  /// Each step a `double[]` or a `float[]`.
  private volatile Object[] rows;

  /// Numbers that a caller has.
  ///
  /// @param shape the shape for one example at one step
  /// @param lanes the number of lanes
  /// @param steps `[T][lanes · size]`, shared with the caller; steps may be one array (a value that
  ///   is constant over time)
  /// @throws IllegalArgumentException if a step has too few or too many values
  public Series(Shape shape, int lanes, double[][] steps) {
    this(shape, lanes, (Object[]) steps);
  }

  private Series(Shape shape, int lanes, Object[] rows) {
    this.shape = shape;
    this.lanes = lanes;
    this.rows = rows;
    for (int t = 0; t < rows.length; t++) {
      int length = rows[t] instanceof float[] f ? f.length : ((double[]) rows[t]).length;
      if (length != lanes * shape.size()) {
        throw new IllegalArgumentException(
            "Series: step %d must have lanes · size = %d · %d = %d values, got %d."
                .formatted(t, lanes, shape.size(), lanes * shape.size(), length));
      }
    }
  }

  /// Steps that are floats or doubles, as they are.
  static Series of(Shape shape, int lanes, Object[] rows) {
    return new Series(shape, lanes, rows);
  }

  /// All zero.
  ///
  /// @param shape the shape for one example at one step
  /// @param lanes the number of lanes
  /// @param horizon the number of steps
  /// @return the series
  public static Series zeros(Shape shape, int lanes, int horizon) {
    return new Series(shape, lanes, new double[horizon][lanes * shape.size()]);
  }

  /// The same values at every step, in one array.
  ///
  /// @param shape the shape for one example at one step
  /// @param lanes the number of lanes
  /// @param horizon the number of steps
  /// @param values `[lanes · size]`
  /// @return the series
  public static Series constant(Shape shape, int lanes, int horizon, double[] values) {
    double[][] steps = new double[horizon][];
    Arrays.fill(steps, values);
    return new Series(shape, lanes, steps);
  }

  /// The shape for one example at one step.
  ///
  /// @return the shape
  public Shape shape() {
    return shape;
  }

  /// The number of lanes.
  ///
  /// @return the number
  public int lanes() {
    return lanes;
  }

  /// All values; what is written to them is written to this series.
  ///
  /// @return `[T][lanes · size]`
  public double[][] steps() {
    if (rows instanceof double[][] steps) {
      return steps;
    }
    return converted();
  }

  private synchronized double[][] converted() {
    if (rows instanceof double[][] steps) {
      return steps;
    }
    double[][] steps = new double[rows.length][];
    for (int t = 0; t < steps.length; t++) {
      steps[t] = t > 0 && rows[t] == rows[t - 1] ? steps[t - 1] : doubles(rows[t]);
    }
    rows = steps;
    return steps;
  }

  private static double[] doubles(Object row) {
    if (row instanceof double[] already) {
      return already;
    }
    float[] from = (float[]) row;
    double[] to = new double[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return to;
  }

  /// The steps as they are: each a `double[]` or a `float[]`.
  Object[] rows() {
    return rows;
  }

  /// The number of steps T.
  ///
  /// @return T
  public int horizon() {
    return rows.length;
  }

  /// One element.
  ///
  /// @param t the step
  /// @param lane the lane
  /// @param element the element, row-major
  /// @return its value
  public double get(int t, int lane, int element) {
    return at(t, lane * shape.size() + element);
  }

  /// The i-th number of a step.
  double at(int t, int i) {
    return rows[t] instanceof float[] f ? f[i] : ((double[]) rows[t])[i];
  }

  /// Sets one element.
  ///
  /// @param t the step
  /// @param lane the lane
  /// @param element the element, row-major
  /// @param value its value
  public void set(int t, int lane, int element, double value) {
    steps()[t][lane * shape.size() + element] = value;
  }

  /// The steps `from ≤ t < to`, sharing the arrays of doubles.
  ///
  /// @param from the first step
  /// @param to the step after the last
  /// @return the series
  public Series window(int from, int to) {
    return new Series(shape, lanes, Arrays.copyOfRange(rows, from, to));
  }

  /// This series and then another one, sharing the arrays.
  Series then(Series other) {
    Object[] all = new Object[horizon() + other.horizon()];
    System.arraycopy(rows, 0, all, 0, horizon());
    System.arraycopy(other.rows, 0, all, horizon(), other.horizon());
    return new Series(shape, lanes, all);
  }

  /// The sum of this series and another one of the same form.
  Series plus(Series other) {
    Object[] sum = new Object[horizon()];
    for (int t = 0; t < sum.length; t++) {
      if (rows[t] instanceof float[] a && other.rows[t] instanceof float[] b) {
        float[] row = a.clone();
        for (int i = 0; i < row.length; i++) {
          row[i] += b[i];
        }
        sum[t] = row;
      } else {
        double[] row = new double[lanes * shape.size()];
        for (int i = 0; i < row.length; i++) {
          row[i] = at(t, i) + other.at(t, i);
        }
        sum[t] = row;
      }
    }
    return new Series(shape, lanes, sum);
  }

  /// Each lane in reverse order within its length; padding stays where it is. Without padding the
  /// steps are shared.
  Series reversed(Sequences batch) {
    if (!batch.padded()) {
      return new Series(shape, lanes, Arrays.asList(rows).reversed().toArray());
    }
    int size = shape.size();
    Object[] out = new Object[horizon()];
    Arrays.setAll(out, t -> copy(rows[t]));
    for (int lane = 0; lane < lanes; lane++) {
      int length = batch.length(lane);
      for (int t = 0; t < length; t++) {
        copyLane(rows[length - 1 - t], out[t], lane * size, size);
      }
    }
    return new Series(shape, lanes, out);
  }

  /// Padding replaced by the lane's last real step, so that what is computed there stays in the
  /// domain of the step.
  Series extended(Sequences batch) {
    int size = shape.size();
    Object[] out = Arrays.copyOf(rows, rows.length, Object[].class);
    for (int t = 0; t < out.length; t++) {
      boolean own = false;
      for (int lane = 0; lane < lanes; lane++) {
        int last = Math.max(0, batch.length(lane) - 1);
        if (t > last) {
          if (!own) {
            out[t] = copy(out[t]);
            own = true;
          }
          copyLane(rows[last], out[t], lane * size, size);
        }
      }
    }
    return new Series(shape, lanes, out);
  }

  private static Object copy(Object row) {
    return row instanceof float[] f ? f.clone() : ((double[]) row).clone();
  }

  private static void copyLane(Object from, Object to, int at, int size) {
    System.arraycopy(from, at, to, at, size);
  }

  Series roundedToFloat() {
    double[][] steps = steps();
    double[][] out = new double[horizon()][];
    for (int t = 0; t < out.length; t++) {
      out[t] = t > 0 && steps[t] == steps[t - 1] ? out[t - 1] : State.roundedToFloat(steps[t]);
    }
    return new Series(shape, lanes, out);
  }
}
