package org.costate.internal.exec;

import org.costate.internal.code.Element;
import org.costate.internal.code.MicroKernel;
import org.costate.internal.code.Simd;

/// Matrix products of arrays of either element type, on generated [MicroKernel]s.
///
/// The right operand is packed once in panels and then used as often as wanted: the recurrent
/// matrix of a network at every step, a block of inputs by every row of a parameter gradient. What
/// a tile computes for one element is one chain of multiply–adds over k, so results do not depend
/// on how rows are grouped. Has scratch memory of its own, so each thread needs one.
final class Products {
  private static final int MOST_ROWS = 8;
  private static final int VECTORS = 2;

  private final Element element;
  private final int width;
  private final MicroKernel[][] plain = new MicroKernel[MOST_ROWS + 1][5];
  private final MicroKernel[][] byColumns = new MicroKernel[MOST_ROWS + 1][2];
  private final Object edge;

  Products(Element element) {
    this.element = element;
    this.width = Simd.available() ? VECTORS * Simd.length(element) : 4;
    this.edge = element.array(MOST_ROWS * width);
  }

  Element element() {
    return element;
  }

  private int vectors() {
    return Simd.available() ? VECTORS : 4;
  }

  private static int mostRows() {
    return Simd.available() ? Simd.bits() >= 512 ? MOST_ROWS : 6 : 4;
  }

  /// The number of elements of a packed matrix of `depth` rows and n columns.
  int packedSize(int depth, int n) {
    return depth * panels(n) * width;
  }

  private int panels(int n) {
    return (n + width - 1) / width;
  }

  /// Where the elements of a packed matrix are in a row-major one `[depth, n]`; −1 beyond its last
  /// column.
  int[] packedOrder(int depth, int n) {
    int[] order = new int[packedSize(depth, n)];
    for (int i = 0; i < order.length; i++) {
      int column = i / (depth * width) * width + i % width;
      order[i] = column < n ? i / width % depth * n + column : -1;
    }
    return order;
  }

  /// Packs B, whose element (k, j) is at `from + k·kStep + j·jStep`; columns that are not there are
  /// zero.
  void pack(Object b, int from, int kStep, int jStep, int depth, int n, Object to, int at) {
    if (b instanceof float[] source) {
      float[] target = (float[]) to;
      for (int panel = 0; panel < n; panel += width) {
        int columns = Math.min(width, n - panel);
        for (int k = 0; k < depth; k++, at += width) {
          int start = from + k * kStep + panel * jStep;
          if (jStep == 1) {
            System.arraycopy(source, start, target, at, columns);
          } else {
            for (int j = 0; j < columns; j++) {
              target[at + j] = source[start + j * jStep];
            }
          }
          for (int j = columns; j < width; j++) {
            target[at + j] = 0;
          }
        }
      }
    } else {
      double[] source = (double[]) b;
      double[] target = (double[]) to;
      for (int panel = 0; panel < n; panel += width) {
        int columns = Math.min(width, n - panel);
        for (int k = 0; k < depth; k++, at += width) {
          int start = from + k * kStep + panel * jStep;
          if (jStep == 1) {
            System.arraycopy(source, start, target, at, columns);
          } else {
            for (int j = 0; j < columns; j++) {
              target[at + j] = source[start + j * jStep];
            }
          }
          for (int j = columns; j < width; j++) {
            target[at + j] = 0;
          }
        }
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
      int n,
      Object c,
      int cBase,
      int cRow) {
    int tiles = (rows + mostRows() - 1) / mostRows();
    int together = rows <= 2 ? 4 : 1;
    for (int column = 0; column < n; ) {
      int panels = n - column >= together * width ? together : 1;
      int start = bBase + column * depth;
      int row = 0;
      for (int tile = 0; tile < tiles; tile++) {
        int next = (tile + 1) * rows / tiles;
        MicroKernel kernel = kernel(next - row, panels);
        int left = aBase + row * aRow;
        int to = cBase + row * cRow + column;
        if (n - column >= panels * width) {
          kernel.run(a, left, aRow, b, start, depth * width, depth, c, to, cRow);
        } else {
          kernel.run(a, left, aRow, b, start, depth * width, depth, edge, 0, width);
          for (int i = 0; i < next - row; i++) {
            element.copy(edge, i * width, c, to + i * cRow, n - column);
          }
        }
        row = next;
      }
      column += panels * width;
    }
  }

  private MicroKernel kernel(int rows, int panels) {
    MicroKernel kernel = plain[rows][panels];
    if (kernel == null) {
      kernel =
          MicroKernel.of(new MicroKernel.Shape(element, rows, vectors(), panels, false, false));
      plain[rows][panels] = kernel;
    }
    return kernel;
  }

  /// The scratch that [#accumulate] needs for so many rows.
  int scratchSize(int rows, int n) {
    return packedSize(rows, n);
  }

  /// `c[i, j] += Σ_r a[r, i] · b[r, j]`, rows from the last to the first: the gradient of a matrix
  /// from all rows of a block at once. The order is that of going through the rows one by one, so
  /// it does not matter how a long sequence is cut into blocks.
  void accumulate(
      Object a,
      int aBase,
      int aRow,
      int m,
      Object b,
      int bBase,
      int bRow,
      int n,
      int rows,
      Object c,
      int cBase,
      Object scratch,
      int at) {
    int last = rows - 1;
    pack(b, bBase + last * bRow, -bRow, 1, rows, n, scratch, at);
    int tiles = (m + mostRows() - 1) / mostRows();
    for (int column = 0; column < n; column += width) {
      int row = 0;
      for (int tile = 0; tile < tiles; tile++) {
        int next = (tile + 1) * m / tiles;
        columnTile(
            next - row,
            a,
            aBase + last * aRow + row,
            -aRow,
            scratch,
            at + column * rows,
            rows,
            c,
            cBase + row * n + column,
            n,
            Math.min(width, n - column),
            true);
        row = next;
      }
    }
  }

  /// A tile with A by columns, of `n` columns, which may be fewer than a panel has.
  private void columnTile(
      int rows,
      Object a,
      int aBase,
      int aStep,
      Object b,
      int bBase,
      int depth,
      Object c,
      int cBase,
      int cRow,
      int n,
      boolean add) {
    MicroKernel kernel = byColumns[rows][add ? 1 : 0];
    if (kernel == null) {
      kernel = MicroKernel.of(new MicroKernel.Shape(element, rows, vectors(), 1, true, add));
      byColumns[rows][add ? 1 : 0] = kernel;
    }
    if (n == width) {
      kernel.run(a, aBase, aStep, b, bBase, 0, depth, c, cBase, cRow);
      return;
    }
    for (int i = 0; add && i < rows; i++) {
      element.copy(c, cBase + i * cRow, edge, i * width, n);
    }
    kernel.run(a, aBase, aStep, b, bBase, 0, depth, edge, 0, width);
    for (int i = 0; i < rows; i++) {
      element.copy(edge, i * width, c, cBase + i * cRow, n);
    }
  }

  /// C = A · B of row-major matrices `[m, depth]` and `[depth, n]`, everything packed here.
  void general(Object a, Object b, Object c, int m, int depth, int n) {
    Object right = element.array(packedSize(depth, n));
    pack(b, 0, n, 1, depth, n, right, 0);
    Object left = element.array(m * depth);
    int tiles = (m + mostRows() - 1) / mostRows();
    int block = Math.max(1, 256);
    // A is packed by tiles: element (i, k) of a tile at k · rows + i.
    int row = 0;
    for (int tile = 0; tile < tiles; tile++) {
      int next = (tile + 1) * m / tiles;
      transposeRows(a, row * depth, depth, next - row, depth, left, row * depth);
      row = next;
    }
    for (int k = 0; k < depth; k += block) {
      int steps = Math.min(block, depth - k);
      for (int column = 0; column < n; column += width) {
        row = 0;
        for (int tile = 0; tile < tiles; tile++) {
          int next = (tile + 1) * m / tiles;
          columnTile(
              next - row,
              left,
              row * depth + k * (next - row),
              next - row,
              right,
              column * depth + k * width,
              steps,
              c,
              row * n + column,
              n,
              Math.min(width, n - column),
              k > 0);
          row = next;
        }
      }
    }
  }

  private static void transposeRows(
      Object a, int from, int aRow, int count, int depth, Object to, int at) {
    for (int k = 0; k < depth; k++) {
      for (int i = 0; i < count; i++, at++) {
        if (a instanceof float[] source) {
          ((float[]) to)[at] = source[from + i * aRow + k];
        } else {
          ((double[]) to)[at] = ((double[]) a)[from + i * aRow + k];
        }
      }
    }
  }
}
