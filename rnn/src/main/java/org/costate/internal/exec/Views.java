package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.graph.Op;

/// What shows what: which nodes are parts or other shapes of others, and which are computed inside
/// the memory of others.
final class Views {
  private final Phases phases;
  private final boolean separate;
  private final Map<Integer, Task.View> placed = new HashMap<>();
  private final Set<Integer> materialised = new LinkedHashSet<>();
  private final Map<Integer, Integer> accumulators = new LinkedHashMap<>();
  private final Set<Integer> absorbed = new LinkedHashSet<>();

  /// @param phases when each node is computed
  /// @param separate whether states are changed between steps, so that the next state must not be
  ///   the only copy of a value
  Views(Phases phases, boolean separate) {
    this.phases = phases;
    this.separate = separate;
    absorbOuterProducts();
    materialiseBroadcasts();
    placeStates();
    placeConcatenations();
    placeTerms();
  }

  Phases phases() {
    return phases;
  }

  /// The nodes that are computed inside another root, and where.
  Map<Integer, Task.View> placed() {
    return placed;
  }

  /// The size of the sum over lanes and steps of each such node.
  Map<Integer, Integer> accumulators() {
    return accumulators;
  }

  /// The nodes that a sum computes itself.
  Set<Integer> absorbed() {
    return absorbed;
  }

  Op op(int id) {
    return phases.op(id);
  }

  int size(int id) {
    return phases.size(id);
  }

  boolean batched(int id) {
    return phases.graph().batched(id);
  }

  /// The node that a sum over the batch computes itself, so that it never exists for single lanes.
  boolean absorbs(int x) {
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

  void absorbOuterProducts() {
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
  void materialiseBroadcasts() {
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

  List<Integer> aliasUsers(int id) {
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

  boolean live(int id) {
    Phase phase = phases.phase(id);
    return batched(id) && phase != Phase.DEAD && phase != Phase.TOTAL && phase != Phase.BIND;
  }

  boolean isAlias(int id) {
    return switch (op(id)) {
      case Op.Reshape _, Op.StopGradient _, Op.StraightThrough _ -> true;
      case Op.Slice(int x, int axis, _, _) -> phases.outer(x, axis) == 1;
      default -> false;
    };
  }

  int aliasOf(int id) {
    return switch (op(id)) {
      case Op.Reshape o -> o.x();
      case Op.StopGradient o -> o.x();
      case Op.StraightThrough o -> o.hard();
      case Op.Slice o -> o.x();
      default -> throw new IllegalStateException("not an alias");
    };
  }

  /// The node that computes what `id` shows.
  int source(int id) {
    int at = id;
    while (batched(at) && isAlias(at)) {
      at = aliasOf(at);
    }
    return at;
  }

  /// The node that computes exactly what `id` shows, or −1 if `id` is only a part of it.
  int whole(int id) {
    int at = id;
    while (batched(at) && isAlias(at)) {
      if (op(at) instanceof Op.Slice && size(at) != size(aliasOf(at))) {
        return -1;
      }
      at = aliasOf(at);
    }
    return at;
  }

  boolean isSpread(int id) {
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

  static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).anyMatch(other -> other == id);
  }

  boolean computed(int id) {
    return live(id)
        && !(op(id) instanceof Op.Input)
        && !isAlias(id)
        && !absorbed.contains(id)
        && !(op(id) instanceof Op.SumBatch);
  }

  /// A next state or costate is computed where it will be read, if it is not changed there.
  void placeStates() {
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
  void placeConcatenations() {
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

  /// A term that only starts a product is computed where the sum is.
  void placeTerms() {
    for (int id = phases.graph().ops().size() - 1; id >= 0; id--) {
      if (phases.product(id) >= 0) {
        absorbed.add(phases.product(id));
        if (phases.inPlace(id)) {
          Task.View sum = view(id);
          int term = phases.term(id);
          placed.put(term, new Task.View(sum.root(), term, sum.offset(), sum.width(), sum.next()));
        }
      }
    }
  }

  boolean isPlaced(int id, int root, boolean next) {
    Task.View own = placed.get(id);
    return own != null && own.root() == root && own.next() == next;
  }
}
