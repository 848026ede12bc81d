package org.costate.examples.automaton;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Notation;
import org.costate.automata.Recording;
import org.costate.automata.TableRule;
import org.costate.automata.World;
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

/// A two-state rule from visible frames: one transition of a random board, a glider that leaves 256
/// rules open, and the textbook network for comparison.
@Command(
    name = "life",
    description = "Learn a two-state rule from frames: a random board, a glider, and a network.",
    mixinStandardHelpOptions = true)
public final class GameOfLife extends Experiment {
  @Option(
      names = "--rule",
      defaultValue = "B3/S23",
      description = "The two-state Moore rule (default ${DEFAULT-VALUE}).")
  private String text;

  @Option(
      names = "--side",
      defaultValue = "64",
      description = "Rows and columns (default ${DEFAULT-VALUE}).")
  private int side;

  /// For the command line.
  public GameOfLife() {}

  @Override
  protected void execute(Run run) throws IOException {
    TableRule rule = TableRule.of(Notation.rule(text));
    if (rule.states() != 2 || rule.neighbourhood().size() != 9 || side < 5) {
      throw new IllegalArgumentException(
          "life: --rule must be a two-state Moore rule and --side at least 5, got '%s' and %d."
              .formatted(text, side));
    }
    var torus = new Boundary.Torus();
    Lattice start = World.random(side, side, 2, 0.5, RandomStream.of(run.seed(), "board"));
    List<Lattice> film = World.evolve(rule, torus, start, 40);
    Pictures.film(run, "film", film, "%s on a torus of %d × %d.".formatted(text, side, side));
    Pictures.spaceTime(run, film);
    run.report().heading("One transition of a random board");
    Recording one = Recording.of(film.subList(0, 2));
    Learned learned = Learner.learn(one);
    Pictures.learned(run, "one transition", learned);
    int[] truth = learned.ruleClass().outputs(rule);
    if (truth != null && truth.length <= 102) {
      List<String> names =
          java.util.stream.IntStream.range(0, truth.length)
              .mapToObj(learned.ruleClass()::entryName)
              .toList();
      run.figure(
          "learned-against-true",
          AutomatonFigures.learnedAgainstTrue(names, learned.outputs(), truth),
          "The learned table beside the true one.");
    }
    run.report().heading("A glider says little");
    Lattice glider = Lattice.parse(".O.", "..O", "OOO").placed(16, 16, 6, 6);
    List<Lattice> gliding = World.evolve(rule, torus, glider, 4);
    Pictures.film(run, "glider", gliding, "Five frames of a glider's start.");
    Pictures.learned(run, "glider", Learner.learn(Recording.of(gliding)));
    run.report().heading("The textbook network");
    NeighbourNetwork.Result network =
        NeighbourNetwork.train(
            Recording.of(film.subList(0, 21)),
            torus,
            Neighbourhood.moore(1),
            12,
            true,
            400,
            run.seed());
    int[] full = RuleClass.table(2, Neighbourhood.moore(1)).outputs(rule);
    double agreement = network.agreement(full);
    double[][] points = new double[2][network.losses().size()];
    for (int i = 0; i < points[0].length; i++) {
      points[0][i] = 20 * i;
      points[1][i] = network.losses().get(i);
    }
    var curves = new LinkedHashMap<String, double[][]>();
    curves.put("tied, 12 hidden units", points);
    run.figure(
        "network-loss",
        Figures.curves("Training on frame pairs", "update", "loss, nats a cell", curves, true),
        "Cross-entropy of the next frame.");
    String said =
        "The network has %d weights and saw 20 transitions 400 times eight; of the 512 entries read out of it, %.1f %% are right. Counting one transition is exact on what it saw, in %.4f s."
            .formatted(network.weights(), 100 * agreement, learned.seconds());
    run.text().println(said);
    run.report().paragraph(said);
    run.result("network_agreement", agreement);
    hidden(run, rule, learned.ruleClass());
  }

  /// The same class with every second frame hidden.
  private static void hidden(Run run, TableRule rule, RuleClass ruleClass) throws IOException {
    run.report().heading("Every second frame hidden");
    var torus = new Boundary.Torus();
    HiddenFrames.Outcome outcome =
        HiddenFrames.learn(
            HiddenFrames.pairs(rule, HiddenFrames.boards(16, 16, 64, run.seed()), 2, torus),
            torus,
            ruleClass,
            2,
            HiddenFrames.Settings.of(ruleClass, run.seed()),
            (_, _, _) -> {});
    String said =
        "By backpropagation through the hidden frame: %s after %d updates, %s."
            .formatted(
                outcome.exact() ? "exact" : "not exact",
                outcome.updates(),
                ruleClass.notation(outcome.outputs()));
    run.text().println(said);
    run.report().paragraph(said);
    Pictures.flow(
        run,
        outcome,
        "Norm of the costate of the frames; experiment life-hidden goes on from here.");
    run.result("hidden_exact", outcome.exact());
  }
}
