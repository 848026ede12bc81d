package org.costate.examples.control;

import java.io.IOException;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.Instant;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.solve.MultiStart;
import org.costate.control.system.CartPole;
import org.costate.examples.Experiment;
import org.costate.graph.Value;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Kelly's cart-pole swing-up, the one of ALTRO, and twenty random starts.
@Command(
    name = "cart-pole",
    description =
        "Swing up a pole on a cart with the least force; compared with published results.",
    mixinStandardHelpOptions = true)
public final class CartPoleSwingUp extends Experiment {
  @Option(
      names = "--steps",
      defaultValue = "100",
      description = "Steps of the horizon (default ${DEFAULT-VALUE}).")
  private int steps;

  /// For the command line.
  public CartPoleSwingUp() {}

  @Override
  protected void execute(Run run) throws IOException {
    double[] upright = {1, Math.PI, 0, 0};
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole())
            .horizon(steps)
            .duration(2)
            .runningCost(at -> at.control().dot(at.control()))
            .controlBounds(-20, 20)
            .stateBounds("position", -2, 2)
            .endingAt(upright);
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.straightLine(problem, upright);
    Solution solution = new InteriorPoint().solve(compiled, guess);
    ControlReport.solution(run, compiled, solution);
    run.figure(
        "phase-portrait",
        ControlFigures.phasePortrait(solution, "angle", "angular velocity"),
        "The pole in its phase plane.");
    run.report().heading("Published results");
    double kelly = 58.8076674581;
    ControlReport.say(
        run,
        "Kelly (SIAM Review 2017): the continuous optimum from this start is 58.8077; with a control that is constant over %d steps we find %.4f."
            .formatted(steps, solution.cost()));
    run.result("above_continuous", solution.cost() / kelly - 1);
    Solution altro = altro();
    ControlReport.say(
        run,
        "ALTRO's quick start publishes a cost of 1.539 for its cart-pole; this finds %.6f in %.0f ms."
            .formatted(altro.cost(), 1e3 * altro.seconds()));
    run.result("altro_cost", altro.cost());
    run.report().heading("Twenty starts");
    List<Solution> all =
        new MultiStart(new InteriorPoint(), 20, new double[] {2}, run.seed()).solve(problem, guess);
    long asGood =
        all.stream()
            .filter(s -> s.outcome().converged() && s.cost() <= solution.cost() * (1 + 1e-6))
            .count();
    ControlReport.say(
        run,
        "Of twenty random starts %d end in this minimum or a better one; the best costs %.4f."
            .formatted(asGood, all.getFirst().cost()));
    run.result("starts_as_good", asGood);
  }

  /// The problem of ALTRO's quick start.
  private static Solution altro() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole(1, 0.2, 0.5, 9.81))
            .horizon(100)
            .duration(5)
            .stageCost(
                at ->
                    away(at)
                        .times(0.01)
                        .plus(at.control().dot(at.control()).times(0.1))
                        .times(0.5 * 0.05))
            .terminalCost(at -> away(at).times(50))
            .controlBounds(-3, 3)
            .endingAt(0, Math.PI, 0, 0);
    return new InteriorPoint().solve(problem, Trajectory.standing(problem, 0.01));
  }

  private static Value away(Instant at) {
    Value d = at.state().minus(at.graph().constant(0, Math.PI, 0, 0));
    return d.dot(d);
  }
}
