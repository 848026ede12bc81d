package org.costate.genomics.metric;

/// Whether probabilities mean what they say: in equal bins of the probability, the mean probability
/// against the fraction that came true.
public final class Calibration {
  private final long[] count;
  private final double[] predicted;
  private final long[] happened;

  /// An empty calibration.
  ///
  /// @param bins the number of bins
  public Calibration(int bins) {
    count = new long[bins];
    predicted = new double[bins];
    happened = new long[bins];
  }

  /// Adds a prediction.
  ///
  /// @param probability 0 … 1
  /// @param isSite whether it came true
  public void add(double probability, boolean isSite) {
    int bin = Math.min(count.length - 1, (int) (probability * count.length));
    count[bin]++;
    predicted[bin] += probability;
    happened[bin] += isSite ? 1 : 0;
  }

  /// The expected calibration error Σ nᵢ/n |mean probability − fraction| over the bins (Naeini et
  /// al. 2015).
  ///
  /// @return 0 … 1; 0 without predictions
  public double expectedError() {
    double sum = 0;
    long all = 0;
    for (int i = 0; i < count.length; i++) {
      sum += Math.abs(predicted[i] - happened[i]);
      all += count[i];
    }
    return all == 0 ? 0 : sum / all;
  }

  /// The bins that have predictions.
  ///
  /// @return mean probability, fraction that came true and count of each
  public double[][] bins() {
    return java.util.stream.IntStream.range(0, count.length)
        .filter(i -> count[i] > 0)
        .mapToObj(
            i -> new double[] {predicted[i] / count[i], happened[i] / (double) count[i], count[i]})
        .toArray(double[][]::new);
  }
}
