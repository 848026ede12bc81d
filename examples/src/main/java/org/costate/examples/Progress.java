package org.costate.examples;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// Progress of long work: a bar with rate and time left on a terminal, a plain line every few
/// seconds elsewhere.
public final class Progress implements AutoCloseable {
  private static final long LINE_EVERY_NANOS = 5_000_000_000L;

  private final PrintWriter lines;
  private final String task;
  private final long steps;
  private final ProgressBar bar;
  private final long start = System.nanoTime();
  private long lastLine = start;

  /// Begins.
  ///
  /// @param lines where lines are printed if there is no terminal
  /// @param task what is being done
  /// @param steps how many steps it has; 0 if that is not known
  public Progress(PrintWriter lines, String task, long steps) {
    this.lines = lines;
    this.task = task;
    this.steps = steps;
    boolean terminal = System.console() != null && System.console().isTerminal();
    this.bar =
        terminal
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                .showSpeed()
                .build()
            : null;
  }

  /// Says how far the work is.
  ///
  /// @param done the steps done
  /// @param message a few words, such as the present loss
  public void at(long done, String message) {
    if (bar != null) {
      bar.stepTo(done);
      bar.setExtraMessage(" " + message);
      return;
    }
    long now = System.nanoTime();
    if (now - lastLine >= LINE_EVERY_NANOS) {
      lastLine = now;
      double seconds = (now - start) / 1e9;
      double rate = done / seconds;
      if (steps == 0) {
        lines.printf(Locale.ROOT, "%s: %d (%.1f a second) %s%n", task, done, rate, message);
        lines.flush();
        return;
      }
      lines.printf(
          Locale.ROOT,
          "%s: %d of %d (%.1f a second, %.0f s left) %s%n",
          task,
          done,
          steps,
          rate,
          (steps - done) / Math.max(rate, 1e-9),
          message);
      lines.flush();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
