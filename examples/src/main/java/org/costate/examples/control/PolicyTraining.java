package org.costate.examples.control;

import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.square;
import static org.costate.graph.Functions.tanh;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Trajectory;
import org.costate.control.plot.RobotAnimation;
import org.costate.control.system.CartPole;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.plot.Figures;
import org.costate.random.RandomStream;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Sweep;
import org.costate.unroll.Unroll;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A network u = π(x; θ) learns to balance a cart-pole from any leaning start, by backpropagation
/// through the simulator.
@Command(
    name = "policy",
    description = "Train a network to balance a cart-pole by BPTT through the simulator.",
    mixinStandardHelpOptions = true)
public final class PolicyTraining extends Experiment {
  private static final int LANES = 32;
  private static final int STEPS = 100;
  private static final double STEP = 0.03;

  @Option(
      names = "--updates",
      defaultValue = "600",
      description = "Updates of the weights (default ${DEFAULT-VALUE}).")
  private int updates;

  @Option(
      names = "--hidden",
      defaultValue = "16",
      description = "Hidden units (default ${DEFAULT-VALUE}).")
  private int hidden;

  /// For the command line.
  public PolicyTraining() {}

  @Override
  protected void execute(Run run) throws IOException {
    if (updates < 1 || hidden < 1) {
      throw new IllegalArgumentException(
          "policy: --updates and --hidden must be positive, got %d and %d."
              .formatted(updates, hidden));
    }
    StepGraph policy =
        StepGraph.define(
            "policy",
            s -> {
              Value x = s.input("x", 4);
              Value features =
                  org.costate.graph.Functions.stack(
                      x.at(0), sin(x.at(1)), cos(x.at(1)).plus(1), x.at(2), x.at(3));
              Value h =
                  tanh(
                      s.shared("W1", Initializer.glorotUniform(), hidden, 5)
                          .times(features)
                          .plus(s.shared("b1", Initializer.zeros(), hidden)));
              s.output(
                  "u",
                  tanh(s.shared("W2", Initializer.glorotUniform(), 1, hidden).times(h)).times(20));
            });
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole())
            .horizon(STEPS)
            .duration(STEPS * STEP)
            .runningCost(
                at ->
                    cos(at.x(1))
                        .plus(1)
                        .times(10)
                        .plus(square(at.x(0)).times(0.5))
                        .plus(square(at.x(2)).times(0.1))
                        .plus(square(at.x(3)).times(0.1))
                        .plus(square(at.u(0)).times(0.002)));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Unroll unroll = Unroll.of(compiled.step(policy));
    Parameters theta = Parameters.initialise(unroll.layout(), run.seed());
    RandomStream random = RandomStream.of(run.seed(), "starts");
    double[] costs = new double[updates];
    double[] norms = new double[updates];
    double[] index = new double[updates];
    var updater =
        new Updater(
            new Optimizer.Adam(),
            new Schedule.WarmupCosine(2e-2, 20, updates),
            new Clipping.GlobalNorm(1),
            0,
            theta.values().length);
    Map<String, double[]> flow = new LinkedHashMap<>();
    try (Progress progress = run.progress("training", updates)) {
      for (int i = 0; i < updates; i++) {
        // The horizon grows: a bad policy falls, and a fall is chaotic.
        int horizon = Math.clamp(20 + 100L * i / Math.max(1, updates / 2), 20, STEPS);
        var tape = unroll.forward(theta, starts(random), time(horizon));
        costs[i] = tape.rollout().sum("cost") / (LANES * horizon * STEP);
        index[i] = i;
        boolean shown = i == 0 || i == updates / 2 || i == updates - 1;
        Cotangents bar =
            tape.backward(
                Seeds.of("cost", 1.0 / LANES), shown ? Sweep.full().withFlow() : Sweep.full());
        if (shown) {
          flow.put("update " + i, bar.flow().get("").costateNorm());
        }
        norms[i] = updater.apply(theta.values(), bar.parameters().values(), 1).norm();
        progress.at(i + 1, "cost %.3f".formatted(costs[i]));
      }
    }
    report(run, compiled, unroll, theta, new double[][] {index, costs, norms}, flow);
  }

  private static State starts(RandomStream random) {
    double[] z = new double[4 * LANES];
    for (int lane = 0; lane < LANES; lane++) {
      z[4 * lane] = random.nextDouble(-0.5, 0.5);
      z[4 * lane + 1] = Math.PI + random.nextDouble(-0.6, 0.6);
      z[4 * lane + 2] = random.nextDouble(-0.5, 0.5);
      z[4 * lane + 3] = random.nextDouble(-0.5, 0.5);
    }
    return new State(LANES, Map.of("z", z));
  }

  private static Sequences time(int horizon) {
    double[][] k = new double[horizon][LANES];
    for (int t = 0; t < horizon; t++) {
      java.util.Arrays.fill(k[t], t);
    }
    return Sequences.of(LANES, horizon).with("k", new Series(Shape.SCALAR, LANES, k));
  }

  private static void report(
      Run run,
      CompiledProblem compiled,
      Unroll unroll,
      Parameters theta,
      double[][] curves,
      Map<String, double[]> flow)
      throws IOException {
    Rollout test =
        unroll.evaluate(theta, starts(RandomStream.of(run.seed(), "test starts")), time(3 * STEPS));
    int upright = 0;
    double[] end = test.finalState().get("z");
    for (int lane = 0; lane < LANES; lane++) {
      double lean = Math.abs(end[4 * lane + 1] - Math.PI);
      upright += lean < 0.1 && Math.abs(end[4 * lane]) < 1 ? 1 : 0;
    }
    ControlReport.say(
        run,
        "Of %d new starts %d are balanced after %.0f s, three times as long as was trained."
            .formatted(LANES, upright, 3 * STEPS * STEP));
    run.result("balanced", upright);
    run.result("starts", LANES);
    run.figure(
        "training",
        Figures.curves(
            "Training the policy",
            "update",
            "cost a second; gradient norm",
            Map.of(
                "cost", new double[][] {curves[0], curves[1]},
                "‖∂J/∂θ‖", new double[][] {curves[0], curves[2]}),
            true),
        "The horizon grows from 20 to 100 steps over the first half.");
    run.figure(
        "gradient-flow",
        Figures.normOverTime("Gradient flow through the simulator", flow),
        "Norm of the costate over the steps: while the policy is bad, the unstable plant makes it"
            + " explode backward.");
    double[][] x = new double[3 * STEPS + 1][4];
    double[][] u = new double[3 * STEPS][1];
    for (int t = 0; t < 3 * STEPS; t++) {
      System.arraycopy(test.output("zAt").steps()[t], 0, x[t], 0, 4);
      u[t][0] = test.output("uAt").steps()[t][0];
    }
    System.arraycopy(end, 0, x[3 * STEPS], 0, 4);
    ControlReport.animation(
        run,
        "animation",
        new RobotAnimation(
            (CartPole) compiled.problem().plant(),
            new Trajectory(x, u, new double[0], 3 * STEPS * STEP),
            java.util.List.of()));
  }
}
