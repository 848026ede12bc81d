package org.costate.examples.automaton;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Notation;
import org.costate.automata.Recording;
import org.costate.automata.Updating;
import org.costate.automata.World;
import org.costate.automata.io.AutomatonFiles;
import org.costate.automata.io.Palette;
import org.costate.automata.io.Pattern;
import org.costate.automata.io.RuleFile;
import org.costate.random.RandomStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Runs a rule from a start.
@Command(
    name = "run",
    description = "Run a rule from a pattern or a random start and write what it does.",
    mixinStandardHelpOptions = true)
final class RunAutomaton implements Callable<Integer> {
  private static final long MOST_CELLS = 1L << 30;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "RULE",
      description = "For example B3/S23, B3/S23:T64,64, W110, /2/3, MAP…, or a .rule file.")
  private String rule;

  @Option(names = "--start", paramLabel = "FILE", description = "The first frame.")
  private Path start;

  @Option(
      names = "--random",
      paramLabel = "ROWSxCOLUMNS",
      description = "A random start of that size instead.")
  private String random;

  @Option(
      names = "--density",
      defaultValue = "0.5",
      description = "Of a random start (default ${DEFAULT-VALUE}).")
  private double density;

  @Option(names = "--steps", required = true, description = "How many steps.")
  private int steps;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where: .frames, .csv, .gif (every frame); .rle, .cells, .lif, .png (the last one, or the"
              + " space–time diagram).")
  private Path out;

  @Option(
      names = "--boundary",
      description =
          "torus, dead, alive, reflecting or plane; default: what the rule or the file says, else"
              + " torus for a random start and the plane for a pattern.")
  private String boundary;

  @Option(
      names = "--updating",
      defaultValue = "synchronous",
      description = "synchronous, random-order, sequential, or a probability for each cell.")
  private String updating;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of everything that is random (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--json", description = "End standard output with one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    if ((start == null) == (random == null)) {
      throw new IllegalArgumentException(
          "automaton run: give either --start FILE or --random ROWSxCOLUMNS.");
    }
    if (steps < 0) {
      throw new IllegalArgumentException(
          "automaton run: --steps must not be negative, got " + steps + ".");
    }
    Palette palette = Palette.DEFAULT;
    Notation.Parsed parsed;
    if (rule.endsWith(".rule")) {
      RuleFile.Named named = RuleFile.parse(AutomatonFiles.text(Path.of(rule)), rule);
      palette = palette.with(named.colours());
      parsed = new Notation.Parsed(named.rule(), null, 0, 0);
    } else {
      parsed = Notation.parse(rule);
    }
    Lattice first = start == null ? randomStart(parsed) : placed(read(), parsed);
    World world = new World(parsed.rule(), boundary(parsed, first), first, first, updating(), seed);
    boolean film =
        out != null
                && out.toString()
                    .toLowerCase(java.util.Locale.ROOT)
                    .matches(".*\\.(frames|txt|csv|gif)")
            || parsed.rule().neighbourhood().isLine();
    List<Lattice> frames;
    if (film) {
      if ((long) first.size() * (steps + 1) > MOST_CELLS) {
        throw new IllegalArgumentException(
            "automaton run: %d frames of %d cells are too many to keep; write .rle or .png, or do fewer steps."
                .formatted(steps + 1, first.size()));
      }
      frames = world.evolve(steps);
    } else {
      frames = List.of(world.step(steps).lattice());
    }
    Lattice last = frames.getLast();
    if (out != null) {
      boolean line = last.height() == 1;
      AutomatonFiles.write(
          out,
          new Recording(line ? 1 : 2, List.of(frames)),
          rule.endsWith(".rule") ? parsed.rule().toString() : rule,
          palette);
      text.println("Written: " + out);
    }
    text.printf("population %d after %d steps%n", last.population(), steps);
    if (json) {
      var map = new LinkedHashMap<String, Object>();
      map.put("rule", parsed.rule().toString());
      map.put("steps", steps);
      map.put("population", last.population());
      map.put(
          "counts",
          java.util.stream.IntStream.range(0, parsed.rule().states()).map(last::count).toArray());
      map.put("height", last.height());
      map.put("width", last.width());
      text.println(new ObjectMapper().writeValueAsString(map));
    }
    text.flush();
    return 0;
  }

  private Pattern read() throws IOException {
    if (!Files.exists(start)) {
      throw new java.nio.file.NoSuchFileException(start.toString());
    }
    return AutomatonFiles.patterns(start).getFirst();
  }

  private Lattice placed(Pattern pattern, Notation.Parsed parsed) {
    Lattice lattice = pattern.lattice();
    if (parsed.height() == 0 || parsed.width() == 0) {
      return lattice;
    }
    if (lattice.height() > parsed.height() || lattice.width() > parsed.width()) {
      throw new IllegalArgumentException(
          "automaton run: the start of %d × %d cells does not fit the grid of %d × %d."
              .formatted(lattice.height(), lattice.width(), parsed.height(), parsed.width()));
    }
    return lattice.placed(
        parsed.height(),
        parsed.width(),
        (parsed.height() - lattice.height()) / 2,
        (parsed.width() - lattice.width()) / 2);
  }

  private Lattice randomStart(Notation.Parsed parsed) {
    if (!random.matches("\\d{1,5}x\\d{1,5}") || !(density >= 0 && density <= 1)) {
      throw new IllegalArgumentException(
          "automaton run: --random must read ROWSxCOLUMNS and --density lie in 0 … 1, got '%s' and %s."
              .formatted(random, density));
    }
    String[] sides = random.split("x");
    int rows = parsed.rule().neighbourhood().isLine() ? 1 : Integer.parseInt(sides[0]);
    return World.random(
        rows,
        Integer.parseInt(sides[1]),
        parsed.rule().states(),
        density,
        RandomStream.of(seed, "random start"));
  }

  private Boundary boundary(Notation.Parsed parsed, Lattice first) throws IOException {
    if (boundary != null) {
      return switch (boundary) {
        case "torus" -> new Boundary.Torus();
        case "dead" -> new Boundary.Fixed(0);
        case "alive" -> new Boundary.Fixed(1);
        case "reflecting" -> new Boundary.Reflecting();
        case "plane" -> new Boundary.Unbounded();
        default ->
            throw new IllegalArgumentException(
                "automaton run: --boundary must be torus, dead, alive, reflecting or plane, got '%s'."
                    .formatted(boundary));
      };
    }
    if (parsed.boundary() != null) {
      return parsed.boundary();
    }
    if (start != null) {
      String own = read().rule();
      if (own != null && own.contains(":")) {
        return Notation.parse("W0" + own.substring(own.indexOf(':'))).boundary();
      }
      return first.height() == 1 && !parsed.rule().quiescent()
          ? new Boundary.Torus()
          : new Boundary.Unbounded();
    }
    return new Boundary.Torus();
  }

  private Updating updating() {
    return switch (updating) {
      case "synchronous" -> new Updating.Synchronous();
      case "random-order" -> new Updating.RandomOrder();
      case "sequential" -> new Updating.Sequential();
      default -> {
        if (!updating.matches("[01]?\\.?\\d+")) {
          throw new IllegalArgumentException(
              "automaton run: --updating must be synchronous, random-order, sequential or a probability, got '%s'."
                  .formatted(updating));
        }
        yield new Updating.Independent(Double.parseDouble(updating));
      }
    };
  }
}
