package org.costate.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.costate.examples.automaton.AutomatonCommand;
import org.costate.examples.automaton.GameOfLife;
import org.costate.examples.automaton.LifeHidden;
import org.costate.examples.automaton.NoisyLife;
import org.costate.examples.automaton.RuleOneTen;
import org.costate.examples.automaton.Wireworld;
import org.costate.examples.bench.BenchCommand;
import org.costate.examples.control.AcrobotSwingUp;
import org.costate.examples.control.AdjointIsBptt;
import org.costate.examples.control.CartPoleSwingUp;
import org.costate.examples.control.ControlCommand;
import org.costate.examples.control.LearnedPlant;
import org.costate.examples.control.ModelPredictive;
import org.costate.examples.control.Obstacles;
import org.costate.examples.control.ParkCar;
import org.costate.examples.control.PolicyTraining;
import org.costate.examples.control.QuadrotorFlight;
import org.costate.examples.control.ReachArm;
import org.costate.examples.splice.SpliceCommand;
import org.costate.examples.splice.SpliceGenome;
import org.costate.examples.splice.SpliceJunctions;
import org.costate.examples.task.Adding;
import org.costate.examples.task.Copying;
import org.costate.examples.task.MackeyGlass;
import org.costate.examples.task.Parity;
import org.costate.examples.task.Reber;
import org.costate.examples.task.TemporalOrder;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The command line.
@Command(
    name = "costate",
    description = "Recurrent sequence models and optimal control on one unrolled-graph core.",
    mixinStandardHelpOptions = true,
    versionProvider = Costate.Version.class,
    subcommands = {
      Costate.ListExperiments.class,
      Costate.RunExperiment.class,
      AutomatonCommand.class,
      ControlCommand.class,
      SpliceCommand.class,
      BenchCommand.class,
      Demo.class
    },
    footer = {
      "",
      "Exit codes: 0 done, 1 bad input or failed run, 2 wrong options, 70 a defect, 130"
          + " interrupted.",
      "Try: costate list, costate run adding --help, costate demo"
    })
public final class Costate {
  private static final int BAD_INPUT = 1;
  private static final int DEFECT = 70;

  private Costate() {}

  /// The version that was built.
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      return new String[] {"costate " + read()};
    }

    static String read() throws IOException {
      var properties = new Properties();
      try (InputStream in = Costate.class.getResourceAsStream("version.properties")) {
        properties.load(in);
      }
      return properties.getProperty("version");
    }
  }

  /// Lists the experiments.
  @Command(name = "list", description = "List the experiments.", mixinStandardHelpOptions = true)
  static final class ListExperiments implements Runnable {
    @picocli.CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
      PrintWriter out = spec.commandLine().getOut();
      CommandLine experiments = spec.root().commandLine().getSubcommands().get("run");
      experiments
          .getSubcommands()
          .forEach(
              (name, command) ->
                  out.printf(
                      "%-18s %s%n",
                      name, command.getCommandSpec().usageMessage().description()[0]));
      out.println();
      out.println(
          "Run one with: costate run NAME [--seed N] [--out FOLDER] [--json]; its options: costate"
              + " run NAME --help");
    }
  }

  /// Runs an experiment.
  @Command(
      name = "run",
      description = "Run an experiment.",
      mixinStandardHelpOptions = true,
      subcommands = {
        GradientFlowExperiment.class,
        SpliceJunctions.class,
        SpliceGenome.class,
        Adding.class,
        Copying.class,
        TemporalOrder.class,
        Reber.class,
        Parity.class,
        MackeyGlass.class,
        RuleOneTen.class,
        GameOfLife.class,
        LifeHidden.class,
        NoisyLife.class,
        Wireworld.class,
        ReachArm.class,
        CartPoleSwingUp.class,
        ParkCar.class,
        QuadrotorFlight.class,
        AcrobotSwingUp.class,
        Obstacles.class,
        ModelPredictive.class,
        LearnedPlant.class,
        PolicyTraining.class,
        AdjointIsBptt.class
      })
  static final class RunExperiment implements Runnable {
    @picocli.CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "Name an experiment: " + String.join(", ", spec.subcommands().keySet()) + ".");
    }
  }

  /// The command line, ready to execute.
  ///
  /// @return the command line
  public static CommandLine commandLine() {
    return new CommandLine(new Costate())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((e, command, _) -> report(e, command.getErr()))
        .setParameterExceptionHandler(
            (e, _) -> {
              e.getCommandLine().getErr().println("costate: " + e.getMessage());
              CommandLine.UnmatchedArgumentException.printSuggestions(
                  e, e.getCommandLine().getErr());
              return CommandLine.ExitCode.USAGE;
            });
  }

  /// One clear sentence for what the user can repair; a stack trace for what only we can.
  private static int report(Exception e, PrintWriter err) {
    if (e instanceof IOException
        || e instanceof IllegalArgumentException
        || e instanceof UncheckedIOException) {
      err.println("costate: " + message(e));
      return BAD_INPUT;
    }
    err.println("costate: this is a defect of Costate; please report it with the lines below.");
    e.printStackTrace(err);
    return DEFECT;
  }

  private static String message(Exception e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException f ->
          "There is no file '%s'; check the path.".formatted(f.getFile());
      case java.nio.file.AccessDeniedException f ->
          "'%s' may not be read or written; check its permissions.".formatted(f.getFile());
      case UncheckedIOException u -> message(u.getCause());
      default -> e.getMessage();
    };
  }

  /// Runs the command line and ends the process with its exit code.
  ///
  /// @param args the arguments
  public static void main(String[] args) {
    System.setProperty("java.awt.headless", System.getProperty("java.awt.headless", "true"));
    var done = new java.util.concurrent.atomic.AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (!done.get()) {
                    System.err.println(
                        System.lineSeparator()
                            + "costate: interrupted; files are written whole or not at all, so"
                            + " nothing is half-written.");
                  }
                }));
    int code = commandLine().execute(args);
    done.set(true);
    System.exit(code);
  }
}
