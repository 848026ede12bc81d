package org.costate.examples.control;

import java.io.IOException;
import java.nio.file.Path;
import org.costate.control.CompiledProblem;
import org.costate.control.Solution;
import org.costate.control.io.ProblemFile;
import org.costate.control.io.SolutionFiles;
import org.costate.examples.Experiment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Solves a problem that a YAML or JSON file states, and writes trajectory and costates.
@Command(
    name = "solve",
    description = {
      "Solve the problem of a YAML or JSON file (docs/control.md describes it); write"
          + " trajectory.csv, solution.json, figures and an animation."
    },
    mixinStandardHelpOptions = true)
public final class SolveFile extends Experiment {
  @Parameters(paramLabel = "FILE", description = "The problem.")
  private Path file;

  /// For the command line.
  public SolveFile() {}

  @Override
  protected void execute(Run run) throws IOException {
    ProblemFile stated = ProblemFile.read(file);
    run.folder().recordData(file);
    CompiledProblem compiled = CompiledProblem.of(stated.problem());
    Solution solution = stated.solver().solve(compiled, stated.guess());
    ControlReport.solution(run, compiled, solution);
    SolutionFiles.writeCsv(solution, run.folder().file("trajectory.csv"));
    SolutionFiles.writeJson(solution, run.folder().file("solution.json"));
    SolutionFiles.summary(solution).forEach(run::result);
    run.text().println("trajectory.csv and solution.json hold every number.");
  }
}
