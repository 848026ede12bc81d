package org.costate.internal.exec;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.BinaryFunction;
import org.costate.graph.Op;
import org.costate.graph.Rebuild;
import org.costate.graph.StepGraph;

/// Brings the terms of sums with matrix products into the order in which they are known, products
/// last: `(W x + U h) + b` becomes `(b + W x) + U h`. What does not depend on the carry is then one
/// term, computed before the loop, and each product starts with what is there already.
final class SumOrder extends Rebuild {
  private final Phases phases;
  private final boolean[] inner;
  private final Map<Integer, List<Integer>> terms = new HashMap<>();

  private SumOrder(Phases phases) {
    super(phases.graph());
    this.phases = phases;
    this.inner = new boolean[graph().ops().size()];
    for (int id = inner.length - 1; id >= 0; id--) {
      if (phases.phase(id) != Phase.DEAD && isSum(id) && !inner[id]) {
        find(id);
      }
    }
  }

  /// The graph with its sums in order.
  static StepGraph of(Phases phases) {
    var order = new SumOrder(phases);
    return order.terms.isEmpty() ? phases.graph() : order.run();
  }

  private boolean isSum(int id) {
    return phases.op(id) instanceof Op.Binary(var f, _, _) && f == BinaryFunction.ADD;
  }

  /// The terms of a sum, whose own sums nothing else reads.
  private void find(int sum) {
    var found = new ArrayList<Integer>();
    var sums = new ArrayList<Integer>();
    var open = new ArrayDeque<>(List.of(sum));
    while (!open.isEmpty()) {
      int id = open.pop();
      if (id == sum || isSum(id) && phases.readOnce(id)) {
        sums.add(id);
        var own = (Op.Binary) phases.op(id);
        open.push(own.b());
        open.push(own.a());
      } else {
        found.add(id);
      }
    }
    if (found.size() > 2 && found.stream().anyMatch(phases::isProduct)) {
      found.sort(
          Comparator.<Integer>comparingInt(id -> phases.earliest(id).ordinal())
              .thenComparing(phases::isProduct));
      terms.put(sum, found);
      sums.stream().filter(id -> id != sum).forEach(id -> inner[id] = true);
    }
  }

  @Override
  protected int rebuild(int id) {
    if (inner[id]) {
      return -1;
    }
    List<Integer> own = terms.get(id);
    if (own == null) {
      return builder().emit(phases.op(id).renumbered(renumbering)).id();
    }
    int total = renumbering[own.getFirst()];
    for (int term : own.subList(1, own.size())) {
      total = builder().emit(new Op.Binary(BinaryFunction.ADD, total, renumbering[term])).id();
    }
    return total;
  }
}
