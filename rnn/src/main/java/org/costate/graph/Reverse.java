package org.costate.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reverse mode (vector–Jacobian product) as a transform of graphs.
///
/// For a step `(θ, x, u) → (x′, y)` the result is one graph that first has every node of the step, with the same ids, and
/// then the nodes of its pullback
///
///     θ̄ = (∂x′/∂θ)ᵀ x̄′ + (∂y/∂θ)ᵀ ȳ,   x̄ = (∂x′/∂x)ᵀ x̄′ + (∂y/∂x)ᵀ ȳ,   ū = (∂x′/∂u)ᵀ x̄′ + (∂y/∂u)ᵀ ȳ
///
/// with new step inputs `xNextBar`, `yBar` for the seeds and new outputs `θBar`, `xBar`, `uBar`. Where a value fans out, its
/// cotangents add up; the work is linear in the number of edges, whatever the number of paths. The cotangent of a shared
/// value is summed over the batch.
///
/// @param graph the step and its pullback
/// @param primalCount the number of nodes of the step; later ids are the pullback's
/// @param seeds the id of the seed of each output (by its name) and of each next state (by the carry's name)
/// @param cotangents the id of the cotangent of each input, by name; an input on which nothing depends is absent
public record Reverse(
    StepGraph graph, int primalCount, Map<String, Integer> seeds, Map<String, Integer> cotangents) {

  /// The pullback of a step with respect to all its inputs.
  ///
  /// @param step the step
  /// @return the joint graph
  public static Reverse of(StepGraph step) {
    var builder = new StepBuilder(step.name()).replay(step);
    var seedIds = new LinkedHashMap<String, Integer>();
    var seedValues = new LinkedHashMap<Integer, List<Value>>();
    for (StepGraph.Carry carry : step.carries()) {
      Value seed = builder.input(carry.name() + "NextBar", carry.shape().toArray());
      seedIds.put(carry.name(), seed.id());
      seedValues.computeIfAbsent(carry.next(), _ -> new ArrayList<>()).add(seed);
    }
    step.outputs()
        .forEach(
            (name, id) -> {
              Value seed = builder.input(name + "Bar", step.shape(id).toArray());
              seedIds.put(name, seed.id());
              seedValues.computeIfAbsent(id, _ -> new ArrayList<>()).add(seed);
            });
    var inputs = new ArrayList<Integer>();
    for (Role role : Role.values()) {
      inputs.addAll(step.inputs(role));
    }
    Map<Integer, Value> bars = cotangents(builder, step, seedValues, inputs);
    var cotangents = new LinkedHashMap<String, Integer>();
    for (StepGraph.Carry carry : step.carries()) {
      builder.next(builder.value(carry.input()), builder.value(carry.next()));
    }
    step.outputs().forEach((name, id) -> builder.output(name, builder.value(id)));
    for (int input : inputs) {
      Value bar = bars.get(input);
      if (bar != null) {
        String name = step.input(input).name();
        cotangents.put(name, bar.id());
        builder.output(name + "Bar", bar);
      }
    }
    return new Reverse(
        builder.build(), step.ops().size(), Map.copyOf(seedIds), Map.copyOf(cotangents));
  }

  /// The gradient of a scalar output as a graph with the outputs of the step and, for each named
  /// input x, `xGradient`.
  ///
  /// @param step the step
  /// @param output the scalar output, or the name of a scalar carry for its next value
  /// @param inputs the names of the inputs
  /// @return the graph
  /// @throws ShapeException if the output is not a scalar
  public static StepGraph gradient(StepGraph step, String output, String... inputs) {
    int id = Forward.target(step, output);
    if (step.shape(id).rank() != 0) {
      throw new ShapeException(
          "Reverse.gradient: output '%s' of step '%s' must be a scalar, got %s."
              .formatted(output, step.name(), step.shape(id)));
    }
    var builder = new StepBuilder(step.name()).replay(step);
    Map<Integer, List<Value>> seeds = Map.of(id, List.of(builder.constant(1.0)));
    List<Integer> wanted = java.util.Arrays.stream(inputs).map(step::input).toList();
    Map<Integer, Value> bars = cotangents(builder, step, seeds, wanted);
    Forward.replayResults(builder, step);
    for (int input : wanted) {
      Value bar =
          bars.containsKey(input)
              ? bars.get(input)
              : builder.constant(0).broadcast(step.shape(input));
      builder.output(step.input(input).name() + "Gradient", bar);
    }
    return builder.build();
  }

  /// Adds the pullback of `step` to a builder that already has its nodes.
  ///
  /// @return the cotangent of each node of the step on a path from a wanted input to a seed
  static Map<Integer, Value> cotangents(
      StepBuilder builder, StepGraph step, Map<Integer, List<Value>> seeds, List<Integer> wanted) {
    int count = step.ops().size();
    boolean[] needed = new boolean[count];
    wanted.forEach(id -> needed[id] = true);
    for (int id = 0; id < count; id++) {
      for (int operand : step.ops().get(id).operands()) {
        needed[id] |= needed[operand];
      }
    }
    var pullback = new Pullback(builder, step, needed);
    seeds.forEach((id, values) -> values.forEach(value -> pullback.add(id, id, value)));
    for (int id = count - 1; id >= 0; id--) {
      if (needed[id] && pullback.bars.containsKey(id)) {
        pullback.visit(id);
      }
    }
    return pullback.bars;
  }

  /// The state of one transform: the cotangents found so far, and the rule of every op.
  private record Pullback(
      StepBuilder builder, StepGraph step, boolean[] needed, Map<Integer, Value> bars) {
    Pullback(StepBuilder builder, StepGraph step, boolean[] needed) {
      this(builder, step, needed, new HashMap<>());
    }

    /// Adds a contribution of node `user` to the cotangent of node `id`.
    void add(int user, int id, Value contribution) {
      if (contribution == null || !needed[id]) {
        return;
      }
      boolean overLanes = !step.batched(id) && (step.batched(user) || contribution.batched());
      Value bar = overLanes ? contribution.sumBatch() : contribution;
      Value known = bars.get(id);
      Value total = known == null ? bar : known.plus(bar);
      String label = step.label(id);
      if (!label.isEmpty()) {
        total.named(label + "Bar");
      }
      bars.put(id, total);
    }

    private Value value(int id) {
      return builder.value(id);
    }

    private Value emit(Op op) {
      return builder.emit(op);
    }

    private static Value product(Value derivative, Value bar) {
      return derivative == null ? null : bar.hadamard(derivative);
    }

    void visit(int id) {
      Value bar = bars.get(id);
      switch (step.ops().get(id)) {
        case Op.Input _, Op.Constant _, Op.StopGradient _ -> {}
        case Op.Unary(var f, int x) -> {
          if (f == UnaryFunction.NEGATE) {
            add(id, x, bar.negate());
          } else {
            add(id, x, product(f.derivative(value(x), value(id)), bar));
          }
        }
        case Op.Binary(var f, int a, int b) -> binary(id, f, a, b, bar);
        case Op.Select(int condition, int a, int b) -> {
          Value zero = bar.graphConstant(0);
          if (needed[a]) {
            add(id, a, Functions.select(value(condition), bar, zero));
          }
          if (needed[b]) {
            add(id, b, Functions.select(value(condition), zero, bar));
          }
        }
        case Op.MatrixVector(int w, int x, boolean transposed) -> {
          if (needed[w]) {
            add(id, w, transposed ? value(x).outer(bar) : bar.outer(value(x)));
          }
          if (needed[x]) {
            add(id, x, emit(new Op.MatrixVector(w, bar.id(), !transposed)));
          }
        }
        case Op.Outer(int a, int b) -> {
          if (needed[a]) {
            add(id, a, emit(new Op.MatrixVector(bar.id(), b, false)));
          }
          if (needed[b]) {
            add(id, b, emit(new Op.MatrixVector(bar.id(), a, true)));
          }
        }
        case Op.MatrixMatrix o -> matrixMatrix(id, o, bar);
        case Op.Transpose(int x) -> add(id, x, bar.transpose());
        case Op.Sum(int x, int axis) ->
            add(id, x, emit(new Op.Broadcast(bar.id(), axis, step.shape(x))));
        case Op.Max(int x, int axis) -> {
          if (needed[x]) {
            Shape shape = step.shape(x);
            Value largest = emit(new Op.Broadcast(id, axis, shape));
            Value mask = value(x).apply(BinaryFunction.EQUAL, largest);
            Value ties = emit(new Op.Sum(mask.id(), axis));
            add(id, x, mask.hadamard(emit(new Op.Broadcast(bar.over(ties).id(), axis, shape))));
          }
        }
        case Op.Broadcast(int x, int axis, _) -> add(id, x, bar.sum(axis));
        case Op.Slice(int x, int axis, int from, _) ->
            add(id, x, emit(new Op.Pad(bar.id(), axis, from, step.shape(x).dim(axis))));
        case Op.Pad(int x, int axis, int before, _) ->
            add(id, x, emit(new Op.Slice(bar.id(), axis, before, step.shape(x).dim(axis))));
        case Op.Concat(var parts, int axis) -> {
          int from = 0;
          for (int part : parts) {
            int length = step.shape(part).dim(axis);
            if (needed[part]) {
              add(id, part, emit(new Op.Slice(bar.id(), axis, from, length)));
            }
            from += length;
          }
        }
        case Op.Reshape(int x, _) -> add(id, x, emit(new Op.Reshape(bar.id(), step.shape(x))));
        case Op.Gather(int table, int index) -> {
          if (needed[table]) {
            add(id, table, emit(new Op.ScatterAdd(bar.id(), index, step.shape(table))));
          }
        }
        case Op.ScatterAdd(int rows, int index, _) -> {
          if (needed[rows]) {
            add(id, rows, emit(new Op.Gather(bar.id(), index)));
          }
        }
        case Op.StraightThrough(_, int soft) -> add(id, soft, bar);
        case Op.Convolve(int x, int kernel, var geometry) -> {
          if (needed[x]) {
            add(id, x, emit(new Op.ConvolveInput(bar.id(), kernel, geometry, step.shape(x))));
          }
          if (needed[kernel]) {
            add(id, kernel, emit(new Op.ConvolveKernel(x, bar.id(), geometry, step.shape(kernel))));
          }
        }
        case Op.ConvolveInput(int y, int kernel, var geometry, _) -> {
          if (needed[y]) {
            add(id, y, emit(new Op.Convolve(bar.id(), kernel, geometry)));
          }
          if (needed[kernel]) {
            add(id, kernel, emit(new Op.ConvolveKernel(bar.id(), y, geometry, step.shape(kernel))));
          }
        }
        case Op.ConvolveKernel(int x, int y, var geometry, _) -> {
          if (needed[x]) {
            add(id, x, emit(new Op.ConvolveInput(y, bar.id(), geometry, step.shape(x))));
          }
          if (needed[y]) {
            add(id, y, emit(new Op.Convolve(x, bar.id(), geometry)));
          }
        }
        case Op.SumBatch(int x) -> add(id, x, bar);
        case Op.Foreign(var function, var operands) -> {
          for (int which = 0; which < operands.size(); which++) {
            if (needed[operands.get(which)]) {
              add(
                  id,
                  operands.get(which),
                  emit(new Op.ForeignPullback(function, operands, bar.id(), which)));
            }
          }
        }
        case Op.ForeignPullback o ->
            throw new ShapeException(
                "Step '%s': the black box '%s' has no second derivative; write it as a step graph to get one."
                    .formatted(step.name(), o.function().name()));
      }
    }

    private void binary(int id, BinaryFunction f, int a, int b, Value bar) {
      switch (f) {
        case ADD -> {
          add(id, a, bar);
          add(id, b, bar);
        }
        case SUBTRACT -> {
          add(id, a, bar);
          if (needed[b]) {
            add(id, b, bar.negate());
          }
        }
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
          if (needed[a]) {
            add(id, a, product(f.firstDerivative(value(a), value(b), value(id)), bar));
          }
          if (needed[b]) {
            add(id, b, product(f.secondDerivative(value(a), value(b), value(id)), bar));
          }
        }
      }
    }

    /// Y = op(A) op(B): for op(A) = A, Ā = Ȳ op(B)ᵀ, else Āᵀ of that; likewise B.
    private void matrixMatrix(int id, Op.MatrixMatrix o, Value bar) {
      if (needed[o.a()]) {
        add(
            id,
            o.a(),
            o.transposeA()
                ? emit(new Op.MatrixMatrix(o.b(), bar.id(), o.transposeB(), true))
                : emit(new Op.MatrixMatrix(bar.id(), o.b(), false, !o.transposeB())));
      }
      if (needed[o.b()]) {
        add(
            id,
            o.b(),
            o.transposeB()
                ? emit(new Op.MatrixMatrix(bar.id(), o.a(), true, o.transposeA()))
                : emit(new Op.MatrixMatrix(o.a(), bar.id(), !o.transposeA(), false)));
      }
    }
  }
}
