package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.graph.Op;
import org.costate.internal.code.Element;
import org.costate.internal.code.Simd;

/// The order of work within a phase: heavy tasks as early as they can, and element-wise units of
/// one length that are ready together as one loop.
final class Schedule {
  /// Bytes of bytecode after which a loop is ended: HotSpot never compiles a method of more than
  /// 8,000, and inlines the operations of vector kernels only if they are much shorter than that.
  private static final int LARGEST_LOOP = 3000;

  private static final int CHEAPEST = 10;

  private static final int LARGEST_SCALAR_CODE = 4000;

  /// Operations on single numbers after which straight-line code outgrows the cache of instructions
  /// and takes seconds to compile.
  private static final int LARGEST_STRAIGHT_LINE = 1000;

  private final Views views;
  private final Phases phases;
  private final Element element;
  private final Set<Phase> columns = EnumSet.noneOf(Phase.class);

  Schedule(Views views, Element element) {
    this.views = views;
    this.element = element;
    this.phases = views.phases();
  }

  Views views() {
    return views;
  }

  private List<Unit> units(Phase phase) {
    var units = new ArrayList<Unit>();
    for (int id = 0; id < phases.graph().ops().size(); id++) {
      if (phases.phase(id) != phase
          || views.op(id) instanceof Op.Input
          || views.absorbed().contains(id)
          || views.batched(id) && (views.isAlias(id) || views.isSpread(id))) {
        continue;
      }
      if (views.op(id) instanceof Op.Concat(var parts, int axis) && phases.outer(id, axis) == 1) {
        int offset = 0;
        for (int part = 0; part < parts.size(); part++) {
          int made = views.batched(parts.get(part)) ? views.whole(parts.get(part)) : -1;
          Task.View own = views.placed().get(made);
          if (own == null || own.root() != id || own.offset() != offset) {
            units.add(new Unit(id, part, -1));
          }
          offset += views.size(parts.get(part));
        }
      } else {
        units.add(Unit.of(id));
      }
    }
    for (int i = 0; i < phases.carry.length; i++) {
      if (phase == Phase.STEP && !views.isPlaced(phases.next[i], phases.carry[i], true)) {
        units.add(new Unit(phases.next[i], -1, phases.carry[i]));
      }
      int bar = phases.carryBar[i];
      if (phase == Phase.BACK_STEP && bar >= 0 && !views.isPlaced(bar, phases.nextBar[i], false)) {
        units.add(new Unit(bar, -1, phases.nextBar[i]));
      }
    }
    return units;
  }

  /// The nodes whose values a unit reads.
  int[] reads(Unit unit) {
    if (unit.target() >= 0) {
      return new int[] {unit.node()};
    }
    if (unit.part() >= 0) {
      return new int[] {((Op.Concat) views.op(unit.node())).parts().get(unit.part())};
    }
    int product = phases.product(unit.node());
    if (product >= 0) {
      return new int[] {phases.term(unit.node()), ((Op.MatrixVector) views.op(product)).vector()};
    }
    if (views.op(unit.node()) instanceof Op.SumBatch(int x) && views.absorbed().contains(x)) {
      return views.op(x).operands();
    }
    return views.op(unit.node()).operands();
  }

  boolean fusible(Unit unit) {
    return unit.target() >= 0 || unit.part() >= 0 || phases.elementwise(unit.node());
  }

  /// The length of the rows that a unit loops over; 1 for single numbers.
  int domain(Unit unit) {
    if (unit.part() >= 0) {
      return views.size(reads(unit)[0]);
    }
    if (unit.target() < 0) {
      return switch (views.op(unit.node())) {
        case Op.Sum(int x, _) -> views.size(x);
        case Op.Max(int x, _) -> views.size(x);
        default -> views.size(unit.node());
      };
    }
    return views.size(unit.node());
  }

  /// Whether the single numbers of a phase are computed by [Columns]: there are several rows, and
  /// straight-line code would be longer than the cache of instructions.
  boolean inColumns(Phase phase) {
    return columns.contains(phase);
  }

  /// The tasks of a phase in order, each a list of units.
  List<List<Unit>> schedule(Phase phase) {
    var open = new LinkedHashSet<Unit>(units(phase));
    long numbers = open.stream().filter(unit -> fusible(unit) && domain(unit) == 1).count();
    if (!phase.inLoop() && numbers > LARGEST_STRAIGHT_LINE) {
      columns.add(phase);
    }
    int longest = inColumns(phase) ? Integer.MAX_VALUE : LARGEST_SCALAR_CODE;
    var pending = new HashMap<Integer, Integer>();
    for (Unit unit : open) {
      if (unit.target() < 0) {
        pending.merge(unit.node(), 1, Integer::sum);
      }
    }
    // A concatenation is complete when its views.placed() parts are.
    var partsOf = new HashMap<Integer, List<Integer>>();
    views
        .placed()
        .forEach(
            (id, view) -> {
              if (views.op(view.root()) instanceof Op.Concat
                  && phases.phase(view.root()) == phase) {
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
      List<Unit> group = group(open, pending, partsOf, longest);
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

  private static void finish(Unit unit, Set<Unit> open, Map<Integer, Integer> pending) {
    open.remove(unit);
    if (unit.target() < 0) {
      pending.merge(unit.node(), -1, Integer::sum);
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
    if (!views.batched(id)) {
      return true;
    }
    int whole = views.whole(id);
    if (whole >= 0 && inGroup.contains(whole)) {
      return true;
    }
    int source = views.source(id);
    if (views.isSpread(source)) {
      return available(((Op.Broadcast) views.op(source)).x(), pending, partsOf, inGroup);
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
      Set<Unit> open,
      Map<Integer, Integer> pending,
      Map<Integer, List<Integer>> partsOf,
      int longest) {
    int length = 0;
    for (Unit unit : open) {
      if (domain(unit) > length && fusible(unit) && ready(unit, pending, partsOf, Set.of())) {
        length = domain(unit);
      }
    }
    int limit = length > 1 ? LARGEST_LOOP : longest;
    var group = new ArrayList<Unit>();
    var inside = new java.util.HashSet<Unit>();
    var members = new LinkedHashSet<Integer>();
    int cost = 0;
    boolean grown = length > 0;
    while (grown) {
      grown = false;
      for (Unit unit : open) {
        if (cost > limit - CHEAPEST) {
          return group;
        }
        boolean fits = domain(unit) == length || domain(unit) == 1;
        if (fusible(unit)
            && fits
            && !inside.contains(unit)
            && ready(unit, pending, partsOf, members)
            && (group.isEmpty() || cost <= limit - cost(unit, length))) {
          group.add(unit);
          inside.add(unit);
          cost += cost(unit, length);
          if (unit.target() < 0 && unit.part() < 0) {
            members.add(unit.node());
          }
          grown = true;
        }
      }
    }
    return group;
  }

  /// Bytes of bytecode, roughly.
  private int cost(Unit unit, int length) {
    if (length == 1) {
      return CHEAPEST + 5 * reads(unit).length;
    }
    int both = withRest(unit);
    return Simd.whole(element, length) ? both / 2 : both;
  }

  /// The main loop and what is left of a row after it.
  private int withRest(Unit unit) {
    if (unit.target() >= 0 || unit.part() >= 0) {
      return 80;
    }
    int loads = 30 * views.op(unit.node()).operands().length + 40;
    return switch (views.op(unit.node())) {
      case Op.Unary o ->
          switch (o.function()) {
            case EXP, LOG, TANH, SIGMOID -> 1000 + loads;
            case SOFTPLUS, SIN, COS -> 2000 + loads;
            default -> 50 + loads;
          };
      default -> 50 + loads;
    };
  }
}
