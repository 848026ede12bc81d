package org.costate.internal.code;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The kernel of a machine without the vector module, in plain Java: rows are copied to separate
/// arrays, and every array of an inner loop is read at the same index, because that is the shape
/// that HotSpot turns into vector code. Two rows of the result by four of B at a time keep loads
/// below arithmetic. Has arrays of its own, so each thread needs one.
final class PlainKernel implements MicroKernel {
  private static final int TOGETHER = 4;

  /// The columns of a panel at most: few enough for the nearest cache.
  private static final int WIDEST = 256;

  private static final int UNIT = 16;

  private final boolean rows;
  private final int width;
  private final Object[] totals;
  private final Object[] right = new Object[TOGETHER];

  PlainKernel(Shape shape) {
    this.rows = shape.left() == Left.ROWS;
    this.width = shape.vectors();
    this.totals = new Object[shape.rows()];
    Arrays.setAll(totals, _ -> shape.element().array(width));
    Arrays.setAll(right, _ -> shape.element().array(width));
  }

  static List<Integer> panels(int columns) {
    var panels = new ArrayList<Integer>();
    for (int left = columns; left > 0; left -= WIDEST) {
      panels.add(Math.min(WIDEST, (left + UNIT - 1) / UNIT * UNIT));
    }
    return panels;
  }

  @Override
  public void run(
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
    int aRow = rows ? aStep : 1;
    int aColumn = rows ? 1 : aStep;
    for (int i = 0; i < totals.length; i++) {
      System.arraycopy(s, sBase + i * sRow, totals[i], 0, width);
    }
    int k = 0;
    for (; k + TOGETHER <= depth; k += TOGETHER) {
      for (int q = 0; q < TOGETHER; q++) {
        System.arraycopy(b, bBase + (k + q) * width, right[q], 0, width);
      }
      if (a instanceof float[] numbers) {
        four(numbers, aBase + k * aColumn, aRow, aColumn);
      } else {
        four((double[]) a, aBase + k * aColumn, aRow, aColumn);
      }
    }
    for (; k < depth; k++) {
      System.arraycopy(b, bBase + k * width, right[0], 0, width);
      for (int i = 0; i < totals.length; i++) {
        int at = aBase + i * aRow + k * aColumn;
        if (a instanceof float[] numbers) {
          one(numbers[at], (float[]) right[0], (float[]) totals[i]);
        } else {
          one(((double[]) a)[at], (double[]) right[0], (double[]) totals[i]);
        }
      }
    }
    for (int i = 0; i < totals.length; i++) {
      System.arraycopy(totals[i], 0, c, cBase + i * cRow, width);
    }
  }

  // ---- float

  private void four(float[] a, int at, int aRow, int aColumn) {
    float[] r0 = (float[]) right[0];
    float[] r1 = (float[]) right[1];
    float[] r2 = (float[]) right[2];
    float[] r3 = (float[]) right[3];
    int i = 0;
    for (; i + 1 < totals.length; i += 2) {
      int x = at + i * aRow;
      int y = x + aRow;
      pair(
          a[x],
          a[x + aColumn],
          a[x + 2 * aColumn],
          a[x + 3 * aColumn],
          (float[]) totals[i],
          a[y],
          a[y + aColumn],
          a[y + 2 * aColumn],
          a[y + 3 * aColumn],
          (float[]) totals[i + 1],
          r0,
          r1,
          r2,
          r3);
    }
    if (i < totals.length) {
      float[] total = (float[]) totals[i];
      int x = at + i * aRow;
      float a0 = a[x];
      float a1 = a[x + aColumn];
      float a2 = a[x + 2 * aColumn];
      float a3 = a[x + 3 * aColumn];
      for (int j = 0; j < total.length; j++) {
        total[j] = total[j] + a0 * r0[j] + a1 * r1[j] + a2 * r2[j] + a3 * r3[j];
      }
    }
  }

  private static void pair(
      float a0,
      float a1,
      float a2,
      float a3,
      float[] x,
      float b0,
      float b1,
      float b2,
      float b3,
      float[] y,
      float[] r0,
      float[] r1,
      float[] r2,
      float[] r3) {
    for (int j = 0; j < x.length; j++) {
      float v0 = r0[j];
      float v1 = r1[j];
      float v2 = r2[j];
      float v3 = r3[j];
      x[j] = x[j] + a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3;
      y[j] = y[j] + b0 * v0 + b1 * v1 + b2 * v2 + b3 * v3;
    }
  }

  private static void one(float a, float[] row, float[] total) {
    for (int j = 0; j < total.length; j++) {
      total[j] = total[j] + a * row[j];
    }
  }

  // ---- double

  private void four(double[] a, int at, int aRow, int aColumn) {
    double[] r0 = (double[]) right[0];
    double[] r1 = (double[]) right[1];
    double[] r2 = (double[]) right[2];
    double[] r3 = (double[]) right[3];
    int i = 0;
    for (; i + 1 < totals.length; i += 2) {
      int x = at + i * aRow;
      int y = x + aRow;
      pair(
          a[x],
          a[x + aColumn],
          a[x + 2 * aColumn],
          a[x + 3 * aColumn],
          (double[]) totals[i],
          a[y],
          a[y + aColumn],
          a[y + 2 * aColumn],
          a[y + 3 * aColumn],
          (double[]) totals[i + 1],
          r0,
          r1,
          r2,
          r3);
    }
    if (i < totals.length) {
      double[] total = (double[]) totals[i];
      int x = at + i * aRow;
      double a0 = a[x];
      double a1 = a[x + aColumn];
      double a2 = a[x + 2 * aColumn];
      double a3 = a[x + 3 * aColumn];
      for (int j = 0; j < total.length; j++) {
        total[j] = total[j] + a0 * r0[j] + a1 * r1[j] + a2 * r2[j] + a3 * r3[j];
      }
    }
  }

  private static void pair(
      double a0,
      double a1,
      double a2,
      double a3,
      double[] x,
      double b0,
      double b1,
      double b2,
      double b3,
      double[] y,
      double[] r0,
      double[] r1,
      double[] r2,
      double[] r3) {
    for (int j = 0; j < x.length; j++) {
      double v0 = r0[j];
      double v1 = r1[j];
      double v2 = r2[j];
      double v3 = r3[j];
      x[j] = x[j] + a0 * v0 + a1 * v1 + a2 * v2 + a3 * v3;
      y[j] = y[j] + b0 * v0 + b1 * v1 + b2 * v2 + b3 * v3;
    }
  }

  private static void one(double a, double[] row, double[] total) {
    for (int j = 0; j < total.length; j++) {
      total[j] = total[j] + a * row[j];
    }
  }
}
