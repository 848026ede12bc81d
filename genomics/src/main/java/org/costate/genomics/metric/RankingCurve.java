package org.costate.genomics.metric;

import java.util.ArrayList;
import java.util.List;

/// How well scores rank true sites before the rest. Scores are counted in bins of one part in
/// 8,192, so memory does not grow with the number of bases; bases of one bin are tied.
public final class RankingCurve {
  private static final int SHIFT = 10;
  private static final int BINS = 1 << (32 - SHIFT);

  private final int[] positives = new int[BINS];
  private final int[] negatives = new int[BINS];
  private long totalPositives;
  private long totalNegatives;

  /// An empty curve.
  public RankingCurve() {}

  /// Adds the score of a base.
  ///
  /// @param score any finite number
  /// @param isSite whether it is a true site
  public void add(float score, boolean isSite) {
    int bits = Float.floatToIntBits(score);
    // Order-preserving: the sign bit is flipped, and all bits of negative numbers.
    int ordered = bits < 0 ? ~bits : bits | 0x80000000;
    int bin = ordered >>> SHIFT;
    if (isSite) {
      positives[bin]++;
      totalPositives++;
    } else {
      negatives[bin]++;
      totalNegatives++;
    }
  }

  /// The number of true sites.
  ///
  /// @return the number
  public long sites() {
    return totalPositives;
  }

  /// The number of other bases.
  ///
  /// @return the number
  public long others() {
    return totalNegatives;
  }

  /// Average precision Σ (Rₙ − Rₙ₋₁) Pₙ over falling thresholds, the area under the
  /// precision–recall curve.
  ///
  /// @return 0 … 1, or NaN without sites
  public double averagePrecision() {
    double sum = 0;
    long hits = 0;
    long called = 0;
    for (int bin = BINS - 1; bin >= 0; bin--) {
      if (positives[bin] + negatives[bin] > 0) {
        hits += positives[bin];
        called += positives[bin] + negatives[bin];
        sum += positives[bin] * (hits / (double) called);
      }
    }
    return sum / totalPositives;
  }

  /// Top-k accuracy: the fraction of true sites among the k best bases, with k the number of true
  /// sites. Ties count in proportion.
  ///
  /// @return 0 … 1, or NaN without sites
  public double topK() {
    double hits = 0;
    long left = totalPositives;
    for (int bin = BINS - 1; bin >= 0 && left > 0; bin--) {
      long size = (long) positives[bin] + negatives[bin];
      if (size > 0) {
        long taken = Math.min(left, size);
        hits += positives[bin] * (taken / (double) size);
        left -= taken;
      }
    }
    return hits / totalPositives;
  }

  /// The score from which on as many bases are called as there are true sites; more if some are
  /// tied.
  ///
  /// @return the threshold, or NaN without sites
  public double thresholdOfTopK() {
    long called = 0;
    for (int bin = BINS - 1; bin >= 0; bin--) {
      called += positives[bin] + negatives[bin];
      if (called >= totalPositives && totalPositives > 0) {
        int ordered = bin << SHIFT;
        return Float.intBitsToFloat(ordered < 0 ? ordered & 0x7fffffff : ~ordered);
      }
    }
    return Double.NaN;
  }

  /// The area under the receiver operating characteristic: the probability that a site scores above
  /// another base, ties counting half.
  ///
  /// @return 0 … 1, or NaN if one of them is missing
  public double areaUnderRoc() {
    double sum = 0;
    long below = 0;
    for (int bin = 0; bin < BINS; bin++) {
      sum += positives[bin] * (below + 0.5 * negatives[bin]);
      below += negatives[bin];
    }
    return sum / totalPositives / totalNegatives;
  }

  /// The best precision at a recall of at least so much.
  ///
  /// @param recall 0 … 1
  /// @return the precision
  public double precisionAtRecall(double recall) {
    double best = 0;
    for (double[] point : points()) {
      if (point[0] >= recall - 1e-12) {
        best = Math.max(best, point[1]);
      }
    }
    return best;
  }

  /// The curve, from the highest threshold to the lowest.
  ///
  /// @return recall, precision and false-positive rate of each threshold that a base has
  public List<double[]> points() {
    var points = new ArrayList<double[]>();
    long hits = 0;
    long wrong = 0;
    for (int bin = BINS - 1; bin >= 0; bin--) {
      if (positives[bin] + negatives[bin] > 0) {
        hits += positives[bin];
        wrong += negatives[bin];
        points.add(
            new double[] {
              hits / (double) totalPositives,
              hits / (double) (hits + wrong),
              wrong / (double) totalNegatives
            });
      }
    }
    return points;
  }
}
