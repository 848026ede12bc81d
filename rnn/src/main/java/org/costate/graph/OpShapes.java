package org.costate.graph;

import java.util.function.IntFunction;

/// The shape of every op's result, and the checks on its operands.
final class OpShapes {
  private OpShapes() {}

  /// The shape of the result, or a [ShapeException] that says which operand does not fit.
  static Shape infer(Op op, IntFunction<Shape> shape) {
    return switch (op) {
      case Op.Input o -> o.shape();
      case Op.Constant o -> {
        check(
            o.shape().size() == o.values().size(),
            op,
            "a constant of shape "
                + o.shape()
                + " needs that many values, got "
                + o.values().size());
        yield o.shape();
      }
      case Op.Unary o -> shape.apply(o.x());
      case Op.Binary o -> {
        same(op, shape.apply(o.a()), shape.apply(o.b()));
        yield shape.apply(o.a());
      }
      case Op.Select o -> {
        same(op, shape.apply(o.a()), shape.apply(o.b()));
        same(op, shape.apply(o.condition()), shape.apply(o.a()));
        yield shape.apply(o.a());
      }
      case Op.MatrixVector o -> matrixVector(o, shape.apply(o.matrix()), shape.apply(o.vector()));
      case Op.Outer o -> {
        Shape a = shape.apply(o.a());
        Shape b = shape.apply(o.b());
        check(
            a.rank() == 1 && b.rank() == 1,
            op,
            "both operands must be vectors, got " + a + " and " + b);
        yield Shape.of(a.dim(0), b.dim(0));
      }
      case Op.MatrixMatrix o -> matrixMatrix(o, shape.apply(o.a()), shape.apply(o.b()));
      case Op.Transpose o -> {
        Shape x = shape.apply(o.x());
        check(x.rank() == 2, op, "needs a matrix, got " + x);
        yield Shape.of(x.dim(1), x.dim(0));
      }
      case Op.Sum o -> reduced(op, shape.apply(o.x()), o.axis());
      case Op.Max o -> reduced(op, shape.apply(o.x()), o.axis());
      case Op.Broadcast o -> {
        Shape x = shape.apply(o.x());
        check(
            reduced(op, o.shape(), o.axis()).equals(x),
            op,
            "cannot repeat " + x + " into " + o.shape() + " along axis " + o.axis());
        yield o.shape();
      }
      case Op.Slice o -> {
        Shape x = shape.apply(o.x());
        axis(op, x, o.axis());
        check(
            o.from() >= 0 && o.length() >= 1 && o.from() + o.length() <= x.dim(o.axis()),
            op,
            "indices %d … %d are outside axis %d of %s"
                .formatted(o.from(), o.from() + o.length() - 1, o.axis(), x));
        yield x.with(o.axis(), o.length());
      }
      case Op.Pad o -> {
        Shape x = shape.apply(o.x());
        axis(op, x, o.axis());
        check(
            o.before() >= 0 && o.before() + x.dim(o.axis()) <= o.length(),
            op,
            "%s with %d zeros before does not fit into length %d"
                .formatted(x, o.before(), o.length()));
        yield x.with(o.axis(), o.length());
      }
      case Op.Concat o -> concat(o, shape);
      case Op.Reshape o -> {
        Shape x = shape.apply(o.x());
        check(
            x.size() == o.shape().size(),
            op,
            "cannot make " + o.shape() + " of the " + x.size() + " elements of " + x);
        yield o.shape();
      }
      case Op.Gather o -> {
        Shape table = shape.apply(o.table());
        Shape index = shape.apply(o.index());
        check(
            table.rank() >= 1 && index.rank() <= 1,
            op,
            "needs a table [V, …] and a scalar or vector of indices, got "
                + table
                + " and "
                + index);
        yield rows(index, table);
      }
      case Op.ScatterAdd o -> {
        check(
            rows(shape.apply(o.index()), o.shape()).equals(shape.apply(o.rows())),
            op,
            "rows %s do not belong to a table %s".formatted(shape.apply(o.rows()), o.shape()));
        yield o.shape();
      }
      case Op.StopGradient o -> shape.apply(o.x());
      case Op.StraightThrough o -> {
        same(op, shape.apply(o.hard()), shape.apply(o.soft()));
        yield shape.apply(o.hard());
      }
      case Op.Convolve o -> o.geometry().resultShape(shape.apply(o.x()), shape.apply(o.kernel()));
      case Op.ConvolveInput o -> {
        Shape y = o.geometry().resultShape(o.shape(), shape.apply(o.kernel()));
        check(
            y.equals(shape.apply(o.y())),
            op,
            "%s is not what a convolution of %s gives; that is %s"
                .formatted(shape.apply(o.y()), o.shape(), y));
        yield o.shape();
      }
      case Op.ConvolveKernel o -> {
        Shape y = o.geometry().resultShape(shape.apply(o.x()), o.shape());
        check(
            y.equals(shape.apply(o.y())),
            op,
            "%s is not what a kernel %s gives; that is %s"
                .formatted(shape.apply(o.y()), o.shape(), y));
        yield o.shape();
      }
      case Op.SumBatch o -> shape.apply(o.x());
      case Op.Foreign o ->
          o.function().resultShape(o.arguments().stream().map(shape::apply).toList());
      case Op.ForeignPullback o -> shape.apply(o.arguments().get(o.which()));
    };
  }

  private static Shape matrixVector(Op.MatrixVector op, Shape w, Shape x) {
    check(
        w.rank() == 2 && x.rank() == 1, op, "needs a matrix and a vector, got " + w + " and " + x);
    int inner = op.transposed() ? w.dim(0) : w.dim(1);
    check(
        inner == x.dim(0),
        op,
        "matrix %s%s needs a vector [%d], got %s; are the matrix's axes swapped?"
            .formatted(w, op.transposed() ? "ᵀ" : "", inner, x));
    return Shape.of(op.transposed() ? w.dim(1) : w.dim(0));
  }

  private static Shape matrixMatrix(Op.MatrixMatrix op, Shape a, Shape b) {
    check(a.rank() == 2 && b.rank() == 2, op, "needs two matrices, got " + a + " and " + b);
    int inner = a.dim(op.transposeA() ? 0 : 1);
    check(
        inner == b.dim(op.transposeB() ? 1 : 0),
        op,
        "inner dimensions differ in %s%s · %s%s"
            .formatted(a, op.transposeA() ? "ᵀ" : "", b, op.transposeB() ? "ᵀ" : ""));
    return Shape.of(a.dim(op.transposeA() ? 1 : 0), b.dim(op.transposeB() ? 0 : 1));
  }

  private static Shape concat(Op.Concat op, IntFunction<Shape> shape) {
    check(!op.parts().isEmpty(), op, "needs at least one operand");
    Shape first = shape.apply(op.parts().getFirst());
    axis(op, first, op.axis());
    int total = 0;
    for (int part : op.parts()) {
      Shape s = shape.apply(part);
      check(
          s.rank() == first.rank() && s.without(op.axis()).equals(first.without(op.axis())),
          op,
          "operands must agree except on axis %d, got %s and %s".formatted(op.axis(), first, s));
      total += s.dim(op.axis());
    }
    return first.with(op.axis(), total);
  }

  private static Shape rows(Shape index, Shape table) {
    int[] dims = new int[index.rank() + table.rank() - 1];
    System.arraycopy(index.toArray(), 0, dims, 0, index.rank());
    System.arraycopy(table.toArray(), 1, dims, index.rank(), table.rank() - 1);
    return Shape.of(dims);
  }

  private static Shape reduced(Op op, Shape x, int axis) {
    if (axis == -1) {
      return Shape.SCALAR;
    }
    axis(op, x, axis);
    return x.without(axis);
  }

  private static void axis(Op op, Shape x, int axis) {
    check(axis >= 0 && axis < x.rank(), op, "axis " + axis + " does not exist in " + x);
  }

  private static void same(Op op, Shape a, Shape b) {
    check(a.equals(b), op, "operands must have one shape, got " + a + " and " + b);
  }

  private static void check(boolean holds, Op op, String message) {
    if (!holds) {
      throw new ShapeException(op.mnemonic() + ": " + message + ".");
    }
  }
}
