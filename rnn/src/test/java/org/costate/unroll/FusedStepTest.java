package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.greater;
import static org.costate.graph.Functions.layerNorm;
import static org.costate.graph.Functions.select;
import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.softmax;
import static org.costate.graph.Functions.tanh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.costate.check.Catalogue;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.internal.code.Element;
import org.costate.internal.code.Simd;
import org.costate.internal.exec.CompiledSession;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The steps of one lane give the same bits as one kernel as they do task by task: a long run goes
/// from one to the other whenever the kernel is compiled.
@Tag("kernels")
class FusedStepTest {
  private static final int HORIZON = 61;

  /// Forward and backward, if there are vectors.
  private static final int LOOPS = Simd.available() ? 2 : 0;

  /// With short vectors some rows have too many of them.
  private static final int ANY = -1;

  /// Steps, precisions, and how many of their loops are to be one kernel each.
  static List<Arguments> steps() {
    var steps = new ArrayList<Arguments>();
    for (Precision precision : Precision.values()) {
      // Two vectors; shorter pieces of rows stay together and are longer than that.
      int length = Simd.length(precision == Precision.FLOAT ? Element.FLOAT : Element.DOUBLE);
      int n = Math.max(16, 2 * length);
      for (StepGraph step :
          List.of(
              ElmanCell.of(n).step(n),
              LstmCell.of(n).step(n),
              GruCell.of(n).step(n),
              gated(n),
              choices(n))) {
        steps.add(Arguments.of(step, precision, n == 2 * length ? LOOPS : ANY));
      }
      steps.add(Arguments.of(between(n), precision, n == 2 * length ? LOOPS / 2 : ANY));
    }
    return steps;
  }

  /// A gate, a layer norm, and single numbers that go along.
  private static StepGraph gated(int n) {
    return StepGraph.define(
        "Gated",
        s -> {
          Value x = s.input("x", n);
          Value h = s.carry("h", n);
          Value level = s.carry("level", 1);
          Value gain = s.shared("gain", Initializer.ones(), n);
          Value bias = s.shared("bias", Initializer.zeros(), n);
          Value rate = s.shared("rate", Initializer.ones(), 1);
          Value forget = sigmoid(matrix(s, "U", n).times(h).plus(matrix(s, "W", n).times(x)));
          Value sum = matrix(s, "V", n).times(forget.hadamard(h));
          Value next = tanh(layerNorm(sum, gain, bias, 1e-5)).minus(h).hadamard(forget).plus(h);
          Value height = level.plus(next.mean().reshape(1).hadamard(rate)).times(0.9);
          s.next(h, next.plus(height.at(0).broadcast(next.shape())));
          s.next(level, height);
          s.output("h", next);
          s.output("level", height);
        });
  }

  /// Largest numbers, choices, a product from nothing, and arguments of the sine that take its long
  /// way.
  private static StepGraph choices(int n) {
    return StepGraph.define(
        "Choices",
        s -> {
          Value x = s.input("x", n);
          Value h = s.carry("h", n);
          Value a = matrix(s, "U", n).times(h);
          Value far = sin(a.plus(3e5)).hadamard(x);
          Value b = matrix(s, "V", n).times(softmax(far));
          Value c = select(greater(b, a), b.over(2), a.hadamard(x)).minus(b.max().times(0.1));
          s.next(h, tanh(b.plus(c)));
          s.output("c", c);
        });
  }

  /// Parts of rows, also ones that begin where no vector of the whole does. Their gradients are
  /// tasks of another kind, so only the loop forward is one kernel.
  private static StepGraph between(int n) {
    return StepGraph.define(
        "Between",
        s -> {
          Value x = s.input("x", n);
          Value h = s.carry("h", n);
          Value both = matrix(s, "U", n).times(h);
          Value inner = both.plus(x.hadamard(h));
          Value first = tanh(inner.slice(3, n / 2 + 3));
          Value second = tanh(both.slice(1, n / 2 + 1).minus(inner.slice(0, n / 2)));
          s.next(h, concat(first, second));
          s.output("both", both);
        });
  }

  private static Value matrix(StepBuilder s, String name, int n) {
    return s.shared(name, Initializer.glorotUniform(), n, n);
  }

  /// Everything that a pass computes.
  private static double[][] pass(Catalogue.Problem p, SavePolicy policy, Sweep sweep) {
    Tape tape = p.unroll().forward(p.parameters(), p.initial(), p.batch(), policy);
    var all = new ArrayList<double[]>();
    StepGraph step = p.unroll().step();
    step.outputs().keySet().forEach(o -> all.addAll(steps(tape.rollout().output(o))));
    step.carries().forEach(c -> all.add(tape.rollout().finalState().get(c.name())));
    Cotangents back = tape.backward(p.seeds(), sweep);
    all.add(back.parameters().values());
    all.addAll(steps(back.input("x")));
    step.carries().forEach(c -> all.add(back.initialState().get(c.name())));
    back.flow().values().forEach(flow -> all.add(flow.costateNorm()));
    return all.toArray(double[][]::new);
  }

  private static List<double[]> steps(Series series) {
    return Arrays.asList(series.steps());
  }

  /// Has the workspace of a pass run its steps as one kernel; returns for how many loops it does.
  private static int fuse(Unroll unroll, SavePolicy policy, Sequences batch) {
    int kept = SavePolicies.frames(SavePolicies.concrete(policy, unroll, HORIZON, 1), HORIZON);
    boolean separate = batch.resets(3) != null;
    int block = unroll.compiled().blockSteps(1, kept);
    CompiledSession session = unroll.acquire(1, kept, block, separate, false);
    int fused = session.fuse();
    unroll.release(session, 1, separate);
    return fused;
  }

  @ParameterizedTest
  @MethodSource("steps")
  void noBitChanges(StepGraph step, Precision precision, int loops) {
    var entry = new Catalogue.Entry("fused", step, Catalogue.Domain.uniform(-0.6, 0.6));
    Catalogue.Problem p = entry.problem(precision, 1, HORIZON, 17);
    boolean[][] flags = new boolean[HORIZON][1];
    flags[3][0] = true;
    flags[40][0] = true;
    var reset =
        new Catalogue.Problem(
            p.unroll(), p.parameters(), p.initial(), p.batch().resets(flags), p.seeds());
    var sweeps =
        List.of(
            Sweep.full(),
            Sweep.full().lookback(9),
            Sweep.full().clipCostates(0.5),
            Sweep.full().withFlow());
    for (SavePolicy policy :
        List.of(new SavePolicy.All(), new SavePolicy.Every(17), new SavePolicy.Binomial(4))) {
      for (Catalogue.Problem problem : List.of(p, reset)) {
        var before = sweeps.stream().map(sweep -> pass(problem, policy, sweep)).toList();
        int fused = fuse(p.unroll(), policy, problem.batch());
        if (loops != ANY) {
          assertThat(fused).isEqualTo(loops);
        }
        for (int i = 0; i < sweeps.size(); i++) {
          assertThat(pass(problem, policy, sweeps.get(i)))
              .as("%s, %s", policy, sweeps.get(i))
              .isDeepEqualTo(before.get(i));
        }
      }
    }
  }

  /// Passes without a way back have workspaces of their own.
  @Test
  void aForwardPassIsTheSame() {
    Unroll unroll = Unroll.of(small(), Precision.FLOAT);
    Parameters parameters = Parameters.initialise(unroll.layout(), 18);
    Sequences batch = Sequences.of(1, HORIZON).with("x", ramp(16));
    State zero = unroll.zeroState(1);
    double[][] before = unroll.evaluate(parameters, zero, batch).output("h").steps();
    CompiledSession session =
        unroll.acquire(1, HORIZON, unroll.compiled().blockSteps(1, HORIZON), false, true);
    assertThat(session.fuse()).isEqualTo(LOOPS / 2);
    unroll.release(session, 1, false);
    assertThat(unroll.evaluate(parameters, zero, batch).output("h").steps()).isDeepEqualTo(before);
  }

  /// Two vectors of floats.
  private static StepGraph small() {
    return ElmanCell.of(Math.max(8, 2 * Simd.length(Element.FLOAT))).step(16);
  }

  private static Series ramp(int size) {
    double[][] steps = new double[HORIZON][size];
    for (int t = 0; t < HORIZON; t++) {
      for (int i = 0; i < size; i++) {
        steps[t][i] = Math.sin(t + i);
      }
    }
    return new Series(Shape.of(size), 1, steps);
  }

  @Test
  void aPlanSaysSo() {
    String plan = Unroll.of(small(), Precision.FLOAT).explain();
    assertThat(plan.contains("one kernel")).isEqualTo(Simd.available());
    assertThat(Unroll.of(LstmCell.of(128).step(16), Precision.FLOAT).explain())
        .doesNotContain("one kernel");
  }
}
