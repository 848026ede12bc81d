package org.costate.control.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProblemFileTest {
  private static final String CART_POLE =
      """
      system: cart-pole
      parameters: {cartMass: 1, poleMass: 0.3, length: 0.5}
      horizon: 100
      duration: 2
      final: {position: 1, angle: 3.141592653589793, velocity: 0, angular velocity: 0}
      cost: {controls: 1}
      bounds:
        controls: [-20, 20]
        states: {position: [-2, 2]}
      """;

  @TempDir Path folder;

  private ProblemFile read(String text) throws IOException {
    Path file = folder.resolve("problem.yaml");
    Files.writeString(file, text);
    return ProblemFile.read(file);
  }

  @Test
  void yamlAndJsonStateTheSameProblem() throws IOException {
    assertThat(read(CART_POLE).solve().cost()).isCloseTo(58.8883360, within(1e-6));
    String json =
        """
        {"system": "cart-pole", "horizon": 100, "duration": 2,
         "final": [1, 3.141592653589793, 0, 0], "cost": {"controls": [1]},
         "bounds": {"controls": {"force": [-20, null]}}, "solver": "augmented-lagrangian",
         "guess": {"states": "standing", "controls": 0.1}}
        """;
    Solution other = read(json).solve();
    assertThat(other.outcome().converged()).isTrue();
    assertThat(other.cost()).isCloseTo(58.04341, within(1e-3));
  }

  @Test
  void freeTimeObstaclesAndOtherSolvers() throws IOException {
    Solution unicycle =
        read("""
        system: unicycle
        horizon: 50
        duration: {guess: 2.5, low: 0.5, high: 6}
        final: [1, 0, null]
        cost: {controls: 0.1, duration: 1}
        bounds: {controls: [-1, 1]}
        obstacles: [{x: 0.5, y: 0.01, radius: 0.25}]
        guess: {through: [{x: 0.5, y: -0.4}]}
        """)
            .solve();
    assertThat(unicycle.outcome().converged()).isTrue();
    assertThat(unicycle.trajectory().duration()).isBetween(1.0, 3.0);
    for (double[] x : unicycle.trajectory().states()) {
      assertThat(Math.hypot(x[0] - 0.5, x[1] - 0.01)).isGreaterThan(0.25 - 1e-6);
    }
    double agreed = Double.NaN;
    for (String solver : List.of("ddp", "ilqr", "l-bfgs", "newton-cg")) {
      Solution oscillator =
          read("system: van-der-pol\nhorizon: 40\nduration: 4\ninitial: [0, 1]\n"
                  + "cost: {controls: 1, states: 1, terminal: 2}\nintegrator: trapezoid\nsolver: "
                  + solver)
              .solve();
      assertThat(oscillator.outcome().converged()).as(solver).isTrue();
      assertThat(oscillator.cost())
          .isCloseTo(Double.isNaN(agreed) ? oscillator.cost() : agreed, within(1e-6));
      agreed = oscillator.cost();
    }
  }

  @Test
  void urdfWithItsLimits() throws IOException {
    Files.writeString(
        folder.resolve("robot.urdf"),
        """
        <robot name="one"><link name="base"/>
        <link name="arm"><inertial><origin xyz="0 0 -0.5"/><mass value="1"/><inertia ixx="0.08" iyy="0.08" izz="0.01"/></inertial></link>
        <joint name="pivot" type="revolute"><parent link="base"/><child link="arm"/><axis xyz="0 1 0"/>
        <limit lower="-2" upper="2" effort="4" velocity="3"/></joint></robot>
        """);
    Solution solution =
        read("urdf: robot.urdf\nhorizon: 50\nduration: 2\nfinal: [1.2, 0]\ncost: {controls: 1}")
            .solve();
    assertThat(solution.outcome().converged()).as(solution.outcome().advice()).isTrue();
    assertThat(
            java.util.Arrays.stream(solution.trajectory().state(1))
                .map(Math::abs)
                .max()
                .orElseThrow())
        .isLessThan(3 + 1e-6);
    assertThat(
            java.util.Arrays.stream(solution.trajectory().control(0))
                .map(Math::abs)
                .max()
                .orElseThrow())
        .isLessThan(4 + 1e-6);
    Solution tooFar =
        read("urdf: robot.urdf\nhorizon: 20\nduration: 0.1\nfinal: [1.2, 0]\ncost: {controls: 1}")
            .solve();
    assertThat(tooFar.outcome()).isInstanceOf(Outcome.Infeasible.class);
  }

  @Test
  void filesHoldEveryNumber() throws IOException {
    Solution solution = read(CART_POLE).solve();
    Path csv = folder.resolve("trajectory.csv");
    SolutionFiles.writeCsv(solution, csv);
    List<String> lines = Files.readAllLines(csv);
    assertThat(lines).hasSize(102);
    assertThat(lines.getFirst()).startsWith("t,\"position, m\"").contains("costate of angle");
    String[] first = lines.get(1).split(",");
    assertThat(Double.parseDouble(first[6])).isEqualTo(solution.costates()[0][0]);
    Path json = folder.resolve("solution.json");
    SolutionFiles.writeJson(solution, json);
    JsonNode root = new ObjectMapper().readTree(json.toFile());
    assertThat(root.get("costates").get(0).get(1).asDouble()).isEqualTo(solution.costates()[0][1]);
    assertThat(root.get("multipliers").get("final angle").get(0)).hasSize(1);
    assertThat(root.get("converged").asBoolean()).isTrue();
  }

  @Test
  void badFilesAreOneSentence() {
    assertThatThrownBy(() -> read("system: [")).hasMessageContaining("neither YAML nor JSON");
    assertThatThrownBy(() -> read("3")).hasMessageContaining("expected a mapping");
    assertThatThrownBy(() -> read(CART_POLE + "colour: red"))
        .hasMessageContaining("'colour' is not known");
    assertThatThrownBy(() -> read(CART_POLE.replace("cart-pole", "cartpole")))
        .hasMessageContaining("there is no system 'cartpole'");
    assertThatThrownBy(() -> read(CART_POLE.replace("poleMass", "mass")))
        .hasMessageContaining("'parameters.mass' is not known");
    assertThatThrownBy(() -> read(CART_POLE.replace("{position: 1,", "{height: 1,")))
        .hasMessageContaining("there is no 'height'");
    assertThatThrownBy(() -> read(CART_POLE.replace("duration: 2", "duration: long")))
        .hasMessageContaining("'duration' must be a number");
    assertThatThrownBy(() -> read(CART_POLE.replace("horizon: 100", "horizon: 0")))
        .hasMessageContaining("at least 1 step");
    assertThatThrownBy(() -> read(CART_POLE.replace("[-20, 20]", "[20, -20]")))
        .hasMessageContaining("low < high");
    assertThatThrownBy(() -> read(CART_POLE.replace("{controls: 1}", "{controls: 0}")))
        .hasMessageContaining("must weigh something");
    assertThatThrownBy(() -> read(CART_POLE + "solver: magic"))
        .hasMessageContaining("'solver' must be");
    assertThatThrownBy(() -> read(CART_POLE + "initial: [0, 0]"))
        .hasMessageContaining("must have 4 values");
  }
}
