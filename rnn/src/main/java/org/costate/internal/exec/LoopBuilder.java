package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.graph.Op;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.Simd;

/// Makes the program of one fused loop.
final class LoopBuilder {
  private final Views views;
  private final Phases phases;
  private final Element element;
  private final Weights weights;
  private final Set<Integer> stored;
  private final List<RowKernel.Instruction> instructions = new ArrayList<>();
  private final List<Boolean> wide = new ArrayList<>();
  final Map<Integer, Integer> index = new HashMap<>();
  private final Map<Task.View, Integer> operandIndex = new HashMap<>();
  final List<Task.View> operands = new ArrayList<>();
  final Set<Integer> group = new LinkedHashSet<>();
  int length = 1;

  /// @param schedule what units are
  /// @param element the element type
  /// @param weights what is read of the parameters
  /// @param units what the loop does
  /// @param stored the roots that have memory
  LoopBuilder(
      Schedule schedule, Element element, Weights weights, List<Unit> units, Set<Integer> stored) {
    this.views = schedule.views();
    this.phases = views.phases();
    this.element = element;
    this.weights = weights;
    this.stored = stored;
    for (Unit unit : units) {
      if (unit.target() < 0 && unit.part() < 0) {
        group.add(unit.node());
      }
      length = Math.max(length, schedule.domain(unit));
    }
    units.forEach(this::add);
  }

  RowKernel.Code code() {
    return new RowKernel.Code(
        element, instructions, wide, operands.size(), Simd.whole(element, length));
  }

  private int emit(RowKernel.Instruction instruction, boolean isWide) {
    instructions.add(instruction);
    wide.add(isWide);
    return instructions.size() - 1;
  }

  private int operand(Task.View view) {
    int node = view.root() < 0 ? view.node() : -1;
    Task.View key = new Task.View(view.root(), node, view.offset(), view.width(), view.next());
    Integer known = operandIndex.get(key);
    if (known == null) {
      known = operands.size();
      operandIndex.put(key, known);
      operands.add(view);
    }
    return known;
  }

  /// The operand with the whole root of a number, so that all numbers of a root share it.
  private int rootOperand(Task.View view) {
    return operand(new Task.View(view.root(), view.node(), 0, view.width(), view.next()));
  }

  private int load(Task.View view, int size) {
    return size > 1
        ? emit(new RowKernel.Instruction.Load(operand(view), false), true)
        : emit(new RowKernel.Instruction.LoadOne(rootOperand(view), view.offset(), false), false);
  }

  private void add(Unit unit) {
    int id = unit.node();
    if (unit.target() >= 0) {
      boolean forward = Views.contains(phases.carry, unit.target());
      store(
          new Task.View(unit.target(), id, 0, views.size(id), forward),
          value(id),
          views.size(id) > 1);
      return;
    }
    if (unit.part() >= 0) {
      var concat = (Op.Concat) views.op(id);
      int offset = 0;
      for (int i = 0; i < unit.part(); i++) {
        offset += views.size(concat.parts().get(i));
      }
      int part = concat.parts().get(unit.part());
      Task.View own = views.view(id);
      store(
          new Task.View(own.root(), part, own.offset() + offset, own.width(), own.next()),
          value(part),
          views.size(part) > 1);
      return;
    }
    boolean isWide = views.size(id) > 1;
    int made =
        switch (views.op(id)) {
          case Op.Unary(var f, int x) -> emit(new RowKernel.Instruction.Unary(f, value(x)), isWide);
          case Op.Binary(var f, int a, int b) -> {
            int left = value(a);
            yield emit(new RowKernel.Instruction.Binary(f, left, value(b)), isWide);
          }
          case Op.Select(int c, int a, int b) -> {
            int condition = value(c);
            int left = value(a);
            yield emit(new RowKernel.Instruction.Select(condition, left, value(b)), isWide);
          }
          case Op.Sum(int x, _) -> reduce(true, x);
          case Op.Max(int x, _) -> reduce(false, x);
          case Op.Broadcast(int x, _, _) -> value(x);
          default -> throw new IllegalStateException("not element-wise");
        };
    index.put(id, made);
    if (stored.contains(views.view(id).root())) {
      store(views.view(id), made, isWide);
    }
  }

  private int reduce(boolean sum, int x) {
    int operand = value(x);
    if (wide.get(operand)) {
      return emit(new RowKernel.Instruction.Reduce(sum, operand), false);
    }
    if (!sum || views.size(x) == 1) {
      return operand;
    }
    int count = emit(new RowKernel.Instruction.Number(views.size(x)), false);
    return emit(
        new RowKernel.Instruction.Binary(org.costate.graph.BinaryFunction.MULTIPLY, operand, count),
        false);
  }

  private void store(Task.View view, int value, boolean isWide) {
    emit(
        isWide
            ? new RowKernel.Instruction.Store(operand(view), 0, value)
            : new RowKernel.Instruction.Store(rootOperand(view), view.offset(), value),
        isWide);
  }

  /// The instruction with the value of a node.
  private int value(int id) {
    if (!views.batched(id)) {
      return shared(id);
    }
    int whole = views.whole(id);
    if (whole >= 0 && index.containsKey(whole)) {
      return index.get(whole);
    }
    int source = views.source(id);
    if (views.isSpread(source)) {
      return value(((Op.Broadcast) views.op(source)).x());
    }
    Integer known = index.get(-1 - id);
    if (known == null) {
      known = load(views.view(id), views.size(id));
      index.put(-1 - id, known);
    }
    return known;
  }

  private int shared(int id) {
    Integer known = index.get(-1 - id);
    if (known != null) {
      return known;
    }
    double number = uniform(id);
    int made;
    if (!Double.isNaN(number)) {
      made = emit(new RowKernel.Instruction.Number(number), false);
    } else {
      int offset = weights.offset(views, id);
      made =
          views.size(id) > 1
              ? emit(
                  new RowKernel.Instruction.Load(
                      operand(new Task.View(-1, id, offset, 0, false)), true),
                  true)
              : emit(
                  new RowKernel.Instruction.LoadOne(
                      operand(new Task.View(-1, -1, 0, 0, false)), offset, true),
                  false);
    }
    index.put(-1 - id, made);
    return made;
  }

  private double uniform(int id) {
    return switch (views.op(id)) {
      case Op.Constant o when o.values().size() == 1 -> o.values().getFirst();
      case Op.Broadcast(int x, int axis, _) when axis < 0 -> uniform(x);
      case Op.Reshape(int x, _) -> uniform(x);
      default -> Double.NaN;
    };
  }
}
