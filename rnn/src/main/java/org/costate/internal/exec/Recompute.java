package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.BinaryFunction;
import org.costate.graph.Op;
import org.costate.graph.Rebuild;
import org.costate.graph.Role;
import org.costate.graph.StepGraph;
import org.costate.graph.UnaryFunction;

/// Lets the way back compute again what is one addition, multiplication or division of values that
/// it keeps anyway, instead of keeping that for each step as well: writing and reading an array
/// costs more than the operation. Single numbers are left alone: they are kept side by side and
/// cost little.
final class Recompute extends Rebuild {
  private final Phases phases;

  /// Whether a node is computed again by those who read it on the way back.
  private final boolean[] again;

  private record Copy(int id, Phase phase) {}

  private final Map<Copy, Integer> copies = new HashMap<>();

  private Recompute(Phases phases) {
    super(phases.graph());
    this.phases = phases;
    this.again = new boolean[graph().ops().size()];
    boolean[] kept = new boolean[again.length];
    for (int id = 0; id < again.length; id++) {
      kept[id] = kept(id);
      again[id] = kept[id] && cheap(id) && known(id, kept);
    }
  }

  /// The graph with copies of such nodes.
  static StepGraph of(Phases phases) {
    var recompute = new Recompute(phases);
    for (boolean any : recompute.again) {
      if (any) {
        return recompute.run();
      }
    }
    return phases.graph();
  }

  /// Whether the way back reads a value of the way forward.
  private boolean kept(int id) {
    return phases.graph().batched(id)
        && phases.phase(id).forward()
        && phases.users(id).stream().anyMatch(this::back);
  }

  private boolean back(int user) {
    return phases.phase(user).backward();
  }

  private boolean cheap(int id) {
    boolean arithmetic =
        switch (phases.op(id)) {
          case Op.Binary(var f, _, _) ->
              f == BinaryFunction.ADD
                  || f == BinaryFunction.SUBTRACT
                  || f == BinaryFunction.MULTIPLY
                  || f == BinaryFunction.DIVIDE;
          case Op.Unary(var f, _) -> f == UnaryFunction.NEGATE;
          default -> false;
        };
    return arithmetic
        && phases.size(id) > 1
        && !phases.isResult(id)
        && phases.users(id).stream().filter(this::back).allMatch(this::cheapFor);
  }

  /// Whether a node reads its operands in a loop, or once a block as one side of a sum of outer
  /// products.
  private boolean cheapFor(int user) {
    return phases.inFusedLoop(user)
        || phases.op(user) instanceof Op.Outer && phases.phase(user) == Phase.BACK_AFTER;
  }

  /// Whether the way back has all operands of a node.
  private boolean known(int id, boolean[] kept) {
    for (int operand : phases.op(id).operands()) {
      int source = operand;
      if (phases.op(operand) instanceof Op.Broadcast(int x, int axis, _) && axis < 0) {
        source = x;
      }
      boolean state =
          phases.op(source) instanceof Op.Input(var role, _, _, _) && role == Role.CARRY;
      if (phases.graph().batched(source) && !state && !kept[source]) {
        return false;
      }
    }
    return true;
  }

  @Override
  protected int rebuild(int id) {
    return emit(id, phases.phase(id));
  }

  /// A node for those who read it in a phase.
  private int emit(int id, Phase phase) {
    Op op = phases.op(id);
    var replaced = new ArrayList<Integer>();
    if (phase.backward()) {
      for (int operand : op.operands()) {
        if (again[operand]) {
          replaced.add(operand);
        }
      }
    }
    List<Integer> originals = replaced.stream().map(operand -> renumbering[operand]).toList();
    for (int operand : replaced) {
      Integer copy = copies.get(new Copy(operand, phase));
      if (copy == null) {
        copy = emit(operand, phase);
        copies.put(new Copy(operand, phase), copy);
      }
      renumbering[operand] = copy;
    }
    int made = builder().emit(op.renumbered(renumbering)).id();
    for (int i = 0; i < originals.size(); i++) {
      renumbering[replaced.get(i)] = originals.get(i);
    }
    return made;
  }
}
