package org.costate.control.solve;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.Solutions;
import org.costate.internal.control.Stages;

/// Newton's method over all controls whose systems are solved by conjugate gradients with exact
/// Hessian–vector products, each one rollout forward and one sweep back (Nocedal and Wright 2006,
/// algorithm 7.1): no matrix is ever formed. For unbounded controls and no other constraints.
///
/// @param tolerance of |∂J/∂u|
/// @param mostIterations the most Newton steps
public record NewtonCg(double tolerance, int mostIterations) implements Solver {
  /// To 10⁻⁸ in at most 200 steps.
  public NewtonCg() {
    this(1e-8, 200);
  }

  @Override
  public Solution solve(CompiledProblem compiled, Trajectory guess) {
    Solutions.check(compiled, guess);
    Ddp.check(compiled.problem());
    for (double bound : compiled.problem().controlLow()) {
      if (Double.isFinite(bound)) {
        throw new IllegalArgumentException(
            "NewtonCg: controls must be unbounded; use Ddp or InteriorPoint.");
      }
    }
    long begin = System.nanoTime();
    var log = new ArrayList<Solution.Iteration>();
    CompiledProblem.Gradient at = compiled.gradient(guess);
    Outcome outcome = null;
    for (int k = 0; outcome == null; k++) {
      double norm = largest(at.controls());
      if (!Double.isFinite(at.cost())) {
        outcome = new Outcome.Diverged(0, "The cost");
      } else if (norm <= tolerance) {
        outcome = new Outcome.Converged(k);
      } else if (k >= mostIterations) {
        outcome = new Outcome.IterationsSpent(k, "|∂J/∂u| = %.1e.".formatted(norm));
      } else {
        double[][] step = direction(compiled, at);
        CompiledProblem.Gradient next = lineSearch(compiled, at, step, log);
        if (next == null) {
          outcome = new Outcome.Stalled(k, "|∂J/∂u| = %.1e.".formatted(norm));
        } else {
          at = next;
        }
      }
    }
    return new Solution(
        compiled.problem(),
        at.trajectory(),
        at.cost(),
        at.costates(),
        Map.of(),
        new double[0][],
        Solutions.hamiltonian(compiled, at.trajectory(), at.costates()),
        new Solution.Optimality(largest(at.controls()), 0, 0),
        List.copyOf(log),
        outcome,
        (System.nanoTime() - begin) / 1e9);
  }

  private static double largest(double[][] rows) {
    double most = 0;
    for (double[] row : rows) {
      for (double value : row) {
        most = Math.max(most, Math.abs(value));
      }
    }
    return most;
  }

  private static double dot(double[][] a, double[][] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      for (int i = 0; i < a[k].length; i++) {
        sum += a[k][i] * b[k][i];
      }
    }
    return sum;
  }

  private static double[][] plus(double[][] a, double factor, double[][] b) {
    double[][] sum = Stages.copy(a);
    for (int k = 0; k < a.length; k++) {
      for (int i = 0; i < a[k].length; i++) {
        sum[k][i] += factor * b[k][i];
      }
    }
    return sum;
  }

  /// Conjugate gradients until the residual is small enough or the curvature is not positive.
  private static double[][] direction(CompiledProblem compiled, CompiledProblem.Gradient at) {
    double[][] g = at.controls();
    double norm = Math.sqrt(dot(g, g));
    double enough = Math.min(0.5, Math.sqrt(norm)) * norm;
    double[][] x = new double[g.length][g[0].length];
    double[][] r = Stages.copy(g);
    double[][] d = plus(new double[g.length][g[0].length], -1, r);
    double square = dot(r, r);
    int most = 10 * g.length * g[0].length;
    for (int i = 0; i < most && Math.sqrt(square) > enough; i++) {
      double[][] h = compiled.hessianVector(at.trajectory(), d);
      double curvature = dot(d, h);
      if (curvature <= 1e-14 * dot(d, d)) {
        return i == 0 ? d : x;
      }
      double alpha = square / curvature;
      x = plus(x, alpha, d);
      r = plus(r, alpha, h);
      double next = dot(r, r);
      d = plus(plus(new double[g.length][g[0].length], -1, r), next / square, d);
      square = next;
    }
    return x;
  }

  private static CompiledProblem.Gradient lineSearch(
      CompiledProblem compiled,
      CompiledProblem.Gradient at,
      double[][] step,
      List<Solution.Iteration> log) {
    double slope = dot(at.controls(), step);
    Trajectory from = at.trajectory();
    double margin = 1e-13 * Math.abs(at.cost());
    for (double alpha = 1; alpha > 1e-12; alpha /= 2) {
      double[][] u = plus(from.controls(), alpha, step);
      CompiledProblem.Gradient next =
          compiled.gradient(new Trajectory(from.states(), u, from.parameters(), from.duration()));
      if (next.cost() <= at.cost() + 1e-4 * alpha * slope + margin) {
        log.add(new Solution.Iteration(at.cost(), 0, largest(at.controls()), 0, 0, alpha));
        return next;
      }
    }
    return null;
  }
}
