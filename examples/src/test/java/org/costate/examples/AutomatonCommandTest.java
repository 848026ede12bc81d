package org.costate.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `costate automaton` and the experiments of automata as a user meets them.
class AutomatonCommandTest {
  private static final String GLIDER = "x = 3, y = 3, rule = B3/S23:T16,16\nbo$2bo$3o!\n";

  @TempDir private Path folder;

  private record Outcome(int code, String out, String err) {
    JsonNode json() throws IOException {
      return new ObjectMapper()
          .readTree(out.strip().lines().reduce((_, last) -> last).orElseThrow());
    }
  }

  private static Outcome run(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    CommandLine command =
        Costate.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = command.execute(args);
    return new Outcome(code, out.toString(), err.toString());
  }

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private void refused(String why, String... args) {
    Outcome outcome = run(args);
    assertThat(outcome.code).as(outcome.out + outcome.err).isEqualTo(1);
    assertThat(outcome.err.strip()).startsWith("costate: ").contains(why).hasLineCount(1);
  }

  @Test
  void runLearnExportAndRunAgain() throws IOException {
    String frames = at("life.frames");
    Outcome made =
        run("automaton", "run", "B3/S23", "--random", "40x50", "--steps", "6", "--out", frames);
    assertThat(made.code).as(made.err).isZero();
    Outcome learned = run("automaton", "learn", frames, "--json", "--export", at("Learned.rule"));
    assertThat(learned.code).as(learned.err).isZero();
    JsonNode json = learned.json();
    assertThat(json.path("class").asText()).isEqualTo("Life-like");
    assertThat(json.path("radius").asInt()).isEqualTo(1);
    assertThat(json.path("order").asInt()).isEqualTo(1);
    assertThat(json.path("notation").get(0).asText()).isEqualTo("B3/S23");
    assertThat(json.path("consistent").asInt()).isEqualTo(1);
    assertThat(json.path("unseen")).isEmpty();
    assertThat(json.path("gap").asInt()).isEqualTo(1);
    assertThat(json.path("noise").asDouble()).isZero();
    assertThat(json.path("boundary").asText()).isEqualTo("torus");
    assertThat(json.path("replay").path("exact").asBoolean()).isTrue();
    assertThat(json.path("held_out").path("exact").asBoolean()).isTrue();
    assertThat(json.path("seconds").asDouble()).isPositive();
    JsonNode entry = json.path("entries").get(3);
    assertThat(entry.path("entry").asText()).isEqualTo("B3");
    assertThat(entry.path("output").asInt()).isEqualTo(1);
    assertThat(entry.path("count").asInt()).isPositive();
    assertThat(entry.path("confidence").asDouble()).isBetween(0.9, 1.0);
    assertThat(entry.path("known").asBoolean()).isTrue();
    assertThat(Files.readString(folder.resolve("Learned.rule")))
        .contains("@RULE Learned", "Entries unseen: none", "@COLORS", "Transitions used");
    String start = file("glider.rle", GLIDER);
    assertThat(
            run(
                    "automaton",
                    "run",
                    "B3/S23:T16,16",
                    "--start",
                    start,
                    "--steps",
                    "9",
                    "--out",
                    at("a.frames"))
                .code)
        .isZero();
    assertThat(
            run(
                    "automaton",
                    "run",
                    at("Learned.rule"),
                    "--start",
                    start,
                    "--steps",
                    "9",
                    "--out",
                    at("b.frames"))
                .code)
        .isZero();
    assertThat(folder.resolve("a.frames")).hasSameTextualContentAs(folder.resolve("b.frames"));
  }

  @Test
  void whatIsNotSeenIsNotStated() throws IOException {
    String start = file("glider.rle", GLIDER);
    run("automaton", "run", "B3/S23", "--start", start, "--steps", "4", "--out", at("g.gif"));
    Outcome learned = run("automaton", "learn", at("g.gif"), "--json", "--export", at("g.rle"));
    assertThat(learned.json().path("consistent").asInt()).isEqualTo(256);
    assertThat(learned.json().path("notation")).isEmpty();
    assertThat(learned.json().path("unseen")).hasSize(8);
    assertThat(learned.out).contains("8 open", "?", "never seen");
    assertThat(Files.readString(folder.resolve("g.rle"))).contains("Entries unseen or open: 8");
    String row = file("one.frames", "#1d\n" + ".".repeat(20) + "1" + ".".repeat(20) + "\n");
    run(
        "automaton",
        "run",
        "W90",
        "--start",
        row,
        "--boundary",
        "torus",
        "--steps",
        "15",
        "--out",
        at("w.frames"));
    JsonNode ninety = run("automaton", "learn", at("w.frames"), "--json").json();
    assertThat(ninety.path("wolfram").toString()).isEqualTo("[18,26,82,90,146,154,210,218]");
    assertThat(ninety.path("consistent").asInt()).isEqualTo(8);
  }

  @Test
  void hiddenFramesAndUnknownGaps() throws IOException {
    var text = new StringBuilder();
    String all = at("all.frames");
    run("automaton", "run", "B36/S23", "--random", "32x32", "--steps", "6", "--out", all);
    String[] frames = Files.readString(Path.of(all)).split("\n\n");
    for (int t = 0; t <= 6; t += 2) {
      text.append(frames[t].strip()).append("\n\n");
    }
    String every = file("every.frames", text.toString());
    JsonNode two = run("automaton", "learn", every, "--gap", "2", "--json").json();
    assertThat(two.path("notation").toString()).isEqualTo("[\"B36/S23\"]");
    assertThat(two.path("gap").asInt()).isEqualTo(2);
    JsonNode auto = run("automaton", "learn", every, "--gap", "auto", "--json").json();
    assertThat(auto.path("notation").toString()).isEqualTo("[\"B36/S23\"]");
    assertThat(auto.path("gap").asInt()).isEqualTo(2);
  }

  @Test
  void conversions() throws IOException {
    String rle = file("glider.rle", GLIDER);
    for (String ending : List.of("cells", "lif", "frames", "csv", "png", "gif", "rle")) {
      assertThat(run("automaton", "convert", rle, at("c." + ending)).code).as(ending).isZero();
      assertThat(
              run("automaton", "convert", at("c." + ending), at("back-" + ending + ".frames")).code)
          .isZero();
    }
    assertThat(folder.resolve("back-csv.frames"))
        .hasSameTextualContentAs(folder.resolve("back-gif.frames"))
        .hasSameTextualContentAs(folder.resolve("back-cells.frames"));
    assertThat(run("automaton", "convert", "B3/S23").out)
        .contains("MAPARYXfhZofugWaH7oaIDogBZ", "Hensel   B3/S23");
    assertThat(run("automaton", "convert", "W30", at("W.rule")).code).isZero();
    assertThat(run("automaton", "convert", at("W.rule")).out).contains("W30");
  }

  @Test
  void badInputIsSaidInOneSentence() throws IOException {
    String bad = file("bad.frames", ".1.\n.1x1\n");
    refused("b.frames, line 2, column 3", "automaton", "learn", file("b.frames", ".1.\n.1!\n"));
    refused("line 2", "automaton", "learn", bad);
    refused("There is no file", "automaton", "learn", at("missing.frames"));
    refused("file is empty", "automaton", "learn", file("empty.frames", ""));
    refused("only one frame", "automaton", "learn", file("one.frames", ".1\n1.\n"));
    refused("the ending says no format", "automaton", "learn", file("x.doc", "hello"));
    refused("--gap must be auto or a number", "automaton", "learn", bad, "--gap", "two");
    refused(
        "boundary must be auto or one of",
        "automaton",
        "learn",
        file("t.frames", ".1\n1.\n\n.1\n1.\n"),
        "--boundary",
        "round");
    refused("no PNG or GIF", "automaton", "learn", file("x.png", "no picture"));
    refused("is not understood", "automaton", "run", "B3S23", "--random", "9x9", "--steps", "1");
    refused("either --start FILE or --random", "automaton", "run", "B3/S23", "--steps", "1");
    refused(
        "must read ROWSxCOLUMNS", "automaton", "run", "B3/S23", "--random", "9", "--steps", "1");
    refused(
        "bounded grid",
        "automaton",
        "run",
        "B0/S",
        "--start",
        file("s.rle", GLIDER.replace(":T16,16", "")),
        "--steps",
        "1");
    refused(
        "says no format",
        "automaton",
        "learn",
        file("u.frames", ".1\n1.\n\n.1\n1.\n"),
        "--export",
        at("x.doc"));
    refused(
        "--class must be one of [von Neumann totalistic",
        "automaton",
        "learn",
        file("v.frames", ".1\n1.\n\n.1\n1.\n"),
        "--class",
        "unknown");
    assertThat(run("automaton").code).isEqualTo(2);
  }

  @Test
  void theExperimentsRun() throws IOException {
    for (String[] task :
        new String[][] {
          {"rule-110", "--width", "40", "--rows", "20"},
          {"life", "--side", "20"},
          {"life-hidden", "--gaps", "2", "--seeds", "1"},
          {"noisy-life", "--frames", "12"},
          {"wireworld"}
        }) {
      var args = new java.util.ArrayList<>(List.of("run"));
      args.addAll(List.of(task));
      args.addAll(List.of("--json", "--out", at(task[0])));
      Outcome outcome = run(args.toArray(String[]::new));
      assertThat(outcome.code).as("%s: %s", task[0], outcome.err).isZero();
      assertThat(folder.resolve(task[0]).resolve("report.html")).isNotEmptyFile();
      assertThat(outcome.json().path("seconds").asDouble()).isPositive();
    }
    assertThat(folder.resolve("life-hidden/flow.png")).isNotEmptyFile();
    assertThat(folder.resolve("life/film.gif")).isNotEmptyFile();
    assertThat(run("run", "life-hidden", "--gaps", "1").err).contains("--gaps 2 to 20");
  }
}
