package org.costate.unroll;

import java.util.Map;

/// What a backward pass returns.
///
/// @param parameters θ̄, summed over time and lanes, in the layout of the parameters
/// @param initialState λ₀, the cotangent of the initial state
/// @param inputs ūₜ of the step inputs whose cotangents are kept
/// @param costates λₜ of each carry, T + 1 steps, if asked for; else empty
/// @param flow the norms over time of each scan, if asked for; else empty
public record Cotangents(
    Parameters parameters,
    State initialState,
    Map<String, Series> inputs,
    Map<String, Series> costates,
    Map<String, Flow> flow) {
  /// ū of one input.
  ///
  /// @param name the name of the step input
  /// @return its cotangent
  public Series input(String name) {
    Series series = inputs.get(name);
    if (series == null) {
      throw new IllegalArgumentException(
          "Cotangents: the cotangent of input '%s' was not kept; kept are %s."
              .formatted(name, inputs.keySet()));
    }
    return series;
  }

  /// λ of one carry.
  ///
  /// @param name the name of the carry
  /// @return its costates, T + 1 steps
  public Series costate(String name) {
    Series series = costates.get(name);
    if (series == null) {
      throw new IllegalArgumentException(
          "Cotangents: the costates of '%s' were not kept; ask with Sweep.withCostates()."
              .formatted(name));
    }
    return series;
  }
}
