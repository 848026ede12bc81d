package org.costate.graph;

import java.util.List;

/// A node of a step that is being built, with the arithmetic a textbook uses. Functions such as
/// `tanh` are in [Functions].
///
/// Two shapes meet element by element if they are equal, or if one is a scalar, which is then
/// repeated.
///
/// @param builder the builder it belongs to
/// @param id its node
public record Value(StepBuilder builder, int id) {
  /// The shape for one example.
  ///
  /// @return the shape
  public Shape shape() {
    return builder.shapes().get(id);
  }

  /// Labels this value for listings and messages.
  ///
  /// @param label for example `"forget gate"`
  /// @return this value
  public Value named(String label) {
    builder.labels().put(id, label);
    return this;
  }

  /// this + other.
  ///
  /// @param other the other operand
  /// @return the sum
  public Value plus(Value other) {
    return apply(BinaryFunction.ADD, other);
  }

  /// this + number.
  ///
  /// @param number the number
  /// @return the sum
  public Value plus(double number) {
    return plus(builder.constant(number));
  }

  /// this − other.
  ///
  /// @param other the other operand
  /// @return the difference
  public Value minus(Value other) {
    return apply(BinaryFunction.SUBTRACT, other);
  }

  /// this − number.
  ///
  /// @param number the number
  /// @return the difference
  public Value minus(double number) {
    return minus(builder.constant(number));
  }

  /// The product as algebra writes it: matrix · vector, matrix · matrix; otherwise element by
  /// element. Two matrices are multiplied element by element with [#hadamard].
  ///
  /// @param other the other operand
  /// @return the product
  public Value times(Value other) {
    if (shape().rank() == 2 && other.shape().rank() == 1) {
      return builder.emit(new Op.MatrixVector(id, other.id, false));
    }
    if (shape().rank() == 2 && other.shape().rank() == 2) {
      return builder.emit(new Op.MatrixMatrix(id, other.id, false, false));
    }
    return hadamard(other);
  }

  /// number · this.
  ///
  /// @param number the number
  /// @return the product
  public Value times(double number) {
    return hadamard(builder.constant(number));
  }

  /// this ⊙ other, element by element.
  ///
  /// @param other the other operand
  /// @return the product
  public Value hadamard(Value other) {
    return apply(BinaryFunction.MULTIPLY, other);
  }

  /// this / other, element by element.
  ///
  /// @param other the other operand
  /// @return the quotient
  public Value over(Value other) {
    return apply(BinaryFunction.DIVIDE, other);
  }

  /// this / number.
  ///
  /// @param number the number
  /// @return the quotient
  public Value over(double number) {
    return over(builder.constant(number));
  }

  /// −this.
  ///
  /// @return the negative
  public Value negate() {
    return apply(UnaryFunction.NEGATE);
  }

  /// 1 / this, element by element.
  ///
  /// @return the reciprocal
  public Value reciprocal() {
    return graphConstant(1).over(this);
  }

  /// Matrix transpose.
  ///
  /// @return the transpose `[n, m]` of `[m, n]`
  public Value transpose() {
    return builder.emit(new Op.Transpose(id));
  }

  /// The outer product this · otherᵀ of two vectors.
  ///
  /// @param other the row
  /// @return the matrix `[m, n]`
  public Value outer(Value other) {
    return builder.emit(new Op.Outer(id, other.id));
  }

  /// The inner product Σ aᵢ bᵢ of two values of one shape.
  ///
  /// @param other the other operand
  /// @return the scalar
  public Value dot(Value other) {
    return hadamard(other).sum();
  }

  /// The sum of all elements.
  ///
  /// @return the scalar
  public Value sum() {
    return sum(-1);
  }

  /// The sum along one axis, which disappears.
  ///
  /// @param axis the axis, or −1 for all
  /// @return the sum
  public Value sum(int axis) {
    return shape().rank() == 0 ? this : builder.emit(new Op.Sum(id, axis));
  }

  /// The mean of all elements.
  ///
  /// @return the scalar
  public Value mean() {
    return sum().times(1.0 / shape().size());
  }

  /// The mean along one axis, which disappears.
  ///
  /// @param axis the axis
  /// @return the mean
  public Value mean(int axis) {
    return sum(axis).times(1.0 / shape().dim(axis));
  }

  /// The largest element; ties share the derivative equally.
  ///
  /// @return the scalar
  public Value max() {
    return max(-1);
  }

  /// The largest along one axis, which disappears; ties share the derivative equally.
  ///
  /// @param axis the axis, or −1 for all
  /// @return the maximum
  public Value max(int axis) {
    return shape().rank() == 0 ? this : builder.emit(new Op.Max(id, axis));
  }

  /// Repeats this value along a new axis.
  ///
  /// @param axis where the new axis is in the result
  /// @param count how often
  /// @return the repeated value
  public Value repeat(int axis, int count) {
    int[] old = shape().toArray();
    int[] dims = new int[old.length + 1];
    System.arraycopy(old, 0, dims, 0, axis);
    dims[axis] = count;
    System.arraycopy(old, axis, dims, axis + 1, old.length - axis);
    return builder.emit(new Op.Broadcast(id, axis, Shape.of(dims)));
  }

  /// Repeats a scalar into a shape; any other value must have that shape already.
  ///
  /// @param shape the shape
  /// @return the repeated value
  public Value broadcast(Shape shape) {
    return shape.equals(shape()) ? this : builder.emit(new Op.Broadcast(id, -1, shape));
  }

  /// The elements `from ≤ i < to` of the first axis.
  ///
  /// @param from the first index
  /// @param to the index after the last
  /// @return the slice
  public Value slice(int from, int to) {
    return slice(0, from, to);
  }

  /// The elements `from ≤ i < to` of one axis.
  ///
  /// @param axis the axis
  /// @param from the first index
  /// @param to the index after the last
  /// @return the slice
  public Value slice(int axis, int from, int to) {
    return builder.emit(new Op.Slice(id, axis, from, to - from));
  }

  /// Element i of a vector, as a scalar; row i of a matrix, as a vector.
  ///
  /// @param i the index on the first axis
  /// @return the element
  public Value at(int i) {
    return slice(i, i + 1).reshape(shape().without(0).toArray());
  }

  /// The same elements, row-major, in another shape.
  ///
  /// @param dimensions the new shape
  /// @return the reshaped value
  public Value reshape(int... dimensions) {
    Shape wanted = Shape.of(dimensions);
    return wanted.equals(shape()) ? this : builder.emit(new Op.Reshape(id, wanted));
  }

  /// Rows of this table `[V, …]` at a scalar index or a vector of indices (an embedding); the
  /// gradient adds up where an index repeats. An index outside 0 … V−1 is an error when it happens.
  ///
  /// @param index the index or indices
  /// @return the rows
  public Value gather(Value index) {
    return builder.emit(new Op.Gather(id, index.id));
  }

  /// This value, without a derivative.
  ///
  /// @return the value
  public Value stopGradient() {
    return builder.emit(new Op.StopGradient(id));
  }

  /// f(this), element by element.
  ///
  /// @param function the function
  /// @return the result
  public Value apply(UnaryFunction function) {
    return builder.emit(new Op.Unary(function, id));
  }

  /// f(this, other), element by element.
  ///
  /// @param function the function
  /// @param other the second operand, of the same shape, or a scalar where this is not (or the
  ///   reverse)
  /// @return the result
  public Value apply(BinaryFunction function, Value other) {
    Value a = this;
    Value b = other;
    if (a.shape().rank() == 0) {
      a = a.broadcast(b.shape());
    } else if (b.shape().rank() == 0) {
      b = b.broadcast(a.shape());
    }
    return builder.emit(new Op.Binary(function, a.id, b.id));
  }

  /// A constant of the same shape as this, filled with one number.
  Value graphConstant(double number) {
    return builder.constant(number).broadcast(shape());
  }

  /// The sum over the lanes of the batch, for adjoints of shared values.
  Value sumBatch() {
    return builder.emit(new Op.SumBatch(id));
  }

  /// Whether the value differs between lanes.
  boolean batched() {
    return builder.batched(id);
  }

  /// The ids of some values.
  static List<Integer> ids(Value... values) {
    return java.util.Arrays.stream(values).map(Value::id).toList();
  }
}
