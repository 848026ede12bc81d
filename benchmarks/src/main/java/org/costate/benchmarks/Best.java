package org.costate.benchmarks;

/// The best time of three seconds, after two to settle, and of ten runs each at least: what a tool
/// takes when nothing disturbs it. For comparisons with other tools, which are built by profiles.
public final class Best {
  private static final int LEAST = 10;

  private Best() {}

  /// Runs something again and again.
  ///
  /// @param body what is timed
  /// @return the milliseconds of its best run
  public static double milliseconds(Runnable body) {
    long settled = System.nanoTime() + 2_000_000_000L;
    for (int run = 0; run < LEAST || System.nanoTime() < settled; run++) {
      body.run();
    }
    long end = System.nanoTime() + 3_000_000_000L;
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run < LEAST || System.nanoTime() < end; run++) {
      long start = System.nanoTime();
      body.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e6);
    }
    return best;
  }
}
