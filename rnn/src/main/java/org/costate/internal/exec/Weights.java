package org.costate.internal.exec;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.costate.graph.Op;

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

  /// Where a shared value begins, which may be a part of another.
  int offset(Views views, int id) {
    int at = id;
    int offset = 0;
    while (views.isAlias(at)) {
      if (views.op(at) instanceof Op.Slice(int x, int axis, int from, _)) {
        offset += from * Structure.inner(views.phases().shape(x), axis);
      }
      at = views.aliasOf(at);
    }
    return offset + row(at, views.size(at));
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
