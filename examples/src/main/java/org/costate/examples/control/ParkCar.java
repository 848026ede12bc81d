package org.costate.examples.control;

import java.io.IOException;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.OptimalControlProblem.Disc;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.system.KinematicCar;
import org.costate.examples.Experiment;
import org.costate.graph.Functions;
import org.costate.graph.Value;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A car, perhaps with a trailer, parks between two others in the least time.
@Command(
    name = "park-car",
    description = "A car parks between two others in the least time, with or without a trailer.",
    mixinStandardHelpOptions = true)
public final class ParkCar extends Experiment {
  @Option(
      names = "--trailer",
      defaultValue = "0",
      paramLabel = "METRES",
      description = "Distance of the trailer's axle from the hitch; 0 for none (default 0).")
  private double trailer;

  /// For the command line.
  public ParkCar() {}

  @Override
  protected void execute(Run run) throws IOException {
    if (!(trailer >= 0 && trailer < 20)) {
      throw new IllegalArgumentException(
          "park-car: --trailer must be 0 to 20 m, got %s.".formatted(trailer));
    }
    var car = new KinematicCar(2.7, trailer);
    int n = car.states().size();
    double[] start = new double[n];
    start[0] = 6;
    start[1] = 3;
    double[] parked = new double[n];
    OptimalControlProblem problem =
        OptimalControlProblem.of(car)
            .horizon(80)
            .freeDuration(8, 2, 30)
            .startingAt(start)
            .endingAt(parked)
            .controlBounds(new double[] {-2, -0.8}, new double[] {2, 0.8})
            .stateBounds("speed", -2, 3)
            .stateBounds("steering angle", -0.6, 0.6)
            .runningCost(at -> at.control().dot(at.control()).times(0.01))
            .terminalCost(at -> at.time());
    // Cars before and behind the gap, as two discs each; kept clear by the middles of both axles.
    for (double x : new double[] {6.2, 8.2, -3.4, -5.4}) {
      for (double along : new double[] {0, 2.7}) {
        problem = avoiding(problem, new Disc(x, 0, 1.9), along);
      }
    }
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.straightLine(problem, parked);
    Solution solution = new InteriorPoint().solve(compiled, guess);
    ControlReport.solution(run, compiled, solution);
    ControlReport.say(
        run,
        "Parked after %.2f s; the greatest steering angle is %.2f rad."
            .formatted(
                solution.trajectory().duration(),
                java.util.Arrays.stream(solution.trajectory().state(4))
                    .map(Math::abs)
                    .max()
                    .orElse(0)));
    run.figure(
        "path",
        ControlFigures.path(solution, Map.of(), "x", "y"),
        "The middle of the rear axle, and the other cars.");
    run.result("duration", solution.trajectory().duration());
  }

  private static OptimalControlProblem avoiding(
      OptimalControlProblem problem, Disc disc, double along) {
    return problem.obstacle(
        disc,
        at ->
            new Value[] {
              at.x(0).plus(Functions.cos(at.x(2)).times(along)),
              at.x(1).plus(Functions.sin(at.x(2)).times(along))
            });
  }
}
