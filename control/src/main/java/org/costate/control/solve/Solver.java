package org.costate.control.solve;

import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;

/// A method for optimal control problems.
public interface Solver {
  /// Solves a problem.
  ///
  /// @param problem the problem
  /// @param guess where to begin
  /// @return what was found, and why it stopped
  Solution solve(CompiledProblem problem, Trajectory guess);

  /// Solves a problem.
  ///
  /// @param problem the problem
  /// @param guess where to begin
  /// @return what was found, and why it stopped
  default Solution solve(OptimalControlProblem problem, Trajectory guess) {
    return solve(CompiledProblem.of(problem), guess);
  }

  /// Solves a problem, beginning with everything at rest: the initial state at all times, controls
  /// zero.
  ///
  /// @param problem the problem
  /// @return what was found, and why it stopped
  default Solution solve(OptimalControlProblem problem) {
    return solve(problem, Trajectory.standing(problem));
  }
}
