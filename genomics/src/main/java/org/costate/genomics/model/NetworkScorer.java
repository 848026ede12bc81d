package org.costate.genomics.model;

import java.util.List;
import java.util.stream.IntStream;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;

/// One trained network: the scores of its classes go through the grammar.
final class NetworkScorer implements SiteScorer {
  /// What is read on each side of a tile beyond the convolution's reach.
  static final int MARGIN = 256;

  private final SpliceNetwork network;
  private final Parameters weights;
  private final StructurePosterior structure;

  NetworkScorer(SpliceNetwork network, Parameters trained) {
    this.network = network;
    this.weights = network.in(network.scorer(), trained);
    this.structure = new StructurePosterior(trained.get("structure.transitions"));
  }

  @Override
  public int context() {
    return MARGIN + network.size().reach();
  }

  @Override
  public List<SiteScores> score(List<byte[]> stretches) {
    double[][] posterior = structure.of(scores(stretches));
    return IntStream.range(0, stretches.size())
        .mapToObj(lane -> StructurePosterior.sites(posterior, lane, MARGIN))
        .toList();
  }

  /// The classes' own scores of all bases that the convolution reaches, as inputs of the grammar.
  private Sequences scores(List<byte[]> stretches) {
    int reach = network.size().reach();
    int length = stretches.getFirst().length - 2 * reach;
    Sequences inputs = TrainingWindow.inputs(stretches, length, reach);
    int lanes = inputs.lanes();
    Series score =
        network
            .scorer()
            .evaluate(
                weights,
                network.scorer().zeroState(lanes),
                Sequences.of(lanes, length).with("x", inputs.input("x")))
            .output("score");
    return Sequences.of(lanes, length).with("score", score).with("first", inputs.input("first"));
  }

  /// The probability of a site at one base of each stretch, under the grammar and without it.
  double[][] alone(List<byte[]> stretches, int at, Labels.Site site) {
    Sequences scores = scores(stretches);
    double[] own = scores.input("score").steps()[at];
    double[] posterior = structure.of(scores)[at];
    var kind =
        site == Labels.Site.DONOR
            ? GeneStructure.BaseClass.DONOR
            : GeneStructure.BaseClass.ACCEPTOR;
    double[][] both = new double[2][stretches.size()];
    for (int lane = 0; lane < stretches.size(); lane++) {
      int element = lane * GeneStructure.CLASSES + kind.ordinal();
      both[0][lane] = posterior[element];
      both[1][lane] = own[element];
    }
    return both;
  }
}
