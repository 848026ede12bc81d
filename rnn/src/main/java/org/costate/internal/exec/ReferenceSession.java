package org.costate.internal.exec;

import java.util.Arrays;
import java.util.Optional;
import org.costate.graph.Op;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;

/// The workspace of a [ReferenceProgram]: one array for each node, `[lanes, size]` or, for what is
/// the same in all lanes, `[size]`. Forward values that the pullback reads are in the frame of the
/// time step.
final class ReferenceSession implements Program.Session {
  private final ReferenceProgram program;
  private final StepGraph graph;
  private final int lanes;
  private final double[][] values;
  private final double[][] expanded;
  private final double[][][] packed;
  private final double[][][] packedTransposed;
  private final Gemm gemm;
  private boolean watching;
  private boolean backward;
  private Program.Fault fault;

  ReferenceSession(ReferenceProgram program, int lanes) {
    this.program = program;
    this.graph = program.joint();
    this.lanes = lanes;
    int count = graph.ops().size();
    this.values = new double[count][];
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
    boolean[] inFrame = new boolean[count];
    for (int id : program.residualIds()) {
      inFrame[id] = true;
    }
    for (int[] order :
        new int[][] {program.hoistedOrder(), program.forwardOrder(), program.backwardOrder()}) {
      for (int id : order) {
        if (!inFrame[id]) {
          values[id] = new double[length(id)];
        }
      }
    }
  }

  private int size(int id) {
    return graph.shape(id).size();
  }

  private int copies(int id) {
    return graph.batched(id) ? lanes : 1;
  }

  private int length(int id) {
    return copies(id) * size(id);
  }

  private double[] value(int id) {
    return values[program.storage(id)];
  }

  @Override
  public Program.Frame frame() {
    int[] ids = program.residualIds();
    double[][] arrays = new double[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      arrays[i] = new double[length(ids[i])];
    }
    return new Program.Frame(arrays);
  }

  @Override
  public void bind(double[][] shared) {
    int[] ids = program.signature().shared();
    for (int i = 0; i < ids.length; i++) {
      double[] array = shared[i];
      if (program.single()) {
        array = array.clone();
        Elementwise.roundToFloat(array, array.length);
      }
      values[ids[i]] = array;
    }
    Arrays.fill(packed, null);
    Arrays.fill(packedTransposed, null);
    Arrays.fill(expanded, null);
    backward = false;
    run(program.hoistedOrder());
  }

  @Override
  public void forward(
      double[][] carry, double[][] step, Program.Frame frame, double[][] next, double[][] outputs) {
    place(carry, step, frame);
    backward = false;
    run(program.forwardOrder());
    ReferenceProgram.Signature signature = program.signature();
    take(signature.next(), next);
    take(signature.outputs(), outputs);
  }

  @Override
  public void pullback(
      double[][] carry,
      double[][] step,
      Program.Frame frame,
      double[][] nextBar,
      double[][] outputBar,
      double[][] sharedBar,
      double[][] carryBar,
      double[][] stepBar) {
    place(carry, step, frame);
    ReferenceProgram.Signature signature = program.signature();
    put(signature.nextBar(), nextBar);
    put(signature.outputBar(), outputBar);
    backward = true;
    run(program.backwardOrder());
    takeShared(signature.sharedBar(), sharedBar);
    take(signature.carryBar(), carryBar);
    take(signature.stepBar(), stepBar);
  }

  private void place(double[][] carry, double[][] step, Program.Frame frame) {
    put(program.signature().carry(), carry);
    put(program.signature().step(), step);
    int[] ids = program.residualIds();
    for (int i = 0; i < ids.length; i++) {
      values[ids[i]] = frame.values()[i];
    }
  }

  private void put(int[] ids, double[][] arrays) {
    for (int i = 0; i < ids.length; i++) {
      values[ids[i]] = arrays[i];
    }
  }

  /// Copies results out, one copy for each lane; a result that is absent is zero.
  private void take(int[] ids, double[][] arrays) {
    for (int i = 0; i < ids.length; i++) {
      double[] target = arrays[i];
      if (target == null) {
        continue;
      }
      if (ids[i] < 0) {
        Arrays.fill(target, 0);
      } else if (graph.batched(ids[i])) {
        System.arraycopy(value(ids[i]), 0, target, 0, target.length);
      } else {
        Structure.expand(value(ids[i]), lanes, size(ids[i]), target);
      }
    }
  }

  private void takeShared(int[] ids, double[][] arrays) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) {
        Arrays.fill(arrays[i], 0);
      } else {
        System.arraycopy(value(ids[i]), 0, arrays[i], 0, arrays[i].length);
      }
    }
  }

  @Override
  public void watch() {
    watching = true;
    fault = null;
  }

  @Override
  public Optional<Program.Fault> fault() {
    return Optional.ofNullable(fault);
  }

  private void run(int[] order) {
    for (int id : order) {
      double[] out = values[id];
      evaluate(id, out);
      if (program.single()) {
        Elementwise.roundToFloat(out, length(id));
      }
      if (watching && fault == null) {
        look(id, out);
      }
    }
  }

  private void look(int id, double[] out) {
    for (int i = 0; i < length(id); i++) {
      if (!Double.isFinite(out[i])) {
        int lane = graph.batched(id) ? i / size(id) : -1;
        fault =
            new Program.Fault(explain(id, out[i], Math.max(lane, 0), i % size(id)), lane, backward);
        return;
      }
    }
  }

  private String explain(int id, double number, int lane, int element) {
    var text = new StringBuilder(graph.describe(id)).append(" is ").append(number);
    String before = " of ";
    for (int operand : graph.ops().get(id).operands()) {
      int index =
          (graph.batched(operand) ? lane * size(operand) : 0)
              + (size(operand) == size(id) ? element : 0);
      if (size(operand) == size(id) || size(operand) == 1) {
        text.append(before).append(value(operand)[index]);
        before = " and ";
      }
    }
    return text.toString();
  }

  /// The values of an operand as an element-wise kernel of `user` reads them: one copy for each
  /// lane if the user has that.
  private double[] operand(int id, int user) {
    if (copies(id) == copies(user)) {
      return value(id);
    }
    int root = program.storage(id);
    if (!program.hoisted(root) || expanded[root] == null) {
      if (expanded[root] == null) {
        expanded[root] = new double[lanes * size(id)];
      }
      Structure.expand(values[root], lanes, size(id), expanded[root]);
    }
    return expanded[root];
  }

  private void evaluate(int id, double[] out) {
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
    int root = program.storage(matrix);
    boolean reusable = root == matrix && program.hoisted(root);
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
      int r = Structure.row(index[i], table.dim(0), graph.name(), lane);
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
        int r = Structure.row(index[base(o.index(), lane) + i], table.dim(0), graph.name(), lane);
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
    if (!program.fused(x)) {
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
