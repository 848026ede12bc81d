package org.costate.control.solve;

import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.AugmentedSearch;
import org.costate.internal.control.Solutions;

/// DDP for problems with constraints: the method of multipliers around it. Control bounds stay with
/// DDP; everything else goes into the cost. Slower near the solution than [InteriorPoint], but
/// every iterate follows the plant, and no barrier keeps it from a bound.
///
/// @param inner the method that minimises the augmented Lagrangian
/// @param penalty the first ρ
/// @param tolerance of the violation of constraints
/// @param mostUpdates the most updates of the multipliers
public record AugmentedLagrangian(Ddp inner, double penalty, double tolerance, int mostUpdates)
    implements Solver {
  /// Around the iterative LQR, from ρ = 1, to 10⁻⁷, in at most 50 updates.
  public AugmentedLagrangian() {
    this(Ddp.ilqr(), 1, 1e-7, 50);
  }

  @Override
  public Solution solve(CompiledProblem compiled, Trajectory guess) {
    Solutions.check(compiled, guess);
    OptimalControlProblem problem = compiled.problem();
    boolean free = !problem.free().isEmpty();
    for (boolean component : problem.freeInitial()) {
      free |= component;
    }
    if (free) {
      throw new IllegalArgumentException(
          "AugmentedLagrangian: the final time, parameters and initial state must be given; solve"
              + " with InteriorPoint.");
    }
    return new AugmentedSearch(compiled, penalty)
        .search(
            guess,
            !inner.multipleShooting(),
            inner.curvature().ofGraphs(),
            tolerance,
            mostUpdates,
            inner.mostIterations());
  }
}
