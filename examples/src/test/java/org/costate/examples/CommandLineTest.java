package org.costate.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The command line as a user meets it: help, results as JSON, and one sentence for each thing that
/// is wrong.
class CommandLineTest {
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

  private Path data(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines));
  }

  private void refused(String why, String... args) {
    var all = new ArrayList<>(List.of("run", "splice-junctions"));
    all.addAll(List.of(args));
    all.addAll(List.of("--out", folder.resolve("refused").toString()));
    Outcome outcome = run(all.toArray(String[]::new));
    assertThat(outcome.code).isEqualTo(1);
    assertThat(outcome.err.strip()).startsWith("costate: ").contains(why).hasLineCount(1);
    assertThat(folder.resolve("refused").resolve("run.json")).doesNotExist();
  }

  @Test
  void helpAndListNameTheExperiments() {
    assertThat(run("--help").out).contains("run", "list", "demo", "Exit codes");
    Outcome list = run("list");
    assertThat(list.code).isZero();
    assertThat(list.out)
        .contains("gradient-flow", "splice-junctions", "adding", "copying", "temporal-order")
        .contains("reber", "parity", "mackey-glass");
  }

  @Test
  void benchPrintsOneObjectARow() throws IOException {
    Outcome gemm = run("bench", "gemm", "--json", "--seconds", "0.01");
    assertThat(gemm.code).isZero();
    JsonNode first = new ObjectMapper().readTree(gemm.out.lines().findFirst().orElseThrow());
    assertThat(first.get("name").asText()).isEqualTo("sgemm-256");
    assertThat(first.get("gflops").asDouble()).isPositive();
    Outcome control = run("bench", "control", "--json", "--seconds", "0.01");
    JsonNode row = new ObjectMapper().readTree(control.out.lines().findFirst().orElseThrow());
    assertThat(row.get("name").asText()).isEqualTo("cartpole-rk4-T100");
    assertThat(row.get("value_us").asDouble()).isPositive();
    assertThat(row.get("gradient_us").asDouble()).isPositive();
    assertThat(run("bench", "rnm").code).isEqualTo(2);
    assertThat(run("bench", "gemm", "--seconds", "0").err)
        .contains("--seconds must be positive")
        .hasLineCount(1);
  }

  @Test
  void wrongOptionsEndWithTwoAndASuggestion() {
    assertThat(run("run").code).isEqualTo(2);
    assertThat(run("run", "adding", "--lenght", "3").code).isEqualTo(2);
    assertThat(run("run", "adding", "--lenght", "3").err).contains("--length");
    assertThat(run("run", "nothing").code).isEqualTo(2);
  }

  @Test
  void badDataIsSaidWithFileLineAndRemedy() throws IOException {
    refused("There is no file", "--data", folder.resolve("missing.csv").toString());
    refused("is empty", "--data", data("empty.csv").toString());
    refused(
        "two.csv, line 2: expected 3 columns 'class,instance,sequence', got 2",
        "--data",
        data("two.csv", "EI,a,ACGT", "EI,ACGT").toString());
    refused(
        "line 1: class must be EI, IE or N, got 'X'",
        "--data",
        data("class.csv", "X,a,ACGT").toString());
    refused(
        "line 1: letter '7' at position 3 is not a IUPAC",
        "--data",
        data("letter.csv", "N,a,AC7T").toString());
    refused(
        "line 2: the sequence is empty", "--data", data("none.csv", "N,a,ACGT", "N,b,").toString());
    refused(
        "'b' has 3 letters but the first sequence has 4",
        "--data",
        data("length.csv", "N,a,ACGT", "N,b,ACG").toString());
    refused("is a folder", "--data", folder.toString());
    refused("the learning rate must be positive, got -1.0", "--rate", "-1");
    refused("--test needs --data", "--test", data("t.csv", "N,a,ACGT").toString());
    refused("--epochs must be at least 1", "--epochs", "0");
  }

  @Test
  void anUnwritableFolderIsSaid() throws IOException {
    Path file = data("file", "x");
    Outcome outcome = run("run", "parity", "--out", file.resolve("below").toString());
    assertThat(outcome.code).isEqualTo(1);
    assertThat(outcome.err).contains("Cannot make the output folder").contains("--out");
  }

  @Test
  void aRunIsAFolderAndEndsWithJson() throws IOException {
    Path out = folder.resolve("parity");
    Outcome outcome =
        run(
            "run",
            "parity",
            "--sequences",
            "640",
            "--seed",
            "3",
            "--json",
            "--out",
            out.toString());
    assertThat(outcome.code).isZero();
    assertThat(outcome.json().path("task").asText()).isEqualTo("parity");
    assertThat(outcome.json().path("baseline").asDouble()).isBetween(0.69, 0.70);
    for (String name :
        List.of(
            "run.json",
            "metrics.csv",
            "report.html",
            "model.safetensors",
            "flow.png",
            "flow.svg")) {
      assertThat(out.resolve(name)).isNotEmptyFile();
    }
    JsonNode record = new ObjectMapper().readTree(out.resolve("run.json").toFile());
    assertThat(record.path("seed").asLong()).isEqualTo(3);
    assertThat(record.path("costate").asText()).matches("\\d+\\.\\d+.*");
    assertThat(record.path("options").path("--sequences").asText()).isEqualTo("640");
    assertThat(Files.readString(out.resolve("report.html"))).contains("data:image/png;base64,");
    Outcome again =
        run(
            "run",
            "parity",
            "--sequences",
            "640",
            "--seed",
            "3",
            "--json",
            "--out",
            out.toString());
    assertThat(again.json().path("cross_entropy")).isEqualTo(outcome.json().path("cross_entropy"));
  }

  @Test
  void everyTaskRuns() throws IOException {
    for (String[] task :
        new String[][] {
          {"adding", "--length", "10"},
          {"copying", "--delay", "5"},
          {"temporal-order", "--length", "20"},
          {"reber"}
        }) {
      var args = new ArrayList<>(List.of("run"));
      args.addAll(List.of(task));
      args.addAll(
          List.of("--sequences", "64", "--json", "--out", folder.resolve(task[0]).toString()));
      Outcome outcome = run(args.toArray(String[]::new));
      assertThat(outcome.code).as("%s: %s", task[0], outcome.err).isZero();
      assertThat(outcome.json().path("task").asText()).isEqualTo(task[0]);
    }
    Outcome glass =
        run(
            "run",
            "mackey-glass",
            "--evaluations",
            "30",
            "--json",
            "--out",
            folder.resolve("m").toString());
    assertThat(glass.json().path("ar20_nrmse_1").asDouble()).isBetween(4e-4, 7e-4);
    assertThat(glass.json().path("persistence_nrmse_1").asDouble()).isBetween(0.13, 0.16);
  }

  @Test
  void spliceJunctionsLearnOnRealDataWhereThereIsSome() throws IOException {
    String given = System.getenv("COSTATE_DATA");
    Path shared = given == null ? Path.of("../../shared/data") : Path.of(given);
    Path real = shared.resolve("genomics/uci-splice/splice.train.csv");
    String[] simulated = {
      "run", "splice-junctions", "--json", "--epochs", "6", "--out", folder.resolve("s").toString()
    };
    JsonNode small = run(simulated).json();
    assertThat(small.path("simulated").asBoolean()).isTrue();
    assertThat(small.path("accuracy").asDouble()).isGreaterThan(0.85);
    if (Files.exists(real)) {
      JsonNode result =
          run(
                  "run",
                  "splice-junctions",
                  "--data",
                  real.toString(),
                  "--json",
                  "--out",
                  folder.resolve("r").toString())
              .json();
      assertThat(result.path("accuracy").asDouble()).isGreaterThan(0.94);
      assertThat(result.path("errors").path("EI").asDouble()).isLessThan(0.1);
      assertThat(result.path("baseline").asDouble()).isGreaterThan(0.9);
    }
  }

  @Test
  void theDemoWritesOnePage() throws IOException {
    Outcome outcome = run("demo", "--out", folder.resolve("demo").toString(), "--json");
    assertThat(outcome.code).as(outcome.err).isZero();
    assertThat(folder.resolve("demo/index.html")).isNotEmptyFile();
    JsonNode cells = outcome.json().path("gradient-flow").path("cells");
    assertThat(cells.get(0).path("half_life").asDouble()).as("sigmoid vanishes").isLessThan(2);
    assertThat(cells.get(2).path("growth").asDouble())
        .as("ReLU above identity explodes")
        .isGreaterThan(1.1);
    assertThat(cells.get(5).path("accuracy_clipped").asDouble())
        .as("the LSTM that remembers")
        .isGreaterThan(0.95);
  }
}
