package org.costate.optim;

/// The learning rate as a function of the number of the update, from 0.
public sealed interface Schedule {
  /// The rate of one update.
  ///
  /// @param update the number of updates done before
  /// @return η
  double rate(long update);

  /// Always the same.
  ///
  /// @param rate η
  record Constant(double rate) implements Schedule {
    /// Checks the rate.
    public Constant {
      positive("Constant", rate);
    }

    @Override
    public double rate(long update) {
      return rate;
    }
  }

  /// η · factor^⌊k / every⌋.
  ///
  /// @param rate the first rate η
  /// @param factor what it is multiplied with
  /// @param every after how many updates
  record Step(double rate, double factor, long every) implements Schedule {
    /// Checks the rate.
    public Step {
      positive("Step", rate);
    }

    @Override
    public double rate(long update) {
      return rate * Math.pow(factor, (double) (update / every));
    }
  }

  /// η · factor^k.
  ///
  /// @param rate the first rate η
  /// @param factor what it is multiplied with at each update
  record Exponential(double rate, double factor) implements Schedule {
    /// Checks the rate.
    public Exponential {
      positive("Exponential", rate);
    }

    @Override
    public double rate(long update) {
      return rate * Math.pow(factor, (double) update);
    }
  }

  /// Linear from 0 to η over `warmup` updates, then a half cosine down to 0 at `total` (Loshchilov
  /// and Hutter 2017).
  ///
  /// @param rate the largest rate η
  /// @param warmup the updates until it is reached
  /// @param total the updates until 0
  record WarmupCosine(double rate, long warmup, long total) implements Schedule {
    /// Checks the rate.
    public WarmupCosine {
      positive("WarmupCosine", rate);
    }

    @Override
    public double rate(long update) {
      if (update < warmup) {
        return rate * update / warmup;
      }
      double done = Math.min(1, (update - warmup) / (double) Math.max(1, total - warmup));
      return rate * 0.5 * (1 + Math.cos(Math.PI * done));
    }
  }

  /// d^(−1/2) · min(k^(−1/2), k · warmup^(−3/2)) with k from 1 (Vaswani et al. 2017, equation 3),
  /// times `scale`.
  ///
  /// @param scale the factor in front
  /// @param width d
  /// @param warmup the updates until the largest rate
  record InverseSquareRoot(double scale, int width, long warmup) implements Schedule {
    @Override
    public double rate(long update) {
      double k = Math.max(1, update);
      return scale / Math.sqrt(width) * Math.min(1 / Math.sqrt(k), k * Math.pow(warmup, -1.5));
    }
  }

  private static void positive(String schedule, double rate) {
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "Schedule.%s: the learning rate must be positive, got %s.".formatted(schedule, rate));
    }
  }
}
