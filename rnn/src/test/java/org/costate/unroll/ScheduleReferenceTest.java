package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.costate.graph.Functions.*;

import org.costate.Sequence;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Test;

/// Exact numbers of truncation, checkpointing and costate clipping, and the bias that truncation
/// brings.
class ScheduleReferenceTest {
  /// x′ = w x with loss x′.
  private static Unroll linear() {
    return Unroll.of(
        StepGraph.define(
            "linear",
            s -> {
              Value x = s.carry("x");
              Value next = s.shared("w", Initializer.constant(0.2)).times(x);
              s.next(x, next);
              s.output("loss", next);
            }));
  }

  private static double truncated(int advance, int lookback) {
    Unroll unroll = linear();
    return Windows.gradient(
            unroll,
            new Truncation.Window(advance, lookback),
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1).with("x", 0.9),
            Sequences.of(1, 3),
            Seeds.of("loss", 1))
        .values()[0];
  }

  @Test
  void truncationIsExactlyAsDefined() {
    assertThat(truncated(3, 3)).isCloseTo(1.368, within(1e-12));
    assertThat(truncated(1, 3)).isCloseTo(1.368, within(1e-12));
    assertThat(truncated(1, 1)).isCloseTo(1.116, within(1e-12));
    assertThat(truncated(1, 2)).isCloseTo(1.332, within(1e-12));
    assertThat(truncated(3, 1))
        .as("links inside a window are cut too")
        .isCloseTo(1.116, within(1e-12));
    assertThat(truncated(2, 2))
        .as("a ragged last window is trained")
        .isCloseTo(1.332, within(1e-12));
    assertThat(truncated(2, 3))
        .as("the ragged window looks back over the block before it")
        .isCloseTo(1.368, within(1e-12));
  }

  @Test
  void checkpointingComputesTheFewestStepsAgain() {
    int[][] reference = {
      {10, 3, 15},
      {100, 1, 4950},
      {100, 2, 845},
      {100, 5, 316},
      {100, 10, 222},
      {1000, 10, 3636},
      {1000, 31, 2439}
    };
    for (int[] row : reference) {
      assertThat(Revolve.extraSteps(row[0], row[1])).isEqualTo(row[2]);
      Unroll unroll = linear();
      Parameters theta = new Parameters(unroll.layout(), new double[] {0.99});
      State start = unroll.zeroState(1).with("x", 0.9);
      Tape tape =
          unroll.forward(theta, start, Sequences.of(1, row[0]), new SavePolicy.Binomial(row[1]));
      assertThat(tape.savedBytes())
          .isLessThanOrEqualTo((row[1] + 1L) * unroll.stateBytes(1) + unroll.frameBytes(1));
      double[] checkpointed = tape.backward(Seeds.of("loss", 1)).parameters().values();
      assertThat(tape.forwardSteps() - row[0])
          .as("%d steps, %d checkpoints", row[0], row[1])
          .isEqualTo(row[2]);
      assertThat(checkpointed)
          .isEqualTo(
              unroll
                  .forward(theta, start, Sequences.of(1, row[0]))
                  .backward(Seeds.of("loss", 1))
                  .parameters()
                  .values());
    }
  }

  @Test
  void revolveIsOptimalAgainstDynamicProgramming() {
    int most = 60;
    long[][] best = new long[8][most + 1];
    for (int c = 1; c < best.length; c++) {
      for (int l = 2; l <= most; l++) {
        best[c][l] = c == 1 ? (long) l * (l - 1) / 2 : Long.MAX_VALUE;
        for (int k = 1; c > 1 && k < l; k++) {
          best[c][l] = Math.min(best[c][l], k + best[c][k] + best[c - 1][l - k]);
        }
        assertThat(Revolve.extraSteps(l, c)).isEqualTo(best[c][l]);
      }
    }
  }

  @Test
  void longHorizonInTwoRootTStatesWithOneExtraForward() {
    Unroll unroll = Unroll.of(LstmCell.of(4).step(2));
    Parameters theta = Parameters.initialise(unroll.layout(), 5);
    int horizon = 10_000;
    double[][] x = new double[horizon][2];
    RandomStream random = RandomStream.of(1, "long");
    for (double[] row : x) {
      row[0] = random.nextGaussian();
      row[1] = random.nextGaussian();
    }
    Sequences batch = Sequences.of(1, horizon).with("x", Sequence.vectors(x));
    Tape tape = unroll.forward(theta, unroll.zeroState(1), batch, new SavePolicy.Every(100));
    long frame = unroll.frameBytes(1) + unroll.stateBytes(1);
    assertThat(tape.savedBytes()).isLessThanOrEqualTo(100 * frame + 100 * unroll.stateBytes(1));
    double[] every = tape.backward(Seeds.of("h", 1)).parameters().values();
    assertThat(tape.forwardSteps()).isLessThanOrEqualTo(2L * horizon);
    assertThat(every)
        .isEqualTo(
            unroll
                .forward(theta, unroll.zeroState(1), batch)
                .backward(Seeds.of("h", 1))
                .parameters()
                .values());
    Tape budget = unroll.forward(theta, unroll.zeroState(1), batch, new SavePolicy.Budget(40_000));
    assertThat(budget.savedBytes()).isLessThanOrEqualTo(40_000);
    assertThat(budget.backward(Seeds.of("h", 1)).parameters().values()).isEqualTo(every);
    Tape tiny = unroll.forward(theta, unroll.zeroState(1), batch, new SavePolicy.Budget(4_000));
    assertThat(tiny.savedBytes()).isLessThanOrEqualTo(4_000);
    assertThat(tiny.backward(Seeds.of("h", 1)).parameters().values()).isEqualTo(every);
    assertThatThrownBy(
            () -> unroll.forward(theta, unroll.zeroState(1), batch, new SavePolicy.Budget(10)))
        .hasMessageContaining("at least");
  }

  /// n = 23 numbers, A = ½ on diagonal and superdiagonal, drive θ (+1 ten times, −1 thirteen
  /// times); loss ½ (x₁ − 1)².
  private static StepGraph influence() {
    int n = 23;
    double[][] a = new double[n][n];
    double[] drive = new double[n];
    for (int i = 0; i < n; i++) {
      a[i][i] = 0.5;
      if (i + 1 < n) {
        a[i][i + 1] = 0.5;
      }
      drive[i] = i < 10 ? 1 : -1;
    }
    return StepGraph.define(
        "influence balancing",
        s -> {
          Value x = s.carry("x", n);
          Value next =
              s.constant(a)
                  .times(x)
                  .plus(s.constant(drive).times(s.shared("theta", Initializer.constant(0.5))));
          s.next(x, next);
          s.output("first", next.at(0));
          s.output("loss", halfSquaredError(next.at(0), s.constant(1)));
        });
  }

  @Test
  void influenceBalancingShowsTheBiasOfTruncation() {
    Unroll unroll = Unroll.of(influence());
    Parameters theta = Parameters.initialise(unroll.layout(), 0);
    int[] lookbacks = {1, 2, 5, 10, 20, 40, 41, 50, 60, 100};
    double[] derivative = {1, 2, 5, 10, 16.476, 0.5655, -0.2190, -4.7527, -5.8967, -6.0000};
    for (int i = 0; i < lookbacks.length; i++) {
      Tape tape = unroll.forward(theta, unroll.zeroState(1), Sequences.of(1, 300));
      double bar =
          tape.backward(Seeds.of("first", 1).since(299), Sweep.full().lookback(lookbacks[i]))
              .parameters()
              .values()[0];
      assertThat(bar).as("lookback %d", lookbacks[i]).isCloseTo(derivative[i], within(1e-3));
    }
    double full =
        unroll
            .forward(theta, unroll.zeroState(1), Sequences.of(1, 300))
            .backward(Seeds.of("first", 1).since(299))
            .parameters()
            .values()[0];
    assertThat(full).isCloseTo(-6, within(1e-9));
    assertThat(trainInfluence(10)).as("a lookback of 10 diverges").isGreaterThan(1);
    assertThat(trainInfluence(100))
        .as("a lookback of 100 reaches the optimum")
        .isCloseTo(-1 / 6.0, within(1e-3));
  }

  private static double trainInfluence(int lookback) {
    Unroll unroll = Unroll.of(influence());
    Parameters theta = Parameters.initialise(unroll.layout(), 0);
    var windows = new Windows(unroll, new Truncation.Window(1, lookback), unroll.zeroState(1));
    for (int k = 0; k < 3000; k++) {
      double bar =
          windows
              .next(theta, Sequences.of(1, 1), Seeds.of("loss", 1), Sweep.full())
              .cotangents()
              .parameters()
              .values()[0];
      theta.values()[0] -= 1e-3 * bar;
    }
    return theta.values()[0];
  }

  @Test
  void costateClippingScalesEachLane() {
    Unroll unroll = linear();
    Tape tape =
        unroll.forward(
            new Parameters(unroll.layout(), new double[] {3}),
            unroll.zeroState(2).with("x", 1, 2),
            Sequences.of(2, 4));
    Cotangents bar =
        tape.backward(
            Seeds.none().finalState(unroll.zeroState(2).with("x", 1, 0.01)),
            Sweep.full().clipCostates(2).withCostates().withFlow());
    assertThat(bar.costate("x").get(3, 0, 0)).isEqualTo(2);
    assertThat(bar.costate("x").get(0, 0, 0)).isEqualTo(2);
    assertThat(bar.costate("x").get(0, 1, 0)).isCloseTo(0.81, within(1e-12));
    assertThat(bar.flow().get("").costateNorm()).hasSize(5);
  }
}
