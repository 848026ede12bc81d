package org.costate.examples.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.costate.random.RandomStream;
import org.junit.jupiter.api.Test;

/// The tasks are what their definitions say.
class DefinitionsTest {
  @Test
  void mackeyGlassFollowsItsEquation() {
    double[] x = MackeyGlass.series(12_000);
    assertThat(x[1]).isCloseTo(1.11756221, within(1e-7));
    assertThat(x[10]).isCloseTo(.65240429, within(1e-6));
    assertThat(x[50]).isCloseTo(1.06097073, within(1e-5));
    assertThat(x[100]).isCloseTo(1.01372753, within(1e-3));
    double mean = 0;
    for (int i = 1000; i < x.length; i++) {
      mean += x[i] / (x.length - 1000);
    }
    assertThat(mean).isCloseTo(.9293, within(0.005));
  }

  @Test
  void reberStringsAreOfTheGrammar() {
    double length = 0;
    for (int i = 0; i < 20_000; i++) {
      String text = Reber.string(RandomStream.of(1, "test", i, 0));
      assertThat(text).matches("B([TP])B[TPSXV]+E\\1E");
      length += text.length() / 20_000.0;
    }
    assertThat(length).isBetween(11.5, 12.6);
  }
}
