package org.costate.graph;

import java.util.Arrays;

/// The shape of one value of one example: `[]` a scalar, `[n]` a vector, `[m, n]` a matrix
/// (row-major); convolutions also use `[channels, height, width]` and `[out, in, height, width]`.
/// The batch is never part of a shape.
public final class Shape {
  /// The shape of a number.
  public static final Shape SCALAR = new Shape();

  private final int[] dimensions;

  private Shape(int... dimensions) {
    this.dimensions = dimensions;
  }

  /// A shape of the given dimensions.
  ///
  /// @param dimensions the sizes, each at least 1; none for a scalar
  /// @return the shape
  public static Shape of(int... dimensions) {
    long size = 1;
    for (int n : dimensions) {
      if (n < 1) {
        throw new ShapeException(
            "Shape: every dimension must be at least 1, got " + Arrays.toString(dimensions) + ".");
      }
      size *= n;
      if (size > Integer.MAX_VALUE) {
        throw new ShapeException(
            "Shape: at most 2^31-1 elements fit in one value, got "
                + Arrays.toString(dimensions)
                + ".");
      }
    }
    return new Shape(dimensions.clone());
  }

  /// The number of dimensions.
  ///
  /// @return 0 for a scalar, 1 for a vector, 2 for a matrix
  public int rank() {
    return dimensions.length;
  }

  /// The size of one dimension.
  ///
  /// @param axis the axis, from 0
  /// @return its size
  public int dim(int axis) {
    return dimensions[axis];
  }

  /// The number of elements.
  ///
  /// @return the product of the dimensions
  public int size() {
    return product(0, dimensions.length);
  }

  /// The product of the dimensions `from ≤ axis < to`.
  int product(int from, int to) {
    int size = 1;
    for (int i = from; i < to; i++) {
      size *= dimensions[i];
    }
    return size;
  }

  /// The dimensions.
  ///
  /// @return a copy
  public int[] toArray() {
    return dimensions.clone();
  }

  /// This shape without one axis.
  Shape without(int axis) {
    int[] rest = new int[dimensions.length - 1];
    for (int i = 0, j = 0; i < dimensions.length; i++) {
      if (i != axis) {
        rest[j++] = dimensions[i];
      }
    }
    return new Shape(rest);
  }

  /// This shape with the size of one axis replaced.
  Shape with(int axis, int size) {
    int[] changed = dimensions.clone();
    changed[axis] = size;
    return Shape.of(changed);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape s && Arrays.equals(dimensions, s.dimensions);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dimensions);
  }

  @Override
  public String toString() {
    return Arrays.toString(dimensions);
  }
}
