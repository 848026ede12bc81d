package org.costate.examples.control;

import java.io.IOException;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.system.PlanarQuadrotor;
import org.costate.control.system.Quadrotor;
import org.costate.examples.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A quadrotor flies to another place: in space with quaternions, or in the plane.
@Command(
    name = "quadrotor",
    description = "A quadrotor flies to another place with bounded thrusts.",
    mixinStandardHelpOptions = true)
public final class QuadrotorFlight extends Experiment {
  @Option(names = "--planar", description = "In a vertical plane (reference problem).")
  private boolean planar;

  /// For the command line.
  public QuadrotorFlight() {}

  @Override
  protected void execute(Run run) throws IOException {
    OptimalControlProblem problem = planar ? inThePlane() : inSpace();
    double[] end = new double[problem.plant().states().size()];
    end[0] = 1;
    end[1] = 1;
    if (!planar) {
      end[2] = 1;
      end[3] = 1;
    }
    CompiledProblem compiled = CompiledProblem.of(problem);
    double hover = planar ? 9.81 / 2 : 0.5 * 9.81 / 4;
    double[] thrust = new double[problem.plant().controls().size()];
    java.util.Arrays.fill(thrust, hover);
    Solution solution =
        new InteriorPoint().solve(compiled, Trajectory.straightLine(problem, end, thrust));
    ControlReport.solution(run, compiled, solution);
    run.figure(
        "path",
        ControlFigures.path(solution, Map.of(), "x", planar ? "z" : "y"),
        planar ? "The path in the vertical plane." : "The path from above.");
    if (planar) {
      ControlReport.say(
          run,
          "Optimum of this discretisation, computed with CasADi and Ipopt: 97.9862133123; relative difference %.1e."
              .formatted(solution.cost() / 97.9862133123 - 1));
      run.result("relative_difference", solution.cost() / 97.9862133123 - 1);
    }
  }

  private static OptimalControlProblem inThePlane() {
    return OptimalControlProblem.of(new PlanarQuadrotor())
        .horizon(100)
        .duration(2)
        .runningCost(at -> at.control().dot(at.control()))
        .endingAt(1, 1, 0, 0, 0, 0);
  }

  private static OptimalControlProblem inSpace() {
    double free = Double.NaN;
    return OptimalControlProblem.of(new Quadrotor())
        .integrator(new Integrator.Midpoint())
        .horizon(60)
        .duration(1.5)
        .startingAt(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        .runningCost(
            at ->
                at.control()
                    .dot(at.control())
                    .plus(at.state().slice(10, 13).dot(at.state().slice(10, 13)).times(0.01)))
        .controlBounds(0, 3)
        .endingAt(1, 1, 1, free, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }
}
