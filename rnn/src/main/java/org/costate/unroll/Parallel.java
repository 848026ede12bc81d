package org.costate.unroll;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Consumer;

/// Runs the slices of a batch on all processors, or on as many as `-Dorg.costate.threads=N` says.
final class Parallel {
  private static final int THREADS =
      Integer.getInteger("org.costate.threads", Runtime.getRuntime().availableProcessors());
  private static final ForkJoinPool POOL = THREADS > 1 ? new ForkJoinPool(THREADS) : null;

  private Parallel() {}

  static int threads() {
    return THREADS;
  }

  private static final ScopedValue<Boolean> SEQUENTIAL = ScopedValue.newInstance();

  /// Runs something with all slices on the calling thread.
  static <T> T sequentially(java.util.function.Supplier<T> body) {
    return ScopedValue.where(SEQUENTIAL, true).call(body::get);
  }

  static <T> void run(List<T> parts, Consumer<T> body) {
    if (POOL == null || parts.size() == 1 || SEQUENTIAL.isBound()) {
      parts.forEach(body);
      return;
    }
    // A pool would wrap or rebuild what a task throws, and lose its message.
    Throwable[] failures = new Throwable[parts.size()];
    var tasks = new ArrayList<ForkJoinTask<?>>();
    for (int i = 0; i < failures.length; i++) {
      int index = i;
      tasks.add(
          ForkJoinTask.adapt(
              () -> {
                try {
                  body.accept(parts.get(index));
                } catch (RuntimeException | Error e) {
                  failures[index] = e;
                }
              }));
    }
    if (ForkJoinTask.inForkJoinPool()) {
      ForkJoinTask.invokeAll(tasks);
    } else {
      POOL.invoke(ForkJoinTask.adapt(() -> ForkJoinTask.invokeAll(tasks)));
    }
    for (Throwable failure : failures) {
      switch (failure) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case null, default -> {
          // this part is done
        }
      }
    }
  }
}
