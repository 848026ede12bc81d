package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.costate.internal.code.Element;
import org.costate.internal.code.MicroKernel;
import org.costate.internal.code.PackKernel;
import org.costate.internal.code.Simd;

/// How the n columns of a matrix are packed: in panels of a few vectors, one panel after the other,
/// in each of them row by row. Columns beyond the last are zero.
final class Panels {
  private static final int FEW_ROWS = 2;

  /// Vectors side by side that keep the arithmetic of one row busy.
  private static final int TOGETHER = 8;

  private final Element element;
  private final int n;
  private final int columns;
  private final List<Group> single;
  private final List<Group> together;

  Panels(Element element, int n) {
    this.element = element;
    this.n = n;
    int length = Simd.length(element);
    List<Integer> panels = MicroKernel.panels((n + length - 1) / length);
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
    private final Map<MicroKernel.Left, MicroKernel[]> kernels =
        new EnumMap<>(MicroKernel.Left.class);
    private final MicroKernel[] pairs = new MicroKernel[MicroKernel.MOST_ROWS + 1];

    private Group(List<Integer> vectors, int column, int width) {
      this.vectors = vectors;
      this.packing = PackKernel.of(element, width);
      this.column = column;
      this.width = width;
      for (MicroKernel.Left left : MicroKernel.Left.values()) {
        kernels.put(left, new MicroKernel[MicroKernel.MOST_ROWS + 1]);
      }
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

    /// The kernel for some rows of C.
    MicroKernel kernel(MicroKernel.Left left, int rows) {
      MicroKernel[] known = kernels.get(left);
      if (known[rows] == null) {
        known[rows] = MicroKernel.of(shape(left, rows, false));
      }
      return known[rows];
    }

    /// The kernel for some rows of C and an even number of k; null until [#compilePairs] is done.
    MicroKernel pairs(int rows) {
      return pairs[rows];
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
    void compile(MicroKernel.Left left, int rows) {
      MicroKernel.compile(shape(left, rows, false));
    }

    /// Has the kernels of [#pairs] compiled in the background, for as many rows as were asked for
    /// until now. Tiles of one or two rows wait for B whatever the kernel, and with columns of A
    /// there is little to gain.
    ///
    /// @return what is done when they can be used; a thread that does not see them yet uses the
    ///   others, which give the same numbers
    CompletableFuture<Void> compilePairs() {
      var done = new ArrayList<CompletableFuture<Void>>();
      for (int rows = FEW_ROWS + 1; rows <= MicroKernel.MOST_ROWS; rows++) {
        if (kernels.get(MicroKernel.Left.ROWS)[rows] != null && pairs[rows] == null) {
          int at = rows;
          done.add(
              MicroKernel.compileLater(shape(MicroKernel.Left.ROWS, rows, true))
                  .thenAccept(kernel -> pairs[at] = kernel));
        }
      }
      return CompletableFuture.allOf(done.toArray(CompletableFuture[]::new));
    }

    private MicroKernel.Shape shape(MicroKernel.Left left, int rows, boolean two) {
      return new MicroKernel.Shape(element, left, rows, vectors, two);
    }
  }
}
