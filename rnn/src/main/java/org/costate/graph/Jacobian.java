package org.costate.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The Jacobian of one output of a step with respect to some of its inputs, as a graph.
public final class Jacobian {
  private Jacobian() {}

  /// The graph whose output `name` is ∂y/∂(x₁, x₂, …), a matrix `[|y|, |x₁| + |x₂| + …]` with
  /// values row-major in both. It pushes one tangent for each input element or pulls one cotangent
  /// for each output element, whichever are fewer, and is simplified, so structural zeros cost
  /// nothing. Shared inputs need forward mode, and get it.
  ///
  /// @param step the step
  /// @param name the name of the new output
  /// @param output the output y, or the name of a carry for its next value
  /// @param inputs the names of the inputs
  /// @return the graph, with the step's own outputs too
  public static StepGraph of(StepGraph step, String name, String output, String... inputs) {
    var builder = new StepBuilder(step.name()).replay(step);
    int target = Forward.target(step, output);
    List<Integer> wanted = java.util.Arrays.stream(inputs).map(step::input).toList();
    int columns = wanted.stream().mapToInt(id -> step.shape(id).size()).sum();
    int rows = step.shape(target).size();
    boolean shared = wanted.stream().anyMatch(id -> !step.batched(id));
    boolean foreign = step.ops().stream().anyMatch(Op.Foreign.class::isInstance);
    Value jacobian =
        !foreign && columns <= rows || shared
            ? byColumns(builder, step, target, wanted)
            : byRows(builder, step, target, wanted);
    Forward.replayResults(builder, step);
    builder.output(name, jacobian);
    return Simplify.of(builder.build());
  }

  private static Value byColumns(
      StepBuilder builder, StepGraph step, int target, List<Integer> wanted) {
    var columns = new ArrayList<Value>();
    int rows = step.shape(target).size();
    for (int input : wanted) {
      for (int element = 0; element < step.shape(input).size(); element++) {
        Value seed = unit(builder, step.shape(input), element);
        Map<Integer, Value> seeds = new LinkedHashMap<>(Map.of(input, seed));
        Value dot =
            Forward.orZero(
                builder, Forward.tangents(builder, step, seeds).get(target), step.shape(target));
        columns.add(dot.reshape(rows, 1));
      }
    }
    return Functions.concat(1, columns.toArray(Value[]::new));
  }

  private static Value byRows(
      StepBuilder builder, StepGraph step, int target, List<Integer> wanted) {
    var rows = new ArrayList<Value>();
    for (int element = 0; element < step.shape(target).size(); element++) {
      Value seed = unit(builder, step.shape(target), element);
      Map<Integer, Value> bars =
          Reverse.cotangents(builder, step, Map.of(target, List.of(seed)), wanted);
      Value[] parts = new Value[wanted.size()];
      for (int i = 0; i < parts.length; i++) {
        Shape shape = step.shape(wanted.get(i));
        parts[i] = Forward.orZero(builder, bars.get(wanted.get(i)), shape).reshape(1, shape.size());
      }
      rows.add(Functions.concat(1, parts));
    }
    return Functions.concat(0, rows.toArray(Value[]::new));
  }

  private static Value unit(StepBuilder builder, Shape shape, int element) {
    double[] values = new double[shape.size()];
    values[element] = 1;
    return builder.constant(values).reshape(shape.toArray());
  }
}
