package org.costate.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.system.CartPole;
import org.costate.unroll.Loop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `costate control` and the experiments of optimal control as a user meets them.
class ControlCommandTest {
  @TempDir private Path folder;

  private record Outcome(int code, String out, String err) {}

  private static Outcome run(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    CommandLine command =
        Costate.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = command.execute(args);
    return new Outcome(code, out.toString(), err.toString());
  }

  private JsonNode experiment(String name, String... options) throws IOException {
    var args = new java.util.ArrayList<String>(java.util.List.of("run", name));
    args.addAll(java.util.List.of(options));
    args.addAll(java.util.List.of("--json", "--out", folder.resolve(name).toString()));
    Outcome outcome = run(args.toArray(String[]::new));
    assertThat(outcome.code).as(outcome.err).isZero();
    assertThat(folder.resolve(name).resolve("report.html")).isNotEmptyFile();
    return new ObjectMapper()
        .readTree(outcome.out.strip().lines().reduce((_, last) -> last).orElseThrow());
  }

  @Test
  void solveAFile() throws IOException {
    Path file = folder.resolve("problem.yaml");
    Files.writeString(
        file,
        "system: cart-pole\nduration: 2\nfinal: [1, 3.141592653589793, 0, 0]\ncost: {controls: 1}\n"
            + "bounds: {controls: [-20, 20]}\n");
    Path out = folder.resolve("solved");
    Outcome outcome = run("control", "solve", file.toString(), "--out", out.toString());
    assertThat(outcome.code).as(outcome.err).isZero();
    assertThat(outcome.out).contains("Converged");
    JsonNode solution = new ObjectMapper().readTree(out.resolve("solution.json").toFile());
    assertThat(solution.get("cost").asDouble()).isCloseTo(58.8883360, within(1e-6));
    assertThat(Files.readAllLines(out.resolve("trajectory.csv"))).hasSize(102);
    assertThat(out.resolve("animation.gif")).isNotEmptyFile();
    Files.writeString(file, "system: nothing\nduration: 1\n");
    Outcome wrong = run("control", "solve", file.toString(), "--out", out.toString());
    assertThat(wrong.code).isEqualTo(1);
    assertThat(wrong.err.strip()).startsWith("costate: ").contains("nothing").hasLineCount(1);
    Outcome missing = run("control", "solve", folder.resolve("no.yaml").toString());
    assertThat(missing.err).contains("There is no file");
    assertThat(run("control").code).isEqualTo(2);
  }

  @Test
  void experimentsReachTheirNumbers() throws IOException {
    assertThat(experiment("reach-arm").get("relative_difference").asDouble())
        .isCloseTo(0, within(1e-8));
    JsonNode cartPole = experiment("cart-pole");
    assertThat(cartPole.get("altro_cost").asDouble()).isLessThan(1.4863);
    assertThat(cartPole.get("starts_as_good").asInt()).isGreaterThanOrEqualTo(18);
    JsonNode acrobot = experiment("acrobot");
    assertThat(acrobot.get("trajax_cost").asDouble()).isLessThan(40.4241);
    assertThat(experiment("quadrotor", "--planar").get("relative_difference").asDouble())
        .isCloseTo(0, within(1e-8));
    assertThat(experiment("obstacles", "--count", "3").get("converged").asBoolean()).isTrue();
    assertThat(experiment("park-car").get("converged").asBoolean()).isTrue();
    JsonNode adjoint = experiment("adjoint-is-bptt");
    assertThat(adjoint.get("recursion_difference").asDouble()).isLessThan(1e-12);
    assertThat(adjoint.get("finite_difference").asDouble()).isLessThan(1e-7);
    assertThat(adjoint.get("growth_ExplicitEuler").asDouble()).isGreaterThan(2);
    assertThat(adjoint.get("growth_Rk4").asDouble()).isLessThan(1.01);
    assertThat(experiment("mpc", "--steps", "300").get("worst_angle").asDouble()).isLessThan(0.3);
    assertThat(experiment("policy", "--updates", "300").get("balanced").asInt()).isGreaterThan(24);
    JsonNode learned = experiment("learned-plant", "--updates", "1500");
    assertThat(learned.get("played").asDouble()).isLessThan(2 * learned.get("best").asDouble());
  }

  /// Loops allocate nothing, however long: what solvers iterate on.
  @Test
  void loopsAllocateNothing() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole()).horizon(1000).duration(10);
    Loop loop = Loop.of(CompiledProblem.of(problem).step(), problem.weights(), 1000);
    for (int i = 0; i < 200; i++) {
      loop.run();
    }
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      loop.run();
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100 * 300);
  }

  @Test
  void badOptionsAreOneSentence() {
    for (String[] args :
        new String[][] {
          {"run", "reach-arm", "--links", "9"},
          {"run", "obstacles", "--count", "-1"},
          {"run", "mpc", "--window", "1"},
          {"run", "park-car", "--trailer", "NaN"}
        }) {
      Outcome outcome = run(args);
      assertThat(outcome.code).isEqualTo(1);
      assertThat(outcome.err.strip()).startsWith("costate: ").hasLineCount(1);
    }
  }
}
