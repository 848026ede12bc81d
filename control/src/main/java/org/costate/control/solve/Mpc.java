package org.costate.control.solve;

import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.DdpSearch;
import org.costate.internal.control.Stages;

/// Model predictive control: at every step the problem over a short window is solved again from the
/// state that was measured, beginning with the last solution shifted by a step, and the first
/// control is applied. With bounded controls alone it is solved by DDP, otherwise by the interior
/// point method.
public final class Mpc {
  private final CompiledProblem window;
  private final boolean constrained;
  private final int mostIterations;
  private DdpSearch search;
  private Trajectory last;
  private Trajectory plan;
  private Outcome outcome;
  private double seconds;
  private int iterations;

  /// A controller.
  ///
  /// @param problem the problem over the window
  /// @param mostIterations the most iterations a step may take
  public Mpc(OptimalControlProblem problem, int mostIterations) {
    this.window = CompiledProblem.of(problem);
    this.mostIterations = mostIterations;
    this.last = Trajectory.standing(problem);
    boolean other = !problem.constraints().isEmpty() || !problem.free().isEmpty();
    for (double bound : problem.stateLow()) {
      other |= Double.isFinite(bound);
    }
    for (double bound : problem.stateHigh()) {
      other |= Double.isFinite(bound);
    }
    this.constrained = other;
    if (!constrained) {
      search = new DdpSearch(window, Curvature.GAUSS_NEWTON.ofGraphs());
    }
  }

  /// The control for a measured state.
  ///
  /// @param x the state
  /// @return u
  public double[] step(double... x) {
    long begin = System.nanoTime();
    CompiledProblem from = window.startingAt(x);
    double[] u;
    if (constrained) {
      Solution solution =
          new InteriorPoint(Curvature.EXACT, 1e-6, mostIterations, 1e-2).solve(from, last);
      outcome = solution.outcome();
      iterations = solution.iterations().size();
      plan = solution.trajectory();
      last = plan.shifted();
      u = plan.controls()[0].clone();
    } else {
      // The states of the guess are not read: DDP follows the plant.
      outcome = search.iterate(last, x, true, 1e-9, mostIterations);
      iterations = search.iterations();
      double[][] found = search.controls();
      u = found[0].clone();
      for (int k = 0; k < found.length; k++) {
        double[] next = found[Math.min(k + 1, found.length - 1)];
        System.arraycopy(next, 0, last.controls()[k], 0, next.length);
      }
    }
    seconds = (System.nanoTime() - begin) / 1e9;
    return u;
  }

  /// The trajectory that was planned at the last step.
  ///
  /// @return the plan
  public Trajectory plan() {
    return constrained
        ? plan
        : new Trajectory(
            Stages.copy(search.states()),
            Stages.copy(search.controls()),
            new double[0],
            window.problem().duration());
  }

  /// Why the solver stopped at the last step; where it did not converge the control is the best
  /// that was found.
  ///
  /// @return the outcome
  public Outcome outcome() {
    return outcome;
  }

  /// How long the last step took.
  ///
  /// @return s
  public double seconds() {
    return seconds;
  }

  /// How many iterations the last step took.
  ///
  /// @return iterations
  public int iterations() {
    return iterations;
  }
}
