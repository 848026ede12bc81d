package org.costate.control.solve;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularMatrixException;
import org.costate.control.CompiledProblem;
import org.costate.control.Trajectory;
import org.costate.internal.control.Graphs;
import org.costate.internal.control.Stages;

/// The linear quadratic regulator in discrete time: xₖ₊₁ = A xₖ + B uₖ with the cost Σ xᵀQx + uᵀRu
/// + x_NᵀQ_N x_N. The best control is u = −K x, the cost to go xᵀP x, the costate λ = 2 P x.
public final class Lqr {
  private Lqr() {}

  /// The regulator over a finite horizon.
  ///
  /// @param value P₀ … P_N, each `[n][n]`
  /// @param gain K₀ … K_{N−1}, each `[m][n]`: u = −K x
  public record Finite(double[][][] value, double[][][] gain) {}

  /// The regulator over an infinite horizon.
  ///
  /// @param value P `[n][n]`
  /// @param gain K `[m][n]`: u = −K x
  public record Stationary(double[][] value, double[][] gain) {}

  /// The Riccati recursion with matrices that may change over time.
  ///
  /// @param a Aₖ
  /// @param b Bₖ
  /// @param q Q
  /// @param r R, positive definite
  /// @param last Q_N
  /// @return P and K at all times
  public static Finite timeVarying(
      double[][][] a, double[][][] b, double[][] q, double[][] r, double[][] last) {
    int horizon = a.length;
    check("Q", q, last.length, last.length);
    check("R", r, r.length, r.length);
    for (int k = 0; k < horizon; k++) {
      check("A", a[k], last.length, last.length);
      check("B", b[k], last.length, r.length);
    }
    double[][][] value = new double[horizon + 1][][];
    double[][][] gain = new double[horizon][][];
    value[horizon] = last;
    for (int k = horizon - 1; k >= 0; k--) {
      RealMatrix p = new Array2DRowRealMatrix(value[k + 1]);
      gain[k] = gain(a[k], b[k], p, r);
      value[k] = cost(a[k], b[k], p, q, gain[k]);
    }
    return new Finite(value, gain);
  }

  /// The Riccati recursion.
  ///
  /// @param a A
  /// @param b B
  /// @param q Q
  /// @param r R, positive definite
  /// @param last Q_N
  /// @param horizon N
  /// @return P and K at all times
  public static Finite finite(
      double[][] a, double[][] b, double[][] q, double[][] r, double[][] last, int horizon) {
    double[][][] as = new double[horizon][][];
    double[][][] bs = new double[horizon][][];
    java.util.Arrays.fill(as, a);
    java.util.Arrays.fill(bs, b);
    return timeVarying(as, bs, q, r, last);
  }

  private static void check(String name, double[][] matrix, int rows, int columns) {
    if (matrix.length != rows || matrix[0].length != columns) {
      throw new IllegalArgumentException(
          "Lqr: %s must be [%d, %d], got [%d, %d]; n is that of A, m that of R."
              .formatted(name, rows, columns, matrix.length, matrix[0].length));
    }
  }

  private static double[][] gain(double[][] a, double[][] b, RealMatrix p, double[][] r) {
    RealMatrix bt = new Array2DRowRealMatrix(b).transpose();
    RealMatrix btp = bt.multiply(p);
    RealMatrix left = btp.multiply(new Array2DRowRealMatrix(b)).add(new Array2DRowRealMatrix(r));
    return new LUDecomposition(left)
        .getSolver()
        .solve(btp.multiply(new Array2DRowRealMatrix(a)))
        .getData();
  }

  /// Q + Aᵀ P (A − B K), made symmetric.
  private static double[][] cost(
      double[][] a, double[][] b, RealMatrix p, double[][] q, double[][] k) {
    RealMatrix am = new Array2DRowRealMatrix(a);
    RealMatrix closed =
        am.subtract(new Array2DRowRealMatrix(b).multiply(new Array2DRowRealMatrix(k)));
    RealMatrix all = new Array2DRowRealMatrix(q).add(am.transpose().multiply(p).multiply(closed));
    return all.add(all.transpose()).scalarMultiply(0.5).getData();
  }

  /// The discrete algebraic Riccati equation, by the structure-preserving doubling algorithm (Chu,
  /// Fan and Lin 2005), which converges quadratically.
  ///
  /// @param a A
  /// @param b B
  /// @param q Q
  /// @param r R, positive definite
  /// @return P and K
  /// @throws IllegalArgumentException if no feedback makes the system stable
  public static Stationary stationary(double[][] a, double[][] b, double[][] q, double[][] r) {
    int n = a.length;
    check("A", a, n, n);
    check("B", b, n, r.length);
    check("Q", q, n, n);
    check("R", r, r.length, r.length);
    RealMatrix bm = new Array2DRowRealMatrix(b);
    RealMatrix identity = MatrixUtils.createRealIdentityMatrix(n);
    RealMatrix as = new Array2DRowRealMatrix(a);
    RealMatrix g =
        bm.multiply(
            new LUDecomposition(new Array2DRowRealMatrix(r)).getSolver().solve(bm.transpose()));
    RealMatrix h = new Array2DRowRealMatrix(q);
    for (int i = 0; i < 60; i++) {
      RealMatrix w = solved(identity.add(g.multiply(h)), identity);
      RealMatrix v1 = w.multiply(as);
      RealMatrix nextG = g.add(as.multiply(w).multiply(g).multiply(as.transpose()));
      RealMatrix nextH = h.add(as.transpose().multiply(h).multiply(v1));
      as = as.multiply(v1);
      double change = nextH.subtract(h).getNorm();
      g = nextG;
      h = nextH;
      if (change <= 1e-15 * h.getNorm()) {
        break;
      }
    }
    double[][] k = gain(a, b, h, r);
    RealMatrix closed =
        new Array2DRowRealMatrix(a).subtract(bm.multiply(new Array2DRowRealMatrix(k)));
    for (double[] row : closed.getData()) {
      for (double number : row) {
        if (!Double.isFinite(number)) {
          throw notStabilisable(Double.NaN);
        }
      }
    }
    var eigen = new EigenDecomposition(closed);
    double radius = 0;
    for (int i = 0; i < n; i++) {
      radius = Math.max(radius, Math.hypot(eigen.getRealEigenvalue(i), eigen.getImagEigenvalue(i)));
    }
    if (!(radius < 1)) {
      throw notStabilisable(radius);
    }
    // One step of the recursion takes rounding of the doubling away.
    return new Stationary(cost(a, b, h, q, k), k);
  }

  private static IllegalArgumentException notStabilisable(double radius) {
    return new IllegalArgumentException(
        "Lqr: (A, B) cannot be made stable, the closed loop has spectral radius %s; is every unstable mode driven by a control?"
            .formatted(radius));
  }

  private static RealMatrix solved(RealMatrix left, RealMatrix right) {
    try {
      return new LUDecomposition(left).getSolver().solve(right);
    } catch (SingularMatrixException e) {
      throw notStabilisable(Double.NaN);
    }
  }

  /// The Jacobians of the steps along a trajectory.
  ///
  /// @param a ∂xₖ₊₁/∂xₖ
  /// @param b ∂xₖ₊₁/∂uₖ
  public record Linearisation(double[][][] a, double[][][] b) {}

  /// Linearises a problem's plant along a trajectory.
  ///
  /// @param problem the problem
  /// @param along the trajectory
  /// @return A and B at every step
  public static Linearisation linearise(CompiledProblem problem, Trajectory along) {
    Stages stages = problem.stages();
    int n = problem.initialState().length;
    Stages.Point point = stages.derivatives(Graphs.Curvature.NONE);
    double[][] z = new double[stages.horizon + 1][stages.n];
    for (int k = 0; k < z.length; k++) {
      System.arraycopy(along.states()[k], 0, z[k], 0, n);
      System.arraycopy(along.parameters(), 0, z[k], n, stages.n - n);
    }
    point.set(z, along.controls());
    point.run();
    double[][][] a = new double[stages.horizon][n][n];
    double[][][] b = new double[stages.horizon][n][stages.m];
    int width = stages.n + stages.m;
    for (int k = 0; k < stages.horizon; k++) {
      double[] by = point.output("nextBy")[k];
      for (int i = 0; i < n; i++) {
        System.arraycopy(by, i * width, a[k][i], 0, n);
        System.arraycopy(by, i * width + stages.n, b[k][i], 0, stages.m);
      }
    }
    return new Linearisation(a, b);
  }

  /// A feedback that keeps the plant near a trajectory: u = uₖ − Kₖ (x − xₖ), with K of the
  /// time-varying regulator of the linearisation.
  ///
  /// @param problem the problem
  /// @param along the trajectory
  /// @param q Q
  /// @param r R
  /// @param last Q_N
  /// @return P and K at all times
  public static Finite stabiliser(
      CompiledProblem problem, Trajectory along, double[][] q, double[][] r, double[][] last) {
    Linearisation l = linearise(problem, along);
    return timeVarying(l.a, l.b, q, r, last);
  }
}
