package org.costate.examples.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.costate.control.CompiledProblem;
import org.costate.control.Drawing;
import org.costate.control.Dynamics;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.plot.ControlFigures;
import org.costate.control.plot.RobotAnimation;
import org.costate.control.solve.Stability;
import org.costate.control.solve.Verification;
import org.costate.examples.Experiment;
import org.costate.io.AtomicFiles;

/// What a run folder and its page say of a solution.
final class ControlReport {
  private ControlReport() {}

  /// Everything: outcome, verification, figures, animation.
  static void solution(Experiment.Run run, CompiledProblem problem, Solution solution)
      throws IOException {
    outcome(run, solution);
    verification(run, problem, solution);
    animation(run, "animation", solution);
    figures(run, solution);
    run.result("cost", solution.cost());
    run.result("converged", solution.outcome().converged());
    run.result("iterations", solution.iterations().size());
    run.result("solve_seconds", solution.seconds());
  }

  static void outcome(Experiment.Run run, Solution solution) {
    String said =
        "%s J = %.8g; stationarity %.1e, violation %.1e; %.0f ms."
            .formatted(
                solution.outcome().advice(),
                solution.cost(),
                solution.optimality().stationarity(),
                solution.optimality().feasibility(),
                1e3 * solution.seconds());
    say(run, said);
  }

  static void say(Experiment.Run run, String said) {
    run.text().println(said);
    run.report().paragraph(said);
  }

  static void verification(Experiment.Run run, CompiledProblem problem, Solution solution) {
    run.report()
        .heading("Verification")
        .table(List.of("check", "difference"), Verification.of(problem, solution).table());
    if (problem.problem().plant() instanceof Dynamics) {
      Stability.of(problem, solution.trajectory())
          .warning()
          .ifPresent(
              warning -> {
                run.text().println("advice: " + warning);
                run.report().advice(List.of(warning));
              });
    }
  }

  static void figures(Experiment.Run run, Solution solution) throws IOException {
    run.report().heading("Trajectory");
    run.figure("states", ControlFigures.states(solution), "States.");
    run.figure("controls", ControlFigures.controls(solution), "Controls.");
    run.report().heading("Costates beside gradient flow");
    run.figure(
        "costates",
        ControlFigures.costates(solution),
        "The costates: multipliers of the dynamics.");
    run.figure(
        "gradient-flow",
        ControlFigures.gradientFlow(Map.of("‖λ‖", solution.costates())),
        "Their norm over the steps, as for a recurrent network.");
    run.figure(
        "hamiltonian",
        ControlFigures.hamiltonian(solution),
        "The Hamiltonian: constant along a continuous-time optimum; the control is constant over a"
            + " step here.");
    run.figure("convergence", ControlFigures.convergence(solution), "What each iteration did.");
  }

  static void animation(Experiment.Run run, String name, Solution solution) throws IOException {
    if (solution.problem().plant() instanceof Drawing.Drawable plant) {
      animation(
          run,
          name,
          new RobotAnimation(plant, solution.trajectory(), solution.problem().obstacles()));
    }
  }

  static void animation(Experiment.Run run, String name, RobotAnimation animation)
      throws IOException {
    byte[] gif = animation.gif();
    AtomicFiles.write(run.folder().file(name + ".gif"), file -> Files.write(file, gif));
    run.report().picture("image/gif", gif, "The motion, at its own speed.");
    var png = new ByteArrayOutputStream();
    ImageIO.write(animation.strip(9), "png", png);
    AtomicFiles.write(
        run.folder().file(name + ".png"), file -> Files.write(file, png.toByteArray()));
    run.report().picture("image/png", png.toByteArray(), "Nine moments of it.");
  }

  /// One row for each solver or start.
  static void comparison(Experiment.Run run, List<String> heads, Map<String, List<String>> rows) {
    var table = new java.util.ArrayList<List<String>>();
    rows.forEach(
        (name, values) -> {
          var row = new java.util.ArrayList<>(List.of(name));
          row.addAll(values);
          table.add(row);
          run.text().println("  " + String.join("  ", row));
        });
    run.report().table(heads, table);
  }

  /// A row for [#comparison].
  static List<String> row(Solution solution) {
    return List.of(
        "%.8g".formatted(solution.cost()),
        solution.outcome().getClass().getSimpleName(),
        Integer.toString(solution.iterations().size()),
        "%.1f ms".formatted(1e3 * solution.seconds()));
  }

  /// Solutions by name.
  static Map<String, List<String>> rows(Map<String, Solution> solutions) {
    var rows = new LinkedHashMap<String, List<String>>();
    solutions.forEach((name, solution) -> rows.put(name, row(solution)));
    return rows;
  }

  /// A path from two states of a trajectory.
  static double[][] path(Trajectory trajectory, int i, int j) {
    return new double[][] {trajectory.state(i), trajectory.state(j)};
  }
}
