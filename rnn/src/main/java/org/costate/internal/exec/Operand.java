package org.costate.internal.exec;

/// Where the rows of a value are in the array of a session, worked out as far as it can be before
/// the step is known: a shared value is at one place, a kept one moves with the slot, one of a
/// block with the step of the block, and one of a phase stays.
final class Operand {
  private final int size;
  private final int width;
  private final int base;
  private final int perSlot;
  private final int perLocal;
  private final int perRow;

  Operand(Memory memory, Task.View view) {
    Plan plan = memory.plan();
    int lanes = memory.lanes();
    boolean shared = view.root() < 0;
    Place place = shared ? Place.NONE : plan.places().get(view.root());
    if (place == null) {
      throw new IllegalStateException(
          "Step '%s': node %d has no memory.".formatted(plan.graph().name(), view.root()));
    }
    size = view.node() < 0 ? 0 : plan.phases().size(view.node());
    width = shared ? 0 : view.width();
    boolean kept = place == Place.STATE || place == Place.KEPT;
    boolean ofBlock = place == Place.FORWARD || place == Place.BACKWARD || place == Place.COSTATE;
    perSlot = kept ? lanes * width : 0;
    perLocal = ofBlock ? lanes * width : 0;
    perRow = kept || ofBlock ? width : 0;
    base =
        shared
            ? view.offset()
            : memory.base(view.root()) + view.offset() + (view.next() ? lanes * width : 0);
  }

  /// The numbers of a row of its node.
  int size() {
    return size;
  }

  /// The distance of rows; 0 for a shared value.
  int width() {
    return width;
  }

  /// Where a row begins.
  ///
  /// @param slot the number of the kept step
  /// @param local the number of the step in its block
  /// @param row the row, from the first lane of that step on
  int at(int slot, int local, int row) {
    return base + slot * perSlot + local * perLocal + row * perRow;
  }
}
