package org.costate.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Expands a graph of small vectors and matrices into scalars, so that what is zero, one or equal
/// inside a matrix disappears: the graph of a robot becomes straight-line code with sparse
/// derivatives.
///
/// Values that are the same in all lanes stay as they are; they are computed once. The inputs,
/// carries and outputs do not change.
public final class Scalars {
  private static final int LARGEST_VALUE = 512;
  private static final int LARGEST_PARAMETER_MATRIX = 16;
  private static final int MOST_OPERATIONS = 200_000;

  /// Operations that each node may become on average: with more, vectors fill registers.
  private static final int MOST_PER_NODE = 32;

  private static final int MOST_BEFORE_SIMPLIFYING = 400_000;

  private final StepGraph graph;
  private final StepBuilder builder;
  private final Value[][] elements;
  private final int[] whole;

  private Scalars(StepGraph graph) {
    this.graph = graph;
    this.builder = new StepBuilder(graph.name());
    this.elements = new Value[graph.ops().size()][];
    this.whole = new int[graph.ops().size()];
  }

  /// Expands a graph and simplifies it, if every value is small, every op can be expanded and the
  /// result is short: scalar code is then faster than loops over vectors that do not fill a
  /// register. A step with parameter matrices is a network: it is run on batches, where vectors do
  /// fill up.
  ///
  /// @param graph the graph
  /// @return a graph with the same inputs, carries and outputs, or the graph itself
  public static StepGraph of(StepGraph graph) {
    if (!possible(graph)) {
      return graph;
    }
    StepGraph expanded = Simplify.of(new Scalars(graph).run());
    int most = Math.min(MOST_OPERATIONS, MOST_PER_NODE * graph.ops().size());
    return expanded.ops().size() <= most ? expanded : graph;
  }

  private static boolean possible(StepGraph graph) {
    long operations = 0;
    for (int id = 0; id < graph.ops().size(); id++) {
      Op op = graph.ops().get(id);
      Shape shape = graph.shape(id);
      boolean possible =
          switch (op) {
            case Op.Input(Role role, _, _, _) ->
                role != Role.SHARED || shape.rank() < 2 || shape.size() <= LARGEST_PARAMETER_MATRIX;
            case Op.Gather _,
                Op.ScatterAdd _,
                Op.Convolve _,
                Op.ConvolveInput _,
                Op.ConvolveKernel _,
                Op.Foreign _,
                Op.ForeignPullback _ ->
                false;
            case Op.MatrixVector o -> {
              operations += graph.shape(o.matrix()).size();
              yield true;
            }
            case Op.MatrixMatrix o -> {
              operations += (long) shape.size() * graph.shape(o.a()).size();
              yield true;
            }
            default -> {
              operations += shape.size();
              yield true;
            }
          };
      if (!possible || shape.size() > LARGEST_VALUE || operations > MOST_BEFORE_SIMPLIFYING) {
        return false;
      }
    }
    return true;
  }

  private StepGraph run() {
    for (int id = 0; id < whole.length; id++) {
      Op op = graph.ops().get(id);
      whole[id] = -1;
      if (op instanceof Op.Input input) {
        whole[id] =
            switch (input.role()) {
              case SHARED -> builder.shared(input.parameter()).id();
              case CARRY -> builder.carry(input.name(), input.shape().toArray()).id();
              case STEP -> builder.input(input.name(), input.shape().toArray()).id();
            };
      } else if (!graph.batched(id)) {
        for (int operand : op.operands()) {
          whole(operand);
        }
        whole[id] = builder.emit(op.renumbered(whole)).id();
      } else {
        elements[id] = expand(op, graph.shape(id));
        if (elements[id].length == 1 && !graph.label(id).isEmpty()) {
          builder.labels().putIfAbsent(elements[id][0].id(), graph.label(id));
        }
      }
    }
    for (StepGraph.Carry carry : graph.carries()) {
      builder.next(builder.value(whole[carry.input()]), builder.value(whole(carry.next())));
    }
    graph.outputs().forEach((name, id) -> builder.output(name, builder.value(whole(id))));
    return builder.build();
  }

  /// The node with all elements of an old node.
  private int whole(int id) {
    if (whole[id] < 0) {
      Shape shape = graph.shape(id);
      Value[] parts = elements[id];
      if (shape.rank() == 0) {
        whole[id] = parts[0].id();
      } else {
        Value[] rows = new Value[parts.length];
        for (int i = 0; i < rows.length; i++) {
          rows[i] = parts[i].reshape(1);
        }
        Value joined = rows.length == 1 ? rows[0] : Functions.concat(rows);
        whole[id] = joined.reshape(shape.toArray()).id();
      }
    }
    return whole[id];
  }

  /// The elements of an old node, row-major.
  private Value[] elements(int id) {
    if (elements[id] == null) {
      Shape shape = graph.shape(id);
      Value all = builder.value(whole[id]);
      Value[] parts = new Value[shape.size()];
      if (shape.rank() == 0) {
        parts[0] = all;
      } else if (graph.ops().get(id) instanceof Op.Constant o) {
        Arrays.setAll(parts, i -> builder.constant(o.values().get(i)));
      } else {
        Value flat = all.reshape(parts.length);
        for (int i = 0; i < parts.length; i++) {
          parts[i] = flat.slice(i, i + 1).reshape();
        }
      }
      elements[id] = parts;
    }
    return elements[id];
  }

  private Value[] expand(Op op, Shape shape) {
    int n = shape.size();
    Value[] out = new Value[n];
    switch (op) {
      case Op.Unary(var f, int x) -> Arrays.setAll(out, i -> elements(x)[i].apply(f));
      case Op.Binary(var f, int a, int b) ->
          Arrays.setAll(out, i -> elements(a)[i].apply(f, elements(b)[i]));
      case Op.Select(int c, int a, int b) ->
          Arrays.setAll(out, i -> Functions.select(elements(c)[i], elements(a)[i], elements(b)[i]));
      case Op.MatrixVector(int w, int x, boolean transposed) -> {
        int columns = graph.shape(w).dim(1);
        int depth = graph.shape(x).size();
        for (int i = 0; i < n; i++) {
          var terms = new ArrayList<Value>();
          for (int k = 0; k < depth; k++) {
            int at = transposed ? k * columns + i : i * columns + k;
            addProduct(elements(w)[at], elements(x)[k], terms);
          }
          out[i] = sum(terms);
        }
      }
      case Op.Outer(int a, int b) -> {
        int columns = graph.shape(b).size();
        Arrays.setAll(out, i -> elements(a)[i / columns].hadamard(elements(b)[i % columns]));
      }
      case Op.MatrixMatrix o -> matrixMatrix(o, shape, out);
      case Op.Transpose(int x) -> {
        int rows = graph.shape(x).dim(0);
        int columns = graph.shape(x).dim(1);
        Arrays.setAll(out, i -> elements(x)[i % rows * columns + i / rows]);
      }
      case Op.Sum(int x, int axis) -> Arrays.setAll(out, i -> sum(along(x, axis, i)));
      case Op.Max(int x, int axis) ->
          Arrays.setAll(
              out,
              i ->
                  along(x, axis, i).stream()
                      .reduce((a, b) -> a.apply(BinaryFunction.MAXIMUM, b))
                      .orElseThrow());
      case Op.Broadcast(int x, int axis, _) -> {
        int inner = axis < 0 ? n : inner(shape, axis);
        int length = axis < 0 ? n : shape.dim(axis);
        Arrays.setAll(
            out, i -> elements(x)[axis < 0 ? 0 : i / (inner * length) * inner + i % inner]);
      }
      case Op.Slice(int x, int axis, int from, int length) -> {
        int inner = inner(shape, axis);
        int all = graph.shape(x).dim(axis);
        Arrays.setAll(
            out,
            i ->
                elements(x)[
                    (i / (inner * length) * all + from + i / inner % length) * inner + i % inner]);
      }
      case Op.Pad(int x, int axis, int before, int length) -> {
        int inner = inner(shape, axis);
        int own = graph.shape(x).dim(axis);
        Value zero = builder.constant(0);
        Arrays.setAll(
            out,
            i -> {
              int at = i / inner % length - before;
              return at < 0 || at >= own
                  ? zero
                  : elements(x)[(i / (inner * length) * own + at) * inner + i % inner];
            });
      }
      case Op.Concat(List<Integer> parts, int axis) -> concat(parts, axis, shape, out);
      case Op.Reshape(int x, _) -> out = elements(x);
      case Op.StopGradient(int x) -> out = elements(x);
      case Op.StraightThrough(int hard, _) -> out = elements(hard);
      case Op.SumBatch _,
          Op.Input _,
          Op.Constant _,
          Op.Gather _,
          Op.ScatterAdd _,
          Op.Convolve _,
          Op.ConvolveInput _,
          Op.ConvolveKernel _,
          Op.Foreign _,
          Op.ForeignPullback _ ->
          throw new IllegalStateException(op.mnemonic() + " is not expanded");
    }
    return out;
  }

  private Value sum(List<Value> terms) {
    return terms.stream().reduce(Value::plus).orElseGet(() -> builder.constant(0));
  }

  private void addProduct(Value a, Value b, List<Value> terms) {
    if (!isZero(a) && !isZero(b)) {
      terms.add(a.hadamard(b));
    }
  }

  private boolean isZero(Value value) {
    return builder.ops().get(value.id()) instanceof Op.Constant o && o.values().getFirst() == 0;
  }

  private static int inner(Shape shape, int axis) {
    int size = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      size *= shape.dim(i);
    }
    return size;
  }

  /// The elements that a reduction along an axis puts together into its i-th.
  private List<Value> along(int x, int axis, int i) {
    Value[] all = elements(x);
    if (axis < 0) {
      return List.of(all);
    }
    int inner = inner(graph.shape(x), axis);
    int length = graph.shape(x).dim(axis);
    var list = new ArrayList<Value>();
    for (int k = 0; k < length; k++) {
      list.add(all[(i / inner * length + k) * inner + i % inner]);
    }
    return list;
  }

  private void matrixMatrix(Op.MatrixMatrix o, Shape shape, Value[] out) {
    int depth = graph.shape(o.a()).dim(o.transposeA() ? 0 : 1);
    int rows = shape.dim(0);
    int columns = shape.dim(1);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        var terms = new ArrayList<Value>();
        for (int k = 0; k < depth; k++) {
          Value a = elements(o.a())[o.transposeA() ? k * rows + i : i * depth + k];
          Value b = elements(o.b())[o.transposeB() ? j * depth + k : k * columns + j];
          addProduct(a, b, terms);
        }
        out[i * columns + j] = sum(terms);
      }
    }
  }

  private void concat(List<Integer> parts, int axis, Shape shape, Value[] out) {
    int inner = inner(shape, axis);
    int length = shape.dim(axis);
    int start = 0;
    for (int part : parts) {
      int own = graph.shape(part).dim(axis);
      Value[] from = elements(part);
      for (int i = 0; i < from.length; i++) {
        int at = (i / (inner * own) * length + start + i / inner % own) * inner + i % inner;
        out[at] = from[i];
      }
      start += own;
    }
  }
}
