package org.costate.unroll;

/// The binomial checkpointing schedule: how far to advance before the next checkpoint.
///
/// With c checkpoints and at most r evaluations of each step beyond its first, β(c, r) = C(c + r,
/// r) steps can be reversed (Griewank and Walther 2000, proposition 1).
public final class Revolve {
  private Revolve() {}

  /// The fewest steps computed again to reverse a chain.
  ///
  /// @param steps the length of the chain, at least 1
  /// @param checkpoints the number of states that may be kept, the first included
  /// @return the number of steps
  public static long extraSteps(int steps, int checkpoints) {
    int r = repetitions(steps, checkpoints);
    return (long) r * steps - (r == 0 ? 0 : beta(checkpoints + 1, r - 1));
  }

  /// How far to advance from a checkpoint at the start of a chain of `steps` before placing the
  /// next one, where `checkpoints` count the one at the start. Every choice of the interval given
  /// in the paper is optimal; this is its lower end.
  static int advance(int steps, int checkpoints) {
    int r = repetitions(steps, checkpoints);
    long least = r < 2 ? 1 : beta(checkpoints, r - 2);
    long rest = beta(checkpoints - 1, r);
    return Math.clamp(Math.max(least, steps - rest), 1, steps - 1);
  }

  private static int repetitions(int steps, int checkpoints) {
    int r = 0;
    while (beta(checkpoints, r) < steps) {
      r++;
    }
    return r;
  }

  /// C(c + r, r), or a large number where it exceeds every horizon.
  private static long beta(int c, int r) {
    long value = 1;
    for (int i = 1; i <= Math.min(c, r); i++) {
      value = value * (Math.max(c, r) + i) / i;
      if (value > Integer.MAX_VALUE) {
        return Integer.MAX_VALUE;
      }
    }
    return value;
  }
}
