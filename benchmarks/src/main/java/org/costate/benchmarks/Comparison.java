package org.costate.benchmarks;

import java.util.List;
import java.util.Locale;
import org.costate.examples.bench.TrainingSteps;

/// Training steps of another tool next to the same on Costate, in one run: lines
/// `name,tool_ms,costate_ms,ratio`, the ratio being the tool's time over Costate's. The tools
/// themselves are built by profiles.
public final class Comparison {
  private static final int LEAST = 10;

  private Comparison() {}

  /// The training steps of a tool.
  @FunctionalInterface
  public interface Peer {
    /// Times a training step, forward and all gradients, with [#milliseconds].
    ///
    /// @param cell the cell
    /// @param sizes its sizes
    /// @return milliseconds
    double training(TrainingSteps.Cell cell, TrainingSteps.Sizes sizes);
  }

  /// Times all sizes and prints a line for each.
  ///
  /// @param tool the name of the tool
  /// @param arguments a part of the names of the rows that are wanted; all if there is none
  /// @param cells the cells that the tool has
  /// @param peer the tool
  public static void print(
      String tool, String[] arguments, List<TrainingSteps.Cell> cells, Peer peer) {
    System.out.printf("name,%s_ms,costate_ms,ratio%n", tool);
    for (TrainingSteps.Sizes sizes : TrainingSteps.Sizes.ALL) {
      for (TrainingSteps.Cell cell : cells) {
        var own = new TrainingSteps(cell, sizes);
        if (arguments.length > 0 && !own.name().contains(arguments[0])) {
          continue;
        }
        double mine = milliseconds(own::step);
        double theirs = peer.training(cell, sizes);
        System.out.printf(
            Locale.ROOT, "%s,%.3f,%.3f,%.2f%n", own.name(), theirs, mine, theirs / mine);
      }
    }
  }

  /// The best time of three seconds, after two to settle, and of ten runs each at least: what a
  /// tool takes when nothing disturbs it.
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
