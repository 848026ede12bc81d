package org.costate.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every update rule on f = ½ (x₁² + 10 x₂²) from (1, 1), after 1, 2 and 5 updates.
class OptimizerReferenceTest {
  static Stream<Arguments> traces() {
    return Stream.of(
        Arguments.of(new Optimizer.Sgd(), .1, new double[] {.9, 0, .81, 0, .59049, 0}),
        Arguments.of(
            new Optimizer.Momentum(.9),
            .05,
            new double[] {.95, .5, .8575, -.2, .417155937, -.5218}),
        Arguments.of(
            new Optimizer.Nesterov(.9),
            .05,
            new double[] {.905, .05, .778525, -.4025, .315942305, -.011137187}),
        Arguments.of(
            new Optimizer.Adagrad(1e-10),
            .5,
            new double[] {.5, .5, .276393202, .276393202, .050891304, .050891304}),
        Arguments.of(
            new Optimizer.RmsProp(),
            .01,
            new double[] {.968377224, .968377223, .945788026, .945788025, .895506712, .89550671}),
        Arguments.of(
            new Optimizer.Adam(),
            .1,
            new double[] {.900000001, .9, .80041223, .800412228, .507963662, .507963657}),
        Arguments.of(
            Optimizer.Adam.decoupled(.01),
            .1,
            new double[] {.899000001, .899, .798519028, .798519026, .504080093, .504080088}),
        Arguments.of(new Optimizer.Lion(), .1, new double[] {.9, .9, .8, .8, .5, .5}));
  }

  @ParameterizedTest
  @MethodSource("traces")
  void everyRuleFollowsItsTrace(Optimizer rule, double rate, double[] expected) {
    double[] x = {1, 1};
    var updater = new Updater(rule, new Schedule.Constant(rate), new Clipping.None(), 0, 2);
    int at = 0;
    for (int k = 1; k <= 5; k++) {
      updater.apply(x, new double[] {x[0], 10 * x[1]}, 1);
      if (k == 1 || k == 2 || k == 5) {
        // The reference is printed to nine digits.
        assertThat(x[0]).as("x1 after %d", k).isCloseTo(expected[at++], within(1.0e-9));
        assertThat(x[1]).as("x2 after %d", k).isCloseTo(expected[at++], within(1.0e-9));
      }
    }
  }

  @Test
  void coupledAndDecoupledDecayDiffer() {
    double[] decoupled = {1};
    new Updater(Optimizer.Adam.decoupled(.1), new Schedule.Constant(.01), new Clipping.None(), 0, 1)
        .apply(decoupled, new double[] {.5}, 1);
    assertThat(decoupled[0]).isCloseTo(.989, within(1e-9));
    double[] coupled = {1};
    new Updater(new Optimizer.Adam(), new Schedule.Constant(.01), new Clipping.None(), .1, 1)
        .apply(coupled, new double[] {.5}, 1);
    assertThat(coupled[0]).isCloseTo(.99, within(1e-9));
  }

  @Test
  void schedules() {
    var cosine = new Schedule.WarmupCosine(1, 10, 100);
    assertThat(Stream.of(0L, 5L, 10L, 55L, 100L).mapToDouble(cosine::rate).toArray())
        .containsExactly(new double[] {0, .5, 1, .5, 0}, within(1e-12));
    var noam = new Schedule.InverseSquareRoot(1, 512, 4000);
    assertThat(noam.rate(4000)).isCloseTo(6.987712e-4, within(1e-10));
    assertThat(noam.rate(16000)).isCloseTo(noam.rate(4000) / 2, within(1e-12));
    assertThat(new Schedule.Step(1, .5, 10).rate(25)).isEqualTo(.25);
    assertThat(new Schedule.Exponential(1, .9).rate(2)).isCloseTo(.81, within(1e-12));
  }

  @Test
  void clippingByGlobalNormAndByValue() {
    double[] g = {3, 4};
    assertThat(new Clipping.GlobalNorm(1).clip(g, 5)).isTrue();
    assertThat(g).containsExactly(new double[] {.6, .8}, within(1e-12));
    double[] groups = {3, 4, 12};
    new Clipping.GlobalNorm(6.5).clip(groups, 13);
    assertThat(groups).containsExactly(new double[] {1.5, 2, 6}, within(1e-12));
    double[] value = {3, -4, .5};
    new Clipping.Value(1).clip(value, 5);
    assertThat(value).containsExactly(1, -1, .5);
  }

  @Test
  void aNonFiniteNormIsSkippedAndCounted() {
    var updater =
        new Updater(
            new Optimizer.Adam(), new Schedule.Constant(.1), new Clipping.GlobalNorm(1), 0, 2);
    double[] x = {1, 1};
    assertThat(updater.apply(x, new double[] {Double.NaN, 1}, 1).applied()).isFalse();
    assertThat(updater.apply(x, new double[] {Double.POSITIVE_INFINITY, 1}, 1).applied()).isFalse();
    assertThat(x).containsExactly(1, 1);
    assertThat(updater.skipped()).isEqualTo(2);
    assertThat(updater.updates()).isZero();
    assertThat(updater.moments()[0]).containsExactly(0, 0);
  }

  @Test
  void theLossScaleIsDividedOutBeforeClipping() {
    double[] x = {0, 0};
    var updater =
        new Updater(
            new Optimizer.Sgd(), new Schedule.Constant(1), new Clipping.GlobalNorm(1), 0, 2);
    assertThat(updater.apply(x, new double[] {.3 * 1024, .4 * 1024}, 1024).clipped()).isFalse();
    assertThat(x).containsExactly(new double[] {-.3, -.4}, within(1e-12));
  }

  @Test
  void lbfgsMinimisesRosenbrock() {
    Lbfgs.Result result =
        new Lbfgs(10, 1e-6, 60)
            .minimise(
                (x, g) -> {
                  double a = x[1] - x[0] * x[0];
                  g[0] = -400 * x[0] * a - 2 * (1 - x[0]);
                  g[1] = 200 * a;
                  return 100 * a * a + (1 - x[0]) * (1 - x[0]);
                },
                new double[] {-1.2, 1});
    assertThat(result.value()).isLessThan(1e-10);
    assertThat(result.evaluations()).isLessThanOrEqualTo(60);
    assertThat(result.reason()).isEqualTo(Lbfgs.Reason.CONVERGED);
  }

  @Test
  void badSettingsAreSaid() {
    assertThatThrownBy(() -> new Optimizer.Momentum(1))
        .hasMessage("Momentum: momentum must be in [0, 1), got 1.0.");
    assertThatThrownBy(() -> new Schedule.Constant(-1))
        .hasMessage("Schedule.Constant: the learning rate must be positive, got -1.0.");
    assertThatThrownBy(() -> new Clipping.GlobalNorm(0))
        .hasMessage("Clipping: the limit must be positive, got 0.0.");
  }
}
