package org.costate.internal.control;

import java.util.List;
import org.costate.control.Outcome;

/// Looks for a trajectory that violates the constraints less, whatever it costs: Levenberg's and
/// Marquardt's method on
///
///     ½ |e|² + ½ |max(g, 0)|² − μ Σ ln(distance from bounds)      subject to the dynamics,
///
/// whose gaps are closed by the linearised dynamics and weighed in the merit function by ν |gap|₁.
/// Slacks are set anew at every point.
final class Restoration {
  private static final int MOST_ITERATIONS = 300;
  private static final double BARRIER = 1e-6;
  private static final double LEAST_SLACK = 1e-4;

  private final BarrierProblem at;
  private final Riccati riccati;
  private final double mu;
  private final double[][] dw;
  private final double[][] lambda;
  private final double[][] trial;
  private final double[][] none;

  /// Decides whether a point is good enough to go on from.
  @FunctionalInterface
  interface Acceptance {
    boolean of(double violation, double barrier);
  }

  Restoration(BarrierProblem at, Riccati riccati, double mu) {
    this.at = at;
    this.riccati = riccati;
    this.mu = mu;
    dw = at.rows(at.n + at.m, at.n);
    trial = at.rows(at.n + at.m, at.n);
    lambda = at.rows(at.n, at.n);
    none = at.rows(0, 0);
  }

  /// Moves the point until it is accepted; false if no step violates less.
  boolean run(Acceptance acceptance) {
    double damping = 1e-4;
    double nu = 1;
    int slow = 0;
    begin();
    for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      at.differentiate();
      slacks(at.derivatives, at.slack);
      double theta = at.violation(at.derivatives, at.w, at.slack, false);
      if (iteration > 0 && acceptance.of(theta, at.barrier(at.derivatives, at.w, at.slack, mu))) {
        return true;
      }
      assemble(damping);
      if (!riccati.factor(damping, damping)) {
        damping *= 10;
        continue;
      }
      riccati.vectors();
      riccati.step(dw, lambda);
      for (double[] row : lambda) {
        for (double number : row) {
          nu = Math.max(nu, 2 * Math.abs(number));
        }
      }
      double before = merit(at.derivatives, at.w, nu);
      double alpha = at.longest(dw, none, 0.99);
      double after = Double.NaN;
      for (int i = 0; i < 12; i++) {
        move(alpha);
        after = merit(at.values, trial, nu);
        if (after < before) {
          break;
        }
        alpha /= 2;
      }
      if (!(after < before)) {
        damping *= 10;
        if (damping > 1e12) {
          return false;
        }
        continue;
      }
      damping = alpha > 0.5 ? Math.max(1e-10, damping / 4) : Math.min(1e8, damping * 2);
      slow = after > before - 1e-7 * Math.abs(before) ? slow + 1 : 0;
      if (slow > 5) {
        return false;
      }
      Stages.put(trial, at.w);
    }
    return false;
  }

  /// Moves the point into the interior of its bounds.
  private void begin() {
    for (int k = 0; k <= at.horizon; k++) {
      for (int i = 0; i < at.w[k].length; i++) {
        if (k > 0 || i >= at.n || !at.fixedFirst[i]) {
          at.w[k][i] = BarrierProblem.interior(at.w[k][i], at.low[k][i], at.high[k][i]);
        }
      }
    }
  }

  private void slacks(Stages.Point point, double[][] to) {
    for (int k = 0; k <= at.horizon; k++) {
      double[] g = at.at(point, "inequality", k);
      for (int r = 0; r < to[k].length; r++) {
        to[k][r] = Math.max(-g[r], LEAST_SLACK);
      }
    }
  }

  private void assemble(double damping) {
    for (int k = 0; k <= at.horizon; k++) {
      int size = at.w[k].length;
      double[] h = riccati.hessian[k];
      double[] gradient = riccati.gradient[k];
      java.util.Arrays.fill(h, 0);
      java.util.Arrays.fill(gradient, 0);
      for (int i = 0; i < size; i++) {
        double toLow = 1 / (at.w[k][i] - at.low[k][i]);
        double toHigh = 1 / (at.high[k][i] - at.w[k][i]);
        h[i * size + i] += BARRIER * (toLow * toLow + toHigh * toHigh) + damping;
        gradient[i] += BARRIER * (toHigh - toLow);
      }
      double[] e = at.at(at.derivatives, "equality", k);
      double[] eBy = at.at(at.derivatives, "equalityBy", k);
      for (int r = 0; r < at.y[k].length; r++) {
        add(eBy, r, 1, e[r], size, h, gradient);
      }
      double[] g = at.at(at.derivatives, "inequality", k);
      double[] gBy = at.at(at.derivatives, "inequalityBy", k);
      for (int r = at.firstInequality(k); r < at.v[k].length; r++) {
        if (g[r] > 0) {
          add(gBy, r, 1, g[r], size, h, gradient);
        }
      }
      for (int i = 0; k < at.horizon && i < at.n; i++) {
        riccati.gap[k][i] = at.gap(at.derivatives, at.w, k, i);
      }
      if (k < at.horizon) {
        riccati.dynamics[k] = at.derivatives.output("nextBy")[k];
      }
    }
  }

  private static void add(
      double[] a, int row, double weight, double pull, int size, double[] h, double[] gradient) {
    BarrierProblem.addOuter(a, row, weight, size, h);
    for (int j = 0; j < size; j++) {
      gradient[j] += a[row * size + j] * pull;
    }
  }

  private void move(double alpha) {
    for (int k = 0; k <= at.horizon; k++) {
      for (int i = 0; i < dw[k].length; i++) {
        trial[k][i] = at.w[k][i] + alpha * dw[k][i];
      }
    }
    at.evaluate(at.values, trial);
  }

  private double merit(Stages.Point point, double[][] w, double nu) {
    double sum = at.logarithms(w, none, BARRIER);
    for (int k = 0; k <= at.horizon; k++) {
      double[] e = at.at(point, "equality", k);
      for (int r = 0; r < at.y[k].length; r++) {
        sum += 0.5 * e[r] * e[r];
      }
      double[] g = at.at(point, "inequality", k);
      for (int r = at.firstInequality(k); r < at.v[k].length; r++) {
        double violation = Math.max(g[r], 0);
        sum += 0.5 * violation * violation;
      }
      for (int i = 0; k < at.horizon && i < at.n; i++) {
        sum += nu * Math.abs(at.gap(point, w, k, i));
      }
    }
    return sum;
  }

  /// The most violated constraint.
  Outcome infeasible() {
    String worst = "dynamics";
    double most = 0;
    int when = 0;
    for (int k = 0; k <= at.horizon; k++) {
      boolean end = k == at.horizon;
      double[] e = at.at(at.derivatives, "equality", k);
      List<String> names = at.stages.names(end, true);
      for (int r = 0; r < at.y[k].length; r++) {
        if (Math.abs(e[r]) > most) {
          most = Math.abs(e[r]);
          worst = names.get(r);
          when = k;
        }
      }
      double[] g = at.at(at.derivatives, "inequality", k);
      names = at.stages.names(end, false);
      for (int r = at.firstInequality(k); r < at.v[k].length; r++) {
        if (g[r] > most) {
          most = g[r];
          worst = names.get(r);
          when = k;
        }
      }
      for (int i = 0; !end && i < at.n; i++) {
        double gap = Math.abs(at.gap(at.derivatives, at.w, k, i));
        if (gap > most) {
          most = gap;
          worst = "dynamics";
          when = k;
        }
      }
    }
    double time = when * at.problem.duration() / at.horizon;
    return new Outcome.Infeasible(worst, time, most);
  }
}
