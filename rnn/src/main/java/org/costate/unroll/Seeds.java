package org.costate.unroll;

import java.util.LinkedHashMap;
import java.util.Map;

/// The cotangents ȳ of the outputs, and of the final state, with which a backward pass begins.
public final class Seeds {
  private final Map<String, Double> constants;
  private final Map<String, Series> series;
  private final State finalState;
  private final int first;

  private Seeds(
      Map<String, Double> constants, Map<String, Series> series, State finalState, int first) {
    this.constants = constants;
    this.series = series;
    this.finalState = finalState;
    this.first = first;
  }

  /// No seed.
  ///
  /// @return the seeds
  public static Seeds none() {
    return new Seeds(Map.of(), Map.of(), null, 0);
  }

  /// The objective `weight · Σ_t Σ_lane Σ y` of one output: the same cotangent for every element of
  /// every real step.
  ///
  /// @param output the name of the output, usually a loss
  /// @param weight the weight, usually 1 or one over the number of lanes or steps
  /// @return the seeds
  public static Seeds of(String output, double weight) {
    return none().with(output, weight);
  }

  /// These seeds and the same cotangent for every element of an output at every real step.
  ///
  /// @param output the name of the output
  /// @param weight the cotangent
  /// @return the seeds
  public Seeds with(String output, double weight) {
    var copy = new LinkedHashMap<>(constants);
    copy.put(output, weight);
    return new Seeds(copy, series, finalState, first);
  }

  /// These seeds and the cotangent of an output.
  ///
  /// @param output the name of the output
  /// @param bar its cotangent
  /// @return the seeds
  public Seeds with(String output, Series bar) {
    var copy = new LinkedHashMap<>(series);
    copy.put(output, bar);
    return new Seeds(constants, copy, finalState, first);
  }

  /// These seeds and the cotangent λ_T of the final state, ∂Φ/∂x_T.
  ///
  /// @param bar the cotangent
  /// @return the seeds
  public Seeds finalState(State bar) {
    return new Seeds(constants, series, bar, first);
  }

  /// These seeds from a step on only; earlier outputs have cotangent zero.
  ///
  /// @param step the first step that counts
  /// @return the seeds
  public Seeds since(int step) {
    return new Seeds(constants, series, finalState, step);
  }

  /// The number whose derivative these seeds ask for: Σ ȳ·y over real steps, plus λ_T·x_T.
  ///
  /// @param rollout the values of a forward pass
  /// @param batch its inputs
  /// @return the objective
  public double objective(Rollout rollout, Sequences batch) {
    double sum = 0;
    for (String output : outputs()) {
      Series y = rollout.output(output);
      Sequences times =
          y.horizon() == batch.horizon() ? batch : Sequences.of(batch.lanes(), y.horizon());
      double[] bar = new double[y.lanes() * y.shape().size()];
      for (int t = 0; t < y.horizon(); t++) {
        fill(output, t, times, bar);
        for (int i = 0; i < bar.length; i++) {
          sum += bar[i] == 0 ? 0 : bar[i] * y.at(t, i);
        }
      }
    }
    if (finalState != null) {
      for (var entry : finalState.values().entrySet()) {
        sum += dot(entry.getValue(), rollout.finalState().get(entry.getKey()));
      }
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] == 0 ? 0 : a[i] * b[i];
    }
    return sum;
  }

  State finalState() {
    return finalState;
  }

  boolean has(String output) {
    return constants.containsKey(output) || series.containsKey(output);
  }

  Iterable<String> outputs() {
    var names = new java.util.LinkedHashSet<>(constants.keySet());
    names.addAll(series.keySet());
    return names;
  }

  /// Whether the cotangent of an output is the same number from step t on.
  boolean uniform(String output, int t) {
    return !series.containsKey(output) && t >= first;
  }

  /// That number.
  double weight(String output) {
    return constants.getOrDefault(output, 0.0);
  }

  /// The cotangent of an output at a step as it was given, floats or doubles of all lanes; null if
  /// it has to be made with [#fill].
  Object row(String output, int t) {
    boolean asGiven = t >= first && series.containsKey(output) && weight(output) == 0;
    return asGiven ? series.get(output).rows()[t] : null;
  }

  /// Writes the cotangent of one output at one step; zero on padding.
  void fill(String output, int t, Sequences batch, double[] bar) {
    fill(output, t, batch, 0, batch.lanes(), bar);
  }

  /// The same for the lanes from `firstLane` on.
  void fill(String output, int t, Sequences batch, int firstLane, int lanes, double[] bar) {
    java.util.Arrays.fill(bar, 0);
    if (t < first || !has(output)) {
      return;
    }
    double constant = constants.getOrDefault(output, 0.0);
    Series given = series.get(output);
    int size = bar.length / lanes;
    for (int lane = 0; lane < lanes; lane++) {
      if (batch.active(t, firstLane + lane)) {
        int at = (firstLane + lane) * size;
        for (int i = 0; i < size; i++) {
          bar[lane * size + i] = constant + (given == null ? 0 : given.at(t, at + i));
        }
      }
    }
  }
}
