package org.costate.genomics.variant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import htsjdk.samtools.util.BlockCompressedInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.costate.genomics.Bases;
import org.costate.genomics.Gene;
import org.costate.genomics.Genome;
import org.costate.genomics.Interval;
import org.costate.genomics.SharedData;
import org.costate.genomics.Strand;
import org.costate.genomics.Transcript;
import org.costate.genomics.io.AnnotationReader;
import org.costate.genomics.io.FastaFile;
import org.costate.genomics.model.SiteScorer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VariantScorerTest {
  @TempDir Path folder;

  /// Every GT is a donor with probability 0.9 if A follows, else 0.3; every AG an acceptor with
  /// 0.8.
  private static final SiteScorer RULE =
      new SiteScorer() {
        @Override
        public int context() {
          return 3;
        }

        @Override
        public List<SiteScores> score(List<byte[]> stretches) {
          var all = new ArrayList<SiteScores>();
          for (byte[] bases : stretches) {
            int length = bases.length - 6;
            var scores = new SiteScores(new float[length], new float[length]);
            for (int i = 0; i < length; i++) {
              if (Bases.isPair(bases, i + 3, "GT")) {
                scores.donor()[i] = bases[i + 5] == 'A' ? 0.9f : 0.3f;
              }
              if (Bases.isPair(bases, i + 2, "AG")) {
                scores.acceptor()[i] = 0.8f;
              }
            }
            all.add(scores);
          }
          return all;
        }
      };

  private static final String LETTERS = "CCCCCCCCCCGTACCCCCCCCAGCCCCCCCC";

  private static DeltaScore score(
      String letters, Strand strand, int position, String from, String to) throws IOException {
    Genome genome = Genome.of(Map.of("c", Bases.of(letters)));
    var variant = new Variant("c", position, Bases.of(from), Bases.of(to));
    return new VariantScorer(genome, RULE, 15)
        .score(List.of(new VariantScorer.Query(variant, strand)))
        .getFirst();
  }

  @Test
  void aSubstitutionLosesADonor() throws IOException {
    DeltaScore score = score(LETTERS, Strand.FORWARD, 12, "A", "C");
    assertThat(score.donorLoss()).isCloseTo(0.6, within(1e-6));
    assertThat(score.donorLossAt()).isEqualTo(-2);
    assertThat(score.donorGain()).isZero();
    assertThat(score.acceptorLoss()).isZero();
  }

  @Test
  void theReverseStrandCountsAlongTheForwardOne() throws IOException {
    String mirrored = new String(Bases.reverseComplement(Bases.of(LETTERS)));
    int position = LETTERS.length() - 1 - 12;
    DeltaScore score = score(mirrored, Strand.REVERSE, position, "T", "G");
    assertThat(score.donorLoss()).isCloseTo(0.6, within(1e-6));
    assertThat(score.donorLossAt()).isEqualTo(2);
  }

  @Test
  void sitesBeyondADeletionAreComparedWithThemselves() throws IOException {
    DeltaScore score = score(LETTERS, Strand.FORWARD, 14, "CCCC", "C");
    assertThat(score.largest()).isZero();
    DeltaScore lost = score(LETTERS, Strand.FORWARD, 9, "CGT", "C");
    assertThat(lost.donorLoss()).isCloseTo(0.9, within(1e-6));
    assertThat(lost.donorLossAt()).isEqualTo(1);
    assertThat(lost.acceptorLoss()).isZero();
  }

  @Test
  void insertedSitesCountAtTheBaseBefore() throws IOException {
    DeltaScore score = score(LETTERS, Strand.FORWARD, 16, "C", "CCGTAC");
    assertThat(score.donorGain()).isCloseTo(0.9, within(1e-6));
    assertThat(score.donorGainAt()).isZero();
    assertThat(score.acceptorLoss()).isZero();
    assertThat(score.acceptorGain()).isZero();
  }

  @Test
  void recordsAreKeptAndReasonsGiven() throws IOException {
    Path vcf =
        Files.writeString(
            folder.resolve("in.vcf"),
            """
            ##fileformat=VCFv4.2
            #CHROM POS ID REF ALT QUAL FILTER INFO
            chrc 13 rs1 A C,G . PASS DP=4
            c 13 . C A . . .
            c 13 . A <DEL> . . .
            c 13 . A * . . .
            c 99 . A C . . .
            d 1 . A C . . .
            c 11 . GTA CCC . . .
            c 11 . GTA G . . .
            short 1
            """
                .replace(' ', '\t'));
    Path out = folder.resolve("out.vcf");
    Genome genome = Genome.of(Map.of("c", Bases.of(LETTERS)));
    Map<String, Integer> notes =
        new VcfScoring(genome, null, RULE, 10, Map.of()).run(vcf, out, _ -> {});
    List<String> lines = Files.readAllLines(out);
    assertThat(lines.get(1)).startsWith("##INFO=<ID=CostateSplice,");
    assertThat(lines.get(4))
        .isEqualTo(
            "chrc\t13\trs1\tA\tC,G\t.\tPASS\tDP=4;CostateSplice=C|+|0.00|0.00|0.00|0.60|0|0|0|-2,"
                + "C|-|0.00|0.00|0.00|0.90|0|0|0|1,G|+|0.00|0.00|0.00|0.60|0|0|0|-2,"
                + "G|-|0.00|0.00|0.00|0.90|0|0|0|1");
    assertThat(lines.get(5)).endsWith("=reference_allele_differs_from_the_genome_(A)");
    assertThat(lines.get(6)).endsWith("Skipped=no_alternative_allele_is_made_of_bases");
    assertThat(lines.get(7)).endsWith("Skipped=no_alternative_allele_is_made_of_bases");
    assertThat(lines.get(8)).endsWith("Skipped=beyond_the_end_of_the_contig");
    assertThat(lines.get(9)).endsWith("Skipped=contig_is_not_in_the_genome");
    assertThat(lines.get(10)).contains("CCC|+|.|.|.|.|.|.|.|.");
    assertThat(lines.get(11)).contains("G|+|0.00|0.00|0.00|0.90|0|0|0|0");
    assertThat(lines.get(12)).isEqualTo("short\t1");
    assertThat(notes).containsEntry("scored: alleles", 6);
    Path compressed = folder.resolve("scored.vcf.gz");
    new VcfScoring(genome, null, RULE, 10, Map.of()).run(vcf, compressed, _ -> {});
    assertThat(
            BlockCompressedInputStream.isValidFile(
                new BufferedInputStream(Files.newInputStream(compressed))))
        .isTrue();
    try (var bytes = new GZIPInputStream(Files.newInputStream(compressed))) {
      assertThat(bytes.readAllBytes()).isEqualTo(Files.readAllBytes(out));
    }
  }

  @Test
  void theRecordsThatOthersPassThroughArePassedThrough() throws IOException {
    Path input = SharedData.genomics("spliceai-fixtures/chr19_batch.input.vcf");
    Path out = folder.resolve("batch.vcf");
    try (Genome genome =
        FastaFile.open(SharedData.genomics("human-chr19/hg19.chr19_1-1500000.fa.gz"))) {
      var body = new Interval(1_228_400, 1_228_500);
      var gene =
          new Gene(
              "CBARP",
              "CBARP",
              "chr19",
              Strand.REVERSE,
              body,
              true,
              List.of(new Transcript("t", List.of(body), List.of())));
      var annotation = new org.costate.genomics.Annotation(List.of(gene), Map.of(), Map.of());
      new VcfScoring(genome, annotation, RULE, 50, Map.of()).run(input, out, _ -> {});
    }
    List<String> expected =
        Files.readAllLines(SharedData.genomics("spliceai-fixtures/chr19_batch.expected.vcf"))
            .stream()
            .filter(line -> !line.startsWith("#"))
            .toList();
    List<String> actual =
        Files.readAllLines(out).stream().filter(line -> !line.startsWith("#")).toList();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      boolean scored = actual.get(i).contains("CostateSplice=");
      assertThat(scored).as(expected.get(i)).isEqualTo(expected.get(i).contains("SpliceAI="));
      assertThat(actual.get(i).contains("CC|CBARP|.|."))
          .isEqualTo(expected.get(i).contains("CC|CBARP|.|."));
    }
  }

  @Test
  void scoresCanBeReadByOthers() throws IOException {
    // The shape of the field: ten parts, gain and loss positions relative to the variant.
    Path fixture = SharedData.genomics("spliceai-fixtures/example.expected.vcf");
    var parts = new HashMap<Integer, Integer>();
    for (String line : Files.readAllLines(fixture)) {
      if (!line.startsWith("#") && line.contains("SpliceAI=")) {
        for (String one : line.split("SpliceAI=")[1].split(",")) {
          parts.merge(one.split("\\|").length, 1, Integer::sum);
        }
      }
    }
    String ours = "A|g|" + score(LETTERS, Strand.FORWARD, 12, "A", "C").fields();
    assertThat(parts).containsOnlyKeys(ours.split("\\|").length);
  }

  @Test
  void aFileThatIsNoVcfLeavesNothingBehind() throws IOException {
    Path bad = Files.writeString(folder.resolve("bad.vcf"), "c\t1\t.\tA\tC\t.\t.\t.\n");
    Genome genome = Genome.of(Map.of("c", Bases.of(LETTERS)));
    assertThatThrownBy(
            () ->
                new VcfScoring(genome, null, RULE, 10, Map.of())
                    .run(bad, folder.resolve("out.vcf"), _ -> {}))
        .hasMessageContaining("is this a VCF file?");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(bad);
    }
  }

  @Test
  void genesOfARealAnnotationAreFound() throws IOException {
    var annotation =
        AnnotationReader.read(SharedData.genomics("spliceai-fixtures/chr10_TUBB8.refseq.gff3.gz"));
    assertThat(annotation.genes()).extracting(Gene::name).containsExactly("TUBB8");
    assertThat(annotation.genes().getFirst().transcripts().getFirst().introns()).hasSize(3);
  }
}
