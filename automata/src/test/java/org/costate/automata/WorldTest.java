package org.costate.automata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.costate.automata.io.RleFile;
import org.costate.random.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Known evolutions (rows A1, A2, B3–B7, C1–C6 of the reference), and every boundary and update
/// order.
class WorldTest {
  private static final Boundary PLANE = new Boundary.Unbounded();

  private static World plane(String rule, String... rows) {
    return new World(Notation.rule(rule), PLANE, Lattice.parse(rows));
  }

  private static int[] populations(World world, int steps) {
    return IntStream.range(0, steps)
        .map(t -> t == 0 ? world.population() : world.step().population())
        .toArray();
  }

  @Test
  void rule30FromOneCell() {
    World world = plane("W30", "O");
    int[] live = populations(world, 101);
    assertThat(Arrays.copyOf(live, 16))
        .containsExactly(1, 3, 3, 6, 4, 9, 5, 12, 7, 12, 11, 14, 12, 19, 13, 22);
    assertThat(Arrays.stream(live).sum()).isEqualTo(5299);
    World again = plane("W30", "O");
    var centre = new StringBuilder();
    int ones = 0;
    for (int t = 0; t < 1000; t++) {
      int cell = (t == 0 ? again : again.step()).lattice().get(0, -again.left());
      centre.append(cell);
      ones += cell;
    }
    assertThat(centre).startsWith("11011100110001011001001110101110");
    assertThat(ones).isEqualTo(481);
  }

  @Test
  void rule110FromOneCell() {
    int[] live = populations(plane("110", "O"), 101);
    assertThat(Arrays.copyOf(live, 16))
        .containsExactly(1, 2, 3, 3, 5, 3, 5, 6, 8, 5, 6, 8, 8, 8, 11, 11);
    assertThat(Arrays.stream(live).sum()).isEqualTo(2928);
  }

  @Test
  void rule90IsPascalsTriangleModuloTwo() {
    World world = plane("W90", "O").step(20);
    for (int i = 0; i <= 20; i++) {
      int cell = world.lattice().get(0, -20 + 2 * i - world.left());
      assertThat(cell).isEqualTo((~20 & i) == 0 ? 1 : 0);
    }
  }

  @Test
  void gosperGun() throws Exception {
    Lattice gun = RleFile.parse(Patterns.GUN, "gun").getFirst().lattice();
    World world = new World(Notation.rule("B3/S23"), PLANE, gun);
    assertThat(world.population()).isEqualTo(36);
    assertThat(world.step(30).population()).isEqualTo(41);
    assertThat(world.step(30).population()).isEqualTo(46);
    assertThat(world.step(240).population()).isEqualTo(86);
  }

  @Test
  void methuselahs() {
    World rPentomino = plane("B3/S23", ".OO", "OO.", ".O.");
    assertThat(rPentomino.step(100).population()).isEqualTo(121);
    assertThat(rPentomino.step(900).population()).isEqualTo(156);
    assertThat(rPentomino.step(103).population()).isEqualTo(116);
    assertThat(rPentomino.step().population()).isEqualTo(116);
    World acorn = plane("B3/S23", ".O.....", "...O...", "OO..OOO");
    assertThat(acorn.step(100).population()).isEqualTo(76);
    assertThat(acorn.step(900).population()).isEqualTo(457);
    assertThat(acorn.step(4206).population()).isEqualTo(633);
    World diehard = plane("B3/S23", "......O.", "OO......", ".O...OOO");
    assertThat(diehard.step(100).population()).isEqualTo(23);
    assertThat(diehard.step(29).population()).isEqualTo(2);
    assertThat(diehard.step().population()).isZero();
  }

  @Test
  void highLifeReplicator() {
    World world = plane("HighLife", "..OOO", ".O..O", "O...O", "O..O.", "OOO..");
    assertThat(world.population()).isEqualTo(12);
    int[] sides = {9, 13, 21, 37};
    int[] generations = {12, 24, 48, 96};
    for (int i = 0; i < 4; i++) {
      world.step((int) (generations[i] - world.generation()));
      assertThat(world.population()).isEqualTo(24);
      assertThat(world.lattice().boundingBox()[2]).isEqualTo(sides[i]);
      assertThat(world.lattice().boundingBox()[3]).isEqualTo(sides[i]);
    }
  }

  @Test
  void seedsFromADomino() {
    World world = plane("B2/S", "OO");
    assertThat(populations(world, 6)).containsExactly(2, 4, 6, 8, 14, 8);
    for (int n : new int[] {10, 20, 50, 100}) {
      world.step((int) (n - world.generation()));
      assertThat(world.population()).isEqualTo(8);
      int[] box = world.lattice().boundingBox();
      assertThat(new int[] {Math.min(box[2], box[3]), Math.max(box[2], box[3])})
          .containsExactly(4, 2 * n + 1);
    }
  }

  @Test
  void briansBrainFromABlock() {
    World world = plane("/2/3", "OO", "OO");
    int[][] expected = {{1, 8, 4}, {2, 12, 8}, {3, 16, 12}, {10, 44, 40}, {50, 204, 200}};
    for (int[] e : expected) {
      world.step((int) (e[0] - world.generation()));
      assertThat(world.lattice().count(1)).isEqualTo(e[1]);
      assertThat(world.lattice().count(2)).isEqualTo(e[2]);
    }
  }

  @Test
  void totalistic777() {
    World world = plane("T777,k3,r1", "O");
    int[][] rows = {
      {1, 0}, {3, 0}, {3, 2}, {4, 0}, {4, 4}, {6, 1}, {8, 4}, {6, 3}, {9, 4}, {7, 8}, {12, 4}
    };
    for (int t = 0; t < rows.length; t++) {
      Lattice row = (t == 0 ? world : world.step()).lattice();
      assertThat(new int[] {row.count(1), row.count(2)}).containsExactly(rows[t]);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "B3/S23,224",
    "B36/S23,4320",
    "B3678/S34678,258752",
    "B2/S,16",
    "B1357/S1357,52428",
    "B3/S012345678,174826",
    "B35678/S5678,261184",
    "B368/S245,72288",
    "B36/S125,6248",
    "B4678/S35678,260480",
    "B3/S12345,2792",
    "B3/S45678,174656"
  })
  void outerTotalisticCodes(String text, int code) {
    TableRule rule = (TableRule) Notation.rule(text);
    assertThat(Notation.outerTotalistic(rule).map(Number::intValue)).contains(code);
    assertThat(Notation.rule("O" + code)).isEqualTo(rule);
  }

  @ParameterizedTest
  @ValueSource(strings = {"B3/S23", "B2-a/S12", "B2/S34H", "B13/S1V", "W110"})
  void bitParallelStepsEqualCellByCell(String text) {
    TableRule rule = (TableRule) Notation.rule(text);
    for (int[] size : new int[][] {{1, 1}, {1, 64}, {3, 63}, {5, 65}, {7, 128}, {20, 130}}) {
      for (Boundary boundary :
          List.of(
              new Boundary.Torus(),
              new Boundary.Fixed(0),
              new Boundary.Fixed(1),
              new Boundary.Reflecting())) {
        if (rule.neighbourhood().isLine() && size[0] > 1) {
          continue;
        }
        Lattice start = Patterns.random(size[0], size[1], 0.4, 7);
        Lattice fast = new World(rule, boundary, start).step(5).lattice();
        // A probability of 1 updates every cell, by the other path.
        Lattice slow =
            new World(rule, boundary, start, start, new Updating.Independent(1), 1)
                .step(5)
                .lattice();
        assertThat(fast).as("%s %s %d×%d", text, boundary, size[0], size[1]).isEqualTo(slow);
      }
    }
  }

  @Test
  void aGliderOnEverySurface() {
    Rule life = Notation.rule("B3/S23");
    Lattice glider = Patterns.glider(10, 10);
    assertThat(new World(life, new Boundary.Torus(), glider).step(40).lattice()).isEqualTo(glider);
    assertThat(new World(life, new Boundary.Torus(3, 0), glider).step(40).lattice())
        .isNotEqualTo(glider);
    // The populations and shapes that bgolly 3.3 gives.
    World klein = new World(life, new Boundary.Twisted(true, false), glider).step(40);
    assertThat(klein.lattice()).isEqualTo(Lattice.parse(".O.", "O..", "OOO").placed(10, 10, 3, 4));
    World other = new World(life, new Boundary.Twisted(false, true), glider).step(40);
    assertThat(other.lattice()).isEqualTo(Lattice.parse("OOO", "..O", ".O.").placed(10, 10, 4, 3));
    World cross = new World(life, new Boundary.Twisted(true, true), glider).step(40);
    assertThat(cross.lattice()).isEqualTo(Lattice.zeros(10, 10).with(0, 0, 1).with(9, 9, 1));
    Lattice middle = Lattice.parse(".O.", "..O", "OOO").placed(20, 20, 8, 8);
    World sphere = new World(life, new Boundary.Sphere(), middle).step(40);
    assertThat(sphere.lattice())
        .isEqualTo(
            Lattice.parse("...O.", "...O.", "..O..", "OO.OO", "...O.").placed(20, 20, 15, 15));
  }

  @Test
  void aTubeGrowsAlongOneAxisOnly() {
    Notation.Parsed tube = Notation.parse("B3/S23:T0,20");
    World world = new World(tube.rule(), tube.boundary(), Patterns.glider(20, 9)).step(200);
    assertThat(world.population()).isEqualTo(5);
    assertThat(world.lattice().height()).isEqualTo(20);
    assertThat(world.lattice().width()).isGreaterThan(40);
  }

  @Test
  void reversibleRulesRunBackward() {
    Rule rule = Notation.rule("B3/S23R");
    Lattice a = Patterns.random(32, 32, 0.5, 1);
    Lattice b = Patterns.random(32, 32, 0.5, 2);
    List<Lattice> forward =
        new World(rule, new Boundary.Torus(), a, b, new Updating.Synchronous(), 1).evolve(30);
    List<Lattice> back =
        new World(
                rule,
                new Boundary.Torus(),
                forward.get(30),
                forward.get(29),
                new Updating.Synchronous(),
                1)
            .evolve(30);
    assertThat(back.get(29)).isEqualTo(b);
    assertThat(back.get(30)).isEqualTo(a);
  }

  @Test
  void updateOrders() {
    Rule shift = Notation.rule("W170"); // x′ = right neighbour
    Lattice start = Lattice.parse("...O....");
    var torus = new Boundary.Torus();
    assertThat(new World(shift, torus, start).step().lattice())
        .isEqualTo(Lattice.parse("..O....."));
    // One after another from the left: the cell is moved once, for those to its left are done.
    assertThat(new World(shift, torus, start, start, new Updating.Sequential(), 1).step().lattice())
        .isEqualTo(Lattice.parse("..O....."));
    // Rule 240, x′ = left neighbour: from the left the cell is overwritten before it is looked at.
    Lattice overwritten =
        new World(Notation.rule("W240"), torus, start, start, new Updating.Sequential(), 1)
            .step()
            .lattice();
    assertThat(overwritten.population()).isZero();
    Lattice one =
        new World(Notation.rule("W30"), torus, start, start, new Updating.RandomOrder(), 5)
            .step(3)
            .lattice();
    assertThat(one)
        .isEqualTo(
            new World(Notation.rule("W30"), torus, start, start, new Updating.RandomOrder(), 5)
                .step(3)
                .lattice());
  }

  @Test
  void stochasticRulesDrawTheirProbabilities() {
    StochasticRule noisy = StochasticRule.noisy(TableRule.elementary(0), 0.3);
    Lattice row =
        new World(noisy, new Boundary.Torus(), Lattice.zeros(1, 100_000)).step().lattice();
    assertThat(row.population() / 100_000.0).isBetween(0.295, 0.305);
  }

  @Test
  void lifeDensities() {
    Lattice start = World.random(2048, 2048, 2, 0.5, RandomStream.of(1, "density"));
    World world = new World(Notation.rule("B3/S23"), new Boundary.Torus(), start);
    double cells = start.size();
    assertThat(world.step().population() / cells).isBetween(0.2724, 0.2744);
    assertThat(world.step().population() / cells).isBetween(0.2524, 0.2544);
  }

  @Test
  void whatCannotRunIsSaid() {
    assertThatThrownBy(() -> plane("B0/S", "O"))
        .hasMessageContaining("bounded grid")
        .hasMessageContaining(":T");
    assertThatThrownBy(() -> plane("B3/S23", "2"))
        .hasMessageContaining("2 states")
        .hasMessageContaining("state 2");
    assertThatThrownBy(() -> plane("B3/S23", "?")).hasMessageContaining("unknown");
    assertThatThrownBy(
            () -> new World(Notation.rule("B3/S23"), new Boundary.Sphere(), Lattice.zeros(3, 4)))
        .hasMessageContaining("sphere");
    assertThatThrownBy(() -> TableRule.wolfram(BigInteger.valueOf(256), 2, 1))
        .hasMessageContaining("at most 8 digits");
  }
}
