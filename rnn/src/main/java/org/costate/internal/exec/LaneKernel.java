package org.costate.internal.exec;

import java.util.List;
import org.costate.graph.BinaryFunction;
import org.costate.graph.Op;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.RowKernel.Instruction;

/// A node that is computed lane by lane, because what it reads of a lane is more than a row: a
/// matrix, a picture, a row of a table.
///
/// Sums and products along rows are [RowKernel]s that run over the rows of one lane; products of
/// two matrices are [Products] packed for each lane; a convolution is the product of its kernel
/// with the patches of the picture ([LaneConvolution]).
interface LaneKernel {
  /// Evaluates the node for one lane.
  ///
  /// @param arena what differs between lanes, and the result
  /// @param weights what does not
  /// @param at where each operand begins, and last where the result does
  /// @param lane the lane, for messages
  void run(Object arena, Object weights, int[] at, int lane);

  /// The numbers of scratch memory that [#of] needs for a node.
  static long scratch(StepGraph graph, int node, Products products) {
    return switch (graph.ops().get(node)) {
      case Op.MatrixMatrix o -> {
        Shape a = graph.shape(o.a());
        int depth = a.dim(o.transposeA() ? 0 : 1);
        int packed = products.panels(graph.shape(node).dim(1)).size(depth);
        yield packed + (o.transposeA() ? (long) a.size() : 0);
      }
      case Op.Convolve _, Op.ConvolveInput _, Op.ConvolveKernel _ ->
          LaneConvolution.scratch(graph, node, products);
      default -> 0;
    };
  }

  /// Whether there is a kernel for a node; the interpreter evaluates the others.
  static boolean exists(Op op) {
    return !(op instanceof Op.Foreign || op instanceof Op.ForeignPullback);
  }

  /// The kernel of a node.
  ///
  /// @param graph the graph
  /// @param node the node
  /// @param products the products, of the element type
  /// @param scratch where scratch memory begins in the arena
  static LaneKernel of(StepGraph graph, int node, Products products, int scratch) {
    Element element = products.element();
    Shape shape = graph.shape(node);
    Op op = graph.ops().get(node);
    return switch (op) {
      case Op.Outer(int a, int b) -> {
        RowKernel kernel =
            kernel(
                element,
                List.of(
                    new Instruction.LoadOne(0, 0, !graph.batched(a)),
                    new Instruction.Load(1, !graph.batched(b)),
                    new Instruction.Binary(BinaryFunction.MULTIPLY, 0, 1),
                    new Instruction.Store(2, 0, 2)),
                List.of(false, true, true, true));
        int[] steps = {1, 0, shape.dim(1)};
        yield rows(kernel, steps, shape.dim(0), shape.dim(1));
      }
      case Op.MatrixVector o -> matrixVector(graph, o, element);
      case Op.MatrixMatrix o -> matrixMatrix(graph, o, shape, products, scratch);
      case Op.Sum(int x, int axis) -> reduce(graph, x, axis, BinaryFunction.ADD, element);
      case Op.Max(int x, int axis) -> reduce(graph, x, axis, BinaryFunction.MAXIMUM, element);
      case Op.Broadcast(_, int axis, _) -> {
        int outer = Structure.outer(shape, axis);
        int inner = Structure.inner(shape, axis);
        int count = shape.dim(axis);
        yield (arena, _, at, _) -> {
          for (int o = 0; o < outer; o++) {
            if (inner == 1) {
              element.fill(arena, at[1] + o * count, count, element.number(arena, at[0] + o));
            } else {
              for (int i = 0; i < count; i++) {
                element.copy(
                    arena, at[0] + o * inner, arena, at[1] + (o * count + i) * inner, inner);
              }
            }
          }
        };
      }
      case Op.Slice(int x, int axis, int from, int length) -> {
        int outer = Structure.outer(shape, axis);
        int inner = Structure.inner(shape, axis);
        int whole = graph.shape(x).dim(axis);
        yield (arena, _, at, _) -> {
          for (int o = 0; o < outer; o++) {
            int begin = at[0] + (o * whole + from) * inner;
            element.copy(arena, begin, arena, at[1] + o * length * inner, length * inner);
          }
        };
      }
      case Op.Pad(int x, int axis, int before, int whole) -> {
        int outer = Structure.outer(shape, axis);
        int inner = Structure.inner(shape, axis);
        int length = graph.shape(x).dim(axis);
        yield (arena, _, at, _) -> {
          element.fill(arena, at[1], shape.size(), 0);
          for (int o = 0; o < outer; o++) {
            int begin = at[1] + (o * whole + before) * inner;
            element.copy(arena, at[0] + o * length * inner, arena, begin, length * inner);
          }
        };
      }
      case Op.Concat(var parts, int axis) -> {
        int outer = Structure.outer(shape, axis);
        int inner = Structure.inner(shape, axis);
        int[] length = parts.stream().mapToInt(p -> graph.shape(p).dim(axis) * inner).toArray();
        boolean[] shared = shared(graph, op);
        yield (arena, weights, at, _) -> {
          int to = at[length.length];
          for (int o = 0; o < outer; o++) {
            for (int i = 0; i < length.length; i++) {
              Object from = shared[i] ? weights : arena;
              element.copy(from, at[i] + o * length[i], arena, to, length[i]);
              to += length[i];
            }
          }
        };
      }
      case Op.Transpose(int x) -> {
        Moves moves = Moves.transpose(graph.shape(x).dim(0), graph.shape(x).dim(1));
        yield (arena, _, at, _) -> moves.run(arena, at[0], arena, at[1]);
      }
      case Op.Gather(int table, int index) -> gather(graph, table, index, element);
      case Op.ScatterAdd(int rows, int index, _) -> scatterAdd(graph, shape, rows, index, element);
      case Op.Convolve _, Op.ConvolveInput _, Op.ConvolveKernel _ ->
          new LaneConvolution(graph, node, products, scratch);
      case Op.Input _,
          Op.Constant _,
          Op.Unary _,
          Op.Binary _,
          Op.Select _,
          Op.Reshape _,
          Op.StopGradient _,
          Op.StraightThrough _,
          Op.SumBatch _,
          Op.Foreign _,
          Op.ForeignPullback _ ->
          throw new IllegalStateException(graph.describe(node) + " is not computed lane by lane");
    };
  }

  private static boolean[] shared(StepGraph graph, Op op) {
    int[] operands = op.operands();
    boolean[] shared = new boolean[operands.length];
    for (int i = 0; i < shared.length; i++) {
      shared[i] = !graph.batched(operands[i]);
    }
    return shared;
  }

  private static RowKernel kernel(
      Element element, List<Instruction> instructions, List<Boolean> wide) {
    int operands = 0;
    for (Instruction instruction : instructions) {
      operands =
          Math.max(
              operands,
              switch (instruction) {
                case Instruction.Load o -> o.operand() + 1;
                case Instruction.LoadOne o -> o.operand() + 1;
                case Instruction.Store o -> o.operand() + 1;
                default -> 0;
              });
    }
    return RowKernel.of(new RowKernel.Code(element, instructions, wide, operands));
  }

  /// A kernel over the rows of one lane.
  ///
  /// @param steps for each operand and the result the distance of rows
  private static LaneKernel rows(RowKernel kernel, int[] steps, int rows, int n) {
    int[] places = new int[2 * steps.length];
    return (arena, weights, at, _) -> {
      for (int i = 0; i < steps.length; i++) {
        places[2 * i] = at[i];
        places[2 * i + 1] = steps[i];
      }
      kernel.run(arena, weights, places, rows, n);
    };
  }

  /// A matrix of the lane: products along its rows, or, transposed, its rows added up.
  private static LaneKernel matrixVector(StepGraph graph, Op.MatrixVector o, Element element) {
    int rows = graph.shape(o.matrix()).dim(0);
    int columns = graph.shape(o.matrix()).dim(1);
    boolean sharedMatrix = !graph.batched(o.matrix());
    boolean sharedVector = !graph.batched(o.vector());
    if (!o.transposed()) {
      RowKernel kernel =
          kernel(
              element,
              List.of(
                  new Instruction.Load(0, sharedMatrix),
                  new Instruction.Load(1, sharedVector),
                  new Instruction.Binary(BinaryFunction.MULTIPLY, 0, 1),
                  new Instruction.Reduce(true, 2),
                  new Instruction.Store(2, 0, 3)),
              List.of(true, true, true, false, false));
      return rows(kernel, new int[] {columns, 0, 1}, rows, columns);
    }
    RowKernel kernel =
        kernel(
            element,
            List.of(
                new Instruction.LoadOne(1, 0, sharedVector),
                new Instruction.Load(0, sharedMatrix),
                new Instruction.Binary(BinaryFunction.MULTIPLY, 0, 1),
                new Instruction.Load(2, false),
                new Instruction.Binary(BinaryFunction.ADD, 3, 2),
                new Instruction.Store(2, 0, 4)),
            List.of(false, true, true, true, true, true));
    LaneKernel sum = rows(kernel, new int[] {columns, 1, 0}, rows, columns);
    return (arena, weights, at, lane) -> {
      element.fill(arena, at[2], columns, 0);
      sum.run(arena, weights, at, lane);
    };
  }

  /// op(A) · op(B), B packed for each lane.
  private static LaneKernel matrixMatrix(
      StepGraph graph, Op.MatrixMatrix o, Shape shape, Products products, int scratch) {
    int m = shape.dim(0);
    int n = shape.dim(1);
    int depth = graph.shape(o.a()).dim(o.transposeA() ? 0 : 1);
    int kStep = o.transposeB() ? 1 : n;
    int jStep = o.transposeB() ? depth : 1;
    boolean[] shared = shared(graph, o);
    Moves transpose = o.transposeA() ? Moves.transpose(depth, m) : null;
    int packed = scratch + (o.transposeA() ? depth * m : 0);
    Panels panels = products.panels(n);
    return (arena, weights, at, _) -> {
      products.pack(shared[1] ? weights : arena, at[1], kStep, jStep, depth, panels, arena, packed);
      Object left = shared[0] ? weights : arena;
      int begin = at[0];
      if (transpose != null) {
        transpose.run(left, begin, arena, scratch);
        left = arena;
        begin = scratch;
      }
      products.multiply(left, begin, depth, m, depth, arena, packed, panels, arena, at[2], n);
    };
  }

  /// The sum or the largest along an axis of a value with several.
  private static LaneKernel reduce(
      StepGraph graph, int x, int axis, BinaryFunction function, Element element) {
    Shape shape = graph.shape(x);
    int outer = axis < 0 ? 1 : Structure.outer(shape, axis);
    int count = axis < 0 ? shape.size() : shape.dim(axis);
    int inner = axis < 0 ? 1 : Structure.inner(shape, axis);
    boolean sum = function == BinaryFunction.ADD;
    if (inner == 1) {
      RowKernel kernel =
          kernel(
              element,
              List.of(
                  new Instruction.Load(0, false),
                  new Instruction.Reduce(sum, 0),
                  new Instruction.Store(1, 0, 1)),
              List.of(true, false, false));
      return rows(kernel, new int[] {count, 1}, outer, count);
    }
    RowKernel kernel =
        kernel(
            element,
            List.of(
                new Instruction.Load(1, false),
                new Instruction.Load(0, false),
                new Instruction.Binary(function, 0, 1),
                new Instruction.Store(1, 0, 2)),
            List.of(true, true, true, true));
    LaneKernel one = rows(kernel, new int[] {inner, 0}, count, inner);
    int[] part = new int[2];
    return (arena, weights, at, lane) -> {
      element.fill(arena, at[1], outer * inner, sum ? 0 : Double.NEGATIVE_INFINITY);
      for (int o = 0; o < outer; o++) {
        part[0] = at[0] + o * count * inner;
        part[1] = at[1] + o * inner;
        one.run(arena, weights, part, lane);
      }
    };
  }

  private static LaneKernel gather(StepGraph graph, int table, int index, Element element) {
    Shape shape = graph.shape(table);
    int row = shape.size() / shape.dim(0);
    int count = graph.shape(index).size();
    boolean sharedTable = !graph.batched(table);
    boolean sharedIndex = !graph.batched(index);
    return (arena, weights, at, lane) -> {
      for (int i = 0; i < count; i++) {
        double number = element.number(sharedIndex ? weights : arena, at[1] + i);
        int from = Structure.row(number, shape.dim(0), graph.name(), lane);
        Object rows = sharedTable ? weights : arena;
        element.copy(rows, at[0] + from * row, arena, at[2] + i * row, row);
      }
    };
  }

  private static LaneKernel scatterAdd(
      StepGraph graph, Shape shape, int rows, int index, Element element) {
    int row = shape.size() / shape.dim(0);
    int count = graph.shape(index).size();
    boolean sharedRows = !graph.batched(rows);
    boolean sharedIndex = !graph.batched(index);
    return (arena, weights, at, lane) -> {
      element.fill(arena, at[2], shape.size(), 0);
      for (int i = 0; i < count; i++) {
        double number = element.number(sharedIndex ? weights : arena, at[1] + i);
        int to = Structure.row(number, shape.dim(0), graph.name(), lane);
        Object from = sharedRows ? weights : arena;
        element.add(from, at[0] + i * row, arena, at[2] + to * row, row);
      }
    };
  }
}
