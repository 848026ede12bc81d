package org.costate.optim;

import java.util.ArrayDeque;

/// Limited-memory BFGS (Liu and Nocedal 1989; Nocedal and Wright 2006, algorithm 7.5) with a line
/// search that satisfies the strong Wolfe conditions (algorithms 3.5 and 3.6, cubic interpolation),
/// for smooth deterministic functions.
///
/// @param memory the number of correction pairs, usually 5 … 20
/// @param gradientTolerance stops when the largest |∂f/∂xᵢ| is below it
/// @param mostEvaluations stops after so many evaluations
public record Lbfgs(int memory, double gradientTolerance, int mostEvaluations) {
  private static final double SUFFICIENT_DECREASE = 1e-4;
  private static final double CURVATURE = 0.9;

  /// A function with its gradient.
  @FunctionalInterface
  public interface Function {
    /// Evaluates f and ∇f.
    ///
    /// @param x the point
    /// @param gradient where to put ∇f(x)
    /// @return f(x)
    double evaluate(double[] x, double[] gradient);
  }

  /// Why it stopped.
  public enum Reason {
    /// The gradient is small enough.
    CONVERGED,
    /// The line search found no better point: the function is not smooth here, or rounding hides
    /// the descent.
    NO_DESCENT,
    /// The evaluations are spent; allow more or start nearer.
    EVALUATIONS_SPENT
  }

  /// The outcome.
  ///
  /// @param x the best point
  /// @param value f(x)
  /// @param iterations the number of line searches
  /// @param evaluations the number of evaluations
  /// @param reason why it stopped
  public record Result(double[] x, double value, int iterations, int evaluations, Reason reason) {}

  private record Pair(double[] s, double[] y, double rho) {}

  /// Minimises a function.
  ///
  /// @param function f
  /// @param start the first point
  /// @return the outcome
  public Result minimise(Function function, double[] start) {
    var search = new Search(function, start.length);
    double[] x = start.clone();
    double[] g = new double[x.length];
    double f = search.evaluate(x, g);
    var pairs = new ArrayDeque<Pair>();
    int iterations = 0;
    while (true) {
      if (largest(g) <= gradientTolerance) {
        return new Result(x, f, iterations, search.evaluations, Reason.CONVERGED);
      }
      if (search.evaluations >= mostEvaluations) {
        return new Result(x, f, iterations, search.evaluations, Reason.EVALUATIONS_SPENT);
      }
      double[] d = direction(g, pairs);
      if (dot(d, g) >= 0) {
        pairs.clear();
        d = direction(g, pairs);
      }
      double first = pairs.isEmpty() ? Math.min(1, 1 / Math.sqrt(dot(g, g))) : 1;
      if (!search.line(x, f, g, d, first, mostEvaluations)) {
        return new Result(x, f, iterations, search.evaluations, Reason.NO_DESCENT);
      }
      iterations++;
      double[] s = minus(search.x, x);
      double[] y = minus(search.g, g);
      double curvature = dot(s, y);
      if (curvature > 1e-16 * dot(y, y)) {
        pairs.addLast(new Pair(s, y, 1 / curvature));
        if (pairs.size() > memory) {
          pairs.removeFirst();
        }
      }
      x = search.x.clone();
      g = search.g.clone();
      f = search.f;
    }
  }

  /// The two-loop recursion: −H g.
  private static double[] direction(double[] g, ArrayDeque<Pair> pairs) {
    double[] q = g.clone();
    double[] alpha = new double[pairs.size()];
    int i = alpha.length;
    for (Pair pair : pairs.reversed()) {
      alpha[--i] = pair.rho * dot(pair.s, q);
      add(q, -alpha[i], pair.y);
    }
    if (!pairs.isEmpty()) {
      Pair last = pairs.getLast();
      double scale = 1 / (last.rho * dot(last.y, last.y));
      for (int j = 0; j < q.length; j++) {
        q[j] *= scale;
      }
    }
    for (Pair pair : pairs) {
      add(q, alpha[i++] - pair.rho * dot(pair.y, q), pair.s);
    }
    for (int j = 0; j < q.length; j++) {
      q[j] = -q[j];
    }
    return q;
  }

  /// The line search and its last point.
  private static final class Search {
    private final Function function;
    private final double[] x;
    private final double[] g;
    private double f;
    private double slope;
    private int evaluations;

    Search(Function function, int n) {
      this.function = function;
      this.x = new double[n];
      this.g = new double[n];
    }

    double evaluate(double[] at, double[] gradient) {
      evaluations++;
      return function.evaluate(at, gradient);
    }

    private void move(double[] from, double[] d, double step) {
      for (int i = 0; i < x.length; i++) {
        x[i] = from[i] + step * d[i];
      }
      f = evaluate(x, g);
      slope = dot(g, d);
    }

    boolean line(double[] from, double f0, double[] g0, double[] d, double first, int limit) {
      double slope0 = dot(g0, d);
      double low = 0;
      double lowF = f0;
      double lowSlope = slope0;
      double step = first;
      for (int i = 0; evaluations < limit && i < 40; i++) {
        move(from, d, step);
        boolean tooHigh = !(f <= f0 + SUFFICIENT_DECREASE * step * slope0) || i > 0 && f >= lowF;
        if (tooHigh) {
          return zoom(from, f0, slope0, d, low, lowF, lowSlope, step, f, slope, limit);
        }
        if (Math.abs(slope) <= -CURVATURE * slope0) {
          return true;
        }
        if (slope >= 0) {
          return zoom(from, f0, slope0, d, step, f, slope, low, lowF, lowSlope, limit);
        }
        low = step;
        lowF = f;
        lowSlope = slope;
        step *= 2.5;
      }
      return f < f0;
    }

    private boolean zoom(
        double[] from,
        double f0,
        double slope0,
        double[] d,
        double startLow,
        double startLowF,
        double startLowSlope,
        double startHigh,
        double startHighF,
        double startHighSlope,
        int limit) {
      double low = startLow;
      double lowF = startLowF;
      double lowSlope = startLowSlope;
      double high = startHigh;
      double highF = startHighF;
      double highSlope = startHighSlope;
      for (int i = 0; evaluations < limit && i < 40; i++) {
        double step = interpolate(low, lowF, lowSlope, high, highF, highSlope);
        move(from, d, step);
        if (!(f <= f0 + SUFFICIENT_DECREASE * step * slope0) || f >= lowF) {
          high = step;
          highF = f;
          highSlope = slope;
          continue;
        }
        if (Math.abs(slope) <= -CURVATURE * slope0) {
          return true;
        }
        if (slope * (high - low) >= 0) {
          high = low;
          highF = lowF;
          highSlope = lowSlope;
        }
        low = step;
        lowF = f;
        lowSlope = slope;
      }
      if (low > 0) {
        move(from, d, low);
        return f < f0;
      }
      return false;
    }

    /// The minimiser of the cubic through both ends, kept away from them.
    private static double interpolate(
        double a, double fa, double da, double b, double fb, double db) {
      double d1 = da + db - 3 * (fa - fb) / (a - b);
      double root = Math.sqrt(Math.max(0, d1 * d1 - da * db)) * Math.signum(b - a);
      double t = b - (b - a) * (db + root - d1) / (db - da + 2 * root);
      double margin = 0.1 * Math.abs(b - a);
      return Math.clamp(
          Double.isFinite(t) ? t : (a + b) / 2, Math.min(a, b) + margin, Math.max(a, b) - margin);
    }
  }

  private static double largest(double[] g) {
    double largest = 0;
    for (double v : g) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] minus(double[] a, double[] b) {
    double[] out = a.clone();
    add(out, -1, b);
    return out;
  }

  private static void add(double[] a, double scale, double[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += scale * b[i];
    }
  }
}
