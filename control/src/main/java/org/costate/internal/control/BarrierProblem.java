package org.costate.internal.control;

import java.util.Arrays;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.internal.control.Graphs.Curvature;

/// A point of the barrier problem of [InteriorPointSearch]: the unknowns, their multipliers, and
/// the functions there.
///
/// Unknowns are w = (zₖ, uₖ) within bounds and a slack s > 0 for each inequality, g + s = 0.
/// Multipliers are λ of the dynamics, y of the equalities, v of the inequalities, and of the
/// bounds.
final class BarrierProblem {
  /// Bounds are widened by this, relatively, so that a state may end on its bound.
  private static final double RELAXED = 1e-8;

  final OptimalControlProblem problem;
  final Stages stages;
  final Stages.Point derivatives;
  final Stages.Point values;
  final int n;
  final int m;
  final int horizon;

  /// The factor of the cost.
  double scale = 1;

  final double[][] low;
  final double[][] high;
  final double[][] w;
  final double[][] slack;
  final double[][] lambda;
  final double[][] y;
  final double[][] v;
  final double[][] lowDual;
  final double[][] highDual;
  final boolean[] fixedFirst;
  private final double[] slopes;

  BarrierProblem(CompiledProblem compiled, Curvature curvature) {
    problem = compiled.problem();
    stages = compiled.stages();
    n = stages.n;
    m = stages.m;
    horizon = stages.horizon;
    derivatives = stages.derivatives(curvature);
    values = stages.values();
    w = rows(n + m, n);
    low = rows(n + m, n);
    high = rows(n + m, n);
    lowDual = rows(n + m, n);
    highDual = rows(n + m, n);
    slack = rows(stages.inequalities(false), stages.inequalities(true));
    v = rows(stages.inequalities(false), stages.inequalities(true));
    y = rows(stages.equalities(false), stages.equalities(true));
    lambda = rows(n, n);
    fixedFirst = new boolean[n];
    slopes = new double[n + m];
    boolean[] free = problem.freeInitial();
    for (int i = 0; i < free.length; i++) {
      fixedFirst[i] = !free[i];
    }
    setBounds();
  }

  double[][] rows(int stage, int end) {
    double[][] all = new double[horizon + 1][stage];
    all[horizon] = new double[end];
    return all;
  }

  /// The first inequality that holds at k: those of the state do not at 0.
  int firstInequality(int k) {
    return k == 0 ? stages.stateInequalities : 0;
  }

  int[] freeFirst() {
    return java.util.stream.IntStream.range(0, n).filter(i -> !fixedFirst[i]).toArray();
  }

  private void setBounds() {
    int states = problem.plant().states().size();
    for (int k = 0; k <= horizon; k++) {
      Arrays.fill(low[k], Double.NEGATIVE_INFINITY);
      Arrays.fill(high[k], Double.POSITIVE_INFINITY);
      if (k > 0) {
        System.arraycopy(problem.stateLow(), 0, low[k], 0, states);
        System.arraycopy(problem.stateHigh(), 0, high[k], 0, states);
      }
      if (k < horizon) {
        System.arraycopy(problem.controlLow(), 0, low[k], n, m);
        System.arraycopy(problem.controlHigh(), 0, high[k], n, m);
      }
    }
    List<OptimalControlProblem.Free> free = problem.free();
    for (int i = 0; i < free.size(); i++) {
      low[0][states + i] = free.get(i).low();
      high[0][states + i] = free.get(i).high();
    }
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < low[k].length; i++) {
        low[k][i] -= RELAXED * Math.max(1, Math.abs(low[k][i]));
        high[k][i] += RELAXED * Math.max(1, Math.abs(high[k][i]));
      }
    }
  }

  /// Moves a number into the interior of its bounds.
  static double interior(double value, double low, double high) {
    double width = high - low;
    double fromLow = Math.min(1e-2 * Math.max(1, Math.abs(low)), 1e-2 * width);
    double fromHigh = Math.min(1e-2 * Math.max(1, Math.abs(high)), 1e-2 * width);
    if (low > Double.NEGATIVE_INFINITY && value < low + fromLow) {
      return low + fromLow;
    }
    return high < Double.POSITIVE_INFINITY && value > high - fromHigh ? high - fromHigh : value;
  }

  /// Evaluates a kind of numbers at a point.
  void evaluate(Stages.Point point, double[][] at) {
    point.set(at);
    point.run();
  }

  /// Evaluates all derivatives at the current point.
  void differentiate() {
    derivatives.set(w);
    double[][] sigma = derivatives.input("sigma");
    for (int k = 0; k < horizon; k++) {
      sigma[k][0] = scale;
      copy(lambda[k + 1], derivatives.input("lambda"), k);
      copy(y[k], derivatives.input("y"), k);
      copy(v[k], derivatives.input("v"), k);
    }
    derivatives.endInput("sigma")[0] = scale;
    copyEnd(y[horizon], derivatives.endInput("y"));
    copyEnd(v[horizon], derivatives.endInput("v"));
    derivatives.run();
  }

  private static void copy(double[] from, double[][] to, int k) {
    if (to != null) {
      System.arraycopy(from, 0, to[k], 0, from.length);
    }
  }

  private static void copyEnd(double[] from, double[] to) {
    if (to != null) {
      System.arraycopy(from, 0, to, 0, from.length);
    }
  }

  /// An output at k; null where there is none.
  double[] at(Stages.Point point, String name, int k) {
    if (k == horizon) {
      return point.endOutput(name);
    }
    double[][] rows = point.output(name);
    return rows == null ? null : rows[k];
  }

  /// The gap F(wₖ) − zₖ₊₁.
  double gap(Stages.Point point, double[][] at, int k, int i) {
    return point.output("next")[k][i] - at[k + 1][i];
  }

  /// Σ |violation|, or the largest.
  double violation(Stages.Point point, double[][] at, double[][] slacks, boolean largest) {
    double total = 0;
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; k < horizon && i < n; i++) {
        total = join(total, gap(point, at, k, i), largest);
      }
      double[] e = at(point, "equality", k);
      for (int i = 0; i < y[k].length; i++) {
        total = join(total, e[i], largest);
      }
      double[] g = at(point, "inequality", k);
      for (int i = firstInequality(k); i < v[k].length; i++) {
        total = join(total, g[i] + slacks[k][i], largest);
      }
    }
    return total;
  }

  private static double join(double total, double violation, boolean largest) {
    double size = Math.abs(violation);
    return largest ? (size > total || Double.isNaN(size) ? size : total) : total + size;
  }

  /// The barrier function: scaled cost − μ Σ ln(distance).
  double barrier(Stages.Point point, double[][] at, double[][] slacks, double mu) {
    return scale * point.cost() + logarithms(at, slacks, mu);
  }

  double logarithms(double[][] at, double[][] slacks, double mu) {
    double sum = 0;
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < at[k].length; i++) {
        if (low[k][i] > Double.NEGATIVE_INFINITY) {
          sum += Math.log(at[k][i] - low[k][i]);
        }
        if (high[k][i] < Double.POSITIVE_INFINITY) {
          sum += Math.log(high[k][i] - at[k][i]);
        }
      }
      for (int i = firstInequality(k); i < slacks[k].length; i++) {
        sum += Math.log(slacks[k][i]);
      }
    }
    return -mu * sum;
  }

  /// The longest part of a step that keeps a distance of (1 − τ) from every bound.
  double longest(double[][] dw, double[][] ds, double tau) {
    double alpha = 1;
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < dw[k].length; i++) {
        double d = dw[k][i];
        if (d < 0 && low[k][i] > Double.NEGATIVE_INFINITY) {
          alpha = Math.min(alpha, tau * (w[k][i] - low[k][i]) / -d);
        } else if (d > 0 && high[k][i] < Double.POSITIVE_INFINITY) {
          alpha = Math.min(alpha, tau * (high[k][i] - w[k][i]) / d);
        }
      }
      for (int i = firstInequality(k); i < ds[k].length; i++) {
        if (ds[k][i] < 0) {
          alpha = Math.min(alpha, tau * slack[k][i] / -ds[k][i]);
        }
      }
    }
    return alpha;
  }

  /// ∂L/∂wₖ, with the scaled cost, at the current point.
  void residual(int k, double[] to) {
    double[] cost = at(derivatives, "costBy", k);
    int size = w[k].length;
    for (int i = 0; i < size; i++) {
      to[i] = scale * cost[i] - lowDual[k][i] + highDual[k][i] - (i < n ? lambda[k][i] : 0);
    }
    if (k < horizon) {
      double[] f = derivatives.output("nextBy")[k];
      addTransposed(f, lambda[k + 1], 0, n, size, to);
    }
    addTransposed(at(derivatives, "equalityBy", k), y[k], 0, y[k].length, size, to);
    addTransposed(
        at(derivatives, "inequalityBy", k), v[k], firstInequality(k), v[k].length, size, to);
    for (int i = 0; k == 0 && i < n; i++) {
      // λ₀ is the multiplier of a fixed z₀; where z₀ is free it must be zero.
      to[i] = fixedFirst[i] ? 0 : to[i] + lambda[0][i];
    }
  }

  /// The largest |∂L/∂w|, with the scaled cost.
  double stationarity() {
    double largest = 0;
    for (int k = 0; k <= horizon; k++) {
      residual(k, slopes);
      for (int i = 0; i < w[k].length; i++) {
        largest = Math.max(largest, Math.abs(slopes[i]));
      }
    }
    return largest;
  }

  /// The largest difference of multiplier times distance from a target.
  double complementarity(double target) {
    double largest = 0;
    for (int k = 0; k <= horizon; k++) {
      for (int i = 0; i < w[k].length; i++) {
        if (low[k][i] > Double.NEGATIVE_INFINITY) {
          double product = lowDual[k][i] * (w[k][i] - low[k][i]);
          largest = Math.max(largest, Math.abs(product - target));
        }
        if (high[k][i] < Double.POSITIVE_INFINITY) {
          double product = highDual[k][i] * (high[k][i] - w[k][i]);
          largest = Math.max(largest, Math.abs(product - target));
        }
      }
      for (int i = firstInequality(k); i < v[k].length; i++) {
        largest = Math.max(largest, Math.abs(v[k][i] * slack[k][i] - target));
      }
    }
    return largest;
  }

  /// The scaled error of the conditions of the barrier problem (equation 5).
  double error(double target) {
    double sum = 0;
    int count = 1;
    for (int k = 0; k <= horizon; k++) {
      sum += size(lambda[k]) + size(y[k]) + size(v[k]) + size(lowDual[k]) + size(highDual[k]);
      count += n + y[k].length + v[k].length + 2 * w[k].length;
    }
    double scaling = Math.max(100, sum / count) / 100;
    double violation = violation(derivatives, w, slack, true);
    return Math.max(violation, Math.max(stationarity(), complementarity(target)) / scaling);
  }

  private static double size(double[] x) {
    double sum = 0;
    for (double number : x) {
      sum += Math.abs(number);
    }
    return sum;
  }

  /// to += Aᵀ x over some rows.
  static void addTransposed(double[] a, double[] x, int from, int rows, int columns, double[] to) {
    for (int r = from; r < rows; r++) {
      double factor = x[r];
      for (int j = 0; j < columns; j++) {
        to[j] += a[r * columns + j] * factor;
      }
    }
  }

  /// to += Aᵀ diag(weight) A for one row of A.
  static void addOuter(double[] a, int row, double weight, int columns, double[] to) {
    int at = row * columns;
    for (int i = 0; i < columns; i++) {
      double left = a[at + i] * weight;
      if (left != 0) {
        for (int j = 0; j < columns; j++) {
          to[i * columns + j] += left * a[at + j];
        }
      }
    }
  }

  /// A row of A times x.
  static double dot(double[] a, int row, double[] x, int columns) {
    double sum = 0;
    for (int j = 0; j < columns; j++) {
      sum += a[row * columns + j] * x[j];
    }
    return sum;
  }
}
