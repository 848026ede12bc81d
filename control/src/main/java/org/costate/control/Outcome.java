package org.costate.control;

/// Why a solver stopped.
public sealed interface Outcome {
  /// The optimality conditions hold to the tolerance.
  ///
  /// @param iterations how many iterations it took
  record Converged(int iterations) implements Outcome {}

  /// No trajectory near the last one violates the constraints less.
  ///
  /// @param constraint the most violated constraint
  /// @param time when, s (for a discrete plant the step)
  /// @param violation by how much
  record Infeasible(String constraint, double time, double violation) implements Outcome {}

  /// The iterations are spent.
  ///
  /// @param iterations how many there were
  /// @param diagnosis what the last of them met
  record IterationsSpent(int iterations, String diagnosis) implements Outcome {}

  /// No step makes progress any more, though the conditions do not hold to the tolerance.
  ///
  /// @param iterations how many iterations there were
  /// @param diagnosis what the last of them met
  record Stalled(int iterations, String diagnosis) implements Outcome {}

  /// A number stopped being finite.
  ///
  /// @param step the step at which it did
  /// @param what which number
  record Diverged(int step, String what) implements Outcome {}

  /// Whether the result may be used as a solution.
  ///
  /// @return whether it converged
  default boolean converged() {
    return this instanceof Converged;
  }

  /// What happened, and what to try.
  ///
  /// @return a sentence or two
  default String advice() {
    return switch (this) {
      case Converged(int iterations) -> "Converged after %d iterations.".formatted(iterations);
      case Infeasible(String constraint, double time, double violation) ->
          "Infeasible: '%s' is violated by %.3g at t = %.4g and nothing nearby violates less. Relax it, give more time or wider bounds, or start from another guess."
              .formatted(constraint, violation, time);
      case IterationsSpent(int iterations, String diagnosis) ->
          "Not converged after %d iterations: %s Allow more iterations, or start nearer."
              .formatted(iterations, diagnosis);
      case Stalled(int iterations, String diagnosis) ->
          "Stalled after %d iterations: %s Scale states and costs to similar sizes, or start from another guess."
              .formatted(iterations, diagnosis);
      case Diverged(int step, String what) ->
          "%s became non-finite at step %d. Take a smaller step or more substeps, bound the states, or start from a guess nearer to the plant's range."
              .formatted(what, step);
    };
  }
}
