package org.costate.genomics.baseline;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.genomics.model.LabelledScan;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteScorer;

/// The baselines that see a fixed window of 81 bases: log-odds of a site at its middle, as a
/// probability. Bases that are no candidates score 0.
public final class WindowScorer implements SiteScorer {
  /// The log-odds of a site in the middle of a window.
  @FunctionalInterface
  interface WindowModel {
    /// Gives the log-odds, with the window's first base at `start`.
    double logOdds(byte[] bases, int start);
  }

  private final WindowModel donor;
  private final WindowModel acceptor;

  private WindowScorer(WindowModel donor, WindowModel acceptor) {
    this.donor = donor;
    this.acceptor = acceptor;
  }

  /// Trains all baselines: position weight matrix, first-order Markov model, logistic regression.
  ///
  /// @param labels the truth
  /// @param contigs the contigs to train on
  /// @param seed the seed of samples and batches
  /// @return the baselines by name
  /// @throws IOException if the genome cannot be read
  public static Map<String, SiteScorer> all(Labels labels, Collection<String> contigs, long seed)
      throws IOException {
    CandidateWindows donors = CandidateWindows.of(labels, contigs, Site.DONOR, seed);
    CandidateWindows acceptors = CandidateWindows.of(labels, contigs, Site.ACCEPTOR, seed);
    var all = new LinkedHashMap<String, SiteScorer>();
    all.put(
        "position weight matrix",
        new WindowScorer(new MarkovWindow(donors, 0), new MarkovWindow(acceptors, 0)));
    all.put(
        "first-order Markov",
        new WindowScorer(new MarkovWindow(donors, 1), new MarkovWindow(acceptors, 1)));
    all.put(
        "logistic regression",
        new WindowScorer(
            LogisticWindow.train(donors, seed), LogisticWindow.train(acceptors, seed)));
    return all;
  }

  @Override
  public int context() {
    return CandidateWindows.REACH;
  }

  @Override
  public List<SiteScores> score(List<byte[]> stretches) {
    var all = new ArrayList<SiteScores>();
    for (byte[] bases : stretches) {
      int length = bases.length - 2 * CandidateWindows.REACH;
      float[][] scores = new float[2][length];
      for (Site site : Site.values()) {
        WindowModel model = site == Site.DONOR ? donor : acceptor;
        for (int i = 0; i < length; i++) {
          if (LabelledScan.isCandidate(bases, i + CandidateWindows.REACH, site)) {
            scores[site.ordinal()][i] = (float) (1 / (1 + Math.exp(-model.logOdds(bases, i))));
          }
        }
      }
      all.add(new SiteScores(scores[0], scores[1]));
    }
    return all;
  }

  static double[] logs(double[] counts) {
    double total = Arrays.stream(counts).sum();
    return Arrays.stream(counts).map(c -> Math.log(c / total)).toArray();
  }
}
