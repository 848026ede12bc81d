package org.costate.examples.automaton;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Notation;
import org.costate.automata.Recording;
import org.costate.automata.Rule;
import org.costate.automata.World;
import org.costate.automata.learn.HiddenFrames;
import org.costate.automata.learn.Learned;
import org.costate.automata.learn.Learner;
import org.costate.automata.learn.RuleClass;
import org.costate.automata.plot.AutomatonFigures;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.plot.Figures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// n-step Life: only every n-th frame is seen, and the rule is found by backpropagation through the
/// hidden frames alone. Success over seeds, beside published figures.
@Command(
    name = "life-hidden",
    description = "Learn a rule of which only every n-th frame is seen, by gradients alone.",
    mixinStandardHelpOptions = true)
public final class LifeHidden extends Experiment {
  private static final int SIDE = 16;
  private static final int BOARDS = 128;

  @Option(
      names = "--rule",
      defaultValue = "B3/S23",
      description = "The rule to find (default ${DEFAULT-VALUE}).")
  private String text;

  @Option(
      names = "--class",
      paramLabel = "NAME",
      defaultValue = "life-like",
      description =
          "life-like (18 entries), isotropic (102) or table (512) (default ${DEFAULT-VALUE}).")
  private String kind;

  @Option(
      names = "--gaps",
      split = ",",
      defaultValue = "2,3,4",
      description = "Steps between frames (default ${DEFAULT-VALUE}).")
  private List<Integer> gaps;

  @Option(
      names = "--seeds",
      defaultValue = "5",
      description = "Independent problems for each gap (default ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--starts",
      defaultValue = "0",
      description =
          "Starts before a problem is given up; 0 for what suits the class (default"
              + " ${DEFAULT-VALUE}).")
  private int starts;

  /// For the command line.
  public LifeHidden() {}

  private record Case(HiddenFrames.Outcome outcome, boolean right, double seconds) {}

  @Override
  protected void execute(Run run) throws IOException {
    Rule rule = Notation.rule(text);
    RuleClass ruleClass =
        switch (kind) {
          case "life-like" -> RuleClass.lifeLike();
          case "isotropic" -> RuleClass.isotropic();
          case "table" -> RuleClass.table(2, org.costate.automata.Neighbourhood.moore(1));
          default ->
              throw new IllegalArgumentException(
                  "life-hidden: --class must be life-like, isotropic or table, got '%s'."
                      .formatted(kind));
        };
    int[] truth = ruleClass.outputs(rule);
    if (truth == null || seeds < 1 || gaps.stream().anyMatch(g -> g < 2 || g > 20)) {
      throw new IllegalArgumentException(
          "life-hidden: rule '%s' must be of class %s, --seeds at least 1 and --gaps 2 to 20, got %d and %s."
              .formatted(text, kind, seeds, gaps));
    }
    run.report()
        .paragraph(
            "Only the first frame and the n-th after it are seen, on %d boards of %d × %d with densities from 2 to 98 %%. The %d entries of the rule table are the shared parameter of the unrolled step; hidden frames are thresholded and their gradient goes straight through. A start ends when the thresholded table replays every pair exactly; whether the table is right is then checked on 64 fresh boards."
                .formatted(BOARDS, SIDE, SIDE, truth.length));
    var rows = new ArrayList<List<String>>();
    var flows = new LinkedHashMap<String, double[]>();
    var curves = new LinkedHashMap<String, double[][]>();
    HiddenFrames.Outcome shown = null;
    for (int gap : gaps) {
      List<Case> cases = new ArrayList<>();
      try (Progress progress = run.progress("gap " + gap, seeds)) {
        for (int i = 0; i < seeds; i++) {
          Case one = solve(rule, ruleClass, gap, run.seed() + i, progress, i);
          cases.add(one);
          progress.at(i + 1, one.outcome.exact() ? "exact" : "not found");
        }
      }
      HiddenFrames.Outcome last = cases.getLast().outcome;
      shown = last;
      flows.put("n = " + gap, last.flow().costateNorm());
      if (last.losses().size() > 1) {
        double[][] points = new double[2][last.losses().size()];
        for (int i = 0; i < points[0].length; i++) {
          points[0][i] = 100.0 * (i + 1);
          points[1][i] = last.losses().get(i);
        }
        curves.put("n = " + gap, points);
      }
      long right = cases.stream().filter(c -> c.right).count();
      double[] seconds = cases.stream().mapToDouble(Case::seconds).sorted().toArray();
      double median = seconds[seconds.length / 2];
      rows.add(
          List.of(
              Integer.toString(gap),
              right + " of " + seeds,
              published(gap),
              "%.0f"
                  .formatted(
                      cases.stream().mapToLong(c -> c.outcome.updates()).average().orElse(0)),
              "%.1f s".formatted(median),
              "%.1f s".formatted(seconds[seconds.length - 1])));
      run.text()
          .printf(
              "n = %d: %d of %d exact; median %.1f s, longest %.1f s%n",
              gap, right, seeds, median, seconds[seconds.length - 1]);
      var result = new LinkedHashMap<String, Object>();
      result.put("exact", right);
      result.put("seeds", seeds);
      result.put("median_seconds", median);
      result.put("longest_seconds", seconds[seconds.length - 1]);
      result.put(
          "found", cases.stream().map(c -> ruleClass.notation(c.outcome.outputs())).toList());
      run.result("gap_" + gap, result);
    }
    run.report()
        .table(
            List.of("n", "exact", "published (Life)", "updates, mean", "median time", "longest"),
            rows);
    run.figure(
        "flow",
        Figures.normOverTime("Gradient flow through the hidden frames", flows),
        "Norm of the costate at each hidden frame, at the last recorded update.");
    if (!curves.isEmpty()) {
      run.figure(
          "loss",
          Figures.curves("The last search of each n", "update", "loss, nats a cell", curves, true),
          "The loss has floors at wrong tables; the noise of single boards leads out of them.");
    }
    if (truth.length <= 102) {
      List<String> names =
          java.util.stream.IntStream.range(0, truth.length).mapToObj(ruleClass::entryName).toList();
      run.figure(
          "learned-against-true",
          AutomatonFigures.learnedAgainstTrue(names, shown.outputs(), truth),
          "The last table that was found, beside the true one. At even n a self-complementary rule"
              + " has a twin.");
    }
    Lattice start = HiddenFrames.boards(SIDE, SIDE, 1, run.seed()).getFirst();
    List<Lattice> film = World.evolve(rule, new Boundary.Torus(), start, 12);
    Pictures.film(
        run,
        "film",
        film,
        "The rule on one of the boards; between the frames that were seen, the others were"
            + " hidden.");
    Pictures.spaceTime(run, film);
    coverage(run, rule, ruleClass);
  }

  /// How often the boards call on each entry in the first two steps, the hidden frame seen.
  private static void coverage(Run run, Rule rule, RuleClass ruleClass) throws IOException {
    var histories = new ArrayList<List<Lattice>>();
    for (Lattice board : HiddenFrames.boards(SIDE, SIDE, BOARDS, run.seed())) {
      histories.add(World.evolve(rule, new Boundary.Torus(), board, 2));
    }
    Learned seen =
        Learner.learn(
            new Recording(2, histories),
            Learner.Options.standard().boundary("torus").classes(ruleClass));
    run.figure(
        "coverage",
        AutomatonFigures.coverage(seen),
        "How often each entry is called on in the first two steps of the boards.");
  }

  private Case solve(
      Rule rule, RuleClass ruleClass, int gap, long seed, Progress progress, int done) {
    long start = System.nanoTime();
    var torus = new Boundary.Torus();
    HiddenFrames.Settings usual = HiddenFrames.Settings.of(ruleClass, seed);
    HiddenFrames.Outcome outcome =
        HiddenFrames.learn(
            HiddenFrames.pairs(rule, HiddenFrames.boards(SIDE, SIDE, BOARDS, seed), gap, torus),
            torus,
            ruleClass,
            gap,
            starts > 0 ? usual.budget(usual.updates(), starts) : usual,
            (attempt, update, loss) ->
                progress.at(
                    done, "start %d, update %d, loss %.4f".formatted(attempt + 1, update, loss)));
    boolean right = outcome.exact();
    if (right) {
      Rule found = ruleClass.rule(outcome.outputs());
      for (Lattice[] pair :
          HiddenFrames.pairs(
              rule, HiddenFrames.boards(SIDE, SIDE, BOARDS, seed + 1_000_003), gap, torus)) {
        right &= new World(found, torus, pair[0]).step(gap).lattice().equals(pair[1]);
      }
    }
    return new Case(outcome, right, (System.nanoTime() - start) / 1e9);
  }

  /// What others reported for Life: a tied network of 89 weights with straight-through frames.
  private static String published(int gap) {
    return switch (gap) {
      case 2 -> "1 of 5";
      case 3 -> "0 of 5";
      case 10 -> "0 of 5";
      default -> "–";
    };
  }
}
