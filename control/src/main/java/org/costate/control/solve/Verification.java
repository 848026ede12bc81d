package org.costate.control.solve;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.ode.FirstOrderDifferentialEquations;
import org.apache.commons.math3.ode.nonstiff.DormandPrince853Integrator;
import org.costate.control.CompiledProblem;
import org.costate.control.Dynamics;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.graph.Reverse;
import org.costate.graph.StepGraph;
import org.costate.internal.control.Graphs;
import org.costate.internal.control.Stages;
import org.costate.unroll.Loop;

/// An independent look at a solution: the plant followed by an adaptive integrator, the conditions
/// of Pontryagin's maximum principle, the costate three ways, and the constraints between the
/// steps. Numbers are largest absolute differences; what cannot be computed is NaN.
///
/// @param simulation the states against those of an adaptive integrator (Dormand–Prince 8(5,3),
///   tolerance 10⁻¹²) under the same controls: the error of the discretisation; grows with unstable
///   plants
/// @param cost the cost against the adaptive one, relatively
/// @param controlSlope |∂H/∂u| of controls inside their bounds, from the discrete Hamiltonian
/// @param wrongSigns how many controls on a bound would lower the cost if they left it
/// @param tape the costates of the solution against those of the tape (one sweep of the adjoint
///   over the unrolled plant, path constraints weighed by their multipliers)
/// @param continuous the costates against the costate equation λ̇ = −∂H/∂x integrated backward in
///   continuous time, relative to the largest costate: O(h) because the control is constant over a
///   step
/// @param differences the costate at 0 against central differences of the Lagrangian over x₀,
///   relative to the largest
/// @param between the constraints at nine points between any two steps: by how much the worst is
///   violated
/// @param betweenAt when that is, s
/// @param betweenName which it is
/// @param hamiltonian the spread of the Hamiltonian over time, relative to its largest value
public record Verification(
    double simulation,
    double cost,
    double controlSlope,
    int wrongSigns,
    double tape,
    double continuous,
    double differences,
    double between,
    double betweenAt,
    String betweenName,
    double hamiltonian) {

  private static final int POINTS_BETWEEN = 10;

  /// Checks a solution.
  ///
  /// @param problem the compiled problem that was solved
  /// @param solution what was found
  /// @return the differences
  public static Verification of(CompiledProblem problem, Solution solution) {
    return new Check(problem, solution).run();
  }

  /// The numbers with their names.
  ///
  /// @return one row for each: name, value
  public List<List<String>> table() {
    return List.of(
        List.of("states against an adaptive integrator", shown(simulation)),
        List.of("cost against it, relatively", shown(cost)),
        List.of("|∂H/∂u| inside the bounds", "%.2e".formatted(controlSlope)),
        List.of("controls on a bound with the wrong sign", "%d".formatted(wrongSigns)),
        List.of("costates against the tape", "%.2e".formatted(tape)),
        List.of("costates against λ̇ = −∂H/∂x, relatively", shown(continuous)),
        List.of("λ₀ against differences over x₀, relatively", "%.2e".formatted(differences)),
        List.of(
            "worst constraint between steps",
            betweenName.isEmpty()
                ? "none"
                : "%.2e (%s at t = %.3f)".formatted(between, betweenName, betweenAt)),
        List.of("spread of the Hamiltonian, relatively", "%.2e".formatted(hamiltonian)));
  }

  /// A number, or that it does not apply: without an integrator, or with costs at single steps.
  private static String shown(double difference) {
    return Double.isNaN(difference) ? "does not apply" : "%.2e".formatted(difference);
  }

  private static final class Check {
    private final CompiledProblem compiled;
    private final OptimalControlProblem problem;
    private final Solution solution;
    private final Trajectory trajectory;
    private final Stages stages;
    private final int n;
    private final int horizon;
    private final double largest;

    Check(CompiledProblem compiled, Solution solution) {
      this.compiled = compiled;
      this.problem = compiled.problem();
      this.solution = solution;
      this.trajectory = solution.trajectory();
      this.stages = compiled.stages();
      this.n = compiled.initialState().length;
      this.horizon = trajectory.horizon();
      this.largest =
          Math.max(
              1e-300,
              Arrays.stream(solution.costates())
                  .flatMapToDouble(Arrays::stream)
                  .map(Math::abs)
                  .max()
                  .orElse(0));
    }

    Verification run() {
      boolean isContinuous = problem.plant() instanceof Dynamics;
      double[] simulated = isContinuous ? simulate() : new double[] {Double.NaN, Double.NaN};
      double[] slopes = slopes();
      double[] worst = between();
      double[] h = solution.hamiltonian();
      double low = Arrays.stream(h).min().orElse(0);
      double high = Arrays.stream(h).max().orElse(0);
      return new Verification(
          simulated[0],
          simulated[1],
          slopes[0],
          (int) slopes[1],
          slopes[2],
          isContinuous && problem.stageCost() == null ? backward() : Double.NaN,
          differences(),
          worst[0],
          worst[1],
          worstName,
          (high - low) / Math.max(1e-300, Math.max(Math.abs(low), Math.abs(high))));
    }

    private double[] state(int k) {
      double[] z = Arrays.copyOf(trajectory.states()[k], stages.n);
      System.arraycopy(trajectory.parameters(), 0, z, n, stages.n - n);
      return z;
    }

    private Loop rates(StepGraph graph) {
      return Loop.of(graph, problem.weights(), 1);
    }

    /// The plant and the running cost by an adaptive integrator.
    private double[] simulate() {
      Loop rates = rates(new Graphs(problem).continuous());
      var integrator = new DormandPrince853Integrator(1e-12, trajectory.duration(), 1e-12, 1e-12);
      double[] y = Arrays.copyOf(state(0), stages.n + 1);
      double h = trajectory.duration() / horizon;
      double worst = 0;
      for (int k = 0; k < horizon; k++) {
        double[] u = trajectory.controls()[k];
        var ode =
            equations(
                y.length,
                (t, at, dot) -> {
                  System.arraycopy(at, 0, rates.input("z")[0], 0, stages.n);
                  System.arraycopy(u, 0, rates.input("u")[0], 0, u.length);
                  rates.input("t")[0][0] = t;
                  rates.run();
                  System.arraycopy(rates.output("rate")[0], 0, dot, 0, n);
                  Arrays.fill(dot, n, stages.n, 0);
                  dot[stages.n] = rates.output("cost")[0][0];
                });
        integrator.integrate(ode, k * h, y, (k + 1) * h, y);
        for (int i = 0; i < n; i++) {
          worst = Math.max(worst, Math.abs(y[i] - trajectory.states()[k + 1][i]));
        }
      }
      if (problem.stageCost() != null) {
        return new double[] {worst, Double.NaN};
      }
      double total = y[stages.n] + stages.terminalCost(Arrays.copyOf(y, stages.n));
      double relative = Math.abs(total - solution.cost()) / Math.max(1e-300, Math.abs(total));
      return new double[] {worst, relative};
    }

    @FunctionalInterface
    private interface Rate {
      void at(double t, double[] y, double[] dot);
    }

    private static FirstOrderDifferentialEquations equations(int size, Rate rate) {
      return new FirstOrderDifferentialEquations() {
        @Override
        public int getDimension() {
          return size;
        }

        @Override
        public void computeDerivatives(double t, double[] y, double[] dot) {
          rate.at(t, y, dot);
        }
      };
    }

    /// ∂H/∂u inside the bounds, wrong signs on them, and the costates of one sweep of the adjoint.
    private double[] slopes() {
      Stages.Point point = stages.derivatives(Graphs.Curvature.NONE);
      double[][] z = new double[horizon + 1][];
      Arrays.setAll(z, this::state);
      point.set(z, trajectory.controls());
      point.run();
      double[] low = problem.controlLow();
      double[] high = problem.controlHigh();
      int width = stages.n + stages.m;
      double inside = 0;
      int wrong = 0;
      double tape = 0;
      double[] lambda = weighted(point, horizon, stages.n, point.endOutput("costBy").clone());
      double[] bound = bounds(horizon);
      for (int i = 0; i < n; i++) {
        lambda[i] += bound[i];
      }
      tape = difference(tape, lambda, horizon);
      for (int k = horizon - 1; k >= 0; k--) {
        double[] slope = weighted(point, k, width, point.output("costBy")[k].clone());
        double[] by = point.output("nextBy")[k];
        for (int j = 0; j < width; j++) {
          for (int l = 0; l < stages.n; l++) {
            slope[j] += by[l * width + j] * lambda[l];
          }
        }
        for (int i = 0; i < stages.m; i++) {
          double u = trajectory.controls()[k][i];
          double down = slope[stages.n + i];
          double near = 1e-5 * Math.max(1, Math.min(high[i] - low[i], Math.abs(u)));
          boolean atLow = u < low[i] + near;
          boolean atHigh = u > high[i] - near;
          if (!atLow && !atHigh) {
            inside = Math.max(inside, Math.abs(down));
          } else if (atLow && down < -1e-4 * largest || atHigh && down > 1e-4 * largest) {
            wrong++;
          }
        }
        lambda = Arrays.copyOf(slope, stages.n);
        bound = bounds(k);
        for (int i = 0; k > 0 && i < n; i++) {
          lambda[i] += bound[i];
        }
        tape = difference(tape, lambda, k);
      }
      return new double[] {inside, wrong, tape};
    }

    private double difference(double most, double[] lambda, int k) {
      double worst = most;
      for (int i = 0; i < n; i++) {
        worst = Math.max(worst, Math.abs(lambda[i] - solution.costates()[k][i]));
      }
      return worst;
    }

    private double[] bounds(int k) {
      double[][] rows = solution.multipliers().get("state bounds");
      return rows == null ? new double[n] : rows[k];
    }

    /// Adds the multipliers of the constraints at k times their Jacobians.
    private double[] weighted(Stages.Point point, int k, int width, double[] slope) {
      boolean end = k == horizon;
      for (boolean equality : new boolean[] {true, false}) {
        String output = equality ? "equalityBy" : "inequalityBy";
        double[][] rows = end ? null : point.output(output);
        double[] by = end ? point.endOutput(output) : rows == null ? null : rows[k];
        List<String> names = stages.names(end, equality);
        for (int r = 0; r < names.size(); r++) {
          double dual = dual(names.get(r), k);
          for (int j = 0; j < width; j++) {
            slope[j] += dual * by[r * width + j];
          }
        }
      }
      return slope;
    }

    /// λ̇ = −∂H/∂x, together with the plant, backward in continuous time.
    private double backward() {
      StepGraph rates = new Graphs(problem).continuous();
      Loop pullback = rates(hamiltonian(rates));
      var integrator = new DormandPrince853Integrator(1e-12, trajectory.duration(), 1e-10, 1e-10);
      double h = trajectory.duration() / horizon;
      double[] lambda = solution.costates()[horizon].clone();
      double worst = 0;
      for (int k = horizon - 1; k >= 0; k--) {
        double[] u = trajectory.controls()[k];
        double[] y = Arrays.copyOf(trajectory.states()[k + 1], 2 * n);
        System.arraycopy(lambda, 0, y, n, n);
        var ode =
            equations(
                2 * n,
                (t, at, dot) -> {
                  double[] z = pullback.input("z")[0];
                  System.arraycopy(at, 0, z, 0, n);
                  System.arraycopy(trajectory.parameters(), 0, z, n, stages.n - n);
                  System.arraycopy(u, 0, pullback.input("u")[0], 0, u.length);
                  System.arraycopy(at, n, pullback.input("costate")[0], 0, n);
                  pullback.input("t")[0][0] = t;
                  pullback.run();
                  System.arraycopy(pullback.output("rate")[0], 0, dot, 0, n);
                  double[] slope = pullback.output("zGradient")[0];
                  for (int i = 0; i < n; i++) {
                    dot[n + i] = -slope[i];
                  }
                });
        integrator.integrate(ode, (k + 1) * h, y, k * h, y);
        System.arraycopy(y, n, lambda, 0, n);
        // Constraints act at the steps: there the costate jumps.
        double[] jump =
            weighted(
                stages.derivatives(Graphs.Curvature.NONE),
                k,
                stages.n + stages.m,
                new double[stages.n + stages.m]);
        double[] bound = bounds(k);
        for (int i = 0; i < n; i++) {
          lambda[i] += jump[i] + (k > 0 ? bound[i] : 0);
        }
        for (int i = 0; i < n; i++) {
          worst = Math.max(worst, Math.abs(lambda[i] - solution.costates()[k][i]));
        }
      }
      return worst / largest;
    }

    /// ℓ + λᵀf with its gradient by z.
    private StepGraph hamiltonian(StepGraph rates) {
      StepGraph scalar =
          StepGraph.define(
              rates.name(),
              s -> {
                var z = s.input("z", stages.n);
                var u = s.input("u", stages.m);
                var t = s.input("t");
                var lambda = s.input("costate", n);
                var outputs = s.apply(rates, java.util.Map.of("z", z, "u", u, "t", t)).outputs();
                s.output("rate", outputs.get("rate"));
                s.output("H", outputs.get("cost").plus(outputs.get("rate").hadamard(lambda).sum()));
              });
      return Reverse.gradient(scalar, "H", "z");
    }

    /// λ₀ by central differences over x₀ of the Lagrangian at fixed controls and multipliers, whose
    /// slope at an optimum is ∂J*/∂x₀. Unstable plants bend so much that no one step suits all: the
    /// best of five counts.
    private double differences() {
      double[] x = compiled.initialState();
      boolean[] free = problem.freeInitial();
      double worst = 0;
      for (int i = 0; i < n; i++) {
        if (free[i]) {
          continue;
        }
        double best = Double.POSITIVE_INFINITY;
        for (double step = 1e-4; step > 1e-9; step /= 10) {
          double e = step * Math.max(1, Math.abs(x[i]));
          double[] plus = x.clone();
          double[] minus = x.clone();
          plus[i] += e;
          minus[i] -= e;
          double difference = (lagrangian(plus) - lagrangian(minus)) / (2 * e);
          best = Math.min(best, Math.abs(difference - solution.costates()[0][i]));
        }
        worst = Math.max(worst, best);
      }
      return worst / largest;
    }

    /// J + Σ multipliers · constraints along the trajectory that the controls lead to.
    private double lagrangian(double[] x0) {
      double[][] x = compiled.startingAt(x0).rollout(trajectory).trajectory().states();
      double[][] z = new double[horizon + 1][];
      for (int k = 0; k <= horizon; k++) {
        z[k] = state(k);
        System.arraycopy(x[k], 0, z[k], 0, n);
      }
      Stages.Point values = stages.values();
      values.set(z, trajectory.controls());
      values.run();
      double sum = values.cost();
      for (int k = 0; k <= horizon; k++) {
        boolean end = k == horizon;
        for (boolean equality : new boolean[] {true, false}) {
          String output = equality ? "equality" : "inequality";
          double[][] rows = end ? null : values.output(output);
          double[] g = end ? values.endOutput(output) : rows == null ? null : rows[k];
          List<String> names = stages.names(end, equality);
          for (int r = 0; r < names.size(); r++) {
            sum += dual(names.get(r), k) * g[r];
          }
        }
        double[] bound = bounds(k);
        for (int i = 0; k > 0 && i < n; i++) {
          sum += bound[i] * x[k][i];
        }
      }
      return sum;
    }

    /// The multiplier of a row of constraints at k.
    private double dual(String name, int k) {
      double[][] duals = solution.multipliers().get(name);
      return duals == null ? 0 : duals[k == horizon ? duals.length - 1 : k][0];
    }

    private String worstName = "";

    /// The worst constraint between steps, on the lines between them of states integrated finely.
    private double[] between() {
      if (!(problem.plant() instanceof Dynamics) || stages.inequalities(false) == 0) {
        return new double[] {0, 0};
      }
      Loop loop = rates(new Graphs(problem).substep(POINTS_BETWEEN));
      Stages.Point values = stages.values();
      double worst = Double.NEGATIVE_INFINITY;
      double when = 0;
      double[][] z = new double[horizon + 1][];
      Arrays.setAll(z, this::state);
      List<String> names = stages.names(false, false);
      for (int part = 0; part < POINTS_BETWEEN; part++) {
        values.set(z, trajectory.controls());
        values.run();
        for (int k = part == 0 ? 1 : 0; k < horizon; k++) {
          double[] g = values.output("inequality")[k];
          for (int r = 0; r < g.length; r++) {
            if (g[r] > worst) {
              worst = g[r];
              when = (k + (double) part / POINTS_BETWEEN) * trajectory.duration() / horizon;
              worstName = names.get(r);
            }
          }
        }
        for (int k = 0; k < horizon; k++) {
          System.arraycopy(z[k], 0, loop.input("z")[0], 0, stages.n);
          System.arraycopy(trajectory.controls()[k], 0, loop.input("u")[0], 0, stages.m);
          loop.input("k")[0][0] = k + (double) part / POINTS_BETWEEN;
          loop.run();
          System.arraycopy(loop.output("next")[0], 0, z[k], 0, stages.n);
        }
      }
      return new double[] {worst, when};
    }
  }
}
