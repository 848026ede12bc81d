package org.costate.control;

import org.costate.graph.Functions;
import org.costate.graph.StepBuilder;
import org.costate.graph.Value;

/// What the formulas of a plant, a cost or a constraint read: everything known at one time.
///
/// @param graph the graph that is being written, for constants and parameters
/// @param state x `[n]`
/// @param control u `[m]`
/// @param parameters the parameters that are optimised with the trajectory `[q]`
/// @param time t, seconds from the start (for a discrete plant the number of the step)
public record Instant(StepBuilder graph, Value state, Value control, Value parameters, Value time) {
  /// u.
  ///
  /// @return the control `[m]`
  /// @throws IllegalArgumentException at the end, where there is none
  @Override
  public Value control() {
    if (control == null) {
      throw new IllegalArgumentException(
          "Instant: there is no control here; terminal costs and constraints and those of the state"
              + " may read state, parameters and time only.");
    }
    return control;
  }

  /// One component of the state.
  ///
  /// @param i its index
  /// @return xᵢ
  public Value x(int i) {
    return state.at(i);
  }

  /// One component of the control.
  ///
  /// @param i its index
  /// @return uᵢ
  public Value u(int i) {
    return control().at(i);
  }

  /// One parameter.
  ///
  /// @param i its index
  /// @return pᵢ
  public Value p(int i) {
    if (parameters == null) {
      throw new IllegalArgumentException(
          "Instant: the problem has no parameters; add one with parameter(name, guess, low,"
              + " high).");
    }
    return parameters.at(i);
  }

  /// A number.
  ///
  /// @param number the number
  /// @return its value
  public Value constant(double number) {
    return graph.constant(number);
  }

  /// Scalars as a vector.
  ///
  /// @param scalars its elements
  /// @return the vector
  public static Value vector(Value... scalars) {
    Value[] parts = new Value[scalars.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = scalars[i].reshape(1);
    }
    return parts.length == 1 ? parts[0] : Functions.concat(parts);
  }
}
