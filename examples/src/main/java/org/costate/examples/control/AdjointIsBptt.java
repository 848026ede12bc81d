package org.costate.examples.control;

import static org.costate.graph.Functions.square;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.Instant;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.Lqr;
import org.costate.control.solve.Stability;
import org.costate.control.system.Pendulum;
import org.costate.examples.Experiment;
import org.costate.graph.Value;
import org.costate.plot.Figures;
import picocli.CommandLine.Command;

/// The costate recursion of optimal control, backpropagation through time, and finite differences
/// give the same numbers; and where forward Euler is unstable, the gradient explodes.
@Command(
    name = "adjoint-is-bptt",
    description =
        "Costate recursion = BPTT = finite differences; unstable Euler = exploding gradient.",
    mixinStandardHelpOptions = true)
public final class AdjointIsBptt extends Experiment {
  private static final int STEPS = 100;

  /// For the command line.
  public AdjointIsBptt() {}

  @Override
  protected void execute(Run run) throws IOException {
    OptimalControlProblem problem = problem(new Integrator.Rk4(), 0.05 * STEPS);
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.standing(problem);
    for (int k = 0; k < STEPS; k++) {
      guess.controls()[k][0] = 0.8 * Math.sin(0.13 * k);
    }
    CompiledProblem.Gradient bptt = compiled.gradient(guess);
    double[][] recursion = recursion(compiled, bptt.trajectory());
    double[][] differences = differences(compiled, bptt.trajectory());
    double apart = apart(bptt.costates(), recursion);
    double fromDifferences = apart(bptt.costates(), differences);
    ControlReport.say(
        run,
        "Largest difference between BPTT and the costate recursion λₖ = Aₖᵀλₖ₊₁ + ∂ℓ/∂x: %.1e; between BPTT and central differences: %.1e."
            .formatted(apart, fromDifferences));
    run.result("recursion_difference", apart);
    run.result("finite_difference", fromDifferences);
    Map<String, double[][]> curves = new LinkedHashMap<>();
    double[] times = bptt.trajectory().times();
    curves.put("BPTT", component(times, bptt.costates()));
    curves.put("costate recursion", component(times, recursion));
    curves.put("finite differences", component(times, differences));
    run.figure(
        "three-ways",
        Figures.curves("One gradient, three ways", "time, s", "λ of the angle", curves, false),
        "Three curves on top of each other: λ of the angle of a driven pendulum.");
    run.report().heading("Instability is an exploding gradient");
    Map<String, double[][]> flow = new LinkedHashMap<>();
    double longer = 0.12 * STEPS;
    for (Integrator method :
        List.of(
            new Integrator.ExplicitEuler(),
            new Integrator.Rk4(),
            new Integrator.ImplicitMidpoint())) {
      CompiledProblem one = CompiledProblem.of(problem(method, longer));
      CompiledProblem.Gradient gradient = one.gradient(guess);
      String name = method.getClass().getSimpleName();
      flow.put(name, gradient.costates());
      Stability stability = Stability.of(one, gradient.trajectory());
      ControlReport.say(
          run,
          "%s: modes that should not grow are multiplied by at most %.4f a step; ‖λ₀‖ / ‖λ_N‖ = %.3g."
              .formatted(
                  name,
                  stability.worst(),
                  norm(gradient.costates()[0]) / norm(gradient.costates()[STEPS])));
      run.result("growth_" + name, stability.growth());
      stability
          .warning()
          .ifPresent(
              warning -> {
                run.text().println("advice: " + warning);
                run.report().advice(List.of(warning));
              });
    }
    run.figure(
        "instability",
        ControlFigures.gradientFlow(flow),
        "Norm of the costate of a free pendulum in steps of 0.12 s: forward Euler multiplies it at"
            + " every step, a stable method does not.");
  }

  private static OptimalControlProblem problem(Integrator method, double duration) {
    return OptimalControlProblem.of(new Pendulum())
        .integrator(method)
        .horizon(STEPS)
        .duration(duration)
        .startingAt(0.5, 0)
        .runningCost(at -> square(at.u(0)).times(0.01))
        .terminalCost(AdjointIsBptt::away);
  }

  private static Value away(Instant at) {
    return square(at.x(0).minus(1)).plus(square(at.x(1)));
  }

  /// The textbook recursion, with the Jacobians of the steps: λ_N = ∂Φ/∂x, λₖ = Aₖᵀ λₖ₊₁ (ℓ does
  /// not contain x here).
  private static double[][] recursion(CompiledProblem compiled, Trajectory along) {
    Lqr.Linearisation linear = Lqr.linearise(compiled, along);
    double[][] lambda = new double[STEPS + 1][2];
    double[] end = along.states()[STEPS];
    lambda[STEPS] = new double[] {2 * (end[0] - 1), 2 * end[1]};
    for (int k = STEPS - 1; k >= 0; k--) {
      for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
          lambda[k][i] += linear.a()[k][j][i] * lambda[k + 1][j];
        }
      }
    }
    return lambda;
  }

  /// Central differences of the rest of the cost over the state at every step.
  private static double[][] differences(CompiledProblem compiled, Trajectory along) {
    double[][] lambda = new double[STEPS + 1][2];
    double[] end = along.states()[STEPS];
    lambda[STEPS] = new double[] {2 * (end[0] - 1), 2 * end[1]};
    double e = 1e-5;
    for (int k = 0; k < STEPS; k++) {
      int rest = STEPS - k;
      CompiledProblem tail =
          CompiledProblem.of(
              compiled.problem().horizon(rest).duration(along.duration() * rest / STEPS));
      Trajectory controls =
          new Trajectory(
              new double[rest + 1][2],
              Arrays.copyOfRange(along.controls(), k, STEPS),
              new double[0],
              along.duration() * rest / STEPS);
      for (int i = 0; i < 2; i++) {
        double[] plus = along.states()[k].clone();
        double[] minus = plus.clone();
        plus[i] += e;
        minus[i] -= e;
        lambda[k][i] =
            (tail.startingAt(plus).rollout(controls).cost()
                    - tail.startingAt(minus).rollout(controls).cost())
                / (2 * e);
      }
    }
    return lambda;
  }

  private static double apart(double[][] a, double[][] b) {
    double most = 0;
    for (int k = 0; k < a.length; k++) {
      for (int i = 0; i < a[k].length; i++) {
        most = Math.max(most, Math.abs(a[k][i] - b[k][i]));
      }
    }
    return most;
  }

  private static double norm(double[] x) {
    return Math.sqrt(Arrays.stream(x).map(number -> number * number).sum());
  }

  private static double[][] component(double[] times, double[][] rows) {
    return new double[][] {times, Arrays.stream(rows).mapToDouble(row -> row[0]).toArray()};
  }
}
