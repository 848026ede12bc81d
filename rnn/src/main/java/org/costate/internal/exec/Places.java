package org.costate.internal.exec;

import java.util.List;

/// Where the operands of a kernel are, as it takes them: for each where it begins and the distance
/// of its rows at the first step of a block, and how far it moves with each step. So nothing is
/// worked out again from step to step, which would take a small network a tenth of its time.
final class Places {
  private final Operand[] operands;
  private final int[] at;
  private final int[] moves;
  private int first;
  private int row;

  Places(Memory memory, List<Task.View> views) {
    operands = views.stream().map(view -> new Operand(memory, view)).toArray(Operand[]::new);
    at = new int[2 * operands.length];
    moves = new int[operands.length];
    for (int i = 0; i < operands.length; i++) {
      at[2 * i] = operands[i].at(0, 0, 0);
      at[2 * i + 1] = operands[i].width();
      moves[i] = operands[i].at(1, 1, 0) - at[2 * i];
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

  /// Goes to the block of steps that begins at a slot, and to a row of each step.
  void enter(int slot, int nextRow) {
    if (slot == first && nextRow == row) {
      return;
    }
    for (int i = 0; i < operands.length; i++) {
      at[2 * i] = operands[i].at(slot, 0, nextRow);
    }
    first = slot;
    row = nextRow;
  }

  /// For each operand where it begins at the first step, and the distance of its rows.
  int[] at() {
    return at;
  }

  /// For each operand how far it moves with each step.
  int[] moves() {
    return moves;
  }

  /// Where an operand begins at a step of the block.
  int at(int operand, int step) {
    return at[2 * operand] + step * moves[operand];
  }

  /// The distance of the rows of an operand.
  int width(int operand) {
    return at[2 * operand + 1];
  }
}
