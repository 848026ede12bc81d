package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.costate.check.Catalogue;
import org.costate.graph.Functions;
import org.costate.graph.Initializer;
import org.costate.graph.Role;
import org.costate.graph.ShapeException;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LoopTest {
  static java.util.List<Catalogue.Entry> entries() {
    return Catalogue.entries();
  }

  /// Everything in the catalogue gives in a loop what it gives in a forward pass, run after run.
  @ParameterizedTest
  @MethodSource("entries")
  void agreesWithTheForwardPass(Catalogue.Entry entry) {
    Catalogue.Problem problem = entry.problem(Precision.DOUBLE, 1, 4, 5);
    Rollout expected =
        problem.unroll().evaluate(problem.parameters(), problem.initial(), problem.batch());
    Loop loop = Loop.of(entry.step(), problem.parameters(), 4);
    for (int run = 0; run < 2; run++) {
      problem
          .batch()
          .inputs()
          .forEach(
              (name, series) -> {
                for (int t = 0; t < 4; t++) {
                  double[] to = loop.input(name)[t];
                  System.arraycopy(series.steps()[t], 0, to, 0, to.length);
                }
              });
      for (StepGraph.Carry carry : entry.step().carries()) {
        double[] x = problem.initial().get(carry.name());
        System.arraycopy(x, 0, loop.initialState(carry.name()), 0, x.length);
      }
      loop.run();
      for (String output : entry.step().outputs().keySet()) {
        for (int t = 0; t < 4; t++) {
          assertThat(loop.output(output)[t])
              .containsExactly(expected.output(output).steps()[t], within(1e-12));
        }
      }
      for (StepGraph.Carry carry : entry.step().carries()) {
        assertThat(loop.finalState(carry.name()))
            .containsExactly(expected.finalState().get(carry.name()), within(1e-12));
      }
    }
  }

  private static final StepGraph AFFINE =
      StepGraph.define(
          "affine",
          s -> {
            Value w = s.shared("w", Initializer.zeros());
            Value x = s.carry("x");
            s.next(x, x.hadamard(w).plus(s.input("u")));
            s.output("square", Functions.square(x));
          });

  @Test
  void takesOtherParametersAndNamesWhatIsMissing() {
    Layout layout = Unroll.of(AFFINE).layout();
    Loop loop = Loop.of(AFFINE, new Parameters(layout, new double[] {2}), 3);
    loop.initialState("x")[0] = 1;
    loop.run();
    assertThat(loop.finalState("x")[0]).isEqualTo(8);
    loop.parameters(new Parameters(layout, new double[] {3}));
    loop.input("u")[2][0] = 0.5;
    loop.run();
    assertThat(loop.finalState("x")[0]).isEqualTo(27.5);
    assertThat(loop.output("square")[2][0]).isEqualTo(81);
    assertThat(loop.hasInput("u")).isTrue();
    assertThat(loop.hasOutput("u")).isFalse();
    assertThatThrownBy(() -> loop.input("v")).hasMessageContaining("no input 'v'; there are [u]");
    assertThatThrownBy(() -> loop.finalState("y")).hasMessageContaining("no carry 'y'");
  }

  @Test
  void aStepInsideAnotherOne() {
    StepGraph twice =
        StepGraph.define(
            "twice",
            s -> {
              Value x = s.carry("x");
              Value u = s.input("u");
              Value once = s.apply(AFFINE, Map.of("x", x, "u", u)).next().get("x");
              var second = s.apply(AFFINE, Map.of("x", once, "u", u));
              s.next(x, second.next().get("x"));
              s.output("square", second.outputs().get("square"));
            });
    assertThat(twice.parameters()).hasSize(1);
    assertThat(twice.inputs(Role.STEP)).hasSize(1);
    Loop loop = Loop.of(twice, new Parameters(Unroll.of(twice).layout(), new double[] {2}), 1);
    loop.initialState("x")[0] = 1;
    loop.input("u")[0][0] = 1;
    loop.run();
    assertThat(loop.finalState("x")[0]).isEqualTo(7);
    assertThat(loop.output("square")[0][0]).isEqualTo(9);
    assertThatThrownBy(
            () -> StepGraph.define("bad", s -> s.apply(AFFINE, Map.of("x", s.input("x")))))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("needs 'u' [], got nothing");
  }
}
