package org.costate.genomics.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.costate.genomics.model.GeneStructure.ACCEPTOR;
import static org.costate.genomics.model.GeneStructure.ANY;
import static org.costate.genomics.model.GeneStructure.DONOR;
import static org.costate.genomics.model.GeneStructure.EXON;
import static org.costate.genomics.model.GeneStructure.INTRON;
import static org.costate.genomics.model.GeneStructure.UNTRANSLATED;
import static org.costate.genomics.model.GeneStructure.codon;
import static org.costate.genomics.model.GeneStructure.within;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.genomics.Annotation;
import org.costate.genomics.Bases;
import org.costate.genomics.Gene;
import org.costate.genomics.Genome;
import org.costate.genomics.Interval;
import org.costate.genomics.SharedData;
import org.costate.genomics.SimulatedGenome;
import org.costate.genomics.Strand;
import org.costate.genomics.Transcript;
import org.costate.genomics.io.AnnotationReader;
import org.costate.genomics.io.FastaFile;
import org.costate.genomics.model.Labels.Site;
import org.costate.graph.Shape;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LabelsTest {
  /// Two untranslated bases, ATGG, an intron of 22 bases, CTAA, two untranslated bases.
  private static final String SENSE = "CCATGG" + "GTAAGTTTTTTTTTTTTTTTAG" + "CTAACC";

  private static Labels labels(String letters, Strand strand, Transcript... transcripts)
      throws IOException {
    var gene =
        new Gene(
            "g", "g", "c", strand, new Interval(0, letters.length()), true, List.of(transcripts));
    return new Labels(
        Genome.of(Map.of("c", Bases.of(letters))),
        new Annotation(List.of(gene), Map.of(), Map.of()));
  }

  private static final Transcript FORWARD =
      new Transcript(
          "t",
          List.of(new Interval(0, 6), new Interval(28, 34)),
          List.of(new Interval(2, 6), new Interval(28, 30)));

  @Test
  void statesFollowTheReadingFrameThroughAnIntron() throws IOException {
    int[] states = labels(SENSE, Strand.FORWARD, FORWARD).states("c", Strand.FORWARD, -2, 36);
    assertThat(states[0]).isEqualTo(UNTRANSLATED);
    assertThat(java.util.Arrays.copyOfRange(states, 2, 10))
        .containsExactly(
            UNTRANSLATED,
            UNTRANSLATED,
            codon(0),
            codon(1),
            codon(2),
            codon(0),
            within(DONOR, codon(0)),
            within(INTRON, codon(0)));
    assertThat(java.util.Arrays.copyOfRange(states, 28, 34))
        .containsExactly(
            within(INTRON, codon(0)),
            within(ACCEPTOR, codon(0)),
            codon(1),
            codon(2),
            UNTRANSLATED,
            UNTRANSLATED);
  }

  @Test
  void theReverseStrandIsTheMirror() throws IOException {
    String mirrored = new String(Bases.reverseComplement(Bases.of(SENSE)));
    var transcript =
        new Transcript(
            "t",
            List.of(new Interval(0, 6), new Interval(28, 34)),
            List.of(new Interval(4, 6), new Interval(28, 32)));
    Labels reverse = labels(mirrored, Strand.REVERSE, transcript);
    Labels forward = labels(SENSE, Strand.FORWARD, FORWARD);
    assertThat(reverse.states("c", Strand.REVERSE, 0, 34))
        .isEqualTo(forward.states("c", Strand.FORWARD, 0, 34));
    assertThat(forward.sites("c", Strand.FORWARD, Site.DONOR)).containsExactly(6);
    assertThat(forward.sites("c", Strand.FORWARD, Site.ACCEPTOR)).containsExactly(27);
    assertThat(reverse.sites("c", Strand.REVERSE, Site.DONOR)).containsExactly(27);
    assertThat(reverse.sites("c", Strand.REVERSE, Site.ACCEPTOR)).containsExactly(6);
    assertThat(reverse.sites("c", Strand.FORWARD, Site.DONOR)).isEmpty();
  }

  @Test
  void transcriptsAreJoined() throws IOException {
    var retained = new Transcript("u", List.of(new Interval(0, 34)), List.of());
    int[] states =
        labels(SENSE, Strand.FORWARD, FORWARD, retained).states("c", Strand.FORWARD, 0, 34);
    assertThat(states[6]).isEqualTo(within(DONOR, codon(0)) | UNTRANSLATED);
  }

  @Test
  void intronsThatDoNotCountLeaveEverythingOpen() throws IOException {
    String odd = SENSE.replace("GTAAGT", "CTAAGT");
    Labels labels = labels(odd, Strand.FORWARD, FORWARD);
    assertThat(labels.states("c", Strand.FORWARD, 6, 28)).containsOnly(ANY);
    assertThat(labels.sites("c", Strand.FORWARD, Site.DONOR)).isEmpty();
    assertThat(labels.notes()).containsKey("dropped: introns that are not GT–AG or GC–AG");
    var tiny = new Transcript("t", List.of(new Interval(0, 10), new Interval(13, 34)), List.of());
    Labels shifted = labels(SENSE, Strand.FORWARD, tiny);
    assertThat(shifted.states("c", Strand.FORWARD, 9, 14))
        .containsExactly(UNTRANSLATED, ANY, ANY, ANY, UNTRANSLATED);
    assertThat(shifted.notes()).containsKey("dropped: introns shorter than 20 bases");
  }

  /// One exon, whose bases 6 … 27 RNA shows as an intron.
  private static Labels seen(Strand strand, double count, double reads) throws IOException {
    boolean forward = strand == Strand.FORWARD;
    byte[] sense = Bases.of(SENSE);
    var gene =
        new Gene(
            "g",
            "g",
            "c",
            strand,
            new Interval(0, 34),
            true,
            List.of(new Transcript("t", List.of(new Interval(0, 34)), List.of())));
    var introns =
        Map.of(
            new Annotation.SeenIntron("c", strand, new Interval(6, 28)),
            count,
            new Annotation.SeenIntron("c", strand, new Interval(5, 28)),
            90.0);
    return new Labels(
        Genome.of(Map.of("c", forward ? sense : Bases.reverseComplement(sense))),
        new Annotation(List.of(gene), introns, Map.of()),
        reads);
  }

  @Test
  void whatOnlyRnaShowsIsLeftOpen() throws IOException {
    int[] states = seen(Strand.FORWARD, 9, 5).states("c", Strand.FORWARD, 5, 29);
    assertThat(states[0]).isEqualTo(UNTRANSLATED);
    assertThat(states[1]).isEqualTo(UNTRANSLATED | DONOR);
    assertThat(states[2]).isEqualTo(UNTRANSLATED | INTRON);
    assertThat(states[22]).isEqualTo(UNTRANSLATED | ACCEPTOR);
    Labels alone = seen(Strand.FORWARD, 9, Double.POSITIVE_INFINITY);
    assertThat(alone.states("c", Strand.FORWARD, 5, 29)).containsOnly(UNTRANSLATED);
    assertThat(alone.support("c", Strand.FORWARD, 5, 29)).containsOnly(0.5);
    assertThat(seen(Strand.FORWARD, 9, 5).sites("c", Strand.FORWARD, Site.DONOR)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void readsWeighAgainstTheAnnotation(Strand strand) throws IOException {
    Labels labels = seen(strand, 36, 4);
    double[] support = labels.support("c", strand, -2, 36);
    double[] expected = new double[38];
    java.util.Arrays.fill(expected, 0.5);
    // √36 : √4 = 3 : 1 at either end.
    expected[strand == Strand.FORWARD ? 8 : 35 - 27] = 0.75;
    expected[strand == Strand.FORWARD ? 29 : 35 - 6] = 0.75;
    assertThat(support).containsExactly(expected);
    // Of the labelled paths, those with the intron weigh 36 : 4 of what the grammar gives them.
    var bases = Bases.of(SENSE);
    int[] sets = labels.states("c", strand, 0, 34);
    double both = weight(bases, sets, labels.support("c", strand, 0, 34));
    double[] silent = new double[34];
    java.util.Arrays.fill(silent, 0.5);
    int[] annotated = new int[34];
    java.util.Arrays.fill(annotated, UNTRANSLATED);
    double exon = weight(bases, annotated, silent);
    double intron = weight(bases, sets, silent) - exon;
    assertThat(both).isCloseTo(intron + exon * 4 / 36, within(1e-3 * both));
  }

  /// The probability of labels under the grammar with equal scores.
  private static double weight(byte[] bases, int[] sets, double[] support) {
    Unroll unroll = Unroll.of(GeneStructure.labelled(), Precision.DOUBLE, Set.of());
    double[][] score = new double[sets.length][GeneStructure.CLASSES];
    double[][] first = new double[sets.length][1];
    first[0][0] = 1;
    for (double[] row : score) {
      java.util.Arrays.fill(row, 1);
    }
    var inputs =
        Sequences.of(1, sets.length)
            .with("score", new Series(Shape.of(GeneStructure.CLASSES), 1, score))
            .with("first", new Series(Shape.SCALAR, 1, first))
            .with(
                "allowed",
                TrainingWindow.allowed(List.of(new TrainingWindow(bases, sets, support))));
    return Math.exp(
        -unroll
            .evaluate(Parameters.initialise(unroll.layout(), 1), unroll.zeroState(1), inputs)
            .sum("loss"));
  }

  @Test
  void aFrameThatCannotBeKnownIsLeftOpen() throws IOException {
    var cut = new Transcript("t", List.of(new Interval(0, 34)), List.of(new Interval(2, 6)));
    int[] states = labels(SENSE, Strand.FORWARD, cut).states("c", Strand.FORWARD, 0, 34);
    assertThat(states[3]).isEqualTo(EXON & ~UNTRANSLATED);
  }

  @Test
  void anAnnotationOfAnotherAssemblyIsRefused() {
    var far = new Transcript("t", List.of(new Interval(0, 99)), List.of());
    assertThatThrownBy(
            () ->
                new Labels(
                    Genome.of(Map.of("c", Bases.of("ACGT"))),
                    new Annotation(
                        List.of(
                            new Gene(
                                "g",
                                "g",
                                "c",
                                Strand.FORWARD,
                                new Interval(0, 99),
                                true,
                                List.of(far))),
                        Map.of(),
                        Map.of())))
        .hasMessageContaining("is the annotation of another assembly?");
  }

  @Test
  void simulatedGenesObeyTheGrammar() throws IOException {
    SimulatedGenome simulated = SimulatedGenome.draw(3, 1, 20);
    var labels = new Labels(simulated.genome(), simulated.annotation());
    assertThat(labels.notes()).containsOnlyKeys("kept: introns");
    for (Strand strand : Strand.values()) {
      int length = simulated.genome().length("sim1");
      int[] states = labels.states("sim1", strand, 0, length);
      byte[] bases = simulated.genome().padded("sim1", strand, 0, length);
      for (int i = 0; i < length; i++) {
        if ((states[i] & DONOR) != 0) {
          assertThat(Bases.isPair(bases, i, "GT")).isTrue();
        }
        if ((states[i] & ACCEPTOR) != 0) {
          assertThat(Bases.isPair(bases, i - 1, "AG")).isTrue();
        }
        assertThat(Integer.bitCount(states[i])).isEqualTo(1);
      }
    }
  }

  @Test
  void fissionYeastHasItsIntrons() throws IOException {
    try (Genome genome = FastaFile.open(SharedData.genomics("spombe/spombe.train.fa.gz"))) {
      var annotation =
          AnnotationReader.read(SharedData.genomics("spombe/spombe.train.gff3.gz"))
              .named(genome.contigs().keySet(), Map.of());
      var labels = new Labels(genome, annotation);
      assertThat(labels.notes())
          .containsEntry("kept: introns", 4295)
          .containsEntry("dropped: introns shorter than 20 bases", 20);
      int donors = 0;
      for (Strand strand : Strand.values()) {
        donors += labels.sites("II", strand, Site.DONOR).size();
      }
      assertThat(donors).isEqualTo(1960);
    }
  }
}
