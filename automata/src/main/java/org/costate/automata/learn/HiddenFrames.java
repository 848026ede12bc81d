package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.random.RandomStream;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Flow;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Sweep;
import org.costate.unroll.Unroll;

/// Learns a rule of which only every n-th frame was seen, by backpropagation through the hidden
/// frames.
///
/// The rule table is the shared parameter of a [RuleStep] that is unrolled for n steps; hidden
/// frames are hard, their gradient goes straight through. Each update looks at one window of one
/// pair of frames: the noise of so small a sample, with a large step, is what leads out of the many
/// wrong tables at which the loss has a floor. The stop test is exact replay of all pairs by the
/// thresholded table; without it a start is given up after a number of updates, and the next one
/// begins elsewhere.
public final class HiddenFrames {
  private static final int WHOLE = 20;
  private static final int INSIDE = 10;
  private static final int CHECK_EVERY = 10;
  private static final int LARGE = 102;
  private static final double LARGEST_LOGIT = 6;

  private HiddenFrames() {}

  /// How the search is done.
  ///
  /// @param rates the learning rates of the starts, taken in turn
  /// @param updates the updates of one start before it is given up
  /// @param starts the most starts
  /// @param seed the seed
  public record Settings(List<Double> rates, int updates, int starts, long seed) {
    /// What was measured to work. Up to 102 entries: rates 0.3 and 0.15, 5 starts of 20,000
    /// updates. More entries: 40 starts of 8,000. More than two states: 40 starts of 1,000, for the
    /// names of the states in a hidden frame can come out exchanged, which no step mends, so a
    /// start succeeds soon or not at all.
    ///
    /// @param ruleClass the class that is learned
    /// @param seed the seed
    /// @return the settings
    public static Settings of(RuleClass ruleClass, long seed) {
      if (ruleClass.states() > 2) {
        return new Settings(List.of(0.3, 0.1), 1_000, 40, seed);
      }
      return ruleClass.entries() > LARGE
          ? new Settings(List.of(0.3), 8_000, 40, seed)
          : new Settings(List.of(0.3, 0.15), 20_000, 5, seed);
    }

    /// These settings with another budget.
    ///
    /// @param most the updates of one start
    /// @param number the most starts
    /// @return the settings
    public Settings budget(int most, int number) {
      return new Settings(rates, most, number, seed);
    }
  }

  /// What is told while it learns.
  @FunctionalInterface
  public interface Progress {
    /// One message, every hundred updates.
    ///
    /// @param start the start, from 0
    /// @param update the update of this start
    /// @param loss the mean loss of the last hundred updates, nats per cell
    void at(int start, int update, double loss);
  }

  /// What was found.
  ///
  /// @param exact whether the table replays every pair
  /// @param outputs the next state of each entry, of the table that replays, or the best one
  /// @param starts how many starts were made
  /// @param updates how many updates were done in all of them
  /// @param wrong the fraction of cells that the best table gets wrong
  /// @param losses the loss at every hundredth update of the last start
  /// @param flow the gradient flow of the last recorded update, one entry for each step
  public record Outcome(
      boolean exact,
      int[] outputs,
      int starts,
      long updates,
      double wrong,
      List<Double> losses,
      Flow flow) {}

  /// Learns.
  ///
  /// @param pairs before and after, n steps apart, no cell unknown before
  /// @param boundary what lies beyond the edge, or null if that is not known
  /// @param ruleClass the class
  /// @param gap n
  /// @param settings the search
  /// @param progress is told how it goes
  /// @return the outcome
  public static Outcome learn(
      List<Lattice[]> pairs,
      Boundary boundary,
      RuleClass ruleClass,
      int gap,
      Settings settings,
      Progress progress) {
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException(
          "HiddenFrames: there is no pair of frames; at least two frames are needed.");
    }
    if (pairs.stream().anyMatch(p -> p[0].count(Lattice.UNKNOWN) > 0)) {
      throw new IllegalArgumentException(
          "HiddenFrames: the first frame of a pair has cells that were not observed; leave such"
              + " pairs out.");
    }
    return new Search(pairs, boundary, ruleClass, gap, settings, progress).run();
  }

  /// One search; its arrays are used again at every update.
  private static final class Search {
    private final List<Lattice[]> pairs;
    private final RuleClass ruleClass;
    private final int gap;
    private final Settings settings;
    private final Progress progress;
    private final int height;
    private final int width;
    private final boolean whole;
    private final Unroll unroll;
    private final double[][] weights;
    private final List<Replay.Machine> machines = new ArrayList<>();
    private Flow flow;

    Search(
        List<Lattice[]> pairs,
        Boundary boundary,
        RuleClass ruleClass,
        int gap,
        Settings settings,
        Progress progress) {
      this.pairs = pairs;
      this.ruleClass = ruleClass;
      this.gap = gap;
      this.settings = settings;
      this.progress = progress;
      int reach = gap * ruleClass.cells().radius();
      boolean line = ruleClass.cells().isLine();
      boolean plain =
          boundary instanceof Boundary.Torus(int right, int down) && right == 0 && down == 0
              || boundary instanceof Boundary.Fixed;
      int h = pairs.stream().mapToInt(p -> p[0].height()).min().orElseThrow();
      int w = pairs.stream().mapToInt(p -> p[0].width()).min().orElseThrow();
      boolean same = pairs.stream().allMatch(p -> p[0].height() == h && p[0].width() == w);
      this.whole = plain && same && (line ? w <= WHOLE * WHOLE : Math.max(h, w) <= WHOLE);
      int side = line ? WHOLE * WHOLE / 2 + 2 * reach : INSIDE + 2 * reach;
      this.height = whole ? h : line ? 1 : Math.min(h, side);
      this.width = whole ? w : Math.min(w, side);
      StepGraph step =
          RuleStep.of(
              ruleClass,
              whole ? boundary : new Boundary.Torus(),
              height,
              width,
              RuleStep.Frames.HARD);
      this.unroll = Unroll.of(step, Precision.DOUBLE, Set.of());
      this.weights = new double[gap][height * width];
      int inside = 0;
      for (int i = 0; i < height * width; i++) {
        int y = i / width;
        int x = i % width;
        boolean counts =
            whole || (line || y >= reach && y < height - reach) && x >= reach && x < width - reach;
        weights[gap - 1][i] = counts ? 1 : 0;
        inside += counts ? 1 : 0;
      }
      if (inside == 0) {
        throw new IllegalArgumentException(
            "HiddenFrames: frames of %d rows and %d columns are too small for a gap of %d without a known boundary; give one with --boundary."
                .formatted(h, w, gap));
      }
      for (int i = 0; i < height * width; i++) {
        weights[gap - 1][i] /= inside;
      }
      for (Lattice[] pair : pairs) {
        machines.add(
            !machines.isEmpty() && same
                ? machines.getFirst()
                : new Replay.Machine(ruleClass, boundary, pair[0].height(), pair[0].width(), gap));
      }
    }

    Outcome run() {
      long updates = 0;
      int[] best = null;
      double fewest = Double.POSITIVE_INFINITY;
      List<Double> losses = List.of();
      for (int start = 0; start < settings.starts; start++) {
        Parameters theta =
            Parameters.initialise(
                unroll.layout(), RandomStream.of(settings.seed, "start", start, 0).nextLong());
        var updater =
            new Updater(
                new Optimizer.Adam(0.9, 0.999, 1e-8, 0),
                new Schedule.Constant(settings.rates.get(start % settings.rates.size())),
                new Clipping.GlobalNorm(1),
                0,
                theta.values().length);
        losses = new ArrayList<>();
        double sum = 0;
        for (int update = 1; update <= settings.updates; update++) {
          RandomStream random = RandomStream.of(settings.seed, "window", start, update);
          sum += update(theta, updater, random, update % 100 == 1);
          updates++;
          if (update % 100 == 0) {
            losses.add(sum / 100);
            progress.at(start, update, sum / 100);
            sum = 0;
          }
          if (update % CHECK_EVERY == 0) {
            int[] outputs = threshold(theta);
            if (replays(outputs)) {
              return new Outcome(true, outputs, start + 1, updates, 0, losses, flow);
            }
          }
        }
        int[] outputs = threshold(theta);
        double wrong = wrong(outputs);
        if (wrong < fewest) {
          fewest = wrong;
          best = outputs;
        }
      }
      return new Outcome(false, best, settings.starts, updates, fewest, losses, flow);
    }

    private double update(
        Parameters theta, Updater updater, RandomStream random, boolean withFlow) {
      Lattice[] pair = pairs.get(random.nextInt(pairs.size()));
      int top = whole ? 0 : random.nextInt(pair[0].height() - height + 1);
      int left = whole ? 0 : random.nextInt(pair[0].width() - width + 1);
      double[] target = cells(pair[1], top, left, false);
      double[] weight = weights[gap - 1];
      if (pair[1].count(Lattice.UNKNOWN) > 0) {
        weight = weight.clone();
        for (int i = 0; i < target.length; i++) {
          weight[i] = target[i] == Lattice.UNKNOWN ? 0 : weight[i];
          target[i] = target[i] == Lattice.UNKNOWN ? 0 : target[i];
        }
      }
      double[][] each = weights.clone();
      each[gap - 1] = weight;
      Shape shape = Shape.of(height, width);
      Sequences batch =
          Sequences.of(1, gap)
              .with("target", Series.constant(shape, 1, gap, target))
              .with("weight", new Series(shape, 1, each));
      State initial =
          unroll.zeroState(1).with("x", cells(pair[0], top, left, ruleClass.states() > 2));
      var tape = unroll.forward(theta, initial, batch, new SavePolicy.All());
      double loss = tape.rollout().sum("loss");
      Cotangents bar =
          tape.backward(Seeds.of("loss", 1), withFlow ? Sweep.full().withFlow() : Sweep.full());
      if (withFlow) {
        flow = bar.flow().values().iterator().next();
      }
      updater.apply(theta.values(), bar.parameters().values(), 1);
      for (int i = 0; i < theta.values().length; i++) {
        theta.values()[i] = Math.clamp(theta.values()[i], -LARGEST_LOGIT, LARGEST_LOGIT);
      }
      return loss;
    }

    /// A window as numbers: the states, or one plane for each state.
    private double[] cells(Lattice lattice, int top, int left, boolean planes) {
      int n = height * width;
      double[] out = new double[planes ? n * ruleClass.states() : n];
      for (int i = 0; i < n; i++) {
        int state = lattice.get(top + i / width, left + i % width);
        if (planes) {
          out[state * n + i] = 1;
        } else {
          out[i] = state;
        }
      }
      return out;
    }

    private int[] threshold(Parameters theta) {
      double[] values = theta.values();
      int k = ruleClass.states();
      int[] outputs = new int[ruleClass.entries()];
      for (int e = 0; e < outputs.length; e++) {
        if (k == 2) {
          outputs[e] = values[e] > 0 ? 1 : 0;
        } else {
          for (int s = 1; s < k; s++) {
            outputs[e] = values[e * k + s] > values[e * k + outputs[e]] ? s : outputs[e];
          }
        }
      }
      return outputs;
    }

    private boolean replays(int[] outputs) {
      for (int i = 0; i < pairs.size(); i++) {
        if (differences(i, outputs, true) > 0) {
          return false;
        }
      }
      return true;
    }

    private int differences(int pair, int[] outputs, boolean firstOnly) {
      return machines
          .get(pair)
          .differences(
              pairs.get(pair)[0].toArray(), pairs.get(pair)[1].toArray(), outputs, gap, firstOnly);
    }

    private double wrong(int[] outputs) {
      long wrong = 0;
      long cells = 0;
      for (int i = 0; i < pairs.size(); i++) {
        wrong += differences(i, outputs, false);
        cells += pairs.get(i)[0].size();
      }
      return (double) wrong / cells;
    }
  }

  /// Which entries the pairs determine: those whose change to any other state breaks the replay.
  ///
  /// @param pairs before and after
  /// @param boundary what lies beyond the edge, or null
  /// @param ruleClass the class
  /// @param gap steps between frames
  /// @param outputs a table that replays the pairs
  /// @return for each entry whether it is determined
  public static boolean[] determined(
      List<Lattice[]> pairs, Boundary boundary, RuleClass ruleClass, int gap, int[] outputs) {
    boolean[] determined = new boolean[outputs.length];
    for (int e = 0; e < outputs.length; e++) {
      int[] changed = outputs.clone();
      boolean free = false;
      for (int s = 0; s < ruleClass.states() && !free; s++) {
        if (s == outputs[e]) {
          continue;
        }
        changed[e] = s;
        boolean exact = true;
        for (int i = 0; i < pairs.size() && exact; i++) {
          Lattice[] pair = pairs.get(i);
          var machine =
              new Replay.Machine(ruleClass, boundary, pair[0].height(), pair[0].width(), gap);
          exact =
              machine.differences(pair[0].toArray(), pair[1].toArray(), changed, gap, true) == 0;
        }
        free = exact;
      }
      determined[e] = !free;
    }
    return determined;
  }

  /// Boards for learning: half of them of a density uniform in (0.1, 0.9), half of a density whose
  /// logit is uniform in (−4, 4), so that rare counts are seen.
  ///
  /// @param height the rows of a board
  /// @param width its columns
  /// @param number how many
  /// @param seed the seed
  /// @return the boards
  public static List<Lattice> boards(int height, int width, int number, long seed) {
    var boards = new ArrayList<Lattice>();
    for (int i = 0; i < number; i++) {
      RandomStream random = RandomStream.of(seed, "boards", i, 0);
      double density =
          i % 2 == 0 ? random.nextDouble(0.1, 0.9) : 1 / (1 + Math.exp(-random.nextDouble(-4, 4)));
      boards.add(org.costate.automata.World.random(height, width, 2, density, random));
    }
    return boards;
  }

  /// Pairs of boards n steps apart.
  ///
  /// @param rule the rule
  /// @param boards the first frames
  /// @param gap n
  /// @param boundary what lies beyond the edge
  /// @return before and after
  public static List<Lattice[]> pairs(
      org.costate.automata.Rule rule, List<Lattice> boards, int gap, Boundary boundary) {
    return boards.stream()
        .map(
            board ->
                new Lattice[] {
                  board, new org.costate.automata.World(rule, boundary, board).step(gap).lattice()
                })
        .toList();
  }
}
