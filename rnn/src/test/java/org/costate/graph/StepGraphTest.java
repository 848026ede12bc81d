package org.costate.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.costate.graph.Functions.*;

import org.junit.jupiter.api.Test;

class StepGraphTest {
  private static StepGraph elman() {
    return StepGraph.define(
        "elman",
        s -> {
          Value x = s.input("x", 4);
          Value h = s.carry("h", 3);
          Value w = s.shared("W", Initializer.glorotUniform(), 3, 4);
          Value u = s.shared("U", Initializer.orthogonal(), 3, 3);
          s.next(h, tanh(w.times(x).plus(u.times(h))).named("new state"));
        });
  }

  @Test
  void printsAsTextAndAsGraphviz() {
    assertThat(elman().toString())
        .contains("step x")
        .contains("tanh(%")
        .contains("// new state")
        .contains("next   h ← %");
    assertThat(elman().toGraphviz())
        .startsWith("digraph \"elman\"")
        .contains("t+1")
        .contains("fillcolor=lightblue");
  }

  @Test
  void rolesAndBatchAreKnown() {
    StepGraph step = elman();
    assertThat(step.batched(step.input("x"))).isTrue();
    assertThat(step.batched(step.input("h"))).isTrue();
    assertThat(step.batched(step.input("W"))).isFalse();
    assertThat(step.inputs(Role.SHARED)).hasSize(2);
  }

  @Test
  void wrongShapesAreSaidWithBothShapes() {
    assertThatThrownBy(
            () ->
                StepGraph.define(
                    "bad", s -> s.shared("W", Initializer.zeros(), 3, 4).times(s.input("x", 3))))
        .isInstanceOf(ShapeException.class)
        .hasMessage(
            "Step 'bad': matrixVector: matrix [3, 4] needs a vector [4], got [3]; are the matrix's"
                + " axes swapped?.");
    assertThatThrownBy(() -> StepGraph.define("bad", s -> s.input("a", 2).plus(s.input("b", 3))))
        .hasMessage("Step 'bad': add: operands must have one shape, got [2] and [3].");
    assertThatThrownBy(
            () -> StepGraph.define("CartPole", s -> s.next(s.carry("theta"), s.input("x", 1))))
        .hasMessage(
            "Step 'CartPole': the next state must have the shape of its state; 'theta' is [] but"
                + " became [1].");
    assertThatThrownBy(() -> StepGraph.define("bad", s -> s.carry("h", 2)))
        .hasMessage("Step 'bad': 'h' is carried but has no next value; add next(h, …).");
    assertThatThrownBy(
            () ->
                StepGraph.define(
                    "bad",
                    s -> {
                      s.input("x");
                      s.input("x");
                    }))
        .hasMessageContaining("declares 'x' twice");
  }

  @Test
  void simplifyFoldsSharesAndDrops() {
    StepGraph step =
        StepGraph.define(
            "redundant",
            s -> {
              Value x = s.input("x", 3);
              Value dead = exp(x);
              Value same = sin(x).plus(sin(x));
              Value zero = s.constant(2).minus(2).broadcast(Shape.of(3));
              s.output("y", same.plus(zero).times(1).negate().negate());
              dead.times(2);
            });
    StepGraph simple = Simplify.of(step);
    assertThat(simple.ops().stream().map(Op::mnemonic)).containsExactly("input", "sin", "add");
  }

  @Test
  void jacobianOfSparseFunctionKeepsNoDenseWork() {
    StepGraph step =
        StepGraph.define(
            "diagonal",
            s -> {
              Value x = s.input("x", 4);
              s.output("y", stack(x.at(0).hadamard(x.at(0)), x.at(1), s.constant(3), x.at(3)));
            });
    StepGraph jacobian = Jacobian.of(step, "J", "y", "x");
    assertThat(jacobian.ops().stream().filter(op -> op instanceof Op.Binary).count()).isLessThan(6);
  }

  @Test
  void initializersHaveTheirScales() {
    double[] glorot = fill(Initializer.glorotUniform(), 50, 100);
    assertThat(java.util.Arrays.stream(glorot).map(Math::abs).max().orElseThrow())
        .isBetween(0.19, 0.2);
    double[] he = fill(Initializer.heNormal(), 500, 100);
    double variance = java.util.Arrays.stream(he).map(v -> v * v).average().orElseThrow();
    assertThat(Math.sqrt(variance)).isBetween(0.140, 0.143);
    for (int[] shape : new int[][] {{6, 6}, {8, 3}, {3, 8}, {12, 4}}) {
      double[] q = fill(Initializer.orthogonal(), shape[0], shape[1]);
      int block = shape[0] > shape[1] && shape[0] % shape[1] == 0 ? shape[1] : shape[0];
      for (int i = 0; i < Math.min(block, shape[1]); i++) {
        for (int j = 0; j < Math.min(block, shape[1]); j++) {
          assertThat(product(q, block, shape[1], i, j))
              .isCloseTo(i == j ? 1 : 0, org.assertj.core.data.Offset.offset(1e-12));
        }
      }
    }
  }

  /// Rows i and j if there are fewer rows than columns, else columns.
  private static double product(double[] q, int rows, int columns, int i, int j) {
    double sum = 0;
    for (int k = 0; k < Math.max(rows, columns); k++) {
      sum +=
          rows <= columns
              ? q[i * columns + k] * q[j * columns + k]
              : q[k * columns + i] * q[k * columns + j];
    }
    return sum;
  }

  private static double[] fill(Initializer initializer, int... dims) {
    double[] values = new double[dims[0] * dims[1]];
    initializer.fill(values, Shape.of(dims), org.costate.random.RandomStream.of(3, "test"));
    return values;
  }

  @Test
  void reluWithHeKeepsTheSecondMomentAndGlorotLosesIt() {
    assertThat(secondMomentRatio(Initializer.heNormal(), v -> Math.max(0, v))).isBetween(0.2, 5.0);
    assertThat(secondMomentRatio(Initializer.glorotUniform(), v -> Math.max(0, v)))
        .isBetween(1e-17, 1e-13);
    assertThat(secondMomentRatio(Initializer.glorotUniform(), Math::tanh)).isBetween(1e-3, 0.1);
  }

  private static double secondMomentRatio(
      Initializer initializer, java.util.function.DoubleUnaryOperator activation) {
    int width = 512;
    var random = org.costate.random.RandomStream.of(1, "depth");
    double[] x = new double[width];
    java.util.Arrays.setAll(x, _ -> random.nextGaussian());
    double first = java.util.Arrays.stream(x).map(v -> v * v).sum();
    for (int layer = 0; layer < 50; layer++) {
      double[] w = new double[width * width];
      initializer.fill(w, Shape.of(width, width), random);
      double[] y = new double[width];
      for (int i = 0; i < width; i++) {
        for (int j = 0; j < width; j++) {
          y[i] += w[i * width + j] * x[j];
        }
        y[i] = activation.applyAsDouble(y[i]);
      }
      x = y;
    }
    return java.util.Arrays.stream(x).map(v -> v * v).sum() / first;
  }
}
