package org.costate.unroll;

/// How a backward pass is done.
///
/// @param lookback how many links of the carry, counted from the end, are differentiated; earlier
///   ones are cut
/// @param costateLimit the largest norm of a lane's costate at each step (λ-clipping); +∞ for no
///   limit. A lane's λₜ, all carries together, is scaled down to it before it is passed on
/// @param keepCostates whether the costates λₜ of all steps are returned
/// @param recordFlow whether the norms of λₜ and of each step's parameter gradient are returned
public record Sweep(int lookback, double costateLimit, boolean keepCostates, boolean recordFlow) {
  /// Checks the numbers.
  public Sweep {
    if (lookback < 1) {
      throw new IllegalArgumentException(
          "Sweep: the lookback must be at least 1, got " + lookback + ".");
    }
    if (!(costateLimit > 0)) {
      throw new IllegalArgumentException(
          "Sweep: the costate limit must be positive, got " + costateLimit + ".");
    }
  }

  /// The whole horizon, nothing clipped, nothing recorded.
  ///
  /// @return the sweep
  public static Sweep full() {
    return new Sweep(Integer.MAX_VALUE, Double.POSITIVE_INFINITY, false, false);
  }

  /// This sweep through the last so many links only.
  ///
  /// @param steps the number of links
  /// @return the sweep
  public Sweep lookback(int steps) {
    return new Sweep(steps, costateLimit, keepCostates, recordFlow);
  }

  /// This sweep with λ-clipping.
  ///
  /// @param limit the largest norm of a lane's costate
  /// @return the sweep
  public Sweep clipCostates(double limit) {
    return new Sweep(lookback, limit, keepCostates, recordFlow);
  }

  /// This sweep, returning the costates.
  ///
  /// @return the sweep
  public Sweep withCostates() {
    return new Sweep(lookback, costateLimit, true, recordFlow);
  }

  /// This sweep, recording norms.
  ///
  /// @return the sweep
  public Sweep withFlow() {
    return new Sweep(lookback, costateLimit, keepCostates, true);
  }
}
