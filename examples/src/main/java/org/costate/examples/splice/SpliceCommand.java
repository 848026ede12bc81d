package org.costate.examples.splice;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/// Splice sites of a genome.
@Command(
    name = "splice",
    description = {
      "Find splice sites in DNA, score variants, train and explain models.",
      "A donor is the first base of an intron, an acceptor the last."
    },
    mixinStandardHelpOptions = true,
    subcommands = {
      FetchGenome.class,
      SimulateGenome.class,
      TrainSplice.class,
      EvaluateSplice.class,
      PredictSplice.class,
      ScoreVariants.class,
      ScoreWindows.class,
      ExplainSite.class
    })
public final class SpliceCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /// For the command line.
  public SpliceCommand() {}

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "Say what to do: " + String.join(", ", spec.subcommands().keySet()) + ".");
  }
}
