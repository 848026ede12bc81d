package org.costate.examples.automaton;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.costate.automata.Notation;
import org.costate.automata.Recording;
import org.costate.automata.Rule;
import org.costate.automata.TableRule;
import org.costate.automata.io.AutomatonFiles;
import org.costate.automata.io.Palette;
import org.costate.automata.io.Pattern;
import org.costate.automata.io.RuleFile;
import org.costate.io.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Converts patterns, recordings and rules.
@Command(
    name = "convert",
    description =
        "Convert patterns and recordings between formats, or write a rule as a .rule file.",
    mixinStandardHelpOptions = true)
final class ConvertAutomaton implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "INPUT",
      description =
          "A file, a folder of PNG files, or (to a .rule file or alone) a rule such as B3/S23.")
  private String input;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "OUTPUT",
      description =
          "The new file; its ending says the format. Without it, a rule's notations are printed.")
  private Path output;

  @Option(
      names = "--space-time",
      description = "A picture is a history of one dimension, time downward.")
  private boolean spaceTime;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Path file = Path.of(input);
    if (!Files.exists(file) || input.endsWith(".rule")) {
      rule(out, file);
    } else if (output == null) {
      throw new IllegalArgumentException("automaton convert: name the file to write.");
    } else {
      recording(file);
    }
    if (output != null) {
      out.println("Written: " + output);
    }
    out.flush();
    return 0;
  }

  private void recording(Path file) throws IOException {
    Recording recording = AutomatonFiles.recording(file, Palette.DEFAULT, spaceTime);
    boolean pattern =
        file.toString().toLowerCase(java.util.Locale.ROOT).matches(".*\\.(rle|cells|lif|life)");
    List<Pattern> patterns = pattern ? AutomatonFiles.patterns(file) : List.of();
    AutomatonFiles.write(
        output, recording, patterns.isEmpty() ? null : patterns.getLast().rule(), Palette.DEFAULT);
  }

  private void rule(PrintWriter out, Path file) throws IOException {
    Palette palette = Palette.DEFAULT;
    Rule rule;
    if (input.endsWith(".rule")) {
      RuleFile.Named named = RuleFile.parse(AutomatonFiles.text(file), input);
      rule = named.rule();
      palette = palette.with(named.colours());
    } else {
      if (input.matches(".*\\.(frames|txt|csv|gif|png|rle|cells|lif|life)")) {
        throw new java.nio.file.NoSuchFileException(input);
      }
      rule = Notation.rule(input);
    }
    TableRule table = TableRule.of(rule);
    if (output == null) {
      out.println(Notation.of(table));
      Notation.birthSurvival(table).ifPresent(n -> out.println("B/S      " + n));
      Notation.hensel(table).ifPresent(n -> out.println("Hensel   " + n));
      Notation.wolfram(table).ifPresent(n -> out.println("Wolfram  " + n));
      Notation.map(table).ifPresent(n -> out.println("MAP      " + n));
      return;
    }
    String name = output.getFileName().toString();
    if (!name.endsWith(".rule")) {
      throw new IllegalArgumentException(
          "automaton convert: a rule is written to a .rule file, got '%s'.".formatted(name));
    }
    AtomicFiles.writeString(
        output,
        RuleFile.format(
            name.substring(0, name.length() - 5), table, palette, List.of(Notation.of(rule))));
  }
}
