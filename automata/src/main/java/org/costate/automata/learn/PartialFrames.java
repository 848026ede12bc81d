package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Recording;
import org.costate.graph.Shape;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.random.RandomStream;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Unroll;

/// Learns a two-state rule from frames of which so many cells are missing that hardly a
/// neighbourhood is complete.
///
/// Cells that were not observed are probabilities, cells that were are put in their place before
/// every step, and the loss is the cross-entropy at the cells that were observed after it; the
/// gradient goes back through several frames. An entry counts as determined if the other output
/// makes the observed cells less likely by a factor of at least e¹⁰.
final class PartialFrames {
  private static final int LARGEST_SIDE = 24;
  private static final int LONGEST_LINE = 256;
  private static final int STEPS = 3;
  private static final int UPDATES = 400;
  private static final int WINDOWS = 48;
  private static final double RATE = 0.1;
  private static final double EVIDENCE = 10;
  private static final int MOST_ENTRIES = 18;
  private static final double SATURATED = 6;

  private final Recording recording;
  private final RuleClass ruleClass;
  private final int height;
  private final int width;
  private final int steps;
  private final double density;
  private final Unroll unroll;
  private final long seed;

  private PartialFrames(Recording recording, RuleClass ruleClass, long seed) {
    this.recording = recording;
    this.ruleClass = ruleClass;
    this.seed = seed;
    boolean line = recording.dimensions() == 1;
    int h = Integer.MAX_VALUE;
    int w = Integer.MAX_VALUE;
    int t = 1;
    long alive = 0;
    long known = 0;
    for (List<Lattice> frames : recording.histories()) {
      h = Math.min(h, frames.getFirst().height());
      w = Math.min(w, frames.getFirst().width());
      t = Math.max(t, frames.size() - 1);
      for (Lattice frame : frames) {
        alive += frame.count(1);
        known += frame.size() - frame.count(Lattice.UNKNOWN);
      }
    }
    this.height = Math.min(h, LARGEST_SIDE);
    this.width = Math.min(w, line ? LONGEST_LINE : LARGEST_SIDE);
    this.steps = Math.min(t, STEPS);
    this.density = known == 0 ? 0.5 : (double) alive / known;
    this.unroll =
        Unroll.of(
            RuleStep.of(ruleClass, new Boundary.Torus(), height, width, RuleStep.Frames.PARTIAL),
            Precision.DOUBLE,
            Set.of());
  }

  /// One window: its inputs, its first frame, and how many cells are compared.
  private record Window(Sequences batch, State initial, int compared) {}

  private Window window(RandomStream random) {
    List<List<Lattice>> usable = recording.histories().stream().filter(f -> f.size() > 1).toList();
    List<Lattice> frames = usable.get(random.nextInt(usable.size()));
    int start = random.nextInt(Math.max(1, frames.size() - steps));
    int top = random.nextInt(frames.getFirst().height() - height + 1);
    int left = random.nextInt(frames.getFirst().width() - width + 1);
    int n = height * width;
    double[][][] inputs = new double[4][steps][n];
    boolean line = recording.dimensions() == 1;
    int compared = 0;
    for (int t = 0; t < steps; t++) {
      if (start + t + 1 >= frames.size()) {
        continue;
      }
      Lattice before = frames.get(start + t);
      Lattice after = frames.get(start + t + 1);
      for (int i = 0; i < n; i++) {
        int y = i / width;
        int x = i % width;
        int was = before.get(top + y, left + x);
        int became = after.get(top + y, left + x);
        // The window is not a torus: its rim has wrong neighbours, which are then corrected by what
        // was observed; only cells one step inside are compared.
        boolean inside = x > 0 && x < width - 1 && (line || y > 0 && y < height - 1);
        boolean counts = inside && became != Lattice.UNKNOWN;
        inputs[0][t][i] = was == Lattice.UNKNOWN ? 0 : was;
        inputs[1][t][i] = was == Lattice.UNKNOWN ? 0 : 1;
        inputs[2][t][i] = counts ? became : 0;
        inputs[3][t][i] = counts ? 1 : 0;
        compared += counts ? 1 : 0;
      }
    }
    Shape shape = Shape.of(height, width);
    Sequences batch = Sequences.of(1, steps);
    String[] names = {"observed", "mask", "target", "weight"};
    for (int i = 0; i < names.length; i++) {
      batch = batch.with(names[i], new Series(shape, 1, inputs[i]));
    }
    double[] initial = new double[n];
    Arrays.fill(initial, density);
    return new Window(batch, unroll.zeroState(1).with("x", initial), Math.max(1, compared));
  }

  private double loss(Parameters theta, List<Window> windows) {
    double sum = 0;
    for (Window window : windows) {
      sum += unroll.evaluate(theta, window.initial, window.batch).sum("loss");
    }
    return sum;
  }

  private Parameters train() {
    Parameters theta = Parameters.initialise(unroll.layout(), seed);
    var updater =
        new Updater(
            new Optimizer.Adam(0.9, 0.999, 1e-8, 0),
            new Schedule.Constant(RATE),
            new Clipping.GlobalNorm(1),
            0,
            theta.values().length);
    for (int update = 0; update < UPDATES; update++) {
      Window window = window(RandomStream.of(seed, "partial window", update, 0));
      var tape = unroll.forward(theta, window.initial, window.batch, new SavePolicy.All());
      double[] gradient =
          tape.backward(Seeds.of("loss", 1.0 / window.compared)).parameters().values();
      updater.apply(theta.values(), gradient, 1);
    }
    return theta;
  }

  /// Learns.
  ///
  /// @return what was found, or null if no class is small enough
  static Learned learn(Recording recording, Boundary boundary, List<RuleClass> classes, long seed) {
    Learned best = null;
    double lowest = Double.POSITIVE_INFINITY;
    for (RuleClass one : classes) {
      boolean small =
          one.order() == 1 && one.cells().radius() == 1 && one.entries() <= MOST_ENTRIES;
      if (!small || Boundaries.conflicts(Transitions.count(recording, boundary, one), one) > 0) {
        continue;
      }
      var learner = new PartialFrames(recording, one, seed);
      Parameters theta = learner.train();
      var windows = new ArrayList<Window>();
      long compared = 0;
      for (int i = 0; i < WINDOWS; i++) {
        windows.add(learner.window(RandomStream.of(seed, "partial check", i, 0)));
        compared += windows.getLast().compared;
      }
      Parameters hard = theta.copy();
      for (int e = 0; e < hard.values().length; e++) {
        hard.values()[e] = theta.values()[e] > 0 ? SATURATED : -SATURATED;
      }
      double loss = learner.loss(hard, windows);
      double bic = loss + one.entries() * Math.log(compared) / 2;
      if (bic < lowest) {
        lowest = bic;
        best = learner.stated(hard, windows, loss, boundary);
      }
    }
    return best;
  }

  private Learned stated(Parameters hard, List<Window> windows, double loss, Boundary boundary) {
    int[] outputs = new int[ruleClass.entries()];
    long[][] counts = Transitions.count(recording, boundary, ruleClass);
    for (int e = 0; e < outputs.length; e++) {
      Parameters other = hard.copy();
      other.values()[e] = -hard.values()[e];
      boolean known = loss(other, windows) - loss > EVIDENCE;
      outputs[e] = known ? hard.values()[e] > 0 ? 1 : 0 : -1;
    }
    return new Learned(
        "backpropagation through partly observed frames",
        ruleClass,
        Map.of(1, List.of(outputs)),
        Arrays.stream(hard.values()).mapToInt(v -> v > 0 ? 1 : 0).toArray(),
        counts,
        null,
        null,
        0,
        List.of(),
        Replay.of(recording, null, ruleClass, outputs, 1),
        null,
        true,
        List.of(
            "Complete neighbourhoods were too few; unseen cells were inferred. An entry is stated"
                + " if the other output makes the frames less likely by e^10."),
        0);
  }
}
