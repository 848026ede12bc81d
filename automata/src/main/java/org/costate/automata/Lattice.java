package org.costate.automata;

import java.util.Arrays;

/// The states of all cells at one time: `[height, width]`, row by row. A lattice of one dimension
/// has height 1. A lattice never changes.
public final class Lattice {
  /// A cell that was not observed.
  public static final int UNKNOWN = 255;

  /// The largest state of a cell.
  public static final int LARGEST_STATE = 254;

  private final int height;
  private final int width;
  private final byte[] cells;

  private Lattice(int height, int width, byte[] cells) {
    if (height < 1 || width < 1 || cells.length != height * width) {
      throw new IllegalArgumentException(
          "Lattice: %d rows of %d cells need height · width cells, at least one, got %d."
              .formatted(height, width, cells.length));
    }
    this.height = height;
    this.width = width;
    this.cells = cells;
  }

  /// A lattice of given cells.
  ///
  /// @param height the number of rows
  /// @param width the number of columns
  /// @param cells the states, row by row, each 0 … 254 or 255 for unknown; copied
  /// @return the lattice
  public static Lattice of(int height, int width, byte[] cells) {
    return new Lattice(height, width, cells.clone());
  }

  /// A lattice that takes over an array.
  static Lattice wrap(int height, int width, byte[] cells) {
    return new Lattice(height, width, cells);
  }

  /// A lattice of zeros.
  ///
  /// @param height the number of rows
  /// @param width the number of columns
  /// @return the lattice
  public static Lattice zeros(int height, int width) {
    return new Lattice(height, width, new byte[Math.multiplyExact(height, width)]);
  }

  /// A lattice drawn as text: `.` or `0` is state 0, `O` or `*` state 1, `1`…`9` and `a`…`z` states
  /// 1…35, `?` unknown.
  ///
  /// @param rows one string for each row, of equal length
  /// @return the lattice
  public static Lattice parse(String... rows) {
    byte[] cells = new byte[rows.length * rows[0].length()];
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < rows[0].length(); x++) {
        int state = state(rows[y].charAt(x));
        if (rows[y].length() != rows[0].length() || state < 0) {
          throw new IllegalArgumentException(
              "Lattice: row %d '%s' must have %d characters of . 0-9 a-z O * ?."
                  .formatted(y, rows[y], rows[0].length()));
        }
        cells[y * rows[0].length() + x] = (byte) state;
      }
    }
    return new Lattice(rows.length, rows[0].length(), cells);
  }

  /// The state that a character stands for.
  ///
  /// @param c the character
  /// @return the state, [#UNKNOWN], or −1 if it stands for none
  public static int state(char c) {
    return switch (c) {
      case '.' -> 0;
      case 'O', '*' -> 1;
      case '?' -> UNKNOWN;
      default -> c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
    };
  }

  /// The number of rows.
  ///
  /// @return the height
  public int height() {
    return height;
  }

  /// The number of columns.
  ///
  /// @return the width
  public int width() {
    return width;
  }

  /// The number of cells.
  ///
  /// @return height · width
  public int size() {
    return cells.length;
  }

  /// One cell.
  ///
  /// @param y the row, from the top
  /// @param x the column, from the left
  /// @return its state
  public int get(int y, int x) {
    return cells[y * width + x] & 0xff;
  }

  /// One cell by its number.
  ///
  /// @param i row · width + column
  /// @return its state
  public int get(int i) {
    return cells[i] & 0xff;
  }

  /// The cells, row by row.
  ///
  /// @return a copy
  public byte[] toArray() {
    return cells.clone();
  }

  /// The cells without a copy, for kernels of this module that do not change them.
  byte[] cells() {
    return cells;
  }

  /// How many cells have a state.
  ///
  /// @param state the state
  /// @return the number
  public int count(int state) {
    int n = 0;
    for (byte cell : cells) {
      n += (cell & 0xff) == state ? 1 : 0;
    }
    return n;
  }

  /// How many cells are in a state other than 0; unknown cells are not counted.
  ///
  /// @return the number
  public int population() {
    return cells.length - count(0) - count(UNKNOWN);
  }

  /// The largest state.
  ///
  /// @return the state; 0 if all cells are unknown
  public int largestState() {
    int largest = 0;
    for (byte cell : cells) {
      int state = cell & 0xff;
      largest = state == UNKNOWN ? largest : Math.max(largest, state);
    }
    return largest;
  }

  /// This lattice with one other cell.
  ///
  /// @param y the row
  /// @param x the column
  /// @param state the new state
  /// @return the new lattice
  public Lattice with(int y, int x, int state) {
    byte[] copy = cells.clone();
    copy[y * width + x] = (byte) state;
    return new Lattice(height, width, copy);
  }

  /// This lattice placed into a larger or smaller one.
  ///
  /// @param newHeight the new number of rows
  /// @param newWidth the new number of columns
  /// @param top the row at which this lattice's first row comes to lie, may be negative
  /// @param left the column at which its first column comes to lie, may be negative
  /// @return the new lattice; cells that were outside are 0
  public Lattice placed(int newHeight, int newWidth, int top, int left) {
    byte[] out = new byte[Math.multiplyExact(newHeight, newWidth)];
    for (int y = Math.max(0, -top); y < Math.min(height, newHeight - top); y++) {
      int from = Math.max(0, -left);
      int to = Math.min(width, newWidth - left);
      if (to > from) {
        System.arraycopy(
            cells, y * width + from, out, (y + top) * newWidth + left + from, to - from);
      }
    }
    return new Lattice(newHeight, newWidth, out);
  }

  /// The smallest rectangle that holds every cell that is not 0.
  ///
  /// @return `{top, left, height, width}`; height and width are 0 if all cells are 0
  public int[] boundingBox() {
    int top = height;
    int bottom = -1;
    int left = width;
    int right = -1;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (cells[y * width + x] != 0) {
          top = Math.min(top, y);
          bottom = y;
          left = Math.min(left, x);
          right = Math.max(right, x);
        }
      }
    }
    return bottom < 0
        ? new int[] {0, 0, 0, 0}
        : new int[] {top, left, bottom - top + 1, right - left + 1};
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Lattice that
        && height == that.height
        && width == that.width
        && Arrays.equals(cells, that.cells);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(cells);
  }

  /// The lattice as text, one row a line; states beyond 35 as `#`.
  @Override
  public String toString() {
    var text = new StringBuilder();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        text.append(character(get(y, x)));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /// The character that stands for a state.
  ///
  /// @param state the state
  /// @return `.`, `1`…`9`, `a`…`z`, `?`, or `#` for a state beyond 35
  public static char character(int state) {
    return state == 0
        ? '.'
        : state == UNKNOWN
            ? '?'
            : state < 10 ? (char) ('0' + state) : state < 36 ? (char) ('a' + state - 10) : '#';
  }
}
