package org.costate.examples.automaton;

import java.io.IOException;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.CountRule;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Recording;
import org.costate.automata.TableRule;
import org.costate.automata.World;
import org.costate.automata.io.Palette;
import org.costate.automata.io.RleFile;
import org.costate.automata.io.RuleFile;
import org.costate.automata.learn.HiddenFrames;
import org.costate.automata.learn.Learned;
import org.costate.automata.learn.Learner;
import org.costate.automata.learn.RuleClass;
import org.costate.automata.plot.AutomatonFigures;
import org.costate.examples.Experiment;
import org.costate.io.AtomicFiles;
import org.costate.random.RandomStream;
import picocli.CommandLine.Command;

/// Wireworld, four states: electron heads (1) become tails (2), tails wire (3), and wire becomes a
/// head if one or two of its neighbours are heads. Found as a function of the cell and the number
/// of heads around it: 36 entries instead of 262,144. Then the same through hidden frames.
@Command(
    name = "wireworld",
    description =
        "Learn the four-state rule of Wireworld from circuits, visible and hidden frames.",
    mixinStandardHelpOptions = true)
public final class Wireworld extends Experiment {
  private static final String LOOP = ".AB4C$C6.5C$.6C!";

  /// For the command line.
  public Wireworld() {}

  @Override
  protected void execute(Run run) throws IOException {
    CountRule rule = CountRule.wireworld();
    var torus = new Boundary.Torus();
    Lattice loop = RleFile.parse(LOOP, "loop").getFirst().lattice().placed(9, 18, 3, 3);
    List<Lattice> looping = World.evolve(rule, torus, loop, 32);
    Pictures.film(run, "loop", looping, "An electron runs around a loop.");
    run.report().heading("What the loop alone says");
    Pictures.learned(run, "loop", Learner.learn(Recording.of(looping)));
    run.report().heading("Random circuits");
    List<Lattice> circuits =
        World.evolve(
            rule, torus, World.random(32, 32, 4, 0.6, RandomStream.of(run.seed(), "soup")), 12);
    Pictures.film(run, "circuits", circuits, "A soup of wires, heads and tails.");
    Pictures.spaceTime(run, circuits);
    Learned learned = Learner.learn(Recording.of(circuits));
    Pictures.learned(run, "circuits", learned);
    RuleClass counting =
        new RuleClass(
            "counting state 1", 4, Neighbourhood.moore(1), new RuleClass.Tie.Counting(1), 1);
    int[] truth = counting.outputs(rule);
    List<String> names =
        java.util.stream.IntStream.range(0, truth.length).mapToObj(counting::entryName).toList();
    if (learned.ruleClass().entries() == truth.length) {
      run.figure(
          "learned-against-true",
          AutomatonFigures.learnedAgainstTrue(names, learned.outputs(), truth),
          "The learned table beside the true one; −0.5 marks an entry that was never seen.");
    }
    String file =
        RuleFile.format(
            "LearnedWireworld",
            TableRule.of(learned.anyRule()),
            Palette.DEFAULT,
            List.of("Entries unseen: " + learned.unseen()));
    AtomicFiles.writeString(run.folder().file("LearnedWireworld.rule"), file);
    hidden(run, rule, counting, truth);
  }

  private void hidden(Run run, CountRule rule, RuleClass counting, int[] truth) throws IOException {
    run.report().heading("Every second frame hidden");
    var boards = new java.util.ArrayList<Lattice>();
    for (int i = 0; i < 24; i++) {
      RandomStream random = RandomStream.of(run.seed(), "circuits", i, 0);
      boards.add(World.random(10, 10, 4, random.nextDouble(0.3, 0.9), random));
    }
    List<Lattice[]> pairs = HiddenFrames.pairs(rule, boards, 2, new Boundary.Torus());
    HiddenFrames.Outcome outcome =
        HiddenFrames.learn(
            pairs,
            new Boundary.Torus(),
            counting,
            2,
            HiddenFrames.Settings.of(counting, run.seed()),
            (_, _, _) -> {});
    boolean[] determined =
        outcome.exact()
            ? HiddenFrames.determined(pairs, new Boundary.Torus(), counting, 2, outcome.outputs())
            : new boolean[truth.length];
    int right = 0;
    int known = 0;
    for (int e = 0; e < truth.length; e++) {
      known += determined[e] ? 1 : 0;
      right += determined[e] && outcome.outputs()[e] == truth[e] ? 1 : 0;
    }
    String said =
        "Every second frame hidden: %s after %d updates; the frames determine %d of 36 entries, of which %d are right."
            .formatted(
                outcome.exact() ? "exact replay" : "no exact replay",
                outcome.updates(),
                known,
                right);
    run.text().println(said);
    run.report().paragraph(said);
    Pictures.flow(run, outcome, "Norm of the costate of the frames.");
    run.result(
        "hidden", java.util.Map.of("exact", outcome.exact(), "determined", known, "right", right));
  }
}
