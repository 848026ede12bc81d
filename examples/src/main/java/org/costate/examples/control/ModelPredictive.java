package org.costate.examples.control;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Trajectory;
import org.costate.control.plot.RobotAnimation;
import org.costate.control.solve.Mpc;
import org.costate.control.system.CartPole;
import org.costate.examples.Experiment;
import org.costate.graph.Functions;
import org.costate.plot.Figures;
import org.costate.random.RandomStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A receding horizon balances a cart-pole whose true mass differs from the model's, and that is
/// pushed at random.
@Command(
    name = "mpc",
    description = "Model predictive control of a pushed cart-pole, with the time of every step.",
    mixinStandardHelpOptions = true)
public final class ModelPredictive extends Experiment {
  @Option(
      names = "--window",
      defaultValue = "30",
      description = "Steps that are looked ahead (default ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--steps",
      defaultValue = "1000",
      description = "Steps that are simulated (default ${DEFAULT-VALUE}).")
  private int steps;

  /// For the command line.
  public ModelPredictive() {}

  @Override
  protected void execute(Run run) throws IOException {
    if (window < 2 || steps < 100) {
      throw new IllegalArgumentException(
          "mpc: --window must be at least 2 and --steps at least 100, got %d and %d."
              .formatted(window, steps));
    }
    double step = 0.02;
    OptimalControlProblem problem = problem(new CartPole(), window, step);
    CompiledProblem plant = CompiledProblem.of(problem(new CartPole(1, 0.36, 0.5, 9.81), 1, step));
    var controller = new Mpc(problem, 20);
    RandomStream random = RandomStream.of(run.seed(), "pushes");
    double[][] x = new double[steps + 1][];
    double[][] u = new double[steps][];
    double[] milliseconds = new double[steps];
    x[0] = new double[] {0, Math.PI - 0.3, 0, 0};
    double worst = 0;
    for (int k = 0; k < steps; k++) {
      u[k] = controller.step(x[k]);
      milliseconds[k] = 1e3 * controller.seconds();
      double[] force = {u[k][0] + (k % 100 == 50 ? 20 * random.nextGaussian() : 0)};
      double[] now = x[k];
      x[k + 1] =
          plant
              .startingAt(now)
              .rollout(
                  new Trajectory(
                      new double[][] {now, now}, new double[][] {force}, new double[0], step))
              .trajectory()
              .states()[1];
      worst = Math.max(worst, k < 100 ? 0 : Math.abs(x[k + 1][1] - Math.PI));
    }
    var motion = new Trajectory(x, u, new double[0], steps * step);
    double[] warm = Arrays.copyOfRange(milliseconds, steps / 2, steps);
    Arrays.sort(warm);
    ControlReport.say(
        run,
        "Window of %d steps: median %.3f ms, worst %.3f ms over the last %d of %d steps. The pole leaves the vertical by at most %.3f rad after a push."
            .formatted(
                window, warm[warm.length / 2], warm[warm.length - 1], warm.length, steps, worst));
    run.result("median_ms", warm[warm.length / 2]);
    run.result("worst_ms", warm[warm.length - 1]);
    run.result("worst_angle", worst);
    ControlReport.animation(
        run, "animation", new RobotAnimation(new CartPole(), motion, java.util.List.of()));
    Map<String, double[][]> curves = new LinkedHashMap<>();
    curves.put("angle − π, rad", shifted(motion, 1, -Math.PI));
    curves.put("position, m", shifted(motion, 0, 0));
    run.figure(
        "states",
        Figures.curves("The pushed cart-pole", "time, s", "state", curves, false),
        "A push every two seconds; the model thinks the pole a sixth lighter than it is.");
    double[] index = new double[steps];
    Arrays.setAll(index, k -> k);
    run.figure(
        "timing",
        Figures.curves(
            "Time of a step",
            "step",
            "time, ms",
            Map.of("time", new double[][] {index, milliseconds}),
            true),
        "The first steps are slow while the machine warms up.");
  }

  private static double[][] shifted(Trajectory motion, int i, double by) {
    double[] values = Arrays.stream(motion.state(i)).map(v -> v + by).toArray();
    return new double[][] {motion.times(), values};
  }

  private static OptimalControlProblem problem(CartPole cart, int window, double step) {
    return OptimalControlProblem.of(cart)
        .horizon(window)
        .duration(window * step)
        .controlBounds(-20, 20)
        .stageCost(
            at ->
                Functions.square(at.x(1).minus(Math.PI))
                    .times(10)
                    .plus(Functions.square(at.x(0)))
                    .plus(Functions.square(at.x(2)).times(0.1))
                    .plus(Functions.square(at.x(3)).times(0.1))
                    .plus(Functions.square(at.u(0)).times(0.001)))
        .terminalCost(
            at ->
                Functions.square(at.x(1).minus(Math.PI))
                    .times(500)
                    .plus(Functions.square(at.x(0)).times(50))
                    .plus(Functions.square(at.x(2)).times(20))
                    .plus(Functions.square(at.x(3)).times(20)));
  }
}
