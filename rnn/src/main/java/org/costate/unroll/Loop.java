package org.costate.unroll;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.StepGraph;
import org.costate.internal.exec.Bound;

/// One step over a fixed number of steps, one lane, to be run again and again: inputs and outputs
/// are arrays that stay where they are, and nothing is allocated by [#run]. What solvers use, which
/// evaluate one graph thousands of times; a step without carry is a function at T points.
///
/// ```java
/// Loop loop = Loop.of(step, theta, horizon);
/// loop.input("u")[t][0] = 1.5;
/// loop.run();
/// double cost = loop.output("cost")[t][0];
/// ```
///
/// Not for several threads at once.
public final class Loop {
  private final Unroll unroll;
  private final int horizon;
  private final Map<String, double[][]> inputs = new LinkedHashMap<>();
  private final Map<String, double[][]> outputs = new LinkedHashMap<>();
  private final double[][] initial;
  private final double[][] last;
  private final double[][][] inputsInOrder;
  private final double[][][] outputsInOrder;
  private final Sequences batch;
  private final SliceTape slice;
  private Parameters parameters;
  private Bound bound;

  private Loop(StepGraph step, Parameters parameters, int horizon) {
    this.unroll = Unroll.forwardOnly(step);
    this.horizon = horizon;
    this.parameters = parameters;
    List<String> names = unroll.inputNames();
    inputsInOrder = new double[names.size()][][];
    Sequences sequences = Sequences.of(1, horizon);
    for (int i = 0; i < names.size(); i++) {
      double[][] values = new double[horizon][unroll.inputs().get(names.get(i)).size()];
      inputs.put(names.get(i), values);
      sequences =
          sequences.with(names.get(i), new Series(unroll.inputs().get(names.get(i)), 1, values));
      inputsInOrder[i] = values;
    }
    batch = sequences;
    outputsInOrder = new double[step.outputs().size()][][];
    int at = 0;
    for (var output : step.outputs().entrySet()) {
      double[][] values = new double[horizon][step.shape(output.getValue()).size()];
      outputs.put(output.getKey(), values);
      outputsInOrder[at++] = values;
    }
    initial = states(step);
    last = states(step);
    slice = unroll.compiled() == null ? null : new SliceTape(unroll, batch, 0, 1, null);
    if (slice != null) {
      bound = unroll.bind(parameters);
      slice.bind(bound);
    }
  }

  /// A step over a number of steps, in double precision.
  ///
  /// @param step the step
  /// @param parameters θ
  /// @param horizon the number of steps T
  /// @return the loop
  public static Loop of(StepGraph step, Parameters parameters, int horizon) {
    return new Loop(step, parameters, horizon);
  }

  private static double[][] states(StepGraph step) {
    return step.carries().stream().map(c -> new double[c.shape().size()]).toArray(double[][]::new);
  }

  /// Uses other parameters from now on.
  ///
  /// @param theta θ
  public void parameters(Parameters theta) {
    parameters = theta;
    if (slice != null) {
      unroll.compiled().release(bound);
      bound = unroll.bind(theta);
      slice.bind(bound);
    }
  }

  /// The number of steps.
  ///
  /// @return T
  public int horizon() {
    return horizon;
  }

  /// Whether there is an input of a name.
  ///
  /// @param name the name
  /// @return whether there is
  public boolean hasInput(String name) {
    return inputs.containsKey(name);
  }

  /// Whether there is an output of a name.
  ///
  /// @param name the name
  /// @return whether there is
  public boolean hasOutput(String name) {
    return outputs.containsKey(name);
  }

  /// Where an input is read from, to be written to.
  ///
  /// @param name the name of the step input
  /// @return `[T][size]`
  public double[][] input(String name) {
    return named(inputs, name, "input");
  }

  /// Where an output is after [#run].
  ///
  /// @param name the name of the output
  /// @return `[T][size]`
  public double[][] output(String name) {
    return named(outputs, name, "output");
  }

  private double[][] named(Map<String, double[][]> all, String name, String what) {
    double[][] values = all.get(name);
    if (values == null) {
      throw new IllegalArgumentException(
          "Loop: step '%s' has no %s '%s'; there are %s."
              .formatted(unroll.step().name(), what, name, all.keySet()));
    }
    return values;
  }

  /// x₀ of a carry, to be written to.
  ///
  /// @param name the name of the carry
  /// @return its values
  public double[] initialState(String name) {
    return initial[carry(name)];
  }

  /// x_T of a carry after [#run].
  ///
  /// @param name the name of the carry
  /// @return its values
  public double[] finalState(String name) {
    return last[carry(name)];
  }

  private int carry(String name) {
    List<StepGraph.Carry> carries = unroll.step().carries();
    for (int i = 0; i < carries.size(); i++) {
      if (carries.get(i).name().equals(name)) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "Loop: step '%s' has no carry '%s'.".formatted(unroll.step().name(), name));
  }

  /// Runs all steps.
  public void run() {
    if (slice != null) {
      slice.forward(initial, inputsInOrder, outputsInOrder, last);
      return;
    }
    State state = unroll.zeroState(1);
    for (int i = 0; i < initial.length; i++) {
      state = state.with(unroll.step().carries().get(i).name(), initial[i]);
    }
    Rollout rollout = unroll.evaluate(parameters, state, batch);
    outputs.forEach(
        (name, values) -> {
          Series series = rollout.output(name);
          for (int t = 0; t < horizon; t++) {
            System.arraycopy(series.steps()[t], 0, values[t], 0, values[t].length);
          }
        });
    for (int i = 0; i < last.length; i++) {
      double[] end = rollout.finalState().get(unroll.step().carries().get(i).name());
      System.arraycopy(end, 0, last[i], 0, end.length);
    }
  }
}
