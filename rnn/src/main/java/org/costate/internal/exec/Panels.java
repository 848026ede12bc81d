package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.List;
import org.costate.internal.code.Element;
import org.costate.internal.code.MicroKernel;
import org.costate.internal.code.MicroKernel.Left;
import org.costate.internal.code.PackKernel;
import org.costate.internal.code.Simd;

/// How the n columns of a matrix are packed: in panels of a few vectors, one panel after the other,
/// in each of them row by row. Columns beyond the last are zero.
final class Panels {
  private static final int FEW_ROWS = 2;

  /// Vectors side by side that keep the arithmetic of one row busy.
  private static final int TOGETHER = 8;

  private final Element element;
  private final Left left;
  private final int n;
  private final int columns;
  private final List<Group> single;
  private final List<Group> together;

  /// @param left how the left operand of their products lies
  Panels(Element element, Left left, int n) {
    this.element = element;
    this.left = left;
    this.n = n;
    int length = Simd.length(element);
    List<Integer> panels = MicroKernel.panels(left, (n + length - 1) / length);
    single = groups(panels, 1);
    together = groups(panels, TOGETHER);
    columns = panels.stream().mapToInt(Integer::intValue).sum() * length;
  }

  /// Neighbouring panels in groups of at least so many vectors, except for the last.
  private List<Group> groups(List<Integer> panels, int least) {
    var groups = new ArrayList<Group>();
    int column = 0;
    for (int first = 0, end; first < panels.size(); first = end) {
      int vectors = 0;
      for (end = first; end < panels.size() && vectors < least; end++) {
        vectors += panels.get(end);
      }
      int width = vectors * Simd.length(element);
      groups.add(new Group(List.copyOf(panels.subList(first, end)), column, width));
      column += width;
    }
    return groups;
  }

  /// The columns of the matrix.
  int n() {
    return n;
  }

  /// Whether the columns of the matrix fill its panels.
  boolean whole() {
    return n == columns;
  }

  /// The vectors in a row of each panel.
  List<Integer> vectors() {
    return single.stream().map(panel -> panel.vectors.getFirst()).toList();
  }

  /// The numbers of a packed matrix of `depth` rows.
  int size(int depth) {
    return depth * columns;
  }

  /// Panels one by one.
  List<Group> single() {
    return single;
  }

  /// What a kernel takes at once if the left operand has so many rows.
  List<Group> forRows(int rows) {
    return rows <= FEW_ROWS ? together : single;
  }

  /// Where the numbers of a packed matrix are in a row-major one `[depth, n]`; −1 beyond its last
  /// column.
  int[] order(int depth) {
    int[] order = new int[size(depth)];
    for (Group panel : single) {
      for (int i = 0; i < depth * panel.width; i++) {
        int column = panel.column + i % panel.width;
        order[panel.column * depth + i] = column < n ? i / panel.width * n + column : -1;
      }
    }
    return order;
  }

  /// Some neighbouring panels.
  final class Group {
    private final List<Integer> vectors;
    private final int column;
    private final int width;
    private final PackKernel packing;
    private final int rows;
    private final MicroKernel[] kernels = new MicroKernel[MicroKernel.MOST_ROWS + 1];

    private Group(List<Integer> vectors, int column, int width) {
      this.vectors = vectors;
      this.packing = PackKernel.of(element, width);
      this.column = column;
      this.width = width;
      this.rows = MicroKernel.rows(left, width / Simd.length(element));
    }

    /// The first column.
    int column() {
      return column;
    }

    /// The columns, with those that the matrix does not have.
    int width() {
      return width;
    }

    /// The columns that the matrix has.
    int used() {
      return Math.min(width, n - column);
    }

    /// Copies rows of B to a panel that they fill.
    PackKernel packing() {
      return packing;
    }

    /// The most rows of its tiles.
    int rows() {
      return rows;
    }

    /// The kernel for some rows of C.
    MicroKernel kernel(int rows) {
      if (kernels[rows] == null) {
        kernels[rows] = MicroKernel.of(shape(rows));
      }
      return kernels[rows];
    }

    /// The kernel for one row at each step of a loop.
    MicroKernel rowKernel(int depth) {
      return MicroKernel.ofRow(element, vectors, depth);
    }

    /// Has that kernel compiled before it is used.
    void compileRow(int depth) {
      MicroKernel.compileRow(element, vectors, depth);
    }

    /// Has the kernel of some rows compiled before it is used.
    void compile(int rows) {
      MicroKernel.compile(shape(rows));
    }

    private MicroKernel.Shape shape(int rows) {
      return new MicroKernel.Shape(element, left, rows, vectors);
    }
  }
}
