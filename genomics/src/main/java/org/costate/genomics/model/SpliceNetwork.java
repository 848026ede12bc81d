package org.costate.genomics.model;

import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.layerNorm;
import static org.costate.graph.Functions.relu;
import static org.costate.graph.Functions.softmax;

import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.rnn.Cell;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Recurrence;
import org.costate.unroll.SequenceGraph;
import org.costate.unroll.SequenceGraph.SequenceValue;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;

/// The network: what surrounds a base, read in both directions along the transcribed strand, gives a
/// score to each [GeneStructure.BaseClass] of the base; the [GeneStructure] couples the scores.
///
///     h⁰ₜ = relu(W [eₜ₋ₖ … eₜ₊ₖ] + b)               a convolution over 2k + 1 bases, e one-hot
///     hˡ⁺¹ₜ = LN(hˡₜ + mˡ ⊙ [→GRU(hˡ)ₜ, ←GRU(hˡ)ₜ])   l = 0 … layers − 1, m variational dropout
///     sₜ = softmax(V h + c)                        the scores
///
/// The loss of a window is −log P(labels) under the grammar. A strand is always read in its own
/// direction, so a sequence and its reverse complement get the same scores on exchanged strands.
public final class SpliceNetwork implements Objective {
  /// The cells to choose from.
  public enum CellKind {
    /// Gated recurrent unit.
    GRU,
    /// Long short-term memory.
    LSTM
  }

  /// The size of a network.
  ///
  /// @param cell the cell
  /// @param layers the number of bidirectional layers
  /// @param hidden the hidden units of each direction
  /// @param reach k: how many bases on each side the convolution sees
  /// @param dropout the probability of dropping a unit of a layer's output in training
  public record Size(CellKind cell, int layers, int hidden, int reach, double dropout) {
    /// Checks the numbers.
    public Size {
      if (layers < 1 || hidden < 1 || reach < 0 || !(dropout >= 0 && dropout < 1)) {
        throw new IllegalArgumentException(
            "SpliceNetwork: layers and hidden must be at least 1, reach at least 0 and dropout in"
                + " [0, 1); got %d, %d, %d and %s.".formatted(layers, hidden, reach, dropout));
      }
    }

    /// The number of inputs of a base.
    ///
    /// @return 4 (2k + 1)
    public int features() {
      return 4 * (2 * reach + 1);
    }
  }

  private enum Use {
    TRAINING,
    EXPLAINING
  }

  private final Size size;
  private final SequenceGraph training;
  private final SequenceGraph scorer;
  private final SequenceGraph explainer;

  /// Builds the graphs.
  ///
  /// @param size the size
  public SpliceNetwork(Size size) {
    this(size, Precision.FLOAT);
  }

  /// The same in double precision, for checks.
  SpliceNetwork(Size size, Precision precision) {
    this.size = size;
    this.training = SequenceGraph.define(precision, g -> compose(g, Use.TRAINING));
    this.scorer = SequenceGraph.define(precision, this::composeScorer);
    this.explainer = SequenceGraph.define(precision, g -> compose(g, Use.EXPLAINING));
  }

  private void compose(SequenceGraph.Builder g, Use use) {
    boolean masked = use == Use.TRAINING;
    SequenceValue x =
        use == Use.EXPLAINING
            ? g.differentiableInput("x", size.features())
            : g.input("x", size.features());
    int width = 2 * size.hidden;
    SequenceValue h = g.map("context", contextStep(), Map.of("x", x)).output("h");
    for (int l = 0; l < size.layers; l++) {
      StepGraph step = cell().step(width);
      SequenceValue forward = g.scan("layer" + l, step, Map.of("x", h)).output("h");
      SequenceValue backward =
          g.scanReversed("layer" + l + "_reverse", step, Map.of("x", h)).output("h");
      var sources = new LinkedHashMap<String, SequenceValue>();
      sources.put("below", h);
      sources.put("forward", forward);
      sources.put("backward", backward);
      if (masked) {
        sources.put("mask", g.input("mask" + l, width));
      }
      h = g.map("residual" + l, residualStep(masked), sources).output("h");
    }
    SequenceValue score = g.map("readout", readoutStep(), Map.of("h", h)).output("score");
    g.output("score", score);
    var chain =
        g.scan(
            "structure",
            GeneStructure.labelled(),
            Map.of(
                "score",
                score,
                "allowed",
                g.input("allowed", GeneStructure.STATES),
                "first",
                g.input("first")));
    g.output("loss", chain.output("loss"));
  }

  /// The same network for scoring alone, in fewer and larger steps: the first map is computed again
  /// where it is needed and the last goes into the one before, so that less is kept and moved.
  private void composeScorer(SequenceGraph.Builder g) {
    SequenceValue x = g.input("x", size.features());
    SequenceValue h = x;
    for (int l = 0; l < size.layers; l++) {
      boolean lowest = l == 0;
      boolean highest = l == size.layers - 1;
      StepGraph cell = cell().step(2 * size.hidden);
      StepGraph step =
          !lowest
              ? cell
              : StepGraph.define(
                  "context and cell",
                  s -> {
                    var operands = new LinkedHashMap<String, Value>();
                    operands.put("x", context(s, "context_"));
                    cell.carries()
                        .forEach(c -> operands.put(c.name(), s.carry(c.name(), size.hidden)));
                    var applied = s.apply(cell, operands);
                    applied.next().forEach((name, next) -> s.next(operands.get(name), next));
                    s.output("h", applied.outputs().get("h"));
                  });
      SequenceValue forward = g.scan("layer" + l, step, Map.of("x", h)).output("h");
      SequenceValue backward =
          g.scanReversed("layer" + l + "_reverse", step, Map.of("x", h)).output("h");
      StepGraph merge =
          StepGraph.define(
              "residual",
              s -> {
                Value below = lowest ? context(s, "context_") : s.input("x", 2 * size.hidden);
                Value above = merged(s, below, false);
                s.output("h", highest ? score(s, above, "readout_") : above);
              });
      h =
          g.map("residual" + l, merge, Map.of("x", h, "forward", forward, "backward", backward))
              .output("h");
    }
    g.output("score", h);
  }

  private Cell cell() {
    return switch (size.cell) {
      case GRU -> GruCell.of(size.hidden);
      case LSTM -> LstmCell.of(size.hidden);
    };
  }

  private StepGraph contextStep() {
    return StepGraph.define("context", s -> s.output("h", context(s, "")));
  }

  /// relu(W [eₜ₋ₖ … eₜ₊ₖ] + b)
  private Value context(StepBuilder s, String prefix) {
    int width = 2 * size.hidden;
    return relu(
        s.shared(prefix + "W", Initializer.glorotUniform(), width, size.features())
            .times(s.input("x", size.features()))
            .plus(s.shared(prefix + "b", Initializer.zeros(), width)));
  }

  private StepGraph residualStep(boolean masked) {
    return StepGraph.define(
        "residual", s -> s.output("h", merged(s, s.input("below", 2 * size.hidden), masked)));
  }

  /// LN(below + m ⊙ [forward, backward])
  private Value merged(StepBuilder s, Value below, boolean masked) {
    int width = 2 * size.hidden;
    Value both = concat(s.input("forward", size.hidden), s.input("backward", size.hidden));
    Value kept = masked ? both.hadamard(s.input("mask", width)) : both;
    return layerNorm(
        below.plus(kept),
        s.shared("gain", Initializer.constant(1), width),
        s.shared("bias", Initializer.zeros(), width),
        1e-5);
  }

  private StepGraph readoutStep() {
    return StepGraph.define(
        "readout", s -> s.output("score", score(s, s.input("h", 2 * size.hidden), "")));
  }

  /// softmax(V h + c), with a floor that keeps every path possible in single precision.
  private Value score(StepBuilder s, Value h, String prefix) {
    Value w =
        s.shared(prefix + "W", Initializer.glorotUniform(), GeneStructure.CLASSES, 2 * size.hidden);
    Value logits =
        w.times(h).plus(s.shared(prefix + "b", Initializer.zeros(), GeneStructure.CLASSES));
    return softmax(logits).plus(1e-9);
  }

  /// The size.
  ///
  /// @return the numbers
  public Size size() {
    return size;
  }

  /// The parameters, drawn for a seed.
  ///
  /// @param seed the seed
  /// @return the parameters
  public Parameters initialise(long seed) {
    return Parameters.initialise(training.layout(), seed);
  }

  /// Trained parameters in the layout of another of this network's graphs.
  Parameters in(SequenceGraph graph, Parameters trained) {
    var own = new Parameters(graph.layout(), new double[graph.layout().size()]);
    graph
        .layout()
        .entries()
        .forEach(
            entry -> {
              String name = entry.name().replaceFirst(".*\\.(context|readout)_", "$1.");
              own.set(entry.name(), trained.get(name));
            });
    return own;
  }

  /// The network without the grammar and without dropout: input `x`, output `score`.
  ///
  /// @return the graph, with parameters of the same names as in training
  public SequenceGraph scorer() {
    return scorer;
  }

  /// The network as trained but without dropout, whose backward pass also gives the cotangent of
  /// `x`: with everything allowed but at one base, the loss is −log of the posterior of that base's
  /// states.
  ///
  /// @return the graph, with the parameters of training
  public SequenceGraph explainer() {
    return explainer;
  }

  @Override
  public Recurrence recurrence() {
    return training;
  }

  @Override
  public double totalWeight(Sequences batch) {
    return batch.activeSteps() / 100.0;
  }

  @Override
  public Sequences withNoise(Sequences batch, long seed, long step) {
    return masked(batch, size.dropout, seed, step);
  }

  @Override
  public Sequences withoutNoise(Sequences batch) {
    return masked(batch, 0, 0, 0);
  }

  private Sequences masked(Sequences batch, double drop, long seed, long step) {
    Sequences all = batch;
    int width = 2 * size.hidden;
    for (int l = 0; l < size.layers; l++) {
      double[] mask = new double[batch.lanes() * width];
      for (int lane = 0; lane < batch.lanes(); lane++) {
        RandomStream random = RandomStream.of(seed, "dropout" + l, step, lane);
        for (int i = 0; i < width; i++) {
          mask[lane * width + i] = drop == 0 ? 1 : random.nextDouble() < drop ? 0 : 1 / (1 - drop);
        }
      }
      all =
          all.with(
              "mask" + l, Series.constant(Shape.of(width), batch.lanes(), batch.horizon(), mask));
    }
    return all;
  }
}
