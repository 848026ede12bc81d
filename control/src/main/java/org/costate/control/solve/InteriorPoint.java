package org.costate.control.solve;

import org.costate.control.CompiledProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.InteriorPointSearch;
import org.costate.internal.control.Solutions;

/// A primal–dual interior point method on multiple shooting, for problems with every kind of
/// constraint: states and controls are unknowns, so the guess need not follow the plant, and each
/// Newton step costs one Riccati recursion, O(N (n + m)³) (Wächter and Biegler 2006; Rao, Wright
/// and Rawlings 1998).
///
/// @param curvature second derivatives
/// @param tolerance of the scaled optimality conditions
/// @param mostIterations when to give up
/// @param barrier the first barrier parameter μ; smaller for a guess near the solution
public record InteriorPoint(
    Curvature curvature, double tolerance, int mostIterations, double barrier) implements Solver {
  /// With exact second derivatives, to 10⁻⁸, in at most 500 iterations.
  public InteriorPoint() {
    this(Curvature.EXACT, 1e-8, 500, 0.1);
  }

  /// For a guess that is nearly the solution: begins with a small barrier.
  ///
  /// @return the solver
  public InteriorPoint warm() {
    return new InteriorPoint(curvature, tolerance, mostIterations, 1e-4);
  }

  @Override
  public Solution solve(CompiledProblem problem, Trajectory guess) {
    Solutions.check(problem, guess);
    long begin = System.nanoTime();
    var search = new InteriorPointSearch(problem, curvature.ofGraphs(), tolerance, mostIterations);
    var found = search.search(guess, problem.initialState(), barrier);
    return Solutions.of(problem, search, found, (System.nanoTime() - begin) / 1e9);
  }
}
