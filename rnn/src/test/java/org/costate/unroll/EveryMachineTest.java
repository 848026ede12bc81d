package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.costate.check.Catalogue;
import org.costate.graph.Shape;
import org.costate.internal.exec.Parallel;
import org.costate.rnn.GruCell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What must hold however Java was started: the build runs these also without the vector module,
/// with one thread, and in the interpreter.
@Tag("every-machine")
class EveryMachineTest {
  @Test
  void compiledEqualsReference() {
    for (Precision precision : Precision.values()) {
      var entry =
          new Catalogue.Entry("lstm", LstmCell.of(19).step(3), Catalogue.Domain.uniform(-1, 1));
      Catalogue.Problem p = entry.problem(precision, 18, 6, 1);
      double[] one = gradient(p.unroll(), p);
      double[] two = gradient(p.unroll().on(Executor.REFERENCE), p);
      double scale = Arrays.stream(two).map(Math::abs).max().orElse(0);
      for (int i = 0; i < one.length; i++) {
        assertThat(one[i] / scale)
            .isCloseTo(
                two[i] / scale,
                org.assertj.core.data.Offset.offset(precision == Precision.FLOAT ? 1e-5 : 1e-12));
      }
    }
  }

  /// The number is that of one machine's vector width; the test is that threads do not change it.
  @Test
  void slicesAddUpInTheirOrder() {
    var entry = new Catalogue.Entry("gru", GruCell.of(9).step(3), Catalogue.Domain.uniform(-1, 1));
    Catalogue.Problem p = entry.problem(Precision.FLOAT, 40, 30, 2);
    assertThat(p.unroll().compiled().worthThreads(40, 30)).isTrue();
    double[] first = gradient(p.unroll(), p);
    for (int i = 0; i < 2; i++) {
      assertThat(gradient(p.unroll(), p)).containsExactly(first);
    }
    assertThat(Parallel.sequentially(() -> gradient(p.unroll(), p))).containsExactly(first);
  }

  /// The directions of a layer run side by side; what they pass on is added in their order.
  @Test
  void directionsAddUpInTheirOrder() {
    int lanes = 12;
    int horizon = 60;
    SequenceModel model =
        SequenceModel.builder()
            .precision(Precision.FLOAT)
            .features(3)
            .bidirectional(GruCell.of(9))
            .bidirectional(LstmCell.of(7))
            .loss(new Loss.Squared(2))
            .build();
    Parameters theta = model.initialise(1);
    double[][] x = new double[horizon][lanes * 3];
    double[][] y = new double[horizon][lanes * 2];
    for (int t = 0; t < horizon; t++) {
      int at = t;
      Arrays.setAll(x[t], i -> Math.sin(1 + 7 * at + 3 * i));
      Arrays.setAll(y[t], i -> Math.cos(5 * at + i));
    }
    Sequences batch =
        model.withoutNoise(
            Sequences.of(lanes, horizon)
                .with("x", new Series(Shape.of(3), lanes, x))
                .with("target", new Series(Shape.of(2), lanes, y)));
    java.util.function.Supplier<double[]> gradient =
        () -> {
          Tape tape = model.recurrence().forward(theta, model.recurrence().zeroState(lanes), batch);
          return tape.backward(Seeds.of("loss", 1)).parameters().values();
        };
    double[] first = gradient.get();
    for (int i = 0; i < 2; i++) {
      assertThat(gradient.get()).containsExactly(first);
    }
    assertThat(Parallel.sequentially(gradient)).containsExactly(first);
  }

  private static double[] gradient(Unroll unroll, Catalogue.Problem p) {
    return unroll
        .forward(p.parameters(), p.initial(), p.batch())
        .backward(p.seeds())
        .parameters()
        .values();
  }
}
