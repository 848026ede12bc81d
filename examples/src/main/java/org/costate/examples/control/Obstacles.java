package org.costate.examples.control;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.OptimalControlProblem.Disc;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.system.Unicycle;
import org.costate.examples.Experiment;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A unicycle finds its way between discs, from guesses that pass them on different sides.
@Command(
    name = "obstacles",
    description = "A unicycle between obstacles, from guesses on different sides of them.",
    mixinStandardHelpOptions = true)
public final class Obstacles extends Experiment {
  @Option(
      names = "--count",
      defaultValue = "6",
      description = "Discs, 0 to 12 (default ${DEFAULT-VALUE}).")
  private int count;

  /// For the command line.
  public Obstacles() {}

  @Override
  protected void execute(Run run) throws IOException {
    if (count < 0 || count > 12) {
      throw new IllegalArgumentException(
          "obstacles: --count must be 0 to 12, got %d.".formatted(count));
    }
    double[] target = {4, 2, 0};
    OptimalControlProblem problem =
        OptimalControlProblem.of(new Unicycle())
            .horizon(100)
            .duration(8)
            .controlBounds(new double[] {-1, -2}, new double[] {1, 2})
            .runningCost(at -> at.control().dot(at.control()))
            .endingAt(target);
    RandomStream random = RandomStream.of(run.seed(), "obstacles");
    var discs = new ArrayList<Disc>();
    while (discs.size() < count) {
      double x = random.nextDouble(0.5, 3.5);
      double y = random.nextDouble(-0.5, 2.5);
      double radius = random.nextDouble(0.2, 0.45);
      boolean clear =
          Math.hypot(x, y) > radius + 0.3
              && Math.hypot(x - 4, y - 2) > radius + 0.3
              && discs.stream()
                  .allMatch(d -> Math.hypot(d.x() - x, d.y() - y) > d.radius() + radius + 0.2);
      if (clear) {
        discs.add(new Disc(x, y, radius));
      }
    }
    for (Disc disc : discs) {
      problem = problem.obstacle(disc, at -> new Value[] {at.x(0), at.x(1)});
    }
    CompiledProblem compiled = CompiledProblem.of(problem);
    var found = new LinkedHashMap<String, Solution>();
    for (double side : new double[] {-1.5, -0.7, 0, 0.7, 1.5}) {
      double[] way = {2 - side / 2, 1 + side, Math.atan2(1, 2)};
      Solution solution =
          new InteriorPoint().solve(compiled, Trajectory.through(problem, way, target));
      found.put("through (%.2f, %.2f)".formatted(way[0], way[1]), solution);
    }
    Solution best =
        found.values().stream()
            .filter(s -> s.outcome().converged())
            .min(java.util.Comparator.comparingDouble(Solution::cost))
            .orElse(found.values().iterator().next());
    ControlReport.solution(run, compiled, best);
    run.report().heading("Ways between the obstacles");
    ControlReport.comparison(
        run, List.of("guess", "J", "outcome", "iterations", "time"), ControlReport.rows(found));
    var paths = new LinkedHashMap<String, double[][]>();
    found.forEach(
        (name, solution) -> {
          if (solution != best && solution.outcome().converged()) {
            paths.put(name, ControlReport.path(solution.trajectory(), 0, 1));
          }
        });
    run.figure(
        "paths",
        ControlFigures.path(best, paths, "x", "y"),
        "The best way, those of other guesses, and the discs.");
    run.result("ways", found.values().stream().filter(s -> s.outcome().converged()).count());
  }
}
