package org.costate.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.costate.graph.Functions.*;

import java.util.Map;
import org.assertj.core.data.Offset;
import org.costate.Sequence;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Tape;
import org.costate.unroll.Unroll;
import org.junit.jupiter.api.Test;

/// Exact numbers of the calculus of single steps: chain rule, fan-out, products, losses,
/// activations.
class CalculusReferenceTest {
  private static final Offset<Double> EXACT = within(1e-9);

  /// x → tanh → y with a half squared error, the textbook walk-through.
  private static StepGraph walkThrough() {
    return StepGraph.define(
        "walk-through",
        s -> {
          Value a =
              tanh(
                  s.shared("W1", Initializer.values(0.5, -0.3), 2, 1)
                      .times(s.input("x", 1))
                      .plus(s.shared("b1", Initializer.zeros(), 2)));
          Value y =
              s.shared("W2", Initializer.values(0.4, -0.2), 1, 2)
                  .times(a)
                  .plus(s.shared("b2", Initializer.zeros(), 1));
          s.output("a", a);
          s.output("yhat", y);
          s.output("loss", halfSquaredError(y, s.input("y", 1)));
        });
  }

  @Test
  void walkThroughHasItsExactFigures() {
    Unroll unroll = Unroll.of(walkThrough());
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    Sequences batch =
        Sequences.of(1, 1)
            .with("x", Sequence.vectors(new double[] {1}))
            .with("y", Sequence.vectors(new double[] {0}));
    Tape tape = unroll.forward(theta, unroll.zeroState(1), batch);
    assertThat(tape.rollout().output("a").steps()[0])
        .containsExactly(new double[] {0.4621171573, -0.2913126125}, within(1e-10));
    assertThat(tape.rollout().sum("yhat")).isCloseTo(0.2431093853943221, EXACT);
    assertThat(tape.rollout().sum("loss")).isCloseTo(0.0295510866334024, EXACT);
    Cotangents bar = tape.backward(Seeds.of("loss", 1));
    assertThat(bar.parameters().get("W2"))
        .containsExactly(new double[] {0.1123450181, -0.0708208302}, within(1e-10));
    assertThat(bar.parameters().get("W1"))
        .containsExactly(new double[] {0.0764771300, -0.0444956769}, within(1e-10));
    assertThat(bar.parameters().get("b1"))
        .containsExactly(new double[] {0.0764771300, -0.0444956769}, within(1e-10));
    assertThat(bar.parameters().get("b2"))
        .containsExactly(new double[] {0.2431093854}, within(1e-10));
    assertThat(bar.input("x").steps()[0])
        .containsExactly(new double[] {0.0515872681}, within(1e-10));
    for (int i = 0; i < theta.values().length; i++) {
      theta.values()[i] -= 0.1 * bar.parameters().values()[i];
    }
    Rollout after = unroll.evaluate(theta, unroll.zeroState(1), batch);
    assertThat(after.sum("yhat")).isCloseTo(0.2052591383, within(1e-10));
    assertThat(after.sum("loss")).isCloseTo(0.0210656569, within(1e-10));
  }

  /// x → sigmoid → y with a half squared error, three hidden units.
  private static StepGraph hiddenLayer() {
    return StepGraph.define(
        "hidden layer",
        s -> {
          Value w1 =
              s.shared(
                  "W1",
                  Initializer.values(
                      0.1764052346,
                      0.0400157208,
                      0.0978737984,
                      0.2240893199,
                      0.1867557990,
                      -0.0977277880),
                  3,
                  2);
          Value a = sigmoid(w1.times(s.input("x", 2)).plus(s.shared("b1", Initializer.zeros(), 3)));
          Value y =
              s.shared("W2", Initializer.values(0.0950088418, -0.0151357208, -0.0103218852), 1, 3)
                  .times(a)
                  .plus(s.shared("b2", Initializer.zeros(), 1));
          s.output("yhat", y);
          s.output("loss", halfSquaredError(y, s.input("y", 1)));
        });
  }

  @Test
  void hiddenLayerExampleAndItsBatch() {
    Unroll unroll = Unroll.of(hiddenLayer());
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    Sequences one =
        Sequences.of(1, 1)
            .with("x", Sequence.lanes(new double[] {0.5, -0.2}))
            .with("y", Sequence.lanes(new double[] {0.3}));
    Tape tape = unroll.forward(theta, unroll.zeroState(1), one);
    // The initial values above have ten digits, so what follows from them has nine.
    assertThat(tape.rollout().sum("yhat")).isCloseTo(0.0363728397, EXACT);
    assertThat(tape.rollout().sum("loss")).isCloseTo(0.0347496398, EXACT);
    Parameters bar = tape.backward(Seeds.of("loss", 1)).parameters();
    assertThat(bar.get("W1"))
        .containsExactly(
            new double[] {
              -0.0031258349, 0.0012503340, 0.0004987713, -0.0001995085, 0.0003390591, -0.0001356236
            },
            EXACT);
    assertThat(bar.get("W2"))
        .containsExactly(new double[] {-0.1370964387, -0.1320850522, -0.1392481042}, EXACT);
    assertThat(bar.get("b1"))
        .containsExactly(new double[] {-0.0062516698, 0.0009975425, 0.0006781182}, EXACT);
    assertThat(bar.get("b2")).containsExactly(new double[] {-0.2636271603}, EXACT);

    Sequences three =
        Sequences.of(3, 1)
            .with(
                "x",
                Sequence.lanes(
                    new double[] {0.5, -0.2}, new double[] {-1, 0.3}, new double[] {0.1, 2}))
            .with("y", Sequence.lanes(new double[] {0.3}, new double[] {-0.1}, new double[] {1}));
    double[] mean =
        unroll
            .forward(theta, unroll.zeroState(3), three)
            .backward(Seeds.of("loss", 1 / 3.0))
            .parameters()
            .values();
    double[] singles = new double[mean.length];
    for (int lane = 0; lane < 3; lane++) {
      double[] single =
          unroll
              .forward(theta, unroll.zeroState(1), three.slice(lane, lane + 1))
              .backward(Seeds.of("loss", 1 / 3.0))
              .parameters()
              .values();
      for (int i = 0; i < mean.length; i++) {
        singles[i] += single[i];
      }
    }
    assertThat(mean).containsExactly(singles, within(1e-15));
  }

  @Test
  void logisticMapFollowsTheChainRule() {
    StepGraph step =
        StepGraph.define(
            "logistic map",
            s -> {
              Value l = s.carry("l");
              s.next(l, l.hadamard(l.negate().plus(1)).times(4));
            });
    assertThat(derivative(step, 0.2, 3)).isCloseTo(9.0660864, EXACT);
    assertThat(derivative(step, 0.1, 9)).isCloseTo(328.1025718764907, EXACT);
  }

  private static double derivative(StepGraph step, double x0, int steps) {
    Unroll unroll = Unroll.of(step);
    var state = unroll.zeroState(1).with("l", x0);
    Tape tape =
        unroll.forward(Parameters.initialise(unroll.layout(), 0), state, Sequences.of(1, steps));
    return tape.backward(Seeds.none().finalState(unroll.zeroState(1).with("l", 1)))
        .initialState()
        .get("l")[0];
  }

  @Test
  void fanOutAddsUp() {
    StepGraph step =
        StepGraph.define(
            "fan-out",
            s -> {
              Value x = s.input("x");
              s.output("y", x.hadamard(x).hadamard(x.times(3)));
            });
    assertThat(inputBar(step, 2)).isCloseTo(36, EXACT);
  }

  private static double inputBar(StepGraph step, double x) {
    Unroll unroll = Unroll.of(step);
    return unroll
        .forward(
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1),
            Sequences.of(1, 1).with("x", Sequence.scalars(x)))
        .backward(Seeds.of("y", 1))
        .input("x")
        .steps()[0][0];
  }

  @Test
  void tiedAutoencoderSumsEncoderAndDecoder() {
    Parameter tied = Parameter.of("W", Initializer.values(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 2, 3);
    Parameter encoder = Parameter.of("E", tied.initializer(), 2, 3);
    Parameter decoder = Parameter.of("D", tied.initializer(), 2, 3);
    double[] both = gradient(autoencoder(tied, tied), "W");
    double[] first = {
      .0201039731, -.0201039731, .0100519866, -.0307863618, .0307863618, -.0153931809
    };
    double[] second = {
      -.0457645709, .0553878179, -.0183141056, -.1808064584, .2188259388, -.0723552848
    };
    assertThat(both)
        .containsExactly(
            new double[] {
              -.0256605978, .0352838448, -.0082621190, -.2115928201, .2496123006, -.0877484657
            },
            within(1e-9));
    assertThat(gradient(autoencoder(encoder, decoder), "E")).containsExactly(first, within(1e-9));
    assertThat(gradient(autoencoder(encoder, decoder), "D")).containsExactly(second, within(1e-9));
    assertThat(Unroll.of(autoencoder(tied, tied)).layout().size()).isEqualTo(6);
    Unroll unroll = Unroll.of(autoencoder(tied, tied));
    assertThat(
            unroll
                .evaluate(
                    Parameters.initialise(unroll.layout(), 0),
                    unroll.zeroState(1),
                    autoencoderInput())
                .sum("loss"))
        .isCloseTo(1.1013555536, EXACT);
  }

  private static StepGraph autoencoder(Parameter encoder, Parameter decoder) {
    return StepGraph.define(
        "autoencoder",
        s -> {
          Value x = s.input("x", 3);
          Value h = tanh(s.shared(encoder).times(x));
          s.output("loss", halfSquaredError(s.shared(decoder).transpose().times(h), x));
        });
  }

  private static Sequences autoencoderInput() {
    return Sequences.of(1, 1).with("x", Sequence.vectors(new double[] {1, -1, 0.5}));
  }

  private static double[] gradient(StepGraph step, String name) {
    Unroll unroll = Unroll.of(step);
    return unroll
        .forward(Parameters.initialise(unroll.layout(), 0), unroll.zeroState(1), autoencoderInput())
        .backward(Seeds.of("loss", 1))
        .parameters()
        .get(name);
  }

  /// f(x, y) = (x² y, 5x + sin y).
  private static StepGraph twoByTwo() {
    return StepGraph.define(
        "two by two",
        s -> {
          Value v = s.input("v", 2);
          Value x = v.at(0);
          Value y = v.at(1);
          s.output("f", stack(x.hadamard(x).hadamard(y), x.times(5).plus(sin(y))));
        });
  }

  private static double[] evaluate(StepGraph step, String output, Map<String, Series> inputs) {
    Unroll unroll = Unroll.of(step);
    Sequences batch = Sequences.of(1, 1);
    for (var input : inputs.entrySet()) {
      batch = batch.with(input.getKey(), input.getValue());
    }
    return unroll
        .evaluate(Parameters.initialise(unroll.layout(), 0), unroll.zeroState(1), batch)
        .output(output)
        .steps()[0];
  }

  @Test
  void jacobianAndItsProducts() {
    Series at = Sequence.vectors(new double[] {1, 2});
    Series ones = Sequence.vectors(new double[] {1, 1});
    assertThat(evaluate(Jacobian.of(twoByTwo(), "J", "f", "v"), "J", Map.of("v", at)))
        .containsExactly(new double[] {4, 1, 5, -0.4161468365}, within(1e-10));
    assertThat(evaluate(Forward.of(twoByTwo()), "fDot", Map.of("v", at, "vDot", ones)))
        .containsExactly(new double[] {5, 4.5838531635}, within(1e-10));
    Unroll unroll = Unroll.of(twoByTwo());
    double[] bar =
        unroll
            .forward(
                Parameters.initialise(unroll.layout(), 0),
                unroll.zeroState(1),
                Sequences.of(1, 1).with("v", at))
            .backward(Seeds.of("f", 1))
            .input("v")
            .steps()[0];
    assertThat(bar).containsExactly(new double[] {9, 0.5838531635}, within(1e-10));
  }

  private static StepGraph rosenbrock() {
    return StepGraph.define(
        "rosenbrock",
        s -> {
          Value v = s.input("v", 2);
          Value a = v.at(1).minus(v.at(0).hadamard(v.at(0)));
          Value b = v.at(0).negate().plus(1);
          s.output("f", a.hadamard(a).times(100).plus(b.hadamard(b)));
        });
  }

  @Test
  void hessianAndItsVectorProduct() {
    Series at = Sequence.vectors(new double[] {-1.2, 1});
    assertThat(evaluate(Reverse.gradient(rosenbrock(), "f", "v"), "vGradient", Map.of("v", at)))
        .containsExactly(new double[] {-215.6, -88}, within(1e-12));
    assertThat(evaluate(Hessian.of(rosenbrock(), "H", "f", "v"), "H", Map.of("v", at)))
        .containsExactly(new double[] {1330, 480, 480, 200}, within(1e-12));
    assertThat(
            evaluate(
                Hessian.vectorProduct(rosenbrock(), "Hv", "f", "v"),
                "Hv",
                Map.of("v", at, "vDot", Sequence.vectors(new double[] {1, 2}))))
        .containsExactly(new double[] {2290, 880}, within(1e-12));
  }

  @Test
  void sixtyStackedDiamondsAreInstant() {
    StepGraph step =
        StepGraph.define(
            "diamonds",
            s -> {
              Value v = s.input("x");
              for (int i = 0; i < 60; i++) {
                Value left = v.times(0.5);
                Value right = v.times(0.5);
                v = left.plus(right);
              }
              s.output("y", v);
            });
    assertThat(Reverse.of(step).graph().ops().size()).isLessThan(4 * step.ops().size());
    assertThat(inputBar(step, 3)).isEqualTo(1);
  }

  @Test
  void deepGraphsNeedNoStack() {
    StepGraph step =
        StepGraph.define(
            "deep",
            s -> {
              Value v = s.input("x");
              for (int i = 0; i < 20_000; i++) {
                v = v.plus(1);
              }
              s.output("y", v);
            });
    assertThat(inputBar(step, 0)).isEqualTo(1);
    assertThat(step.toString().lines().count()).isGreaterThan(20_000);
  }

  private static double value(java.util.function.UnaryOperator<Value> f, double x) {
    return evaluate(
        StepGraph.define("f", s -> s.output("y", f.apply(s.input("x")))),
        "y",
        Map.of("x", Sequence.scalars(x)))[0];
  }

  private static double slope(java.util.function.UnaryOperator<Value> f, double x) {
    return inputBar(StepGraph.define("f", s -> s.output("y", f.apply(s.input("x")))), x);
  }

  @Test
  void activationsHaveTheirValuesAndSlopes() {
    assertThat(value(x -> sigmoid(x), 1)).isCloseTo(.7310585786, within(1e-10));
    assertThat(slope(x -> sigmoid(x), 1)).isCloseTo(.1966119332, within(1e-10));
    assertThat(slope(x -> sigmoid(x), 0)).isEqualTo(0.25);
    assertThat(slope(x -> tanh(x), 1)).isCloseTo(.4199743416, within(1e-10));
    assertThat(value(x -> tanh(x.times(2 / 3.0)).times(1.7159), 1))
        .isCloseTo(.9999972559, within(1e-9));
    assertThat(slope(x -> tanh(x.times(2 / 3.0)).times(1.7159), 0))
        .isCloseTo(1.1439333, within(1e-7));
    assertThat(slope(x -> relu(x), 0)).isEqualTo(0);
    assertThat(value(x -> leakyRelu(x, 0.01), -1)).isCloseTo(-.01, EXACT);
    assertThat(value(x -> gelu(x), 1)).isCloseTo(.8413447461, within(1e-10));
    assertThat(slope(x -> gelu(x), 1)).isCloseTo(1.0833154706, within(1e-10));
    assertThat(value(x -> gelu(x), -1)).isCloseTo(-.1586552539, within(1e-10));
    assertThat(value(x -> geluTanh(x), 1)).isCloseTo(.8411919906, within(1e-10));
    assertThat(value(x -> silu(x), 1)).isCloseTo(.7310585786, within(1e-10));
    assertThat(slope(x -> silu(x), 1)).isCloseTo(.9276705119, within(1e-10));
    assertThat(value(x -> silu(x), -1.2784645427610738)).isCloseTo(-.2784645428, within(1e-10));
    assertThat(value(x -> softplus(x), 1)).isCloseTo(1.3132616875, within(1e-10));
    assertThat(value(x -> softplus(x), 1000)).isEqualTo(1000);
  }

  @Test
  void softmaxCrossEntropyIsStable() {
    StepGraph step =
        StepGraph.define(
            "loss", s -> s.output("y", softmaxCrossEntropyOfClass(s.input("z", 3), s.constant(2))));
    Unroll unroll = Unroll.of(step);
    Parameters none = Parameters.initialise(unroll.layout(), 0);
    Tape tape =
        unroll.forward(
            none,
            unroll.zeroState(1),
            Sequences.of(1, 1).with("z", Sequence.vectors(new double[] {1, 2, 3})));
    assertThat(tape.rollout().sum("y")).isCloseTo(0.4076059644, within(1e-10));
    assertThat(tape.backward(Seeds.of("y", 1)).input("z").steps()[0])
        .containsExactly(new double[] {.09003057, .24472847, -.33475904}, within(1e-8));
    Tape large =
        unroll.forward(
            none,
            unroll.zeroState(1),
            Sequences.of(1, 1).with("z", Sequence.vectors(new double[] {1000, -1000, 999})));
    assertThat(large.rollout().sum("y")).isCloseTo(1 + Math.log1p(Math.exp(-1)), EXACT);
    for (double bar : large.backward(Seeds.of("y", 1)).input("z").steps()[0]) {
      assertThat(bar).isFinite();
    }
  }

  @Test
  void layerNormHasItsNumbers() {
    StepGraph step =
        StepGraph.define(
            "layer norm",
            s -> {
              Value x = s.input("x", 4);
              s.output("y", layerNorm(x, s.constant(1, 1, 1, 1), s.constant(0, 0, 0, 0), 1e-5));
            });
    Unroll unroll = Unroll.of(step);
    Tape tape =
        unroll.forward(
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1),
            Sequences.of(1, 1).with("x", Sequence.vectors(new double[] {1, 2, 3, 4})));
    assertThat(tape.rollout().output("y").steps()[0])
        .containsExactly(
            new double[] {-1.34163542, -.447211807, .447211807, 1.34163542}, within(1e-8));
    double[] bar =
        tape.backward(Seeds.none().with("y", Sequence.vectors(new double[] {1, 0, 0, 0})))
            .input("x")
            .steps()[0];
    assertThat(bar)
        .containsExactly(
            new double[] {.268330304, -.357768372, -.089443435, .178881503}, within(1e-8));
  }

  @Test
  void convolutionAndItsAdjoint() {
    Parameter kernel = Parameter.of("k", Initializer.values(1, 0, -1), 1, 1, 3);
    StepGraph step =
        StepGraph.define(
            "convolution",
            s ->
                s.output("y", convolve1d(s.input("x", 1, 4), s.shared(kernel), Convolution.PLAIN)));
    Unroll unroll = Unroll.of(step);
    Series x = new Series(Shape.of(1, 4), 1, new double[][] {{1, 2, 3, 4}});
    Tape tape =
        unroll.forward(
            Parameters.initialise(unroll.layout(), 0),
            unroll.zeroState(1),
            Sequences.of(1, 1).with("x", x));
    assertThat(tape.rollout().output("y").steps()[0]).containsExactly(-2, -2);
    Cotangents bar = tape.backward(Seeds.of("y", 1));
    assertThat(bar.input("x").steps()[0]).containsExactly(1, 1, -1, -1);
    assertThat(bar.parameters().get("k")).containsExactly(3, 5, 7);
    StepGraph strided =
        StepGraph.define(
            "strided",
            s ->
                s.output(
                    "y",
                    convolve1d(
                        s.input("x", 1, 6),
                        s.shared("k", Initializer.values(1, 2, 3), 1, 1, 3),
                        Convolution.PLAIN.stride(2))));
    assertThat(
            evaluate(
                strided,
                "y",
                Map.of("x", new Series(Shape.of(1, 6), 1, new double[][] {{1, 2, 3, 4, 5, 6}}))))
        .containsExactly(14, 26);
    StepGraph transposed =
        StepGraph.define(
            "transposed",
            s ->
                s.output(
                    "x",
                    convolveTransposed1d(
                        s.input("y", 1, 2),
                        s.shared("k", Initializer.values(1, 2, 3), 1, 1, 3),
                        Convolution.PLAIN.stride(2),
                        6)));
    assertThat(
            evaluate(
                transposed,
                "x",
                Map.of("y", new Series(Shape.of(1, 2), 1, new double[][] {{1, -1}}))))
        .containsExactly(1, 2, 2, -2, -3, 0);
  }

  @Test
  void centralDifferencesHaveTheErrorTheyShould() {
    Unroll unroll = Unroll.of(hiddenLayer());
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    Sequences batch =
        Sequences.of(1, 1)
            .with("x", Sequence.lanes(new double[] {0.5, -0.2}))
            .with("y", Sequence.lanes(new double[] {0.3}));
    double[] exact =
        unroll
            .forward(theta, unroll.zeroState(1), batch)
            .backward(Seeds.of("loss", 1))
            .parameters()
            .values();
    assertThat(worstError(unroll, theta, batch, exact, 1e-2)).isBetween(0.9e-6, 1.1e-6);
    assertThat(worstError(unroll, theta, batch, exact, 1e-3)).isBetween(0.9e-8, 1.1e-8);
    // Further down it is rounding, which the reference gives for another summation order.
    assertThat(worstError(unroll, theta, batch, exact, 1e-5)).isBetween(1e-11, 1e-8);
    assertThat(worstError(unroll, theta, batch, exact, 1e-10)).isBetween(1e-6, 1e-2);
  }

  /// The largest |d − g| / (|d| + |g|) over the weights, as the reference counts it.
  private static double worstError(
      Unroll unroll, Parameters theta, Sequences batch, double[] exact, double epsilon) {
    double worst = 0;
    for (int i = 0; i < exact.length; i++) {
      if (theta.layout().at(i).name().startsWith("b")) {
        continue;
      }
      Parameters plus = theta.copy();
      plus.values()[i] += epsilon;
      Parameters minus = theta.copy();
      minus.values()[i] -= epsilon;
      double difference =
          (unroll.evaluate(plus, unroll.zeroState(1), batch).sum("loss")
                  - unroll.evaluate(minus, unroll.zeroState(1), batch).sum("loss"))
              / (2 * epsilon);
      double size = Math.abs(difference) + Math.abs(exact[i]);
      worst = Math.max(worst, Math.abs(difference - exact[i]) / size);
    }
    return worst;
  }
}
