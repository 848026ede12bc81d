package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.List;
import org.costate.automata.Recording;

/// Finds the smallest class of rules that explains frames, and all its rules that do.
///
/// Visible transitions are counted; hidden ones are searched exhaustively where the class is small
/// and learned by backpropagation through time where it is not; frames that contradict every class
/// are noisy if some class becomes deterministic once flips are inverted, else stochastic, of the
/// class that the Bayesian information criterion prefers. Boundaries are inferred from the cells at
/// the edge once the inside has settled the rule.
public final class Learner {
  private Learner() {}

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

  private static Problem check(Recording recording, Options options) {
    int states = recording.states();
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
    return new Problem(recording, options, states, new ArrayList<>());
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
    Problem problem = check(recording, options);
    Learned learned;
    if (options.gaps.equals(List.of(1))) {
      Learned deterministic = new VisibleFrames(problem).deterministic();
      learned = deterministic != null ? deterministic : new UncertainFrames(problem).uncertain();
    } else {
      learned = new EveryNthFrame(problem).hidden();
    }
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
        List.copyOf(problem.remarks()),
        (System.nanoTime() - start) / 1e9);
  }
}
