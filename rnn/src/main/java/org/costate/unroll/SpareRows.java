package org.costate.unroll;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// Rows that a forward pass has read for the last time, for the next value or the next pass to be
/// written into: a long pass would otherwise make and drop hundreds of megabytes. They are kept for
/// as long as there is memory to spare. Several passes may share them.
final class SpareRows {
  private SoftReference<Map<Integer, ArrayDeque<double[]>>> spare = new SoftReference<>(null);

  /// Fills an array with rows, whose contents are arbitrary.
  ///
  /// @param rows the array
  /// @param length the length of a row
  synchronized void take(double[][] rows, int length) {
    var all = spare.get();
    ArrayDeque<double[]> own = all == null ? null : all.get(length);
    for (int t = 0; t < rows.length; t++) {
      double[] row = own == null ? null : own.poll();
      rows[t] = row == null ? new double[length] : row;
    }
  }

  /// Takes rows that nobody will read again.
  synchronized void give(double[][] rows) {
    var all = spare.get();
    if (all == null) {
      all = new HashMap<>();
      spare = new SoftReference<>(all);
    }
    for (double[] row : rows) {
      all.computeIfAbsent(row.length, _ -> new ArrayDeque<>()).add(row);
    }
  }
}
