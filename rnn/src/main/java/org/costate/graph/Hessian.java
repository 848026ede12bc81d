package org.costate.graph;

import java.util.LinkedHashMap;
import java.util.Map;

/// Second derivatives of a scalar output of a step, as graphs.
public final class Hessian {
  private Hessian() {}

  /// The graph whose output `name` is the Hessian of a scalar output with respect to the named
  /// inputs taken as one vector, `[n, n]`, by forward over reverse mode, simplified.
  ///
  /// @param step the step
  /// @param name the name of the new output
  /// @param output the scalar output, or the name of a scalar carry for its next value
  /// @param inputs the names of the inputs
  /// @return the graph, with the step's own outputs too
  public static StepGraph of(StepGraph step, String name, String output, String... inputs) {
    return Jacobian.of(gradient(step, name, output, inputs), name, name + "Gradient", inputs);
  }

  /// The graph whose output `name` is the product of that Hessian with a direction: for each named
  /// input x it has a step input `xDot`, and the output is the vector H·(x₁Dot, x₂Dot, …)
  /// (Pearlmutter 1994). It costs a small multiple of the step, whatever n.
  ///
  /// @param step the step
  /// @param name the name of the new output
  /// @param output the scalar output, or the name of a scalar carry for its next value
  /// @param inputs the names of the inputs
  /// @return the graph, with the step's own outputs too
  public static StepGraph vectorProduct(
      StepGraph step, String name, String output, String... inputs) {
    StepGraph gradient = gradient(step, name, output, inputs);
    var builder = new StepBuilder(step.name()).replay(gradient);
    Map<Integer, Value> seeds = new LinkedHashMap<>();
    for (String input : inputs) {
      int id = gradient.input(input);
      seeds.put(id, builder.input(input + "Dot", gradient.shape(id).toArray()));
    }
    int target = gradient.output(name + "Gradient");
    Value product =
        Forward.orZero(
            builder,
            Forward.tangents(builder, gradient, seeds).get(target),
            gradient.shape(target));
    Forward.replayResults(builder, gradient);
    builder.output(name, product);
    return Simplify.of(builder.build());
  }

  /// The step with one more output: the gradient with respect to the inputs taken as one vector.
  private static StepGraph gradient(StepGraph step, String name, String output, String... inputs) {
    StepGraph gradients = Reverse.gradient(step, output, inputs);
    var builder = new StepBuilder(step.name()).replay(gradients);
    Value[] parts = new Value[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      Value part = builder.value(gradients.output(inputs[i] + "Gradient"));
      parts[i] = part.reshape(part.shape().size());
    }
    Forward.replayResults(builder, step);
    builder.output(name + "Gradient", Functions.concat(parts));
    return builder.build();
  }
}
