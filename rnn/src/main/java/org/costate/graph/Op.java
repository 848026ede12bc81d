package org.costate.graph;

import java.util.Arrays;
import java.util.List;

/// One node of a step graph: a primitive and the ids of its operands. An op has no numbers and no
/// element type; its result's id is its position in the graph. A new op does not compile until it
/// has a shape ([OpShapes]), both derivatives ([Reverse], [Forward]) and a kernel.
public sealed interface Op {
  /// An operand of the step.
  ///
  /// @param role what happens to it over time
  /// @param name its name
  /// @param shape its shape
  /// @param parameter the parameter, for role SHARED; else null
  record Input(Role role, String name, Shape shape, Parameter parameter) implements Op {}

  /// Fixed numbers.
  ///
  /// @param shape the shape
  /// @param values the values, row-major
  record Constant(Shape shape, List<Double> values) implements Op {}

  /// y = f(x), element by element.
  ///
  /// @param function f
  /// @param x the operand
  record Unary(UnaryFunction function, int x) implements Op {}

  /// y = f(a, b), element by element; a and b have one shape.
  ///
  /// @param function f
  /// @param a the first operand
  /// @param b the second operand
  record Binary(BinaryFunction function, int a, int b) implements Op {}

  /// a where the condition is not 0, else b; three operands of one shape.
  ///
  /// @param condition the condition; it has no derivative
  /// @param a the value where it holds
  /// @param b the value where it does not
  record Select(int condition, int a, int b) implements Op {}

  /// W x or Wᵀ x: `[m, n]·[n] → [m]`, or transposed `[m, n], [m] → [n]`.
  ///
  /// @param matrix W
  /// @param vector x
  /// @param transposed whether W is transposed
  record MatrixVector(int matrix, int vector, boolean transposed) implements Op {}

  /// a bᵀ: `[m], [n] → [m, n]`.
  ///
  /// @param a the column
  /// @param b the row
  record Outer(int a, int b) implements Op {}

  /// op(A) op(B) with optional transposes: `[m, k]·[k, n] → [m, n]`.
  ///
  /// @param a A
  /// @param b B
  /// @param transposeA whether A is transposed
  /// @param transposeB whether B is transposed
  record MatrixMatrix(int a, int b, boolean transposeA, boolean transposeB) implements Op {}

  /// Xᵀ: `[m, n] → [n, m]`.
  ///
  /// @param x X
  record Transpose(int x) implements Op {}

  /// The sum along one axis, which disappears; axis −1 sums everything to a scalar.
  ///
  /// @param x the operand
  /// @param axis the axis, or −1 for all
  record Sum(int x, int axis) implements Op {}

  /// The largest along one axis, which disappears; axis −1 is over everything. Ties share the
  /// derivative equally.
  ///
  /// @param x the operand
  /// @param axis the axis, or −1 for all
  record Max(int x, int axis) implements Op {}

  /// Repeats x along a new axis; axis −1 repeats a scalar into the whole shape. The adjoint of
  /// [Sum].
  ///
  /// @param x the operand
  /// @param axis where the new axis is in the result, or −1
  /// @param shape the shape of the result
  record Broadcast(int x, int axis, Shape shape) implements Op {}

  /// The elements `from ≤ i < from + length` of one axis.
  ///
  /// @param x the operand
  /// @param axis the axis
  /// @param from the first index
  /// @param length the number of indices
  record Slice(int x, int axis, int from, int length) implements Op {}

  /// Zeros around x along one axis; the adjoint of [Slice].
  ///
  /// @param x the operand
  /// @param axis the axis
  /// @param before the number of zeros before
  /// @param length the length of the axis in the result
  record Pad(int x, int axis, int before, int length) implements Op {}

  /// The operands one after another along one axis.
  ///
  /// @param parts the operands
  /// @param axis the axis
  record Concat(List<Integer> parts, int axis) implements Op {}

  /// The same elements in another shape.
  ///
  /// @param x the operand
  /// @param shape the new shape, of the same size
  record Reshape(int x, Shape shape) implements Op {}

  /// Rows of a table: table `[V, …]`, index `[…k]` → `[…k, …]`. An index is rounded to the nearest
  /// integer; outside 0 … V−1 it is an error when it happens. It has no derivative.
  ///
  /// @param table the table
  /// @param index the indices
  record Gather(int table, int index) implements Op {}

  /// Adds rows into a table of zeros at the indices; a repeated index accumulates. The adjoint of
  /// [Gather].
  ///
  /// @param rows the rows `[…k, …]`
  /// @param index the indices `[…k]`
  /// @param shape the shape of the table
  record ScatterAdd(int rows, int index, Shape shape) implements Op {}

  /// x, with derivative 0.
  ///
  /// @param x the operand
  record StopGradient(int x) implements Op {}

  /// The value of `hard` with the derivative of `soft` (Bengio, Léonard and Courville 2013).
  ///
  /// @param hard the value
  /// @param soft what is differentiated
  record StraightThrough(int hard, int soft) implements Op {}

  /// The convolution of x with a kernel; see [Convolution].
  ///
  /// @param x the input `[C, H, W]`
  /// @param kernel the kernel `[O, C, KH, KW]`
  /// @param geometry stride, dilation, padding
  record Convolve(int x, int kernel, Convolution geometry) implements Op {}

  /// The adjoint of [Convolve] with respect to its input, also called transposed convolution.
  ///
  /// @param y `[O, H′, W′]`
  /// @param kernel the kernel `[O, C, KH, KW]`
  /// @param geometry stride, dilation, padding
  /// @param shape the shape `[C, H, W]` of the result
  record ConvolveInput(int y, int kernel, Convolution geometry, Shape shape) implements Op {}

  /// The adjoint of [Convolve] with respect to its kernel.
  ///
  /// @param x the input `[C, H, W]`
  /// @param y `[O, H′, W′]`
  /// @param geometry stride, dilation, padding
  /// @param shape the shape `[O, C, KH, KW]` of the result
  record ConvolveKernel(int x, int y, Convolution geometry, Shape shape) implements Op {}

  /// The sum over the lanes of the batch. Only [Reverse] makes one: it is the adjoint of using a
  /// shared value in every lane.
  ///
  /// @param x the operand, which may differ between lanes
  record SumBatch(int x) implements Op {}

  /// A black box: `f(a, b, …) → y`; see [ForeignFunction].
  ///
  /// @param function the function
  /// @param arguments its operands
  record Foreign(ForeignFunction function, List<Integer> arguments) implements Op {}

  /// The pullback of a black box with respect to one operand.
  ///
  /// @param function the function
  /// @param arguments its operands
  /// @param resultBar the cotangent of its result
  /// @param which the index of the operand
  record ForeignPullback(
      ForeignFunction function, List<Integer> arguments, int resultBar, int which) implements Op {}

  /// The ids of the operands, in order.
  ///
  /// @return the ids; empty for inputs and constants
  default int[] operands() {
    return switch (this) {
      case Input _, Constant _ -> new int[0];
      case Unary o -> new int[] {o.x};
      case Binary o -> new int[] {o.a, o.b};
      case Select o -> new int[] {o.condition, o.a, o.b};
      case MatrixVector o -> new int[] {o.matrix, o.vector};
      case Outer o -> new int[] {o.a, o.b};
      case MatrixMatrix o -> new int[] {o.a, o.b};
      case Transpose o -> new int[] {o.x};
      case Sum o -> new int[] {o.x};
      case Max o -> new int[] {o.x};
      case Broadcast o -> new int[] {o.x};
      case Slice o -> new int[] {o.x};
      case Pad o -> new int[] {o.x};
      case Concat o -> o.parts.stream().mapToInt(Integer::intValue).toArray();
      case Reshape o -> new int[] {o.x};
      case Gather o -> new int[] {o.table, o.index};
      case ScatterAdd o -> new int[] {o.rows, o.index};
      case StopGradient o -> new int[] {o.x};
      case StraightThrough o -> new int[] {o.hard, o.soft};
      case Convolve o -> new int[] {o.x, o.kernel};
      case ConvolveInput o -> new int[] {o.y, o.kernel};
      case ConvolveKernel o -> new int[] {o.x, o.y};
      case SumBatch o -> new int[] {o.x};
      case Foreign o -> o.arguments.stream().mapToInt(Integer::intValue).toArray();
      case ForeignPullback o -> {
        int[] all =
            Arrays.copyOf(
                o.arguments.stream().mapToInt(Integer::intValue).toArray(), o.arguments.size() + 1);
        all[o.arguments.size()] = o.resultBar;
        yield all;
      }
    };
  }

  /// The same op with its operands renumbered.
  ///
  /// @param to the new id of each old id
  /// @return the op in the new numbering
  default Op renumbered(int[] to) {
    return switch (this) {
      case Input o -> o;
      case Constant o -> o;
      case Unary o -> new Unary(o.function, to[o.x]);
      case Binary o -> new Binary(o.function, to[o.a], to[o.b]);
      case Select o -> new Select(to[o.condition], to[o.a], to[o.b]);
      case MatrixVector o -> new MatrixVector(to[o.matrix], to[o.vector], o.transposed);
      case Outer o -> new Outer(to[o.a], to[o.b]);
      case MatrixMatrix o -> new MatrixMatrix(to[o.a], to[o.b], o.transposeA, o.transposeB);
      case Transpose o -> new Transpose(to[o.x]);
      case Sum o -> new Sum(to[o.x], o.axis);
      case Max o -> new Max(to[o.x], o.axis);
      case Broadcast o -> new Broadcast(to[o.x], o.axis, o.shape);
      case Slice o -> new Slice(to[o.x], o.axis, o.from, o.length);
      case Pad o -> new Pad(to[o.x], o.axis, o.before, o.length);
      case Concat o -> new Concat(o.parts.stream().map(p -> to[p]).toList(), o.axis);
      case Reshape o -> new Reshape(to[o.x], o.shape);
      case Gather o -> new Gather(to[o.table], to[o.index]);
      case ScatterAdd o -> new ScatterAdd(to[o.rows], to[o.index], o.shape);
      case StopGradient o -> new StopGradient(to[o.x]);
      case StraightThrough o -> new StraightThrough(to[o.hard], to[o.soft]);
      case Convolve o -> new Convolve(to[o.x], to[o.kernel], o.geometry);
      case ConvolveInput o -> new ConvolveInput(to[o.y], to[o.kernel], o.geometry, o.shape);
      case ConvolveKernel o -> new ConvolveKernel(to[o.x], to[o.y], o.geometry, o.shape);
      case SumBatch o -> new SumBatch(to[o.x]);
      case Foreign o -> new Foreign(o.function, o.arguments.stream().map(p -> to[p]).toList());
      case ForeignPullback o ->
          new ForeignPullback(
              o.function, o.arguments.stream().map(p -> to[p]).toList(), to[o.resultBar], o.which);
    };
  }

  /// The name of the op in messages and listings, for example `tanh` or `matrixVector`.
  ///
  /// @return the name
  default String mnemonic() {
    return switch (this) {
      case Unary o -> camel(o.function.name());
      case Binary o -> camel(o.function.name());
      case Foreign o -> o.function.name();
      case ForeignPullback o -> o.function.name() + "Pullback";
      default ->
          Character.toLowerCase(getClass().getSimpleName().charAt(0))
              + getClass().getSimpleName().substring(1);
    };
  }

  private static String camel(String upper) {
    var text = new StringBuilder();
    for (String word : upper.toLowerCase(java.util.Locale.ROOT).split("_")) {
      text.append(
          text.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return text.toString();
  }
}
