package org.costate.genomics.variant;

import java.util.Locale;

/// What a variant does to the probabilities of sites within a distance of it: the largest gain and
/// the largest loss of acceptors and donors, and where. Positions are relative to the variant, in
/// the direction of the forward strand, of the first (donor) or last (acceptor) base of an intron.
///
/// @param acceptorGain the largest rise of the probability of an acceptor, 0 … 1
/// @param acceptorLoss the largest fall
/// @param donorGain the largest rise of the probability of a donor
/// @param donorLoss the largest fall
/// @param acceptorGainAt where, in bases from the variant
/// @param acceptorLossAt where
/// @param donorGainAt where
/// @param donorLossAt where
public record DeltaScore(
    double acceptorGain,
    double acceptorLoss,
    double donorGain,
    double donorLoss,
    int acceptorGainAt,
    int acceptorLossAt,
    int donorGainAt,
    int donorLossAt) {
  /// The largest of the four.
  ///
  /// @return 0 … 1
  public double largest() {
    return Math.max(Math.max(acceptorGain, acceptorLoss), Math.max(donorGain, donorLoss));
  }

  /// The fields after allele and symbol in an INFO field:
  /// `DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL`.
  ///
  /// @return the text
  public String fields() {
    return String.format(
        Locale.ROOT,
        "%.2f|%.2f|%.2f|%.2f|%d|%d|%d|%d",
        acceptorGain,
        acceptorLoss,
        donorGain,
        donorLoss,
        acceptorGainAt,
        acceptorLossAt,
        donorGainAt,
        donorLossAt);
  }
}
