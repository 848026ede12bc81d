package org.costate.genomics.model;

import java.util.List;

/// Scores every base of a transcribed strand as a donor and as an acceptor: the network, an
/// ensemble, or a baseline.
public interface SiteScorer {
  /// How many bases before and after a scored base are read at most.
  ///
  /// @return the context, in bases
  int context();

  /// Scores stretches of equal length.
  ///
  /// @param stretches letters in the direction of the strand, each `length + 2 context()`
  /// @return for each stretch the scores of its inner `length` bases
  List<SiteScores> score(List<byte[]> stretches);

  /// Scores of neighbouring bases; larger is likelier, and probabilities from 0 to 1 where the
  /// scorer is a model of probabilities.
  ///
  /// @param donor the score of each base as first base of an intron
  /// @param acceptor the score of each base as last base of an intron
  record SiteScores(float[] donor, float[] acceptor) {
    /// The scores of one kind of site.
    ///
    /// @param site the kind
    /// @return the scores, not a copy
    public float[] of(Labels.Site site) {
      return site == Labels.Site.DONOR ? donor : acceptor;
    }
  }
}
