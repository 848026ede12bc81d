package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import org.costate.check.GradientCheck;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.rnn.GruCell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Lengths, masks, directions, truncation and streams on whole models.
class SequencesTest {
  private static final int LANES = 3;
  private static final int[] LENGTHS = {7, 3, 5};

  private static SequenceModel model(SequenceModel.Pooling pooling) {
    return SequenceModel.builder()
        .features(2)
        .bidirectional(GruCell.of(3))
        .layer(LstmCell.of(6))
        .residual()
        .pool(pooling)
        .loss(new Loss.Squared(2))
        .build();
  }

  private static Sequences batch(int horizon, double padding, int[] order) {
    double[][] x = new double[horizon][LANES * 2];
    double[][] y = new double[horizon][LANES * 2];
    for (int lane = 0; lane < LANES; lane++) {
      RandomStream random = RandomStream.of(4, "lane", order[lane], 0);
      for (int t = 0; t < horizon; t++) {
        boolean real = t < LENGTHS[order[lane]];
        for (int i = 0; i < 2; i++) {
          x[t][2 * lane + i] = real ? random.nextGaussian() : padding;
          y[t][2 * lane + i] = real ? random.nextGaussian() : padding;
        }
      }
    }
    return Sequences.of(LANES, horizon)
        .lengths(Arrays.stream(order).map(i -> LENGTHS[i]).toArray())
        .with("x", new Series(Shape.of(2), LANES, x))
        .with("target", new Series(Shape.of(2), LANES, y));
  }

  private static double[] gradient(SequenceModel model, Sequences batch) {
    Parameters theta = model.initialise(3);
    Sequences all = model.withoutNoise(batch);
    Tape tape = model.recurrence().forward(theta, model.recurrence().zeroState(LANES), all);
    double[] bar = tape.backward(Seeds.of("loss", 1)).parameters().values();
    double[] withLoss = Arrays.copyOf(bar, bar.length + 1);
    withLoss[bar.length] = tape.rollout().sum("loss");
    return withLoss;
  }

  @Test
  void paddingAndItsContentsChangeNothing() {
    for (SequenceModel.Pooling pooling : SequenceModel.Pooling.values()) {
      SequenceModel model = model(pooling);
      double[] plain = gradient(model, batch(7, 0, new int[] {0, 1, 2}));
      assertThat(gradient(model, batch(12, Double.NaN, new int[] {0, 1, 2})))
          .as("%s", pooling)
          .containsExactly(plain, within(1e-14));
      assertThat(gradient(model, batch(7, 1e9, new int[] {2, 0, 1})))
          .as("permuted, %s", pooling)
          .containsExactly(plain, within(1e-11));
    }
  }

  @Test
  void theStateOfAShortLaneIsHeldAndItsOutputsAreZero() {
    Unroll unroll = Unroll.of(LstmCell.of(3).step(2));
    Parameters theta = Parameters.initialise(unroll.layout(), 2);
    Sequences padded = batch(7, 0, new int[] {0, 1, 2});
    Rollout rollout = unroll.evaluate(theta, unroll.zeroState(LANES), padded);
    Rollout alone =
        unroll.evaluate(theta, unroll.zeroState(1), padded.slice(1, 2).window(0, LENGTHS[1]));
    for (int i = 0; i < 3; i++) {
      assertThat(rollout.finalState().get("c")[3 + i]).isEqualTo(alone.finalState().get("c")[i]);
      assertThat(rollout.output("h").get(LENGTHS[1], 1, i)).isZero();
      assertThat(rollout.output("h").get(LENGTHS[1] - 1, 1, i))
          .isEqualTo(alone.output("h").get(LENGTHS[1] - 1, 0, i));
    }
  }

  @Test
  void wholeModelsPassTheGradientCheck() {
    for (SequenceModel.Pooling pooling : SequenceModel.Pooling.values()) {
      SequenceModel model = model(pooling);
      Sequences all = model.withoutNoise(batch(7, 0, new int[] {0, 1, 2}));
      GradientCheck.of(
              model.recurrence(),
              model.initialise(3),
              model.recurrence().zeroState(LANES),
              all,
              Seeds.of("loss", 1))
          .require(1e-6);
    }
  }

  private static SequenceModel forward() {
    return SequenceModel.builder()
        .features(2)
        .layer(LstmCell.of(3))
        .layer(GruCell.of(4))
        .loss(new Loss.Squared(2))
        .build();
  }

  @Test
  void windowOfTheWholeHorizonIsFullBackpropagationBitForBit() {
    SequenceModel model = forward();
    Parameters theta = model.initialise(1);
    Sequences all = model.withoutNoise(batch(7, 0, new int[] {0, 1, 2}));
    Recurrence graph = model.recurrence();
    double[] full =
        graph
            .forward(theta, graph.zeroState(LANES), all)
            .backward(Seeds.of("loss", 1))
            .parameters()
            .values();
    double[] window =
        Windows.gradient(
                graph,
                new Truncation.Window(7, 9),
                theta,
                graph.zeroState(LANES),
                all,
                Seeds.of("loss", 1))
            .values();
    assertThat(window).isEqualTo(full);
    double[] shorter =
        Windows.gradient(
                graph,
                new Truncation.Window(2, 2),
                theta,
                graph.zeroState(LANES),
                all,
                Seeds.of("loss", 1))
            .values();
    assertThat(shorter).isNotEqualTo(full);
  }

  @Test
  void everyTruncatedWindowPassesTheGradientCheck() {
    SequenceModel model = forward();
    Sequences all = model.withoutNoise(batch(7, 0, new int[] {0, 1, 2}));
    for (int[] window : new int[][] {{2, 2}, {2, 5}, {3, 4}}) {
      GradientCheck.window(
              model.recurrence(),
              new Truncation.Window(window[0], window[1]),
              model.initialise(1),
              model.recurrence().zeroState(LANES),
              all,
              Seeds.of("loss", 1))
          .require(1e-6);
    }
  }

  @Test
  void aResetIsANewSequence() {
    StepGraph step = LstmCell.of(3).step(2);
    Unroll unroll = Unroll.of(step);
    Parameters theta = Parameters.initialise(unroll.layout(), 2);
    Series x = batch(7, 0, new int[] {0, 0, 0}).input("x").window(0, 6);
    boolean[][] resets = new boolean[6][];
    resets[4] = new boolean[] {false, true, false};
    Sequences stream = Sequences.of(LANES, 6).with("x", x).resets(resets);
    Rollout rollout = unroll.evaluate(theta, unroll.zeroState(LANES), stream);
    Rollout fresh =
        unroll.evaluate(
            theta, unroll.zeroState(LANES), Sequences.of(LANES, 2).with("x", x.window(4, 6)));
    for (int i = 0; i < 3; i++) {
      assertThat(rollout.output("h").get(5, 1, i)).isEqualTo(fresh.output("h").get(1, 1, i));
      assertThat(rollout.output("h").get(5, 0, i)).isNotEqualTo(fresh.output("h").get(1, 0, i));
    }
    Cotangents bar =
        unroll.forward(theta, unroll.zeroState(LANES), stream).backward(Seeds.of("h", 1).since(5));
    assertThat(bar.input("x").get(3, 1, 0)).as("no gradient passes a reset").isZero();
    assertThat(bar.input("x").get(3, 0, 0)).isNotZero();
    GradientCheck.of(unroll, theta, unroll.zeroState(LANES), stream, Seeds.of("h", 1))
        .require(1e-6);
  }

  @Test
  void aThousandWindowsRunInFlatMemory() {
    Unroll unroll = Unroll.of(LstmCell.of(8).step(2));
    Parameters theta = Parameters.initialise(unroll.layout(), 2);
    var windows = new Windows(unroll, new Truncation.Window(5, 12), unroll.zeroState(4));
    Series x = Series.constant(Shape.of(2), 4, 5, new double[8]);
    int arrays = 0;
    for (int k = 0; k < 1000; k++) {
      windows.next(theta, Sequences.of(4, 5).with("x", x), Seeds.of("h", 1), Sweep.full());
      int kept = windows.save().size() + unroll.pooled(4);
      if (k == 3) {
        arrays = kept;
      }
      assertThat(k <= 3 || kept == arrays).as("what is kept after window %d", k).isTrue();
    }
  }

  @Test
  void aStreamWithResetsGoesOnWhereItWasSaved() {
    Unroll unroll = Unroll.of(LstmCell.of(3).step(2));
    Parameters theta = Parameters.initialise(unroll.layout(), 2);
    Series x = batch(7, 0, new int[] {0, 0, 0}).input("x");
    boolean[][] resets = new boolean[6][];
    resets[2] = new boolean[] {true, false, true};
    Sequences stream = Sequences.of(LANES, 6).with("x", x.window(0, 6)).resets(resets);
    var truncation = new Truncation.Window(3, 5);
    var whole = new Windows(unroll, truncation, unroll.zeroState(LANES));
    whole.next(theta, stream.window(0, 3), Seeds.of("h", 1), Sweep.full());
    var resumed = new Windows(unroll, truncation, unroll.zeroState(LANES));
    resumed.restore(whole.save());
    double[] expected =
        whole
            .next(theta, stream.window(3, 6), Seeds.of("h", 1), Sweep.full())
            .cotangents()
            .parameters()
            .values();
    double[] actual =
        resumed
            .next(theta, stream.window(3, 6), Seeds.of("h", 1), Sweep.full())
            .cotangents()
            .parameters()
            .values();
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void aTapeIsConsumedByItsBackwardPass() {
    Unroll unroll = Unroll.of(LstmCell.of(2).step(1));
    Parameters theta = Parameters.initialise(unroll.layout(), 2);
    Tape tape =
        unroll.forward(
            theta,
            unroll.zeroState(1),
            Sequences.of(1, 3).with("x", Series.zeros(Shape.of(1), 1, 3)));
    assertThat(tape.savedBytes()).isEqualTo(3 * (unroll.frameBytes(1) + unroll.stateBytes(1)));
    tape.backward(Seeds.of("h", 1));
    assertThat(tape.savedBytes()).isZero();
    assertThatThrownBy(() -> tape.backward(Seeds.of("h", 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("run forward again");
  }

  @Test
  void tiedWeightsAcrossNodesAreOneParameter() {
    StepGraph cell = GruCell.of(3).step(3);
    SequenceGraph graph =
        SequenceGraph.define(
            g -> {
              var x = g.differentiableInput("x", 3);
              var first = g.scan("first", cell, Map.of("x", x)).output("h");
              g.output("y", g.scan("second", cell, Map.of("x", first)).output("h"));
            });
    assertThat(graph.layout().size()).isEqualTo(Unroll.of(cell).layout().size());
    Series x = new Series(Shape.of(3), 1, new double[][] {{.1, -.4, .3}, {.7, .2, -.5}});
    GradientCheck.of(
            graph,
            Parameters.initialise(graph.layout(), 1),
            graph.zeroState(1),
            Sequences.of(1, 2).with("x", x),
            Seeds.of("y", 1))
        .require(1e-6);
  }

  @Test
  void badBatchesAreSaidInOneSentence() {
    Unroll unroll = Unroll.of(LstmCell.of(2).step(3));
    Parameters theta = Parameters.initialise(unroll.layout(), 2);
    assertThatThrownBy(() -> unroll.evaluate(theta, unroll.zeroState(1), Sequences.of(1, 2)))
        .hasMessage("Step 'LstmCell': input 'x' [3] is missing; the batch has [].");
    assertThatThrownBy(
            () ->
                unroll.evaluate(
                    theta,
                    unroll.zeroState(1),
                    Sequences.of(1, 2).with("x", Series.zeros(Shape.of(4), 1, 2))))
        .hasMessage("Step 'LstmCell': input 'x' must have shape [3], got [4].");
    assertThatThrownBy(() -> Sequences.of(2, 2).with("x", Series.zeros(Shape.of(4), 1, 2)))
        .hasMessageContaining("must have 2 lanes and 2 steps, got 1 and 2");
    assertThatThrownBy(() -> Sequences.of(1, 0))
        .hasMessageContaining("at least one lane and one step");
  }

  @Test
  void theFirstNonFiniteValueIsNamed() {
    StepGraph step =
        StepGraph.define(
            "logarithm",
            s -> {
              Value x = s.carry("x");
              Value next = x.minus(s.shared("w", Initializer.constant(0.25)));
              s.next(x, next);
              s.output("loss", org.costate.graph.Functions.log(next).named("surprise"));
            });
    Unroll unroll = Unroll.of(step);
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    NonFinite found =
        unroll
            .findNonFinite(
                theta,
                unroll.zeroState(2).with("x", 9, 1),
                Sequences.of(2, 10),
                Seeds.of("loss", 1))
            .orElseThrow();
    assertThat(found.time()).isEqualTo(3);
    assertThat(found.lane()).isEqualTo(1);
    assertThat(found.toString())
        .contains("log")
        .contains("of 0.0")
        .contains("-Infinity")
        .contains("t = 3 of 10, lane 1");
    assertThat(
            unroll.findNonFinite(
                theta, unroll.zeroState(1).with("x", 9), Sequences.of(1, 10), Seeds.of("loss", 1)))
        .isEmpty();
  }

  /// Passes hand rows on to one another; what was returned, and what was given, must stay.
  @Test
  void laterPassesLeaveEarlierResultsAlone() {
    SequenceModel model = model(SequenceModel.Pooling.NONE);
    Parameters theta = model.initialise(3);
    Recurrence graph = model.recurrence();
    Sequences[] batches = {
      model.withoutNoise(batch(7, 0, new int[] {0, 1, 2})),
      model.withoutNoise(batch(12, 0, new int[] {2, 0, 1})),
      model.withoutNoise(batch(7, 0, new int[] {1, 2, 0}).lengths(7, 7, 7)),
    };
    Rollout[] first = new Rollout[batches.length];
    String[] inputs = new String[batches.length];
    for (int i = 0; i < batches.length; i++) {
      first[i] = graph.evaluate(theta, graph.zeroState(LANES), batches[i]);
      inputs[i] = Arrays.deepToString(batches[i].input("x").steps());
    }
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < batches.length; i++) {
        Rollout again = graph.evaluate(theta, graph.zeroState(LANES), batches[i]);
        Rollout kept =
            graph
                .forward(theta, graph.zeroState(LANES), batches[i], new SavePolicy.All())
                .rollout();
        for (String name : first[i].outputs().keySet()) {
          assertThat(again.output(name).steps()).isDeepEqualTo(first[i].output(name).steps());
          assertThat(kept.output(name).steps()).isDeepEqualTo(first[i].output(name).steps());
        }
        assertThat(Arrays.deepToString(batches[i].input("x").steps())).isEqualTo(inputs[i]);
      }
    }
  }

  /// yₜ = xₜ + yₜ₊₁, so ∂ Σ wₜ yₜ / ∂xᵢ = w₀ + … + wᵢ, within each lane's length.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReversedScanRunsFromTheEnd(boolean padded) {
    StepGraph sum =
        StepGraph.define(
            "sum",
            s -> {
              Value total = s.carry("total", 1);
              Value next = total.plus(s.input("x", 1));
              s.next(total, next);
              s.output("y", next);
            });
    SequenceGraph graph =
        SequenceGraph.define(
            Precision.DOUBLE,
            g ->
                g.output(
                    "y",
                    g.scanReversed("sum", sum, Map.of("x", g.differentiableInput("x", 1)))
                        .output("y")));
    int horizon = 5;
    int[] lengths = padded ? new int[] {5, 3} : new int[] {5, 5};
    double[][] x = new double[horizon][2];
    double[][] w = new double[horizon][2];
    for (int lane = 0; lane < 2; lane++) {
      for (int t = 0; t < lengths[lane]; t++) {
        x[t][lane] = 1 << t + 5 * lane;
        w[t][lane] = Math.pow(3, t + 5 * lane);
      }
    }
    Sequences batch = Sequences.of(2, horizon).with("x", new Series(Shape.of(1), 2, x));
    Tape tape =
        graph.forward(
            new Parameters(graph.layout(), new double[0]),
            graph.zeroState(2),
            padded ? batch.lengths(lengths) : batch);
    Series y = tape.rollout().output("y");
    Series bar =
        tape.backward(Seeds.none().with("y", new Series(Shape.of(1), 2, w))).inputs().get("x");
    for (int lane = 0; lane < 2; lane++) {
      double before = 0;
      for (int t = 0; t < lengths[lane]; t++) {
        double after = 0;
        for (int i = t; i < lengths[lane]; i++) {
          after += x[i][lane];
        }
        before += w[t][lane];
        assertThat(y.get(t, lane, 0)).isEqualTo(after);
        assertThat(bar.get(t, lane, 0)).isEqualTo(before);
      }
    }
  }
}
