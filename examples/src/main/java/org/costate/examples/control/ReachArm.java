package org.costate.examples.control;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.AugmentedLagrangian;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.system.PlanarArm;
import org.costate.examples.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A planar arm swings from hanging to horizontal with the least torque, by two methods.
@Command(
    name = "reach-arm",
    description = "A planar arm of some links reaches out with the least torque.",
    mixinStandardHelpOptions = true)
public final class ReachArm extends Experiment {
  @Option(
      names = "--links",
      defaultValue = "2",
      description = "Links of the arm, 1 to 4 (default ${DEFAULT-VALUE}).")
  private int links;

  /// For the command line.
  public ReachArm() {}

  @Override
  protected void execute(Run run) throws IOException {
    if (links < 1 || links > 4) {
      throw new IllegalArgumentException(
          "reach-arm: --links must be 1 to 4, got %d.".formatted(links));
    }
    double[] target = new double[2 * links];
    Arrays.fill(target, 0, links, Math.PI / 2);
    OptimalControlProblem problem =
        OptimalControlProblem.of(PlanarArm.rods(links, 1, 0.5))
            .horizon(100)
            .duration(1)
            .runningCost(at -> at.control().dot(at.control()))
            .endingAt(target);
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.straightLine(problem, target);
    Solution solution = new InteriorPoint().solve(compiled, guess);
    ControlReport.solution(run, compiled, solution);
    if (links == 2) {
      ControlReport.say(
          run,
          "The optimum of this discretisation, computed with CasADi and Ipopt: 9.71707695; relative difference %.1e."
              .formatted(solution.cost() / 9.71707695 - 1));
      run.result("relative_difference", solution.cost() / 9.71707695 - 1);
    }
    run.report().heading("Two methods");
    var methods = new LinkedHashMap<String, Solution>();
    methods.put("interior point", solution);
    methods.put(
        "augmented Lagrangian around iLQR", new AugmentedLagrangian().solve(compiled, guess));
    ControlReport.comparison(
        run, List.of("method", "J", "outcome", "iterations", "time"), ControlReport.rows(methods));
    run.figure(
        "costates-two-methods",
        ControlFigures.gradientFlow(
            Map.of(
                "interior point",
                solution.costates(),
                "augmented Lagrangian",
                methods.get("augmented Lagrangian around iLQR").costates())),
        "Both methods find the same costates.");
  }
}
