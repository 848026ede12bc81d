package org.costate.automata.learn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.costate.automata.Boundary;
import org.costate.automata.Recording;

/// Frames that contradict every class: cells are missing or flipped, or the rule is stochastic.
final class UncertainFrames {
  /// A rate of flips below this is none.
  private static final double NEGLIGIBLE = 0.002;

  private static final double MANY_FLIPS = 0.14;

  private final Problem problem;
  private final Recording recording;
  private final Learner.Options options;
  private final int states;
  private final List<String> remarks;

  UncertainFrames(Problem problem) {
    this.problem = problem;
    this.recording = problem.recording();
    this.options = problem.options();
    this.states = problem.states();
    this.remarks = problem.remarks();
  }

  /// Contradictions in every class: cells were flipped, or the rule is stochastic, or both frames
  /// and cells are missing.
  Learned uncertain() {
    if (recording.hasUnknown() && states == 2) {
      Learned partial =
          PartialFrames.learn(recording, problem.given(), problem.classes(), options.seed());
      if (partial != null) {
        remarks.addAll(partial.remarks());
        return partial;
      }
    }
    Boundary boundary = problem.given();
    RuleClass best = null;
    long[][] bestCounts = null;
    RuleClass noisy = null;
    FlipChannel.Estimate noise = null;
    double lowestFlipped = Double.POSITIVE_INFINITY;
    double lowest = Double.POSITIVE_INFINITY;
    for (RuleClass one : problem.classes()) {
      boolean small = one.order() == 1 && one.entryOfIndex() != null && one.cells().radius() <= 1;
      if (!small) {
        continue;
      }
      long[][] counts = Transitions.count(recording, boundary, one);
      long total = Problem.total(counts);
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
    Boundary boundary = problem.given();
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
        boundary == null ? List.of() : List.of(options.boundary()),
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
        problem.given() == null ? List.of() : List.of(options.boundary()),
        replay,
        null,
        false,
        List.of(),
        0);
  }
}
