package org.costate.automata.io;

import java.util.Arrays;
import org.costate.automata.Lattice;

/// Cells that are met one by one while a file is read, without trusting the size in its header.
final class CellList {
  /// The largest lattice that is made from a file.
  static final long MOST_CELLS = 1L << 26;

  private int[] ys = new int[64];
  private int[] xs = new int[64];
  private byte[] states = new byte[64];
  private int count;
  private int top = Integer.MAX_VALUE;
  private int left = Integer.MAX_VALUE;
  private int bottom = Integer.MIN_VALUE;
  private int right = Integer.MIN_VALUE;

  void add(int y, int x, int state) {
    if (count == ys.length) {
      ys = Arrays.copyOf(ys, 2 * count);
      xs = Arrays.copyOf(xs, 2 * count);
      states = Arrays.copyOf(states, 2 * count);
    }
    ys[count] = y;
    xs[count] = x;
    states[count] = (byte) state;
    count++;
    top = Math.min(top, y);
    left = Math.min(left, x);
    bottom = Math.max(bottom, y);
    right = Math.max(right, x);
  }

  int size() {
    return count;
  }

  int top() {
    return count == 0 ? 0 : top;
  }

  int left() {
    return count == 0 ? 0 : left;
  }

  /// The lattice of rows from `firstRow` and columns from `firstColumn` that holds every cell and
  /// is at least of the hinted size, if that is a sensible one.
  Lattice lattice(String source, int firstRow, int firstColumn, long hintHeight, long hintWidth)
      throws FormatException {
    long height = count == 0 ? 1 : (long) bottom - firstRow + 1;
    long width = count == 0 ? 1 : (long) right - firstColumn + 1;
    if (hintHeight >= height && hintWidth >= width && hintHeight <= MOST_CELLS / hintWidth) {
      height = hintHeight;
      width = hintWidth;
    }
    if (height > MOST_CELLS / width) {
      throw new FormatException(
          source,
          "the pattern spans %d rows and %d columns; at most %d cells are read."
              .formatted(height, width, MOST_CELLS));
    }
    byte[] cells = new byte[(int) (height * width)];
    for (int i = 0; i < count; i++) {
      cells[(ys[i] - firstRow) * (int) width + xs[i] - firstColumn] = states[i];
    }
    return Lattice.of((int) height, (int) width, cells);
  }
}
