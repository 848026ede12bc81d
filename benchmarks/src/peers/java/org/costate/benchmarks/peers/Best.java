package org.costate.benchmarks.peers;

/// The best time of three seconds, after two to settle: what a tool takes when nothing disturbs it.
final class Best {
  private Best() {}

  static double milliseconds(Runnable body) {
    long settled = System.nanoTime() + 2_000_000_000L;
    while (System.nanoTime() < settled) {
      body.run();
    }
    long end = System.nanoTime() + 3_000_000_000L;
    double best = Double.POSITIVE_INFINITY;
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      body.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e6);
    }
    return best;
  }
}
