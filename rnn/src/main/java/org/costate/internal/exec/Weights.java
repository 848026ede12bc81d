package org.costate.internal.exec;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// Where the rows of shared values, and the packed matrices, are in the array of weights.
final class Weights {
  private final Map<Integer, Integer> rows = new LinkedHashMap<>();
  private final Set<Task.Pack> packs = new LinkedHashSet<>();
  private int size;

  int row(int id, int length) {
    Integer at = rows.get(id);
    if (at == null) {
      at = size;
      rows.put(id, at);
      size += length;
    }
    return at;
  }

  Map<Integer, Integer> rows() {
    return rows;
  }

  int rowsSize() {
    return size;
  }

  Set<Task.Pack> packs() {
    return packs;
  }
}
