package org.costate.unroll;

/// What a forward pass keeps for the backward pass; the rest is computed again. The gradients are
/// bitwise the same for all.
public sealed interface SavePolicy {
  /// Everything: no step is computed twice; memory T frames.
  record All() implements SavePolicy {}

  /// The state before every k-th step; each segment of k steps is computed again once. Memory T/k
  /// states and k frames; with k = √T that is about 2√T.
  ///
  /// @param interval k, at least 1
  record Every(int interval) implements SavePolicy {
    /// Checks k.
    public Every {
      if (interval < 1) {
        throw new IllegalArgumentException(
            "SavePolicy.Every: the interval must be at least 1, got " + interval + ".");
      }
    }
  }

  /// At most c states, placed by the binomial schedule *revolve* (Griewank and Walther 2000,
  /// algorithm 799), which computes the fewest steps again: r·T − C(c + r, r − 1) with the smallest
  /// r for which C(c + r, r) ≥ T. Memory c states and one frame.
  ///
  /// @param checkpoints c, at least 1; the initial state is one of them
  record Binomial(int checkpoints) implements SavePolicy {
    /// Checks c.
    public Binomial {
      if (checkpoints < 1) {
        throw new IllegalArgumentException(
            "SavePolicy.Binomial: at least 1 checkpoint is needed, got " + checkpoints + ".");
      }
    }
  }

  /// The policy that computes the fewest steps again within so many bytes: all, else every k-th,
  /// else binomial.
  ///
  /// @param bytes the most memory that states and frames may take
  record Budget(long bytes) implements SavePolicy {
    /// Checks the number.
    public Budget {
      if (bytes < 1) {
        throw new IllegalArgumentException(
            "SavePolicy.Budget: the number of bytes must be positive, got " + bytes + ".");
      }
    }
  }
}
