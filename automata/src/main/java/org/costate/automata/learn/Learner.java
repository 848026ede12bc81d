package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Recording;

/// Finds the smallest class of rules that explains frames, and all its rules that do.
///
/// Visible transitions are counted; hidden ones are searched exhaustively where the class is small
/// and learned by backpropagation through time where it is not; frames that contradict every class
/// are noisy if some class becomes deterministic once flips are inverted, else stochastic, of the
/// class that the Bayesian information criterion prefers. Boundaries are inferred from the cells at
/// the edge once the inside has settled the rule.
public final class Learner {
  /// A bigger class must have had this many occasions on which smaller classes were contradicted.
  private static final double OCCASIONS = 3;

  /// A rate of flips below this is none.
  private static final double NEGLIGIBLE = 0.002;

  private static final double MANY_FLIPS = 0.14;

  private final Recording recording;
  private final Options options;
  private final int states;
  private final List<String> remarks = new ArrayList<>();

  /// How frames are learned from.
  ///
  /// @param gaps steps between frames that are considered, in order
  /// @param boundary the name of the boundary, or `auto`
  /// @param classes the classes that are considered, in order; empty for all
  /// @param seed the seed of the search through hidden frames
  /// @param effort how many times as many starts that search makes as is usual
  /// @param progress is told how that goes
  public record Options(
      List<Integer> gaps,
      String boundary,
      List<RuleClass> classes,
      long seed,
      int effort,
      HiddenFrames.Progress progress) {
    /// Every frame was seen; everything else is found out.
    ///
    /// @return the options
    public static Options standard() {
      return new Options(List.of(1), "auto", List.of(), 1, 1, (_, _, _) -> {});
    }

    /// These options for frames seen every n-th step.
    ///
    /// @param steps the gaps that are considered
    /// @return the options
    public Options gaps(Integer... steps) {
      return new Options(List.of(steps), boundary, classes, seed, effort, progress);
    }

    /// These options with a known boundary.
    ///
    /// @param name torus, dead, alive, reflecting, `fixed 2`…, or auto
    /// @return the options
    public Options boundary(String name) {
      return new Options(gaps, name, classes, seed, effort, progress);
    }

    /// These options for some classes only.
    ///
    /// @param only the classes, in order
    /// @return the options
    public Options classes(RuleClass... only) {
      return new Options(gaps, boundary, List.of(only), seed, effort, progress);
    }
  }

  private Learner(Recording recording, Options options) {
    this.recording = recording;
    this.options = options;
    this.states = recording.states();
    if (recording.transitions() == 0) {
      throw new IllegalArgumentException(
          "automaton learn: there is only one frame; a rule shows in at least two frames that"
              + " follow each other.");
    }
    if (!options.boundary.equals("auto")
        && !Boundaries.candidates(states).containsKey(options.boundary)) {
      throw new IllegalArgumentException(
          "automaton learn: the boundary must be auto or one of %s, got '%s'."
              .formatted(Boundaries.candidates(states).keySet(), options.boundary));
    }
    for (int gap : options.gaps) {
      if (gap < 1) {
        throw new IllegalArgumentException(
            "automaton learn: the gap must be at least 1, got " + gap + ".");
      }
    }
  }

  /// Learns the rule of a recording whose frames follow each other step by step.
  ///
  /// @param recording the frames
  /// @return what they say
  public static Learned learn(Recording recording) {
    return learn(recording, Options.standard());
  }

  /// Learns the rule of a recording.
  ///
  /// @param recording the frames
  /// @param options how
  /// @return what the frames say
  /// @throws IllegalArgumentException if there are too few frames, or none of the classes explains
  ///   them
  public static Learned learn(Recording recording, Options options) {
    long start = System.nanoTime();
    var learner = new Learner(recording, options);
    Learned learned = options.gaps.equals(List.of(1)) ? learner.visible() : learner.hidden();
    return new Learned(
        learned.method(),
        learned.ruleClass(),
        learned.solutions(),
        learned.likeliest(),
        learned.counts(),
        learned.probability(),
        learned.standardError(),
        learned.noise(),
        learned.boundaries(),
        learned.replay(),
        learned.heldOut(),
        learned.atLeast(),
        List.copyOf(learner.remarks),
        (System.nanoTime() - start) / 1e9);
  }

  private List<RuleClass> classes() {
    return options.classes.isEmpty()
        ? RuleClass.ladder(recording.dimensions(), states)
        : options.classes;
  }

  private Boundary given() {
    return Boundaries.candidates(states).get(options.boundary);
  }

  private static long total(long[][] counts) {
    return Arrays.stream(counts).mapToLong(c -> Arrays.stream(c).sum()).sum();
  }

  private Learned visible() {
    Learned deterministic = deterministic();
    return deterministic != null ? deterministic : uncertain();
  }

  /// The smallest class without a contradiction, or null.
  private Learned deterministic() {
    double contradicted = 0;
    RuleClass weak = null;
    Recording head = head();
    for (RuleClass one : classes()) {
      // Most classes are contradicted by the first frames already.
      long[][] counts = Transitions.count(head, given(), one);
      if (Boundaries.conflicts(counts, one) == 0) {
        counts = Transitions.count(recording, given(), one);
      }
      long total = total(counts);
      if (total == 0) {
        continue;
      }
      long conflicts = Boundaries.conflicts(counts, one);
      // Without the most frequent entry, which is often that of empty space.
      long telling =
          Math.max(
              1,
              total - Arrays.stream(counts).mapToLong(c -> Arrays.stream(c).sum()).max().orElse(0));
      if (conflicts > 0) {
        contradicted = Math.max(contradicted, Math.min(1, (double) conflicts / telling));
        continue;
      }
      long entriesSeen = Arrays.stream(counts).filter(c -> Arrays.stream(c).sum() > 0).count();
      if (beforeStandard(one) && 3 * entriesSeen < 2 * one.entries()) {
        continue; // Too little of it was seen to prefer it to the standard class.
      }
      // A class that had hardly an occasion to fail, where smaller ones did fail, explains nothing.
      if (contradicted == 0 || (telling - entriesSeen) * contradicted >= OCCASIONS) {
        return counted(one);
      }
      weak = weak == null ? one : weak;
    }
    if (contradicted == 0) {
      return small();
    }
    if (weak != null && !noisyOrStochasticPossible()) {
      remarks.add(
          "The smallest class without a contradiction had few occasions to show one; more frames"
              + " would tell.");
      return counted(weak);
    }
    return null;
  }

  /// The first frames of the first history that has some.
  private Recording head() {
    List<Lattice> frames =
        recording.histories().stream()
            .filter(f -> f.size() > 1)
            .findFirst()
            .orElse(recording.histories().getFirst());
    return new Recording(
        recording.dimensions(), List.of(frames.subList(0, Math.min(4, frames.size()))));
  }

  /// Whether a two-state class comes before Life-like rules in the order of the ladder: it is only
  /// preferred if two thirds of its entries were seen, for a still life fits almost any class.
  private static boolean beforeStandard(RuleClass one) {
    return one.states() == 2
        && !one.cells().isLine()
        && one.order() == 1
        && (one.cells().size() < 9 || one.tie() instanceof RuleClass.Tie.Totalistic)
        && one.cells().radius() == 1;
  }

  private boolean noisyOrStochasticPossible() {
    return classes().stream()
        .anyMatch(c -> total(Transitions.count(recording, given(), c)) >= 100 * c.entries());
  }

  /// Frames without an inside: a boundary must be supposed.
  private Learned small() {
    for (RuleClass one : classes()) {
      List<String> fits = Boundaries.withoutConflict(recording, one);
      if (!fits.isEmpty()
          && total(
                  Transitions.count(
                      recording, Boundaries.candidates(states).get(fits.getFirst()), one))
              > 0) {
        remarks.add(
            "The frames have no cell whose neighbourhood lies inside; the rule holds if the"
                + " boundary is "
                + fits.getFirst()
                + ".");
        return counted(one, fits, Boundaries.candidates(states).get(fits.getFirst()));
      }
    }
    if (recording.hasUnknown()) {
      return uncertain();
    }
    if (!options.gaps.equals(List.of(1))) {
      return null;
    }
    throw new IllegalArgumentException(
        "automaton learn: no transition is visible; the frames are too small, or too many cells are"
            + " unknown.");
  }

  private Learned counted(RuleClass one) {
    List<String> fits =
        given() != null ? List.of(options.boundary) : Boundaries.withoutConflict(recording, one);
    Boundary boundary =
        fits.size() == 1 ? Boundaries.candidates(states).get(fits.getFirst()) : null;
    if (fits.isEmpty()) {
      remarks.add("No boundary that was tried explains the cells at the edge; they were left out.");
    }
    return counted(one, fits, boundary);
  }

  private Learned counted(RuleClass one, List<String> fits, Boundary boundary) {
    long[][] counts = Transitions.count(recording, boundary, one);
    int[] outputs = outputs(one, counts);
    if (states == 2 && recording.hasUnknown() && Arrays.stream(outputs).anyMatch(o -> o < 0)) {
      Learned partial = PartialFrames.learn(recording, given(), classes(), options.seed());
      if (partial != null) {
        remarks.addAll(partial.remarks());
        return partial;
      }
    }
    dependence(one, outputs);
    adviseNext(one, outputs);
    return result("counting", one, Map.of(1, List.of(outputs)), counts, fits, boundary, false);
  }

  /// The outcome of each entry that was seen, or that the class leaves no choice; −1 for the
  /// others.
  private static int[] outputs(RuleClass one, long[][] counts) {
    int[] outputs = new int[one.entries()];
    for (int e = 0; e < outputs.length; e++) {
      int[] choices = one.choices(e);
      outputs[e] = choices.length == 1 ? choices[0] : -1;
      for (int s : choices) {
        outputs[e] = counts[e][s] > 0 ? s : outputs[e];
      }
    }
    return outputs;
  }

  private Learned result(
      String method,
      RuleClass one,
      Map<Integer, List<int[]>> solutions,
      long[][] counts,
      List<String> fits,
      Boundary boundary,
      boolean atLeast) {
    var first = solutions.entrySet().iterator().next();
    Replay replay =
        Replay.of(recording, boundary, one, first.getValue().getFirst(), first.getKey());
    return new Learned(
        method,
        one,
        solutions,
        null,
        counts,
        null,
        null,
        0,
        fits,
        replay,
        heldOut(one, first.getKey(), boundary),
        atLeast,
        List.of(),
        0);
  }

  /// Counts in the first half of every history, and replays the second half from its own start.
  private Replay heldOut(RuleClass one, int gap, Boundary boundary) {
    var first = new ArrayList<List<Lattice>>();
    var second = new ArrayList<List<Lattice>>();
    for (List<Lattice> frames : recording.histories()) {
      if (frames.size() >= 2 * one.order() + 3) {
        first.add(frames.subList(0, (frames.size() + 1) / 2));
        second.add(frames.subList(frames.size() / 2, frames.size()));
      }
    }
    if (gap != 1 || first.isEmpty()) {
      return null;
    }
    int dimensions = recording.dimensions();
    long[][] counts = Transitions.count(new Recording(dimensions, first), boundary, one);
    return Replay.of(new Recording(dimensions, second), boundary, one, outputs(one, counts), gap);
  }

  /// Says if the table looks at fewer cells than the class.
  private void dependence(RuleClass one, int[] outputs) {
    if (!(one.tie() instanceof RuleClass.Tie.Full) || one.order() == 2) {
      return;
    }
    int n = one.cells().size();
    var used = new ArrayList<String>();
    boolean fewer = false;
    for (int j = 0; j < n; j++) {
      int weight = (int) Math.round(Math.pow(states, n - 1 - j));
      boolean matters = false;
      boolean compared = false;
      for (int i = 0; i < outputs.length && !matters; i++) {
        int digit = i / weight % states;
        for (int s = digit + 1; s < states; s++) {
          int other = outputs[i + (s - digit) * weight];
          compared |= outputs[i] >= 0 && other >= 0;
          matters |= outputs[i] >= 0 && other >= 0 && outputs[i] != other;
        }
      }
      if (matters || !compared) {
        var o = one.cells().offsets().get(j);
        used.add("(%d, %d)".formatted(o.dy(), o.dx()));
      } else {
        fewer = true;
      }
    }
    if (fewer) {
      remarks.add(
          used.isEmpty()
              ? "As far as was seen, the next state depends on no cell at all."
              : "As far as was seen, the next state depends only on the cells (row, column) "
                  + String.join(" ", used)
                  + " of the neighbourhood.");
    }
  }

  private void adviseNext(RuleClass one, int[] outputs) {
    long open = Arrays.stream(outputs).filter(o -> o < 0).count();
    if (open > 0) {
      remarks.add(
          "%d of %d entries were never seen; record a random start with half of the cells alive%s."
              .formatted(
                  open,
                  one.entries(),
                  open > one.entries() / 2 ? "" : " and one with few, and one with many"));
    }
  }

  /// Contradictions in every class: cells were flipped, or the rule is stochastic, or both frames
  /// and cells are missing.
  private Learned uncertain() {
    if (recording.hasUnknown() && states == 2) {
      Learned partial = PartialFrames.learn(recording, given(), classes(), options.seed());
      if (partial != null) {
        remarks.addAll(partial.remarks());
        return partial;
      }
    }
    Boundary boundary = given();
    RuleClass best = null;
    long[][] bestCounts = null;
    RuleClass noisy = null;
    FlipChannel.Estimate noise = null;
    double lowestFlipped = Double.POSITIVE_INFINITY;
    double lowest = Double.POSITIVE_INFINITY;
    for (RuleClass one : classes()) {
      boolean small = one.order() == 1 && one.entryOfIndex() != null && one.cells().radius() <= 1;
      if (!small) {
        continue;
      }
      long[][] counts = Transitions.count(recording, boundary, one);
      long total = total(counts);
      double penalty = Math.log(Math.max(2, total)) / 2;
      double bic =
          -FlipChannel.stochastic(List.of(counts)) + one.entries() * (states - 1) * penalty;
      if (bic < lowest) {
        lowest = bic;
        best = one;
        bestCounts = counts;
      }
      if (states == 2) {
        double[] joint = FlipChannel.counts(recording, boundary, one.cells());
        FlipChannel.Estimate e = FlipChannel.estimate(joint, one.entryOfIndex(), one.entries());
        double flipped = -e.logLikelihood() + (one.entries() + 1) * penalty;
        if (e.flipRate() > NEGLIGIBLE && e.deterministic() && flipped < lowestFlipped) {
          lowestFlipped = flipped;
          noise = e;
          noisy = one;
        }
      }
    }
    if (noise != null) {
      return flipped(noisy, Transitions.count(recording, boundary, noisy), noise);
    }
    if (best == null) {
      throw new IllegalArgumentException(
          "automaton learn: every class that was tried is contradicted; if frames are missing, give"
              + " --gap K or --gap auto.");
    }
    return stochastic(best, bestCounts);
  }

  private Learned flipped(RuleClass one, long[][] counts, FlipChannel.Estimate noise) {
    Boundary boundary = given();
    Replay replay = Replay.of(recording, null, one, noise.outputs(), 1);
    remarks.add(
        "About %.1f %% of the cells are flipped in every frame; the counts were corrected for it. From one noisy frame to the next the rule gives %.1f %% of the cells otherwise than seen."
            .formatted(
                100 * noise.flipRate(), 100.0 * replay.wrong() / Math.max(1, replay.compared())));
    if (noise.flipRate() > MANY_FLIPS) {
      remarks.add(
          "With so many flips the class itself may come out too small; more frames would tell.");
    }
    return new Learned(
        "counting, flips inverted",
        one,
        Map.of(1, List.of(noise.outputs())),
        noise.likeliest(),
        counts,
        null,
        noise.standardError(),
        noise.flipRate(),
        boundary == null ? List.of() : List.of(options.boundary),
        replay,
        null,
        false,
        List.of(),
        0);
  }

  private Learned stochastic(RuleClass one, long[][] counts) {
    double[][] probability = new double[counts.length][states];
    double[] error = new double[counts.length];
    int[] outputs = new int[counts.length];
    for (int e = 0; e < counts.length; e++) {
      long n = Arrays.stream(counts[e]).sum();
      outputs[e] = -1;
      error[e] = Double.POSITIVE_INFINITY;
      Arrays.fill(probability[e], 1.0 / states);
      for (int s = 0; s < states && n > 0; s++) {
        probability[e][s] = (double) counts[e][s] / n;
        outputs[e] = outputs[e] < 0 || counts[e][s] > counts[e][outputs[e]] ? s : outputs[e];
      }
      if (n > 0) {
        double p = probability[e][outputs[e]];
        error[e] = Math.sqrt(Math.max(p * (1 - p), 1.0 / (n + 2)) / n);
      }
    }
    remarks.add(
        "Equal neighbourhoods had different outcomes, and flipped cells do not explain it: the rule"
            + " is stochastic. If frames are missing, give --gap K or --gap auto.");
    Replay replay = Replay.of(recording, null, one, outputs, 1);
    return new Learned(
        "counting",
        one,
        Map.of(1, List.of(outputs)),
        null,
        counts,
        probability,
        error,
        0,
        given() == null ? List.of() : List.of(options.boundary),
        replay,
        null,
        false,
        List.of(),
        0);
  }

  /// Frames seen every n-th step, n among the options.
  private Learned hidden() {
    List<Lattice[]> pairs = Transitions.pairs(recording);
    Map<String, Boundary> candidates = Boundaries.candidates(states);
    for (RuleClass one : classes()) {
      if (!ExhaustiveSearch.feasible(one)) {
        continue;
      }
      Learned found = searched(one, pairs, candidates);
      if (found != null) {
        return found;
      }
    }
    if (options.gaps.contains(1)) {
      Learned found = deterministic();
      if (found != null) {
        return found;
      }
    }
    for (RuleClass one : classes()) {
      if (ExhaustiveSearch.feasible(one) || one.order() == 2) {
        continue;
      }
      Learned found = descended(one, pairs, candidates);
      if (found != null) {
        return found;
      }
    }
    throw new IllegalArgumentException(
        "automaton learn: no rule of the classes that were tried explains the frames at a gap of %s; try another gap (--gap), a known boundary (--boundary), or more frames."
            .formatted(options.gaps));
  }

  private Learned searched(RuleClass one, List<Lattice[]> pairs, Map<String, Boundary> candidates) {
    // First inside, without supposing a boundary; then the boundaries that agree.
    var inside = new TreeMap<Integer, List<int[]>>();
    for (int gap : options.gaps) {
      List<int[]> tables =
          fits(pairs, gap, one) ? ExhaustiveSearch.all(pairs, given(), one, gap) : List.of();
      if (!tables.isEmpty()) {
        inside.put(gap, tables);
      }
    }
    if (given() != null && !inside.isEmpty()) {
      return result(
          "exhaustive search", one, inside, null, List.of(options.boundary), given(), false);
    }
    boolean hasInside = options.gaps.stream().anyMatch(gap -> fits(pairs, gap, one));
    if (given() != null || hasInside && inside.isEmpty()) {
      return null;
    }
    var names = new ArrayList<String>();
    var joined = new TreeMap<Integer, List<int[]>>();
    for (var candidate : candidates.entrySet()) {
      var own = new TreeMap<Integer, List<int[]>>();
      for (int gap : options.gaps) {
        List<int[]> tables =
            fewOpen(inside.get(gap))
                ? ExhaustiveSearch.exact(inside.get(gap), pairs, candidate.getValue(), one, gap)
                : fits(pairs, gap, one) && !inside.containsKey(gap)
                    ? List.of()
                    : ExhaustiveSearch.all(pairs, candidate.getValue(), one, gap);
        if (!tables.isEmpty()) {
          own.put(gap, tables);
        }
      }
      if (!own.isEmpty()) {
        names.add(candidate.getKey());
        joined = own;
      }
    }
    if (names.size() == 1) {
      return result(
          "exhaustive search", one, joined, null, names, candidates.get(names.getFirst()), false);
    }
    if (inside.isEmpty()) {
      return null;
    }
    if (names.isEmpty()) {
      remarks.add("No boundary that was tried explains the cells at the edge; they were left out.");
    }
    return result("exhaustive search", one, inside, null, names, null, false);
  }

  /// Whether tables have so few rules that each can be replayed; then no search is needed again.
  private static boolean fewOpen(List<int[]> tables) {
    return tables != null
        && tables.size() <= Learned.MOST_LISTED
        && tables.stream().allMatch(t -> Arrays.stream(t).filter(o -> o < 0).count() <= 4);
  }

  /// Whether some cell's light cone lies inside the frames.
  private boolean fits(List<Lattice[]> pairs, int gap, RuleClass one) {
    int reach = gap * one.cells().radius();
    return given() != null
        || pairs.stream()
            .anyMatch(
                p ->
                    p[0].width() > 2 * reach
                        && (one.cells().isLine() || p[0].height() > 2 * reach));
  }

  private Learned descended(
      RuleClass one, List<Lattice[]> pairs, Map<String, Boundary> candidates) {
    var tries = new LinkedHashMap<String, Boundary>();
    if (given() != null) {
      tries.put(options.boundary, given());
    } else {
      if (options.gaps.stream().anyMatch(gap -> fits(pairs, gap + 1, one))) {
        tries.put("", null);
      } else {
        tries.putAll(candidates);
        tries.remove("reflecting");
      }
    }
    for (var attempt : tries.entrySet()) {
      for (int gap : options.gaps) {
        boolean inside = attempt.getValue() != null || fits(pairs, gap, one);
        if (!inside || !RuleStep.handles(one)) {
          continue;
        }
        HiddenFrames.Outcome outcome =
            HiddenFrames.learn(pairs, attempt.getValue(), one, gap, search(one), options.progress);
        if (outcome.exact()) {
          return determined(one, pairs, attempt.getValue(), gap, outcome, candidates);
        }
      }
    }
    return null;
  }

  private HiddenFrames.Settings search(RuleClass one) {
    HiddenFrames.Settings usual = HiddenFrames.Settings.of(one, options.seed);
    return usual.budget(usual.updates(), usual.starts() * options.effort);
  }

  private Learned determined(
      RuleClass one,
      List<Lattice[]> pairs,
      Boundary supposed,
      int gap,
      HiddenFrames.Outcome outcome,
      Map<String, Boundary> candidates) {
    var fits = new ArrayList<String>();
    if (given() != null) {
      fits.add(options.boundary);
    } else {
      candidates.forEach(
          (name, boundary) -> {
            if (pairs.stream()
                .allMatch(
                    p ->
                        new Replay.Machine(one, boundary, p[0].height(), p[0].width(), gap)
                                .differences(
                                    p[0].toArray(), p[1].toArray(), outcome.outputs(), gap, true)
                            == 0)) {
              fits.add(name);
            }
          });
    }
    Boundary boundary = fits.size() == 1 ? candidates.get(fits.getFirst()) : supposed;
    int[] outputs = outcome.outputs().clone();
    boolean[] determined = HiddenFrames.determined(pairs, boundary, one, gap, outcome.outputs());
    for (int e = 0; e < outputs.length; e++) {
      outputs[e] = determined[e] ? outputs[e] : -1;
    }
    remarks.add(
        "Found by gradient descent after %d updates in %d start%s; it replays every frame. Entries whose change alone leaves the replay exact are given as open; another rule that differs in many entries at once is not excluded."
            .formatted(outcome.updates(), outcome.starts(), outcome.starts() == 1 ? "" : "s"));
    Replay replay = Replay.of(recording, boundary, one, outcome.outputs(), gap);
    return new Learned(
        "backpropagation through time",
        one,
        Map.of(gap, List.of(outputs)),
        null,
        null,
        null,
        null,
        0,
        fits,
        replay,
        null,
        true,
        List.of(),
        0);
  }
}
