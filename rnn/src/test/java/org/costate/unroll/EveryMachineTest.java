package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.costate.check.Catalogue;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
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
    Catalogue.Problem p = entry.problem(Precision.FLOAT, 40, 5, 2);
    double[] first = gradient(p.unroll(), p);
    for (int i = 0; i < 5; i++) {
      assertThat(gradient(p.unroll(), p)).containsExactly(first);
    }
    assertThat(Parallel.sequentially(() -> gradient(p.unroll(), p))).containsExactly(first);
  }

  private static double[] gradient(Unroll unroll, Catalogue.Problem p) {
    return unroll
        .forward(p.parameters(), p.initial(), p.batch())
        .backward(p.seeds())
        .parameters()
        .values();
  }
}
