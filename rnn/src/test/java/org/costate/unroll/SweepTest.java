package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import java.util.Map;
import org.costate.check.Catalogue;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a sweep changes and records on its way back, on both executors.
@Tag("kernels")
class SweepTest {
  /// What happens between two steps back happens at each of them, also where nothing else does.
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 18})
  void costatesAreChangedBetweenSteps(int lanes) {
    var entry =
        new Catalogue.Entry(
            "between", LstmCell.of(16).step(3), Catalogue.Domain.uniform(-0.9, 0.9));
    Catalogue.Problem p = entry.problem(Precision.DOUBLE, lanes, 23, 19);
    boolean[][] flags = new boolean[23][lanes];
    flags[5][0] = true;
    flags[17][lanes - 1] = true;
    var reset =
        new Catalogue.Problem(
            p.unroll(), p.parameters(), p.initial(), p.batch().resets(flags), p.seeds());
    for (SavePolicy policy : List.of(new SavePolicy.All(), new SavePolicy.Every(7))) {
      ExecutorsTest.agree(p, policy, Sweep.full().lookback(6), 1e-12);
      ExecutorsTest.agree(p, policy, Sweep.full().clipCostates(0.25), 1e-12);
      ExecutorsTest.agree(reset, policy, 1e-12);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5, 11, 18, 33})
  void flowIsRecordedOverAllTilesAndSlices(int lanes) {
    var entry =
        new Catalogue.Entry("flow", LstmCell.of(5).step(3), Catalogue.Domain.uniform(-0.9, 0.9));
    Sweep sweep = Sweep.full().withFlow();
    ExecutorsTest.agree(
        entry.problem(Precision.DOUBLE, lanes, 7, 15), new SavePolicy.All(), sweep, 1e-11);
    ExecutorsTest.agree(
        entry.problem(Precision.FLOAT, lanes, 7, 15), new SavePolicy.All(), sweep, 1e-5);
  }

  /// λ and θ̄ are linear in the seed; their squares are no floats here.
  @ParameterizedTest
  @ValueSource(doubles = {0x1p-75, 0x1p75})
  void flowIsRecordedWhereItsSquaresAreNoFloats(double scale) {
    var entry =
        new Catalogue.Entry("flow", LstmCell.of(5).step(3), Catalogue.Domain.uniform(-0.9, 0.9));
    for (int lanes : new int[] {1, 18}) {
      Catalogue.Problem p = entry.problem(Precision.FLOAT, lanes, 7, 15);
      Map<String, double[]> ordinary = parameterNorm(p, 1);
      Map<String, double[]> scaled = parameterNorm(p, scale);
      ordinary.forEach(
          (name, norms) -> {
            for (int t = 0; t < norms.length; t++) {
              assertThat(scaled.get(name)[t] / scale)
                  .as("%s at %d, %d lanes", name, t, lanes)
                  .isCloseTo(norms[t], withPercentage(1e-3));
            }
          });
    }
  }

  private static Map<String, double[]> parameterNorm(Catalogue.Problem p, double seed) {
    return p.unroll()
        .forward(p.parameters(), p.initial(), p.batch())
        .backward(Seeds.of("h", seed), Sweep.full().withFlow())
        .flow()
        .get("")
        .parameterNorm();
  }

  /// More rows than are summed in one go: 3 slices of 11 lanes, 372 steps for each sum.
}
