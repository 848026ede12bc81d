package org.costate.control.solve;

import java.util.Arrays;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.DdpSearch;
import org.costate.internal.control.Solutions;

/// Differential dynamic programming, for problems without constraints beside bounds on the
/// controls: a Riccati recursion backward, a rollout with its feedback forward. With
/// [Curvature#GAUSS_NEWTON] it is the iterative LQR.
///
/// @param curvature second derivatives
/// @param multipleShooting whether the states of the guess are kept, and the gaps between them and
///   the plant closed step by step (feasibility-driven DDP); otherwise they are replaced by those
///   that the controls lead to
/// @param tolerance of |∂J/∂u|, not scaled
/// @param mostIterations when to give up
public record Ddp(
    Curvature curvature, boolean multipleShooting, double tolerance, int mostIterations)
    implements Solver {
  /// With exact second derivatives and a rollout of the guess, to 10⁻⁸, in at most 500 iterations.
  public Ddp() {
    this(Curvature.EXACT, false, 1e-8, 500);
  }

  /// The iterative LQR.
  ///
  /// @return the solver
  public static Ddp ilqr() {
    return new Ddp(Curvature.GAUSS_NEWTON, false, 1e-6, 500);
  }

  /// This method from a guess whose states need not follow the plant.
  ///
  /// @return the solver
  public Ddp withMultipleShooting() {
    return new Ddp(curvature, true, tolerance, mostIterations);
  }

  @Override
  public Solution solve(CompiledProblem compiled, Trajectory guess) {
    Solutions.check(compiled, guess);
    check(compiled.problem());
    long begin = System.nanoTime();
    var search = new DdpSearch(compiled, curvature.ofGraphs());
    var found =
        search.search(guess, compiled.initialState(), !multipleShooting, tolerance, mostIterations);
    return Solutions.of(compiled, found, Map.of(), (System.nanoTime() - begin) / 1e9);
  }

  static void check(OptimalControlProblem problem) {
    boolean free = !problem.free().isEmpty();
    for (boolean component : problem.freeInitial()) {
      free |= component;
    }
    if (free) {
      throw new IllegalArgumentException(
          "Ddp: the final time, parameters and initial state must be given; solve with"
              + " InteriorPoint.");
    }
    boolean states =
        Arrays.stream(problem.stateLow()).anyMatch(Double::isFinite)
            || Arrays.stream(problem.stateHigh()).anyMatch(Double::isFinite);
    if (states || !problem.constraints().isEmpty()) {
      throw new IllegalArgumentException(
          "Ddp: only controls may be bounded, but the problem has %s; solve with InteriorPoint or AugmentedLagrangian."
              .formatted(
                  problem.constraints().isEmpty()
                      ? "state bounds"
                      : "'" + problem.constraints().getFirst().name() + "'"));
    }
  }
}
