package org.costate.genomics.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.genomics.Bases;
import org.costate.graph.Shape;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Flow;
import org.costate.unroll.Parameters;
import org.costate.unroll.Seeds;
import org.costate.unroll.SequenceGraph;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Sweep;
import org.costate.unroll.Tape;

/// Why a base is called a site: what the log-odds of the site owe to each base around it.
///
/// The grammar with everything allowed, but at base t only the states of the site, has the loss
/// −log P(site at t). Its gradient gives input × gradient and, as norms of costates, how far along
/// the sequence it flowed; in-silico mutagenesis changes each base into each other one and scores
/// again.
///
/// @param site the kind of site
/// @param probability the probability of the site, before calibration
/// @param bases the letters, in the direction of the strand
/// @param at where the site is among the letters
/// @param inputTimesGradient for each letter, Σ x ∂ log (P / (1 − P)) / ∂x over its base
/// @param mutagenesis `[4][length]`: change of log₂ P / (1 − P) if the letter becomes A, C, G or T;
///   0 where it is that
/// @param flow norms of the costates along the letters, by scan of the network
public record SiteExplanation(
    Labels.Site site,
    double probability,
    byte[] bases,
    int at,
    double[] inputTimesGradient,
    double[][] mutagenesis,
    Map<String, double[]> flow) {
  private static final int LANES = 32;
  private static final double RESOLUTION = 1e-6;

  /// Explains a base.
  ///
  /// @param model the model, of which the first member is explained
  /// @param stretch letters in the direction of the strand, at least `reach` beyond what is shown
  /// @param at the base in question among them
  /// @param site the kind of site
  /// @param shown how many bases on each side are explained
  /// @return the explanation of 2 shown + 1 bases
  public static SiteExplanation of(
      SpliceModel model, byte[] stretch, int at, Labels.Site site, int shown) {
    var work = new Work(model, stretch, at, site);
    if (at - shown < work.reach || at + shown >= stretch.length - work.reach) {
      throw new IllegalArgumentException(
          "SiteExplanation: %d bases on each side of base %d do not fit into a stretch of %d with a reach"
                  .formatted(shown, at, stretch.length)
              + " of "
              + work.reach
              + "; give a longer one.");
    }
    double[] gradient = new double[2 * shown + 1];
    Cotangents bar = work.gradient();
    Series xBar = bar.input("x");
    int features = xBar.shape().size();
    for (int i = 0; i < gradient.length; i++) {
      int letter = at - shown + i;
      float[] fractions = Bases.fractions(stretch[letter]);
      for (int t = letter - 2 * work.reach; t <= letter; t++) {
        if (t >= 0 && t < xBar.horizon()) {
          for (int k = 0; k < 4; k++) {
            int feature = 4 * (letter - t) + k;
            gradient[i] -= fractions[k] * (feature < features ? xBar.get(t, 0, feature) : 0);
          }
        }
      }
    }
    var flow = new LinkedHashMap<String, double[]>();
    bar.flow()
        .forEach(
            (name, norms) -> {
              if (name.startsWith("layer")) {
                flow.put(name, work.shown(norms, shown));
              }
            });
    double[] logs = work.mutants(shown);
    // d log (P / (1 − P)) = d log P / (1 − P)
    double odds = 1 / Math.max(RESOLUTION, -Math.expm1(logs[0]));
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= odds;
    }
    double[][] changes = new double[4][2 * shown + 1];
    for (int i = 0; i < changes[0].length; i++) {
      for (int k = 0; k < 4; k++) {
        changes[k][i] = (logOdds(logs[1 + 4 * i + k]) - logOdds(logs[0])) / Math.log(2);
      }
    }
    return new SiteExplanation(
        site,
        Math.exp(logs[0]),
        Arrays.copyOfRange(stretch, at - shown, at + shown + 1),
        shown,
        gradient,
        changes,
        flow);
  }

  /// log P / (1 − P), with 1 − P at least what single precision can tell from 0.
  private static double logOdds(double log) {
    return log - Math.log(Math.max(RESOLUTION, -Math.expm1(log)));
  }

  private static final class Work {
    private final SequenceGraph graph;
    private final Parameters parameters;
    private final byte[] stretch;
    private final int at;
    private final int reach;
    private final int length;
    private final int states;

    private Work(SpliceModel model, byte[] stretch, int at, Labels.Site site) {
      this.graph = model.network().explainer();
      this.parameters = model.network().in(graph, model.members().getFirst());
      this.stretch = stretch;
      this.at = at;
      this.reach = model.network().size().reach();
      this.length = stretch.length - 2 * reach;
      this.states = site == Labels.Site.DONOR ? GeneStructure.DONOR : GeneStructure.ACCEPTOR;
    }

    /// The inputs for variants of the stretch: everything is allowed but at the base.
    private Sequences inputs(List<byte[]> stretches) {
      int lanes = stretches.size();
      double[][] allowed = new double[length][lanes * GeneStructure.STATES];
      for (int t = 0; t < length; t++) {
        for (int i = 0; i < allowed[t].length; i++) {
          boolean open = t != at - reach || (states >> i % GeneStructure.STATES & 1) == 1;
          allowed[t][i] = open ? 1 : 0;
        }
      }
      return TrainingWindow.inputs(stretches, length, reach)
          .with("allowed", new Series(Shape.of(GeneStructure.STATES), lanes, allowed));
    }

    private Cotangents gradient() {
      Tape tape = graph.forward(parameters, graph.zeroState(1), inputs(List.of(stretch)));
      return tape.backward(Seeds.of("loss", 1), Sweep.full().withFlow());
    }

    private double[] shown(Flow norms, int around) {
      double[] shown = new double[2 * around + 1];
      // λ of what a scan carries into a base, from either side; after the last step comes one more.
      int last = norms.costateNorm().length - 2;
      for (int i = 0; i < shown.length; i++) {
        int t = at - reach - around + i;
        shown[i] = norms.costateNorm()[norms.reversed() ? last - t : t];
      }
      return shown;
    }

    /// log P(site) of the stretch and of every change of one of its bases.
    private double[] mutants(int around) {
      var all = new ArrayList<byte[]>();
      all.add(stretch);
      for (int i = at - around; i <= at + around; i++) {
        for (byte base : new byte[] {'A', 'C', 'G', 'T'}) {
          byte[] changed = stretch.clone();
          changed[i] = base;
          all.add(changed);
        }
      }
      double[] logs = new double[all.size()];
      for (int from = 0; from < logs.length; from += LANES) {
        List<byte[]> batch = all.subList(from, Math.min(logs.length, from + LANES));
        Series loss =
            graph.evaluate(parameters, graph.zeroState(batch.size()), inputs(batch)).output("loss");
        for (int t = 0; t < length; t++) {
          for (int lane = 0; lane < batch.size(); lane++) {
            logs[from + lane] -= loss.get(t, lane, 0);
          }
        }
      }
      return logs;
    }
  }
}
