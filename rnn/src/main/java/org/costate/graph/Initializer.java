package org.costate.graph;

import org.costate.random.RandomStream;

/// Draws the first values of a parameter. A matrix `[out, in]` has fan-in `in` and fan-out `out`; a
/// convolution kernel `[out, in, k…]` multiplies both by the kernel's area. Every initializer that
/// is drawn needs a shape of rank 2 or more.
@FunctionalInterface
public interface Initializer {
  /// Fills the values of one parameter.
  ///
  /// @param values the values to set, row-major
  /// @param shape the shape of the parameter
  /// @param random the stream to draw from
  void fill(double[] values, Shape shape, RandomStream random);

  /// All zero.
  ///
  /// @return the initializer
  static Initializer zeros() {
    return constant(0);
  }

  /// All one.
  ///
  /// @return the initializer
  static Initializer ones() {
    return constant(1);
  }

  /// All the same value.
  ///
  /// @param value the value
  /// @return the initializer
  static Initializer constant(double value) {
    return (values, shape, random) -> java.util.Arrays.fill(values, value);
  }

  /// The given values.
  ///
  /// @param given the values, row-major
  /// @return the initializer
  static Initializer values(double... given) {
    double[] copy = given.clone();
    return (values, shape, random) -> {
      if (copy.length != values.length) {
        throw new ShapeException(
            "Initializer.values: a parameter of shape %s has %d values, got %d."
                .formatted(shape, values.length, copy.length));
      }
      System.arraycopy(copy, 0, values, 0, values.length);
    };
  }

  /// Uniform in [−bound, bound).
  ///
  /// @param bound the bound, > 0
  /// @return the initializer
  static Initializer uniform(double bound) {
    return (values, shape, random) -> {
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextDouble(-bound, bound);
      }
    };
  }

  /// Normal with mean 0.
  ///
  /// @param deviation the standard deviation
  /// @return the initializer
  static Initializer normal(double deviation) {
    return (values, shape, random) -> {
      for (int i = 0; i < values.length; i++) {
        values[i] = deviation * random.nextGaussian();
      }
    };
  }

  /// Glorot and Bengio 2010, equation 16: uniform with bound √(6 / (fan-in + fan-out)).
  ///
  /// @return the initializer
  static Initializer glorotUniform() {
    return (values, shape, random) ->
        uniform(Math.sqrt(6.0 / (fanIn(shape) + fanOut(shape)))).fill(values, shape, random);
  }

  /// He et al. 2015, equation 10: normal with standard deviation √(2 / fan-in), for ReLU.
  ///
  /// @return the initializer
  static Initializer heNormal() {
    return (values, shape, random) ->
        normal(Math.sqrt(2.0 / fanIn(shape))).fill(values, shape, random);
  }

  /// A random matrix with orthonormal rows or columns (Saxe et al. 2013), whichever are fewer;
  /// stacked square blocks `[k·n, n]`, as gates are stored, are orthogonal each.
  ///
  /// @return the initializer
  static Initializer orthogonal() {
    return OrthogonalInitializer.INSTANCE;
  }

  /// `scale` times the identity in each square block of `[k·n, n]` (Le, Jaitly and Hinton 2015 use
  /// it for ReLU networks).
  ///
  /// @param scale the diagonal value
  /// @return the initializer
  static Initializer identity(double scale) {
    return (values, shape, random) -> {
      int columns = fanIn(shape);
      java.util.Arrays.fill(values, 0);
      for (int row = 0; row < shape.dim(0); row++) {
        values[row * columns + row % columns] = scale;
      }
    };
  }

  private static int fanIn(Shape shape) {
    if (shape.rank() < 2) {
      throw new ShapeException(
          "Initializer: fan-in and fan-out need a parameter of rank 2 or more [out, in, …], got %s; use zeros() or uniform(bound)."
              .formatted(shape));
    }
    return shape.size() / shape.dim(0);
  }

  private static int fanOut(Shape shape) {
    return shape.size() / shape.dim(1);
  }
}
