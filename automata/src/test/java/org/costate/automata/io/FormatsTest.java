package org.costate.automata.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.costate.automata.Boundary;
import org.costate.automata.CountRule;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Notation;
import org.costate.automata.Patterns;
import org.costate.automata.Recording;
import org.costate.automata.Rule;
import org.costate.automata.TableRule;
import org.costate.automata.World;
import org.costate.random.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every format both ways (row E1 of the reference), and malformed files.
class FormatsTest {
  @TempDir private Path folder;

  private static Lattice states(int height, int width, int k, long seed) {
    return World.random(height, width, k, 0.4, RandomStream.of(seed, "states"));
  }

  @ParameterizedTest
  @CsvSource({"1,1,2", "7,200,2", "30,9,3", "12,40,30", "9,9,255"})
  void rleRoundTrip(int height, int width, int k) throws Exception {
    Lattice lattice = states(height, width, k, 3);
    var pattern = new Pattern(lattice, "B3/S23", List.of("#C a comment"), -4, 7, 12);
    String text = RleFile.format(pattern);
    assertThat(text.lines().mapToInt(String::length).max().orElse(0)).isLessThanOrEqualTo(80);
    Pattern again = RleFile.parse(text, "test").getFirst();
    assertThat(again).isEqualTo(pattern);
  }

  @Test
  void rleAsFoundInCollections() throws Exception {
    Pattern glider =
        RleFile.parse("#N Glider\nx=3,y=3,rule=b3/s23\nbo$2bo$\n3o!\nmade by hand", "g").getFirst();
    assertThat(glider.lattice()).isEqualTo(Lattice.parse(".O.", "..O", "OOO"));
    assertThat(glider.comments()).containsExactly("#N Glider");
    // No header; several blank rows; o and A, b and . mixed; sizes that lie.
    assertThat(RleFile.parse("o5$A!", "g").getFirst().lattice().height()).isEqualTo(6);
    assertThat(RleFile.parse("x = 1, y = 1\n3o$b.A!", "g").getFirst().lattice())
        .isEqualTo(Lattice.parse("OOO", "..O"));
    assertThat(RleFile.parse("x = 999999999, y = 999999999\n3o!", "g").getFirst().lattice().size())
        .isEqualTo(3);
    assertThat(RleFile.parse("x = 2, y = 2\n2o!\nx = 2, y = 2\n$2o!", "g")).hasSize(2);
    Pattern grid = RleFile.parse("x = 3, y = 3, rule = B3/S23:T9,7\nbo$2bo$3o!", "g").getFirst();
    assertThat(grid.lattice()).isEqualTo(Lattice.parse(".O.", "..O", "OOO").placed(7, 9, 2, 3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "x = 3, y = 3|bo$2bz!;line 2, column 6;'z'",
        "x = 3, y = 3|bo$2bo;line;no '!'",
        "x is 3|bo!;line 1;header",
        "x = 3, y = 3|99999999999o!;line 2, column;run",
        "x = 3, y = 3|pZ!;line 2, column 2;'Z'",
        "x = 9, y = 9, rule = B3/S23:T3,3|9o!;;does not fit",
        "#C only;;no pattern"
      })
  void malformedRle(String text, String where, String why) {
    assertThatThrownBy(() -> RleFile.parse(text.replace('|', '\n'), "bad.rle"))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith("bad.rle")
        .hasMessageContaining(where == null ? "" : where)
        .hasMessageContaining(why);
  }

  @Test
  void plainFormats() throws Exception {
    Lattice lattice = Lattice.parse(".O..", "..OO", "O...");
    Pattern pattern = new Pattern(lattice, null);
    assertThat(PlainPatterns.parseCells(PlainPatterns.formatCells(pattern), "t").lattice())
        .isEqualTo(lattice);
    Pattern life = PlainPatterns.parseLife106("#Life 1.06\n0 -1\n1 0\n-1 1\n0 1\n1 1\n", "t");
    assertThat(life.lattice()).isEqualTo(Lattice.parse(".O.", "..O", "OOO"));
    assertThat(life.top()).isEqualTo(-1);
    assertThat(PlainPatterns.parseLife106(PlainPatterns.formatLife106(life), "t")).isEqualTo(life);
    assertThatThrownBy(() -> PlainPatterns.parseCells("..O\n.x.\n", "bad.cells"))
        .hasMessageContaining("line 2, column 2");
    assertThatThrownBy(() -> PlainPatterns.parseLife106("#Life 1.06\n1 2 3\n", "bad.lif"))
        .hasMessageContaining("line 2");
    assertThatThrownBy(() -> PlainPatterns.parseLife106("#Life 1.05\n", "bad.lif"))
        .hasMessageContaining("line 1");
    assertThatThrownBy(
            () -> PlainPatterns.parseLife106("#Life 1.06\n0 0\n999999999 999999999\n", "far.lif"))
        .hasMessageContaining("at most");
    assertThatThrownBy(() -> PlainPatterns.formatCells(new Pattern(Lattice.parse("2"), null)))
        .hasMessageContaining("two states");
  }

  @Test
  void framesAndCsvRoundTrip() throws Exception {
    List<Lattice> a = List.of(states(3, 5, 12, 1), states(3, 5, 12, 2));
    List<Lattice> b = List.of(states(4, 4, 12, 3).with(1, 1, Lattice.UNKNOWN));
    var two = new Recording(2, List.of(a, b));
    assertThat(TextFrames.parseFrames(TextFrames.formatFrames(two), "t")).isEqualTo(two);
    assertThat(TextFrames.parseCsv(TextFrames.formatCsv(two), "t")).isEqualTo(two);
    var one = new Recording(1, List.of(List.of(states(1, 9, 2, 1), states(1, 9, 2, 2))));
    assertThat(TextFrames.parseFrames(TextFrames.formatFrames(one), "t")).isEqualTo(one);
    assertThat(TextFrames.formatFrames(one)).startsWith("#1d\n");
    assertThat(TextFrames.parseCsv(TextFrames.formatCsv(one), "t")).isEqualTo(one);
    Recording windows = TextFrames.parseFrames(".1\r\n1.\r\n\r\n00\r\n?1\r\n", "t");
    assertThat(windows.histories().getFirst()).hasSize(2);
    assertThat(windows.hasUnknown()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        ".1.|..;line 2, column 3;2 cells",
        ".1.|.!.;line 2, column 2;'!'",
        "..|..||...|...;line 4;---",
        "||;;no frame"
      })
  void malformedFrames(String text, String where, String why) {
    assertThatThrownBy(() -> TextFrames.parseFrames(text.replace('|', '\n'), "bad.frames"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(where == null ? "" : where)
        .hasMessageContaining(why);
  }

  @Test
  void malformedCsv() {
    assertThatThrownBy(() -> TextFrames.parseCsv("0,1\n0,999\n", "bad.csv"))
        .hasMessageContaining("line 2, column 3")
        .hasMessageContaining("999");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void picturesRoundTrip(int cellSize) throws Exception {
    List<Lattice> frames = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      frames.add(states(11, 17, 5, t));
    }
    Path gif = folder.resolve("film.gif");
    Files.write(gif, Images.gif(frames, Palette.DEFAULT, cellSize, 80));
    assertThat(AutomatonFiles.recording(gif, Palette.DEFAULT, false))
        .isEqualTo(Recording.of(frames));
    for (int t = 0; t < 4; t++) {
      Files.write(
          folder.resolve("f" + (t + 8) + ".png"),
          Images.png(Images.draw(frames.get(t), Palette.DEFAULT, cellSize)));
    }
    Files.delete(gif);
    assertThat(AutomatonFiles.recording(folder, Palette.DEFAULT, false))
        .as("f8, f9, f10, f11 in the order of their numbers")
        .isEqualTo(Recording.of(frames));
  }

  private static BufferedImage drawn(
      Lattice lattice, int size, int line, int crop, Color... colours) {
    int pitch = size + line;
    var image =
        new BufferedImage(
            lattice.width() * pitch + line - crop,
            lattice.height() * pitch + line - crop,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setColor(Color.GRAY);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    for (int y = 0; y < lattice.height(); y++) {
      for (int x = 0; x < lattice.width(); x++) {
        g.setColor(colours[lattice.get(y, x)]);
        g.fillRect(line + x * pitch - crop, line + y * pitch - crop, size, size);
      }
    }
    g.dispose();
    return image;
  }

  @Test
  void gridLinesPhaseAndForeignColoursAreFound() throws Exception {
    Lattice lattice = Patterns.random(9, 14, 0.3, 4);
    PixelGrid lines =
        PixelGrid.detect(
            List.of(drawn(lattice, 6, 1, 0, Color.BLACK, Color.YELLOW)), Palette.DEFAULT, "t");
    assertThat(lines.cellSize()).isEqualTo(6);
    assertThat(lines.lattices()).containsExactly(lattice);
    PixelGrid cropped =
        PixelGrid.detect(
            List.of(drawn(lattice, 7, 0, 3, Color.BLACK, Color.YELLOW)), Palette.DEFAULT, "t");
    assertThat(cropped.cellSize()).isEqualTo(7);
    assertThat(cropped.lattices()).containsExactly(lattice);
    PixelGrid given =
        PixelGrid.detect(
            List.of(drawn(lattice, 3, 0, 0, Color.YELLOW, Color.BLACK)),
            Palette.DEFAULT.with(Map.of(0, 0xffff00, 1, 0x000000)),
            "t");
    assertThat(given.lattices()).containsExactly(lattice);
  }

  @Test
  void ofTwoFrequentColoursTheDarkerOneIsAlive() throws Exception {
    List<Lattice> rows =
        World.evolve(TableRule.elementary(110), new Boundary.Torus(), Patterns.row(120, 1), 60);
    Lattice diagram = Images.spaceTime(rows);
    assertThat(diagram.count(1)).as("rule 110 is black for the most part").isGreaterThan(61 * 60);
    PixelGrid found =
        PixelGrid.detect(
            List.of(drawn(diagram, 3, 0, 0, Color.WHITE, Color.BLACK)), Palette.DEFAULT, "t");
    assertThat(found.lattices()).containsExactly(diagram);
  }

  @Test
  void aPhotographIsNoLattice() {
    var noise = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    RandomStream random = RandomStream.of(1, "photograph");
    for (int i = 0; i < 4096; i++) {
      noise.setRGB(i % 64, i / 64, random.nextInt(1 << 24));
    }
    assertThatThrownBy(() -> PixelGrid.detect(List.of(noise), Palette.DEFAULT, "photo.png"))
        .hasMessageContaining("more than 255 colours");
  }

  @Test
  void theDisposalOfAGifIsHonoured() throws IOException {
    // Frames that only draw what changed, over the one before, are what optimisers write.
    Path file = folder.resolve("disposal.gif");
    Files.write(file, GifWithDisposal.bytes());
    List<BufferedImage> frames = Images.read(file);
    assertThat(frames).hasSize(3);
    assertThat(frames.get(1).getRGB(0, 0) & 0xffffff).isEqualTo(0xff0000);
    assertThat(frames.get(1).getRGB(2, 0) & 0xffffff).isEqualTo(0x0000ff);
    // The second frame was restored to what was before it.
    assertThat(frames.get(2).getRGB(2, 0) & 0xffffff).isEqualTo(0xff0000);
    assertThat(frames.get(2).getRGB(1, 0) & 0xffffff).isEqualTo(0x0000ff);
  }

  @Test
  void aGifThatIsCutOffIsSaid() throws Exception {
    byte[] whole =
        Images.gif(List.of(states(9, 9, 2, 1), states(9, 9, 2, 2)), Palette.DEFAULT, 2, 80);
    for (int length : new int[] {20, whole.length / 2, whole.length - 1}) {
      Path file = folder.resolve("cut.gif");
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Images.read(file))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("cut.gif");
    }
  }

  @Test
  void aSpaceTimePictureIsAHistory() throws Exception {
    List<Lattice> rows =
        World.evolve(TableRule.elementary(110), new Boundary.Torus(), Patterns.row(60, 1), 30);
    Path file = folder.resolve("rows.png");
    AutomatonFiles.write(file, Recording.of(rows), null, Palette.DEFAULT);
    assertThat(AutomatonFiles.recording(file, Palette.DEFAULT, true))
        .isEqualTo(new Recording(1, List.of(rows)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"B3/S23", "B2-a/S12", "B2/S34H", "B13/S1V", "W110", "/2/3"})
  void ruleFilesRoundTrip(String text) throws Exception {
    TableRule rule = TableRule.of(Notation.rule(text));
    String written = RuleFile.format("Test", rule, Palette.DEFAULT, List.of("a comment"));
    RuleFile.Named again = RuleFile.parse(written, "Test.rule");
    assertThat(again.name()).isEqualTo("Test");
    assertThat(TableRule.of(again.rule())).isEqualTo(rule);
    assertThat(again.colours()).hasSize(rule.states()).containsEntry(0, 0xffffff);
  }

  @Test
  void aRuleWithoutSymmetryAndAMapRoundTrip() throws Exception {
    RandomStream random = RandomStream.of(4, "table");
    byte[] outputs = new byte[512];
    for (int i = 0; i < 512; i++) {
      outputs[i] = (byte) random.nextInt(2);
    }
    var rule = new TableRule(2, Neighbourhood.moore(1), outputs);
    String written = RuleFile.format("Test", rule, Palette.DEFAULT, List.of());
    assertThat(written).contains("symmetries:none");
    assertThat(TableRule.of(RuleFile.parse(written, "t").rule())).isEqualTo(rule);
    assertThat(Notation.rule(Notation.map(rule).orElseThrow())).isEqualTo(rule);
  }

  private static final String WIREWORLD =
      """
      @RULE WireWorld
      @TABLE
      # heads to tails to wire
      n_states:4
      neighborhood:Moore
      symmetries:permute
      var a={0,1,2,3}
      var b={a}
      var c={a}
      var d={a}
      var e={a}
      var f={a}
      var g={a}
      var h={a}
      var i={0,2,3}
      var j={i}
      var k={i}
      var l={i}
      var m={i}
      var n={i}
      var o={i}
      1,a,b,c,d,e,f,g,h,2
      2,a,b,c,d,e,f,g,h,3
      3,1,i,j,k,l,m,n,o,1
      3,1,1,i,j,k,l,m,n,1
      @COLORS
      1 0 128 255
      """;

  @Test
  void variablesAndPermutation() throws Exception {
    RuleFile.Named named = RuleFile.parse(WIREWORLD, "WireWorld.rule");
    CountRule counted = CountRule.wireworld();
    RandomStream random = RandomStream.of(1, "wires");
    Lattice start = World.random(20, 20, 4, 0.7, random);
    for (Rule rule : List.of(named.rule(), TableRule.of(counted))) {
      assertThat(new World(rule, new Boundary.Torus(), start).step(5).lattice())
          .isEqualTo(new World(counted, new Boundary.Torus(), start).step(5).lattice());
    }
    assertThat(named.colours()).containsEntry(1, 0x0080ff);
  }

  @Test
  void aVariableUsedTwiceIsOneState() throws Exception {
    String text =
        "@RULE Same\n@TABLE\nn_states:3\nneighborhood:vonNeumann\nsymmetries:none\n"
            + "var a={1,2}\n0,a,0,a,0,a\n";
    Rule rule = RuleFile.parse(text, "Same.rule").rule();
    // Reading order N W C E S; the line is C N E S W C′.
    assertThat(rule.next(1, 0, 0, 0, 1)).isEqualTo(1);
    assertThat(rule.next(2, 0, 0, 0, 2)).isEqualTo(2);
    assertThat(rule.next(1, 0, 0, 0, 2)).isZero();
  }

  @Test
  void aTreeIsRead() throws Exception {
    // Rule 90 north and south: x′ = N xor S, as a tree of N W E S C.
    String text =
        """
        @RULE Tree
        @TREE
        num_states=2
        num_neighbors=4
        num_nodes=9
        1 0 0
        1 1 1
        2 0 1
        2 1 0
        3 2 2
        3 3 3
        4 4 4
        4 5 5
        5 6 7
        """;
    Rule rule = RuleFile.parse(text, "Tree.rule").rule();
    for (int i = 0; i < 32; i++) {
      int[] cells = new int[5];
      TableRule.digits(i, 2, cells);
      assertThat(rule.next(cells)).isEqualTo(cells[0] ^ cells[4]);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "@RULE x|@TABLE|n_states:2|neighborhood:Moore|1,1,2;line 5;items",
        "@RULE x|@TABLE|n_states:2|neighborhood:Moore|symmetries:odd;line 5;odd",
        "@RULE x|@TABLE|n_states:2|neighborhood:Triangle;line 4;Triangle",
        "@RULE x|@TABLE|n_states:900;line 3;900",
        "@RULE x|@TABLE|n_states:2|neighborhood:vonNeumann|var a={0,7};line 5;'7'",
        "@RULE x|@TABLE|n_states:2|neighborhood:vonNeumann|var a={0,1}|0,1,1,1,1,a;line 6;binds",
        "@RULE x;;no @TABLE"
      })
  void malformedRules(String text, String where, String why) {
    assertThatThrownBy(() -> RuleFile.parse(text.replace('|', '\n'), "bad.rule"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(where == null ? "" : where)
        .hasMessageContaining(why);
  }
}
