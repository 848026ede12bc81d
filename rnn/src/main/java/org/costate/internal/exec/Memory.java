package org.costate.internal.exec;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.internal.code.Element;

/// Where every value of a [Plan] begins in the one array of a session, for a number of lanes and
/// steps. A session that only goes forward has no room for what the backward pass writes: the
/// packed rows of its outer products alone are several times what a forward pass needs.
public final class Memory {
  /// Rows of a phase outside the loop that go through all its tasks together.
  static final int TILE = 128;

  private final Plan plan;
  private final int lanes;
  private final int steps;
  private final int block;
  private final boolean forward;
  private final Map<Integer, Integer> base = new HashMap<>();
  private final Map<Integer, Integer> sums = new HashMap<>();
  private final int scratch;
  private final long size;

  Memory(Plan plan, Products products, int lanes, int steps, int block, boolean forward) {
    this.plan = plan;
    this.lanes = lanes;
    this.steps = steps;
    this.block = block;
    this.forward = forward;
    long at = 0;
    for (var entry : plan.places().entrySet()) {
      long width = plan.width(entry.getKey());
      switch (entry.getValue()) {
        case STATE -> at = put(entry.getKey(), at, (steps + 1L) * lanes * width);
        case KEPT -> at = put(entry.getKey(), at, (long) steps * lanes * width);
        case COSTATE -> {
          long after = put(entry.getKey(), at, (block + 1L) * lanes * width);
          at = forward ? at : after;
        }
        case FORWARD, BACKWARD, SCRATCH, NONE -> {}
      }
    }
    for (var entry : plan.accumulators().entrySet()) {
      sums.put(entry.getKey(), (int) Math.min(at, Integer.MAX_VALUE));
      at += forward ? 0 : entry.getValue();
    }
    // A block of the forward pass and one of the backward pass are never alive together.
    long end = at;
    for (Place place : new Place[] {Place.FORWARD, Place.BACKWARD}) {
      long here = at;
      for (var entry : plan.places().entrySet()) {
        if (entry.getValue() == place) {
          long width = plan.width(entry.getKey());
          here = put(entry.getKey(), here, (long) block * lanes * width);
        }
      }
      end = forward && place == Place.BACKWARD ? end : Math.max(end, here);
    }
    at = end;
    for (Phase phase : Phase.values()) {
      long here = at;
      int rows = phase.inLoop() ? lanes : Math.min(TILE, block * lanes);
      for (var entry : plan.places().entrySet()) {
        if (entry.getValue() == Place.SCRATCH && plan.phase(entry.getKey()) == phase) {
          here = put(entry.getKey(), here, (long) rows * plan.width(entry.getKey()));
        }
      }
      end = forward && phase.backward() ? end : Math.max(end, here);
    }
    at = end;
    long scratch = 0;
    for (Task task : forward ? List.<Task>of() : plan.tasks(Phase.BACK_AFTER)) {
      if (task instanceof Task.Accumulate o) {
        int rows = block * lanes * o.times();
        long left = products.leftSize(o.m(), o.n(), rows);
        scratch = Math.max(scratch, products.sumPanels(o.n()).size(rows) + left);
      }
    }
    for (Phase phase : Phase.values()) {
      for (Task task : forward && phase.backward() ? List.<Task>of() : plan.tasks(phase)) {
        if (task instanceof Task.Lanes(int node, _, _)) {
          scratch = Math.max(scratch, LaneKernel.scratch(plan.graph(), node, products));
        } else if (task instanceof Task.Numbers o) {
          scratch = Math.max(scratch, o.columns().scratch());
        }
      }
    }
    this.scratch = (int) Math.min(at, Integer.MAX_VALUE);
    this.size = at + scratch;
  }

  private long put(int id, long at, long length) {
    base.put(id, (int) Math.min(at, Integer.MAX_VALUE));
    return at + length;
  }

  /// The bytes of the array.
  public long bytes() {
    return size * plan.element().bytes();
  }

  Object allocate() {
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "Step '%s': %d lanes and %d kept steps need %d numbers in one array, which Java cannot have; save fewer steps, for example with SavePolicy.Every(%d)."
              .formatted(
                  plan.graph().name(), lanes, steps, size, Math.max(1, (int) Math.sqrt(steps))));
    }
    Element element = plan.element();
    return element.array((int) size);
  }

  Plan plan() {
    return plan;
  }

  int lanes() {
    return lanes;
  }

  /// The number of steps that are kept.
  public int steps() {
    return steps;
  }

  /// Whether there is only room for going forward.
  public boolean forward() {
    return forward;
  }

  /// The number of steps of a block.
  public int block() {
    return block;
  }

  int base(int root) {
    Integer at = base.get(root);
    if (at == null) {
      throw new IllegalStateException(
          "Step '%s': node %d has no memory.".formatted(plan.graph().name(), root));
    }
    return at;
  }

  int sum(int node) {
    return sums.get(node);
  }

  /// Where the memory begins that a task may use while it runs.
  int scratch() {
    return scratch;
  }
}
