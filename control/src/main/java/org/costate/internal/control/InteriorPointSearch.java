package org.costate.internal.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.Graphs.Curvature;

/// A primal–dual interior point method with a filter line search (Wächter and Biegler, Mathematical
/// Programming 106, 2006; equation numbers are theirs) on the multiple-shooting form, whose Newton
/// systems are solved by the Riccati recursion.
///
/// Equalities are regularised about the current multipliers (δ_c, a proximal method of
/// multipliers), so that dependent constraints do no harm and the recursion needs no elimination;
/// where the reduced Hessian is not positive definite, δ_w is added to all of it (algorithm IC).
public final class InteriorPointSearch {
  private static final double EQUALITY_PENALTY = 1e9;
  private static final double LEAST_MU_POWER = 1.5;

  private final BarrierProblem at;
  private final Riccati riccati;
  private final double tolerance;
  private final int mostIterations;
  private final int n;
  private final int m;
  private final int horizon;
  private final double[][] dw;
  private final double[][] ds;
  private final double[][] newLambda;
  private final double[][] trial;
  private final double[][] trialSlack;
  private final double[][] gap;
  private final double[][] equality;
  private final double[][] inequality;
  private final List<double[]> filter = new ArrayList<>();
  private final List<Solution.Iteration> log = new ArrayList<>();
  private double mu;
  private double delta;
  private double lastDelta;
  private double mostViolation;
  private boolean blocked;
  private int blockedIterations;
  private int resets;

  /// @param problem the problem
  /// @param curvature second derivatives
  /// @param tolerance of the optimality conditions
  /// @param mostIterations when to give up
  public InteriorPointSearch(
      CompiledProblem problem, Curvature curvature, double tolerance, int mostIterations) {
    at = new BarrierProblem(problem, curvature);
    n = at.n;
    m = at.m;
    horizon = at.horizon;
    riccati = new Riccati(n, m, horizon, at.freeFirst());
    this.tolerance = tolerance;
    this.mostIterations = mostIterations;
    dw = at.rows(n + m, n);
    trial = at.rows(n + m, n);
    ds = at.rows(at.v[0].length, at.v[horizon].length);
    trialSlack = at.rows(at.v[0].length, at.v[horizon].length);
    inequality = at.rows(at.v[0].length, at.v[horizon].length);
    equality = at.rows(at.y[0].length, at.y[horizon].length);
    newLambda = at.rows(n, n);
    gap = new double[horizon][n];
  }

  /// What was found.
  ///
  /// @param w the unknowns
  /// @param problem the point with its multipliers
  /// @param optimality how well the conditions hold, unscaled
  /// @param log what each iteration did
  /// @param outcome why it stopped
  public record Found(
      double[][] w,
      Solution.Optimality optimality,
      List<Solution.Iteration> log,
      Outcome outcome) {}

  BarrierProblem point() {
    return at;
  }

  double[][] gains() {
    return riccati.gain;
  }

  /// Searches.
  ///
  /// @param guess the first trajectory
  /// @param x0 the initial state
  /// @param firstMu the first barrier parameter
  /// @return what was found
  public Found search(Trajectory guess, double[] x0, double firstMu) {
    start(guess, x0);
    mu = firstMu;
    int acceptable = 0;
    for (int iteration = 0; ; iteration++) {
      at.differentiate();
      if (!Double.isFinite(at.derivatives.cost())
          || !Double.isFinite(at.violation(at.derivatives, at.w, at.slack, false))) {
        return found(new Divergence(at).outcome());
      }
      double error = at.error(0);
      if (error <= tolerance) {
        return found(new Outcome.Converged(iteration));
      }
      acceptable = error <= 100 * tolerance ? acceptable + 1 : 0;
      if (acceptable >= 10) {
        return found(new Outcome.Converged(iteration));
      }
      if (iteration >= mostIterations) {
        return found(new Outcome.IterationsSpent(iteration, diagnosis()));
      }
      while (at.error(mu) <= 10 * mu && mu > tolerance / 10) {
        mu = Math.max(tolerance / 10, Math.min(0.2 * mu, Math.pow(mu, LEAST_MU_POWER)));
        filter.clear();
      }
      if (!newton()) {
        return found(new Outcome.Stalled(iteration, diagnosis()));
      }
      if (!lineSearch()) {
        if (acceptable > 0) {
          return found(new Outcome.Converged(iteration));
        }
        Outcome failed = restore(iteration);
        if (failed != null) {
          return found(failed);
        }
      }
    }
  }

  // ---- start

  private void start(Trajectory guess, double[] x0) {
    int states = x0.length;
    for (int k = 0; k <= horizon; k++) {
      double[] w = at.w[k];
      System.arraycopy(guess.states()[k], 0, w, 0, states);
      System.arraycopy(guess.parameters(), 0, w, states, guess.parameters().length);
      if (k < horizon) {
        System.arraycopy(guess.controls()[k], 0, w, n, m);
      }
      for (int i = 0; i < w.length; i++) {
        w[i] = BarrierProblem.interior(w[i], at.low[k][i], at.high[k][i]);
        at.lowDual[k][i] = at.low[k][i] > Double.NEGATIVE_INFINITY ? 1 : 0;
        at.highDual[k][i] = at.high[k][i] < Double.POSITIVE_INFINITY ? 1 : 0;
      }
      Arrays.fill(at.lambda[k], 0);
      Arrays.fill(at.y[k], 0);
      Arrays.fill(at.v[k], 1);
    }
    for (int i = 0; i < states; i++) {
      if (at.fixedFirst[i]) {
        at.w[0][i] = x0[i];
      }
    }
    // Parameters are bounded at k = 0 only, and the same at all k.
    for (int k = 1; k <= horizon; k++) {
      System.arraycopy(at.w[0], states, at.w[k], states, n - states);
    }
    at.scale = 1;
    at.evaluate(at.values, at.w);
    for (int k = 0; k <= horizon; k++) {
      double[] g = at.at(at.values, "inequality", k);
      for (int i = 0; i < at.slack[k].length; i++) {
        at.slack[k][i] = Math.max(-g[i], 1e-2);
      }
    }
    at.differentiate();
    double steepest = 0;
    for (int k = 0; k <= horizon; k++) {
      for (double slope : at.at(at.derivatives, "costBy", k)) {
        steepest = Math.max(steepest, Math.abs(slope));
      }
    }
    at.scale = steepest > 100 ? 100 / steepest : 1;
    mostViolation = 1e4 * Math.max(1, at.violation(at.values, at.w, at.slack, false));
    filter.clear();
    log.clear();
    lastDelta = 0;
    blockedIterations = 0;
    resets = 0;
  }

  // ---- the Newton system

  /// Takes the violations of the constraints from a point, times a factor added to what is there.
  private void violations(Stages.Point point, double[][] w, double[][] slacks, double keep) {
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; k < horizon && i < n; i++) {
        gap[k][i] = keep * gap[k][i] + at.gap(point, w, k, i);
      }
      double[] e = at.at(point, "equality", k);
      for (int i = 0; i < equality[k].length; i++) {
        equality[k][i] = keep * equality[k][i] + e[i];
      }
      double[] g = at.at(point, "inequality", k);
      for (int i = at.firstInequality(k); i < inequality[k].length; i++) {
        inequality[k][i] = keep * inequality[k][i] + g[i] + slacks[k][i];
      }
    }
  }

  private boolean newton() {
    violations(at.derivatives, at.w, at.slack, 0);
    matrices();
    delta = 0;
    boolean proper = riccati.factor(0, 0);
    while (!proper) {
      delta =
          delta == 0
              ? lastDelta == 0 ? 1e-4 : Math.max(1e-20, lastDelta / 3)
              : delta * (lastDelta == 0 ? 100 : 8);
      if (delta > 1e40) {
        return false;
      }
      proper = riccati.factor(delta, delta);
    }
    if (delta > 0) {
      lastDelta = delta;
    }
    solve();
    return true;
  }

  private void matrices() {
    for (int k = 0; k <= horizon; k++) {
      int size = at.w[k].length;
      double[] h = riccati.hessian[k];
      System.arraycopy(at.at(at.derivatives, "hessian", k), 0, h, 0, size * size);
      for (int i = 0; i < size; i++) {
        if (at.low[k][i] > Double.NEGATIVE_INFINITY) {
          h[i * size + i] += at.lowDual[k][i] / (at.w[k][i] - at.low[k][i]);
        }
        if (at.high[k][i] < Double.POSITIVE_INFINITY) {
          h[i * size + i] += at.highDual[k][i] / (at.high[k][i] - at.w[k][i]);
        }
      }
      double[] e = at.at(at.derivatives, "equalityBy", k);
      for (int i = 0; i < at.y[k].length; i++) {
        BarrierProblem.addOuter(e, i, EQUALITY_PENALTY, size, h);
      }
      double[] g = at.at(at.derivatives, "inequalityBy", k);
      for (int i = at.firstInequality(k); i < at.v[k].length; i++) {
        BarrierProblem.addOuter(g, i, at.v[k][i] / at.slack[k][i], size, h);
      }
      if (k < horizon) {
        riccati.dynamics[k] = at.derivatives.output("nextBy")[k];
      }
    }
  }

  /// The step for the violations that were taken last.
  private void solve() {
    double penalty = EQUALITY_PENALTY;
    for (int k = 0; k <= horizon; k++) {
      int size = at.w[k].length;
      double[] gradient = riccati.gradient[k];
      double[] cost = at.at(at.derivatives, "costBy", k);
      for (int i = 0; i < size; i++) {
        gradient[i] = at.scale * cost[i] + barrierSlope(k, i);
      }
      double[] e = at.at(at.derivatives, "equalityBy", k);
      for (int i = 0; i < at.y[k].length; i++) {
        double factor = at.y[k][i] + penalty * equality[k][i];
        addRow(e, i, factor, size, gradient);
      }
      double[] g = at.at(at.derivatives, "inequalityBy", k);
      for (int i = at.firstInequality(k); i < at.v[k].length; i++) {
        double factor = (mu + at.v[k][i] * inequality[k][i]) / at.slack[k][i];
        addRow(g, i, factor, size, gradient);
      }
      if (k < horizon) {
        System.arraycopy(gap[k], 0, riccati.gap[k], 0, n);
      }
    }
    riccati.vectors();
    riccati.step(dw, newLambda);
    for (int k = 0; k <= horizon; k++) {
      double[] g = at.at(at.derivatives, "inequalityBy", k);
      for (int i = at.firstInequality(k); i < at.v[k].length; i++) {
        ds[k][i] = -inequality[k][i] - BarrierProblem.dot(g, i, dw[k], dw[k].length);
      }
    }
  }

  private static void addRow(double[] a, int row, double factor, int size, double[] to) {
    for (int j = 0; j < size; j++) {
      to[j] += a[row * size + j] * factor;
    }
  }

  private double barrierSlope(int k, int i) {
    double slope = 0;
    if (at.low[k][i] > Double.NEGATIVE_INFINITY) {
      slope -= mu / (at.w[k][i] - at.low[k][i]);
    }
    if (at.high[k][i] < Double.POSITIVE_INFINITY) {
      slope += mu / (at.high[k][i] - at.w[k][i]);
    }
    return slope;
  }

  /// The derivative of the barrier function along the step.
  private double slope() {
    double sum = 0;
    for (int k = 0; k <= horizon; k++) {
      double[] cost = at.at(at.derivatives, "costBy", k);
      for (int i = 0; i < dw[k].length; i++) {
        sum += (at.scale * cost[i] + barrierSlope(k, i)) * dw[k][i];
      }
      for (int i = at.firstInequality(k); i < ds[k].length; i++) {
        sum -= mu / at.slack[k][i] * ds[k][i];
      }
    }
    return sum;
  }

  // ---- the line search

  private void tryStep(double alpha) {
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < dw[k].length; i++) {
        trial[k][i] = at.w[k][i] + alpha * dw[k][i];
      }
      for (int i = 0; i < ds[k].length; i++) {
        trialSlack[k][i] = at.slack[k][i] + alpha * ds[k][i];
      }
    }
    at.evaluate(at.values, trial);
  }

  /// Takes a step that the filter accepts; false if there is none.
  private boolean lineSearch() {
    double tau = Math.max(0.99, 1 - mu);
    double theta = at.violation(at.derivatives, at.w, at.slack, false);
    double phi = at.barrier(at.derivatives, at.w, at.slack, mu);
    double slope = slope();
    double longest = at.longest(dw, ds, tau);
    double least = 0.05 * leastStep(theta, slope);
    double alpha = longest;
    blocked = false;
    for (int trials = 0; alpha >= least; trials++) {
      tryStep(alpha);
      double newTheta = at.violation(at.values, trial, trialSlack, false);
      double newPhi = at.barrier(at.values, trial, trialSlack, mu);
      if (accepts(theta, phi, slope, alpha, newTheta, newPhi)) {
        accept(alpha, tau, theta, phi, slope, newPhi);
        return true;
      }
      if (trials == 0 && newTheta >= theta && secondOrder(alpha, tau, theta, phi, slope)) {
        return true;
      }
      alpha *= 0.5;
    }
    return false;
  }

  private static double leastStep(double theta, double slope) {
    double least = 1e-5;
    if (slope < 0) {
      least = Math.min(least, 1e-8 * theta / -slope);
      if (theta <= 1e-4) {
        least = Math.min(least, Math.pow(theta, 1.1) / Math.pow(-slope, 2.3));
      }
    }
    return Math.max(least, 1e-12);
  }

  /// Whether the filter accepts a trial point (equations 18–20), with a margin for rounding.
  private boolean accepts(
      double theta, double phi, double slope, double alpha, double newTheta, double newPhi) {
    if (!(newTheta <= mostViolation) || Double.isNaN(newPhi)) {
      return false;
    }
    if (dominated(newTheta, newPhi)) {
      blocked = true;
      return false;
    }
    double margin = 10 * Math.ulp(Math.max(1, Math.abs(phi)));
    if (switching(theta, slope, alpha)) {
      return newPhi <= phi + 1e-4 * alpha * slope + margin;
    }
    return newTheta <= (1 - 1e-5) * theta || newPhi <= phi - 1e-5 * theta + margin;
  }

  /// Whether some point of the filter is better in both.
  private boolean dominated(double theta, double phi) {
    for (double[] entry : filter) {
      if (theta >= entry[0] && phi >= entry[1]) {
        return true;
      }
    }
    return false;
  }

  private static boolean switching(double theta, double slope, double alpha) {
    return slope < 0 && theta <= 1e-4 && alpha * Math.pow(-slope, 2.3) > Math.pow(theta, 1.1);
  }

  /// The second-order correction: the step that also takes the constraints' curvature away.
  private boolean secondOrder(double alpha, double tau, double theta, double phi, double slope) {
    double[][] step = Stages.copy(dw);
    double[][] slackStep = Stages.copy(ds);
    double[][] multipliers = Stages.copy(newLambda);
    double part = alpha;
    double before = theta;
    for (int i = 0; i < 4; i++) {
      violations(at.values, trial, trialSlack, part);
      solve();
      part = at.longest(dw, ds, tau);
      tryStep(part);
      double newTheta = at.violation(at.values, trial, trialSlack, false);
      double newPhi = at.barrier(at.values, trial, trialSlack, mu);
      if (accepts(theta, phi, slope, alpha, newTheta, newPhi)) {
        accept(part, tau, theta, phi, slope, newPhi);
        return true;
      }
      if (!(newTheta <= 0.99 * before)) {
        break;
      }
      before = newTheta;
    }
    Stages.put(step, dw);
    Stages.put(slackStep, ds);
    Stages.put(multipliers, newLambda);
    violations(at.derivatives, at.w, at.slack, 0);
    return false;
  }

  private void accept(
      double alpha, double tau, double theta, double phi, double slope, double newPhi) {
    if (!switching(theta, slope, alpha) || newPhi > phi + 1e-4 * alpha * slope) {
      filter.add(new double[] {(1 - 1e-5) * theta, phi - 1e-5 * theta});
    }
    log.add(
        new Solution.Iteration(
            at.derivatives.cost(),
            at.violation(at.derivatives, at.w, at.slack, true),
            at.stationarity() / at.scale,
            mu,
            delta,
            alpha));
    forgetFilter();
    dual(alpha, tau);
    Stages.put(trial, at.w);
    Stages.put(trialSlack, at.slack);
    keepDualsNear();
  }

  /// Forgets the filter if for five iterations nothing else has shortened the steps.
  private void forgetFilter() {
    blockedIterations = blocked ? blockedIterations + 1 : 0;
    if (blockedIterations >= 5 && resets < 5) {
      filter.clear();
      blockedIterations = 0;
      resets++;
    }
  }

  /// Moves the multipliers.
  private void dual(double alpha, double tau) {
    double penalty = EQUALITY_PENALTY;
    double longest = 1;
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < dw[k].length; i++) {
        longest = shorter(longest, tau, at.lowDual[k][i], lowStep(k, i));
        longest = shorter(longest, tau, at.highDual[k][i], highStep(k, i));
      }
      for (int i = at.firstInequality(k); i < at.v[k].length; i++) {
        longest = shorter(longest, tau, at.v[k][i], inequalityStep(k, i));
      }
    }
    for (int k = 0; k <= horizon; k++) {
      for (int i = at.firstInequality(k); i < at.v[k].length; i++) {
        at.v[k][i] += longest * inequalityStep(k, i);
      }
      for (int i = 0; i < dw[k].length; i++) {
        double lowStep = lowStep(k, i);
        double highStep = highStep(k, i);
        at.lowDual[k][i] += longest * lowStep;
        at.highDual[k][i] += longest * highStep;
      }
      double[] e = at.at(at.derivatives, "equalityBy", k);
      for (int i = 0; i < at.y[k].length; i++) {
        double step = equality[k][i] + BarrierProblem.dot(e, i, dw[k], dw[k].length);
        at.y[k][i] += alpha * penalty * step;
      }
      for (int i = 0; i < n; i++) {
        at.lambda[k][i] += alpha * (newLambda[k][i] - at.lambda[k][i]);
      }
    }
  }

  private static double shorter(double longest, double tau, double dual, double step) {
    return step < 0 ? Math.min(longest, tau * dual / -step) : longest;
  }

  private double lowStep(int k, int i) {
    if (at.low[k][i] == Double.NEGATIVE_INFINITY) {
      return 0;
    }
    double distance = at.w[k][i] - at.low[k][i];
    return (mu - at.lowDual[k][i] * dw[k][i]) / distance - at.lowDual[k][i];
  }

  private double highStep(int k, int i) {
    if (at.high[k][i] == Double.POSITIVE_INFINITY) {
      return 0;
    }
    double distance = at.high[k][i] - at.w[k][i];
    return (mu + at.highDual[k][i] * dw[k][i]) / distance - at.highDual[k][i];
  }

  private double inequalityStep(int k, int i) {
    return (mu - at.v[k][i] * ds[k][i]) / at.slack[k][i] - at.v[k][i];
  }

  /// Keeps multipliers within a factor of 10¹⁰ of μ / distance (equation 16).
  private void keepDualsNear() {
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < at.w[k].length; i++) {
        // A step may end on a bound by rounding.
        at.w[k][i] = Math.max(at.w[k][i], Math.nextUp(at.low[k][i]));
        at.w[k][i] = Math.min(at.w[k][i], Math.nextDown(at.high[k][i]));
        at.lowDual[k][i] = near(at.lowDual[k][i], at.w[k][i] - at.low[k][i]);
        at.highDual[k][i] = near(at.highDual[k][i], at.high[k][i] - at.w[k][i]);
      }
      for (int i = at.firstInequality(k); i < at.v[k].length; i++) {
        at.v[k][i] = near(at.v[k][i], at.slack[k][i]);
      }
    }
  }

  private double near(double dual, double distance) {
    return Double.isInfinite(distance)
        ? 0
        : Math.clamp(dual, mu / (1e10 * distance), 1e10 * mu / distance);
  }

  private String diagnosis() {
    return "violation %.1e, stationarity %.1e, barrier %.1e; %s."
        .formatted(
            at.violation(at.derivatives, at.w, at.slack, true),
            at.stationarity() / at.scale,
            mu,
            delta == 0
                ? "the Hessian is positive definite, least pivot of Q_uu %.1e at step %d"
                    .formatted(riccati.leastPivot, riccati.leastPivotAt)
                : "%.1e was added to the Hessian, whose least pivot of Q_uu is then %.1e at step %d"
                    .formatted(delta, riccati.leastPivot, riccati.leastPivotAt));
  }

  private Outcome restore(int iteration) {
    var restoration = new Restoration(at, riccati, mu);
    double theta = at.violation(at.derivatives, at.w, at.slack, false);
    double phi = at.barrier(at.derivatives, at.w, at.slack, mu);
    filter.add(new double[] {(1 - 1e-5) * theta, phi - 1e-5 * theta});
    if (theta < tolerance) {
      return new Outcome.Stalled(iteration, diagnosis());
    }
    boolean done =
        restoration.run(
            (newTheta, newPhi) -> newTheta <= 0.9 * theta && !dominated(newTheta, newPhi));
    if (!done) {
      at.differentiate();
      return restoration.infeasible();
    }
    for (int k = 0; k <= horizon; k++) {
      Arrays.fill(at.lambda[k], 0);
      Arrays.fill(at.y[k], 0);
      for (int i = 0; i < at.w[k].length; i++) {
        at.lowDual[k][i] = Math.min(at.lowDual[k][i], 1e3);
        at.highDual[k][i] = Math.min(at.highDual[k][i], 1e3);
      }
      for (int i = 0; i < at.v[k].length; i++) {
        at.v[k][i] = Math.min(at.v[k][i], 1e3);
      }
    }
    keepDualsNear();
    return null;
  }

  private Found found(Outcome outcome) {
    var optimality =
        new Solution.Optimality(
            at.stationarity() / at.scale,
            at.violation(at.derivatives, at.w, at.slack, true),
            at.complementarity(0) / at.scale);
    return new Found(at.w, optimality, List.copyOf(log), outcome);
  }
}
