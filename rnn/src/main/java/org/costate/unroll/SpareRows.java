package org.costate.unroll;

import java.lang.ref.SoftReference;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.costate.internal.code.Element;

/// Rows that a forward pass has read for the last time, for the next value or the next pass to be
/// written into: a long pass would otherwise make and drop hundreds of megabytes. They are kept for
/// as long as there is memory to spare. Several passes may share them.
final class SpareRows {
  private record Form(Element element, int length) {}

  private SoftReference<Map<Form, ArrayDeque<Object>>> spare = new SoftReference<>(null);

  /// Fills an array with rows, whose contents are arbitrary.
  ///
  /// @param rows the array
  /// @param element the type of their elements
  /// @param length the length of a row
  synchronized void take(Object[] rows, Element element, int length) {
    var all = spare.get();
    ArrayDeque<Object> own = all == null ? null : all.get(new Form(element, length));
    for (int t = 0; t < rows.length; t++) {
      Object row = own == null ? null : own.poll();
      rows[t] = row == null ? element.array(length) : row;
    }
  }

  /// Takes rows that nobody will read again.
  synchronized void give(Object[] rows) {
    var all = spare.get();
    if (all == null) {
      all = new HashMap<>();
      spare = new SoftReference<>(all);
    }
    for (Object row : rows) {
      Element element = Element.of(row);
      all.computeIfAbsent(new Form(element, element.length(row)), _ -> new ArrayDeque<>()).add(row);
    }
  }
}
