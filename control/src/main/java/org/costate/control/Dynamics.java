package org.costate.control;

import java.util.List;
import java.util.function.Function;
import org.costate.graph.Value;

/// A plant in continuous time: ẋ = f(x, u, p, t).
public non-sealed interface Dynamics extends Plant {
  /// Writes f.
  ///
  /// @param at x, u, p and t
  /// @return ẋ `[n]`
  Value rate(Instant at);

  /// Dynamics from a formula.
  ///
  /// @param name what it is called
  /// @param states the components of x
  /// @param controls the components of u
  /// @param rate f
  /// @return the dynamics
  static Dynamics of(
      String name, List<Quantity> states, List<Quantity> controls, Function<Instant, Value> rate) {
    record Given(
        String name,
        List<Quantity> states,
        List<Quantity> controls,
        Function<Instant, Value> formula)
        implements Dynamics {
      @Override
      public Value rate(Instant at) {
        return formula.apply(at);
      }
    }
    return new Given(name, List.copyOf(states), List.copyOf(controls), rate);
  }

  /// States or controls without units, by their names.
  ///
  /// @param names the names
  /// @return the quantities
  static List<Quantity> named(String... names) {
    return java.util.Arrays.stream(names).map(name -> new Quantity(name, "")).toList();
  }
}
