package org.costate.examples.automaton;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// Cellular automata: learn a rule from frames, run a rule, convert files.
@Command(
    name = "automaton",
    description = "Learn the rule of a cellular automaton from frames, run rules, convert files.",
    mixinStandardHelpOptions = true,
    subcommands = {LearnAutomaton.class, RunAutomaton.class, ConvertAutomaton.class})
public final class AutomatonCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /// For the command line.
  public AutomatonCommand() {}

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Say what to do: learn, run or convert.");
  }
}
