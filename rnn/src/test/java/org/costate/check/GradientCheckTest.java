package org.costate.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.costate.Sequence;
import org.costate.graph.ForeignFunction;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.rnn.LstmCell;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.State;
import org.costate.unroll.Unroll;
import org.junit.jupiter.api.Test;

/// The gradient check must catch what it is for: faults planted into a cell as a black box with a
/// wrong pullback.
class GradientCheckTest {
  /// tanh(U h + W x) for h `[2]`; the planted fault says how its pullback is wrong.
  private record FaultyCell(String fault) implements ForeignFunction {
    @Override
    public String name() {
      return "cell";
    }

    @Override
    public Shape resultShape(List<Shape> operands) {
      return operands.get(1);
    }

    @Override
    public void forward(double[][] operands, double[] result) {
      double[] u = operands[0];
      double[] h = operands[1];
      double[] wx = operands[2];
      for (int i = 0; i < 2; i++) {
        result[i] = Math.tanh(u[2 * i] * h[0] + u[2 * i + 1] * h[1] + wx[i]);
      }
    }

    @Override
    public void pullback(double[][] operands, double[] resultBar, int which, double[] operandBar) {
      double[] y = new double[2];
      forward(operands, y);
      double[] delta = new double[2];
      for (int i = 0; i < 2; i++) {
        double slope = fault.equals("wrong derivative") ? 1 - y[i] : 1 - y[i] * y[i];
        delta[i] = resultBar[i] * slope * (fault.equals("derivative twice") ? slope : 1);
      }
      double[] u = operands[0];
      double[] h = fault.equals("new state for old") ? y : operands[1];
      switch (which) {
        case 0 -> {
          for (int i = 0; i < 4; i++) {
            operandBar[i] = delta[i / 2] * h[i % 2];
          }
        }
        case 1 -> {
          operandBar[0] = u[0] * delta[0] + u[2] * delta[1];
          operandBar[1] = u[1] * delta[0] + u[3] * delta[1];
        }
        default -> System.arraycopy(delta, 0, operandBar, 0, 2);
      }
    }
  }

  private static GradientCheck.Report check(String fault) {
    StepGraph step =
        StepGraph.define(
            "faulty",
            s -> {
              Value h = s.carry("h", 2);
              Value u = s.shared("U", Initializer.values(.5, -.3, .2, .6), 2, 2);
              Value next = s.foreign(new FaultyCell(fault), u, h, s.input("x", 2));
              s.next(h, next);
              s.output("h", next);
            });
    Unroll unroll = Unroll.of(step);
    State start = unroll.zeroState(1).with("h", .4, -.2);
    Sequences batch =
        Sequences.of(1, 3)
            .with(
                "x",
                Sequence.vectors(
                    new double[] {.5, -.4}, new double[] {.3, .8}, new double[] {-.6, .1}));
    return GradientCheck.of(
        unroll, Parameters.initialise(unroll.layout(), 0), start, batch, Seeds.of("h", 1));
  }

  @Test
  void theRightCellPasses() {
    assertThat(check("none").worst().error()).isLessThan(1e-8);
  }

  @Test
  void plantedFaultsAreCaughtAndNamed() {
    assertThat(check("wrong derivative").passes(1e-3)).isFalse();
    assertThat(check("derivative twice").passes(1e-3)).isFalse();
    GradientCheck.Report report = check("new state for old");
    assertThat(report.passes(1e-3)).isFalse();
    assertThat(report.worst().operand()).isEqualTo("U");
    assertThat(report.operands().getLast().error()).as("only U is wrong").isLessThan(1e-8);
    assertThatThrownBy(() -> report.require(1e-6))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("U[")
        .hasMessageContaining("finite difference");
    assertThat(check("wrong derivative").operands().toString())
        .contains("input x[")
        .contains("at t = ");
  }

  @Test
  void floatHasItsOwnStepAndTolerance() {
    Catalogue.Entry entry =
        new Catalogue.Entry("LSTM", LstmCell.of(3).step(2), Catalogue.Domain.uniform(-1, 1));
    assertThat(entry.problem(Precision.FLOAT, 2, 3, 1).check(Precision.FLOAT).worst().error())
        .isLessThan(1e-2);
  }

  @Test
  void dotProductHoldsOverAHundredSteps() {
    StepGraph step = LstmCell.of(4).step(2);
    Catalogue.Problem p =
        new Catalogue.Entry("LSTM", step, Catalogue.Domain.uniform(-.5, .5))
            .problem(Precision.DOUBLE, 2, 100, 1);
    assertThat(GradientCheck.dotProduct(step, p.parameters(), p.initial(), p.batch(), 3))
        .isLessThan(1e-12);
  }

  @Test
  void layerNormIsCheckedThroughFiftySteps() {
    Catalogue.Problem p =
        new Catalogue.Entry(
                "LSTM", LstmCell.of(3).layerNorm().step(2), Catalogue.Domain.uniform(-.8, .8))
            .problem(Precision.DOUBLE, 1, 50, 1);
    p.check(Precision.DOUBLE).require(1e-6);
  }

  @Test
  void everyCellAndLossIsInTheCatalogue() {
    String names = Catalogue.entries().toString();
    for (Class<?> type : org.costate.rnn.Cell.class.getPermittedSubclasses()) {
      assertThat(names).contains(type.getSimpleName());
    }
    for (Class<?> type : org.costate.rnn.Loss.class.getPermittedSubclasses()) {
      assertThat(names).contains("Loss." + type.getSimpleName());
    }
  }
}
