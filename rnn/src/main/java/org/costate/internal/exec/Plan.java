package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.graph.Op;
import org.costate.graph.StepGraph;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;

/// The schedule of a step: which tasks run in which phase, and where every value is.
///
/// Within a phase heavy tasks (matrix products, what the interpreter does) go as early as they can,
/// and element-wise nodes of one length that are ready together become one fused loop. A value that
/// only its own loop reads has no memory. What a backward phase reads of the forward ones is *kept*
/// for each step; everything else lives for a block of steps, or for one phase.
final class Plan {
  private final Phases phases;
  private final Views views;
  private final Schedule order;
  private final boolean separate;
  private final Element element;
  private final Map<Phase, List<Task>> tasks = new EnumMap<>(Phase.class);
  private final Map<Integer, Place> places = new LinkedHashMap<>();
  private final Weights weights;
  private final List<Bundle> bundles = new ArrayList<>();

  /// Single numbers that live equally long, side by side in one row.
  private record Bundle(Place place, Phase phase, List<Integer> nodes) {}

  /// @param phases when each node is computed
  /// @param element the element type
  /// @param separate whether states are changed between steps (lanes that start afresh), so that
  ///   the next state must not be the only copy of a value
  /// @param weights what is read of the parameters; several plans may share it
  Plan(Phases phases, Element element, boolean separate, Weights weights) {
    this.phases = phases;
    this.weights = weights;
    this.element = element;
    this.separate = separate;
    this.views = new Views(phases, separate);
    this.order = new Schedule(views, element);
    var schedule = new EnumMap<Phase, List<List<Unit>>>(Phase.class);
    for (Phase phase : Phase.values()) {
      if (phase != Phase.BIND && phase != Phase.TOTAL && phase != Phase.DEAD) {
        schedule.put(phase, order.schedule(phase));
      }
    }
    choosePlaces(schedule);
    bundleNumbers();
    schedule.forEach(
        (phase, groups) ->
            tasks.put(
                phase, sharingPacked(groups.stream().map(group -> task(phase, group)).toList())));
  }

  /// Sums of outer products whose second operands are the same rows one after the other, so that
  /// these are packed once. They run when all else of their phase is done, in any order.
  private static List<Task> sharingPacked(List<Task> tasks) {
    var order = new ArrayList<Task>();
    for (Task given : tasks) {
      Task task = given instanceof Task.Accumulate o ? o.sharing(tasks) : given;
      int at = order.size();
      for (int i = 0; i < order.size(); i++) {
        if (task instanceof Task.Accumulate o
            && order.get(i) instanceof Task.Accumulate other
            && o.b().equals(other.b())
            && o.times() == other.times()) {
          at = i + 1;
        }
      }
      order.add(at, task);
    }
    return order;
  }

  // ---- places

  private void choosePlaces(Map<Phase, List<List<Unit>>> schedule) {
    var stored = new LinkedHashSet<Integer>();
    var crossesPhases = new LinkedHashSet<Integer>();
    var kept = new LinkedHashSet<Integer>();
    schedule.forEach(
        (phase, groups) -> {
          for (List<Unit> group : groups) {
            var members = new LinkedHashSet<Integer>();
            for (Unit unit : group) {
              if (unit.target() < 0 && unit.part() < 0) {
                members.add(unit.node());
              }
            }
            boolean loop = order.fusible(group.getFirst());
            if (!loop) {
              // A sum over lanes and steps has a place of its own.
              members.stream().filter(views::batched).forEach(stored::add);
            }
            for (Unit unit : group) {
              for (int read : order.reads(unit)) {
                read(read, phase, loop ? members : Set.of(), stored, crossesPhases, kept);
              }
            }
          }
        });
    for (int[] results : List.of(phases.next, phases.output, phases.carryBar, phases.inputBar)) {
      for (int id : results) {
        if (id >= 0 && views.batched(id)) {
          int source = views.source(id);
          stored.add(source);
          if (results != phases.next || separate || !views.placed().containsKey(source)) {
            crossesPhases.add(source);
          }
          boolean backward = results == phases.carryBar || results == phases.inputBar;
          if (backward && !phases.phase(source).backward()) {
            kept.add(source);
          }
        }
      }
    }
    schedule
        .values()
        .forEach(
            groups -> {
              for (List<Unit> group : groups) {
                if (order.fusible(group.getFirst())) {
                  stored.addAll(crossing(group, stored));
                }
              }
            });
    views.placed().keySet().forEach(stored::add);
    for (int id : stored) {
      place(id, crossesPhases.contains(id), kept.contains(id));
    }
    for (int id : phases.carry) {
      places.put(id, Place.STATE);
    }
    for (int id : phases.nextBar) {
      places.put(id, Place.COSTATE);
    }
    for (int id : phases.outputBar) {
      places.put(id, Place.BACKWARD);
    }
    for (int id : phases.input) {
      places.put(id, kept.contains(id) ? Place.KEPT : Place.FORWARD);
    }
  }

  private void read(
      int id,
      Phase phase,
      Set<Integer> members,
      Set<Integer> stored,
      Set<Integer> crossesPhases,
      Set<Integer> kept) {
    if (!views.batched(id)) {
      return;
    }
    int source = views.source(id);
    if (views.isSpread(source)) {
      read(((Op.Broadcast) views.op(source)).x(), phase, members, stored, crossesPhases, kept);
      return;
    }
    if (!members.contains(source)) {
      stored.add(source);
    }
    Phase made = views.op(source) instanceof Op.Input ? Phase.BEFORE : phases.phase(source);
    if (made != phase) {
      crossesPhases.add(source);
    }
    if (phase.backward() && !made.backward()) {
      kept.add(source);
    }
    // Whole-block sums of a backward phase read after the tiles of that phase.
    if (phase == Phase.BACK_AFTER && phases.phase(source) == Phase.BACK_AFTER) {
      for (int user : phases.users(id)) {
        if (views.op(user) instanceof Op.SumBatch || views.absorbed().contains(user)) {
          crossesPhases.add(source);
          stored.add(source);
        }
      }
    }
  }

  private void place(int id, boolean crossesPhases, boolean kept) {
    if (views.op(id) instanceof Op.Input) {
      return;
    }
    Task.View own = views.placed().get(id);
    int root = own == null ? id : own.root();
    if (views.op(root) instanceof Op.Input) {
      return;
    }
    Place place =
        kept
            ? Place.KEPT
            : crossesPhases
                ? phases.phase(id).backward() ? Place.BACKWARD : Place.FORWARD
                : Place.SCRATCH;
    Place known = places.get(root);
    if (known == null || rank(place) > rank(known)) {
      places.put(root, place);
    }
  }

  /// Puts single numbers of one place together, so that a kernel needs one address for all.
  private void bundleNumbers() {
    var open = new LinkedHashMap<List<Object>, List<Integer>>();
    for (var entry : places.entrySet()) {
      int id = entry.getKey();
      if (views.size(id) == 1 && !(views.op(id) instanceof Op.Input)) {
        Phase phase = entry.getValue() == Place.SCRATCH ? phases.phase(id) : Phase.BIND;
        open.computeIfAbsent(List.of(entry.getValue(), phase), _ -> new ArrayList<>()).add(id);
      }
    }
    open.forEach(
        (key, nodes) -> {
          var bundle = new Bundle((Place) key.get(0), (Phase) key.get(1), nodes);
          int root = phases.graph().ops().size() + bundles.size();
          bundles.add(bundle);
          places.put(root, bundle.place());
          for (int i = 0; i < nodes.size(); i++) {
            places.remove(nodes.get(i));
            views
                .placed()
                .put(nodes.get(i), new Task.View(root, nodes.get(i), i, nodes.size(), false));
          }
        });
  }

  private static int rank(Place place) {
    return switch (place) {
      case NONE -> 0;
      case SCRATCH -> 1;
      case FORWARD, BACKWARD -> 2;
      case KEPT, STATE, COSTATE -> 3;
    };
  }

  private Set<Integer> crossing(List<Unit> group, Set<Integer> stored) {
    var builder = new LoopBuilder(order, element, weights, group, Set.of());
    boolean[] crossing = RowKernel.crossing(builder.code());
    var nodes = new LinkedHashSet<Integer>();
    builder.index.forEach(
        (node, i) -> {
          if (crossing[i] && !stored.contains(node) && builder.group.contains(node)) {
            nodes.add(node);
          }
        });
    return nodes;
  }

  // ---- tasks

  private Task task(Phase phase, List<Unit> group) {
    Unit first = group.getFirst();
    if (order.fusible(first)) {
      var builder = new LoopBuilder(order, element, weights, group, places.keySet());
      if (builder.length == 1 && order.inColumns(phase)) {
        return new Task.Numbers(
            new Columns(builder.code()), List.copyOf(builder.operands), List.copyOf(builder.group));
      }
      return new Task.Rows(
          builder.code(),
          List.copyOf(builder.operands),
          builder.length,
          List.copyOf(builder.group));
    }
    int id = first.node();
    int made = phases.product(id) < 0 ? id : phases.product(id);
    return switch (views.op(made)) {
      case Op.MatrixVector(int w, int x, boolean transposed) when !views.batched(w) ->
          product(id, w, !transposed, views.size(x), views.size(id), x, 1);
      case Op.MatrixMatrix(int a, int b, boolean ta, boolean tb)
          when !ta
              && !views.batched(b)
              && views.whole(a) >= 0
              && views.placed().get(views.source(a)) == null -> {
        int rows = phases.shape(a).dim(0);
        int depth = phases.shape(a).dim(1);
        yield product(id, b, tb, depth, phases.shape(id).dim(1), a, rows);
      }
      case Op.SumBatch(int x) -> sum(id, x);
      default -> LaneKernel.exists(views.op(id)) ? lanes(id) : new Task.Single(id);
    };
  }

  private Task lanes(int id) {
    var operands = new ArrayList<Task.View>();
    for (int operand : views.op(id).operands()) {
      operands.add(
          views.batched(operand)
              ? views.view(operand)
              : new Task.View(-1, operand, weights.offset(views, operand), 0, false));
    }
    return new Task.Lanes(id, List.copyOf(operands), views.view(id));
  }

  /// views.op(B) is B, or Bᵀ if `transposed`.
  private Task product(
      int id, int matrix, boolean transposed, int depth, int n, int left, int times) {
    var pack = new Task.Pack(matrix, transposed, depth, n);
    weights.packs().add(pack);
    return new Task.Product(id, pack, views.view(left), start(id), views.view(id), times);
  }

  /// What a product is added to, or null.
  private Task.View start(int id) {
    if (phases.product(id) < 0) {
      return null;
    }
    int term = phases.term(id);
    return views.batched(term)
        ? views.view(term)
        : new Task.View(-1, term, weights.offset(views, term), 0, false);
  }

  private Task sum(int id, int x) {
    if (views.absorbed().contains(x)) {
      return switch (views.op(x)) {
        case Op.Outer(int a, int b) ->
            Task.Accumulate.of(id, views.view(a), views.size(a), views.view(b), views.size(b), 1);
        case Op.MatrixMatrix(int a, int b, _, _) when contiguous(a) && contiguous(b) ->
            Task.Accumulate.of(
                id,
                views.view(a),
                phases.shape(a).dim(1),
                views.view(b),
                phases.shape(b).dim(1),
                phases.shape(a).dim(0));
        case Op.ScatterAdd(int rows, int index, var table) ->
            new Task.ScatterRows(
                id,
                views.view(rows),
                views.view(index),
                views.size(index),
                table.size() / table.dim(0),
                table.dim(0));
        default -> throw new IllegalStateException("cannot be summed in place");
      };
    }
    return new Task.SumRows(id, views.view(x), views.size(x));
  }

  private boolean contiguous(int id) {
    Task.View view = views.view(id);
    return view.width() == views.size(id);
  }

  // ---- what workspaces and listings read

  /// Where a node's value is.
  Task.View view(int id) {
    return views.view(id);
  }

  Phases phases() {
    return phases;
  }

  Element element() {
    return element;
  }

  StepGraph graph() {
    return phases.graph();
  }

  List<Task> tasks(Phase phase) {
    return tasks.getOrDefault(phase, List.of());
  }

  /// The memory of each root.
  Map<Integer, Place> places() {
    return places;
  }

  /// Whether some task runs on vectors.
  boolean usesVectors() {
    return tasks.values().stream()
        .flatMap(List::stream)
        .anyMatch(
            task ->
                task instanceof Task.Product
                    || task instanceof Task.Accumulate
                    || task instanceof Task.SumRows
                    || task instanceof Task.Lanes
                    || task instanceof Task.Rows rows && rows.n() > 1);
  }

  /// Whether the interpreter evaluates a node at each step.
  boolean interprets(int id) {
    return tasks.values().stream()
        .flatMap(List::stream)
        .anyMatch(task -> task instanceof Task.Single(int node) && node == id);
  }

  /// What is read of the parameters.
  Weights weights() {
    return weights;
  }

  /// The number of columns of a root.
  int width(int root) {
    int nodes = phases.graph().ops().size();
    return root < nodes ? views.size(root) : bundles.get(root - nodes).nodes().size();
  }

  /// When a root that lives for one phase is used.
  Phase phase(int root) {
    int nodes = phases.graph().ops().size();
    return root < nodes ? phases.phase(root) : bundles.get(root - nodes).phase();
  }

  /// The size of the sum over lanes and steps of each such node.
  Map<Integer, Integer> accumulators() {
    return views.accumulators();
  }

  /// The numbers of one lane that are kept for each step, beside the state.
  long keptPerLane() {
    long total = 0;
    for (var entry : places.entrySet()) {
      if (entry.getValue() == Place.KEPT) {
        total += width(entry.getKey());
      }
    }
    return total;
  }
}
