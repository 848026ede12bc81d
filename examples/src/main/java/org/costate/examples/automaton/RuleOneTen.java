package org.costate.examples.automaton;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Recording;
import org.costate.automata.TableRule;
import org.costate.automata.World;
import org.costate.automata.io.Images;
import org.costate.automata.learn.HiddenFrames;
import org.costate.automata.learn.Learned;
import org.costate.automata.learn.Learner;
import org.costate.automata.learn.NeighbourNetwork;
import org.costate.automata.learn.RuleClass;
import org.costate.automata.plot.AutomatonFigures;
import org.costate.examples.Experiment;
import org.costate.plot.Figures;
import org.costate.random.RandomStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// An elementary rule from its space–time diagram, four ways: counting, from a single cell where
/// the data are not enough, the textbook network (tied and untied), and through hidden rows.
@Command(
    name = "rule-110",
    description = "Learn an elementary rule from its history: counting, networks, hidden rows.",
    mixinStandardHelpOptions = true)
public final class RuleOneTen extends Experiment {
  private static final int HIDDEN_UNITS = 8;
  private static final int UPDATES = 600;

  @Option(
      names = "--rule",
      defaultValue = "110",
      description = "The Wolfram code, 0 to 255 (default ${DEFAULT-VALUE}).")
  private int code;

  @Option(
      names = "--width",
      defaultValue = "128",
      description = "Cells of a row (default ${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--rows",
      defaultValue = "80",
      description = "Rows that are seen (default ${DEFAULT-VALUE}).")
  private int rows;

  /// For the command line.
  public RuleOneTen() {}

  @Override
  protected void execute(Run run) throws IOException {
    if (width < 8 || rows < 4) {
      throw new IllegalArgumentException(
          "rule-110: --width must be at least 8 and --rows at least 4, got %d and %d."
              .formatted(width, rows));
    }
    TableRule rule = TableRule.elementary(code);
    var torus = new Boundary.Torus();
    Lattice start = World.random(1, width, 2, 0.5, RandomStream.of(run.seed(), "row"));
    List<Lattice> frames = World.evolve(rule, torus, start, rows - 1);
    Recording recording = Recording.of(frames);
    run.report()
        .paragraph(
            "An elementary rule has eight entries, one for each neighbourhood of three cells. Here rule %d runs from a random row."
                .formatted(code));
    Pictures.lattice(
        run, "space-time", Images.spaceTime(frames), "Space–time diagram, time downward.");
    run.report().heading("Counting");
    Learned learned = Learner.learn(recording);
    Pictures.learned(run, "random row", learned);
    RuleClass elementary = RuleClass.table(2, Neighbourhood.line(1));
    int[] truth = elementary.outputs(rule);
    run.figure(
        "learned-against-true",
        AutomatonFigures.learnedAgainstTrue(names(elementary), learned.outputs(), truth),
        "The learned table beside the true one.");
    run.report().heading("The usual picture is not enough");
    Lattice one = Lattice.zeros(1, width).with(0, width / 2, 1);
    List<Lattice> single = World.evolve(rule, torus, one, Math.min(rows - 1, width / 2 - 2));
    Pictures.lattice(run, "single-cell", Images.spaceTime(single), "The same rule from one cell.");
    Pictures.learned(run, "single cell", Learner.learn(Recording.of(single)));
    networks(run, recording, truth);
    hidden(run, rule, elementary, truth);
  }

  private static List<String> names(RuleClass ruleClass) {
    return java.util.stream.IntStream.range(0, ruleClass.entries())
        .mapToObj(ruleClass::entryName)
        .toList();
  }

  private void networks(Run run, Recording recording, int[] truth) throws IOException {
    run.report().heading("The textbook network");
    var curves = new LinkedHashMap<String, double[][]>();
    var rowsOfTable = new java.util.ArrayList<List<String>>();
    for (boolean tied : new boolean[] {true, false}) {
      String name = tied ? "tied" : "untied";
      NeighbourNetwork.Result result =
          NeighbourNetwork.train(
              recording,
              new Boundary.Torus(),
              Neighbourhood.line(1),
              HIDDEN_UNITS,
              tied,
              UPDATES,
              run.seed());
      double[][] points = new double[2][result.losses().size()];
      for (int i = 0; i < points[0].length; i++) {
        points[0][i] = 20 * i;
        points[1][i] = result.losses().get(i);
      }
      curves.put(name, points);
      double agreement = result.agreement(truth);
      rowsOfTable.add(
          List.of(name, Integer.toString(result.weights()), "%.1f %%".formatted(100 * agreement)));
      run.text()
          .printf(
              "%s network: %d weights, %.1f %% of the entries read out right%n",
              name, result.weights(), 100 * agreement);
      run.result(name + "_network_agreement", agreement);
    }
    run.figure(
        "network-loss",
        Figures.curves("Training on frame pairs", "update", "loss, nats a cell", curves, true),
        "Cross-entropy of the next row. Untied, each cell has weights of its own and learns from"
            + " its own history only.");
    run.report()
        .table(List.of("network", "weights", "entries read out right, all cells"), rowsOfTable);
    run.report()
        .paragraph(
            "Read out means: the trained network is asked for its output at each of the eight"
                + " neighbourhoods. Tied, there is one table; untied there is one for each cell,"
                + " and a neighbourhood that a cell never met counts as wrong.");
  }

  private void hidden(Run run, TableRule rule, RuleClass elementary, int[] truth)
      throws IOException {
    run.report().heading("Through hidden rows");
    var flows = new LinkedHashMap<String, double[]>();
    var table = new java.util.ArrayList<List<String>>();
    for (int gap = 2; gap <= 4; gap++) {
      var boards = new java.util.ArrayList<Lattice>();
      for (int i = 0; i < 16; i++) {
        boards.add(World.random(1, width, 2, 0.5, RandomStream.of(run.seed(), "rows", i, gap)));
      }
      HiddenFrames.Outcome outcome =
          HiddenFrames.learn(
              HiddenFrames.pairs(rule, boards, gap, new Boundary.Torus()),
              new Boundary.Torus(),
              elementary,
              gap,
              HiddenFrames.Settings.of(elementary, run.seed()).budget(2_000, 5),
              (_, _, _) -> {});
      flows.put("gap " + gap, outcome.flow().costateNorm());
      boolean same = java.util.Arrays.equals(outcome.outputs(), truth);
      String found = elementary.notation(outcome.outputs());
      table.add(
          List.of(
              Integer.toString(gap),
              outcome.exact() ? "exact" : "no",
              found,
              Integer.toString(outcome.starts()),
              Long.toString(outcome.updates())));
      run.text()
          .printf(
              "every %d rows: %s, found %s%s after %d updates%n",
              gap,
              outcome.exact() ? "replays exactly" : "not found",
              found,
              same ? "" : " (another rule of the same class of gap " + gap + ")",
              outcome.updates());
      run.result("gap_" + gap, java.util.Map.of("exact", outcome.exact(), "found", found));
    }
    run.report().table(List.of("every n-th row", "replay", "found", "starts", "updates"), table);
    run.figure(
        "flow",
        Figures.normOverTime("Gradient flow through the hidden rows", flows),
        "Norm of the costate at each hidden row.");
  }
}
