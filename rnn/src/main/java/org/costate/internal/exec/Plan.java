package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
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
  /// Bytes of bytecode after which a loop is ended: HotSpot never compiles a method of more than
  /// 8,000, and inlines the operations of vector kernels only if they are much shorter than that.
  private static final int LARGEST_LOOP = 3000;

  private static final int LARGEST_SCALAR_CODE = 4000;

  private final Phases phases;
  private final Element element;
  private final boolean separate;
  private final Map<Phase, List<Task>> tasks = new EnumMap<>(Phase.class);
  private final Map<Integer, Place> places = new LinkedHashMap<>();
  private final Map<Integer, Task.View> placed = new HashMap<>();
  private final Set<Integer> materialised = new LinkedHashSet<>();
  private final Weights weights;
  private final List<Bundle> bundles = new ArrayList<>();
  private final Map<Integer, Integer> accumulators = new LinkedHashMap<>();
  private final Set<Integer> absorbed = new LinkedHashSet<>();

  /// Single numbers that live equally long, side by side in one row.
  private record Bundle(Place place, Phase phase, List<Integer> nodes) {}

  /// Where the rows of shared values, and the packed matrices, are in the array of weights.
  static final class Weights {
    private final Map<Integer, Integer> rows = new LinkedHashMap<>();
    private final Set<Task.Pack> packs = new LinkedHashSet<>();
    private int size;

    int row(int id, int length) {
      Integer at = rows.get(id);
      if (at == null) {
        at = size;
        rows.put(id, at);
        size += length;
      }
      return at;
    }

    Map<Integer, Integer> rows() {
      return rows;
    }

    int rowsSize() {
      return size;
    }

    Set<Task.Pack> packs() {
      return packs;
    }
  }

  /// Something to be scheduled: a node, one part of a concatenation, or the copy of a value to
  /// where the next state or costate is.
  ///
  /// @param node the node
  /// @param part the part of a concatenation, or −1
  /// @param target the input that a copy is for, the carry or its costate, or −1
  private record Unit(int node, int part, int target) {
    static Unit of(int node) {
      return new Unit(node, -1, -1);
    }
  }

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
    absorbOuterProducts();
    materialiseBroadcasts();
    placeStates();
    placeConcatenations();
    var schedule = new EnumMap<Phase, List<List<Unit>>>(Phase.class);
    for (Phase phase : Phase.values()) {
      if (phase != Phase.BIND && phase != Phase.TOTAL && phase != Phase.DEAD) {
        schedule.put(phase, schedule(phase));
      }
    }
    choosePlaces(schedule);
    bundleNumbers();
    schedule.forEach((phase, groups) -> tasks.put(phase, groups.stream().map(this::task).toList()));
  }

  private Op op(int id) {
    return phases.op(id);
  }

  private int size(int id) {
    return phases.size(id);
  }

  private boolean batched(int id) {
    return phases.graph().batched(id);
  }

  // ---- before scheduling

  /// The node that a sum over the batch computes itself, so that it never exists for single lanes.
  private boolean absorbs(int x) {
    boolean kind =
        switch (op(x)) {
          case Op.Outer(int a, int b) -> batched(a) && batched(b);
          case Op.MatrixMatrix(int a, int b, boolean ta, boolean tb) ->
              ta && !tb && batched(a) && batched(b);
          case Op.ScatterAdd(int rows, int index, _) -> batched(rows) && batched(index);
          default -> false;
        };
    return kind && phases.users(x).size() == 1 && !phases.isResult(x);
  }

  private void absorbOuterProducts() {
    for (int id = 0; id < phases.graph().ops().size(); id++) {
      if (phases.phase(id) != Phase.DEAD && op(id) instanceof Op.SumBatch(int x)) {
        accumulators.put(id, size(id));
        if (absorbs(x)) {
          absorbed.add(x);
        }
      }
    }
  }

  /// A repeated number is written out only for a task that is no fused loop.
  private void materialiseBroadcasts() {
    for (int id = 0; id < phases.graph().ops().size(); id++) {
      if (live(id) && op(id) instanceof Op.Broadcast(_, int axis, _) && axis < 0) {
        boolean needed = phases.isResult(id);
        for (int user : aliasUsers(id)) {
          needed |= !phases.elementwise(user) || op(user) instanceof Op.Slice;
        }
        if (needed) {
          materialised.add(id);
        }
      }
    }
  }

  private List<Integer> aliasUsers(int id) {
    var all = new ArrayList<Integer>();
    for (int user : phases.users(id)) {
      if (phases.phase(user) == Phase.DEAD) {
        continue;
      }
      if (isAlias(user) && !(op(user) instanceof Op.Slice)) {
        if (aliasOf(user) == id) {
          if (phases.isResult(user)) {
            all.add(-1);
          }
          all.addAll(aliasUsers(user));
        }
      } else {
        all.add(user);
      }
    }
    all.removeIf(user -> user < 0);
    return all;
  }

  private boolean live(int id) {
    Phase phase = phases.phase(id);
    return batched(id) && phase != Phase.DEAD && phase != Phase.TOTAL && phase != Phase.BIND;
  }

  private boolean isAlias(int id) {
    return switch (op(id)) {
      case Op.Reshape _, Op.StopGradient _, Op.StraightThrough _ -> true;
      case Op.Slice(int x, int axis, _, _) -> phases.outer(x, axis) == 1;
      default -> false;
    };
  }

  private int aliasOf(int id) {
    return switch (op(id)) {
      case Op.Reshape o -> o.x();
      case Op.StopGradient o -> o.x();
      case Op.StraightThrough o -> o.hard();
      case Op.Slice o -> o.x();
      default -> throw new IllegalStateException("not an alias");
    };
  }

  /// The node that computes what `id` shows.
  private int source(int id) {
    int at = id;
    while (batched(at) && isAlias(at)) {
      at = aliasOf(at);
    }
    return at;
  }

  /// The node that computes exactly what `id` shows, or −1 if `id` is only a part of it.
  private int whole(int id) {
    int at = id;
    while (batched(at) && isAlias(at)) {
      if (op(at) instanceof Op.Slice && size(at) != size(aliasOf(at))) {
        return -1;
      }
      at = aliasOf(at);
    }
    return at;
  }

  private boolean isSpread(int id) {
    return batched(id)
        && op(id) instanceof Op.Broadcast(_, int axis, _)
        && axis < 0
        && !materialised.contains(id);
  }

  /// Where a node's value is.
  Task.View view(int id) {
    if (!batched(id)) {
      return new Task.View(-1, id, 0, size(id), false);
    }
    int offset = 0;
    int at = id;
    while (isAlias(at)) {
      if (op(at) instanceof Op.Slice(int x, int axis, int from, _)) {
        offset += from * Structure.inner(phases.shape(x), axis);
      }
      at = aliasOf(at);
    }
    Task.View own = placed.get(at);
    if (own != null) {
      return new Task.View(own.root(), id, own.offset() + offset, own.width(), own.next());
    }
    return new Task.View(at, id, offset, size(at), contains(phases.nextBar, at));
  }

  private static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).anyMatch(other -> other == id);
  }

  private boolean computed(int id) {
    return live(id)
        && !(op(id) instanceof Op.Input)
        && !isAlias(id)
        && !absorbed.contains(id)
        && !(op(id) instanceof Op.SumBatch);
  }

  /// A next state or costate is computed where it will be read, if it is not changed there.
  private void placeStates() {
    for (int i = 0; i < phases.carry.length; i++) {
      int id = phases.next[i];
      if (!separate
          && computed(id)
          && !isSpread(id)
          && phases.phase(id) == Phase.STEP
          && !placed.containsKey(id)) {
        placed.put(id, new Task.View(phases.carry[i], id, 0, size(id), true));
      }
      int bar = phases.carryBar[i];
      if (bar >= 0
          && computed(bar)
          && !isSpread(bar)
          && phases.phase(bar) == Phase.BACK_STEP
          && phases.users(bar).isEmpty()
          && !contains(phases.inputBar, bar)
          && !placed.containsKey(bar)) {
        placed.put(bar, new Task.View(phases.nextBar[i], bar, 0, size(bar), false));
      }
    }
  }

  /// The parts of a concatenation are computed where it is.
  private void placeConcatenations() {
    for (int id = 0; id < phases.graph().ops().size(); id++) {
      if (!live(id)
          || !(op(id) instanceof Op.Concat(var parts, int axis))
          || phases.outer(id, axis) != 1
          || placed.containsKey(id)) {
        continue;
      }
      int offset = 0;
      for (int given : parts) {
        int part = batched(given) ? whole(given) : -1;
        if (part >= 0
            && computed(part)
            && !isSpread(part)
            && phases.phase(part) == phases.phase(id)
            && !(op(part) instanceof Op.Concat)
            && !placed.containsKey(part)) {
          placed.put(part, new Task.View(id, part, offset, size(id), false));
        }
        offset += size(given);
      }
    }
  }

  // ---- scheduling

  private List<Unit> units(Phase phase) {
    var units = new ArrayList<Unit>();
    for (int id = 0; id < phases.graph().ops().size(); id++) {
      if (phases.phase(id) != phase
          || op(id) instanceof Op.Input
          || absorbed.contains(id)
          || batched(id) && (isAlias(id) || isSpread(id))) {
        continue;
      }
      if (op(id) instanceof Op.Concat(var parts, int axis) && phases.outer(id, axis) == 1) {
        int offset = 0;
        for (int part = 0; part < parts.size(); part++) {
          int made = batched(parts.get(part)) ? whole(parts.get(part)) : -1;
          Task.View own = placed.get(made);
          if (own == null || own.root() != id || own.offset() != offset) {
            units.add(new Unit(id, part, -1));
          }
          offset += size(parts.get(part));
        }
      } else {
        units.add(Unit.of(id));
      }
    }
    for (int i = 0; i < phases.carry.length; i++) {
      if (phase == Phase.STEP && !isPlaced(phases.next[i], phases.carry[i], true)) {
        units.add(new Unit(phases.next[i], -1, phases.carry[i]));
      }
      int bar = phases.carryBar[i];
      if (phase == Phase.BACK_STEP && bar >= 0 && !isPlaced(bar, phases.nextBar[i], false)) {
        units.add(new Unit(bar, -1, phases.nextBar[i]));
      }
    }
    return units;
  }

  private boolean isPlaced(int id, int root, boolean next) {
    Task.View own = placed.get(id);
    return own != null && own.root() == root && own.next() == next;
  }

  /// The nodes whose values a unit reads.
  private int[] reads(Unit unit) {
    if (unit.target >= 0) {
      return new int[] {unit.node};
    }
    if (unit.part >= 0) {
      return new int[] {((Op.Concat) op(unit.node)).parts().get(unit.part)};
    }
    if (op(unit.node) instanceof Op.SumBatch(int x) && absorbed.contains(x)) {
      return op(x).operands();
    }
    return op(unit.node).operands();
  }

  private boolean fusible(Unit unit) {
    return unit.target >= 0 || unit.part >= 0 || phases.elementwise(unit.node);
  }

  /// The length of the rows that a unit loops over; 1 for single numbers.
  private int domain(Unit unit) {
    if (unit.part >= 0) {
      return size(reads(unit)[0]);
    }
    if (unit.target < 0) {
      return switch (op(unit.node)) {
        case Op.Sum(int x, _) -> size(x);
        case Op.Max(int x, _) -> size(x);
        default -> size(unit.node);
      };
    }
    return size(unit.node);
  }

  private List<List<Unit>> schedule(Phase phase) {
    List<Unit> open = units(phase);
    var pending = new HashMap<Integer, Integer>();
    for (Unit unit : open) {
      if (unit.target < 0) {
        pending.merge(unit.node, 1, Integer::sum);
      }
    }
    // A concatenation is complete when its placed parts are.
    var partsOf = new HashMap<Integer, List<Integer>>();
    placed.forEach(
        (id, view) -> {
          if (op(view.root()) instanceof Op.Concat && phases.phase(view.root()) == phase) {
            partsOf.computeIfAbsent(view.root(), _ -> new ArrayList<>()).add(id);
          }
        });
    var groups = new ArrayList<List<Unit>>();
    while (!open.isEmpty()) {
      boolean moved = true;
      while (moved) {
        moved = false;
        for (Unit unit : List.copyOf(open)) {
          if (!fusible(unit) && ready(unit, pending, partsOf, Set.of())) {
            groups.add(List.of(unit));
            finish(unit, open, pending);
            moved = true;
          }
        }
      }
      List<Unit> group = group(open, pending, partsOf);
      if (group.isEmpty() && !open.isEmpty()) {
        throw new IllegalStateException(
            "Step '%s': the planner found no order for %s in phase %s."
                .formatted(phases.graph().name(), open, phase));
      }
      if (!group.isEmpty()) {
        groups.add(group);
        group.forEach(unit -> finish(unit, open, pending));
      }
    }
    return groups;
  }

  private static void finish(Unit unit, List<Unit> open, Map<Integer, Integer> pending) {
    open.remove(unit);
    if (unit.target < 0) {
      pending.merge(unit.node, -1, Integer::sum);
    }
  }

  private boolean ready(
      Unit unit,
      Map<Integer, Integer> pending,
      Map<Integer, List<Integer>> partsOf,
      Set<Integer> inGroup) {
    for (int read : reads(unit)) {
      if (!available(read, pending, partsOf, inGroup)) {
        return false;
      }
    }
    return true;
  }

  private boolean available(
      int id,
      Map<Integer, Integer> pending,
      Map<Integer, List<Integer>> partsOf,
      Set<Integer> inGroup) {
    if (!batched(id)) {
      return true;
    }
    int whole = whole(id);
    if (whole >= 0 && inGroup.contains(whole)) {
      return true;
    }
    int source = source(id);
    if (isSpread(source)) {
      return available(((Op.Broadcast) op(source)).x(), pending, partsOf, inGroup);
    }
    if (pending.getOrDefault(source, 0) > 0) {
      return false;
    }
    for (int part : partsOf.getOrDefault(source, List.of())) {
      if (pending.getOrDefault(part, 0) > 0) {
        return false;
      }
    }
    return true;
  }

  /// The largest set of element-wise units of one length that can run as one loop.
  private List<Unit> group(
      List<Unit> open, Map<Integer, Integer> pending, Map<Integer, List<Integer>> partsOf) {
    int length = 0;
    for (Unit unit : open) {
      if (fusible(unit) && ready(unit, pending, partsOf, Set.of())) {
        length = Math.max(length, domain(unit));
      }
    }
    int limit = length > 1 ? LARGEST_LOOP : LARGEST_SCALAR_CODE;
    var group = new ArrayList<Unit>();
    var inside = new java.util.HashSet<Unit>();
    var members = new LinkedHashSet<Integer>();
    int cost = 0;
    boolean grown = length > 0;
    while (grown) {
      grown = false;
      for (Unit unit : open) {
        boolean fits = domain(unit) == length || domain(unit) == 1;
        if (fusible(unit)
            && fits
            && !inside.contains(unit)
            && ready(unit, pending, partsOf, members)
            && (group.isEmpty() || cost + cost(unit, length) <= limit)) {
          group.add(unit);
          inside.add(unit);
          cost += cost(unit, length);
          if (unit.target < 0 && unit.part < 0) {
            members.add(unit.node);
          }
          grown = true;
        }
      }
    }
    return group;
  }

  /// Bytes of bytecode, roughly: main loop and tail.
  private int cost(Unit unit, int length) {
    if (length == 1) {
      return 10 + 5 * reads(unit).length;
    }
    if (unit.target >= 0 || unit.part >= 0) {
      return 80;
    }
    int loads = 30 * op(unit.node).operands().length + 40;
    return switch (op(unit.node)) {
      case Op.Unary o ->
          switch (o.function()) {
            case EXP, LOG, TANH, SIGMOID -> 1000 + loads;
            case SOFTPLUS -> 2000 + loads;
            default -> 50 + loads;
          };
      default -> 50 + loads;
    };
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
              if (unit.target < 0 && unit.part < 0) {
                members.add(unit.node);
              }
            }
            boolean loop = fusible(group.getFirst());
            if (!loop) {
              stored.addAll(members);
            }
            for (Unit unit : group) {
              for (int read : reads(unit)) {
                read(read, phase, loop ? members : Set.of(), stored, crossesPhases, kept);
              }
            }
          }
        });
    for (int[] results : List.of(phases.next, phases.output, phases.carryBar, phases.inputBar)) {
      for (int id : results) {
        if (id >= 0 && batched(id)) {
          int source = source(id);
          stored.add(source);
          if (results != phases.next || separate || !placed.containsKey(source)) {
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
                if (fusible(group.getFirst())) {
                  stored.addAll(crossing(group, stored));
                }
              }
            });
    placed.keySet().forEach(stored::add);
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
    if (!batched(id)) {
      return;
    }
    int source = source(id);
    if (isSpread(source)) {
      read(((Op.Broadcast) op(source)).x(), phase, members, stored, crossesPhases, kept);
      return;
    }
    if (!members.contains(source)) {
      stored.add(source);
    }
    Phase made = op(source) instanceof Op.Input ? Phase.BEFORE : phases.phase(source);
    if (made != phase) {
      crossesPhases.add(source);
    }
    if (phase.backward() && !made.backward()) {
      kept.add(source);
    }
    // Whole-block sums of a backward phase read after the tiles of that phase.
    if (phase == Phase.BACK_AFTER && phases.phase(source) == Phase.BACK_AFTER) {
      for (int user : phases.users(id)) {
        if (op(user) instanceof Op.SumBatch || absorbed.contains(user)) {
          crossesPhases.add(source);
          stored.add(source);
        }
      }
    }
  }

  private void place(int id, boolean crossesPhases, boolean kept) {
    if (op(id) instanceof Op.Input) {
      return;
    }
    Task.View own = placed.get(id);
    int root = own == null ? id : own.root();
    if (op(root) instanceof Op.Input) {
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
      if (size(id) == 1 && !(op(id) instanceof Op.Input)) {
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
            placed.put(nodes.get(i), new Task.View(root, nodes.get(i), i, nodes.size(), false));
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
    var builder = new LoopBuilder(group, Set.of());
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

  private Task task(List<Unit> group) {
    Unit first = group.getFirst();
    if (fusible(first)) {
      var builder = new LoopBuilder(group, places.keySet());
      return new Task.Rows(
          builder.code(),
          List.copyOf(builder.operands),
          builder.length,
          List.copyOf(builder.group));
    }
    int id = first.node;
    return switch (op(id)) {
      case Op.MatrixVector(int w, int x, boolean transposed) when !batched(w) -> {
        int depth = size(x);
        yield product(id, w, !transposed, depth, size(id), x, 1);
      }
      case Op.MatrixMatrix(int a, int b, boolean ta, boolean tb)
          when !ta && !batched(b) && whole(a) >= 0 && placed.get(source(a)) == null -> {
        int rows = phases.shape(a).dim(0);
        int depth = phases.shape(a).dim(1);
        yield product(id, b, tb, depth, phases.shape(id).dim(1), a, rows);
      }
      case Op.SumBatch(int x) -> sum(id, x);
      default -> new Task.Single(id);
    };
  }

  /// op(B) is B, or Bᵀ if `transposed`.
  private Task product(
      int id, int matrix, boolean transposed, int depth, int n, int left, int times) {
    var pack = new Task.Pack(matrix, transposed, depth, n);
    weights.packs().add(pack);
    return new Task.Product(id, pack, view(left), view(id), times);
  }

  private Task sum(int id, int x) {
    if (absorbed.contains(x)) {
      return switch (op(x)) {
        case Op.Outer(int a, int b) ->
            new Task.Accumulate(id, view(a), size(a), view(b), size(b), 1);
        case Op.MatrixMatrix(int a, int b, _, _) when contiguous(a) && contiguous(b) ->
            new Task.Accumulate(
                id,
                view(a),
                phases.shape(a).dim(1),
                view(b),
                phases.shape(b).dim(1),
                phases.shape(a).dim(0));
        case Op.ScatterAdd(int rows, int index, var table) ->
            new Task.ScatterRows(
                id,
                view(rows),
                view(index),
                size(index),
                table.size() / table.dim(0),
                table.dim(0));
        default -> throw new IllegalStateException("cannot be summed in place");
      };
    }
    var instructions =
        List.of(
            new RowKernel.Instruction.Load(0, false),
            new RowKernel.Instruction.Load(1, false),
            new RowKernel.Instruction.Binary(org.costate.graph.BinaryFunction.ADD, 0, 1),
            new RowKernel.Instruction.Store(0, 0, 2));
    var code =
        new RowKernel.Code(
            element,
            List.<RowKernel.Instruction>copyOf(instructions),
            List.of(true, true, true, true),
            2);
    return new Task.SumRows(id, code, view(x), size(x));
  }

  private boolean contiguous(int id) {
    Task.View view = view(id);
    return view.width() == size(id);
  }

  /// Makes the program of one fused loop.
  private final class LoopBuilder {
    private final Set<Integer> stored;
    private final List<RowKernel.Instruction> instructions = new ArrayList<>();
    private final List<Boolean> wide = new ArrayList<>();
    private final Map<Integer, Integer> index = new HashMap<>();
    private final Map<Task.View, Integer> operandIndex = new HashMap<>();
    private final List<Task.View> operands = new ArrayList<>();
    private final Set<Integer> group = new LinkedHashSet<>();
    private int length = 1;

    LoopBuilder(List<Unit> units, Set<Integer> stored) {
      this.stored = stored;
      for (Unit unit : units) {
        if (unit.target < 0 && unit.part < 0) {
          group.add(unit.node);
        }
        length = Math.max(length, domain(unit));
      }
      units.forEach(this::add);
    }

    RowKernel.Code code() {
      return new RowKernel.Code(element, instructions, wide, operands.size());
    }

    private int emit(RowKernel.Instruction instruction, boolean isWide) {
      instructions.add(instruction);
      wide.add(isWide);
      return instructions.size() - 1;
    }

    private int operand(Task.View view) {
      int node = view.root() < 0 ? view.node() : -1;
      Task.View key = new Task.View(view.root(), node, view.offset(), view.width(), view.next());
      Integer known = operandIndex.get(key);
      if (known == null) {
        known = operands.size();
        operandIndex.put(key, known);
        operands.add(view);
      }
      return known;
    }

    /// The operand with the whole root of a number, so that all numbers of a root share it.
    private int rootOperand(Task.View view) {
      return operand(new Task.View(view.root(), view.node(), 0, view.width(), view.next()));
    }

    private int load(Task.View view, int size) {
      return size > 1
          ? emit(new RowKernel.Instruction.Load(operand(view), false), true)
          : emit(new RowKernel.Instruction.LoadOne(rootOperand(view), view.offset(), false), false);
    }

    private void add(Unit unit) {
      int id = unit.node;
      if (unit.target >= 0) {
        boolean forward = contains(phases.carry, unit.target);
        store(new Task.View(unit.target, id, 0, size(id), forward), value(id), size(id) > 1);
        return;
      }
      if (unit.part >= 0) {
        var concat = (Op.Concat) op(id);
        int offset = 0;
        for (int i = 0; i < unit.part; i++) {
          offset += size(concat.parts().get(i));
        }
        int part = concat.parts().get(unit.part);
        Task.View own = view(id);
        store(
            new Task.View(own.root(), part, own.offset() + offset, own.width(), own.next()),
            value(part),
            size(part) > 1);
        return;
      }
      boolean isWide = size(id) > 1;
      int made =
          switch (op(id)) {
            case Op.Unary(var f, int x) ->
                emit(new RowKernel.Instruction.Unary(f, value(x)), isWide);
            case Op.Binary(var f, int a, int b) -> {
              int left = value(a);
              yield emit(new RowKernel.Instruction.Binary(f, left, value(b)), isWide);
            }
            case Op.Select(int c, int a, int b) -> {
              int condition = value(c);
              int left = value(a);
              yield emit(new RowKernel.Instruction.Select(condition, left, value(b)), isWide);
            }
            case Op.Sum(int x, _) -> reduce(true, x);
            case Op.Max(int x, _) -> reduce(false, x);
            case Op.Broadcast(int x, _, _) -> value(x);
            default -> throw new IllegalStateException("not element-wise");
          };
      index.put(id, made);
      if (stored.contains(view(id).root())) {
        store(view(id), made, isWide);
      }
    }

    private int reduce(boolean sum, int x) {
      int operand = value(x);
      if (wide.get(operand)) {
        return emit(new RowKernel.Instruction.Reduce(sum, operand), false);
      }
      if (!sum || size(x) == 1) {
        return operand;
      }
      int count = emit(new RowKernel.Instruction.Number(size(x)), false);
      return emit(
          new RowKernel.Instruction.Binary(
              org.costate.graph.BinaryFunction.MULTIPLY, operand, count),
          false);
    }

    private void store(Task.View view, int value, boolean isWide) {
      emit(
          isWide
              ? new RowKernel.Instruction.Store(operand(view), 0, value)
              : new RowKernel.Instruction.Store(rootOperand(view), view.offset(), value),
          isWide);
    }

    /// The instruction with the value of a node.
    private int value(int id) {
      if (!batched(id)) {
        return shared(id);
      }
      int whole = whole(id);
      if (whole >= 0 && index.containsKey(whole)) {
        return index.get(whole);
      }
      int source = source(id);
      if (isSpread(source)) {
        return value(((Op.Broadcast) op(source)).x());
      }
      Integer known = index.get(-1 - id);
      if (known == null) {
        known = load(view(id), size(id));
        index.put(-1 - id, known);
      }
      return known;
    }

    private int shared(int id) {
      Integer known = index.get(-1 - id);
      if (known != null) {
        return known;
      }
      double number = uniform(id);
      int made;
      if (!Double.isNaN(number)) {
        made = emit(new RowKernel.Instruction.Number(number), false);
      } else {
        int at = id;
        int offset = 0;
        while (isAlias(at)) {
          if (op(at) instanceof Op.Slice(int x, int axis, int from, _)) {
            offset += from * Structure.inner(phases.shape(x), axis);
          }
          at = aliasOf(at);
        }
        offset += weights.row(at, size(at));
        made =
            size(id) > 1
                ? emit(
                    new RowKernel.Instruction.Load(
                        operand(new Task.View(-1, id, offset, 0, false)), true),
                    true)
                : emit(
                    new RowKernel.Instruction.LoadOne(
                        operand(new Task.View(-1, -1, 0, 0, false)), offset, true),
                    false);
      }
      index.put(-1 - id, made);
      return made;
    }

    private double uniform(int id) {
      return switch (op(id)) {
        case Op.Constant o when o.values().size() == 1 -> o.values().getFirst();
        case Op.Broadcast(int x, int axis, _) when axis < 0 -> uniform(x);
        case Op.Reshape(int x, _) -> uniform(x);
        default -> Double.NaN;
      };
    }
  }

  // ---- what sessions and listings read

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
    return root < nodes ? size(root) : bundles.get(root - nodes).nodes().size();
  }

  /// When a root that lives for one phase is used.
  Phase phase(int root) {
    int nodes = phases.graph().ops().size();
    return root < nodes ? phases.phase(root) : bundles.get(root - nodes).phase();
  }

  /// The size of the sum over lanes and steps of each such node.
  Map<Integer, Integer> accumulators() {
    return accumulators;
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
