package org.costate.control.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.Solutions;
import org.costate.optim.Clipping;
import org.costate.optim.Lbfgs;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Sweep;

/// First-order methods over the controls: one rollout and one sweep of the adjoint for each
/// evaluation, exactly backpropagation through time. For problems without constraints beside bounds
/// on the controls; with a large penalty second-order methods need far fewer evaluations.
///
/// @param method how the gradient is used
/// @param tolerance of |∂J/∂u|
/// @param mostEvaluations the most gradients
/// @param sweep how the adjoint is swept: truncated after some steps (a gradient that sees only so
///   far, as a receding horizon does), or with clipped costates
/// @param save what is kept of a rollout: checkpoints for long horizons
public record GradientMethod(
    Method method, double tolerance, int mostEvaluations, Sweep sweep, SavePolicy save)
    implements Solver {
  /// How the gradient is used.
  public sealed interface Method {
    /// Limited-memory BFGS with a strong Wolfe line search; controls must be unbounded.
    ///
    /// @param memory the number of correction pairs
    record LimitedMemoryBfgs(int memory) implements Method {}

    /// Adam, with the gradient clipped by its norm, projected onto the bounds.
    ///
    /// @param rate the learning rate
    /// @param clip the largest norm of a gradient
    record AdaptiveMoments(double rate, double clip) implements Method {}

    /// The spectral projected gradient method (Birgin, Martínez and Raydan 2000): Barzilai–Borwein
    /// steps, projected onto the bounds, with a nonmonotone line search over the last ten values.
    record ProjectedGradient() implements Method {}
  }

  /// A method to 10⁻⁶ in at most 5,000 gradients.
  ///
  /// @param method how the gradient is used
  /// @return the solver
  public static GradientMethod of(Method method) {
    return new GradientMethod(method, 1e-6, 5000, Sweep.full(), new SavePolicy.All());
  }

  /// L-BFGS with 20 pairs.
  ///
  /// @return the solver
  public static GradientMethod lbfgs() {
    return of(new Method.LimitedMemoryBfgs(20));
  }

  /// Spectral projected gradient.
  ///
  /// @return the solver
  public static GradientMethod projected() {
    return of(new Method.ProjectedGradient());
  }

  @Override
  public Solution solve(CompiledProblem compiled, Trajectory guess) {
    Solutions.check(compiled, guess);
    Ddp.check(compiled.problem());
    long begin = System.nanoTime();
    var run = new Run(compiled, guess);
    Outcome outcome =
        switch (method) {
          case Method.LimitedMemoryBfgs(int memory) -> run.lbfgs(memory);
          case Method.AdaptiveMoments(double rate, double clip) -> run.adam(rate, clip);
          case Method.ProjectedGradient _ -> run.projected();
        };
    CompiledProblem.Gradient last = run.last;
    return new Solution(
        compiled.problem(),
        last.trajectory(),
        last.cost(),
        last.costates(),
        Map.of(),
        new double[0][],
        Solutions.hamiltonian(compiled, last.trajectory(), last.costates()),
        new Solution.Optimality(
            run.stationarity(run.flat(last.trajectory().controls()), run.g), 0, 0),
        List.copyOf(run.log),
        outcome,
        (System.nanoTime() - begin) / 1e9);
  }

  private final class Run {
    private final CompiledProblem compiled;
    private final Trajectory guess;
    private final int m;
    private final double[] low;
    private final double[] high;
    private final List<Solution.Iteration> log = new ArrayList<>();
    private CompiledProblem.Gradient last;
    private double[] g;
    private int evaluations;

    Run(CompiledProblem compiled, Trajectory guess) {
      this.compiled = compiled;
      this.guess = guess;
      low = compiled.problem().controlLow();
      high = compiled.problem().controlHigh();
      m = low.length;
      g = new double[guess.horizon() * m];
    }

    private double[] flat(double[][] rows) {
      return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    private double evaluate(double[] u, double[] gradient) {
      double[][] rows = new double[guess.horizon()][];
      Arrays.setAll(rows, k -> Arrays.copyOfRange(u, k * m, (k + 1) * m));
      last =
          compiled.gradient(
              new Trajectory(guess.states(), rows, guess.parameters(), guess.duration()),
              save,
              sweep);
      System.arraycopy(flat(last.controls()), 0, gradient, 0, gradient.length);
      g = gradient.clone();
      evaluations++;
      log.add(new Solution.Iteration(last.cost(), 0, stationarity(u, gradient), 0, 0, 1));
      return last.cost();
    }

    private void project(double[] u) {
      for (int i = 0; i < u.length; i++) {
        u[i] = Math.clamp(u[i], low[i % m], high[i % m]);
      }
    }

    /// The largest component of u − P(u − g).
    private double stationarity(double[] u, double[] gradient) {
      double most = 0;
      for (int i = 0; i < u.length; i++) {
        double moved = Math.clamp(u[i] - gradient[i], low[i % m], high[i % m]);
        most = Math.max(most, Math.abs(u[i] - moved));
      }
      return most;
    }

    private Outcome lbfgs(int memory) {
      if (Arrays.stream(low).anyMatch(Double::isFinite)
          || Arrays.stream(high).anyMatch(Double::isFinite)) {
        throw new IllegalArgumentException(
            "GradientMethod: L-BFGS takes no bounds on the controls; use the projected gradient or"
                + " Ddp.");
      }
      Lbfgs.Result result =
          new Lbfgs(memory, tolerance, mostEvaluations)
              .minimise(this::evaluate, flat(guess.controls()));
      evaluate(result.x(), new double[g.length]);
      if (!Double.isFinite(last.cost())) {
        return new Outcome.Diverged(0, "The cost");
      }
      return switch (result.reason()) {
        case CONVERGED -> new Outcome.Converged(result.iterations());
        case NO_DESCENT -> new Outcome.Stalled(result.iterations(), diagnosis());
        case EVALUATIONS_SPENT -> new Outcome.IterationsSpent(result.iterations(), diagnosis());
      };
    }

    private String diagnosis() {
      return "|∂J/∂u| = %.1e.".formatted(log.getLast().stationarity());
    }

    private Outcome adam(double rate, double clip) {
      double[] u = flat(guess.controls());
      project(u);
      double[] gradient = new double[u.length];
      var updater =
          new Updater(
              new Optimizer.Adam(),
              new Schedule.Constant(rate),
              new Clipping.GlobalNorm(clip),
              0,
              u.length);
      for (int i = 0; i < mostEvaluations; i++) {
        evaluate(u, gradient);
        if (!Double.isFinite(last.cost())) {
          return new Outcome.Diverged(0, "The cost");
        }
        if (log.getLast().stationarity() <= tolerance) {
          return new Outcome.Converged(i);
        }
        updater.apply(u, gradient, 1);
        project(u);
      }
      return new Outcome.IterationsSpent(mostEvaluations, diagnosis());
    }

    private Outcome projected() {
      int memory = 10;
      double[] u = flat(guess.controls());
      project(u);
      double[] gradient = new double[u.length];
      double cost = evaluate(u, gradient);
      double[] recent = new double[memory];
      Arrays.fill(recent, Double.NEGATIVE_INFINITY);
      double step = 1 / Math.max(1e-12, stationarity(u, gradient));
      for (int k = 0; ; k++) {
        if (!Double.isFinite(cost)) {
          return new Outcome.Diverged(0, "The cost");
        }
        if (stationarity(u, gradient) <= tolerance) {
          return new Outcome.Converged(k);
        }
        if (evaluations >= mostEvaluations) {
          return new Outcome.IterationsSpent(k, diagnosis());
        }
        recent[k % memory] = cost;
        double reference = Arrays.stream(recent).max().orElseThrow();
        double[] d = u.clone();
        for (int i = 0; i < d.length; i++) {
          d[i] = Math.clamp(u[i] - step * gradient[i], low[i % m], high[i % m]) - u[i];
        }
        double slope = dot(gradient, d);
        double alpha = 1;
        double[] trial = new double[u.length];
        double[] trialGradient = new double[u.length];
        double trialCost;
        while (true) {
          for (int i = 0; i < u.length; i++) {
            trial[i] = u[i] + alpha * d[i];
          }
          trialCost = evaluate(trial, trialGradient);
          if (trialCost <= reference + 1e-4 * alpha * slope) {
            break;
          }
          alpha /= 2;
          if (alpha < 1e-14) {
            evaluate(u, gradient);
            return new Outcome.Stalled(k, diagnosis());
          }
        }
        double ss = 0;
        double sy = 0;
        for (int i = 0; i < u.length; i++) {
          double s = trial[i] - u[i];
          ss += s * s;
          sy += s * (trialGradient[i] - gradient[i]);
        }
        step = sy <= 0 ? 1e10 : Math.clamp(ss / sy, 1e-10, 1e10);
        u = trial;
        gradient = trialGradient;
        cost = trialCost;
      }
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
      return sum;
    }
  }
}
