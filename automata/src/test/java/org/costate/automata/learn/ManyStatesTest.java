package org.costate.automata.learn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Recording;
import org.costate.automata.Rule;
import org.costate.automata.Symmetry;
import org.costate.automata.TableRule;
import org.costate.automata.World;
import org.costate.automata.io.RleFile;
import org.costate.automata.io.RuleFile;
import org.junit.jupiter.api.Test;

/// Langton's loops and Langton's ant (rows C4 and C5 of the reference).
class ManyStatesTest {
  private static final String LOOP =
      """
      .8B$BAG.AD.ADB$B.6B.B$BGB4.BAB$BAB4.BAB$B.B4.BAB$BGB4.BAB$BA6BA5B$B.G
      A.GA.G5AB$.13B!
      """;

  private static Rule loops() throws IOException {
    try (InputStream in = World.class.getResourceAsStream("langtons-loops.rule")) {
      return RuleFile.parse(
              new String(in.readAllBytes(), StandardCharsets.UTF_8), "langtons-loops.rule")
          .rule();
    }
  }

  private static int[] census(World world) {
    int[] counts = new int[7];
    Arrays.setAll(counts, s -> world.lattice().count(s + 1));
    return counts;
  }

  @Test
  void langtonsLoopReplicates() throws IOException {
    Lattice start = RleFile.parse(LOOP, "loop").getFirst().lattice();
    World world = new World(loops(), new Boundary.Unbounded(), start);
    assertThat(census(world.step(151))).containsExactly(31, 122, 0, 4, 0, 0, 14);
    assertThat(census(world.step(151))).containsExactly(59, 245, 1, 8, 0, 0, 30);
    assertThat(census(world.step(698))).containsExactly(980, 2891, 7, 67, 0, 0, 209);
  }

  @Test
  void aTableThatReplays302GenerationsIsNotTheWholeRule() throws IOException {
    Lattice start = RleFile.parse(LOOP, "loop").getFirst().lattice();
    RuleClass rotated =
        new RuleClass(
            "von Neumann rotated",
            8,
            Neighbourhood.vonNeumann(1),
            new RuleClass.Tie.Symmetric(Symmetry.ROTATE4),
            1);
    int[][] expected = {{151, 181}, {302, 181}, {1000, 207}};
    for (int[] e : expected) {
      List<Lattice> frames = World.evolve(loops(), new Boundary.Unbounded(), start, e[0]);
      Learned learned =
          Learner.learn(Recording.of(frames), Learner.Options.standard().classes(rotated));
      assertThat(rotated.entries() - learned.unseen().size()).isEqualTo(e[1]);
      assertThat(learned.replay().exact()).isTrue();
      assertThat(learned.notation()).isEmpty();
      assertThat(learned.consistentShort()).isEqualTo("8^" + (rotated.entries() - e[1]));
    }
  }

  /// Ten states: white, black, then the ant facing north, east, south, west on white and on black.
  private static TableRule ant() {
    Neighbourhood cells = Neighbourhood.vonNeumann(1);
    byte[] outputs = new byte[TableRule.entries(10, cells)];
    int[] digits = new int[5];
    int[] from = {0, 3, 4, 1}; // places of N, E, S, W in reading order N W C E S
    for (int i = 0; i < outputs.length; i++) {
      TableRule.digits(i, 10, digits);
      int centre = digits[2];
      int colour = centre < 2 ? centre : (centre - 2) / 4;
      int next = centre < 2 ? colour : 1 - colour;
      for (int side = 0; side < 4; side++) {
        int neighbour = digits[from[side]];
        if (neighbour >= 2) {
          boolean white = neighbour < 6;
          int facing = ((neighbour - 2) % 4 + (white ? 1 : 3)) % 4;
          // An ant to the north comes here if it turned to the south, and so on.
          next = facing == (side + 2) % 4 && centre < 2 ? 2 + 4 * colour + facing : next;
        }
      }
      outputs[i] = (byte) next;
    }
    return new TableRule(10, cells, outputs);
  }

  private static int black(World world) {
    Lattice lattice = world.lattice();
    int n = lattice.count(1);
    for (int s = 6; s < 10; s++) {
      n += lattice.count(s);
    }
    return n;
  }

  @Test
  void langtonsAnt() {
    World world = new World(ant(), new Boundary.Unbounded(), Lattice.zeros(1, 1).with(0, 0, 2));
    int[][] expected = {
      {1, 1},
      {2, 2},
      {10, 6},
      {100, 20},
      {1000, 118},
      {10_000, 720},
      {10_104, 732},
      {10_208, 744},
      {11_000, 834}
    };
    for (int[] e : expected) {
      world.step((int) (e[0] - world.generation()));
      assertThat(black(world)).as("after %d moves", e[0]).isEqualTo(e[1]);
    }
  }

  @Test
  void theAntIsLearnedFromItsFrames() {
    List<Lattice> frames =
        World.evolve(ant(), new Boundary.Unbounded(), Lattice.zeros(9, 9).with(4, 4, 2), 400);
    Learned learned = Learner.learn(Recording.of(frames));
    assertThat(learned.ruleClass().cells().name()).isEqualTo("von Neumann");
    assertThat(learned.replay().exact()).isTrue();
    int[] truth = learned.ruleClass().outputs(ant());
    if (truth != null) {
      for (int e = 0; e < truth.length; e++) {
        assertThat(learned.outputs()[e]).isIn(-1, truth[e]);
      }
    }
    assertThat(learned.unseen()).isNotEmpty();
  }
}
