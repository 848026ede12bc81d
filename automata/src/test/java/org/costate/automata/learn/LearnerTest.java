package org.costate.automata.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.costate.automata.Boundary;
import org.costate.automata.CountRule;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Notation;
import org.costate.automata.Patterns;
import org.costate.automata.Recording;
import org.costate.automata.Rule;
import org.costate.automata.SecondOrderRule;
import org.costate.automata.StochasticRule;
import org.costate.automata.Symmetry;
import org.costate.automata.TableRule;
import org.costate.automata.Updating;
import org.costate.automata.World;
import org.costate.automata.io.RleFile;
import org.costate.random.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What visible frames say, and what they do not (rows A1–A5, B1–B4, B9, C1–C6, D1, D4 of the
/// reference).
class LearnerTest {
  private static final Boundary TORUS = new Boundary.Torus();
  private static final Boundary PLANE = new Boundary.Unbounded();

  private static Learned learn(String rule, Boundary boundary, Lattice start, int steps) {
    return Learner.learn(Recording.of(World.evolve(Notation.rule(rule), boundary, start, steps)));
  }

  private static List<Integer> codes(Learned learned) {
    return learned.wolfram().stream().map(BigInteger::intValue).toList();
  }

  @Test
  void all256ElementaryRulesFromRandomRows() {
    for (int code = 0; code < 256; code++) {
      Learned learned = learn("W" + code, TORUS, Patterns.row(256, code), 20);
      assertThat(codes(learned)).containsExactly(code);
      assertThat(learned.replay().exact()).isTrue();
      assertThat(learned.unseen()).isEmpty();
    }
  }

  @Test
  void rule90FromARandomRow() {
    Learned learned = learn("W90", TORUS, Patterns.row(256, 1), 1);
    assertThat(codes(learned)).containsExactly(90);
    assertThat(learned.outputs()).containsExactly(0, 1, 0, 1, 1, 0, 1, 0);
    assertThat(learned.boundaries()).containsExactly("torus");
  }

  @Test
  void oneCellLeavesEightRulesOpenForRule90AndSixteenFor184() {
    Learned ninety = learn("W90", PLANE, Patterns.single(3), 80);
    assertThat(codes(ninety)).containsExactly(18, 26, 82, 90, 146, 154, 210, 218);
    assertThat(ninety.unseen()).containsExactly("011", "110", "111");
    assertThat(ninety.consistent()).isEqualTo(8);
    assertThat(learn("W184", PLANE, Patterns.single(3), 80).consistent()).isEqualTo(16);
    assertThat(codes(learn("W30", PLANE, Patterns.single(3), 100))).containsExactly(30);
    assertThat(codes(learn("W110", PLANE, Patterns.single(3), 100))).containsExactly(110);
  }

  @Test
  void theNumberOfRulesLeftOpenByOneCell() {
    var byUnseen = new int[9];
    for (int code = 0; code < 256; code++) {
      List<Lattice> frames =
          World.evolve(TableRule.elementary(code), TORUS, Patterns.single(411), 200);
      byUnseen[Learner.learn(Recording.of(frames)).unseen().size()]++;
    }
    assertThat(byUnseen).containsExactly(118, 26, 16, 32, 64, 0, 0, 0, 0);
  }

  @Test
  void lifeFromOneTransition() {
    Learned learned = learn("B3/S23", TORUS, Patterns.random(64, 64, 0.5, 3), 1);
    assertThat(learned.notation()).containsExactly("B3/S23");
    assertThat(learned.totalistic()).isEqualTo(224);
    assertThat(learned.ruleClass().name()).isEqualTo("Life-like");
    assertThat(learned.boundaries()).containsExactly("torus");
    assertThat(learned.gaps()).containsExactly(1);
    Learned table =
        Learner.learn(
            Recording.of(
                World.evolve(Notation.rule("B3/S23"), TORUS, Patterns.random(64, 64, 0.5, 3), 20)),
            Learner.Options.standard().classes(RuleClass.table(2, Neighbourhood.moore(1))));
    assertThat(table.unseen()).isEmpty();
    assertThat(Notation.map((TableRule) table.anyRule()))
        .isEqualTo(Notation.map((TableRule) Notation.rule("B3/S23")));
  }

  @Test
  void stillLivesAndGlidersLeaveMuchOpen() {
    Learned glider = learn("B3/S23", PLANE, Patterns.glider(16, 16), 4);
    assertThat(glider.ruleClass().name()).isEqualTo("Life-like");
    assertThat(glider.unseen()).containsExactly("B6", "B7", "B8", "S0", "S5", "S6", "S7", "S8");
    assertThat(glider.consistentShort()).isEqualTo(256L);
    assertThat(glider.notation()).isEmpty();
    assertThat(glider.boundaries()).hasSizeGreaterThan(1);
    Lattice block = Lattice.parse("OO", "OO").placed(10, 10, 4, 4);
    assertThat(learn("B3/S23", PLANE, block, 3).consistentShort()).isEqualTo(1L << 14);
    Lattice far = Lattice.parse("OOO").placed(64, 64, 30, 30);
    Learned twoFrames = learn("B3/S23", TORUS, far, 1);
    assertThat(twoFrames.stochastic()).isFalse();
    assertThat(twoFrames.ruleClass().name()).isEqualTo("Life-like");
    assertThat(twoFrames.remarks().toString()).contains("few occasions");
    Lattice blinker = Lattice.parse("OOO").placed(11, 11, 5, 4);
    assertThat(learn("B3/S23", PLANE, blinker, 4).consistentShort()).isEqualTo(1L << 12);
  }

  @Test
  void gosperGunLeavesFourRules() throws Exception {
    Lattice gun = RleFile.parse(Patterns.GUN, "gun").getFirst().lattice();
    Learned learned = learn("B3/S23", PLANE, gun, 60);
    assertThat(learned.unseen()).containsExactly("B8", "S8");
    assertThat(learned.notation())
        .containsExactlyInAnyOrder("B3/S23", "B38/S23", "B3/S238", "B38/S238");
  }

  @Test
  void rPentominoShowsAllNeighbourhoods() {
    List<Lattice> frames =
        World.evolve(Notation.rule("B3/S23"), PLANE, Lattice.parse(".OO", "OO.", ".O."), 200);
    Learned learned =
        Learner.learn(
            Recording.of(frames),
            Learner.Options.standard().classes(RuleClass.table(2, Neighbourhood.moore(1))));
    assertThat(learned.unseen()).isEmpty();
    assertThat(Notation.of(learned.anyRule())).isEqualTo("B3/S23");
  }

  @ParameterizedTest
  @CsvSource({"torus", "dead", "alive", "reflecting"})
  void theBoundaryIsInferred(String name) {
    Boundary boundary = Boundaries.candidates(2).get(name);
    Learned learned = learn("B3/S23", boundary, Patterns.random(24, 30, 0.5, 2), 6);
    assertThat(learned.boundaries()).containsExactly(name);
    assertThat(learned.replay().exact()).isTrue();
    assertThat(learned.replay().compared()).isEqualTo(6L * 24 * 30);
    Learned row = learn("W30", boundary, Patterns.row(200, 4), 40);
    assertThat(row.boundaries()).containsExactly(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"B2-a/S12", "B2ci3-e/S4-wz5", "B2/S34H", "B13/S1V", "B36/S125"})
  void smallestClassAndNotation(String rule) {
    Learned learned = learn(rule, TORUS, Patterns.random(64, 64, 0.5, 4), 12);
    assertThat(learned.notation()).containsExactly(rule);
    assertThat(learned.ruleClass().entries()).isLessThanOrEqualTo(102);
  }

  @Test
  void aTableWithoutSymmetryAndTheCellsItLooksAt() {
    byte[] outputs = new byte[512];
    for (int i = 0; i < 512; i++) {
      outputs[i] = (byte) ((i >> 6 & 1) ^ (i >> 2 & 1)); // NE xor SW
    }
    var rule = new TableRule(2, Neighbourhood.moore(1), outputs);
    Learned learned =
        Learner.learn(Recording.of(World.evolve(rule, TORUS, Patterns.random(64, 64, 0.5, 4), 12)));
    assertThat(learned.anyRule()).isEqualTo(rule);
    assertThat(learned.remarks().toString()).contains("(-1, 1) (1, -1)");
  }

  @Test
  void radiusTwo() {
    var code = new BigInteger("2868798125");
    TableRule rule = TableRule.wolfram(code, 2, 2);
    Learned learned =
        Learner.learn(Recording.of(World.evolve(rule, TORUS, Patterns.row(300, 5), 30)));
    assertThat(learned.ruleClass().cells().radius()).isEqualTo(2);
    assertThat(learned.anyRule()).isEqualTo(rule);
    Learned larger = learn("R2,C0,M0,S7..11,B7..10,NM", TORUS, Patterns.random(64, 64, 0.45, 4), 8);
    assertThat(larger.notation()).contains("R2,C0,M0,S7..11,B7..10,NM");
  }

  @Test
  void secondOrder() {
    Rule rule = Notation.rule("B3/S23R");
    List<Lattice> frames =
        new World(
                rule,
                TORUS,
                Patterns.random(40, 40, 0.5, 1),
                Patterns.random(40, 40, 0.5, 2),
                new Updating.Synchronous(),
                1)
            .evolve(20);
    Learned learned = Learner.learn(Recording.of(frames));
    assertThat(learned.ruleClass().order()).isEqualTo(2);
    assertThat(learned.notation()).containsExactly("B3/S23R");
    assertThat(learned.replay().exact()).isTrue();
    assertThat(learned.anyRule()).isInstanceOf(SecondOrderRule.class);
  }

  @Test
  void totalistic777FromASingleCell() {
    Learned learned = learn("T777,k3,r1", PLANE, Patterns.single(3), 60);
    assertThat(learned.ruleClass().name()).isEqualTo("totalistic");
    assertThat(learned.totalistic()).isEqualTo(777);
    assertThat(learned.consistent()).isEqualTo(1);
  }

  @Test
  void briansBrainIsReportedAsGenerations() {
    Lattice start = World.random(64, 64, 3, 0.4, RandomStream.of(5, "brain"));
    Learned learned = learn("/2/3", TORUS, start, 20);
    assertThat(learned.ruleClass().name()).isEqualTo("Generations");
    assertThat(learned.notation()).contains("/2/3");
    assertThat(learned.consistent())
        .isEqualTo(BigInteger.TWO.pow(learned.unseen().size()))
        .isLessThanOrEqualTo(BigInteger.valueOf(64));
  }

  @Test
  void wireworldIsAFunctionOfTheCellAndItsHeads() throws Exception {
    Lattice start = World.random(48, 48, 4, 0.6, RandomStream.of(5, "wires"));
    List<Lattice> frames = World.evolve(CountRule.wireworld(), TORUS, start, 30);
    Learned learned = Learner.learn(Recording.of(frames));
    assertThat(learned.ruleClass().name()).isEqualTo("counting state 1");
    assertThat(learned.outputs()).hasSize(36);
    int[] truth = learned.ruleClass().outputs(CountRule.wireworld());
    for (int e = 0; e < 36; e++) {
      assertThat(learned.outputs()[e]).isIn(-1, truth[e]);
    }
    Lattice loop = RleFile.parse(".AB4C$C6.5C$.6C!", "loop").getFirst().lattice();
    World world = new World(CountRule.wireworld(), PLANE, loop);
    for (int t : new int[] {4, 8, 16, 32}) {
      world.step((int) (t - world.generation()));
      assertThat(world.lattice().count(1)).isEqualTo(1);
      assertThat(world.lattice().count(2)).isEqualTo(1);
      assertThat(world.lattice().count(3)).isEqualTo(16);
    }
  }

  @Test
  void aRotationSymmetricRuleOfFiveStates() {
    // A rotation-symmetric rule of many states on von Neumann: the entries seen are counted up to
    // rotation, and nothing unseen is stated.
    RandomStream random = RandomStream.of(1, "rotated");
    RuleClass rotated =
        new RuleClass(
            "von Neumann rotated",
            5,
            Neighbourhood.vonNeumann(1),
            new RuleClass.Tie.Symmetric(Symmetry.ROTATE4),
            1);
    int[] outputs = new int[rotated.entries()];
    for (int e = 0; e < outputs.length; e++) {
      outputs[e] = random.nextInt(5);
    }
    Lattice start = World.random(32, 32, 5, 0.8, random);
    Learned learned =
        Learner.learn(Recording.of(World.evolve(rotated.rule(outputs), TORUS, start, 10)));
    assertThat(learned.ruleClass()).isEqualTo(rotated);
    for (int e = 0; e < outputs.length; e++) {
      assertThat(learned.outputs()[e]).isIn(-1, outputs[e]);
    }
  }

  @Test
  void elementaryRulesAtGapsTwoAndThreeAreFoundAsTheirClasses() {
    var classesOfTwo =
        List.of(
            List.of(15, 240),
            List.of(23, 232),
            List.of(43, 212),
            List.of(51, 204),
            List.of(77, 178),
            List.of(85, 170),
            List.of(105, 150),
            List.of(113, 142),
            List.of(0, 8, 64),
            List.of(239, 253, 255));
    var classesOfThree = List.of(List.of(0, 8, 64), List.of(239, 253, 255));
    for (int gap = 2; gap <= 3; gap++) {
      var ambiguous = new TreeSet<String>();
      for (int code = 0; code < 256; code++) {
        var histories = new ArrayList<List<Lattice>>();
        for (int i = 0; i < 3; i++) {
          List<Lattice> frames =
              World.evolve(
                  TableRule.elementary(code), TORUS, Patterns.row(256, code + 1000 * i), gap);
          histories.add(List.of(frames.getFirst(), frames.getLast()));
        }
        List<Integer> found =
            codes(Learner.learn(new Recording(1, histories), Learner.Options.standard().gaps(gap)));
        assertThat(found).contains(code);
        if (found.size() > 1) {
          ambiguous.add(found.toString());
        }
      }
      var expected = new TreeSet<String>();
      (gap == 2 ? classesOfTwo : classesOfThree).forEach(c -> expected.add(c.toString()));
      assertThat(ambiguous).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({"2,2", "3,1", "4,2"})
  void dayAndNightHasATwinAtEvenGaps(int gap, int rules) {
    List<Lattice> frames =
        World.evolve(Notation.rule("B3678/S34678"), TORUS, Patterns.random(64, 64, 0.5, 8), gap);
    Learned learned =
        Learner.learn(Patterns.every(gap, frames), Learner.Options.standard().gaps(gap));
    assertThat(learned.notation()).hasSize(rules).contains("B3678/S34678");
    if (rules == 2) {
      assertThat(learned.notation()).contains("B01245/S0125");
    }
    assertThat(learned.replay().exact()).isTrue();
  }

  @Test
  void anUnknownGapIsFound() {
    List<Lattice> frames =
        World.evolve(Notation.rule("B36/S23"), TORUS, Patterns.random(48, 48, 0.5, 8), 9);
    Learned learned =
        Learner.learn(Patterns.every(3, frames), Learner.Options.standard().gaps(1, 2, 3, 4));
    assertThat(learned.gaps()).containsExactly(3);
    assertThat(learned.notation()).containsExactly("B36/S23");
  }

  @Test
  void flippedCellsAreSeenThrough() {
    List<Lattice> clean =
        World.evolve(Notation.rule("B3/S23"), TORUS, Patterns.random(64, 64, 0.5, 2), 99);
    List<Lattice> noisy = Patterns.disturbed(clean, 0.1, false, 2);
    long[][] counts = Transitions.count(Recording.of(noisy), null, RuleClass.lifeLike());
    assertThat(counts[3][1]).as("voting gets B3 wrong").isLessThan(counts[3][0]);
    Learned learned = Learner.learn(Recording.of(noisy));
    assertThat(learned.noise()).isBetween(0.09, 0.11);
    assertThat(learned.stochastic()).isFalse();
    assertThat(learned.notation().getFirst()).isEqualTo("B3/S23");
    int[] truth = RuleClass.lifeLike().outputs(Notation.rule("B3/S23"));
    for (int e = 0; e < 18; e++) {
      assertThat(learned.outputs()[e]).isIn(-1, truth[e]);
    }
  }

  @Test
  void stochasticIsNotNoise() {
    double[][] p = new double[8][2];
    for (int i = 0; i < 8; i++) {
      p[i][1] = (i & 0b101) == 0 ? 0 : 0.705;
      p[i][0] = 1 - p[i][1];
    }
    var rule = new StochasticRule(2, Neighbourhood.line(1), p);
    Lattice start = Patterns.row(1000, 9);
    Learned learned =
        Learner.learn(
            Recording.of(
                new World(rule, TORUS, start, start, new Updating.Synchronous(), 4).evolve(300)));
    assertThat(learned.stochastic()).isTrue();
    assertThat(learned.noise()).isZero();
    for (int e = 0; e < 8; e++) {
      assertThat(learned.probability()[e][1])
          .isBetween(
              p[e][1] - 3.5 * learned.standardError()[e] - 1e-4,
              p[e][1] + 3.5 * learned.standardError()[e] + 1e-4);
    }
  }

  @Test
  void missingCellsAreLeftOutWhileThereAreCompleteNeighbourhoods() {
    List<Lattice> clean =
        World.evolve(Notation.rule("B36/S23"), TORUS, Patterns.random(64, 64, 0.5, 2), 40);
    Learned learned = Learner.learn(Recording.of(Patterns.disturbed(clean, 0.1, true, 3)));
    int[] truth = RuleClass.lifeLike().outputs(Notation.rule("B36/S23"));
    for (int e = 0; e < 18; e++) {
      assertThat(learned.outputs()[e]).isIn(-1, truth[e]);
    }
    assertThat(learned.open().size()).isLessThan(4);
  }

  @Test
  void halfOfTheCellsMissingIsInferredByGradients() {
    List<Lattice> clean =
        World.evolve(Notation.rule("B3/S23"), TORUS, Patterns.random(64, 64, 0.5, 2), 12);
    Learned learned = Learner.learn(Recording.of(Patterns.disturbed(clean, 0.5, true, 3)));
    assertThat(learned.method()).contains("partly observed");
    assertThat(learned.ruleClass().name()).isEqualTo("Life-like");
    int[] truth = RuleClass.lifeLike().outputs(Notation.rule("B3/S23"));
    for (int e = 0; e < 18; e++) {
      assertThat(learned.outputs()[e]).isIn(-1, truth[e]);
    }
    assertThat(learned.outputs()[3]).isEqualTo(1);
    assertThat(learned.open().size()).isLessThan(9);
  }

  @Test
  void whatCannotBeLearnedIsSaid() {
    Lattice one = Patterns.random(8, 8, 0.5, 1);
    assertThatThrownBy(() -> Learner.learn(Recording.of(List.of(one))))
        .hasMessageContaining("only one frame");
    assertThatThrownBy(
            () ->
                Learner.learn(
                    Recording.of(List.of(one, one)),
                    Learner.Options.standard().boundary("cylinder")))
        .hasMessageContaining("torus")
        .hasMessageContaining("cylinder");
    assertThatThrownBy(
            () ->
                Learner.learn(Recording.of(List.of(one, one)), Learner.Options.standard().gaps(0)))
        .hasMessageContaining("at least 1");
    assertThatThrownBy(() -> Recording.of(List.of(one, Patterns.random(8, 9, 0.5, 1))))
        .hasMessageContaining("frame 1")
        .hasMessageContaining("---");
  }
}
