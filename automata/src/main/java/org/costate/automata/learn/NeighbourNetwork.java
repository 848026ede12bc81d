package org.costate.automata.learn;

import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.sigmoidCrossEntropy;
import static org.costate.graph.Functions.tanh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Recording;
import org.costate.automata.World;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.random.RandomStream;
import org.costate.unroll.Layout;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;

/// The textbook way to learn a rule: a network whose output for a cell looks only at the cell's
/// neighbours, trained on pairs of consecutive frames, and the rule read out of its weights.
///
///     p(x′ = 1) = σ(w · tanh(V c + b) + a)        c ∈ {0, 1}ⁿ the neighbourhood
///
/// Tied, all cells share V, b, w and a, as in a convolution: `V [M, n]`. Untied, every cell has
/// weights of its own, `V [M, n, cells]`, and sees only its own history, so it needs as many times
/// more frames. Two states.
public final class NeighbourNetwork {
  private static final int PAIRS = 8;

  private NeighbourNetwork() {}

  /// What was learned.
  ///
  /// @param tables the outputs that were read out by evaluating the network at every neighbourhood,
  ///   one row, or one for each cell; −1 where the cell never saw the neighbourhood
  /// @param margin for each row the smallest distance of a seen neighbourhood's probability from ½
  /// @param losses the loss at every twentieth update, nats per cell
  /// @param weights the number of weights
  public record Result(int[][] tables, double[] margin, List<Double> losses, int weights) {
    /// The fraction of entries, over all rows, that agree with a rule; entries that were not seen
    /// count as wrong.
    ///
    /// @param outputs the next state of each entry
    /// @return 0 … 1
    public double agreement(int[] outputs) {
      int right = 0;
      for (int[] table : tables) {
        for (int i = 0; i < outputs.length; i++) {
          right += table[i] == outputs[i] ? 1 : 0;
        }
      }
      return (double) right / (tables.length * outputs.length);
    }
  }

  /// Trains.
  ///
  /// @param recording frames of two states and one size, every cell known
  /// @param boundary what lies beyond the edge
  /// @param cells the neighbours that an output may look at
  /// @param hidden M
  /// @param tied whether all cells share their weights
  /// @param updates the number of updates
  /// @param seed the seed
  /// @return the rule, read out
  public static Result train(
      Recording recording,
      Boundary boundary,
      Neighbourhood cells,
      int hidden,
      boolean tied,
      int updates,
      long seed) {
    if (recording.states() != 2 || recording.hasUnknown()) {
      throw new IllegalArgumentException(
          "NeighbourNetwork: frames must have two states and no unknown cell.");
    }
    List<Lattice[]> pairs = Transitions.pairs(recording);
    int size = pairs.getFirst()[0].size();
    int n = cells.size();
    Unroll unroll = Unroll.of(step(n, size, hidden, tied), Precision.DOUBLE, Set.of());
    Parameters theta = Parameters.initialise(unroll.layout(), seed);
    var updater =
        new Updater(
            new Optimizer.Adam(0.9, 0.999, 1e-8, 0),
            new Schedule.Constant(0.02),
            new Clipping.GlobalNorm(1),
            0,
            theta.values().length);
    int[] neighbours =
        World.neighbours(
            cells, boundary, pairs.getFirst()[0].height(), pairs.getFirst()[0].width());
    var losses = new ArrayList<Double>();
    for (int update = 0; update < updates; update++) {
      RandomStream random = RandomStream.of(seed, "pairs", update, 0);
      double[] inputs = new double[PAIRS * n * size];
      double[] targets = new double[PAIRS * size];
      for (int lane = 0; lane < PAIRS; lane++) {
        Lattice[] pair = pairs.get(random.nextInt(pairs.size()));
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < n; j++) {
            int from = neighbours[i * n + j];
            inputs[(lane * n + j) * size + i] = from < 0 ? boundary.outside() : pair[0].get(from);
          }
          targets[lane * size + i] = pair[1].get(i);
        }
      }
      Sequences batch =
          Sequences.of(PAIRS, 1)
              .with("neighbours", Series.constant(Shape.of(n, size), PAIRS, 1, inputs))
              .with("target", Series.constant(Shape.of(size), PAIRS, 1, targets));
      var tape = unroll.forward(theta, unroll.zeroState(PAIRS), batch, new SavePolicy.All());
      if (update % 20 == 0) {
        losses.add(tape.rollout().sum("loss") / (PAIRS * size));
      }
      updater.apply(
          theta.values(),
          tape.backward(Seeds.of("loss", 1.0 / (PAIRS * (tied ? size : 1)))).parameters().values(),
          1);
    }
    return readOut(unroll, theta, pairs, neighbours, boundary, n, size, tied, losses);
  }

  private static StepGraph step(int n, int size, int hidden, boolean tied) {
    return StepGraph.define(
        tied ? "tied neighbour network" : "untied neighbour network",
        s -> {
          Value x = s.input("neighbours", n, size);
          Value target = s.input("target", size);
          Initializer scale =
              (values, _, stream) ->
                  Arrays.setAll(values, _ -> stream.nextGaussian() / Math.sqrt(n));
          Value logits;
          if (tied) {
            Value h =
                tanh(
                    s.shared("V", scale, hidden, n)
                        .times(x)
                        .plus(s.shared("b", scale, hidden).repeat(1, size)));
            logits =
                s.shared("w", scale, 1, hidden)
                    .times(h)
                    .reshape(size)
                    .plus(s.shared("a", Initializer.zeros(), 1).repeat(1, size).reshape(size));
          } else {
            Value v = s.shared("V", scale, hidden * n, size);
            Value b = s.shared("b", scale, hidden, size);
            Value[] h = new Value[hidden];
            for (int m = 0; m < hidden; m++) {
              h[m] =
                  tanh(v.slice(m * n, (m + 1) * n).hadamard(x).sum(0).plus(b.at(m)))
                      .reshape(1, size);
            }
            logits =
                s.shared("w", scale, hidden, size)
                    .hadamard(concat(0, h))
                    .sum(0)
                    .plus(s.shared("a", Initializer.zeros(), size));
          }
          s.output("logits", logits);
          s.output("loss", sigmoidCrossEntropy(logits, target));
        });
  }

  private static Result readOut(
      Unroll unroll,
      Parameters theta,
      List<Lattice[]> pairs,
      int[] neighbours,
      Boundary boundary,
      int n,
      int size,
      boolean tied,
      List<Double> losses) {
    int rows = tied ? 1 : size;
    boolean[][] seen = new boolean[rows][1 << n];
    for (Lattice[] pair : pairs) {
      for (int i = 0; i < size; i++) {
        int index = 0;
        for (int j = 0; j < n; j++) {
          int from = neighbours[i * n + j];
          index = index * 2 + (from < 0 ? boundary.outside() : pair[0].get(from));
        }
        seen[tied ? 0 : i][index] = true;
      }
    }
    int[][] tables = new int[rows][1 << n];
    double[] margin = new double[rows];
    Arrays.fill(margin, 0.5);
    for (int entry = 0; entry < 1 << n; entry++) {
      double[] inputs = new double[n * size];
      for (int j = 0; j < n; j++) {
        Arrays.fill(inputs, j * size, (j + 1) * size, entry >> (n - 1 - j) & 1);
      }
      Sequences batch =
          Sequences.of(1, 1)
              .with("neighbours", Series.constant(Shape.of(n, size), 1, 1, inputs))
              .with("target", Series.zeros(Shape.of(size), 1, 1));
      double[] logits =
          unroll.evaluate(theta, unroll.zeroState(1), batch).output("logits").steps()[0];
      for (int row = 0; row < rows; row++) {
        tables[row][entry] = !seen[row][entry] ? -1 : logits[row] > 0 ? 1 : 0;
        if (seen[row][entry]) {
          double p = 1 / (1 + Math.exp(-logits[row]));
          margin[row] = Math.min(margin[row], Math.abs(p - 0.5));
        }
      }
    }
    int weights = unroll.layout().entries().stream().mapToInt(Layout.Entry::size).sum();
    return new Result(tables, margin, losses, weights);
  }
}
