package org.costate.unroll;

import java.util.Arrays;
import org.costate.graph.Shape;

/// A value over time for a batch: `[T, lanes, …shape]`, one array for each step, in it lane by
/// lane.
///
/// @param shape the shape for one example at one step
/// @param lanes the number of lanes
/// @param steps `[T][lanes · size]`; steps may be one array (a value that is constant over time)
public record Series(Shape shape, int lanes, double[][] steps) {
  /// Checks the sizes.
  public Series {
    for (int t = 0; t < steps.length; t++) {
      if (steps[t].length != lanes * shape.size()) {
        throw new IllegalArgumentException(
            "Series: step %d must have lanes · size = %d · %d = %d values, got %d."
                .formatted(t, lanes, shape.size(), lanes * shape.size(), steps[t].length));
      }
    }
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
    java.util.Arrays.fill(steps, values);
    return new Series(shape, lanes, steps);
  }

  /// The number of steps T.
  ///
  /// @return T
  public int horizon() {
    return steps.length;
  }

  /// One element.
  ///
  /// @param t the step
  /// @param lane the lane
  /// @param element the element, row-major
  /// @return its value
  public double get(int t, int lane, int element) {
    return steps[t][lane * shape.size() + element];
  }

  /// Sets one element.
  ///
  /// @param t the step
  /// @param lane the lane
  /// @param element the element, row-major
  /// @param value its value
  public void set(int t, int lane, int element, double value) {
    steps[t][lane * shape.size() + element] = value;
  }

  /// The steps `from ≤ t < to`, sharing the arrays.
  ///
  /// @param from the first step
  /// @param to the step after the last
  /// @return the series
  public Series window(int from, int to) {
    return new Series(shape, lanes, java.util.Arrays.copyOfRange(steps, from, to));
  }

  /// This series and then another one, sharing the arrays.
  Series then(Series other) {
    double[][] all = java.util.Arrays.copyOf(steps, steps.length + other.steps.length);
    System.arraycopy(other.steps, 0, all, steps.length, other.steps.length);
    return new Series(shape, lanes, all);
  }

  /// Each lane in reverse order within its length; padding stays where it is. Without padding the
  /// steps are shared.
  Series reversed(Sequences batch) {
    if (!batch.padded()) {
      return new Series(shape, lanes, Arrays.asList(steps).reversed().toArray(double[][]::new));
    }
    int size = shape.size();
    double[][] out = new double[horizon()][lanes * size];
    for (int lane = 0; lane < lanes; lane++) {
      int length = batch.length(lane);
      for (int t = 0; t < horizon(); t++) {
        int from = t < length ? length - 1 - t : t;
        System.arraycopy(steps[from], lane * size, out[t], lane * size, size);
      }
    }
    return new Series(shape, lanes, out);
  }

  /// Padding replaced by the lane's last real step, so that what is computed there stays in the
  /// domain of the step.
  Series extended(Sequences batch) {
    int size = shape.size();
    double[][] out = steps.clone();
    for (int t = 0; t < out.length; t++) {
      boolean own = false;
      for (int lane = 0; lane < lanes; lane++) {
        int last = Math.max(0, batch.length(lane) - 1);
        if (t > last) {
          if (!own) {
            out[t] = out[t].clone();
            own = true;
          }
          System.arraycopy(steps[last], lane * size, out[t], lane * size, size);
        }
      }
    }
    return new Series(shape, lanes, out);
  }

  Series roundedToFloat() {
    double[][] out = new double[horizon()][];
    for (int t = 0; t < out.length; t++) {
      out[t] = t > 0 && steps[t] == steps[t - 1] ? out[t - 1] : State.roundedToFloat(steps[t]);
    }
    return new Series(shape, lanes, out);
  }
}
