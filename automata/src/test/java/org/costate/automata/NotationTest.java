package org.costate.automata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.costate.random.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rules as text, both ways.
class NotationTest {
  private static final String LIFE =
      "MAPARYXfhZofugWaH7oaIDogBZofuhogOiAaIDogIAAgAAWaH7oaIDogGiA6ICAAIAAaIDogIAAgACAAIAAAAAAAA";

  @ParameterizedTest
  @CsvSource({
    "B3/S23,B3/S23",
    "23/3,B3/S23",
    "b36/s23,B36/S23",
    "Life,B3/S23",
    "B2/S,B2/S",
    "B/S,B/S",
    "B2-a/S12,B2-a/S12",
    "B2ci3-e/S4-wz5,B2ci3-e/S4-wz5",
    "B2/S34H,B2/S34H",
    "B13/S1V,B13/S1V",
    "/2/3,/2/3",
    "B2/S345/4,345/2/4",
    "345/2/4,345/2/4",
    "W30,W30",
    "rule 110,W110",
    "90,W90",
    "B3/S23R,B3/S23R"
  })
  void readAndWritten(String text, String canonical) {
    assertThat(Notation.of(Notation.rule(text))).isEqualTo(canonical);
    Rule again = Notation.rule(Notation.of(Notation.rule(text)));
    assertThat(Notation.of(again)).isEqualTo(canonical);
  }

  @Test
  void mapOfLife() {
    TableRule life = (TableRule) Notation.rule("B3/S23");
    assertThat(Notation.map(life)).contains(LIFE);
    assertThat(Notation.rule(LIFE)).isEqualTo(life);
  }

  @Test
  void mapsRoundTripOnEveryNeighbourhood() {
    for (Neighbourhood cells :
        new Neighbourhood[] {
          Neighbourhood.moore(1), Neighbourhood.hexagonal(), Neighbourhood.vonNeumann(1)
        }) {
      RandomStream random = RandomStream.of(3, cells.name());
      byte[] outputs = new byte[1 << cells.size()];
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = (byte) random.nextInt(2);
      }
      var rule = new TableRule(2, cells, outputs);
      String map = Notation.map(rule).orElseThrow();
      assertThat(map).hasSize(3 + (outputs.length + 5) / 6);
      assertThat(Notation.rule(map)).isEqualTo(rule);
    }
  }

  @Test
  void thereAre102IsotropicClasses() {
    var names = new java.util.TreeSet<String>();
    int[] ring = Symmetry.ring(Neighbourhood.moore(1));
    for (int i = 0; i < 512; i++) {
      names.add(Notation.hensel(i));
      for (int[] p : Symmetry.ROTATE4REFLECT.permutations(8)) {
        int turned = i & 16;
        for (int j = 0; j < 8; j++) {
          turned |= (i >> (8 - ring[p[j]]) & 1) << (8 - ring[j]);
        }
        assertThat(Notation.hensel(turned)).isEqualTo(Notation.hensel(i));
      }
    }
    assertThat(names).hasSize(102).contains("B3q", "S4w", "B0", "S8", "B7e");
  }

  @Test
  void lettersNameTheArrangementsTheyAreKnownFor() {
    // Two corners of one side; two opposite edges; opposite corners; edges and corners of 4.
    assertThat(Notation.hensel(0b101000000)).isEqualTo("B2c");
    assertThat(Notation.hensel(0b010000010)).isEqualTo("B2i");
    assertThat(Notation.hensel(0b100000001)).isEqualTo("B2n");
    assertThat(Notation.hensel(0b010111010)).isEqualTo("S4e");
    assertThat(Notation.hensel(0b101010101)).isEqualTo("S4c");
    assertThat(Notation.hensel(0b111000000)).isEqualTo("B3i");
    assertThat(Notation.hensel(0b110100000)).isEqualTo("B3a");
  }

  @Test
  void largerThanLife() {
    CountRule bugs = (CountRule) Notation.rule("R5,C0,M1,S34..58,B34..45,NM");
    assertThat(bugs.neighbourhood().size()).isEqualTo(121);
    assertThat(bugs.output(0, 34)).isEqualTo(1);
    assertThat(bugs.output(0, 46)).isZero();
    assertThat(bugs.output(1, 33)).isEqualTo(1); // with itself 34
    assertThat(bugs.output(1, 32)).isZero();
    assertThat(bugs.output(1, 58)).isZero();
    CountRule again = (CountRule) Notation.rule(Notation.of(bugs));
    for (int n = 0; n < 121; n++) {
      assertThat(again.output(0, n)).isEqualTo(bugs.output(0, n));
      assertThat(again.output(1, n)).isEqualTo(bugs.output(1, n));
    }
  }

  @Test
  void totalisticCodes() {
    assertThat(Notation.totalistic(Notation.rule("T777,k3,r1")))
        .contains(new java.math.BigInteger("777"));
    assertThat(Notation.totalistic(TableRule.elementary(150)).map(Object::toString)).contains("10");
    assertThat(Notation.totalistic(TableRule.elementary(110))).isEmpty();
    int[] outputs = new int[7];
    CountRule rule = (CountRule) Notation.rule("T777,k3,r1");
    for (int c = 0; c < 3; c++) {
      for (int s = 0; s <= 4; s++) {
        outputs[c + s] = rule.output(c, s);
      }
    }
    assertThat(Arrays.toString(outputs)).isEqualTo("[0, 1, 2, 1, 0, 0, 1]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "B3/S23:T30,20;:T30,20",
        "B3/S23:T30+5,20;:T30+5,20",
        "B3/S23:P30,20;:P30,20",
        "B3/S23:K30*,20;:K30*,20",
        "B3/S23:C30,20;:C30,20",
        "B3/S23:S30;:S30",
        "B3/S23:T0,20;:T0,20"
      })
  void grids(String text, String suffix) {
    Notation.Parsed parsed = Notation.parse(text);
    assertThat(Notation.suffix(parsed.boundary(), parsed.height(), parsed.width()))
        .isEqualTo(suffix);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "B9/S23",
        "B3S23",
        "B2z/S",
        "B0c/S",
        "B3/S23:X3",
        "MAPabc",
        "W256",
        "345/2/999",
        "B3/S23:S3,4",
        "R5,C0",
        "hello",
        "B2-a/S/3"
      })
  void whatIsNotARuleIsSaidInOneSentence(String text) {
    assertThatThrownBy(() -> Notation.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("\n");
  }
}
