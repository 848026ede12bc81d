package org.costate.internal.exec;

import java.util.List;

/// Where the operands of a kernel are, as it takes them: for each where it begins and the distance
/// of its rows. From step to step all places move by a fixed distance, so they are moved instead of
/// being worked out again: a small network spends a tenth of its time on that otherwise.
final class Places {
  private final Operand[] operands;
  private final int[] at;
  private final int[] move;
  private int slot;
  private int local;
  private int row;

  Places(Memory memory, List<Task.View> views) {
    operands = views.stream().map(view -> new Operand(memory, view)).toArray(Operand[]::new);
    at = new int[2 * operands.length];
    move = new int[at.length];
    for (int i = 0; i < operands.length; i++) {
      at[2 * i] = operands[i].at(0, 0, 0);
      at[2 * i + 1] = operands[i].width();
      move[2 * i] = operands[i].at(1, 1, 0) - at[2 * i];
    }
  }

  /// Whether the rows of all operands have a width and lie one after the other.
  boolean contiguous(int width) {
    for (Operand operand : operands) {
      if (operand.width() != width) {
        return false;
      }
    }
    return true;
  }

  /// The places for some rows; valid until it is asked again.
  int[] at(int nextSlot, int nextLocal, int nextRow) {
    int steps = nextSlot - slot;
    if (nextLocal - local == steps && nextRow == row) {
      for (int i = 0; i < at.length; i++) {
        at[i] += steps * move[i];
      }
    } else {
      for (int i = 0; i < operands.length; i++) {
        at[2 * i] = operands[i].at(nextSlot, nextLocal, nextRow);
      }
    }
    slot = nextSlot;
    local = nextLocal;
    row = nextRow;
    return at;
  }
}
