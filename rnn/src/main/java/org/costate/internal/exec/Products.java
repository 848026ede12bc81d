package org.costate.internal.exec;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.costate.internal.code.Element;
import org.costate.internal.code.MicroKernel;
import org.costate.internal.code.MicroKernel.Left;
import org.costate.internal.code.PackKernel;
import org.costate.internal.code.Simd;

/// Matrix products of arrays of either element type, on generated kernels.
///
/// The right operand is packed once in [Panels] and then used as often as wanted: the recurrent
/// matrix of a network at every step, a block of inputs by every row of a parameter gradient. What
/// a tile computes for one element is one chain of multiply–adds over k, so results do not depend
/// on how rows are grouped. Has scratch memory of its own, so each thread needs one.
final class Products {
  private static final int TRANSPOSED = 64;

  /// Numbers that stay in a processor's own cache while other data goes through it.
  private static final int NEAR = 128 * 1024;

  /// The panels of B from which on [#accumulate] copies A, if its rows are far apart.
  private static final int WORTH_PACKING = 4;

  /// The bytes of such a row.
  private static final int FAR = 512;

  /// The vectors side by side in such a copy: whole tiles of eight rows, and of six.
  private static final int STRIP = 3;

  private final Element element;
  private final Map<Integer, Panels> panels = new ConcurrentHashMap<>();
  private final Map<Integer, Panels> sumPanels = new ConcurrentHashMap<>();

  /// The columns that a copy of A has side by side; 0 if none is made.
  private final int strip;

  private final PackKernel[] leftPacking;
  private Object edge;
  private Object zeros;
  private Object generalRight;

  Products(Element element) {
    this.element = element;
    this.edge = element.array(0);
    this.zeros = edge;
    this.generalRight = edge;
    this.strip = Simd.available() ? STRIP * Simd.length(element) : 0;
    this.leftPacking = new PackKernel[strip + 1];
  }

  Element element() {
    return element;
  }

  /// Panels for a right operand of [#multiply], of n columns.
  Panels panels(int n) {
    return panels.computeIfAbsent(n, _ -> newPanels(Left.ROWS, n));
  }

  /// Panels for a right operand of [#accumulate], of n columns.
  Panels sumPanels(int n) {
    return sumPanels.computeIfAbsent(n, _ -> newPanels(Left.COLUMNS, n));
  }

  private Panels newPanels(Left left, int n) {
    var made = new Panels(element, left, n);
    for (List<Panels.Group> groups : List.of(made.single(), made.forRows(1))) {
      for (Panels.Group group : groups) {
        if (element.length(edge) < MicroKernel.MOST_ROWS * group.width()) {
          edge = element.array(MicroKernel.MOST_ROWS * group.width());
          zeros = element.array(group.width());
        }
      }
    }
    return made;
  }

  /// Packs B, whose element (k, j) is at `from + k·kStep + j·jStep`, one of the steps being 1;
  /// columns that are not there are zero. B may be of doubles whatever the element type.
  void pack(Object b, int from, int kStep, int jStep, int depth, Panels panels, Object to, int at) {
    for (Panels.Group panel : panels.single()) {
      pack(b, from, kStep, jStep, depth, panel, to, at);
    }
  }

  /// The same for one panel.
  void pack(
      Object b, int from, int kStep, int jStep, int depth, Panels.Group panel, Object to, int at) {
    int start = from + panel.column() * jStep;
    int target = at + panel.column() * depth;
    int width = panel.width();
    if (panel.used() < width) {
      element.fill(to, target, depth * width, 0);
    }
    if (jStep == 1 && panel.used() == width && Element.of(b) == element) {
      panel.packing().run(b, start, kStep, depth, to, target);
      return;
    }
    if (jStep == 1) {
      for (int k = 0; k < depth; k++) {
        element.convert(b, start + k * kStep, to, target + k * width, 1, panel.used());
      }
      return;
    }
    // Some k at a time, so that their rows of the panel stay in the nearest cache.
    for (int k = 0; k < depth; k += TRANSPOSED) {
      int count = Math.min(TRANSPOSED, depth - k);
      for (int j = 0; j < panel.used(); j++) {
        element.convert(b, start + j * jStep + k, to, target + k * width + j, width, count);
      }
    }
  }

  /// `c[i, :] = Σ_k a[i, k] · b[k, :]` with B packed.
  void multiply(
      Object a,
      int aBase,
      int aRow,
      int rows,
      int depth,
      Object b,
      int bBase,
      Panels panels,
      Object c,
      int cBase,
      int cRow) {
    multiply(a, aBase, aRow, rows, depth, b, bBase, panels, null, 0, 0, c, cBase, cRow);
  }

  /// `c[i, :] = s[i, :] + Σ_k a[i, k] · b[k, :]` with B packed; S may be C, rows anywhere, one row
  /// for all if `sRow` is 0, or null for zeros.
  void multiply(
      Object a,
      int aBase,
      int aRow,
      int rows,
      int depth,
      Object b,
      int bBase,
      Panels panels,
      Object s,
      int sBase,
      int sRow,
      Object c,
      int cBase,
      int cRow) {
    List<Panels.Group> groups = panels.forRows(rows);
    Object from = s == null ? zeros : s;
    for (int g = 0; g < groups.size(); g++) {
      Panels.Group group = groups.get(g);
      int column = group.column();
      int right = bBase + column * depth;
      int tiles = tiles(group, rows);
      int row = 0;
      for (int tile = 0; tile < tiles; tile++) {
        int next = (tile + 1) * rows / tiles;
        int count = next - row;
        int left = aBase + row * aRow;
        int start = s == null ? 0 : sBase + row * sRow + column;
        int to = cBase + row * cRow + column;
        tile(group, count, a, left, aRow, b, right, depth, from, start, sRow, c, to, cRow);
        row = next;
      }
    }
  }

  /// One tile of a product, from a start.
  private void tile(
      Panels.Group group,
      int rows,
      Object a,
      int aBase,
      int aStep,
      Object b,
      int bBase,
      int depth,
      Object s,
      int sBase,
      int sRow,
      Object c,
      int cBase,
      int cRow) {
    MicroKernel kernel = group.kernel(rows);
    int width = group.width();
    if (group.used() < width) {
      enter(group, rows, s, sBase, sRow);
      kernel.run(a, aBase, aStep, b, bBase, depth, edge, 0, width, edge, 0, width);
      leave(group, rows, c, cBase, cRow);
    } else {
      kernel.run(a, aBase, aStep, b, bBase, depth, s, sBase, sRow, c, cBase, cRow);
    }
  }

  /// Has the kernels of [#multiply] compiled.
  void compileMultiply(int n, int rows) {
    panels(n).forRows(rows).forEach(group -> compileTiles(group, rows));
  }

  /// The kernel that computes all of a product at each step of a loop by itself; null if it takes
  /// several, or has columns that the matrix does not have.
  MicroKernel whole(Panels panels, int rows, int depth) {
    List<Panels.Group> groups = panels.forRows(rows);
    Panels.Group group = groups.getFirst();
    if (groups.size() > 1 || group.used() < group.width() || rows > group.rows()) {
      return null;
    }
    return rows == 1 ? group.rowKernel(depth) : group.kernel(rows);
  }

  /// As many zeros as the widest tile has columns.
  Object zeros() {
    return zeros;
  }

  /// Has the kernels of [#general] compiled.
  void compileGeneral(int m, int n) {
    compilePacking(panels(n));
    compileMultiply(n, m);
  }

  /// Has the kernels compiled that a product at each step of a loop needs.
  void compileStep(int n, int rows, int depth) {
    Panels panels = panels(n);
    if (rows == 1 && whole(panels, rows, depth) != null) {
      panels.forRows(rows).getFirst().compileRow(depth);
    } else {
      compileMultiply(n, rows);
    }
  }

  /// Has the kernels of [#packRows] and [#accumulate] compiled.
  void compileAccumulate(int m, int n) {
    Panels panels = sumPanels(n);
    compilePacking(panels);
    for (Panels.Group panel : panels.single()) {
      int tile = panel.rows();
      panel.compile(Math.min(m, tile));
      if (m > tile && m % tile > 0) {
        panel.compile(m % tile);
      }
    }
    if (packsLeft(m, panels)) {
      PackKernel.compile(element, Math.min(m, strip));
      PackKernel.compile(element, m % strip);
    }
  }

  private void compilePacking(Panels panels) {
    for (Panels.Group panel : panels.single()) {
      if (panel.used() == panel.width()) {
        PackKernel.compile(element, panel.width());
      }
    }
  }

  private static void compileTiles(Panels.Group group, int rows) {
    int tiles = tiles(group, rows);
    group.compile(rows / tiles);
    group.compile((rows + tiles - 1) / tiles);
  }

  /// The tiles that some rows are divided into as equally as possible.
  private static int tiles(Panels.Group group, int rows) {
    return (rows + group.rows() - 1) / group.rows();
  }

  /// Copies the start of a tile that goes beyond the last column to an array of its own.
  private void enter(Panels.Group group, int rows, Object from, int at, int step) {
    for (int i = 0; i < rows; i++) {
      element.copy(from, at + i * step, edge, i * group.width(), group.used());
    }
  }

  /// Copies such a tile back.
  private void leave(Panels.Group group, int rows, Object to, int at, int step) {
    for (int i = 0; i < rows; i++) {
      element.copy(edge, i * group.width(), to, at + i * step, group.used());
    }
  }

  /// Packs the rows of B for [#accumulate], from the last to the first.
  void packRows(Object b, int bBase, int bRow, int rows, Panels panels, Object to, int at) {
    pack(b, bBase + (rows - 1) * bRow, -bRow, 1, rows, panels, to, at);
  }

  /// `c[i, j] += Σ_r a[r, i] · b[r, j]`, rows from the last to the first: the gradient of a matrix
  /// from all rows of a block at once. The order is that of going through the rows one by one, so
  /// it does not matter how a long sequence is cut into blocks. B is packed by [#packRows], and
  /// behind it there is room for [#leftSize] numbers.
  void accumulate(
      Object a,
      int aBase,
      int aRow,
      int m,
      Object b,
      int bBase,
      Panels panels,
      int rows,
      Object c,
      int cBase) {
    boolean packed = packsLeft(m, panels);
    int copy = bBase + panels.size(rows);
    int last = aBase + (rows - 1) * aRow;
    int n = panels.n();
    int together = together(rows);
    for (int first = 0; first < m; first += together) {
      int end = Math.min(first + together, m);
      for (int i = first; packed && i < end; i += strip) {
        int width = Math.min(strip, end - i);
        leftPacking(width).run(a, last + i, -aRow, rows, b, copy + (i - first) * rows);
      }
      for (int p = 0; p < panels.single().size(); p++) {
        Panels.Group panel = panels.single().get(p);
        int start = bBase + panel.column() * rows;
        for (int i = first; i < end; i += panel.rows()) {
          int count = Math.min(panel.rows(), end - i);
          Object from = a;
          int at = last + i;
          int step = -aRow;
          if (packed) {
            int inStrip = (i - first) % strip;
            from = b;
            at = copy + (i - inStrip - first) * rows + inStrip;
            step = Math.min(strip, end - i + inStrip);
          }
          int to = cBase + i * n + panel.column();
          tile(panel, count, from, at, step, b, start, rows, c, to, n, c, to, n);
        }
      }
    }
  }

  /// Whether [#accumulate] copies A too, some columns side by side: its rows are far apart, so few
  /// of them stay in a cache, and each panel of B reads them once more.
  private boolean packsLeft(int m, Panels panels) {
    boolean far = m * element.bytes() >= FAR;
    return strip > 0 && far && panels.single().size() >= WORTH_PACKING;
  }

  /// The columns of A that stay in a processor's cache while panels of B go by.
  private int together(int rows) {
    int unit = Math.max(strip, MicroKernel.MOST_ROWS);
    return Math.max(1, NEAR / rows / unit) * unit;
  }

  /// The numbers of A's copy in [#accumulate] of so many rows or fewer.
  int leftSize(int m, int n, int rows) {
    return packsLeft(m, sumPanels(n)) ? Math.min(m * rows, Math.max(NEAR, strip * rows)) : 0;
  }

  private PackKernel leftPacking(int width) {
    if (leftPacking[width] == null) {
      leftPacking[width] = PackKernel.of(element, width);
    }
    return leftPacking[width];
  }

  /// C = A · B of row-major matrices `[m, depth]` and `[depth, n]`; B is packed here, into memory
  /// that is kept for the next product.
  void general(Object a, Object b, Object c, int m, int depth, int n) {
    Panels panels = panels(n);
    if (element.length(generalRight) < panels.size(depth)) {
      generalRight = element.array(panels.size(depth));
    }
    pack(b, 0, n, 1, depth, panels, generalRight, 0);
    multiply(a, 0, depth, m, depth, generalRight, 0, panels, c, 0, n);
  }
}
