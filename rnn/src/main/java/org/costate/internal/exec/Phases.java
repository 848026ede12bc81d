package org.costate.internal.exec;

import static org.costate.graph.BinaryFunction.ADD;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.costate.graph.Op;
import org.costate.graph.Reverse;
import org.costate.graph.Role;
import org.costate.graph.Scalars;
import org.costate.graph.Shape;
import org.costate.graph.Simplify;
import org.costate.graph.StepGraph;

/// The joint graph of a step and its pullback, and when each of its nodes is computed: what does
/// not depend on the carry is *hoisted* before the loop, what does not feed the next carry is
/// *sunk* behind it, and likewise for the costate on the way back; parameter gradients are
/// *deferred* to whole blocks.
final class Phases {
  private final StepGraph step;
  private final StepGraph graph;
  private final Phase[] phase;

  /// When a node could be computed, whatever reads it.
  private final Phase[] earliest;

  private final List<List<Integer>> users = new ArrayList<>();

  /// The product that a sum adds to its other term, where that is; −1 for other nodes.
  private final int[] product;

  final int[] carry;
  final int[] next;
  final int[] input;
  final int[] output;
  final int[] nextBar;
  final int[] outputBar;
  final int[] shared;
  final int[] sharedBar;
  final int[] carryBar;
  final int[] inputBar;

  /// @param step the step
  /// @param wantedInputs the inputs whose cotangents are wanted; null if there is no way back at
  ///   all
  static Phases of(StepGraph step, Set<String> wantedInputs) {
    StepGraph split = SplitRows.of(Simplify.of(step));
    StepGraph joint = wantedInputs == null ? split : Reverse.of(split).graph();
    var phases = new Phases(step, Scalars.of(Simplify.of(joint)), wantedInputs);
    phases = phases.with(SumOrder.of(phases), wantedInputs);
    return phases.with(Recompute.of(phases), wantedInputs);
  }

  private Phases with(StepGraph other, Set<String> wantedInputs) {
    return other == graph ? this : new Phases(step, other, wantedInputs);
  }

  private Phases(StepGraph step, StepGraph graph, Set<String> wantedInputs) {
    this.step = step;
    this.graph = graph;
    boolean back = wantedInputs != null;
    List<Integer> parameters = step.inputs(Role.SHARED);
    List<Integer> carried = step.carries().stream().map(StepGraph.Carry::input).toList();
    List<Integer> inputs = step.inputs(Role.STEP);
    this.shared = find(parameters);
    this.carry = find(carried);
    this.input = find(inputs);
    this.next =
        graph.carries().stream().limit(carried.size()).mapToInt(StepGraph.Carry::next).toArray();
    this.output = step.outputs().keySet().stream().mapToInt(graph::output).toArray();
    this.nextBar =
        step.carries().stream()
            .filter(_ -> back)
            .mapToInt(c -> graph.input(c.name() + "NextBar"))
            .toArray();
    this.outputBar =
        step.outputs().keySet().stream()
            .filter(_ -> back)
            .mapToInt(name -> graph.input(name + "Bar"))
            .toArray();
    this.sharedBar = bars(parameters, null);
    this.carryBar = bars(carried, null);
    this.inputBar = bars(inputs, wantedInputs);
    this.phase = new Phase[graph.ops().size()];
    classify();
    for (int id = 0; id < phase.length; id++) {
      users.add(new ArrayList<>());
    }
    for (int id = 0; id < phase.length; id++) {
      if (phase[id] != Phase.DEAD) {
        for (int operand : Arrays.stream(graph.ops().get(id).operands()).distinct().toArray()) {
          users.get(operand).add(id);
        }
      }
    }
    this.product = new int[phase.length];
    Arrays.fill(product, -1);
    findProductsInSums();
    this.earliest = phase.clone();
    moveIntoLoops();
  }

  /// A sum that starts a product is in no loop, which may be what kept another sum in one.
  private void findProductsInSums() {
    boolean more = true;
    while (more) {
      more = false;
      for (int id = 0; id < phase.length; id++) {
        if (product[id] < 0 && op(id) instanceof Op.Binary(var f, int a, int b) && f == ADD) {
          product[id] = startsProduct(id, a, b) ? b : startsProduct(id, b, a) ? a : -1;
          more |= product[id] >= 0;
        }
      }
    }
  }

  /// Whether a sum is best computed by starting a product with its other term: that is in memory,
  /// and no loop reads the sum that could have computed it on the way. Single numbers have no place
  /// of their own.
  private boolean startsProduct(int sum, int term, int addend) {
    if (phase[sum] == Phase.DEAD
        || size(sum) == 1
        || !isProduct(addend)
        || phase[addend] != phase[sum]
        || !readOnce(addend)
        || phase[term].backward() != phase[sum].backward() && phase[term] != Phase.BIND
        || op(term) instanceof Op.Broadcast) {
      return false;
    }
    return phase[term] != phase[sum]
        || !elementwise(term)
        || users.get(sum).stream().noneMatch(u -> phase[u] == phase[sum] && elementwise(u));
  }

  /// Whether a sum that starts a product with a term can take that term's place: nothing else reads
  /// the term, and it is not computed long before among states.
  boolean inPlace(int sum) {
    int term = term(sum);
    return hasOwnMemory(term) && readOnce(term) && (phase[term] == phase[sum] || !isResult(sum));
  }

  /// Whether a node is a product of a lane's vector with a matrix that all lanes share.
  boolean isProduct(int id) {
    return op(id) instanceof Op.MatrixVector(int w, _, _) && !graph.batched(w) && graph.batched(id);
  }

  /// Whether one operand of one node is all that reads a node.
  boolean readOnce(int id) {
    return users.get(id).size() == 1
        && !isResult(id)
        && Arrays.stream(op(users.get(id).getFirst()).operands()).filter(o -> o == id).count() == 1;
  }

  private boolean hasOwnMemory(int id) {
    return graph.batched(id)
        && switch (op(id)) {
          case Op.Unary _, Op.Binary _, Op.Select _, Op.MatrixVector _ -> true;
          default -> false;
        };
  }

  /// Whether a node computes numbers inside a fused loop, other than by showing those of another.
  boolean inFusedLoop(int id) {
    return elementwise(id)
        && switch (op(id)) {
          case Op.Unary _, Op.Binary _, Op.Select _, Op.Sum _, Op.Max _ -> true;
          default -> false;
        };
  }

  private String name(int id) {
    return ((Op.Input) step.ops().get(id)).name();
  }

  private int[] find(List<Integer> ids) {
    return ids.stream().mapToInt(id -> graph.input(name(id))).toArray();
  }

  private int[] bars(List<Integer> ids, Set<String> wanted) {
    return ids.stream()
        .mapToInt(
            id ->
                wanted != null && !wanted.contains(name(id))
                    ? -1
                    : graph.outputs().getOrDefault(name(id) + "Bar", -1))
        .toArray();
  }

  private void classify() {
    boolean[] forward = ancestors(next, output);
    boolean[] feedsNext = ancestors(next);
    boolean[] backward = ancestors(sharedBar, carryBar, inputBar);
    boolean[] feedsCarryBar = ancestors(carryBar);
    boolean[] onCarry = descendants(carry);
    boolean[] onCostate = descendants(nextBar);
    boolean[] summed = new boolean[phase.length];
    for (int id = 0; id < phase.length; id++) {
      Op op = graph.ops().get(id);
      summed[id] = op instanceof Op.SumBatch;
      for (int operand : op.operands()) {
        summed[id] |= summed[operand];
      }
      if (!forward[id] && !backward[id]) {
        phase[id] = Phase.DEAD;
      } else if (op instanceof Op.SumBatch) {
        phase[id] = Phase.BACK_AFTER;
      } else if (summed[id]) {
        phase[id] = Phase.TOTAL;
      } else if (!graph.batched(id)) {
        phase[id] = Phase.BIND;
      } else if (forward[id]) {
        phase[id] = !onCarry[id] ? Phase.BEFORE : feedsNext[id] ? Phase.STEP : Phase.AFTER;
      } else {
        phase[id] =
            !onCostate[id]
                ? Phase.BACK_BEFORE
                : feedsCarryBar[id] ? Phase.BACK_STEP : Phase.BACK_AFTER;
      }
    }
  }

  /// An element-wise node that only the loop (or only what is behind it) reads is cheaper as part
  /// of the loop that reads it than as a loop and an array of its own.
  private void moveIntoLoops() {
    for (int id = phase.length - 1; id >= 0; id--) {
      if (!elementwise(id) || users.get(id).isEmpty() || isResult(id)) {
        continue;
      }
      Phase target = phase[users.get(id).getFirst()];
      boolean together =
          users.get(id).stream().allMatch(user -> phase[user] == target && elementwise(user));
      boolean later =
          phase[id] == Phase.BEFORE && (target == Phase.STEP || target == Phase.AFTER)
              || phase[id] == Phase.BACK_BEFORE
                  && (target == Phase.BACK_STEP || target == Phase.BACK_AFTER)
              || phase[id] == Phase.STEP && target == Phase.AFTER;
      if (together && later) {
        phase[id] = target;
      }
    }
  }

  boolean isResult(int id) {
    for (int[] ids : List.of(next, output, sharedBar, carryBar, inputBar)) {
      for (int result : ids) {
        if (result == id) {
          return true;
        }
      }
    }
    return false;
  }

  /// Whether a node is computed inside a fused loop.
  boolean elementwise(int id) {
    if (!graph.batched(id) || product[id] >= 0) {
      return false;
    }
    return switch (graph.ops().get(id)) {
      case Op.Unary _, Op.Binary _, Op.Select _ -> true;
      case Op.Sum(int x, int axis) -> wholeRow(x, axis);
      case Op.Max(int x, int axis) -> wholeRow(x, axis);
      case Op.Broadcast(_, int axis, _) -> axis < 0;
      case Op.Reshape _, Op.StopGradient _, Op.StraightThrough _ -> true;
      case Op.Slice(int x, int axis, _, _) -> outer(x, axis) == 1;
      case Op.Concat(_, int axis) -> outer(id, axis) == 1;
      case Op.Input _,
          Op.Constant _,
          Op.MatrixVector _,
          Op.Outer _,
          Op.MatrixMatrix _,
          Op.Transpose _,
          Op.Pad _,
          Op.Gather _,
          Op.ScatterAdd _,
          Op.Convolve _,
          Op.ConvolveInput _,
          Op.ConvolveKernel _,
          Op.SumBatch _,
          Op.Foreign _,
          Op.ForeignPullback _ ->
          false;
    };
  }

  private boolean wholeRow(int x, int axis) {
    return axis < 0 || graph.shape(x).rank() == 1;
  }

  /// How many pieces a row has before an axis.
  int outer(int id, int axis) {
    return Structure.outer(graph.shape(id), axis);
  }

  private boolean[] ancestors(int[]... roots) {
    boolean[] needed = new boolean[graph.ops().size()];
    for (int[] ids : roots) {
      for (int id : ids) {
        if (id >= 0) {
          needed[id] = true;
        }
      }
    }
    for (int id = needed.length - 1; id >= 0; id--) {
      if (needed[id]) {
        for (int operand : graph.ops().get(id).operands()) {
          needed[operand] = true;
        }
      }
    }
    return needed;
  }

  private boolean[] descendants(int[] roots) {
    boolean[] reached = new boolean[graph.ops().size()];
    for (int id : roots) {
      reached[id] = true;
    }
    for (int id = 0; id < reached.length; id++) {
      for (int operand : graph.ops().get(id).operands()) {
        reached[id] |= reached[operand];
      }
    }
    return reached;
  }

  /// Whether lanes are independent and every parameter gradient is a sum over lanes: what the
  /// compiled executor relies on. A step that itself sums over the batch (the derivative of another
  /// step) is left to the reference executor.
  static boolean supports(StepGraph step, boolean back) {
    for (Op op : step.ops()) {
      if (op instanceof Op.SumBatch) {
        return false;
      }
    }
    if (!back) {
      return true;
    }
    StepGraph joint = Simplify.of(Reverse.of(step).graph());
    for (Op op : joint.ops()) {
      if (op instanceof Op.SumBatch(int x) && !joint.batched(x)) {
        return false;
      }
    }
    return true;
  }

  StepGraph step() {
    return step;
  }

  StepGraph graph() {
    return graph;
  }

  Op op(int id) {
    return graph.ops().get(id);
  }

  Shape shape(int id) {
    return graph.shape(id);
  }

  int size(int id) {
    return graph.shape(id).size();
  }

  Phase phase(int id) {
    return phase[id];
  }

  /// When a node could be computed: other than its phase, this does not depend on whether there is
  /// a way back.
  Phase earliest(int id) {
    return earliest[id];
  }

  List<Integer> users(int id) {
    return users.get(id);
  }

  /// The product that a sum adds to its other term, where that is; −1 for other nodes.
  int product(int id) {
    return product[id];
  }

  /// The term to which a sum adds its product.
  int term(int id) {
    var sum = (Op.Binary) op(id);
    return sum.a() == product[id] ? sum.b() : sum.a();
  }
}
