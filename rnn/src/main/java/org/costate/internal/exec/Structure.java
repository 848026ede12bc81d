package org.costate.internal.exec;

import java.util.Arrays;
import org.costate.graph.Shape;

/// Kernels that move, repeat and reduce. A value with an axis is seen as `[outer, axis, inner]`;
/// the batch is part of outer.
final class Structure {
  private Structure() {}

  static int outer(Shape shape, int axis) {
    int size = 1;
    for (int i = 0; i < axis; i++) {
      size *= shape.dim(i);
    }
    return size;
  }

  static int inner(Shape shape, int axis) {
    int size = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      size *= shape.dim(i);
    }
    return size;
  }

  static void transpose(double[] x, int lanes, int rows, int columns, double[] out) {
    for (int lane = 0; lane < lanes; lane++) {
      int base = lane * rows * columns;
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          out[base + j * rows + i] = x[base + i * columns + j];
        }
      }
    }
  }

  static void sum(double[] x, int outer, int n, int inner, double[] out) {
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < inner; i++) {
        double total = 0;
        int at = o * n * inner + i;
        for (int k = 0; k < n; k++, at += inner) {
          total += x[at];
        }
        out[o * inner + i] = total;
      }
    }
  }

  static void max(double[] x, int outer, int n, int inner, double[] out) {
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < inner; i++) {
        double largest = Double.NEGATIVE_INFINITY;
        int at = o * n * inner + i;
        for (int k = 0; k < n; k++, at += inner) {
          largest = Math.max(largest, x[at]);
        }
        out[o * inner + i] = largest;
      }
    }
  }

  static void broadcast(double[] x, int outer, int n, int inner, double[] out) {
    for (int o = 0; o < outer; o++) {
      if (inner == 1) {
        Arrays.fill(out, o * n, (o + 1) * n, x[o]);
      } else {
        for (int k = 0; k < n; k++) {
          System.arraycopy(x, o * inner, out, (o * n + k) * inner, inner);
        }
      }
    }
  }

  /// Copies `[outer, length, inner]` out of `[outer, n, inner]` at `from` (slice), or the reverse
  /// into it (pad, concat).
  static void slice(
      double[] whole, int outer, int n, int inner, int from, double[] part, int length) {
    for (int o = 0; o < outer; o++) {
      System.arraycopy(whole, (o * n + from) * inner, part, o * length * inner, length * inner);
    }
  }

  static void insert(
      double[] part, int outer, int length, int inner, double[] whole, int n, int at) {
    for (int o = 0; o < outer; o++) {
      System.arraycopy(part, o * length * inner, whole, (o * n + at) * inner, length * inner);
    }
  }

  static void sumLanes(double[] x, int lanes, int size, double[] out) {
    Arrays.fill(out, 0, size, 0);
    for (int lane = 0; lane < lanes; lane++) {
      int base = lane * size;
      for (int i = 0; i < size; i++) {
        out[i] += x[base + i];
      }
    }
  }

  static void expand(double[] x, int lanes, int size, double[] out) {
    for (int lane = 0; lane < lanes; lane++) {
      System.arraycopy(x, 0, out, lane * size, size);
    }
  }

  /// The row that an index names.
  ///
  /// @throws IndexOutOfBoundsException in one sentence, if it names none
  static int row(double index, int rows, String where, int lane) {
    long row = Math.round(index);
    if (row < 0 || row >= rows || Double.isNaN(index)) {
      throw new IndexOutOfBoundsException(
          "%s: index %s of lane %d is outside the table of %d rows; check the vocabulary."
              .formatted(where, index, lane, rows));
    }
    return (int) row;
  }
}
