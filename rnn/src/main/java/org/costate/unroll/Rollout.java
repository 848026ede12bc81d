package org.costate.unroll;

import java.util.Map;

/// The values of a forward pass.
///
/// @param outputs yₜ by name; zero on padding
/// @param finalState x_T; for a lane shorter than the horizon, the state after its last real step
public record Rollout(Map<String, Series> outputs, State finalState) {
  /// One output.
  ///
  /// @param name its name
  /// @return its values
  public Series output(String name) {
    Series series = outputs.get(name);
    if (series == null) {
      throw new IllegalArgumentException(
          "Rollout: there is no output '%s'; there are %s.".formatted(name, outputs.keySet()));
    }
    return series;
  }

  /// The sum of all elements of an output over all steps and lanes.
  ///
  /// @param name its name
  /// @return the sum
  public double sum(String name) {
    double total = 0;
    for (double[] step : output(name).steps()) {
      for (double value : step) {
        total += value;
      }
    }
    return total;
  }
}
