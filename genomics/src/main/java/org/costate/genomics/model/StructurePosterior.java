package org.costate.genomics.model;

import java.util.Set;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;

/// The posterior of the classes under the grammar: P(class k at t) = scoreₜₖ ∂ log Z / ∂scoreₜₖ,
/// one forward pass and one reverse sweep of the unrolled [GeneStructure].
public final class StructurePosterior {
  private final Unroll structure =
      Unroll.of(GeneStructure.unlabelled(), Precision.FLOAT, Set.of("score"));
  private final Parameters transitions;

  /// A grammar with weights.
  ///
  /// @param transitions log A, `[16, 16]`, to row from column
  public StructurePosterior(double[] transitions) {
    this.transitions = new Parameters(structure.layout(), transitions.clone());
  }

  /// The posterior of every class at every step.
  ///
  /// @param inputs inputs `score` `[7]` and `first`
  /// @return probabilities, `[T][B · 7]`
  public double[][] of(Sequences inputs) {
    Series score = inputs.input("score");
    Series bar =
        structure
            .forward(transitions, structure.zeroState(inputs.lanes()), inputs, new SavePolicy.All())
            .backward(Seeds.of("normaliser", 1))
            .input("score");
    double[][] posterior = bar.steps();
    for (int t = 0; t < posterior.length; t++) {
      double[] s = score.steps()[t];
      for (int i = 0; i < s.length; i++) {
        posterior[t][i] = Math.min(1, Math.max(0, posterior[t][i] * s[i]));
      }
    }
    return posterior;
  }

  /// The probabilities of sites, without a margin on both sides.
  ///
  /// @param posterior what [#of] gave
  /// @param lane the lane
  /// @param margin how many steps to leave out at each end
  /// @return the probabilities
  public static SiteScorer.SiteScores sites(double[][] posterior, int lane, int margin) {
    int length = posterior.length - 2 * margin;
    float[] donor = new float[length];
    float[] acceptor = new float[length];
    int at = lane * GeneStructure.CLASSES;
    for (int i = 0; i < length; i++) {
      double[] row = posterior[margin + i];
      donor[i] = (float) row[at + GeneStructure.BaseClass.DONOR.ordinal()];
      acceptor[i] = (float) row[at + GeneStructure.BaseClass.ACCEPTOR.ordinal()];
    }
    return new SiteScorer.SiteScores(donor, acceptor);
  }
}
