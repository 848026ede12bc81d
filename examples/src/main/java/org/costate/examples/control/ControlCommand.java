package org.costate.examples.control;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// Optimal control of what a file describes.
@Command(
    name = "control",
    description = "Solve an optimal control problem that a file describes.",
    mixinStandardHelpOptions = true,
    subcommands = SolveFile.class)
public final class ControlCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /// For the command line.
  public ControlCommand() {}

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Say what to do: solve FILE.");
  }
}
