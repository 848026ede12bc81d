package org.costate.internal.exec;

import java.util.Arrays;
import org.costate.graph.Op;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;

/// Evaluates single nodes of a graph in double, for all lanes at once: the whole of the reference
/// executor, and what the compiled one does with ops that it has no kernel for.
final class Interpreter {
  private final StepGraph graph;
  private final int[] storage;
  private final boolean[] bound;
  private final boolean[] fused;
  private final double[][] values;
  private final double[][] expanded;
  private final double[][][] packed;
  private final double[][][] packedTransposed;
  private final Gemm gemm;
  private int lanes;
  private int firstLane;
  private int lanesOfBatch = Integer.MAX_VALUE;

  /// @param graph the graph
  /// @param storage the node in whose array each node's value is
  /// @param bound which nodes depend on parameters only, so that what is made of them can be kept
  /// @param fused which nodes a sum over the batch computes itself
  /// @param values the array of each node, `[lanes, size]` or, for what is the same in all lanes,
  ///   `[size]`; the caller fills them
  /// @param lanes the number of lanes
  Interpreter(
      StepGraph graph,
      int[] storage,
      boolean[] bound,
      boolean[] fused,
      double[][] values,
      int lanes) {
    this.graph = graph;
    this.storage = storage;
    this.bound = bound;
    this.fused = fused;
    this.values = values;
    this.lanes = lanes;
    int count = graph.ops().size();
    this.expanded = new double[count][];
    this.packed = new double[count][][];
    this.packedTransposed = new double[count][][];
    int widest = 1;
    for (int id = 0; id < count; id++) {
      for (int axis = 0; axis < graph.shape(id).rank(); axis++) {
        widest = Math.max(widest, graph.shape(id).dim(axis));
      }
    }
    this.gemm = new Gemm(widest);
  }

  /// Forgets what was kept of the parameters.
  void rebind() {
    Arrays.fill(packed, null);
    Arrays.fill(packedTransposed, null);
    Arrays.fill(expanded, null);
  }

  /// Says which lanes of the batch rows are, for messages: row r is lane `first + r mod count`.
  void name(int first, int count) {
    firstLane = first;
    lanesOfBatch = count;
  }

  private int lane(int row) {
    return firstLane + row % lanesOfBatch;
  }

  /// Goes on with another number of lanes.
  void lanes(int count) {
    if (count != lanes) {
      lanes = count;
      Arrays.fill(expanded, null);
    }
  }

  private int size(int id) {
    return graph.shape(id).size();
  }

  private int copies(int id) {
    return graph.batched(id) ? lanes : 1;
  }

  double[] value(int id) {
    return values[storage[id]];
  }

  /// The values of an operand as an element-wise kernel of `user` reads them: one copy for each
  /// lane if the user has that.
  private double[] operand(int id, int user) {
    if (copies(id) == copies(user)) {
      return value(id);
    }
    int root = storage[id];
    if (!bound[root] || expanded[root] == null) {
      if (expanded[root] == null) {
        expanded[root] = new double[lanes * size(id)];
      }
      Structure.expand(values[root], lanes, size(id), expanded[root]);
    }
    return expanded[root];
  }

  /// Evaluates one node into an array.
  void evaluate(int id, double[] out) {
    int copies = copies(id);
    Shape shape = graph.shape(id);
    int n = copies * shape.size();
    switch (graph.ops().get(id)) {
      case Op.Input _ -> throw new IllegalStateException("an input is given, not evaluated");
      case Op.Constant o -> {
        for (int i = 0; i < out.length; i++) {
          out[i] = o.values().get(i);
        }
      }
      case Op.Unary(var f, int x) -> Elementwise.unary(f, value(x), out, n);
      case Op.Binary(var f, int a, int b) ->
          Elementwise.binary(f, operand(a, id), operand(b, id), out, n);
      case Op.Select(int c, int a, int b) ->
          Elementwise.select(operand(c, id), operand(a, id), operand(b, id), out, n);
      case Op.MatrixVector o -> matrixVector(o, id, out);
      case Op.Outer o -> outer(o, copies, out);
      case Op.MatrixMatrix o -> {
        Arrays.fill(out, 0);
        matrixMatrix(o, copies, out, shape.size());
      }
      case Op.Transpose(int x) ->
          Structure.transpose(value(x), copies, graph.shape(x).dim(0), graph.shape(x).dim(1), out);
      case Op.Sum(int x, int axis) -> {
        Shape s = graph.shape(x);
        if (axis < 0) {
          Structure.sum(value(x), copies, s.size(), 1, out);
        } else {
          Structure.sum(
              value(x),
              copies * Structure.outer(s, axis),
              s.dim(axis),
              Structure.inner(s, axis),
              out);
        }
      }
      case Op.Max(int x, int axis) -> {
        Shape s = graph.shape(x);
        if (axis < 0) {
          Structure.max(value(x), copies, s.size(), 1, out);
        } else {
          Structure.max(
              value(x),
              copies * Structure.outer(s, axis),
              s.dim(axis),
              Structure.inner(s, axis),
              out);
        }
      }
      case Op.Broadcast(int x, int axis, Shape s) -> {
        if (axis < 0) {
          Structure.broadcast(value(x), copies, s.size(), 1, out);
        } else {
          Structure.broadcast(
              value(x),
              copies * Structure.outer(s, axis),
              s.dim(axis),
              Structure.inner(s, axis),
              out);
        }
      }
      case Op.Slice(int x, int axis, int from, int length) -> {
        Shape s = graph.shape(x);
        Structure.slice(
            value(x),
            copies * Structure.outer(s, axis),
            s.dim(axis),
            Structure.inner(s, axis),
            from,
            out,
            length);
      }
      case Op.Pad(int x, int axis, int before, int length) -> {
        Shape s = graph.shape(x);
        Arrays.fill(out, 0);
        Structure.insert(
            value(x),
            copies * Structure.outer(s, axis),
            s.dim(axis),
            Structure.inner(s, axis),
            out,
            length,
            before);
      }
      case Op.Concat(var parts, int axis) -> {
        int at = 0;
        for (int part : parts) {
          Shape s = graph.shape(part);
          Structure.insert(
              operand(part, id),
              copies * Structure.outer(s, axis),
              s.dim(axis),
              Structure.inner(s, axis),
              out,
              shape.dim(axis),
              at);
          at += s.dim(axis);
        }
      }
      case Op.Reshape _, Op.StopGradient _, Op.StraightThrough _ ->
          throw new IllegalStateException("an alias is not evaluated");
      case Op.Gather o -> gather(o, id, out);
      case Op.ScatterAdd o -> {
        Arrays.fill(out, 0);
        scatterAdd(o, id, copies, out, shape.size());
      }
      case Op.Convolve o -> {
        Arrays.fill(out, 0);
        for (int lane = 0; lane < copies; lane++) {
          ConvolutionKernels.result(
              value(o.x()),
              base(o.x(), lane),
              value(o.kernel()),
              base(o.kernel(), lane),
              out,
              lane * shape.size(),
              graph.shape(o.x()),
              graph.shape(o.kernel()),
              shape,
              o.geometry());
        }
      }
      case Op.ConvolveInput o -> {
        Arrays.fill(out, 0);
        for (int lane = 0; lane < copies; lane++) {
          ConvolutionKernels.input(
              value(o.y()),
              base(o.y(), lane),
              value(o.kernel()),
              base(o.kernel(), lane),
              out,
              lane * shape.size(),
              shape,
              graph.shape(o.kernel()),
              graph.shape(o.y()),
              o.geometry());
        }
      }
      case Op.ConvolveKernel o -> {
        Arrays.fill(out, 0);
        convolveKernel(o, copies, out, shape, shape.size());
      }
      case Op.SumBatch(int x) -> sumBatch(x, out);
      case Op.Foreign o -> {
        double[] result = new double[shape.size()];
        for (int lane = 0; lane < copies; lane++) {
          o.function().forward(lane(o.arguments(), lane), result);
          System.arraycopy(result, 0, out, lane * result.length, result.length);
        }
      }
      case Op.ForeignPullback o -> {
        double[] result = new double[shape.size()];
        for (int lane = 0; lane < copies; lane++) {
          double[][] bar = lane(java.util.List.of(o.resultBar()), lane);
          o.function().pullback(lane(o.arguments(), lane), bar[0], o.which(), result);
          System.arraycopy(result, 0, out, lane * result.length, result.length);
        }
      }
    }
  }

  /// Where the values of a lane begin.
  private int base(int id, int lane) {
    return graph.batched(id) ? lane * size(id) : 0;
  }

  private double[][] lane(java.util.List<Integer> ids, int lane) {
    double[][] operands = new double[ids.size()][];
    for (int i = 0; i < operands.length; i++) {
      int from = base(ids.get(i), lane);
      operands[i] = Arrays.copyOfRange(value(ids.get(i)), from, from + size(ids.get(i)));
    }
    return operands;
  }

  /// The rows of W, or of Wᵀ, as separate arrays; kept while the parameters are bound if W depends
  /// on nothing else.
  private double[][] rows(int matrix, int lane, boolean transposed) {
    Shape shape = graph.shape(matrix);
    int count = shape.dim(transposed ? 1 : 0);
    int columns = shape.dim(transposed ? 0 : 1);
    double[][][] cache = transposed ? packedTransposed : packed;
    int root = storage[matrix];
    boolean reusable = root == matrix && bound[root];
    if (reusable && cache[root] != null) {
      return cache[root];
    }
    double[][] rows = new double[count][columns];
    Gemm.pack(
        value(matrix),
        base(matrix, lane),
        transposed ? 1 : shape.dim(1),
        transposed ? shape.dim(1) : 1,
        rows,
        count,
        columns);
    if (reusable) {
      cache[root] = rows;
    }
    return rows;
  }

  private void matrixVector(Op.MatrixVector o, int id, double[] out) {
    Shape w = graph.shape(o.matrix());
    int inner = w.dim(o.transposed() ? 0 : 1);
    int n = size(id);
    if (!graph.batched(o.matrix())) {
      gemm.multiply(
          value(o.vector()),
          0,
          inner,
          1,
          copies(id),
          inner,
          rows(o.matrix(), 0, !o.transposed()),
          n,
          out,
          0,
          false);
      return;
    }
    double[] x = value(o.vector());
    double[] m = value(o.matrix());
    int rowStep = o.transposed() ? 1 : w.dim(1);
    int columnStep = o.transposed() ? w.dim(1) : 1;
    for (int lane = 0; lane < lanes; lane++) {
      for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < inner; k++) {
          sum += m[lane * w.size() + i * rowStep + k * columnStep] * x[base(o.vector(), lane) + k];
        }
        out[lane * n + i] = sum;
      }
    }
  }

  private void outer(Op.Outer o, int copies, double[] out) {
    int m = size(o.a());
    int n = size(o.b());
    double[] a = value(o.a());
    double[] b = value(o.b());
    for (int lane = 0; lane < copies; lane++) {
      for (int i = 0; i < m; i++) {
        double factor = a[base(o.a(), lane) + i];
        for (int j = 0; j < n; j++) {
          out[(lane * m + i) * n + j] = factor * b[base(o.b(), lane) + j];
        }
      }
    }
  }

  private void matrixMatrix(Op.MatrixMatrix o, int copies, double[] out, int stride) {
    Shape a = graph.shape(o.a());
    int m = a.dim(o.transposeA() ? 1 : 0);
    int inner = a.dim(o.transposeA() ? 0 : 1);
    int n = graph.shape(o.b()).dim(o.transposeB() ? 0 : 1);
    double[][] rows = null;
    for (int lane = 0; lane < copies; lane++) {
      if (lane == 0 || graph.batched(o.b())) {
        rows = rows(o.b(), lane, o.transposeB());
      }
      int rowStep = o.transposeA() ? 1 : inner;
      int columnStep = o.transposeA() ? m : 1;
      gemm.multiply(
          value(o.a()),
          base(o.a(), lane),
          rowStep,
          columnStep,
          m,
          inner,
          rows,
          n,
          out,
          lane * stride,
          true);
    }
  }

  private void gather(Op.Gather o, int id, double[] out) {
    Shape table = graph.shape(o.table());
    int row = table.size() / table.dim(0);
    int count = size(o.index());
    double[] from = value(o.table());
    double[] index = operand(o.index(), id);
    for (int i = 0; i < copies(id) * count; i++) {
      int lane = i / count;
      int r = Structure.row(index[i], table.dim(0), graph.name(), lane(lane));
      System.arraycopy(from, base(o.table(), lane) + r * row, out, i * row, row);
    }
  }

  private void scatterAdd(Op.ScatterAdd o, int id, int copies, double[] out, int stride) {
    Shape table = graph.shape(id);
    int row = table.size() / table.dim(0);
    int count = size(o.index());
    double[] rows = value(o.rows());
    double[] index = value(o.index());
    for (int lane = 0; lane < copies; lane++) {
      for (int i = 0; i < count; i++) {
        int r =
            Structure.row(index[base(o.index(), lane) + i], table.dim(0), graph.name(), lane(lane));
        for (int j = 0; j < row; j++) {
          out[lane * stride + r * row + j] += rows[base(o.rows(), lane) + i * row + j];
        }
      }
    }
  }

  private void convolveKernel(
      Op.ConvolveKernel o, int copies, double[] out, Shape shape, int stride) {
    for (int lane = 0; lane < copies; lane++) {
      ConvolutionKernels.kernel(
          value(o.x()),
          base(o.x(), lane),
          value(o.y()),
          base(o.y(), lane),
          out,
          lane * stride,
          graph.shape(o.x()),
          shape,
          graph.shape(o.y()),
          o.geometry());
    }
  }

  private void sumBatch(int x, double[] out) {
    if (!fused[x]) {
      int size = size(x);
      if (graph.batched(x)) {
        Structure.sumLanes(value(x), lanes, size, out);
      } else {
        for (int i = 0; i < size; i++) {
          out[i] = lanes * value(x)[i];
        }
      }
      return;
    }
    Arrays.fill(out, 0);
    switch (graph.ops().get(x)) {
      case Op.Outer(int a, int b) -> {
        int m = size(a);
        int n = size(b);
        double[][] rows = new double[lanes][n];
        for (int lane = 0; lane < lanes; lane++) {
          System.arraycopy(value(b), base(b, lane), rows[lane], 0, n);
        }
        gemm.multiply(value(a), 0, 1, graph.batched(a) ? m : 0, m, lanes, rows, n, out, 0, false);
      }
      case Op.MatrixMatrix o -> matrixMatrix(o, lanes, out, 0);
      case Op.ScatterAdd o -> scatterAdd(o, x, lanes, out, 0);
      case Op.ConvolveKernel o -> convolveKernel(o, lanes, out, graph.shape(x), 0);
      default ->
          throw new IllegalStateException(
              graph.describe(x) + " cannot be summed over the batch in place");
    }
  }
}
