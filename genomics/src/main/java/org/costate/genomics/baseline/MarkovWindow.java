package org.costate.genomics.baseline;

import java.util.Arrays;
import java.util.List;
import org.costate.genomics.Bases;

/// The log-odds of true sites against other candidates when each base of the window depends on its
/// place and on none (a position weight matrix) or one base before it:
///
///     Σᵢ log P(bᵢ | bᵢ₋₁, i, site) / P(bᵢ | bᵢ₋₁, i, other) + log prior odds
final class MarkovWindow implements WindowScorer.WindowModel {
  private final int order;

  /// `[i][before][base]`; before = 4 for the first base and for unknown ones.
  private final double[][][] logOdds = new double[CandidateWindows.WIDTH][5][4];

  private final double prior;

  MarkovWindow(CandidateWindows windows, int order) {
    this.order = order;
    double[][][] sites = counts(windows.sites());
    double[][][] others = counts(windows.others());
    for (int i = 0; i < logOdds.length; i++) {
      for (int before = 0; before < 5; before++) {
        double[] site = WindowScorer.logs(sites[i][before]);
        double[] other = WindowScorer.logs(others[i][before]);
        for (int base = 0; base < 4; base++) {
          logOdds[i][before][base] = site[base] - other[base];
        }
      }
    }
    prior = Math.log(windows.sites().size() / (double) windows.others().size());
  }

  private int before(byte[] bases, int at, int i) {
    int base = order == 0 || i == 0 ? -1 : Bases.index(bases[at - 1]);
    return base < 0 ? 4 : base;
  }

  private double[][][] counts(List<byte[]> windows) {
    double[][][] counts = new double[CandidateWindows.WIDTH][5][4];
    for (double[][] place : counts) {
      for (double[] row : place) {
        Arrays.fill(row, 0.5);
      }
    }
    for (byte[] window : windows) {
      for (int i = 0; i < window.length; i++) {
        int base = Bases.index(window[i]);
        if (base >= 0) {
          counts[i][before(window, i, i)][base]++;
        }
      }
    }
    return counts;
  }

  @Override
  public double logOdds(byte[] bases, int start) {
    double sum = prior;
    for (int i = 0; i < CandidateWindows.WIDTH; i++) {
      int base = Bases.index(bases[start + i]);
      sum += base < 0 ? 0 : logOdds[i][before(bases, start + i, i)][base];
    }
    return sum;
  }
}
