package org.costate.internal.control;

/// The linear-quadratic problem of one iteration,
///
///     minimise  Σₖ ½ wᵀHₖw + gₖᵀw  (w = (dzₖ, duₖ), at the end dz_N alone)    subject to  dzₖ₊₁ = Fₖ w + dₖ,
///
/// solved by the Riccati recursion in O(N (n + m)³). The matrices are the caller's arrays, row-major,
/// of which H may be changed between [#factor] and [#vectors] no more.
final class Riccati {
  private final int n;
  private final int m;
  private final int horizon;

  /// Fₖ `[n, n+m]`.
  final double[][] dynamics;

  /// Hₖ `[n+m, n+m]`, symmetric; at the end `[n, n]`.
  final double[][] hessian;

  /// gₖ.
  final double[][] gradient;

  /// dₖ.
  final double[][] gap;

  /// Kₖ `[m, n]`: du = k + K dz.
  final double[][] gain;

  /// kₖ.
  final double[][] feedforward;

  /// Pₖ: the value function is ½ dzᵀ P dz + pᵀ dz.
  final double[][] value;

  /// pₖ.
  final double[][] slope;

  private final double[][] factor;
  private final double[] product;
  private final double[] full;
  private final double[] vector;
  private final double[] shifted;
  private final int[] freeStates;
  private final double[] freeFactor;
  private final double[] pull;
  private final double[] move;
  private final boolean[] clamped;

  /// The least pivot of the last factorisation, and where it was.
  double leastPivot;

  int leastPivotAt;

  /// The largest |Q_u| of the last vector part, without what pushes against a bound.
  double steepest;

  /// @param freeStates the components of dz₀ that are free; the others are 0
  Riccati(int n, int m, int horizon, int[] freeStates) {
    this.n = n;
    this.m = m;
    this.horizon = horizon;
    this.freeStates = freeStates;
    int w = n + m;
    dynamics = new double[horizon][];
    hessian = new double[horizon + 1][w * w];
    hessian[horizon] = new double[n * n];
    gradient = new double[horizon + 1][w];
    gradient[horizon] = new double[n];
    gap = new double[horizon][n];
    gain = new double[horizon][m * n];
    feedforward = new double[horizon][m];
    value = new double[horizon + 1][n * n];
    slope = new double[horizon + 1][n];
    factor = new double[horizon][m * m];
    product = new double[n * w];
    full = new double[w * w];
    vector = new double[w];
    shifted = new double[n];
    pull = new double[m];
    move = new double[m];
    clamped = new boolean[m];
    freeFactor = new double[freeStates.length * freeStates.length];
  }

  /// The matrix part, with `delta` added to the diagonal of every H.
  ///
  /// @return whether every Q_uu is positive definite, so that the problem has a minimum
  boolean factor(double deltaState, double deltaControl) {
    leastPivot = Double.POSITIVE_INFINITY;
    System.arraycopy(hessian[horizon], 0, value[horizon], 0, n * n);
    for (int i = 0; i < n; i++) {
      value[horizon][i * n + i] += deltaState;
    }
    for (int k = horizon - 1; k >= 0; k--) {
      if (!stage(k, deltaState, deltaControl)) {
        return false;
      }
    }
    int free = freeStates.length;
    for (int i = 0; i < free; i++) {
      for (int j = 0; j < free; j++) {
        freeFactor[i * free + j] = value[0][freeStates[i] * n + freeStates[j]];
      }
    }
    return cholesky(freeFactor, free, 0);
  }

  private boolean stage(int k, double deltaState, double deltaControl) {
    quadratic(k);
    double[] c = factor[k];
    copyControls(c, deltaControl);
    if (!cholesky(c, m, k)) {
      return false;
    }
    gains(k, c);
    value(k, deltaState);
    return true;
  }

  /// full = H + Fᵀ P F, its upper triangle.
  private void quadratic(int k) {
    int w = n + m;
    double[] f = dynamics[k];
    double[] p = value[k + 1];
    // product = P F
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < w; j++) {
        product[i * w + j] = 0;
      }
      for (int l = 0; l < n; l++) {
        double pil = p[i * n + l];
        if (pil != 0) {
          for (int j = 0; j < w; j++) {
            product[i * w + j] += pil * f[l * w + j];
          }
        }
      }
    }
    System.arraycopy(hessian[k], 0, full, 0, w * w);
    for (int l = 0; l < n; l++) {
      for (int i = 0; i < w; i++) {
        double fli = f[l * w + i];
        if (fli != 0) {
          for (int j = i; j < w; j++) {
            full[i * w + j] += fli * product[l * w + j];
          }
        }
      }
    }
  }

  /// The lower triangle of Q_uu + δ.
  private void copyControls(double[] c, double deltaControl) {
    int w = n + m;
    for (int i = 0; i < m; i++) {
      for (int j = 0; j <= i; j++) {
        c[i * m + j] = full[(n + j) * w + n + i];
      }
      c[i * m + i] += deltaControl;
    }
  }

  /// K = −Q_uu⁻¹ Q_uz, column by column.
  private void gains(int k, double[] c) {
    int w = n + m;
    double[] gains = gain[k];
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < m; i++) {
        double sum = -full[j * w + n + i];
        for (int l = 0; l < i; l++) {
          sum -= c[i * m + l] * gains[l * n + j];
        }
        gains[i * n + j] = sum / c[i * m + i];
      }
      for (int i = m - 1; i >= 0; i--) {
        double sum = gains[i * n + j];
        for (int l = i + 1; l < m; l++) {
          sum -= c[l * m + i] * gains[l * n + j];
        }
        gains[i * n + j] = sum / c[i * m + i];
      }
    }
  }

  /// P = Q_zz + Q_uzᵀ K.
  private void value(int k, double deltaState) {
    int w = n + m;
    double[] gains = gain[k];
    double[] here = value[k];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        double sum = full[i * w + j];
        for (int l = 0; l < m; l++) {
          sum += full[i * w + n + l] * gains[l * n + j];
        }
        here[i * n + j] = sum;
        here[j * n + i] = sum;
      }
      here[i * n + i] += deltaState;
    }
  }

  private boolean cholesky(double[] a, int size, int at) {
    for (int j = 0; j < size; j++) {
      double pivot = a[j * size + j];
      for (int l = 0; l < j; l++) {
        pivot -= a[j * size + l] * a[j * size + l];
      }
      if (pivot < leastPivot) {
        leastPivot = pivot;
        leastPivotAt = at;
      }
      if (!(pivot > 1e-14)) {
        leastPivot = pivot;
        leastPivotAt = at;
        return false;
      }
      double root = Math.sqrt(pivot);
      a[j * size + j] = root;
      for (int i = j + 1; i < size; i++) {
        double sum = a[i * size + j];
        for (int l = 0; l < j; l++) {
          sum -= a[i * size + l] * a[j * size + l];
        }
        a[i * size + j] = sum / root;
      }
    }
    return true;
  }

  private static void solve(double[] c, int size, double[] x) {
    for (int i = 0; i < size; i++) {
      double sum = x[i];
      for (int l = 0; l < i; l++) {
        sum -= c[i * size + l] * x[l];
      }
      x[i] = sum / c[i * size + i];
    }
    for (int i = size - 1; i >= 0; i--) {
      double sum = x[i];
      for (int l = i + 1; l < size; l++) {
        sum -= c[l * size + i] * x[l];
      }
      x[i] = sum / c[i * size + i];
    }
  }

  /// The vector part, after [#factor]; may be repeated with other gradients and gaps.
  void vectors() {
    steepest = 0;
    System.arraycopy(gradient[horizon], 0, slope[horizon], 0, n);
    for (int k = horizon - 1; k >= 0; k--) {
      linear(k);
      double[] ff = feedforward[k];
      for (int i = 0; i < m; i++) {
        ff[i] = -vector[n + i];
        steepest = Math.max(steepest, Math.abs(ff[i]));
      }
      solve(factor[k], m, ff);
      double[] gains = gain[k];
      for (int j = 0; j < n; j++) {
        double sum = vector[j];
        for (int l = 0; l < m; l++) {
          sum += gains[l * n + j] * vector[n + l];
        }
        slope[k][j] = sum;
      }
    }
  }

  /// vector = g + Fᵀ (p + P d).
  private void linear(int k) {
    int w = n + m;
    double[] p = value[k + 1];
    double[] f = dynamics[k];
    double[] d = gap[k];
    for (int i = 0; i < n; i++) {
      double sum = slope[k + 1][i];
      for (int j = 0; j < n; j++) {
        sum += p[i * n + j] * d[j];
      }
      shifted[i] = sum;
    }
    System.arraycopy(gradient[k], 0, vector, 0, w);
    for (int l = 0; l < n; l++) {
      double t = shifted[l];
      for (int j = 0; j < w; j++) {
        vector[j] += f[l * w + j] * t;
      }
    }
  }

  /// Both parts where controls are bounded: at every stage the minimum over the box low − u ≤ du ≤
  /// high − u by projected Newton steps (Tassa, Mansard and Todorov 2014); feedback acts on the
  /// controls that are not on their bounds.
  ///
  /// @return whether every free block of Q_uu is positive definite
  boolean boxed(double deltaControl, double[] low, double[] high, double[][] u) {
    leastPivot = Double.POSITIVE_INFINITY;
    steepest = 0;
    System.arraycopy(hessian[horizon], 0, value[horizon], 0, n * n);
    System.arraycopy(gradient[horizon], 0, slope[horizon], 0, n);
    int w = n + m;
    for (int k = horizon - 1; k >= 0; k--) {
      quadratic(k);
      linear(k);
      for (int i = 0; i < m; i++) {
        double down = vector[n + i];
        boolean held = down > 0 && u[k][i] <= low[i] || down < 0 && u[k][i] >= high[i];
        steepest = Math.max(steepest, held ? 0 : Math.abs(down));
      }
      if (!box(k, deltaControl, low, high, u[k])) {
        return false;
      }
      value(k, 0);
      double[] ff = feedforward[k];
      double[] gains = gain[k];
      for (int j = 0; j < n; j++) {
        double sum = vector[j];
        for (int l = 0; l < m; l++) {
          sum += gains[l * n + j] * (vector[n + l] + pull[l]) + full[j * w + n + l] * ff[l];
        }
        slope[k][j] = sum;
      }
    }
    return true;
  }

  private boolean box(int k, double delta, double[] low, double[] high, double[] u) {
    int w = n + m;
    double[] ff = feedforward[k];
    java.util.Arrays.fill(ff, 0);
    double[] c = factor[k];
    for (int iteration = 0; iteration <= 2 * m + 2; iteration++) {
      // pull = Q_uu ff
      for (int i = 0; i < m; i++) {
        double sum = delta * ff[i];
        for (int j = 0; j < m; j++) {
          sum += full[(n + Math.min(i, j)) * w + n + Math.max(i, j)] * ff[j];
        }
        pull[i] = sum;
      }
      boolean changed = iteration == 0;
      for (int i = 0; i < m; i++) {
        double slopeHere = vector[n + i] + pull[i];
        boolean held =
            slopeHere > 0 && u[i] + ff[i] <= low[i] || slopeHere < 0 && u[i] + ff[i] >= high[i];
        changed |= held != clamped[i];
        clamped[i] = held;
      }
      if (!changed) {
        break;
      }
      copyControls(c, delta);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j <= i; j++) {
          if (clamped[i] || clamped[j]) {
            c[i * m + j] = i == j ? 1 : 0;
          }
        }
      }
      if (!cholesky(c, m, k)) {
        return false;
      }
      for (int i = 0; i < m; i++) {
        move[i] = clamped[i] ? 0 : -(vector[n + i] + pull[i]);
      }
      solve(c, m, move);
      for (int i = 0; i < m; i++) {
        ff[i] = Math.clamp(ff[i] + move[i], low[i] - u[i], high[i] - u[i]);
      }
    }
    gains(k, c);
    for (int i = 0; i < m; i++) {
      for (int j = 0; clamped[i] && j < n; j++) {
        gain[k][i * n + j] = 0;
      }
    }
    return true;
  }

  /// The solution: dw and the multipliers λₖ of the dynamics, λ₀ those of z₀.
  void step(double[][] dw, double[][] lambda) {
    int w = n + m;
    double[] first = dw[0];
    java.util.Arrays.fill(first, 0, n, 0);
    int free = freeStates.length;
    if (free > 0) {
      double[] x = new double[free];
      for (int i = 0; i < free; i++) {
        x[i] = -slope[0][freeStates[i]];
      }
      solve(freeFactor, free, x);
      for (int i = 0; i < free; i++) {
        first[freeStates[i]] = x[i];
      }
    }
    for (int k = 0; k <= horizon; k++) {
      double[] dz = dw[k];
      for (int i = 0; i < n; i++) {
        double sum = slope[k][i];
        for (int j = 0; j < n; j++) {
          sum += value[k][i * n + j] * dz[j];
        }
        lambda[k][i] = sum;
      }
      if (k == horizon) {
        return;
      }
      for (int i = 0; i < m; i++) {
        double sum = feedforward[k][i];
        for (int j = 0; j < n; j++) {
          sum += gain[k][i * n + j] * dz[j];
        }
        dz[n + i] = sum;
      }
      double[] next = dw[k + 1];
      double[] f = dynamics[k];
      for (int i = 0; i < n; i++) {
        double sum = gap[k][i];
        for (int j = 0; j < w; j++) {
          sum += f[i * w + j] * dz[j];
        }
        next[i] = sum;
      }
    }
  }
}
