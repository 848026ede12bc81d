package org.costate.automata;

/// What lies beyond the edge of a lattice.
public sealed interface Boundary {
  /// The cell that takes the place of a position, which may lie outside.
  ///
  /// @param y the row
  /// @param x the column
  /// @param height the height of the lattice
  /// @param width the width of the lattice
  /// @return row · width + column, or −1 if the position has the state [#outside]
  int resolve(int y, int x, int height, int width);

  /// The state of positions that no cell takes the place of.
  ///
  /// @return the state
  default int outside() {
    return 0;
  }

  /// Opposite edges are joined.
  ///
  /// @param shiftRight how far right one comes out at the other end when leaving through the top
  /// @param shiftDown how far down when leaving through the left
  record Torus(int shiftRight, int shiftDown) implements Boundary {
    /// The plain torus.
    public Torus() {
      this(0, 0);
    }

    @Override
    public int resolve(int y, int x, int height, int width) {
      int row = y - shiftDown * Math.floorDiv(x, width);
      int column = x - shiftRight * Math.floorDiv(y, height);
      return Math.floorMod(row, height) * width + Math.floorMod(column, width);
    }
  }

  /// Cells outside have one state for ever.
  ///
  /// @param outside the state
  record Fixed(int outside) implements Boundary {
    @Override
    public int resolve(int y, int x, int height, int width) {
      return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
    }
  }

  /// The edge is a mirror: position −1 is cell 0, position −2 is cell 1.
  record Reflecting() implements Boundary {
    @Override
    public int resolve(int y, int x, int height, int width) {
      return mirror(y, height) * width + mirror(x, width);
    }

    private static int mirror(int i, int n) {
      int m = Math.floorMod(i, 2 * n);
      return m < n ? m : 2 * n - 1 - m;
    }
  }

  /// There is no edge: the lattice grows with what lives on it. State 0 must stay 0 where all is 0.
  ///
  /// @param wrapsRows whether the top and bottom edges are joined instead
  /// @param wrapsColumns whether the left and right edges are joined instead
  record Unbounded(boolean wrapsRows, boolean wrapsColumns) implements Boundary {
    /// The plane.
    public Unbounded() {
      this(false, false);
    }

    @Override
    public int resolve(int y, int x, int height, int width) {
      int row = wrapsRows ? Math.floorMod(y, height) : y;
      int column = wrapsColumns ? Math.floorMod(x, width) : x;
      return row >= 0 && row < height && column >= 0 && column < width ? row * width + column : -1;
    }
  }

  /// A Klein bottle or a cross-surface: opposite edges are joined, some of them reversed.
  ///
  /// @param twistRows whether leaving through the top or bottom mirrors the column
  /// @param twistColumns whether leaving through the left or right mirrors the row
  record Twisted(boolean twistRows, boolean twistColumns) implements Boundary {
    @Override
    public int resolve(int y, int x, int height, int width) {
      int row = twistColumns && odd(x, width) ? height - 1 - y : y;
      int column = twistRows && odd(y, height) ? width - 1 - x : x;
      return Math.floorMod(row, height) * width + Math.floorMod(column, width);
    }

    private static boolean odd(int i, int n) {
      return (Math.floorDiv(i, n) & 1) != 0;
    }
  }

  /// A sphere: the top edge is joined to the left one, the bottom edge to the right one; the
  /// lattice is square.
  record Sphere() implements Boundary {
    @Override
    public int resolve(int y, int x, int height, int width) {
      int row = y;
      int column = x;
      for (int i = 0; i < 2 && (row < 0 || row >= height || column < 0 || column >= width); i++) {
        int oldRow = row;
        if (row < 0) {
          row = column;
          column = -1 - oldRow;
        } else if (row >= height) {
          row = column;
          column = width - 1 - (oldRow - height);
        } else if (column < 0) {
          row = -1 - column;
          column = oldRow;
        } else {
          row = height - 1 - (column - width);
          column = oldRow;
        }
      }
      return Math.clamp(row, 0, height - 1) * width + Math.clamp(column, 0, width - 1);
    }
  }
}
