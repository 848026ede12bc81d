package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.costate.check.Catalogue;
import org.costate.graph.Convolution;
import org.costate.graph.ForeignFunction;
import org.costate.graph.Functions;
import org.costate.graph.Hessian;
import org.costate.graph.Initializer;
import org.costate.graph.Jacobian;
import org.costate.graph.Op;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.UnaryFunction;
import org.costate.graph.Value;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The compiled executor gives what the reference executor gives: on the whole catalogue, on random
/// graphs, on long sequences, with padding, resets, clipping and every save policy.
@Tag("kernels")
class ExecutorsTest {
  static List<Catalogue.Entry> entries() {
    return Catalogue.entries();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void theCatalogueAgreesInDouble(Catalogue.Entry entry) {
    for (int lanes : new int[] {1, 3, 18}) {
      agree(entry.problem(Precision.DOUBLE, lanes, 5, 11), new SavePolicy.All(), 1e-12);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void theCatalogueAgreesInFloat(Catalogue.Entry entry) {
    agree(entry.problem(Precision.FLOAT, 3, 4, 12), new SavePolicy.All(), 1e-5);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void paddingResetsAndClippingAgree(Catalogue.Entry entry) {
    Catalogue.Problem p = entry.problem(Precision.DOUBLE, 4, 6, 13);
    boolean[][] resets = new boolean[6][];
    resets[0] = new boolean[] {true, false, false, false};
    resets[3] = new boolean[] {false, true, false, true};
    Sweep sweep = Sweep.full().clipCostates(0.7).withCostates().withFlow();
    for (Sequences batch :
        List.of(
            p.batch().lengths(6, 0, 4, 1),
            p.batch().resets(resets),
            p.batch().lengths(2, 6, 5, 6).resets(resets))) {
      var other = new Catalogue.Problem(p.unroll(), p.parameters(), p.initial(), batch, p.seeds());
      agree(other, new SavePolicy.All(), sweep, 1e-11);
      agree(other, new SavePolicy.Every(4), sweep.lookback(3), 1e-11);
      agree(other, new SavePolicy.Binomial(2), sweep, 1e-11);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void randomGraphsAgree(long seed) {
    for (int i = 0; i < 15; i++) {
      var random = new Random(1000 * seed + i);
      StepGraph step = randomStep(random);
      var entry =
          new Catalogue.Entry(
              "random " + seed + "/" + i, step, Catalogue.Domain.uniform(-0.9, 0.9));
      int lanes = 1 + random.nextInt(20);
      int horizon = 1 + random.nextInt(12);
      try {
        agree(entry.problem(Precision.DOUBLE, lanes, horizon, i), new SavePolicy.All(), 1e-11);
        agree(entry.problem(Precision.DOUBLE, lanes, horizon, i), new SavePolicy.Every(3), 1e-11);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(entry.name() + " " + step, e);
      }
    }
  }

  /// Vectors of a few sizes and scalars, put together at random.
  private static StepGraph randomStep(Random random) {
    return StepGraph.define(
        "random",
        s -> {
          int[] sizes = {1, 3, 17, 1 + random.nextInt(40)};
          var known = new ArrayList<Value>();
          var carries = new ArrayList<Value>();
          for (int i = 0; i < 1 + random.nextInt(2); i++) {
            known.add(s.input("u" + i, sizes[random.nextInt(4)]));
          }
          for (int i = 0; i < 1 + random.nextInt(3); i++) {
            carries.add(s.carry("x" + i, sizes[random.nextInt(4)]));
          }
          known.addAll(carries);
          known.add(s.shared("b", Initializer.zeros(), sizes[random.nextInt(4)]));
          int parameters = 0;
          for (int i = 0; i < 6 + random.nextInt(14); i++) {
            Value a = known.get(random.nextInt(known.size()));
            int n = a.shape().size();
            Value b = like(s, known, a, random, "M" + parameters++);
            known.add(
                switch (random.nextInt(12)) {
                  case 0 -> Functions.tanh(a);
                  case 1 -> Functions.sigmoid(a).plus(b);
                  case 2 -> a.hadamard(b);
                  case 3 -> a.minus(b);
                  case 4 -> a.apply(UnaryFunction.SIN);
                  case 5 -> n > 2 ? a.slice(1, n) : a.negate();
                  case 6 -> Functions.concat(a, b);
                  case 7 -> a.sum(-1).broadcast(b.shape()).hadamard(b).times(1.0 / n);
                  case 8 -> Functions.softmax(a);
                  case 9 -> a.outer(b).times(b).times(1.0 / b.shape().size());
                  case 10 -> a.outer(b).transpose().max(0);
                  default -> Functions.select(a, b, a.times(0.5));
                });
          }
          for (Value carry : carries) {
            Value next = like(s, known, carry, random, "N" + carry.id());
            s.next(carry, Functions.tanh(next));
          }
          s.output("y", known.getLast());
          s.output("z", known.get(random.nextInt(known.size())));
        });
  }

  /// A value of the size of `a`: one that is there, or a product with a new matrix.
  private static Value like(
      StepBuilder s, List<Value> known, Value a, Random random, String matrix) {
    int n = a.shape().size();
    List<Value> same = known.stream().filter(v -> v.shape().size() == n).toList();
    if (!same.isEmpty() && random.nextBoolean()) {
      return same.get(random.nextInt(same.size()));
    }
    Value from = known.get(random.nextInt(known.size()));
    return s.shared(matrix, Initializer.glorotUniform(), n, from.shape().size()).times(from);
  }

  /// Steps whose lanes have a matrix, rows of a table, or a picture, with parameters large enough
  /// that they are not taken apart into numbers.
  static List<StepGraph> structured() {
    Initializer small = Initializer.normal(0.2);
    return List.of(
        StepGraph.define(
            "fast weights and words",
            s -> {
              Value h = s.carry("h", 6);
              Value fast = s.carry("fast", 6, 6);
              Value word = s.shared("table", small, 9, 6).gather(s.input("index"));
              Value next =
                  Functions.tanh(
                      s.shared("w", small, 6, 6)
                          .times(word)
                          .plus(fast.times(h))
                          .plus(s.input("x", 6)));
              s.next(h, next);
              s.next(fast, fast.times(0.9).plus(next.outer(h).times(0.5)));
              s.output("y", next);
            }),
        StepGraph.define(
            "attention to a memory that is written",
            s -> {
              Value h = s.carry("h", 7);
              Value memory = s.carry("memory", 5, 7);
              Value x = s.input("x", 7);
              Value weights = Functions.softmax(memory.times(h));
              Value read = memory.transpose().times(weights);
              Value next =
                  Functions.tanh(s.shared("w", small, 7, 14).times(Functions.concat(read, x)));
              s.next(h, next);
              s.next(memory, memory.plus(weights.outer(next)));
              s.output("y", memory.gather(s.input("index")).plus(next));
            }),
        StepGraph.define(
            "rows that look at each other",
            s -> {
              Value rows = s.carry("rows", 3, 5);
              Value keys = rows.times(s.shared("key", small, 5, 5));
              Value scores = Functions.exp(rows.times(keys.transpose()));
              Value weights = scores.over(scores.sum(1).repeat(1, 3));
              Value next = Functions.tanh(weights.times(rows).plus(s.input("x", 5).repeat(0, 3)));
              s.next(rows, Functions.concat(1, next.slice(1, 2, 5), next.slice(1, 0, 2)));
              s.output("y", next.max(0).plus(s.input("index")));
            }),
        StepGraph.define(
            "pictures",
            s -> {
              Value h = s.carry("h", 3, 5, 6);
              Value x = s.input("x", 1, 9, 11);
              Value seen =
                  Functions.convolve2d(
                      x, s.shared("k", small, 3, 1, 3, 3), Convolution.PLAIN.stride(2).padding(1));
              Value before =
                  Functions.convolve2d(
                      h,
                      s.shared("r", small, 3, 3, 3, 3),
                      Convolution.PLAIN.dilation(2).padding(2));
              Value next = Functions.tanh(seen.plus(before));
              s.next(h, next);
              s.output(
                  "y",
                  Functions.convolveTransposed2d(
                          next, s.shared("t", small, 3, 2, 2, 2), Convolution.PLAIN, 6, 7)
                      .sum(-1)
                      .plus(s.input("index")));
            }));
  }

  /// Long programs of numbers on both sides of a function that only Java knows.
  @Test
  void manyNumbersAreColumnsAlsoInPieces() {
    ForeignFunction square =
        new ForeignFunction() {
          @Override
          public String name() {
            return "square";
          }

          @Override
          public Shape resultShape(List<Shape> arguments) {
            return Shape.SCALAR;
          }

          @Override
          public void forward(double[][] arguments, double[] result) {
            result[0] = arguments[0][0] * arguments[0][0];
          }

          @Override
          public void pullback(
              double[][] arguments, double[] resultBar, int which, double[] argumentBar) {
            argumentBar[0] = 2 * arguments[0][0] * resultBar[0];
          }
        };
    StepGraph step =
        StepGraph.define(
            "pieces",
            s -> {
              Value x = s.input("x");
              Value w = s.shared("w", Initializer.constant(0.7));
              Value y = x;
              for (int i = 0; i < 400; i++) {
                y = Functions.sin(y.hadamard(w)).plus(x);
              }
              Value z = s.foreign(square, y);
              for (int i = 0; i < 300; i++) {
                z = Functions.cos(z.hadamard(w)).plus(y);
              }
              s.output("z", z);
            });
    var entry = new Catalogue.Entry("pieces", step, Catalogue.Domain.uniform(-0.5, 0.5));
    for (int lanes : new int[] {1, 5}) {
      agree(entry.problem(Precision.DOUBLE, lanes, 60, 3), new SavePolicy.All(), 1e-11);
    }
    assertThat(Unroll.of(step).explain())
        .containsPattern("(?s)operations on single numbers.*square.*operations on single numbers")
        .doesNotContain("loop over 1:");
  }

  @Test
  void anIndexOutsideItsTableNamesTheLane() {
    StepGraph step =
        StepGraph.define(
            "words",
            s -> {
              Value table = s.shared("table", Initializer.normal(1), 9, 6);
              s.output("y", Functions.tanh(table.gather(s.input("index"))));
            });
    double[][] index = new double[40][40];
    index[25][33] = 12;
    Unroll unroll = Unroll.of(step, Precision.FLOAT);
    Sequences batch = Sequences.of(40, 40).with("index", new Series(Shape.SCALAR, 40, index));
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    assertThatThrownBy(() -> unroll.evaluate(theta, unroll.zeroState(40), batch))
        .hasMessageContaining("words: index 12.0 of lane 33 is outside the table of 9 rows");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("structured")
  void aLaneMayHaveMatricesTablesAndPictures(StepGraph step) {
    Catalogue.Domain domain =
        (operand, random) ->
            operand.equals("index") ? random.nextInt(5) : random.nextDouble(-0.9, 0.9);
    var entry = new Catalogue.Entry(step.name(), step, domain, List.of("index"));
    for (int lanes : new int[] {1, 5, 19}) {
      agree(entry.problem(Precision.DOUBLE, lanes, 7, 3), new SavePolicy.All(), 1e-12);
      agree(entry.problem(Precision.DOUBLE, lanes, 7, 3), new SavePolicy.Every(3), 1e-12);
    }
    agree(entry.problem(Precision.FLOAT, 4, 5, 4), new SavePolicy.All(), 1e-5);
    Catalogue.Problem p = entry.problem(Precision.DOUBLE, 4, 6, 5);
    boolean[][] resets = new boolean[6][];
    resets[3] = new boolean[] {false, true, false, true};
    Sequences batch = p.batch().lengths(2, 6, 5, 0).resets(resets);
    agree(
        new Catalogue.Problem(p.unroll(), p.parameters(), p.initial(), batch, p.seeds()),
        new SavePolicy.All(),
        Sweep.full().withCostates().withFlow(),
        1e-11);
    assertThat(p.unroll().explain()).contains("lane by lane").doesNotContain("interpreted");
  }

  @Test
  void jacobiansAndHessiansOfScalarsAgree() {
    StepGraph step =
        StepGraph.define(
            "pendulum",
            s -> {
              Value x = s.carry("x", 2);
              Value u = s.input("u");
              Value length = s.shared("length", Initializer.ones());
              Value pull = Functions.sin(x.at(0)).over(length).plus(u);
              Value rate = x.at(1).minus(pull.times(0.1));
              Value angle = x.at(0).plus(rate.times(0.1));
              s.next(x, Functions.concat(angle.reshape(1), rate.reshape(1)));
              s.output("cost", x.hadamard(x).sum(-1).plus(u.hadamard(u).hadamard(rate)));
            });
    StepGraph jacobian = Jacobian.of(step, "F", "x", "x", "u");
    StepGraph hessian = Hessian.of(step, "H", "cost", "x", "u");
    for (StepGraph derived : List.of(jacobian, hessian)) {
      var entry = new Catalogue.Entry("derivative", derived, Catalogue.Domain.uniform(0.5, 1.5));
      agree(entry.problem(Precision.DOUBLE, 3, 7, 17), new SavePolicy.All(), 1e-12);
      assertThat(Unroll.of(derived).explain()).doesNotContain("interpreted");
    }
  }

  @Test
  void whatASliceThrowsKeepsItsMessage() {
    StepGraph step =
        StepGraph.define(
            "lookup",
            s -> {
              Value table = s.shared("table", Initializer.ones(), 5, 70);
              s.output("row", table.gather(s.input("index")));
            });
    double[][] index = new double[3][20];
    index[2][18] = 7;
    Sequences batch =
        Sequences.of(20, 3).with("index", new Series(org.costate.graph.Shape.SCALAR, 20, index));
    Unroll unroll = Unroll.of(step, Precision.FLOAT, java.util.Set.of());
    Parameters parameters = Parameters.initialise(unroll.layout(), 1);
    assertThatThrownBy(() -> unroll.evaluate(parameters, unroll.zeroState(20), batch))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("index 7.0 of lane 18 is outside the table of 5 rows");
  }

  static List<StepGraph> cells() {
    return List.of(
        ElmanCell.of(7).step(3),
        LstmCell.of(16).step(5),
        LstmCell.of(5).layerNorm().step(2),
        GruCell.of(33).step(4));
  }

  @ParameterizedTest
  @MethodSource("cells")
  void aThousandStepsAgree(StepGraph step) {
    var entry = new Catalogue.Entry("long", step, Catalogue.Domain.uniform(-0.4, 0.4));
    agree(entry.problem(Precision.DOUBLE, 2, 1000, 14), new SavePolicy.All(), 1e-11);
    agree(entry.problem(Precision.FLOAT, 2, 1000, 14), new SavePolicy.All(), 1e-5);
    agree(entry.problem(Precision.FLOAT, 33, 40, 14), new SavePolicy.All(), 1e-5);
  }

  @Test
  void sumsOfManyRowsAgree() {
    var entry =
        new Catalogue.Entry("sums", LstmCell.of(3).step(2), Catalogue.Domain.uniform(-0.4, 0.4));
    agree(entry.problem(Precision.DOUBLE, 33, 900, 16), new SavePolicy.All(), 1e-11);
    agree(entry.problem(Precision.FLOAT, 33, 900, 16), new SavePolicy.Every(100), 1e-5);
  }

  /// The products of one lane in a loop have kernels of their own.
  @ParameterizedTest
  @ValueSource(ints = {16, 32, 64})
  void oneLaneOfCellsThatFillVectorsAgrees(int units) {
    for (StepGraph step :
        List.of(
            ElmanCell.of(units).step(16),
            LstmCell.of(units).step(3),
            LstmCell.of(units).layerNorm().step(2),
            GruCell.of(units).step(32))) {
      var entry = new Catalogue.Entry("one lane", step, Catalogue.Domain.uniform(-0.3, 0.3));
      agree(entry.problem(Precision.DOUBLE, 1, 30, 14), new SavePolicy.All(), 1e-12);
      agree(entry.problem(Precision.FLOAT, 1, 30, 14), new SavePolicy.Every(7), 1e-5);
    }
  }

  /// With one lane the products before the loop are of one row too where a block has one step; only
  /// those in the loop may be summed in chains.
  @ParameterizedTest
  @CsvSource({"FLOAT, 17", "DOUBLE, 17", "FLOAT, 1", "DOUBLE, 1"})
  void savingLessAndCuttingBlocksChangesNoBit(Precision precision, int lanes) {
    StepGraph step = lanes == 1 ? ElmanCell.of(32).step(16) : LstmCell.of(9).step(3);
    var entry = new Catalogue.Entry("bits", step, Catalogue.Domain.uniform(-0.6, 0.6));
    Catalogue.Problem p = entry.problem(precision, lanes, 300, 15);
    Cotangents all = backward(p, new SavePolicy.All(), Sweep.full());
    for (SavePolicy policy :
        List.of(
            new SavePolicy.Every(1),
            new SavePolicy.Every(17),
            new SavePolicy.Every(64),
            new SavePolicy.Binomial(5))) {
      Cotangents other = backward(p, policy, Sweep.full());
      assertThat(other.parameters().values())
          .as("%s", policy)
          .containsExactly(all.parameters().values());
      assertThat(other.input("x").steps()).isDeepEqualTo(all.input("x").steps());
    }
  }

  @Test
  void aWorkspaceIsUsedAgainAndLeavesNothingBehind() {
    var entry =
        new Catalogue.Entry("again", GruCell.of(6).step(2), Catalogue.Domain.uniform(-1, 1));
    Catalogue.Problem p = entry.problem(Precision.FLOAT, 5, 20, 16);
    double[] first = backward(p, new SavePolicy.All(), Sweep.full()).parameters().values();
    double[] second = backward(p, new SavePolicy.All(), Sweep.full()).parameters().values();
    assertThat(second).containsExactly(first);
    assertThat(p.unroll().pooled(5)).isEqualTo(1);
  }

  @Test
  void memoryIsWhatAWorkspaceTakes() {
    Unroll unroll = Unroll.of(LstmCell.of(32).step(8), Precision.FLOAT);
    long hundred = unroll.memory(100, 4);
    long thousand = unroll.memory(1000, 4);
    assertThat(thousand - hundred)
        .isBetween(
            900 * (unroll.frameBytes(4) + unroll.stateBytes(4)),
            901 * (unroll.frameBytes(4) + unroll.stateBytes(4)) + 400 * 1024L * 4);
    assertThat(unroll.memory(100_000, 4, new SavePolicy.Every(316))).isLessThan(thousand);
  }

  @Test
  void aPlanIsListed() {
    String plan = Unroll.of(LstmCell.of(32).step(8), Precision.FLOAT).explain();
    assertThat(plan)
        .contains("forward, before the loop")
        .contains("product with packed 'W'")
        .contains("forward, at each step")
        .contains("bytes")
        .contains("flops");
    assertThat(LstmCell.of(32).step(8).explain()).contains("sum of outer products [128, 32]");
  }

  @Test
  void aStepThatSumsOverTheBatchGoesToTheReference() {
    StepGraph step = org.costate.graph.Reverse.of(ElmanCell.of(3).step(2)).graph();
    assertThat(step.ops().stream().anyMatch(Op.SumBatch.class::isInstance)).isTrue();
    assertThat(Unroll.of(step).explain()).contains("reference");
  }

  private static Cotangents backward(Catalogue.Problem p, SavePolicy policy, Sweep sweep) {
    return p.unroll()
        .forward(p.parameters(), p.initial(), p.batch(), policy)
        .backward(p.seeds(), sweep);
  }

  /// Both executors give the same.
  static void agree(Catalogue.Problem p, SavePolicy policy, double tolerance) {
    agree(p, policy, Sweep.full(), tolerance);
  }

  static void agree(Catalogue.Problem p, SavePolicy policy, Sweep sweep, double tolerance) {
    assertThat(p.unroll().executor()).isEqualTo(Executor.COMPILED);
    var exact = p.unroll().on(Executor.REFERENCE);
    var reference = new Catalogue.Problem(exact, p.parameters(), p.initial(), p.batch(), p.seeds());
    Tape one = p.unroll().forward(p.parameters(), p.initial(), p.batch(), policy);
    Tape two = exact.forward(p.parameters(), p.initial(), p.batch(), policy);
    two.rollout()
        .outputs()
        .forEach(
            (name, series) ->
                near(name, one.rollout().output(name).steps(), series.steps(), tolerance));
    two.rollout()
        .finalState()
        .values()
        .forEach((name, x) -> near(name, one.rollout().finalState().get(name), x, tolerance));
    assertThat(p.unroll().evaluate(p.parameters(), p.initial(), p.batch()).outputs().keySet())
        .isEqualTo(two.rollout().outputs().keySet());
    Cotangents a = one.backward(p.seeds(), sweep);
    Cotangents b = two.backward(reference.seeds(), sweep);
    for (var entry : b.parameters().layout().entries()) {
      near(
          entry.name(),
          a.parameters().get(entry.name()),
          b.parameters().get(entry.name()),
          tolerance);
    }
    b.inputs()
        .forEach((name, series) -> near(name, a.input(name).steps(), series.steps(), tolerance));
    b.initialState()
        .values()
        .forEach((name, x) -> near(name, a.initialState().get(name), x, tolerance));
    b.costates()
        .forEach((name, series) -> near(name, a.costate(name).steps(), series.steps(), tolerance));
    b.flow()
        .forEach(
            (name, flow) -> {
              near("costate norm", a.flow().get(name).costateNorm(), flow.costateNorm(), tolerance);
              flow.parameterNorm()
                  .forEach(
                      (parameter, norms) ->
                          near(
                              parameter,
                              a.flow().get(name).parameterNorm().get(parameter),
                              norms,
                              tolerance));
            });
  }

  private static void near(String what, double[][] a, double[][] b, double tolerance) {
    assertThat(a.length).isEqualTo(b.length);
    double scale =
        Arrays.stream(b)
            .flatMapToDouble(Arrays::stream)
            .map(Math::abs)
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    for (int t = 0; t < a.length; t++) {
      near(what + " at " + t, a[t], b[t], tolerance, scale);
    }
  }

  private static void near(String what, double[] a, double[] b, double tolerance) {
    near(
        what,
        a,
        b,
        tolerance,
        Arrays.stream(b).map(Math::abs).filter(Double::isFinite).max().orElse(0));
  }

  /// Relative to the largest, since a sum's rounding is relative to its terms.
  private static void near(String what, double[] a, double[] b, double tolerance, double scale) {
    assertThat(a.length).isEqualTo(b.length);
    for (int i = 0; i < a.length; i++) {
      if (Double.compare(a[i], b[i]) != 0
          && !(Math.abs(a[i] - b[i]) <= tolerance * Math.max(1, scale))) {
        throw new AssertionError(
            "%s[%d]: compiled %s, reference %s, largest %s".formatted(what, i, a[i], b[i], scale));
      }
    }
  }
}
