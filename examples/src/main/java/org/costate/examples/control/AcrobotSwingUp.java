package org.costate.examples.control;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.Instant;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.Ddp;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.solve.MultiStart;
import org.costate.control.system.PlanarArm;
import org.costate.examples.Experiment;
import org.costate.graph.Value;
import picocli.CommandLine.Command;

/// The acrobot swings up: the best of many starts, and the test of trajax by three methods.
@Command(
    name = "acrobot",
    description =
        "Swing up two links with one motor between them; compared with published results.",
    mixinStandardHelpOptions = true)
public final class AcrobotSwingUp extends Experiment {
  /// For the command line.
  public AcrobotSwingUp() {}

  @Override
  protected void execute(Run run) throws IOException {
    OptimalControlProblem problem =
        OptimalControlProblem.of(PlanarArm.acrobot())
            .horizon(100)
            .duration(2)
            .runningCost(at -> at.control().dot(at.control()))
            .controlBounds(-20, 20)
            .endingAt(Math.PI, Math.PI, 0, 0);
    List<Solution> all =
        new MultiStart(new InteriorPoint(), 20, new double[] {1}, run.seed())
            .solve(problem, Trajectory.standing(problem, 0.1));
    Solution best = all.getFirst();
    ControlReport.solution(run, CompiledProblem.of(problem), best);
    run.figure(
        "phase-portrait",
        ControlFigures.phasePortrait(best, "angle 1", "angular velocity 1"),
        "The first link in its phase plane.");
    long as = all.stream().filter(s -> s.cost() <= 35.0017679 * (1 + 1e-6)).count();
    ControlReport.say(
        run,
        "%d of 20 starts reach the optimum known from two other methods, 35.0018, or a better one."
            .formatted(as));
    run.result("starts_as_good", as);
    run.report().heading("The acrobot of trajax' tests");
    OptimalControlProblem trajax = trajax();
    Trajectory guess = Trajectory.straightLine(trajax, new double[] {Math.PI, Math.PI, 0, 0});
    var methods = new LinkedHashMap<String, Solution>();
    methods.put(
        "iLQR with multiple shooting", Ddp.ilqr().withMultipleShooting().solve(trajax, guess));
    methods.put(
        "DDP with multiple shooting", new Ddp().withMultipleShooting().solve(trajax, guess));
    methods.put("interior point", new InteriorPoint().solve(trajax, guess));
    methods.put("DDP from rest", new Ddp().solve(trajax));
    ControlReport.comparison(
        run, List.of("method", "J", "outcome", "iterations", "time"), ControlReport.rows(methods));
    double least = methods.values().stream().mapToDouble(Solution::cost).min().orElse(0);
    ControlReport.say(run, "trajax accepts any cost below 51; this finds %.6f.".formatted(least));
    run.result("trajax_cost", least);
  }

  private static OptimalControlProblem trajax() {
    var link = new PlanarArm.Link(1, 1, 0.5, 1);
    var arm = new PlanarArm("acrobot", List.of(link, link), List.of(1), 9.8);
    return OptimalControlProblem.of(arm)
        .integrator(new Integrator.ExplicitEuler())
        .horizon(50)
        .duration(5)
        .stageCost(at -> away(at).times(0.05).plus(at.control().dot(at.control()).times(0.005)))
        .terminalCost(at -> away(at).times(500));
  }

  /// In angles relative to the link before.
  private static Value away(Instant at) {
    Value d =
        Instant.vector(
            at.x(0).minus(Math.PI), at.x(1).minus(at.x(0)), at.x(2), at.x(3).minus(at.x(2)));
    return d.dot(d);
  }
}
