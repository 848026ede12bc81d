package org.costate.examples.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.random.RandomStream;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Recurrence;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.SequenceGraph;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Unroll;

/// One training step of a recurrent cell that is timed: forward and all parameter gradients, float.
public final class TrainingSteps {
  /// The cells.
  public enum Cell {
    /// [ElmanCell]
    ELMAN,
    /// [LstmCell]
    LSTM,
    /// [GruCell]
    GRU,
    /// [BenchSteps#minimalGatedUnit]
    MGU;

    StepGraph step(int inputs, int hidden) {
      return switch (this) {
        case ELMAN -> ElmanCell.of(hidden).step(inputs);
        case LSTM -> LstmCell.of(hidden).step(inputs);
        case GRU -> GruCell.of(hidden).step(inputs);
        case MGU -> BenchSteps.minimalGatedUnit(inputs, hidden);
      };
    }
  }

  /// The sizes of a run.
  ///
  /// @param lanes B
  /// @param horizon T
  /// @param inputs I
  /// @param hidden H
  /// @param both whether a second cell runs backward in time
  public record Sizes(int lanes, int horizon, int inputs, int hidden, boolean both) {
    /// The sizes that are compared with other tools.
    public static final List<Sizes> ALL =
        List.of(
            new Sizes(1, 100, 32, 32, false),
            new Sizes(32, 100, 32, 64, false),
            new Sizes(32, 100, 64, 128, false),
            new Sizes(64, 200, 128, 256, false),
            new Sizes(32, 50, 256, 512, false),
            new Sizes(16, 1000, 4, 64, true));

    @Override
    public String toString() {
      return "B%d-T%d-I%d-H%d%s".formatted(lanes, horizon, inputs, hidden, both ? "-both" : "");
    }
  }

  private final Cell cell;
  private final Sizes sizes;
  private final Recurrence recurrence;
  private final Parameters parameters;
  private final Sequences batch;
  private final State zero;

  /// A step with random weights and inputs.
  ///
  /// @param cell the cell
  /// @param sizes the sizes
  public TrainingSteps(Cell cell, Sizes sizes) {
    this.cell = cell;
    this.sizes = sizes;
    StepGraph step = cell.step(sizes.inputs, sizes.hidden);
    this.recurrence =
        sizes.both
            ? SequenceGraph.define(
                Precision.FLOAT,
                g -> {
                  var x = g.input("x", sizes.inputs);
                  var sources = java.util.Map.of("x", x);
                  StepGraph other = cell.step(sizes.inputs, sizes.hidden);
                  g.output("h", g.scan("forward", step, sources).output("h"));
                  g.output("g", g.scanReversed("backward", other, sources).output("h"));
                })
            : Unroll.of(step, Precision.FLOAT, Set.of());
    this.parameters = Parameters.initialise(recurrence.layout(), 1);
    this.zero = recurrence.zeroState(sizes.lanes);
    RandomStream random = RandomStream.of(1, "benchmark");
    double[][] x = new double[sizes.horizon][sizes.lanes * sizes.inputs];
    for (double[] row : x) {
      Arrays.setAll(row, _ -> random.nextGaussian());
    }
    this.batch =
        Sequences.of(sizes.lanes, sizes.horizon)
            .with("x", new Series(Shape.of(sizes.inputs), sizes.lanes, x));
  }

  /// Forward only.
  ///
  /// @return the outputs
  public Rollout forward() {
    return recurrence.evaluate(parameters, zero, batch);
  }

  /// Forward and backward. One parameter changes first, as an update would change all, so that
  /// nothing that depends on parameters is kept.
  ///
  /// @return the gradient
  public Cotangents step() {
    parameters.values()[0] = Math.nextUp(parameters.values()[0]);
    Seeds seeds = sizes.both ? Seeds.of("h", 1).with("g", 1) : Seeds.of("h", 1);
    return recurrence.forward(parameters, zero, batch).backward(seeds);
  }

  /// Multiplications and additions of the matrix products of one training step, for each lane and
  /// step: 2 forward and 2 for the gradient for each weight, and 2 for the costate for each weight
  /// of a recurrent matrix. The matrices of the inputs, whose cotangents nobody asks for, are
  /// called W.
  ///
  /// @return the number
  public double flops() {
    double weights = 0;
    for (var entry : recurrence.layout().entries()) {
      if (entry.parameter().shape().rank() == 2) {
        weights += entry.parameter().name().startsWith("W") ? 4 * entry.size() : 6 * entry.size();
      }
    }
    return weights * sizes.lanes * sizes.horizon;
  }

  /// The name of the row, for example `lstm-B32-T100-I64-H128`.
  ///
  /// @return the name
  public String name() {
    return cell.name().toLowerCase(Locale.ROOT) + "-" + sizes;
  }
}
