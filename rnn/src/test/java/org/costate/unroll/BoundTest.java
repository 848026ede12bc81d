package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;

import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.random.RandomStream;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Test;

/// Parameters that the compiled executor has taken: updated in place between passes, as training
/// does, and while a pass is still to go back.
class BoundTest {
  private static final int LANES = 3;
  private static final int HORIZON = 5;

  private final StepGraph step = LstmCell.of(7).step(4);
  private final Unroll unroll = Unroll.of(step, Precision.FLOAT);
  private final Sequences batch = batch();

  private static Sequences batch() {
    var random = RandomStream.of(5, "inputs");
    double[][] x = new double[HORIZON][LANES * 4];
    for (double[] row : x) {
      java.util.Arrays.setAll(row, _ -> random.nextGaussian());
    }
    return Sequences.of(LANES, HORIZON).with("x", new Series(Shape.of(4), LANES, x));
  }

  private Tape forward(Unroll on, Parameters theta) {
    return on.forward(theta, on.zeroState(LANES), batch);
  }

  private double[] alone(Parameters theta) {
    Unroll fresh = Unroll.of(step, Precision.FLOAT);
    return forward(fresh, theta).backward(Seeds.of("h", 1)).parameters().values();
  }

  private static void change(Parameters theta, int by) {
    for (int i = 0; i < theta.values().length; i++) {
      theta.values()[i] += 0.01 * Math.sin(i + by);
    }
  }

  @Test
  void updatesInPlaceAreSeen() {
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    for (int update = 0; update < 4; update++) {
      double[] expected = alone(theta.copy());
      assertThat(forward(unroll, theta).backward(Seeds.of("h", 1)).parameters().values())
          .containsExactly(expected);
      change(theta, update);
    }
  }

  @Test
  void anUpdateOfOneNumberIsSeen() {
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    for (int i = 0; i < theta.values().length; i += 13) {
      forward(unroll, theta).backward(Seeds.of("h", 1));
      theta.values()[i] += 0.5;
      assertThat(forward(unroll, theta).backward(Seeds.of("h", 1)).parameters().values())
          .containsExactly(alone(theta.copy()));
    }
  }

  @Test
  void aPassGoesBackWithTheParametersThatItWentForwardWith() {
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    double[] expected = alone(theta.copy());
    Tape first = forward(unroll, theta);
    Tape second = forward(unroll, theta);
    change(theta, 1);
    double[] changed = alone(theta.copy());
    second.backward(Seeds.of("h", 1));
    Tape third = forward(unroll, theta);
    assertThat(first.backward(Seeds.of("h", 1)).parameters().values()).containsExactly(expected);
    assertThat(third.backward(Seeds.of("h", 1)).parameters().values()).containsExactly(changed);
  }
}
