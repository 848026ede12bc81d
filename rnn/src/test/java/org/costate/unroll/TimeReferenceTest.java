package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.costate.graph.Functions.*;

import java.util.Arrays;
import org.costate.Sequence;
import org.costate.graph.Forward;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Test;

/// Exact numbers of steps unrolled over time: cells, control, stability, inference, and their
/// costates.
class TimeReferenceTest {
  @Test
  void elmanByHand() {
    StepGraph step =
        StepGraph.define(
            "by hand",
            s -> {
              Value h = s.carry("h");
              Value next =
                  tanh(
                      s.shared("w", Initializer.constant(0.5))
                          .times(h)
                          .plus(s.shared("u", Initializer.constant(0.3)).times(s.input("x"))));
              s.next(h, next);
              s.output("h", next);
            });
    Unroll unroll = Unroll.of(step);
    Tape tape =
        unroll.forward(
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1),
            Sequences.of(1, 4).with("x", Sequence.scalars(1, 0, 0, 0)));
    double[] h = new double[4];
    Arrays.setAll(h, t -> tape.rollout().output("h").get(t, 0, 0));
    assertThat(h)
        .containsExactly(
            new double[] {.2913126125, .1446349036, .0721916460, .0360801547}, within(1e-10));
    Cotangents bar =
        tape.backward(
            Seeds.none().finalState(unroll.zeroState(1).with("h", h[3])),
            Sweep.full().withCostates());
    double[] lambda = new double[5];
    Arrays.setAll(lambda, t -> bar.costate("h").get(4 - t, 0, 0));
    assertThat(lambda)
        .containsExactly(
            new double[] {.0360801547, .0180165932, .0089613486, .0043869419, .0020073264},
            within(1e-10));
    assertThat(bar.parameters().get("w"))
        .containsExactly(new double[] {.0077494857}, within(1e-10));
    assertThat(bar.parameters().get("u"))
        .containsExactly(new double[] {.0040146527}, within(1e-10));
  }

  private static double[] oneStep(Unroll unroll, State start, String bias, double recurrentBias) {
    Parameters theta = Parameters.initialise(unroll.layout(), 0);
    for (Layout.Entry entry : unroll.layout().entries()) {
      double[] values = new double[entry.size()];
      Arrays.fill(
          values, entry.name().equals("b") ? 0 : entry.name().equals(bias) ? recurrentBias : 0.5);
      theta.set(entry.name(), values);
    }
    return unroll
        .evaluate(theta, start, Sequences.of(1, 1).with("x", Sequence.vectors(new double[] {1})))
        .finalState()
        .values()
        .values()
        .stream()
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  @Test
  void lstmByHand() {
    Unroll unroll = Unroll.of(LstmCell.of(1).step(1).exposing("input gate", "candidate"));
    State start = unroll.zeroState(1).with("h", 0.5).with("c", 0.25);
    assertThat(oneStep(unroll, start, "", 0))
        .containsExactly(new double[] {.3653198008, .6011743141}, within(1e-10));
    Parameters theta = Parameters.initialise(unroll.layout(), 0);
    theta.set("W", .5, .5, .5, .5);
    theta.set("U", .5, .5, .5, .5);
    theta.set("b", 0, 0, 0, 0);
    Rollout rollout =
        unroll.evaluate(
            theta, start, Sequences.of(1, 1).with("x", Sequence.vectors(new double[] {1})));
    assertThat(rollout.sum("input gate")).isCloseTo(.6791786992, within(1e-10));
    assertThat(rollout.sum("candidate")).isCloseTo(.6351489524, within(1e-10));
  }

  @Test
  void gruByHandInBothConventions() {
    Unroll before = Unroll.of(GruCell.of(1).resetBefore().step(1));
    Unroll after = Unroll.of(GruCell.of(1).step(1));
    assertThat(oneStep(before, before.zeroState(1).with("h", 0.5), "c_n", 0.1))
        .containsExactly(new double[] {.5470997885}, within(1e-10));
    assertThat(oneStep(after, after.zeroState(1).with("h", 0.5), "c_n", 0.1))
        .containsExactly(new double[] {.5409884969}, within(1e-10));
  }

  @Test
  void theGoldenRatioIsTheCostateOfLinearQuadraticControl() {
    StepGraph step =
        StepGraph.define(
            "integrator",
            s -> {
              Value x = s.carry("x");
              Value u = s.input("u");
              s.next(x, x.plus(u));
              s.output("cost", x.hadamard(x).plus(u.hadamard(u)));
            });
    Unroll unroll = Unroll.of(step);
    Parameters none = Parameters.initialise(unroll.layout(), 0);
    State start = unroll.zeroState(1).with("x", 1);
    Tape rest =
        unroll.forward(
            none, start, Sequences.of(1, 10).with("u", Sequence.scalars(new double[10])));
    double xT = rest.rollout().finalState().get("x")[0];
    assertThat(rest.rollout().sum("cost") + xT * xT).isEqualTo(11);
    Series uBar =
        rest.backward(Seeds.of("cost", 1).finalState(unroll.zeroState(1).with("x", 2 * xT)))
            .input("u");
    for (int t = 0; t < 10; t++) {
      assertThat(uBar.get(t, 0, 0)).isEqualTo(20 - 2 * t);
    }
    double[] u = new double[10];
    double p = 1;
    double[] gain = new double[10];
    for (int t = 9; t >= 0; t--) {
      gain[t] = p / (1 + p);
      p = 1 + p - p * p / (1 + p);
    }
    double x = 1;
    for (int t = 0; t < 10; t++) {
      u[t] = -gain[t] * x;
      x += u[t];
    }
    Tape best = unroll.forward(none, start, Sequences.of(1, 10).with("u", Sequence.scalars(u)));
    double end = best.rollout().finalState().get("x")[0];
    assertThat(best.rollout().sum("cost") + end * end).isCloseTo(1.618033985017358, within(1e-12));
    assertThat(Arrays.copyOf(u, 3))
        .containsExactly(new double[] {-.618033985, -.236067977, -.090169925}, within(1e-8));
    Cotangents bar =
        best.backward(
            Seeds.of("cost", 1).finalState(unroll.zeroState(1).with("x", 2 * end)),
            Sweep.full().withCostates());
    double[] lambda = {3.236067970, 1.236067970, .472135940, .180339850};
    assertThat(bar.costate("x").get(0, 0, 0)).isCloseTo(lambda[0], within(1e-8));
    for (int t = 0; t < 10; t++) {
      assertThat(bar.costate("x").get(t + 1, 0, 0)).isCloseTo(-2 * u[t], within(1e-12));
      assertThat(bar.input("u").get(t, 0, 0)).isCloseTo(0, within(1e-12));
    }
    assertThat(bar.costate("x").get(1, 0, 0)).isCloseTo(lambda[1], within(1e-8));
  }

  @Test
  void eulerInstabilityIsExplodingGradient() {
    assertThat(gain(StepGraph.define("explicit Euler", s -> euler(s.carry("y"), s, -1.5)), 50))
        .isCloseTo(637621500.2140496, within(1e-6));
    assertThat(gain(StepGraph.define("explicit Euler", s -> euler(s.carry("y"), s, -0.9)), 50))
        .isCloseTo(.0051537752, within(1e-10));
    assertThat(
            gain(StepGraph.define("implicit Euler", s -> euler(s.carry("y"), s, 1 / 3.5)), 50)
                * 1e28)
        .isCloseTo(6.260338, within(1e-6));
  }

  private static void euler(Value y, org.costate.graph.StepBuilder s, double factor) {
    s.next(y, y.times(factor));
  }

  private static double gain(StepGraph step, int steps) {
    Unroll unroll = Unroll.of(step);
    Tape tape =
        unroll.forward(
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1).with("y", 1),
            Sequences.of(1, steps));
    double forward = tape.rollout().finalState().get("y")[0];
    double backward =
        tape.backward(Seeds.none().finalState(unroll.zeroState(1).with("y", 1)))
            .initialState()
            .get("y")[0];
    assertThat(backward).isCloseTo(forward, within(Math.abs(forward) * 1e-12));
    return backward;
  }

  @Test
  void powersOfAWeightVanishAndExplode() {
    double[][] reference = {
      {.5, 7.9e-31}, {.9, 2.66e-5}, {.99, .366}, {1.01, 2.70}, {1.1, 1.38e4}, {2, 1.27e30}
    };
    for (double[] row : reference) {
      double gain = gain(StepGraph.define("power", s -> euler(s.carry("y"), s, row[0])), 100);
      assertThat(gain / row[1]).isCloseTo(1, within(0.01));
    }
  }

  @Test
  void forwardBackwardOfAHiddenMarkovModelIsOneBackwardPass() {
    StepGraph step =
        StepGraph.define(
            "hidden Markov model",
            s -> {
              Value alpha = s.carry("alpha", 2);
              Value emission = s.input("emission", 2);
              Value transition =
                  s.constant(
                      new double[][] {{Math.log(.7), Math.log(.3)}, {Math.log(.3), Math.log(.7)}});
              Value rain = logSumExp(transition.at(0).plus(alpha)).plus(emission.at(0));
              Value sun = logSumExp(transition.at(1).plus(alpha)).plus(emission.at(1));
              Value next = stack(rain, sun);
              s.next(alpha, next);
              s.output("logLikelihood", logSumExp(next));
              s.output("filtered", softmax(next));
            });
    double[][] emissions = new double[5][];
    int[] umbrella = {1, 1, 0, 1, 1};
    for (int t = 0; t < 5; t++) {
      emissions[t] =
          umbrella[t] == 1
              ? new double[] {Math.log(.9), Math.log(.2)}
              : new double[] {Math.log(.1), Math.log(.8)};
    }
    Unroll unroll = Unroll.of(step);
    Tape tape =
        unroll.forward(
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1).with("alpha", Math.log(.5), Math.log(.5)),
            Sequences.of(1, 5).with("emission", Sequence.vectors(emissions)));
    double[] filtered = {.818182, .883357, .190668, .730794, .867339};
    double[] smoothed = {.867339, .820419, .307484, .820419, .867339};
    assertThat(tape.rollout().output("logLikelihood").get(4, 0, 0))
        .isCloseTo(-3.3725020443, within(1e-9));
    for (int t = 0; t < 5; t++) {
      assertThat(tape.rollout().output("filtered").get(t, 0, 0))
          .isCloseTo(filtered[t], within(1e-6));
    }
    Series posterior = tape.backward(Seeds.of("logLikelihood", 1).since(4)).input("emission");
    for (int t = 0; t < 5; t++) {
      assertThat(posterior.get(t, 0, 0)).isCloseTo(smoothed[t], within(1e-6));
    }
  }

  @Test
  void hessianVectorProductOverTimeIsReverseOverForward() {
    StepGraph step =
        StepGraph.define(
            "scalar",
            s -> {
              Value h = s.carry("h");
              Value next =
                  tanh(s.shared("w", Initializer.constant(0.8)).times(h).plus(s.input("x")));
              s.next(h, next);
              s.output("loss", next.hadamard(next));
            });
    Unroll reverse = Unroll.of(step);
    Unroll both = Unroll.of(Forward.of(step));
    Series x = Sequence.scalars(.3, -.2, .5, .1);
    Parameters moved = Parameters.initialise(both.layout(), 0);
    moved.set("wDot", 1);
    Sequences inputs = Sequences.of(1, 4).with("x", x).with("xDot", Sequence.scalars(0, 0, 0, 0));
    double product =
        both.forward(moved, both.zeroState(1), inputs)
            .backward(Seeds.of("lossDot", 1))
            .parameters()
            .get("w")[0];
    double epsilon = 1e-5;
    double plus = gradientAt(reverse, 0.8 + epsilon, x);
    double minus = gradientAt(reverse, 0.8 - epsilon, x);
    assertThat(product).isCloseTo((plus - minus) / (2 * epsilon), within(1e-8));
  }

  private static double gradientAt(Unroll unroll, double w, Series x) {
    return unroll
        .forward(
            new Parameters(unroll.layout(), new double[] {w}),
            unroll.zeroState(1),
            Sequences.of(1, x.horizon()).with("x", x))
        .backward(Seeds.of("loss", 1))
        .parameters()
        .values()[0];
  }

  @Test
  void forgetBiasIsATimeConstant() {
    double[][] reference = {{1, 3.7}, {2, 8.4}, {3, 21}, {5, 149}};
    for (double[] row : reference) {
      Unroll unroll = Unroll.of(LstmCell.of(1).forgetBias(row[0]).step(1));
      Parameters theta = Parameters.initialise(unroll.layout(), 1);
      theta.set("W", 0, 0, 0, 0);
      theta.set("U", 0, 0, 0, 0);
      Sequences rest =
          Sequences.of(1, 2).with("x", Sequence.vectors(new double[] {0}, new double[] {0}));
      Tape tape = unroll.forward(theta, unroll.zeroState(1), rest);
      double twoSteps =
          tape.backward(Seeds.none().finalState(unroll.zeroState(1).with("c", 1)))
              .initialState()
              .get("c")[0];
      double kept = Math.sqrt(twoSteps);
      assertThat(1 / (1 - kept)).isCloseTo(row[1], within(0.02 * row[1]));
    }
  }

  @Test
  void theCliff() {
    StepGraph step =
        StepGraph.define(
            "cliff",
            s -> {
              Value x = s.carry("x");
              Value next =
                  s.shared("w", Initializer.zeros())
                      .times(sigmoid(x))
                      .plus(s.shared("b", Initializer.zeros()));
              s.next(x, next);
              Value miss = sigmoid(next).minus(0.7);
              s.output("error", miss.hadamard(miss));
            });
    Unroll unroll = Unroll.of(step);
    double[][] reference = {
      {5, -2.5, .0240888688, .0863116695, .1009250176}, {4.94, -2.575, .0767819, -1753.58, -2819.08}
    };
    for (double[] row : reference) {
      var theta = new Parameters(unroll.layout(), new double[] {row[0], row[1]});
      Tape tape = unroll.forward(theta, unroll.zeroState(1).with("x", 0.5), Sequences.of(1, 50));
      assertThat(tape.rollout().output("error").get(49, 0, 0)).isCloseTo(row[2], within(1e-7));
      double[] bar = tape.backward(Seeds.of("error", 1).since(49)).parameters().values();
      assertThat(bar[0]).isCloseTo(row[3], within(Math.abs(row[3]) * 1e-5));
      assertThat(bar[1]).isCloseTo(row[4], within(Math.abs(row[4]) * 1e-5));
    }
  }

  @Test
  void aUnicycleOverTwoHundredSteps() {
    double dt = 0.05;
    StepGraph step =
        StepGraph.define(
            "unicycle",
            s -> {
              Value x = s.carry("x");
              Value y = s.carry("y");
              Value heading = s.carry("heading");
              Value speed = s.input("speed");
              Value turn = s.input("turn");
              s.next(x, x.plus(speed.hadamard(cos(heading)).times(dt)));
              s.next(y, y.plus(speed.hadamard(sin(heading)).times(dt)));
              s.next(heading, heading.plus(turn.times(dt)));
              Value away = x.minus(3);
              s.output(
                  "cost",
                  away.hadamard(away)
                      .plus(y.hadamard(y))
                      .plus(turn.hadamard(turn).times(0.1))
                      .times(dt));
            });
    Unroll unroll = Unroll.of(step);
    double[] speed = new double[200];
    double[] turn = new double[200];
    Arrays.setAll(speed, t -> 1 + 0.3 * Math.sin(0.1 * t));
    Arrays.setAll(turn, t -> 0.5 * Math.cos(0.07 * t));
    Sequences controls =
        Sequences.of(1, 200)
            .with("speed", Sequence.scalars(speed))
            .with("turn", Sequence.scalars(turn));
    org.costate.check.GradientCheck.of(
            unroll,
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1),
            controls,
            Seeds.of("cost", 1))
        .require(1e-7);
  }

  @Test
  void aCartPoleOverTwoHundredSteps() {
    double dt = 0.02;
    StepGraph step =
        StepGraph.define(
            "cart-pole",
            s -> {
              // Cart 1 kg, pole 0.1 kg, half-length 0.5 m, gravity 9.81 m/s²; angle 0 is upright.
              Value x = s.carry("x");
              Value angle = s.carry("angle");
              Value v = s.carry("v");
              Value spin = s.carry("spin");
              Value force = s.input("force");
              Value push =
                  force.plus(spin.hadamard(spin).hadamard(sin(angle)).times(0.05)).over(1.1);
              Value arm =
                  cos(angle).hadamard(cos(angle)).times(-0.1 / 1.1).plus(4 / 3.0).times(0.5);
              Value turn = sin(angle).times(9.81).minus(cos(angle).hadamard(push)).over(arm);
              Value pull = push.minus(turn.hadamard(cos(angle)).times(0.05 / 1.1));
              s.next(x, x.plus(v.times(dt)));
              s.next(angle, angle.plus(spin.times(dt)));
              s.next(v, v.plus(pull.times(dt)));
              s.next(spin, spin.plus(turn.times(dt)));
              s.output(
                  "cost", x.hadamard(x).plus(sin(angle)).plus(force.hadamard(force).times(0.01)));
            });
    Unroll unroll = Unroll.of(step);
    double[] force = new double[200];
    Arrays.setAll(force, t -> Math.sin(0.2 * t));
    org.costate.check.GradientCheck.of(
            unroll,
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1).with("angle", Math.PI - 0.3),
            Sequences.of(1, 200).with("force", Sequence.scalars(force)),
            Seeds.of("cost", 1))
        .require(1e-7);
  }

  @Test
  void aSigmoidChainIsBoundedByQuarters() {
    for (int depth : new int[] {1, 5, 20}) {
      double slope =
          Math.abs(
              gainOf(
                  StepGraph.define(
                      "chain",
                      s -> {
                        Value x = s.carry("x");
                        s.next(x, sigmoid(x));
                      }),
                  depth));
      assertThat(slope).isPositive().isLessThanOrEqualTo(Math.pow(0.25, depth));
    }
  }

  private static double gainOf(StepGraph step, int steps) {
    Unroll unroll = Unroll.of(step);
    return unroll
        .forward(
            Parameters.initialise(unroll.layout(), 0), unroll.zeroState(1), Sequences.of(1, steps))
        .backward(Seeds.none().finalState(unroll.zeroState(1).with("x", 1)))
        .initialState()
        .get("x")[0];
  }

  @Test
  void realTimeRecurrentLearningIsBackpropagationThroughTime() {
    StepGraph step = GruCell.of(2).step(1);
    Unroll reverse = Unroll.of(step);
    Unroll forward = Unroll.of(Forward.of(step));
    Parameters theta = Parameters.initialise(reverse.layout(), 4);
    double[][] x = new double[20][1];
    RandomStream random = RandomStream.of(2, "input");
    for (double[] row : x) {
      row[0] = random.nextGaussian();
    }
    Sequences batch = Sequences.of(1, 20).with("x", Sequence.vectors(x));
    double[] expected =
        reverse
            .forward(theta, reverse.zeroState(1), batch)
            .backward(Seeds.of("h", 1))
            .parameters()
            .values();
    Sequences withDot = batch.with("xDot", Series.zeros(org.costate.graph.Shape.of(1), 1, 20));
    for (Layout.Entry entry : reverse.layout().entries()) {
      for (int i = 0; i < entry.size(); i++) {
        Parameters moved = Parameters.initialise(forward.layout(), 0);
        reverse.layout().entries().forEach(e -> moved.set(e.name(), theta.get(e.name())));
        double[] direction = new double[entry.size()];
        direction[i] = 1;
        reverse.layout().entries().forEach(e -> moved.set(e.name() + "Dot", new double[e.size()]));
        moved.set(entry.name() + "Dot", direction);
        double pushed = forward.evaluate(moved, forward.zeroState(1), withDot).sum("hDot");
        assertThat(pushed).isCloseTo(expected[entry.offset() + i], within(1e-12));
      }
    }
  }

  @Test
  void residualStacksCarryTheGradientAndSigmoidStacksDoNot() {
    int layers = 100;
    StepGraph residual =
        StepGraph.define(
            "residual",
            s -> {
              Value x = s.carry("x", 8);
              s.next(x, x.plus(tanh(s.input("W", 8, 8).times(x)).times(0.05)));
            });
    StepGraph plain =
        StepGraph.define(
            "sigmoid",
            s -> {
              Value x = s.carry("x", 8);
              s.next(x, sigmoid(s.input("W", 8, 8).times(x)));
            });
    assertThat(gradientRatio(residual, layers)).isBetween(0.1, 10.0);
    assertThat(gradientRatio(plain, layers)).isLessThan(1e-30);
  }

  private static double gradientRatio(StepGraph step, int layers) {
    Unroll unroll = Unroll.of(step);
    double[][] weights = new double[layers][64];
    RandomStream random = RandomStream.of(3, "weights");
    for (double[] w : weights) {
      Initializer.glorotUniform().fill(w, org.costate.graph.Shape.of(8, 8), random);
    }
    double[] ones = new double[8];
    Arrays.fill(ones, 1);
    Sequences stack =
        Sequences.of(1, layers).with("W", new Series(org.costate.graph.Shape.of(8, 8), 1, weights));
    Tape tape =
        unroll.forward(
            Parameters.initialise(unroll.layout(), 0), unroll.zeroState(1).with("x", ones), stack);
    Cotangents bar =
        tape.backward(
            Seeds.none().finalState(unroll.zeroState(1).with("x", ones)), Sweep.full().withFlow());
    double[] norms = bar.flow().get("").costateNorm();
    return norms[0] / norms[layers];
  }
}
