package org.costate.examples.control;

import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.square;
import static org.costate.graph.Functions.tanh;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.DiscretePlant;
import org.costate.control.Instant;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Plant;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.plot.RobotAnimation;
import org.costate.control.solve.Ddp;
import org.costate.control.system.Pendulum;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.graph.Initializer;
import org.costate.graph.Parameter;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.plot.Figures;
import org.costate.random.RandomStream;
import org.costate.unroll.Parameters;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Unroll;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A residual network learns a pendulum from recordings by BPTT; then a swing-up is planned through
/// the network and played on the true pendulum.
@Command(
    name = "learned-plant",
    description =
        "Learn a pendulum with a network, plan through the network, play on the pendulum.",
    mixinStandardHelpOptions = true)
public final class LearnedPlant extends Experiment {
  private static final double STEP = 0.05;
  private static final int WINDOW = 10;
  private static final int LANES = 64;

  @Option(
      names = "--updates",
      defaultValue = "4000",
      description = "Updates of the weights (default ${DEFAULT-VALUE}).")
  private int updates;

  @Option(
      names = "--hidden",
      defaultValue = "32",
      description = "Hidden units (default ${DEFAULT-VALUE}).")
  private int hidden;

  /// For the command line.
  public LearnedPlant() {}

  /// x′ = x + W₂ tanh(W₁ (sin q, cos q, q̇, u) + b₁) + b₂.
  private final class Network {
    private final Parameter w1 = Parameter.of("W1", Initializer.glorotUniform(), hidden, 4);
    private final Parameter b1 = Parameter.of("b1", Initializer.zeros(), hidden);
    private final Parameter w2 = Parameter.of("W2", Initializer.glorotUniform(), 2, hidden);
    private final Parameter b2 = Parameter.of("b2", Initializer.zeros(), 2);

    Value next(StepBuilder s, Value x, Value u) {
      Value features =
          concat(
              org.costate.graph.Functions.sin(x.slice(0, 1)),
              org.costate.graph.Functions.cos(x.slice(0, 1)),
              x.slice(1, 2).times(0.2),
              u.times(0.3));
      Value inner = tanh(s.shared(w1).times(features).plus(s.shared(b1)));
      return x.plus(s.shared(w2).times(inner).plus(s.shared(b2)).times(0.3));
    }

    /// The network as a plant; with a target also the loss of its prediction.
    StepGraph step(boolean learning) {
      return StepGraph.define(
          "network",
          s -> {
            Value x = s.carry("x", 2);
            Value u = s.input("u", 1);
            Value next = next(s, x, u);
            s.next(x, next);
            if (learning) {
              Value error = next.minus(s.input("target", 2));
              s.output("loss", error.dot(error));
            }
          });
    }
  }

  @Override
  protected void execute(Run run) throws IOException {
    if (updates < 1 || hidden < 1) {
      throw new IllegalArgumentException(
          "learned-plant: --updates and --hidden must be positive, got %d and %d."
              .formatted(updates, hidden));
    }
    var pendulum = new Pendulum(1, 1, 0.1, 9.81);
    var network = new Network();
    Parameters theta = learn(run, pendulum, network);
    run.report().heading("Planning through the network");
    OptimalControlProblem learned = problem(DiscretePlant.of(network.step(false))).weights(theta);
    OptimalControlProblem truth = problem(pendulum).duration(60 * STEP);
    Ddp ddp = Ddp.ilqr().withMultipleShooting();
    double[] up = {Math.PI, 0};
    CompiledProblem compiled = CompiledProblem.of(learned);
    Solution plan = ddp.solve(compiled, Trajectory.straightLine(learned, up));
    ControlReport.outcome(run, plan);
    CompiledProblem real = CompiledProblem.of(truth);
    CompiledProblem.Simulated played = play(real, truth, plan);
    Solution best = ddp.solve(real, Trajectory.straightLine(truth, up));
    double[] end = played.trajectory().states()[60];
    ControlReport.say(
        run,
        "Played on the true pendulum, with the feedback that planning gives, the plan costs %.4f (the network promised %.4f; planning with the true equations costs %.4f) and ends at %.3f rad, %.3f rad/s."
            .formatted(played.cost(), plan.cost(), best.cost(), end[0], end[1]));
    run.result("promised", plan.cost());
    run.result("played", played.cost());
    run.result("best", best.cost());
    Map<String, double[][]> angles = new LinkedHashMap<>();
    double[] times = played.trajectory().times();
    angles.put("promised by the network", new double[][] {times, plan.trajectory().state(0)});
    angles.put("true pendulum", new double[][] {times, played.trajectory().state(0)});
    angles.put("planned with true equations", new double[][] {times, best.trajectory().state(0)});
    run.figure(
        "angles",
        Figures.curves("Swing-up", "time, s", "angle, rad", angles, false),
        "What the network promised and what happened.");
    run.figure(
        "costates",
        ControlFigures.gradientFlow(
            Map.of(
                "through the network", plan.costates(), "through the equations", best.costates())),
        "The costate flows through the learned plant as through the true one.");
    ControlReport.animation(
        run, "animation", new RobotAnimation(pendulum, played.trajectory(), java.util.List.of()));
  }

  /// The plan on the true pendulum: u = uₖ + Kₖ (x − xₖ), within the bounds.
  private static CompiledProblem.Simulated play(
      CompiledProblem real, OptimalControlProblem truth, Solution plan) {
    CompiledProblem one = CompiledProblem.of(truth.horizon(1).duration(STEP));
    double[] x = real.initialState();
    double[][] u = new double[60][1];
    for (int k = 0; k < 60; k++) {
      double torque = plan.trajectory().controls()[k][0];
      for (int i = 0; i < 2; i++) {
        torque += plan.gains()[k][i] * (x[i] - plan.trajectory().states()[k][i]);
      }
      u[k][0] = Math.clamp(torque, -6, 6);
      Trajectory step =
          new Trajectory(new double[][] {x, x}, new double[][] {u[k]}, new double[0], STEP);
      x = one.startingAt(x).rollout(step).trajectory().states()[1];
    }
    return real.rollout(new Trajectory(plan.trajectory().states(), u, new double[0], 60 * STEP));
  }

  private static OptimalControlProblem problem(Plant plant) {
    return OptimalControlProblem.of(plant)
        .horizon(60)
        .controlBounds(-6, 6)
        .stageCost(at -> square(at.u(0)).times(0.005).plus(away(at).times(0.005)))
        .terminalCost(at -> away(at).times(20));
  }

  private static Value away(Instant at) {
    Value d = at.state().minus(at.graph().constant(Math.PI, 0));
    return d.dot(d);
  }

  private Parameters learn(Run run, Pendulum pendulum, Network network) throws IOException {
    Unroll unroll = Unroll.of(network.step(true));
    Parameters theta = Parameters.initialise(unroll.layout(), run.seed());
    var updater =
        new Updater(
            new Optimizer.Adam(),
            new Schedule.WarmupCosine(3e-3, 100, updates),
            new Clipping.GlobalNorm(1),
            0,
            theta.values().length);
    OptimalControlProblem recording =
        OptimalControlProblem.of(pendulum).horizon(WINDOW).duration(WINDOW * STEP);
    Unroll simulator = Unroll.of(CompiledProblem.of(recording).step());
    RandomStream random = RandomStream.of(run.seed(), "recordings");
    double[] losses = new double[updates];
    double[] index = new double[updates];
    try (Progress progress = run.progress("learning", updates)) {
      for (int i = 0; i < updates; i++) {
        Sequences batch = batch(simulator, random);
        State start = start(batch);
        var tape = unroll.forward(theta, start, batch);
        losses[i] = tape.rollout().sum("loss") / (LANES * WINDOW);
        index[i] = i;
        double[] gradient =
            tape.backward(Seeds.of("loss", 1.0 / (LANES * WINDOW))).parameters().values();
        updater.apply(theta.values(), gradient, 1);
        progress.at(i + 1, "loss %.2e".formatted(losses[i]));
      }
    }
    run.figure(
        "learning",
        Figures.curves(
            "Learning the pendulum",
            "update",
            "squared error of a step",
            Map.of("loss", new double[][] {index, losses}),
            true),
        "Mean squared error of predictions over windows of ten steps.");
    run.result("loss", losses[updates - 1]);
    return theta;
  }

  /// Windows of the true pendulum from random states under random torques, all at once.
  private static Sequences batch(Unroll simulator, RandomStream random) {
    double[][] u = new double[WINDOW][LANES];
    double[][] k = new double[WINDOW][LANES];
    double[] start = new double[2 * LANES];
    for (int lane = 0; lane < LANES; lane++) {
      start[2 * lane] = random.nextDouble(-1, 5);
      start[2 * lane + 1] = random.nextDouble(-7, 7);
      for (int t = 0; t < WINDOW; t++) {
        u[t][lane] = random.nextDouble(-6, 6);
      }
    }
    Sequences torques =
        Sequences.of(LANES, WINDOW)
            .with("u", new Series(Shape.of(1), LANES, u))
            .with("k", new Series(Shape.SCALAR, LANES, k));
    Rollout rollout =
        simulator.evaluate(
            Parameters.initialise(simulator.layout(), 0),
            new State(LANES, Map.of("z", start)),
            torques);
    double[][] target = new double[WINDOW][];
    for (int t = 0; t < WINDOW; t++) {
      target[t] =
          t + 1 < WINDOW ? rollout.output("zAt").steps()[t + 1] : rollout.finalState().get("z");
    }
    return torques
        .with("target", new Series(Shape.of(2), LANES, target))
        .with("start", Series.constant(Shape.of(2), LANES, WINDOW, start));
  }

  private static State start(Sequences batch) {
    return new State(LANES, Map.of("x", batch.input("start").steps()[0]));
  }
}
