package org.costate.automata;

/// In which order cells are updated.
public sealed interface Updating {
  /// All at once.
  record Synchronous() implements Updating {}

  /// Each cell with a probability of its own, the others stay; those updated, all at once.
  ///
  /// @param probability 0 < p ≤ 1
  record Independent(double probability) implements Updating {
    /// Checks p.
    public Independent {
      if (!(probability > 0 && probability <= 1)) {
        throw new IllegalArgumentException(
            "Updating: the probability must be in (0, 1], got " + probability + ".");
      }
    }
  }

  /// One after another in a new random order at each step; each sees what those before it became.
  record RandomOrder() implements Updating {}

  /// One after another in reading order.
  record Sequential() implements Updating {}
}
