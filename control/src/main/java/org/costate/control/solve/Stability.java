package org.costate.control.solve;

import java.util.Optional;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.costate.control.CompiledProblem;
import org.costate.control.Dynamics;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Trajectory;
import org.costate.graph.Jacobian;
import org.costate.graph.StepGraph;
import org.costate.internal.control.Graphs;
import org.costate.unroll.Loop;

/// Whether the steps of a trajectory lie in the region of stability of their integrator.
///
/// @param worst the largest |R(hλ)| of an eigenvalue λ of ∂f/∂x that should not grow (Re λ ≤ 0)
/// @param step the step at which it is
/// @param re the real part of that λ, 1/s
/// @param im its imaginary part, 1/s
/// @param growth by how much such modes grow from the first step to the last
public record Stability(double worst, int step, double re, double im, double growth) {
  /// Looks at every step.
  ///
  /// @param compiled a problem with continuous dynamics
  /// @param along the trajectory
  /// @return the worst of it
  public static Stability of(CompiledProblem compiled, Trajectory along) {
    OptimalControlProblem problem = compiled.problem();
    if (!(problem.plant() instanceof Dynamics)) {
      throw new IllegalArgumentException(
          "Stability: '%s' is a discrete plant and has no integrator."
              .formatted(problem.plant().name()));
    }
    int n = compiled.initialState().length;
    StepGraph graph = Jacobian.of(new Graphs(problem).continuous(), "by", "rate", "z");
    Loop loop = Loop.of(graph, problem.weights(), along.horizon());
    double h = along.duration() / along.horizon();
    int size = n + along.parameters().length;
    for (int k = 0; k < along.horizon(); k++) {
      System.arraycopy(along.states()[k], 0, loop.input("z")[k], 0, n);
      System.arraycopy(along.parameters(), 0, loop.input("z")[k], n, size - n);
      System.arraycopy(along.controls()[k], 0, loop.input("u")[k], 0, along.controls()[k].length);
      loop.input("t")[k][0] = k * h;
    }
    loop.run();
    double worst = 0;
    double logarithm = 0;
    int step = 0;
    double re = 0;
    double im = 0;
    for (int k = 0; k < along.horizon(); k++) {
      double[][] a = new double[n][n];
      for (int i = 0; i < n; i++) {
        System.arraycopy(loop.output("by")[k], i * size, a[i], 0, n);
      }
      var eigen = new EigenDecomposition(new Array2DRowRealMatrix(a));
      double here = 0;
      for (int i = 0; i < n; i++) {
        double x = eigen.getRealEigenvalue(i);
        double y = eigen.getImagEigenvalue(i);
        double factor = problem.integrator().amplification(h * x, h * y);
        if (x <= 1e-9 && factor > here) {
          here = factor;
          if (factor > worst) {
            worst = factor;
            step = k;
            re = x;
            im = y;
          }
        }
      }
      logarithm += Math.log(Math.max(1, here));
    }
    return new Stability(worst, step, re, im, Math.exp(Math.min(700, logarithm)));
  }

  /// A warning, if modes that should not grow do so noticeably.
  ///
  /// @return a sentence
  public Optional<String> warning() {
    return growth < 2
        ? Optional.empty()
        : Optional.of(
            "The step is outside the integrator's region of stability: at step %d the mode λ = %.3g%+.3gi, which should not grow, is multiplied by %.4g, over the horizon by %.2g. States grow so, and costates backward with them: this is an exploding gradient. Take substeps, more steps, or an implicit method."
                .formatted(step, re, im, worst, growth));
  }
}
