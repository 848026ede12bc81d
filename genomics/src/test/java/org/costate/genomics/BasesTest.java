package org.costate.genomics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BasesTest {
  @Test
  void complementsEveryLetter() {
    byte[] other = Bases.reverseComplement(Bases.of("ACGTRYSWKMBDHVN"));
    assertThat(new String(other, StandardCharsets.US_ASCII)).isEqualTo("NBDHVKMWSRYACGT");
    for (char letter : "ACGTRYSWKMBDHVN".toCharArray()) {
      float[] own = Bases.fractions((byte) letter);
      float[] complement = Bases.fractions(Bases.reverseComplement(new byte[] {(byte) letter})[0]);
      for (int i = 0; i < 4; i++) {
        assertThat(complement[3 - i]).isEqualTo(own[i]);
      }
    }
  }

  @Test
  void ambiguityIsFractions() {
    assertThat(Bases.fractions((byte) 'R')).containsExactly(0.5f, 0, 0.5f, 0);
    assertThat(Bases.fractions((byte) 'n')).containsExactly(0.25f, 0.25f, 0.25f, 0.25f);
  }

  @Test
  void normalisesLetters() {
    assertThat(new String(Bases.of("acgu-x"), StandardCharsets.US_ASCII)).isEqualTo("ACGTNN");
    assertThatThrownBy(() -> Bases.of("ACGE")).hasMessageContaining("'E' at position 4");
  }
}
