package org.costate.optim;

/// How a gradient is limited before an update. The limit of the costate at each step is another
/// thing: see `Sweep.clipCostates`.
public sealed interface Clipping {
  /// Limits the gradient in place.
  ///
  /// @param gradient g
  /// @param norm its Euclidean norm
  /// @return whether it was changed
  boolean clip(double[] gradient, double norm);

  /// No limit.
  record None() implements Clipping {
    @Override
    public boolean clip(double[] gradient, double norm) {
      return false;
    }
  }

  /// By the norm over all parameters (Pascanu, Mikolov and Bengio 2013): g ← g · min(1, c / ‖g‖).
  ///
  /// @param limit c, > 0
  record GlobalNorm(double limit) implements Clipping {
    /// Checks c.
    public GlobalNorm {
      positive(limit);
    }

    @Override
    public boolean clip(double[] gradient, double norm) {
      if (norm <= limit) {
        return false;
      }
      double scale = limit / norm;
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= scale;
      }
      return true;
    }
  }

  /// By value: each element into [−c, c].
  ///
  /// @param limit c, > 0
  record Value(double limit) implements Clipping {
    /// Checks c.
    public Value {
      positive(limit);
    }

    @Override
    public boolean clip(double[] gradient, double norm) {
      boolean changed = false;
      for (int i = 0; i < gradient.length; i++) {
        double clipped = Math.clamp(gradient[i], -limit, limit);
        changed |= clipped != gradient[i];
        gradient[i] = clipped;
      }
      return changed;
    }
  }

  private static void positive(double limit) {
    if (!(limit > 0)) {
      throw new IllegalArgumentException(
          "Clipping: the limit must be positive, got " + limit + ".");
    }
  }
}
