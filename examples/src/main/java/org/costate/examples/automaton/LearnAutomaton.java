package org.costate.examples.automaton;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.costate.automata.Lattice;
import org.costate.automata.Notation;
import org.costate.automata.Recording;
import org.costate.automata.Rule;
import org.costate.automata.TableRule;
import org.costate.automata.io.AutomatonFiles;
import org.costate.automata.io.FormatException;
import org.costate.automata.io.Palette;
import org.costate.automata.io.Pattern;
import org.costate.automata.io.RleFile;
import org.costate.automata.io.RuleFile;
import org.costate.automata.learn.Learned;
import org.costate.automata.learn.Learner;
import org.costate.automata.learn.Replay;
import org.costate.automata.learn.RuleClass;
import org.costate.io.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Frames in, rule out, with what the frames do not determine.
@Command(
    name = "learn",
    description =
        "Find the smallest class of rules that explains frames, and all its rules that do.",
    mixinStandardHelpOptions = true)
final class LearnAutomaton implements Callable<Integer> {
  private static final int MOST_LINES = 40;
  private static final List<Integer> AUTOMATIC_GAPS = List.of(1, 2, 3, 4);

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "INPUT",
      arity = "1..*",
      description =
          "Frames: .frames, .csv, .gif, .png, .rle, .cells, .lif, or a folder of PNG files.")
  private List<Path> inputs;

  @Option(
      names = "--gap",
      defaultValue = "1",
      paramLabel = "K|auto",
      description =
          "Steps from one frame to the next; auto tries 1 to 4 (default ${DEFAULT-VALUE}).")
  private String gap;

  @Option(
      names = "--boundary",
      defaultValue = "auto",
      paramLabel = "NAME",
      description = "auto, torus, dead, alive or reflecting (default ${DEFAULT-VALUE}).")
  private String boundary;

  @Option(
      names = "--space-time",
      description = "A picture is a history of one dimension, time downward.")
  private boolean spaceTime;

  @Option(
      names = "--colour",
      paramLabel = "RRGGBB=STATE",
      description = "The state of a colour in pictures; without it the most frequent one is 0.")
  private Map<String, Integer> colours = Map.of();

  @Option(
      names = "--export",
      paramLabel = "FILE",
      description =
          "Write the rule: .rule (a table with colours), .rle (the first frame with the rule) or"
              + " .txt (one notation a line).")
  private Path export;

  @Option(names = "--json", description = "End standard output with one line of JSON.")
  private boolean json;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of the search through hidden frames (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--class",
      paramLabel = "NAME",
      description =
          "Consider only the classes of this name, for example Life-like or 'counting state 1'.")
  private String className;

  @Option(
      names = "--effort",
      defaultValue = "1",
      description = "How many times as many starts that search makes (default ${DEFAULT-VALUE}).")
  private int effort;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (effort < 1) {
      throw new IllegalArgumentException(
          "automaton learn: --effort must be at least 1, got " + effort + ".");
    }
    List<Integer> steps = gaps();
    if (export != null && !ending().matches("rule|rle|txt")) {
      throw new FormatException(
          export.toString(), "the ending says no format; expected .rule, .rle or .txt.");
    }
    Recording recording = AutomatonFiles.recordings(inputs, palette(), spaceTime);
    var told = new long[] {System.nanoTime()};
    var options =
        new Learner.Options(
            steps,
            boundary,
            classes(recording),
            seed,
            effort,
            (start, update, loss) -> {
              if (System.nanoTime() - told[0] > 5_000_000_000L) {
                told[0] = System.nanoTime();
                err.printf(
                    "hidden frames: start %d, update %d, loss %.4f nats a cell%n",
                    start + 1, update, loss);
                err.flush();
              }
            });
    Learned learned = Learner.learn(recording, options);
    print(out, learned);
    if (export != null) {
      export(learned, recording.histories().getFirst().getFirst());
      out.println("Written: " + export);
    }
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(learned.toMap()));
    }
    out.flush();
    return 0;
  }

  private List<RuleClass> classes(Recording recording) {
    List<RuleClass> all = RuleClass.ladder(recording.dimensions(), recording.states());
    if (className == null) {
      return all;
    }
    List<RuleClass> named = all.stream().filter(c -> c.name().equals(className)).toList();
    if (named.isEmpty()) {
      throw new IllegalArgumentException(
          "automaton learn: --class must be one of %s, got '%s'."
              .formatted(all.stream().map(RuleClass::name).distinct().toList(), className));
    }
    return named;
  }

  private List<Integer> gaps() {
    if (gap.equals("auto")) {
      return AUTOMATIC_GAPS;
    }
    if (!gap.matches("\\d{1,3}") || Integer.parseInt(gap) < 1) {
      throw new IllegalArgumentException(
          "automaton learn: --gap must be auto or a number from 1, got '%s'.".formatted(gap));
    }
    return List.of(Integer.parseInt(gap));
  }

  private Palette palette() {
    if (colours.isEmpty()) {
      return Palette.DEFAULT;
    }
    var changed = new java.util.HashMap<Integer, Integer>();
    colours.forEach(
        (colour, state) -> {
          if (!colour.matches("[0-9a-fA-F]{6}") || state < 0 || state > Lattice.LARGEST_STATE) {
            throw new IllegalArgumentException(
                "automaton learn: --colour must read RRGGBB=STATE, got '%s=%d'."
                    .formatted(colour, state));
          }
          changed.put(state, Integer.parseInt(colour, 16));
        });
    return Palette.DEFAULT.with(changed);
  }

  private static void print(PrintWriter out, Learned learned) {
    out.printf("class        %s%n", learned.toMap().get("class"));
    out.printf("found by     %s%n", learned.method());
    List<String> notation = learned.notation();
    out.printf(
        "rules        %s%s fit%s%n",
        learned.atLeast() ? "at least " : "",
        learned.stochastic() ? "one stochastic rule" : learned.consistentShort(),
        notation.isEmpty()
            ? ""
            : ": "
                + String.join(", ", notation.subList(0, Math.min(8, notation.size())))
                + (notation.size() > 8 ? ", …" : ""));
    out.printf(
        "gap          %s%n",
        learned.gaps().size() == 1 ? learned.gaps().getFirst() : learned.gaps());
    out.printf(
        "boundary     %s%n",
        learned.boundaries().isEmpty()
            ? "not determined"
            : String.join(" or ", learned.boundaries()));
    if (learned.noise() > 0) {
      out.printf("noise        %.2f %% of the cells are flipped%n", 100 * learned.noise());
    }
    out.printf("replay       %s%n", text(learned.replay()));
    if (learned.heldOut() != null) {
      out.printf("held out     %s%n", text(learned.heldOut()));
    }
    int[] outputs = learned.outputs();
    int[] order = IntStream.range(0, outputs.length).toArray();
    out.printf("entries      %d, of which %d open%n", outputs.length, learned.open().size());
    for (int e : Arrays.copyOf(order, Math.min(MOST_LINES, order.length))) {
      String count =
          learned.counts() == null
              ? ""
              : ", %d seen".formatted(Arrays.stream(learned.counts()[e]).sum());
      String chance =
          learned.stochastic() && outputs[e] >= 0
              ? ", probability %.4f ± %.4f"
                  .formatted(learned.probability()[e][outputs[e]], learned.standardError()[e])
              : "";
      out.printf(
          "  %-12s %s%s%s%n",
          learned.ruleClass().entryName(e), outputs[e] < 0 ? "?" : outputs[e], count, chance);
    }
    if (order.length > MOST_LINES) {
      out.printf("  … %d more (--json lists all)%n", order.length - MOST_LINES);
    }
    learned.remarks().forEach(remark -> out.println("note: " + remark));
  }

  private static String text(Replay replay) {
    return replay.exact()
        ? "exact, %d cells".formatted(replay.compared())
        : "%d of %d cells differ, first in frame %d at row %d, column %d"
            .formatted(
                replay.wrong(), replay.compared(), replay.frame(), replay.row(), replay.column());
  }

  private void export(Learned learned, Lattice first) throws IOException {
    String name = export.getFileName().toString();
    Rule rule = learned.anyRule();
    switch (ending()) {
      case "rule" ->
          AtomicFiles.writeString(
              export,
              RuleFile.format(
                  name.substring(0, name.lastIndexOf('.')),
                  TableRule.of(rule),
                  palette(),
                  comments(learned)));
      case "rle" ->
          AtomicFiles.writeString(
              export,
              RleFile.format(
                  new Pattern(
                      first,
                      Notation.of(rule)
                          + (learned.boundaries().equals(List.of("torus"))
                              ? ":T" + first.width() + "," + first.height()
                              : learned.boundaries().equals(List.of("dead"))
                                  ? ":P" + first.width() + "," + first.height()
                                  : ""),
                      comments(learned).stream().map(c -> "#C " + c).toList(),
                      0,
                      0,
                      0)));
      default ->
          AtomicFiles.writeString(
              export,
              String.join(
                      "\n",
                      learned.notation().isEmpty()
                          ? List.of(Notation.of(rule))
                          : learned.notation())
                  + "\n");
    }
  }

  private String ending() {
    String name = export.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static List<String> comments(Learned learned) {
    var comments = new ArrayList<String>();
    comments.add(
        "Learned by Costate: " + learned.method() + ", class " + learned.ruleClass().name() + ".");
    long transitions =
        learned.counts() == null
            ? 0
            : Arrays.stream(learned.counts()).mapToLong(c -> Arrays.stream(c).sum()).sum();
    comments.add(
        "Transitions used: %s; rules that fit: %s%s."
            .formatted(
                learned.counts() == null ? "hidden frames" : transitions,
                learned.atLeast() ? "at least " : "",
                learned.consistentShort()));
    List<String> open = learned.open();
    comments.add(
        open.isEmpty()
            ? "Entries unseen: none."
            : "Entries unseen or open: %d; here they are completed by the first state allowed: %s%s."
                .formatted(
                    open.size(),
                    String.join(" ", open.subList(0, Math.min(MOST_LINES, open.size()))),
                    open.size() > MOST_LINES ? " …" : ""));
    return comments;
  }
}
