package org.costate.internal.exec;

import java.util.Arrays;

/// Matrix products in plain Java: `out[i, :] (+)= Σ_k a[i, k] · rows[k][:]`.
///
/// The rows are separate arrays and every array of the inner loop is read at the same index,
/// because that is the shape that HotSpot turns into vector code; two results by four rows at a
/// time keep loads below arithmetic. The order of additions does not depend on which results are
/// computed together, so a lane's result does not depend on the batch around it.
final class Gemm {
  private final double[] first;
  private final double[] second;

  Gemm(int widest) {
    first = new double[widest];
    second = new double[widest];
  }

  /// Copies a matrix of `count` rows and `columns` columns into separate rows; element (r, c) is at
  /// `base + r·rowStep + c·columnStep`.
  static void pack(
      double[] from,
      int base,
      int rowStep,
      int columnStep,
      double[][] rows,
      int count,
      int columns) {
    for (int r = 0; r < count; r++) {
      double[] row = rows[r];
      int start = base + r * rowStep;
      if (columnStep == 1) {
        System.arraycopy(from, start, row, 0, columns);
      } else {
        for (int c = 0; c < columns; c++) {
          row[c] = from[start + c * columnStep];
        }
      }
    }
  }

  /// `out[i, :] (+)= Σ_k a[aBase + i·aRow + k·aColumn] · rows[k][:]` for `i < m`, `k < depth`, n
  /// columns.
  void multiply(
      double[] a,
      int aBase,
      int aRow,
      int aColumn,
      int m,
      int depth,
      double[][] rows,
      int n,
      double[] out,
      int outBase,
      boolean add) {
    for (int i = 0; i < m; i += 2) {
      boolean pair = i + 1 < m;
      int target = outBase + i * n;
      if (add) {
        System.arraycopy(out, target, first, 0, n);
        if (pair) {
          System.arraycopy(out, target + n, second, 0, n);
        }
      } else {
        Arrays.fill(first, 0, n, 0);
        Arrays.fill(second, 0, n, 0);
      }
      int base = aBase + i * aRow;
      if (pair) {
        accumulateTwo(a, base, base + aRow, aColumn, depth, rows, n);
        System.arraycopy(second, 0, out, target + n, n);
      } else {
        accumulateOne(a, base, aColumn, depth, rows, n);
      }
      System.arraycopy(first, 0, out, target, n);
    }
  }

  private void accumulateTwo(
      double[] a, int top, int bottom, int aColumn, int depth, double[][] rows, int n) {
    double[] x = first;
    double[] y = second;
    int k = 0;
    for (; k + 3 < depth; k += 4) {
      quad(
          x,
          y,
          rows[k],
          rows[k + 1],
          rows[k + 2],
          rows[k + 3],
          a[top + k * aColumn],
          a[top + (k + 1) * aColumn],
          a[top + (k + 2) * aColumn],
          a[top + (k + 3) * aColumn],
          a[bottom + k * aColumn],
          a[bottom + (k + 1) * aColumn],
          a[bottom + (k + 2) * aColumn],
          a[bottom + (k + 3) * aColumn],
          n);
    }
    for (; k < depth; k++) {
      single(x, rows[k], a[top + k * aColumn], n);
      single(y, rows[k], a[bottom + k * aColumn], n);
    }
  }

  private static void quad(
      double[] x,
      double[] y,
      double[] r0,
      double[] r1,
      double[] r2,
      double[] r3,
      double a0,
      double a1,
      double a2,
      double a3,
      double b0,
      double b1,
      double b2,
      double b3,
      int n) {
    for (int j = 0; j < n; j++) {
      double v0 = r0[j];
      double v1 = r1[j];
      double v2 = r2[j];
      double v3 = r3[j];
      x[j] += a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3;
      y[j] += b0 * v0 + b1 * v1 + b2 * v2 + b3 * v3;
    }
  }

  private void accumulateOne(double[] a, int base, int aColumn, int depth, double[][] rows, int n) {
    double[] x = first;
    int k = 0;
    for (; k + 3 < depth; k += 4) {
      double[] r0 = rows[k];
      double[] r1 = rows[k + 1];
      double[] r2 = rows[k + 2];
      double[] r3 = rows[k + 3];
      double a0 = a[base + k * aColumn];
      double a1 = a[base + (k + 1) * aColumn];
      double a2 = a[base + (k + 2) * aColumn];
      double a3 = a[base + (k + 3) * aColumn];
      for (int j = 0; j < n; j++) {
        x[j] += a0 * r0[j] + a1 * r1[j] + a2 * r2[j] + a3 * r3[j];
      }
    }
    for (; k < depth; k++) {
      single(x, rows[k], a[base + k * aColumn], n);
    }
  }

  private static void single(double[] x, double[] row, double a, int n) {
    for (int j = 0; j < n; j++) {
      x[j] += a * row[j];
    }
  }
}
