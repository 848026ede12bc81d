package org.costate.control.solve;

import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.DdpSearch;
import org.costate.internal.control.Solutions;

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
    if (constrained) {
      Solution solution =
          new InteriorPoint(Curvature.EXACT, 1e-6, mostIterations, 1e-2).solve(from, last);
      iterations = solution.iterations().size();
      last = solution.trajectory();
    } else {
      var found = search.search(last, x, true, 1e-9, mostIterations);
      iterations = found.log().size();
      last = Solutions.trajectory(window.problem(), found.w(), x.length);
    }
    double[] u = last.controls()[0].clone();
    plan = last;
    last = last.shifted();
    seconds = (System.nanoTime() - begin) / 1e9;
    return u;
  }

  /// The trajectory that was planned at the last step.
  ///
  /// @return the plan
  public Trajectory plan() {
    return plan;
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
