package org.costate.unroll;

import org.costate.internal.code.Element;
import org.costate.internal.code.Simd;
import org.costate.internal.exec.Parallel;
import org.costate.internal.exec.ProductTiming;

/// What the compiled executor finds here: for judging a measured time.
public final class Machine {
  private Machine() {}

  /// The width of the vectors that kernels use.
  ///
  /// @return bits, or 0 if Java was started without the module `jdk.incubator.vector`
  public static int vectorBits() {
    return Simd.bits();
  }

  /// The number of threads that slices of a batch run on.
  ///
  /// @return the number, at most what `-Dorg.costate.threads` says
  public static int threads() {
    return Parallel.threads();
  }

  /// The best rate of a product of two square matrices in pure Java, packing included.
  ///
  /// @param precision the element type
  /// @param size rows and columns
  /// @param threads how many threads each do a product of their own at the same time
  /// @param seconds how long to try
  /// @return 10⁹ multiplications and additions a second, over all threads
  public static double productRate(Precision precision, int size, int threads, double seconds) {
    Element element = precision == Precision.FLOAT ? Element.FLOAT : Element.DOUBLE;
    return ProductTiming.square(element, size, threads, (long) (seconds * 1e9));
  }
}
