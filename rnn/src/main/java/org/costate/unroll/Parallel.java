package org.costate.unroll;

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
    var tasks = parts.stream().map(part -> ForkJoinTask.adapt(() -> body.accept(part))).toList();
    if (ForkJoinTask.inForkJoinPool()) {
      ForkJoinTask.invokeAll(tasks);
    } else {
      POOL.invoke(ForkJoinTask.adapt(() -> ForkJoinTask.invokeAll(tasks)));
    }
  }
}
