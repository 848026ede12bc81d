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

/// Frames that were seen every n-th step: exhaustive search of small classes, backpropagation
/// through the hidden frames for large ones.
final class EveryNthFrame {
  /// Updates of a start in a short search.
  private static final int SHORT = 2_500;

  private final Problem problem;
  private final Recording recording;
  private final Learner.Options options;
  private final int states;
  private final List<String> remarks;

  EveryNthFrame(Problem problem) {
    this.problem = problem;
    this.recording = problem.recording();
    this.options = problem.options();
    this.states = problem.states();
    this.remarks = problem.remarks();
  }

  /// Frames seen every n-th step, n among the options.
  Learned hidden() {
    List<Lattice[]> pairs = Transitions.pairs(recording);
    Map<String, Boundary> candidates = Boundaries.candidates(states);
    for (RuleClass one : problem.classes()) {
      if (!ExhaustiveSearch.feasible(one)) {
        continue;
      }
      Learned found = searched(one, pairs, candidates);
      if (found != null) {
        return found;
      }
    }
    if (options.gaps().contains(1)) {
      Learned found = new VisibleFrames(problem).deterministic();
      if (found != null) {
        return found;
      }
    }
    // Short searches first: a small class without the rule must not hold up a larger one with it.
    for (boolean thorough : new boolean[] {false, true}) {
      for (RuleClass one : problem.classes()) {
        if (ExhaustiveSearch.feasible(one) || one.order() == 2) {
          continue;
        }
        Learned found = descended(one, whole(pairs), candidates, thorough);
        if (found != null) {
          return found;
        }
      }
    }
    throw new IllegalArgumentException(
        "automaton learn: no rule of the classes that were tried explains the frames at a gap of %s; try another gap (--gap), a known boundary (--boundary), or more frames."
            .formatted(options.gaps()));
  }

  private Learned searched(RuleClass one, List<Lattice[]> pairs, Map<String, Boundary> candidates) {
    // First inside, without supposing a boundary; then the boundaries that agree.
    var inside = new TreeMap<Integer, List<int[]>>();
    for (int gap : options.gaps()) {
      List<int[]> tables =
          fits(pairs, gap, one)
              ? ExhaustiveSearch.all(pairs, problem.given(), one, gap)
              : List.of();
      if (!tables.isEmpty()) {
        inside.put(gap, tables);
      }
    }
    if (problem.given() != null && !inside.isEmpty()) {
      return result(
          "exhaustive search",
          one,
          inside,
          null,
          List.of(options.boundary()),
          problem.given(),
          false);
    }
    boolean hasInside = options.gaps().stream().anyMatch(gap -> fits(pairs, gap, one));
    if (problem.given() != null || hasInside && inside.isEmpty()) {
      return null;
    }
    var names = new ArrayList<String>();
    var joined = new TreeMap<Integer, List<int[]>>();
    for (var candidate : candidates.entrySet()) {
      var own = new TreeMap<Integer, List<int[]>>();
      for (int gap : options.gaps()) {
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
    return problem.given() != null
        || pairs.stream()
            .anyMatch(
                p ->
                    p[0].width() > 2 * reach
                        && (one.cells().isLine() || p[0].height() > 2 * reach));
  }

  /// The pairs whose first frame was seen in every cell: gradients start from them.
  private static List<Lattice[]> whole(List<Lattice[]> pairs) {
    return pairs.stream().filter(p -> p[0].count(Lattice.UNKNOWN) == 0).toList();
  }

  private Learned descended(
      RuleClass one, List<Lattice[]> pairs, Map<String, Boundary> candidates, boolean thorough) {
    if (pairs.isEmpty()) {
      return null;
    }
    var tries = new LinkedHashMap<String, Boundary>();
    if (problem.given() != null) {
      tries.put(options.boundary(), problem.given());
    } else {
      if (options.gaps().stream().anyMatch(gap -> fits(pairs, gap + 1, one))) {
        tries.put("", null);
      } else {
        tries.putAll(candidates);
        tries.remove("reflecting");
      }
    }
    for (var attempt : tries.entrySet()) {
      for (int gap : options.gaps()) {
        boolean inside = attempt.getValue() != null || fits(pairs, gap, one);
        if (!inside || !RuleStep.handles(one)) {
          continue;
        }
        HiddenFrames.Outcome outcome =
            HiddenFrames.learn(
                pairs, attempt.getValue(), one, gap, search(one, thorough), options.progress());
        if (outcome.exact()) {
          return determined(one, pairs, attempt.getValue(), gap, outcome, candidates);
        }
      }
    }
    return null;
  }

  private HiddenFrames.Settings search(RuleClass one, boolean thorough) {
    HiddenFrames.Settings usual = HiddenFrames.Settings.of(one, options.seed());
    return thorough
        ? usual.budget(usual.updates(), usual.starts() * options.effort())
        : usual.budget(Math.min(usual.updates(), SHORT), 2);
  }

  private Learned determined(
      RuleClass one,
      List<Lattice[]> pairs,
      Boundary supposed,
      int gap,
      HiddenFrames.Outcome outcome,
      Map<String, Boundary> candidates) {
    var fits = new ArrayList<String>();
    if (problem.given() != null) {
      fits.add(options.boundary());
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
        method, one, solutions, null, counts, null, null, 0, fits, replay, null, atLeast, List.of(),
        0);
  }
}
