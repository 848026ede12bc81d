package org.costate.internal.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.Graphs.Curvature;

/// Differential dynamic programming (Mayne 1966; Tassa, Erez and Todorov 2012) with second
/// derivatives of the Hamiltonian, boxes on the controls (Tassa, Mansard and Todorov 2014) and gaps
/// that are closed as the steps are taken (Mastalli et al. 2020). Costates are the slopes of the
/// value function, moved with the step, as the multipliers of a Newton step are: along an unstable
/// plant the recursion λ ← Aᵀλ of the open loop would drown them in rounding. Nothing is allocated
/// by an iteration except what is logged.
public final class DdpSearch {
  private static final double MOST_REGULARISATION = 1e12;
  private static final double LEAST_REGULARISATION = 1e-9;

  private final Stages stages;
  private final OptimalControlProblem problem;
  private final int n;
  private final int m;
  private final int horizon;
  private final boolean exact;
  private final boolean bounded;
  private final Stages.Point jacobians;
  private final Stages.Point hessians;
  private final Riccati riccati;
  private final double[] low;
  private final double[] high;
  private double[][] z;
  private double[][] u;
  private double[][] newZ;
  private double[][] newU;
  private final double[][] lambda;
  private final List<Solution.Iteration> log = new ArrayList<>();
  private double cost;
  private double newCost;
  private double regularisation;
  private double gaps;
  private double stationarity;

  /// What was found.
  ///
  /// @param w rows (z, u)
  /// @param cost J
  /// @param lambda costates
  /// @param gains feedback
  /// @param optimality how well the conditions hold
  /// @param log what each iteration did
  /// @param outcome why it stopped
  public record Found(
      double[][] w,
      double cost,
      double[][] lambda,
      double[][] gains,
      Solution.Optimality optimality,
      List<Solution.Iteration> log,
      Outcome outcome) {}

  /// @param compiled the problem
  /// @param curvature second derivatives
  public DdpSearch(CompiledProblem compiled, Curvature curvature) {
    problem = compiled.problem();
    stages = compiled.stages();
    n = stages.n;
    m = stages.m;
    horizon = stages.horizon;
    exact = curvature == Curvature.EXACT;
    jacobians = stages.derivatives(exact ? Curvature.NONE : curvature);
    hessians = exact ? stages.curvature(curvature) : jacobians;
    riccati = new Riccati(n, m, horizon, new int[0]);
    low = problem.controlLow();
    high = problem.controlHigh();
    bounded =
        Arrays.stream(low).anyMatch(Double::isFinite)
            || Arrays.stream(high).anyMatch(Double::isFinite);
    z = new double[horizon + 1][n];
    u = new double[horizon][m];
    newZ = new double[horizon + 1][n];
    newU = new double[horizon][m];
    lambda = new double[horizon + 1][n];
    for (int k = 0; k < horizon; k++) {
      riccati.dynamics[k] = jacobians.output("nextBy")[k];
      riccati.hessian[k] = hessians.output("hessian")[k];
      riccati.gradient[k] = jacobians.output("costBy")[k];
      hessians.input("sigma")[k][0] = 1;
    }
    riccati.hessian[horizon] = hessians.endOutput("hessian");
    riccati.gradient[horizon] = jacobians.endOutput("costBy");
    hessians.endInput("sigma")[0] = 1;
  }

  /// Searches.
  ///
  /// @param guess the first trajectory
  /// @param x0 the initial state
  /// @param follow whether the guess's states are replaced by those its controls lead to
  /// @param tolerance of ∂J/∂u
  /// @param mostIterations when to give up
  /// @return what was found
  public Found search(
      Trajectory guess, double[] x0, boolean follow, double tolerance, int mostIterations) {
    return found(iterate(guess, x0, follow, tolerance, mostIterations));
  }

  /// Searches, and leaves what was found in [#states] and [#controls].
  public Outcome iterate(
      Trajectory guess, double[] x0, boolean follow, double tolerance, int mostIterations) {
    log.clear();
    start(guess, x0, follow);
    regularisation = 0;
    if (!Double.isFinite(cost)) {
      return diverged();
    }
    boolean current = false;
    for (int iteration = 0; ; iteration++) {
      if (!current) {
        differentiate();
        current = true;
      }
      double used = regularisation;
      while (!backward()) {
        if (!regularise()) {
          return new Outcome.Stalled(iteration, diagnosis());
        }
        used = regularisation;
      }
      stationarity = riccati.steepest;
      if (stationarity <= tolerance && gaps <= tolerance) {
        costates(0);
        return new Outcome.Converged(iteration);
      }
      if (iteration >= mostIterations) {
        costates(0);
        return new Outcome.IterationsSpent(iteration, diagnosis());
      }
      double alpha = forward();
      log.add(new Solution.Iteration(cost, gaps, stationarity, 0, used, alpha));
      if (alpha == 0) {
        if (stationarity <= 1e3 * tolerance && gaps <= tolerance && used == 0) {
          costates(0);
          return new Outcome.Converged(iteration);
        }
        if (!regularise()) {
          return new Outcome.Stalled(iteration, diagnosis());
        }
        continue;
      }
      costates(1);
      swap();
      current = false;
      if (alpha > 0.3) {
        regularisation = regularisation < 10 * LEAST_REGULARISATION ? 0 : regularisation / 10;
      }
    }
  }

  /// The states that were found last; not a copy.
  public double[][] states() {
    return z;
  }

  /// The controls that were found last; not a copy.
  public double[][] controls() {
    return u;
  }

  /// How many iterations the last search took.
  public int iterations() {
    return log.size();
  }

  private boolean regularise() {
    regularisation = Math.max(1e-6, regularisation * 10);
    return regularisation <= MOST_REGULARISATION;
  }

  private void start(Trajectory guess, double[] x0, boolean follow) {
    for (int k = 0; k <= horizon; k++) {
      System.arraycopy(k == 0 ? x0 : guess.states()[k], 0, z[k], 0, n);
      for (int i = 0; k < horizon && i < m; i++) {
        u[k][i] = Math.clamp(guess.controls()[k][i], low[i], high[i]);
      }
    }
    if (follow) {
      Stages.ClosedLoop loop = stages.closedLoop();
      for (int k = 0; k < horizon; k++) {
        System.arraycopy(u[k], 0, loop.input("uHat")[k], 0, m);
        Arrays.fill(loop.input("gain")[k], 0);
        Arrays.fill(loop.input("feedforward")[k], 0);
        Arrays.fill(loop.input("shift")[k], 0);
      }
      loop.run(z[0], 0, newZ, newU);
      double[][] swap = z;
      z = newZ;
      newZ = swap;
    }
    for (double[] row : lambda) {
      Arrays.fill(row, 0);
    }
    Stages.Point values = stages.values();
    values.set(z, u);
    values.run();
    cost = values.cost();
  }

  private Outcome diverged() {
    for (int k = 0; k < horizon; k++) {
      for (int i = 0; i < n; i++) {
        if (!Double.isFinite(stages.values().output("next")[k][i])) {
          return new Outcome.Diverged(k, "State '" + problem.plant().states().get(i).name() + "'");
        }
      }
    }
    return new Outcome.Diverged(horizon, "The cost");
  }

  /// Jacobians, gaps and Hessians at the trajectory.
  private void differentiate() {
    jacobians.set(z, u);
    jacobians.run();
    gaps = 0;
    double[][] next = jacobians.output("next");
    for (int k = 0; k < horizon; k++) {
      double[] gap = riccati.gap[k];
      for (int i = 0; i < n; i++) {
        gap[i] = next[k][i] - z[k + 1][i];
        gaps = Math.max(gaps, Math.abs(gap[i]));
      }
    }
    if (exact) {
      hessians.set(z, u);
      // While there are gaps the costates are those of no trajectory: then as Gauss and Newton do,
      // and likewise before the first step.
      for (int k = 0; k < horizon; k++) {
        for (int i = 0; i < n; i++) {
          hessians.input("lambda")[k][i] = gaps > 1e-9 ? 0 : lambda[k + 1][i];
        }
      }
      hessians.run();
    }
  }

  /// The slopes of the value function, at the new states or (part 0) the old ones.
  private void costates(int part) {
    for (int k = 0; k <= horizon; k++) {
      double[] p = riccati.value[k];
      for (int i = 0; i < n; i++) {
        double sum = riccati.slope[k][i];
        for (int j = 0; part != 0 && j < n; j++) {
          sum += p[i * n + j] * (newZ[k][j] - z[k][j]);
        }
        lambda[k][i] = sum;
      }
    }
  }

  private boolean backward() {
    if (bounded) {
      return riccati.boxed(regularisation, low, high, u);
    }
    if (!riccati.factor(0, regularisation)) {
      return false;
    }
    riccati.vectors();
    return true;
  }

  /// Follows the plant with the new controls, by shorter and shorter steps until a merit function
  /// falls; the part of the step, 0 if none will do.
  private double forward() {
    Stages.ClosedLoop loop = stages.closedLoop();
    double nu = 0;
    double expected = 0;
    double sumOfGaps = 0;
    for (int k = 0; k < horizon; k++) {
      System.arraycopy(u[k], 0, loop.input("uHat")[k], 0, m);
      System.arraycopy(z[k], 0, loop.input("zHat")[k], 0, n);
      System.arraycopy(riccati.feedforward[k], 0, loop.input("feedforward")[k], 0, m);
      System.arraycopy(riccati.gain[k], 0, loop.input("gain")[k], 0, m * n);
      for (int i = 0; i < n; i++) {
        sumOfGaps += Math.abs(riccati.gap[k][i]);
        nu = Math.max(nu, Math.abs(riccati.slope[k + 1][i]));
      }
      expected += decrease(k);
    }
    nu *= 2;
    double before = cost + nu * sumOfGaps;
    double promise = expected + nu / 2 * sumOfGaps;
    for (double alpha = 1; alpha > 1e-8; alpha /= 2) {
      for (int k = 0; k < horizon; k++) {
        for (int i = 0; i < n; i++) {
          loop.input("shift")[k][i] = (alpha - 1) * riccati.gap[k][i];
        }
      }
      newCost = loop.run(z[0], alpha, newZ, newU);
      newCost += stages.terminalCost(newZ[horizon]);
      double after = newCost + nu * (1 - alpha) * sumOfGaps;
      if (promise < 1e-11 * Math.abs(before) && after <= before + 1e-12 * Math.abs(before)) {
        // What is promised is lost in rounding: a Newton step is right here.
        return alpha;
      }
      if (after <= before - 1e-4 * alpha * promise && (promise > 0 || after < before)) {
        return alpha;
      }
    }
    return 0;
  }

  /// −Q_uᵀ k of a stage: how fast the cost falls along the step.
  private double decrease(int k) {
    double sum = 0;
    int w = n + m;
    double[] f = riccati.dynamics[k];
    for (int i = 0; i < m; i++) {
      double down = riccati.gradient[k][n + i];
      for (int l = 0; l < n; l++) {
        down += f[l * w + n + i] * riccati.slope[k + 1][l];
      }
      sum -= down * riccati.feedforward[k][i];
    }
    return sum;
  }

  private void swap() {
    double[][] swap = z;
    z = newZ;
    newZ = swap;
    swap = u;
    u = newU;
    newU = swap;
    cost = newCost;
  }

  private String diagnosis() {
    return "|∂J/∂u| = %.1e, gaps %.1e, least pivot of Q_uu %.1e at step %d with %.1e added to it."
        .formatted(stationarity, gaps, riccati.leastPivot, riccati.leastPivotAt, regularisation);
  }

  private Found found(Outcome outcome) {
    double[][] w = new double[horizon + 1][];
    for (int k = 0; k <= horizon; k++) {
      w[k] = Arrays.copyOf(z[k], k < horizon ? n + m : n);
      if (k < horizon) {
        System.arraycopy(u[k], 0, w[k], n, m);
      }
    }
    return new Found(
        w,
        cost,
        Stages.copy(lambda),
        Stages.copy(riccati.gain),
        new Solution.Optimality(stationarity, gaps, 0),
        List.copyOf(log),
        outcome);
  }
}
