package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.graph.BinaryFunction;
import org.costate.graph.Op;
import org.costate.graph.Rebuild;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;

/// Computes element-wise what is only read in pieces in those pieces: of `σ(z)` with the gates of a
/// cell one after the other, each gate by itself. Loops over a gate can then do what loops over all
/// of them did, and what loops over one of them do, at once.
final class SplitRows extends Rebuild {
  /// Shorter pieces would not fill a vector.
  private static final int SHORTEST = 16;

  /// Some elements of a row.
  private record Range(int from, int length) {}

  private record Piece(int id, Range range) {}

  private final List<List<Integer>> users = new ArrayList<>();
  private final boolean[] result;

  /// Whether one of the terms of which a node is the sum is a matrix product.
  private final boolean[] product;

  /// The pieces in which a node is computed; none if it is computed as a whole.
  private final List<Set<Range>> split = new ArrayList<>();

  private final Map<Piece, Integer> made = new HashMap<>();

  private SplitRows(StepGraph step) {
    super(step);
    int count = step.ops().size();
    this.result = new boolean[count];
    this.product = new boolean[count];
    step.outputs().values().forEach(id -> result[id] = true);
    step.carries().forEach(carry -> result[carry.next()] = true);
    for (int id = 0; id < count; id++) {
      users.add(new ArrayList<>());
      split.add(Set.of());
      product[id] = step.ops().get(id) instanceof Op.MatrixVector;
      if (step.ops().get(id) instanceof Op.Binary(var f, int a, int b) && f == BinaryFunction.ADD) {
        product[id] = product[a] || product[b];
      }
    }
    for (int id = 0; id < count; id++) {
      for (int operand : Arrays.stream(step.ops().get(id).operands()).distinct().toArray()) {
        users.get(operand).add(id);
      }
    }
    for (int id = count - 1; id >= 0; id--) {
      if (possible(id)) {
        split.set(id, ranges(id));
      }
    }
  }

  /// The step with such nodes in pieces.
  static StepGraph of(StepGraph step) {
    var rows = new SplitRows(step);
    return rows.split.stream().allMatch(Set::isEmpty) ? step : rows.run();
  }

  private boolean possible(int id) {
    if (result[id] || !graph().batched(id) || graph().shape(id).rank() != 1) {
      return false;
    }
    return switch (graph().ops().get(id)) {
      case Op.Unary _, Op.Select _ -> true;
      // A product starts with other terms where the whole sum is.
      case Op.Binary _ -> !product[id];
      default -> false;
    };
  }

  /// The pieces in which others read a node, or none if one reads all of it, or some elements would
  /// be computed twice.
  private Set<Range> ranges(int id) {
    var ranges = new LinkedHashSet<Range>();
    for (int user : users.get(id)) {
      if (graph().ops().get(user) instanceof Op.Slice(_, _, int from, int length)) {
        ranges.add(new Range(from, length));
      } else if (split.get(user).isEmpty()) {
        return Set.of();
      } else {
        ranges.addAll(split.get(user));
      }
    }
    int total = ranges.stream().mapToInt(Range::length).sum();
    boolean small = ranges.stream().anyMatch(range -> range.length < SHORTEST);
    return small || total > graph().shape(id).size() ? Set.of() : ranges;
  }

  @Override
  protected int rebuild(int id) {
    if (!split.get(id).isEmpty()) {
      return -1;
    }
    Op op = graph().ops().get(id);
    if (op instanceof Op.Slice(int x, _, int from, int length) && !split.get(x).isEmpty()) {
      return piece(x, new Range(from, length));
    }
    return builder().emit(op.renumbered(renumbering)).id();
  }

  private int piece(int id, Range range) {
    Integer known = made.get(new Piece(id, range));
    if (known == null) {
      known = builder().emit(op(id, range)).id();
      made.put(new Piece(id, range), known);
    }
    return known;
  }

  private Op op(int id, Range range) {
    Op op = graph().ops().get(id);
    if (split.get(id).isEmpty()) {
      return op instanceof Op.Broadcast(int x, int axis, _) && axis < 0
          ? new Op.Broadcast(renumbering[x], axis, Shape.of(range.length))
          : new Op.Slice(renumbering[id], 0, range.from, range.length);
    }
    return switch (op) {
      case Op.Unary(var f, int x) -> new Op.Unary(f, piece(x, range));
      case Op.Binary(var f, int a, int b) -> {
        int left = piece(a, range);
        yield new Op.Binary(f, left, piece(b, range));
      }
      case Op.Select(int c, int a, int b) -> {
        int condition = piece(c, range);
        int left = piece(a, range);
        yield new Op.Select(condition, left, piece(b, range));
      }
      default -> throw new IllegalStateException("not element-wise");
    };
  }
}
