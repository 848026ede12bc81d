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
import org.costate.automata.learn.Transitions;
import org.costate.automata.plot.AutomatonFigures;
import org.costate.examples.Experiment;
import org.costate.plot.Figures;
import org.costate.random.RandomStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A video in which cells are flipped at random: voting by counts goes wrong, inverting the flips
/// does not, and says how many cells were flipped.
@Command(
    name = "noisy-life",
    description =
        "Learn a rule from frames with flipped cells: voting against inverting the flips.",
    mixinStandardHelpOptions = true)
public final class NoisyLife extends Experiment {
  private static final double[] RATES = {0, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.18, 0.2};

  @Option(
      names = "--rule",
      defaultValue = "B3/S23",
      description = "The Life-like rule (default ${DEFAULT-VALUE}).")
  private String text;

  @Option(
      names = "--frames",
      defaultValue = "100",
      description = "Frames of 64 × 64 cells (default ${DEFAULT-VALUE}).")
  private int frames;

  /// For the command line.
  public NoisyLife() {}

  @Override
  protected void execute(Run run) throws IOException {
    Rule rule = Notation.rule(text);
    RuleClass lifeLike = RuleClass.lifeLike();
    int[] truth = lifeLike.outputs(rule);
    if (truth == null || frames < 3) {
      throw new IllegalArgumentException(
          "noisy-life: --rule must be Life-like and --frames at least 3, got '%s' and %d."
              .formatted(text, frames));
    }
    List<Lattice> clean =
        World.evolve(
            rule,
            new Boundary.Torus(),
            World.random(64, 64, 2, 0.5, RandomStream.of(run.seed(), "board")),
            frames - 1);
    double[] voting = new double[RATES.length];
    double[] inverted = new double[RATES.length];
    double[] open = new double[RATES.length];
    double[] estimate = new double[RATES.length];
    var rows = new ArrayList<List<String>>();
    for (int r = 0; r < RATES.length; r++) {
      Recording noisy = Recording.of(flipped(clean, RATES[r], run.seed()));
      long[][] counts = Transitions.count(noisy, null, lifeLike);
      for (int e = 0; e < truth.length; e++) {
        voting[r] += (counts[e][1] > counts[e][0] ? 1 : 0) == truth[e] ? 0 : 1;
      }
      Learned learned = Learner.learn(noisy, Learner.Options.standard().classes(lifeLike));
      int[] outputs = learned.outputs();
      for (int e = 0; e < truth.length; e++) {
        open[r] += outputs[e] < 0 ? 1 : 0;
        inverted[r] += outputs[e] >= 0 && outputs[e] != truth[e] ? 1 : 0;
      }
      estimate[r] = learned.noise();
      rows.add(
          List.of(
              "%.2f".formatted(RATES[r]),
              "%.4f".formatted(estimate[r]),
              "%.0f".formatted(voting[r]),
              "%.0f".formatted(inverted[r]),
              "%.0f".formatted(open[r])));
      run.text()
          .printf(
              "flipped %.2f: estimated %.4f; wrong by voting %.0f, wrong when stated %.0f, left"
                  + " open %.0f of 18%n",
              RATES[r], estimate[r], voting[r], inverted[r], open[r]);
      if (RATES[r] == 0.1) {
        Pictures.learned(run, "tenth flipped", learned);
        run.figure(
            "learned-against-true",
            AutomatonFigures.learnedAgainstTrue(
                java.util.stream.IntStream.range(0, 18).mapToObj(lifeLike::entryName).toList(),
                outputs,
                truth),
            "With a tenth of the cells flipped: the learned table beside the true one.");
        Pictures.spaceTime(run, noisy.histories().getFirst());
        hidden(run, rule, lifeLike, RATES[r]);
        Pictures.film(
            run,
            "film",
            noisy.histories().getFirst().subList(0, Math.min(30, frames)),
            "What was seen: a tenth of the cells is wrong in every frame.");
      }
    }
    run.report()
        .table(
            List.of("flipped", "estimated", "wrong by voting", "wrong when stated", "left open"),
            rows);
    var curves = new LinkedHashMap<String, double[][]>();
    curves.put("voting", new double[][] {RATES, voting});
    curves.put("flips inverted, wrong when stated", new double[][] {RATES, inverted});
    curves.put("flips inverted, left open", new double[][] {RATES, open});
    run.figure(
        "wrong-entries",
        Figures.curves(
            "Entries of 18 that come out wrong",
            "fraction of cells flipped",
            "entries",
            curves,
            false),
        "Voting takes the more frequent outcome as it was seen.");
    var rates = new LinkedHashMap<String, double[][]>();
    rates.put("estimated", new double[][] {RATES, estimate});
    rates.put("true", new double[][] {RATES, RATES});
    run.figure(
        "flip-rate",
        Figures.curves("The flip rate", "fraction of cells flipped", "fraction", rates, false),
        "The flip rate as it was estimated from the frames alone.");
    run.result("rates", RATES);
    run.result("estimated", estimate);
    run.result("wrong_by_voting", voting);
    run.result("wrong_when_stated", inverted);
    run.result("left_open", open);
  }

  /// Noise and a hidden frame together: gradients find a rule, but replay cannot be exact.
  private static void hidden(Run run, Rule rule, RuleClass lifeLike, double rate)
      throws IOException {
    var torus = new Boundary.Torus();
    var pairs = new ArrayList<Lattice[]>();
    for (Lattice[] pair :
        HiddenFrames.pairs(rule, HiddenFrames.boards(16, 16, 64, run.seed()), 2, torus)) {
      pairs.add(new Lattice[] {pair[0], flipped(List.of(pair[1]), rate, pairs.size()).getFirst()});
    }
    HiddenFrames.Outcome outcome =
        HiddenFrames.learn(
            pairs,
            torus,
            lifeLike,
            2,
            HiddenFrames.Settings.of(lifeLike, run.seed()).budget(2_000, 2),
            (_, _, _) -> {});
    String said =
        "Through a hidden frame, with a tenth of the later cells flipped, gradients end at %s, which gives %.1f %% of those cells otherwise."
            .formatted(lifeLike.notation(outcome.outputs()), 100 * outcome.wrong());
    run.text().println(said);
    run.report().paragraph(said);
    Pictures.flow(run, outcome, "Norm of the costate of the frames before the noisy one.");
  }

  private static List<Lattice> flipped(List<Lattice> clean, double rate, long seed) {
    var frames = new ArrayList<Lattice>();
    for (int t = 0; t < clean.size(); t++) {
      byte[] cells = clean.get(t).toArray();
      RandomStream random = RandomStream.of(seed, "flips", t, 0);
      for (int i = 0; i < cells.length; i++) {
        cells[i] ^= (byte) (random.nextDouble() < rate ? 1 : 0);
      }
      frames.add(Lattice.of(clean.get(t).height(), clean.get(t).width(), cells));
    }
    return frames;
  }
}
