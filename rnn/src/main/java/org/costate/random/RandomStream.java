package org.costate.random;

/// A counter-based stream of random numbers: the n-th number is a pure function of the key and n.
///
/// A stream is named by a seed, a purpose and two counters (usually step and lane), so a value can
/// be drawn again when a step is recomputed, when a run is resumed, or on another number of
/// threads, and is the same.
///
/// The generator is SplitMix64 used as a keyed hash (Steele, Lea and Flood 2014, "Fast splittable
/// pseudorandom number generators", figure 16): `value(n) = mix(key + n * γ)` with the golden-ratio
/// increment γ.
public final class RandomStream {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final double ULP = 0x1.0p-53;

  private final long key;
  private long counter;

  private RandomStream(long key) {
    this.key = key;
  }

  /// The stream of a seed and a purpose.
  ///
  /// @param seed the seed of the run
  /// @param purpose what the numbers are for, for example `"dropout"`; different purposes are
  ///   independent
  /// @return the stream, at its start
  public static RandomStream of(long seed, String purpose) {
    return of(seed, purpose, 0, 0);
  }

  /// The stream of a seed, a purpose and two counters.
  ///
  /// @param seed the seed of the run
  /// @param purpose what the numbers are for
  /// @param step the first counter, usually the training step
  /// @param lane the second counter, usually the lane of the batch
  /// @return the stream, at its start
  public static RandomStream of(long seed, String purpose, long step, long lane) {
    long h = mix(seed + GOLDEN);
    for (int i = 0; i < purpose.length(); i++) {
      h = mix(h ^ (purpose.charAt(i) + GOLDEN * (i + 1)));
    }
    h = mix(h ^ mix(step + 0x632BE59BD9B4E019L));
    h = mix(h ^ mix(lane + 0x85157AF5L));
    return new RandomStream(h);
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /// The next 64 random bits.
  ///
  /// @return all 64-bit values, equally likely
  public long nextLong() {
    counter++;
    return mix(key + counter * GOLDEN);
  }

  /// A uniform number in [0, 1), a multiple of 2⁻⁵³.
  ///
  /// @return the number
  public double nextDouble() {
    return (nextLong() >>> 11) * ULP;
  }

  /// A uniform number in [low, high).
  ///
  /// @param low the lower end
  /// @param high the upper end
  /// @return the number
  public double nextDouble(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /// A uniform integer in [0, bound).
  ///
  /// @param bound the number of values, at least 1
  /// @return the integer
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException(
          "RandomStream.nextInt: bound must be at least 1, got " + bound + ".");
    }
    return (int) Math.multiplyHigh(nextLong() >>> 1, (long) bound << 1);
  }

  /// A uniform integer in [low, high].
  ///
  /// @param low the smallest value
  /// @param high the largest value, included
  /// @return the integer
  public int nextInt(int low, int high) {
    return low + nextInt(high - low + 1);
  }

  /// A standard normal number, by the Box–Muller transform of two uniform numbers.
  ///
  /// @return the number
  public double nextGaussian() {
    double radius = Math.sqrt(-2 * Math.log(1 - nextDouble()));
    return radius * Math.cos(2 * Math.PI * nextDouble());
  }

  /// A random order of 0 … n−1 (Fisher–Yates).
  ///
  /// @param n the number of elements
  /// @return the permutation
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
