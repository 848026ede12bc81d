package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.costate.graph.Op;
import org.costate.graph.Reverse;
import org.costate.graph.Role;
import org.costate.graph.Simplify;
import org.costate.graph.StepGraph;

/// The reference executor: interprets a step and its pullback node by node, for all lanes at once,
/// in double. For element type float every result is rounded to float, so float runs have float's
/// precision with sums and products inside one op in double.
///
/// The joint graph of step and pullback is split by what needs what: the *hoisted* nodes depend on
/// parameters only and run once for each binding; the *forward* nodes are those the results need;
/// the *backward* nodes are the rest. Forward values that a backward node reads are the
/// *residuals*, kept in a [Program.Frame] for each time step.
public final class ReferenceProgram implements Program {
  private final StepGraph step;
  private final StepGraph joint;
  private final boolean single;
  private final int[] storage;
  private final int[] fusedInto;
  private final boolean[] hoisted;
  private final boolean[] residual;
  private final int[] hoistedOrder;
  private final int[] forwardOrder;
  private final int[] backwardOrder;
  private final int[] residualIds;
  private final Signature signature;

  /// Where the operands and results of the step are in the joint graph; −1 for a cotangent that is
  /// zero or not wanted.
  record Signature(
      int[] shared,
      int[] carry,
      int[] step,
      int[] next,
      int[] outputs,
      int[] nextBar,
      int[] outputBar,
      int[] sharedBar,
      int[] carryBar,
      int[] stepBar) {}

  /// Compiles a step.
  ///
  /// @param step the step
  /// @param single whether every result is rounded to float
  /// @param wantedInputs the names of the step inputs whose cotangents are wanted
  public ReferenceProgram(StepGraph step, boolean single, Set<String> wantedInputs) {
    this.step = step;
    this.single = single;
    this.joint = Simplify.of(Reverse.of(step).graph());
    this.signature = signature(wantedInputs);
    int count = joint.ops().size();
    this.storage = new int[count];
    this.hoisted = new boolean[count];
    for (int id = 0; id < count; id++) {
      storage[id] =
          switch (joint.ops().get(id)) {
            case Op.Reshape o -> storage[o.x()];
            case Op.StopGradient o -> storage[o.x()];
            case Op.StraightThrough o -> storage[o.hard()];
            default -> id;
          };
      hoisted[id] = isHoisted(id);
    }
    boolean[] forward = ancestors(signature.next, signature.outputs);
    boolean[] backward = ancestors(signature.sharedBar, signature.carryBar, signature.stepBar);
    this.residual = new boolean[count];
    for (int id = 0; id < count; id++) {
      if (backward[id] && !forward[id]) {
        for (int operand : joint.ops().get(id).operands()) {
          int root = storage[operand];
          residual[root] |=
              forward[operand] && !hoisted[root] && !(joint.ops().get(root) instanceof Op.Input);
        }
      }
    }
    // A cotangent may itself be a forward value (a constant seed aside, for y = f(x) with f linear
    // it is not); keep those too.
    for (int[] bars : List.of(signature.sharedBar, signature.carryBar, signature.stepBar)) {
      for (int bar : bars) {
        if (bar >= 0) {
          int root = storage[bar];
          residual[root] |=
              forward[bar] && !hoisted[root] && !(joint.ops().get(root) instanceof Op.Input);
        }
      }
    }
    this.fusedInto = fuseBatchSums(forward, backward);
    var hoistedList = new ArrayList<Integer>();
    var forwardList = new ArrayList<Integer>();
    var backwardList = new ArrayList<Integer>();
    for (int id = 0; id < count; id++) {
      boolean runs =
          storage[id] == id && fusedInto[id] < 0 && !(joint.ops().get(id) instanceof Op.Input);
      if (runs && (forward[id] || backward[id])) {
        (hoisted[id] ? hoistedList : forward[id] ? forwardList : backwardList).add(id);
      }
    }
    this.hoistedOrder = toArray(hoistedList);
    this.forwardOrder = toArray(forwardList);
    this.backwardOrder = toArray(backwardList);
    this.residualIds =
        java.util.stream.IntStream.range(0, count).filter(id -> residual[id]).toArray();
  }

  private static int[] toArray(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private boolean isHoisted(int id) {
    Op op = joint.ops().get(id);
    if (joint.batched(id)
        || op instanceof Op.SumBatch
        || op instanceof Op.Input input && input.role() != Role.SHARED) {
      return false;
    }
    return Arrays.stream(op.operands()).allMatch(operand -> hoisted[operand]);
  }

  private boolean[] ancestors(int[]... roots) {
    boolean[] needed = new boolean[joint.ops().size()];
    for (int[] ids : roots) {
      for (int id : ids) {
        if (id >= 0) {
          needed[id] = true;
        }
      }
    }
    for (int id = needed.length - 1; id >= 0; id--) {
      if (needed[id]) {
        for (int operand : joint.ops().get(id).operands()) {
          needed[operand] = true;
        }
      }
    }
    return needed;
  }

  /// A sum over the batch of a product takes the product's kernel into itself: the products of
  /// single lanes are never stored.
  private int[] fuseBatchSums(boolean[] forward, boolean[] backward) {
    int[] users = new int[joint.ops().size()];
    for (int id = 0; id < users.length; id++) {
      if (forward[id] || backward[id]) {
        for (int operand : joint.ops().get(id).operands()) {
          users[operand]++;
        }
      }
    }
    joint.outputs().values().forEach(id -> users[id]++);
    int[] into = new int[users.length];
    Arrays.fill(into, -1);
    for (int id = 0; id < users.length; id++) {
      if (joint.ops().get(id) instanceof Op.SumBatch(int x)
          && users[x] == 1
          && joint.batched(x)
          && adds(joint.ops().get(x))) {
        into[x] = id;
      }
    }
    return into;
  }

  private static boolean adds(Op op) {
    return op instanceof Op.Outer
        || op instanceof Op.MatrixMatrix
        || op instanceof Op.ScatterAdd
        || op instanceof Op.ConvolveKernel;
  }

  private Signature signature(Set<String> wantedInputs) {
    List<Integer> shared = step.inputs(Role.SHARED);
    List<Integer> carried = step.carries().stream().map(StepGraph.Carry::input).toList();
    List<Integer> inputs = step.inputs(Role.STEP);
    return new Signature(
        find(shared),
        find(carried),
        find(inputs),
        toArray(joint.carries().stream().limit(carried.size()).map(StepGraph.Carry::next).toList()),
        toArray(step.outputs().keySet().stream().map(joint::output).toList()),
        toArray(step.carries().stream().map(c -> joint.input(c.name() + "NextBar")).toList()),
        toArray(step.outputs().keySet().stream().map(name -> joint.input(name + "Bar")).toList()),
        bars(shared, null),
        bars(carried, null),
        bars(inputs, wantedInputs));
  }

  private String name(int id) {
    return ((Op.Input) step.ops().get(id)).name();
  }

  private int[] find(List<Integer> ids) {
    return ids.stream().mapToInt(id -> joint.input(name(id))).toArray();
  }

  private int[] bars(List<Integer> ids, Set<String> wanted) {
    return ids.stream()
        .mapToInt(
            id ->
                wanted != null && !wanted.contains(name(id))
                    ? -1
                    : joint.outputs().getOrDefault(name(id) + "Bar", -1))
        .toArray();
  }

  @Override
  public long residualsPerLane() {
    return Arrays.stream(residualIds).mapToLong(id -> joint.shape(id).size()).sum();
  }

  @Override
  public Session open(int lanes) {
    return new ReferenceSession(this, lanes);
  }

  StepGraph joint() {
    return joint;
  }

  boolean single() {
    return single;
  }

  int storage(int id) {
    return storage[id];
  }

  boolean fused(int id) {
    return fusedInto[id] >= 0;
  }

  boolean hoisted(int id) {
    return hoisted[id];
  }

  int[] hoistedOrder() {
    return hoistedOrder;
  }

  int[] forwardOrder() {
    return forwardOrder;
  }

  int[] backwardOrder() {
    return backwardOrder;
  }

  int[] residualIds() {
    return residualIds;
  }

  Signature signature() {
    return signature;
  }
}
