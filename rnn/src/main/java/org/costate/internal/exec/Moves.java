package org.costate.internal.exec;

import java.util.Arrays;

/// Copies elements to other places: `to[i] = from[index[i]]`, or 0 where the index is −1. Indices
/// that follow each other are copied together if that is worth a call.
final class Moves {
  private static final int SHORTEST_RUN = 4;

  private final int[] index;
  private final int[] runs;
  private final boolean gaps;

  /// @param index for each element of the result where it comes from, or −1 for zero
  Moves(int[] index) {
    this.index = index;
    this.gaps = Arrays.stream(index).anyMatch(i -> i < 0);
    int[] found = runs(index);
    this.runs = found.length / 3 * SHORTEST_RUN <= index.length ? found : null;
  }

  /// Xᵀ of a matrix `[rows, columns]`.
  static Moves transpose(int rows, int columns) {
    int[] index = new int[rows * columns];
    Arrays.setAll(index, i -> i % rows * columns + i / rows);
    return new Moves(index);
  }

  /// The number of elements of the result.
  int length() {
    return index.length;
  }

  /// Triples of a place in the result, where it comes from, and how many follow.
  private static int[] runs(int[] index) {
    int[] runs = new int[3 * index.length];
    int count = 0;
    for (int i = 0; i < index.length; ) {
      int length = 1;
      while (i + length < index.length && index[i + length] == index[i] + length) {
        length++;
      }
      if (index[i] >= 0) {
        runs[count++] = i;
        runs[count++] = index[i];
        runs[count++] = length;
        i += length;
      } else {
        i++;
      }
    }
    return Arrays.copyOf(runs, count);
  }

  /// Copies between arrays of one element type.
  void run(Object from, int fromAt, Object to, int toAt) {
    if (from instanceof float[] source) {
      floats(source, fromAt, (float[]) to, toAt);
    } else {
      doubles((double[]) from, fromAt, (double[]) to, toAt);
    }
  }

  private void floats(float[] from, int fromAt, float[] to, int toAt) {
    if (runs == null) {
      for (int i = 0; i < index.length; i++) {
        to[toAt + i] = index[i] < 0 ? 0 : from[fromAt + index[i]];
      }
      return;
    }
    if (gaps) {
      Arrays.fill(to, toAt, toAt + index.length, 0);
    }
    for (int i = 0; i < runs.length; i += 3) {
      System.arraycopy(from, fromAt + runs[i + 1], to, toAt + runs[i], runs[i + 2]);
    }
  }

  private void doubles(double[] from, int fromAt, double[] to, int toAt) {
    if (runs == null) {
      for (int i = 0; i < index.length; i++) {
        to[toAt + i] = index[i] < 0 ? 0 : from[fromAt + index[i]];
      }
      return;
    }
    if (gaps) {
      Arrays.fill(to, toAt, toAt + index.length, 0);
    }
    for (int i = 0; i < runs.length; i += 3) {
      System.arraycopy(from, fromAt + runs[i + 1], to, toAt + runs[i], runs[i + 2]);
    }
  }
}
