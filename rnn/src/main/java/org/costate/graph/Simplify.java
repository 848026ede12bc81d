package org.costate.graph;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Makes a graph smaller without changing what it computes: folds constants, applies identities (x
/// + 0, 1 · x, −(−x), the slice of a concatenation …), shares common subexpressions and drops what
///   no result needs.
///
/// `0 · x` becomes 0, so a simplified graph may be finite where the original is NaN because x is
/// not; nowhere else do finite results differ, except in the sign of a zero.
public final class Simplify extends Rebuild {
  private static final int LARGEST_FOLDED = 4096;

  private final StepBuilder builder = builder();
  private final Map<Op, Integer> known = new HashMap<>();

  private Simplify(StepGraph graph) {
    super(graph);
  }

  /// Simplifies a graph. Inputs stay, used or not, so the signature does not change.
  ///
  /// @param graph the graph
  /// @return a graph with the same inputs, carries and outputs
  public static StepGraph of(StepGraph graph) {
    return new Simplify(new Simplify(graph).run()).run();
  }

  @Override
  protected int rebuild(int id) {
    return add(graph().ops().get(id).renumbered(renumbering));
  }

  /// The id of a node equal to `op`: an existing one, a simpler one, or a new one.
  private int add(Op op) {
    Integer same = known.get(op);
    if (same != null) {
      return same;
    }
    int id = rewrite(op);
    if (id < 0) {
      double[] folded = fold(op);
      id =
          folded != null
              ? constant(folded, OpShapes.infer(op, builder.shapes()::get))
              : builder.emit(op).id();
    }
    known.put(op, id);
    return id;
  }

  private int constant(double[] values, Shape shape) {
    double first = values[0];
    boolean uniform =
        shape.rank() > 0 && Arrays.stream(values).allMatch(v -> Double.compare(v, first) == 0);
    if (uniform) {
      return add(new Op.Broadcast(constant(new double[] {first}, Shape.SCALAR), -1, shape));
    }
    var op = new Op.Constant(shape, Arrays.stream(values).boxed().toList());
    return known.computeIfAbsent(op, o -> builder.emit(o).id());
  }

  private Op op(int id) {
    return builder.ops().get(id);
  }

  private Shape shape(int id) {
    return builder.shapes().get(id);
  }

  /// The number of which every element of a node consists, or NaN.
  private double uniform(int id) {
    return switch (op(id)) {
      case Op.Constant o when o.shape().rank() == 0 -> o.values().getFirst();
      case Op.Broadcast(int x, int axis, _) when axis == -1 -> uniform(x);
      default -> Double.NaN;
    };
  }

  private boolean is(int id, double number) {
    return uniform(id) == number;
  }

  private int zero(Shape shape) {
    return constant(new double[shape.size()], shape);
  }

  /// An existing or simpler node equal to `op`, or −1.
  private int rewrite(Op op) {
    return switch (op) {
      case Op.Binary o -> binary(o);
      case Op.Unary(var f, int x)
          when f == UnaryFunction.NEGATE && op(x) instanceof Op.Unary(var g, int inner) && g == f ->
          inner;
      case Op.Unary(var f, int x)
          when f == UnaryFunction.NEGATE
              && op(x) instanceof Op.Binary(var g, int a, int b)
              && g == BinaryFunction.SUBTRACT ->
          add(new Op.Binary(g, b, a));
      case Op.Unary(var f, int x) when op(x) instanceof Op.Broadcast(int one, int axis, Shape s) ->
          add(new Op.Broadcast(add(new Op.Unary(f, one)), axis, s));
      case Op.Transpose(int x) when op(x) instanceof Op.Transpose(int inner) -> inner;
      case Op.Reshape(int x, Shape s) when shape(x).equals(s) -> x;
      case Op.Reshape(int x, Shape s) when op(x) instanceof Op.Reshape(int inner, _) ->
          add(new Op.Reshape(inner, s));
      case Op.Select(int condition, int a, int b) when !Double.isNaN(uniform(condition)) ->
          is(condition, 0) ? b : a;
      case Op.Select(_, int a, int b) when a == b -> a;
      case Op.Concat(List<Integer> parts, _) when parts.size() == 1 -> parts.getFirst();
      case Op.Slice(int x, int axis, int from, int length) -> slice(x, axis, from, length);
      case Op.Sum(int x, _) when is(x, 0) -> zero(OpShapes.infer(op, this::shape));
      case Op.Sum(int x, int axis) when negated(x) >= 0 ->
          negate(add(new Op.Sum(negated(x), axis)));
      case Op.MatrixVector(int w, int x, _) when is(w, 0) || is(x, 0) ->
          zero(OpShapes.infer(op, this::shape));
      case Op.MatrixMatrix(int a, int b, _, _) when is(a, 0) || is(b, 0) ->
          zero(OpShapes.infer(op, this::shape));
      case Op.Outer(int a, int b) when is(a, 0) || is(b, 0) ->
          zero(OpShapes.infer(op, this::shape));
      case Op.Pad(int x, _, _, _) when is(x, 0) -> zero(OpShapes.infer(op, this::shape));
      case Op.SumBatch(int x) when is(x, 0) -> x;
      default -> -1;
    };
  }

  private int binary(Op.Binary o) {
    int a = o.a();
    int b = o.b();
    if (op(a) instanceof Op.Broadcast(int left, int axis, Shape s)
        && axis == -1
        && op(b) instanceof Op.Broadcast(int right, int other, _)
        && other == -1
        && shape(left).equals(shape(right))) {
      return add(new Op.Broadcast(add(new Op.Binary(o.function(), left, right)), -1, s));
    }
    int simpler = identity(o, a, b);
    return simpler < 0 ? signs(o.function(), a, b) : simpler;
  }

  /// Moves signs to where they cost nothing: a + (−b) is a − b, (−a) b is −(a b).
  private int signs(BinaryFunction function, int a, int b) {
    int minusA = negated(a);
    int minusB = negated(b);
    return switch (function) {
      case ADD ->
          minusB >= 0
              ? add(new Op.Binary(BinaryFunction.SUBTRACT, a, minusB))
              : minusA >= 0 ? add(new Op.Binary(BinaryFunction.SUBTRACT, b, minusA)) : -1;
      case SUBTRACT ->
          minusB >= 0
              ? add(new Op.Binary(BinaryFunction.ADD, a, minusB))
              : minusA >= 0 ? negate(add(new Op.Binary(BinaryFunction.ADD, minusA, b))) : -1;
      case MULTIPLY, DIVIDE ->
          minusA >= 0
              ? negate(add(new Op.Binary(function, minusA, b)))
              : minusB >= 0 ? negate(add(new Op.Binary(function, a, minusB))) : -1;
      case POWER, ATAN2, HYPOT, MINIMUM, MAXIMUM, GREATER, GREATER_OR_EQUAL, EQUAL -> -1;
    };
  }

  private int negate(int x) {
    return add(new Op.Unary(UnaryFunction.NEGATE, x));
  }

  /// The node of which a node is the negative, or −1.
  private int negated(int id) {
    return switch (op(id)) {
      case Op.Unary(var f, int x) when f == UnaryFunction.NEGATE -> x;
      case Op.Broadcast(int x, int axis, Shape s) when negated(x) >= 0 ->
          add(new Op.Broadcast(negated(x), axis, s));
      default -> -1;
    };
  }

  private int identity(Op.Binary o, int a, int b) {
    return switch (o.function()) {
      case ADD -> is(a, 0) ? b : is(b, 0) ? a : side(a, b);
      case SUBTRACT -> is(b, 0) ? a : is(a, 0) ? negate(b) : -1;
      case MULTIPLY -> {
        if (is(a, 0) || is(b, 1)) {
          yield a;
        }
        if (is(b, 0) || is(a, 1)) {
          yield b;
        }
        yield is(a, -1) ? negate(b) : is(b, -1) ? negate(a) : -1;
      }
      case DIVIDE -> is(b, 1) || is(a, 0) ? a : -1;
      case POWER -> is(b, 1) ? a : -1;
      case ATAN2, HYPOT, MINIMUM, MAXIMUM, GREATER, GREATER_OR_EQUAL, EQUAL -> -1;
    };
  }

  /// The sum of padded values that do not overlap is their concatenation: what is left of the
  /// cotangents of the slices of one value. Returns −1 for other sums.
  private int side(int a, int b) {
    int axis = paddedAxis(a);
    if (axis < 0 || paddedAxis(b) != axis) {
      return -1;
    }
    var parts = new java.util.TreeMap<Integer, Integer>(pieces(a, axis));
    for (var piece : pieces(b, axis).entrySet()) {
      var before = parts.floorEntry(piece.getKey());
      var after = parts.ceilingKey(piece.getKey());
      int end = piece.getKey() + shape(piece.getValue()).dim(axis);
      boolean clear =
          (before == null || before.getKey() + shape(before.getValue()).dim(axis) <= piece.getKey())
              && (after == null || end <= after);
      if (!clear) {
        return -1;
      }
      parts.put(piece.getKey(), piece.getValue());
    }
    var all = new java.util.ArrayList<Integer>();
    int at = 0;
    Shape whole = shape(a);
    for (var piece : parts.entrySet()) {
      if (piece.getKey() > at) {
        all.add(zero(whole.with(axis, piece.getKey() - at)));
      }
      all.add(piece.getValue());
      at = piece.getKey() + shape(piece.getValue()).dim(axis);
    }
    if (at < whole.dim(axis)) {
      all.add(zero(whole.with(axis, whole.dim(axis) - at)));
    }
    return add(new Op.Concat(all, axis));
  }

  /// The axis along which a node is padded, or concatenated with zeros; −1 if it is neither.
  private int paddedAxis(int id) {
    return switch (op(id)) {
      case Op.Pad o -> o.axis();
      case Op.Concat o when o.parts().stream().anyMatch(part -> is(part, 0)) -> o.axis();
      default -> -1;
    };
  }

  /// What a padded node has beside zeros, by where it begins.
  private java.util.Map<Integer, Integer> pieces(int id, int axis) {
    var pieces = new java.util.TreeMap<Integer, Integer>();
    switch (op(id)) {
      case Op.Pad(int x, _, int before, _) -> pieces.put(before, x);
      case Op.Concat(List<Integer> parts, _) -> {
        int at = 0;
        for (int part : parts) {
          if (!is(part, 0)) {
            pieces.put(at, part);
          }
          at += shape(part).dim(axis);
        }
      }
      default -> throw new IllegalStateException("not padded");
    }
    return pieces;
  }

  private int slice(int x, int axis, int from, int length) {
    if (length == shape(x).dim(axis)) {
      return x;
    }
    if (op(x) instanceof Op.Concat(List<Integer> parts, int along) && along == axis) {
      int start = 0;
      for (int part : parts) {
        int size = shape(part).dim(axis);
        if (from >= start && from + length <= start + size) {
          return add(new Op.Slice(part, axis, from - start, length));
        }
        start += size;
      }
    }
    if (op(x) instanceof Op.Pad(int inner, int along, int before, _) && along == axis) {
      int size = shape(inner).dim(axis);
      if (from >= before && from + length <= before + size) {
        return add(new Op.Slice(inner, axis, from - before, length));
      }
      if (from + length <= before || from >= before + size) {
        return zero(shape(x).with(axis, length));
      }
    }
    return -1;
  }

  /// The values of a constant node, or null.
  private double[] values(int id) {
    double uniform = uniform(id);
    if (!Double.isNaN(uniform)) {
      double[] all = new double[shape(id).size()];
      Arrays.fill(all, uniform);
      return all;
    }
    return op(id) instanceof Op.Constant o
        ? o.values().stream().mapToDouble(Double::doubleValue).toArray()
        : null;
  }

  /// The values of an op whose operands are constants, or null if it is not folded.
  private double[] fold(Op op) {
    int[] operands = op.operands();
    if (operands.length == 0 || OpShapes.infer(op, this::shape).size() > LARGEST_FOLDED) {
      return null;
    }
    double[][] v = new double[operands.length][];
    for (int i = 0; i < v.length; i++) {
      v[i] = shape(operands[i]).size() > LARGEST_FOLDED ? null : values(operands[i]);
      if (v[i] == null) {
        return null;
      }
    }
    double[] result =
        switch (op) {
          case Op.Unary(var f, _) -> Arrays.stream(v[0]).map(f::evaluate).toArray();
          case Op.Binary(var f, _, _) -> {
            double[] out = new double[v[0].length];
            Arrays.setAll(out, i -> f.evaluate(v[0][i], v[1][i]));
            yield out;
          }
          case Op.Select _ -> {
            double[] out = new double[v[0].length];
            Arrays.setAll(out, i -> v[0][i] != 0 ? v[1][i] : v[2][i]);
            yield out;
          }
          case Op.Sum(_, int axis) when axis == -1 -> new double[] {Arrays.stream(v[0]).sum()};
          case Op.Reshape _, Op.StopGradient _ -> v[0];
          case Op.Slice(_, int axis, int from, int length) when axis == 0 -> {
            int row = v[0].length / shape(operands[0]).dim(0);
            yield Arrays.copyOfRange(v[0], from * row, (from + length) * row);
          }
          case Op.Concat(_, int axis) when axis == 0 ->
              Arrays.stream(v).flatMapToDouble(Arrays::stream).toArray();
          default -> null;
        };
    return result == null || Arrays.stream(result).anyMatch(Double::isNaN) ? null : result;
  }
}
