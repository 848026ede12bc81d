package org.costate.internal.exec;

import org.costate.internal.code.Element;
import org.costate.internal.code.WarmUp;

/// Times the matrix product of the compiled executor by itself.
public final class ProductTiming {
  private ProductTiming() {}

  /// The best rate of C = A · B of square matrices, packing included.
  ///
  /// @param element the element type
  /// @param size rows and columns of all three
  /// @param threads how many threads each do a product of their own at the same time
  /// @param nanoseconds how long to try
  /// @return multiplications and additions a nanosecond, over all threads
  public static double square(Element element, int size, int threads, long nanoseconds) {
    WarmUp.finish(element);
    new Products(element).compileGeneral(size, size);
    var total = new java.util.concurrent.atomic.DoubleAdder();
    Thread[] all = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      all[i] = new Thread(() -> total.add(one(element, size, nanoseconds)));
      all[i].start();
    }
    for (Thread thread : all) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("The timing was interrupted.", e);
      }
    }
    return total.sum();
  }

  private static double one(Element element, int size, long nanoseconds) {
    var products = new Products(element);
    double[] values = new double[size * size];
    java.util.Arrays.setAll(values, i -> Math.sin(i));
    Object a = element.array(size * size);
    Object b = element.array(size * size);
    Object c = element.array(size * size);
    element.put(values, 0, a, 0, values.length);
    element.put(values, 0, b, 0, values.length);
    products.general(a, b, c, size, size, size);
    long best = Long.MAX_VALUE;
    long end = System.nanoTime() + nanoseconds;
    while (System.nanoTime() < end) {
      long start = System.nanoTime();
      products.general(a, b, c, size, size, size);
      best = Math.min(best, System.nanoTime() - start);
    }
    return 2.0 * size * size * size / best;
  }
}
