package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Recording;

/// Frames that follow each other step by step and contradict no rule: counting.
final class VisibleFrames {
  /// A bigger class must have had this many occasions on which smaller classes were contradicted.
  private static final double OCCASIONS = 3;

  /// A class of so few entries is believed even with fewer occasions, with a remark.
  private static final int SMALL = 102;

  private final Problem problem;
  private final Recording recording;
  private final Learner.Options options;
  private final int states;
  private final List<String> remarks;

  VisibleFrames(Problem problem) {
    this.problem = problem;
    this.recording = problem.recording();
    this.options = problem.options();
    this.states = problem.states();
    this.remarks = problem.remarks();
  }

  /// The smallest class without a contradiction, or null.
  Learned deterministic() {
    double contradicted = 0;
    RuleClass weak = null;
    Recording head = head();
    for (RuleClass one : problem.classes()) {
      // Most classes are contradicted by the first frames already.
      long[][] counts = Transitions.count(head, problem.given(), one);
      if (Boundaries.conflicts(counts, one) == 0) {
        counts = Transitions.count(recording, problem.given(), one);
      }
      long total = Problem.total(counts);
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
    if (weak != null && weak.entries() <= SMALL) {
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

  /// Frames without an inside: a boundary must be supposed.
  private Learned small() {
    for (RuleClass one : problem.classes()) {
      List<String> fits = Boundaries.withoutConflict(recording, one);
      if (!fits.isEmpty()
          && Problem.total(
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
    if (recording.hasUnknown() || !options.gaps().equals(List.of(1))) {
      return null;
    }
    throw new IllegalArgumentException(
        "automaton learn: no transition is visible; the frames are too small, or too many cells are"
            + " unknown.");
  }

  private Learned counted(RuleClass one) {
    List<String> fits =
        problem.given() != null
            ? List.of(options.boundary())
            : Boundaries.withoutConflict(recording, one);
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
      Learned partial =
          PartialFrames.learn(recording, problem.given(), problem.classes(), options.seed());
      if (partial != null) {
        remarks.addAll(partial.remarks());
        return partial;
      }
    }
    dependence(one, outputs);
    adviseNext(one, outputs);
    Replay replay = Replay.of(recording, boundary, one, outputs, 1);
    return new Learned(
        "counting",
        one,
        Map.of(1, List.of(outputs)),
        null,
        counts,
        null,
        null,
        0,
        fits,
        replay,
        heldOut(one, 1, boundary),
        false,
        List.of(),
        0);
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
}
