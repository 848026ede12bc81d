package org.costate.internal.exec;

import java.util.Arrays;
import java.util.Optional;
import org.costate.graph.StepGraph;

/// The workspace of a [ReferenceProgram]: one array for each node, `[lanes, size]` or, for what is
/// the same in all lanes, `[size]`. Forward values that the pullback reads are in the frame of the
/// time step.
final class ReferenceSession implements Program.Session {
  private final ReferenceProgram program;
  private final StepGraph graph;
  private final int lanes;
  private final double[][] values;
  private final Interpreter interpreter;
  private boolean watching;
  private boolean backward;
  private Program.Fault fault;

  ReferenceSession(ReferenceProgram program, int lanes) {
    this.program = program;
    this.graph = program.joint();
    this.lanes = lanes;
    int count = graph.ops().size();
    this.values = new double[count][];
    int[] storage = new int[count];
    boolean[] hoisted = new boolean[count];
    boolean[] fused = new boolean[count];
    for (int id = 0; id < count; id++) {
      storage[id] = program.storage(id);
      hoisted[id] = program.hoisted(id);
      fused[id] = program.fused(id);
    }
    this.interpreter = new Interpreter(graph, storage, hoisted, fused, values, lanes);
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
    interpreter.rebind();
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
      interpreter.evaluate(id, out);
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
}
