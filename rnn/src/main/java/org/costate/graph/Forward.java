package org.costate.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Forward mode (Jacobian–vector product) as a transform of graphs.
///
/// The result is again a step: beside every input it has the input's tangent of the same role
/// (`xDot` is carried, `uDot` is a step input, `θDot` is a parameter that starts at zero), and
/// beside every output y the output `yDot`. So it can be unrolled, which is forward accumulation
/// over time (real-time recurrent learning, one direction at a time); and the reverse sweep of its
/// output `lossDot` gives the Hessian–vector product of the unrolled loss with the direction θDot.
public final class Forward {
  private Forward() {}

  /// The pushforward of a step with respect to all its inputs.
  ///
  /// @param step the step
  /// @return the step with tangents
  public static StepGraph of(StepGraph step) {
    var builder = new StepBuilder(step.name()).replay(step);
    var seeds = new LinkedHashMap<Integer, Value>();
    for (Role role : Role.values()) {
      for (int id : step.inputs(role)) {
        Op.Input input = step.input(id);
        String name = input.name() + "Dot";
        int[] dims = input.shape().toArray();
        seeds.put(
            id,
            switch (role) {
              case SHARED -> builder.shared(name, Initializer.zeros(), dims);
              case CARRY -> builder.carry(name, dims);
              case STEP -> builder.input(name, dims);
            });
      }
    }
    Map<Integer, Value> dots = tangents(builder, step, seeds);
    replayResults(builder, step);
    for (StepGraph.Carry carry : step.carries()) {
      builder.next(
          seeds.get(carry.input()), orZero(builder, dots.get(carry.next()), carry.shape()));
    }
    step.outputs()
        .forEach(
            (name, id) ->
                builder.output(name + "Dot", orZero(builder, dots.get(id), step.shape(id))));
    return builder.build();
  }

  /// The id of an output or, by the name of a carry, of its next value.
  static int target(StepGraph step, String name) {
    for (StepGraph.Carry carry : step.carries()) {
      if (carry.name().equals(name) && !step.outputs().containsKey(name)) {
        return carry.next();
      }
    }
    return step.output(name);
  }

  static void replayResults(StepBuilder builder, StepGraph step) {
    for (StepGraph.Carry carry : step.carries()) {
      builder.next(builder.value(carry.input()), builder.value(carry.next()));
    }
    step.outputs().forEach((name, id) -> builder.output(name, builder.value(id)));
  }

  static Value orZero(StepBuilder builder, Value value, Shape shape) {
    return value != null ? value : builder.constant(0).broadcast(shape);
  }

  /// Adds the pushforward of `step` to a builder that already has its nodes.
  ///
  /// @return the tangent of each node that depends on a seed
  static Map<Integer, Value> tangents(
      StepBuilder builder, StepGraph step, Map<Integer, Value> seeds) {
    var pushforward = new Pushforward(builder, step, new HashMap<>(seeds));
    for (int id = 0; id < step.ops().size(); id++) {
      if (!seeds.containsKey(id)) {
        Value dot = pushforward.visit(id);
        if (dot != null) {
          String label = step.label(id);
          pushforward.dots.put(id, label.isEmpty() ? dot : dot.named(label + "Dot"));
        }
      }
    }
    return pushforward.dots;
  }

  private record Pushforward(StepBuilder builder, StepGraph step, Map<Integer, Value> dots) {
    private Value value(int id) {
      return builder.value(id);
    }

    private static Value plus(Value a, Value b) {
      if (a == null || b == null) {
        return a == null ? b : a;
      }
      return a.plus(b);
    }

    private static Value product(Value derivative, Value dot) {
      return derivative == null || dot == null ? null : dot.hadamard(derivative);
    }

    /// The tangent of a node that is linear in x alone: the same op on ẋ.
    private Value linear(int x, java.util.function.IntFunction<Op> op) {
      Value dot = dots.get(x);
      return dot == null ? null : builder.emit(op.apply(dot.id()));
    }

    /// The tangent of a node that is linear in a and in b: the op on (ȧ, b) plus the op on (a, ḃ).
    private Value bilinear(int a, int b, java.util.function.BiFunction<Integer, Integer, Op> op) {
      Value first = linear(a, dot -> op.apply(dot, b));
      Value second = linear(b, dot -> op.apply(a, dot));
      return plus(first, second);
    }

    Value visit(int id) {
      return switch (step.ops().get(id)) {
        case Op.Input _, Op.Constant _, Op.StopGradient _ -> null;
        case Op.Unary(var f, int x) -> {
          if (dots.get(x) == null) {
            yield null;
          }
          yield f == UnaryFunction.NEGATE
              ? dots.get(x).negate()
              : product(f.derivative(value(x), value(id)), dots.get(x));
        }
        case Op.Binary(var f, int a, int b) -> binary(id, f, a, b);
        case Op.Select(int condition, int a, int b) -> {
          if (dots.get(a) == null && dots.get(b) == null) {
            yield null;
          }
          Shape shape = step.shape(id);
          yield Functions.select(
              value(condition),
              orZero(builder, dots.get(a), shape),
              orZero(builder, dots.get(b), shape));
        }
        case Op.MatrixVector(int w, int x, boolean transposed) ->
            bilinear(w, x, (m, v) -> new Op.MatrixVector(m, v, transposed));
        case Op.Outer(int a, int b) -> bilinear(a, b, Op.Outer::new);
        case Op.MatrixMatrix(int a, int b, boolean ta, boolean tb) ->
            bilinear(a, b, (l, r) -> new Op.MatrixMatrix(l, r, ta, tb));
        case Op.Transpose(int x) -> linear(x, Op.Transpose::new);
        case Op.Sum(int x, int axis) -> linear(x, dot -> new Op.Sum(dot, axis));
        case Op.Max(int x, int axis) -> {
          if (dots.get(x) == null) {
            yield null;
          }
          Value mask =
              value(x)
                  .apply(
                      BinaryFunction.EQUAL,
                      builder.emit(new Op.Broadcast(id, axis, step.shape(x))));
          Value sum = builder.emit(new Op.Sum(mask.hadamard(dots.get(x)).id(), axis));
          yield sum.over(builder.emit(new Op.Sum(mask.id(), axis)));
        }
        case Op.Broadcast(int x, int axis, Shape shape) ->
            linear(x, dot -> new Op.Broadcast(dot, axis, shape));
        case Op.Slice(int x, int axis, int from, int length) ->
            linear(x, dot -> new Op.Slice(dot, axis, from, length));
        case Op.Pad(int x, int axis, int before, int length) ->
            linear(x, dot -> new Op.Pad(dot, axis, before, length));
        case Op.Concat(List<Integer> parts, int axis) -> concat(parts, axis);
        case Op.Reshape(int x, Shape shape) -> linear(x, dot -> new Op.Reshape(dot, shape));
        case Op.Gather(int table, int index) -> linear(table, dot -> new Op.Gather(dot, index));
        case Op.ScatterAdd(int rows, int index, Shape shape) ->
            linear(rows, dot -> new Op.ScatterAdd(dot, index, shape));
        case Op.StraightThrough(_, int soft) -> dots.get(soft);
        case Op.Convolve(int x, int kernel, var geometry) ->
            bilinear(x, kernel, (l, r) -> new Op.Convolve(l, r, geometry));
        case Op.ConvolveInput(int y, int kernel, var geometry, Shape shape) ->
            bilinear(y, kernel, (l, r) -> new Op.ConvolveInput(l, r, geometry, shape));
        case Op.ConvolveKernel(int x, int y, var geometry, Shape shape) ->
            bilinear(x, y, (l, r) -> new Op.ConvolveKernel(l, r, geometry, shape));
        case Op.SumBatch(int x) -> linear(x, Op.SumBatch::new);
        case Op.Foreign(var function, var operands) -> foreign(function.name(), operands);
        case Op.ForeignPullback o -> foreign(o.function().name(), o.arguments());
      };
    }

    private Value foreign(String name, List<Integer> operands) {
      for (int operand : operands) {
        if (dots.get(operand) != null) {
          throw new ShapeException(
              "Step '%s': the black box '%s' has a pullback only, so forward mode cannot pass it; use Reverse."
                  .formatted(step.name(), name));
        }
      }
      return null;
    }

    private Value concat(List<Integer> parts, int axis) {
      if (parts.stream().noneMatch(dots::containsKey)) {
        return null;
      }
      var tangents = new ArrayList<Integer>();
      for (int part : parts) {
        tangents.add(orZero(builder, dots.get(part), step.shape(part)).id());
      }
      return builder.emit(new Op.Concat(tangents, axis));
    }

    private Value binary(int id, BinaryFunction f, int a, int b) {
      Value aDot = dots.get(a);
      Value bDot = dots.get(b);
      if (aDot == null && bDot == null) {
        return null;
      }
      return switch (f) {
        case ADD -> plus(aDot, bDot);
        case SUBTRACT -> bDot == null ? aDot : aDot == null ? bDot.negate() : aDot.minus(bDot);
        case MULTIPLY,
            DIVIDE,
            POWER,
            ATAN2,
            HYPOT,
            MINIMUM,
            MAXIMUM,
            GREATER,
            GREATER_OR_EQUAL,
            EQUAL -> {
          Value first =
              aDot == null ? null : product(f.firstDerivative(value(a), value(b), value(id)), aDot);
          Value second =
              bDot == null
                  ? null
                  : product(f.secondDerivative(value(a), value(b), value(id)), bDot);
          yield plus(first, second);
        }
      };
    }
  }
}
