package org.costate.train;

/// Stops when a score has not improved for some observations.
public final class EarlyStopping {
  private final int patience;
  private double best = Double.POSITIVE_INFINITY;
  private long bestIndex = -1;
  private long observed;

  /// A rule.
  ///
  /// @param patience how many observations in a row without improvement stop the training
  public EarlyStopping(int patience) {
    this.patience = patience;
  }

  /// Takes a score; smaller is better.
  ///
  /// @param score the score
  /// @return whether it is the best so far
  public boolean observe(double score) {
    boolean improved = score < best;
    if (improved) {
      best = score;
      bestIndex = observed;
    }
    observed++;
    return improved;
  }

  /// Whether to stop.
  ///
  /// @return whether the last `patience` scores brought no improvement
  public boolean stop() {
    return observed - 1 - bestIndex >= patience;
  }

  /// The best score.
  ///
  /// @return the score; +∞ before the first
  public double best() {
    return best;
  }

  /// When the best score was.
  ///
  /// @return the number of the observation, from 0
  public long bestIndex() {
    return bestIndex;
  }

  double[] save() {
    return new double[] {best, bestIndex, observed};
  }

  void restore(double[] saved) {
    best = saved[0];
    bestIndex = (long) saved[1];
    observed = (long) saved[2];
  }
}
