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
    double[][] posterior =
        structure.of(
            Sequences.of(lanes, length).with("score", score).with("first", inputs.input("first")));
    return IntStream.range(0, lanes)
        .mapToObj(lane -> StructurePosterior.sites(posterior, lane, MARGIN))
        .toList();
  }
}
