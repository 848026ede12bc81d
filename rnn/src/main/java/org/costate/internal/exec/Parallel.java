package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Consumer;

/// Runs parts of a pass, such as the slices of a batch, on all processors, or on as many as
/// `-Dorg.costate.threads=N` says.
public final class Parallel {
  private static final int THREADS =
      Integer.getInteger("org.costate.threads", Runtime.getRuntime().availableProcessors());
  private static final ForkJoinPool POOL = THREADS > 1 ? new ForkJoinPool(THREADS) : null;

  private Parallel() {}

  /// The number of threads.
  public static int threads() {
    return THREADS;
  }

  private static final ScopedValue<Boolean> SEQUENTIAL = ScopedValue.newInstance();

  /// How many numbers a piece of a large array has that is copied by several threads.
  public static final int PIECE = 50_000;

  private static final int WORTH_THREADS = 200_000;

  /// Copies the pieces of so many numbers, on several threads if that takes less time.
  public static <T> void copy(List<T> pieces, long numbers, Consumer<T> body) {
    if (numbers > WORTH_THREADS) {
      run(pieces, body);
    } else {
      pieces.forEach(body);
    }
  }

  /// Runs something with all parts on the calling thread.
  public static <T> T sequentially(java.util.function.Supplier<T> body) {
    return ScopedValue.where(SEQUENTIAL, true).call(body::get);
  }

  /// Does something with all parts, and ends when all have ended.
  public static <T> void run(List<T> parts, Consumer<T> body) {
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
