package org.costate.internal.exec;

import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Runs parts of a pass, such as the slices of a batch, on all processors, or on as many as
/// `-Dorg.costate.threads=N` says. The calling thread is one of them: a pass of a millisecond must
/// not wait until others have woken up.
public final class Parallel {
  /// How many numbers a piece of a large array has that is copied by several threads.
  public static final int PIECE = 50_000;

  private static final int WORTH_THREADS = 200_000;

  /// How often the caller looks whether the others are done before it goes to sleep: some ten
  /// microseconds, about as long as waking up takes.
  private static final int LOOKS = 1000;

  private static final int THREADS =
      Integer.getInteger("org.costate.threads", Runtime.getRuntime().availableProcessors());
  private static final ForkJoinPool OTHERS = THREADS > 1 ? new ForkJoinPool(THREADS - 1) : null;

  private static final ScopedValue<Boolean> SEQUENTIAL = ScopedValue.newInstance();

  private Parallel() {}

  /// The number of threads.
  public static int threads() {
    return THREADS;
  }

  /// Copies the pieces of so many numbers, on several threads if that takes less time.
  public static <T> void copy(List<T> pieces, long numbers, Consumer<T> body) {
    if (numbers > WORTH_THREADS) {
      run(pieces, body);
    } else {
      pieces.forEach(body);
    }
  }

  /// Runs something with all parts on the calling thread.
  public static <T> T sequentially(Supplier<T> body) {
    return ScopedValue.where(SEQUENTIAL, true).call(body::get);
  }

  /// Does something with all parts, and ends when all have ended. What a part throws is thrown
  /// here; of several the first part's.
  public static <T> void run(List<T> parts, Consumer<T> body) {
    if (OTHERS == null || parts.size() == 1 || SEQUENTIAL.isBound()) {
      parts.forEach(body);
      return;
    }
    var job = new Job<>(parts, body);
    for (int i = 1; i < Math.min(THREADS, parts.size()); i++) {
      OTHERS.execute(job::work);
    }
    job.work();
    job.await();
  }

  /// Parts that threads take one by one. Nobody waits for a thread that has taken none, so a part
  /// may itself run parts.
  private static final class Job<T> {
    private final List<T> parts;
    private final Consumer<T> body;
    private final Throwable[] failures;
    private final Thread caller = Thread.currentThread();
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();

    Job(List<T> parts, Consumer<T> body) {
      this.parts = parts;
      this.body = body;
      this.failures = new Throwable[parts.size()];
    }

    void work() {
      int count = parts.size();
      for (int i = taken.getAndIncrement(); i < count; i = taken.getAndIncrement()) {
        try {
          body.accept(parts.get(i));
        } catch (RuntimeException | Error e) {
          failures[i] = e;
        }
        if (ended.incrementAndGet() == count && Thread.currentThread() != caller) {
          LockSupport.unpark(caller);
        }
      }
    }

    void await() {
      for (int look = 0; look < LOOKS && ended.get() < parts.size(); look++) {
        Thread.onSpinWait();
      }
      while (ended.get() < parts.size()) {
        LockSupport.park(this);
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
}
