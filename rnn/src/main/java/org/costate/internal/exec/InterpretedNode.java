package org.costate.internal.exec;

import java.util.Arrays;
import org.costate.internal.code.Element;

/// A [Task.Single] in a session: copies operands out as doubles, lets the interpreter evaluate, and
/// copies the result in.
final class InterpretedNode {
  private final int node;
  private final CompiledProgram program;
  private final Phases phases;
  private final Element element;
  private final int lanes;
  private final int[] ids;

  /// Null for those that all lanes share.
  private final Operand[] operands;

  private final Operand result;
  private final double[][] values;
  private final Interpreter interpreter;

  InterpretedNode(int node, Phase phase, CompiledProgram program, Memory memory) {
    Plan plan = memory.plan();
    this.node = node;
    this.program = program;
    this.phases = plan.phases();
    this.element = plan.element();
    this.lanes = memory.lanes();
    this.ids = Arrays.stream(phases.op(node).operands()).distinct().toArray();
    this.operands = new Operand[ids.length];
    this.values = new double[plan.graph().ops().size()][];
    int rows = phase.inLoop() ? lanes : Math.min(Memory.TILE, memory.block() * lanes);
    for (int i = 0; i < ids.length; i++) {
      if (plan.graph().batched(ids[i])) {
        operands[i] = new Operand(memory, plan.view(ids[i]));
        values[program.storage(ids[i])] = new double[rows * phases.size(ids[i])];
      }
    }
    this.result = new Operand(memory, plan.view(node));
    this.values[node] = new double[rows * phases.size(node)];
    this.interpreter = program.interpreter(values, rows);
  }

  /// Takes the parameters.
  void bind(Bound bound) {
    interpreter.rebind();
    for (int i = 0; i < ids.length; i++) {
      if (operands[i] == null) {
        int at = program.storage(ids[i]);
        values[at] = bound.values()[at];
      }
    }
  }

  /// Computes some rows of a step, from `firstRow` on.
  void run(Object arena, int slot, int local, int firstRow, int rows, int firstLane) {
    interpreter.lanes(rows);
    interpreter.name(firstLane, lanes);
    for (int i = 0; i < ids.length; i++) {
      if (operands[i] != null) {
        int size = phases.size(ids[i]);
        double[] to = values[program.storage(ids[i])];
        int from = operands[i].at(slot, local, firstRow);
        for (int row = 0; row < rows; row++) {
          element.get(arena, from + row * operands[i].width(), to, row * size, size);
        }
      }
    }
    interpreter.evaluate(node, values[node]);
    int size = phases.size(node);
    int to = result.at(slot, local, firstRow);
    for (int row = 0; row < rows; row++) {
      element.put(values[node], row * size, arena, to + row * result.width(), size);
    }
  }
}
