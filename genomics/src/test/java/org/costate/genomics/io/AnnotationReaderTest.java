package org.costate.genomics.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.costate.genomics.Annotation;
import org.costate.genomics.Gene;
import org.costate.genomics.Interval;
import org.costate.genomics.SharedData;
import org.costate.genomics.Strand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnnotationReaderTest {
  @TempDir Path folder;

  private Annotation read(String text) throws IOException {
    return AnnotationReader.read(
        Files.writeString(folder.resolve("genes"), text.replace("  ", "\t")));
  }

  @Test
  void readsGff3InAnyOrder() throws IOException {
    Annotation annotation =
        read(
            """
            ##gff-version 3
            c  x  CDS  15  20  .  +  0  Parent=t1,t1-Protein;
            c  x  exon  31  40  .  +  .  Parent=t1,t2
            c  x  exon  11  20  .  +  .  Parent=t1;
            c  x  CDS  31  33  .  +  0  Parent=t1
            c  x  exon  12  25  .  +  .  Parent=t2
            c  x  mRNA  11  40  .  +  .  ID=t1;Parent=g
            c  x  mRNA  12  40  .  +  .  ID=t2;Parent=g
            c  x  protein  15  33  .  +  .  ID=t1-Protein;Derives_from=t1
            c  x  gene  11  40  .  +  .  ID=g;Name=the gene
            c  x  intron  21  30  17  +  .  Name=RNASeq intron
            """);
    assertThat(annotation.genes()).hasSize(1);
    Gene gene = annotation.genes().getFirst();
    assertThat(gene.coding()).isTrue();
    assertThat(gene.name()).isEqualTo("the gene");
    assertThat(gene.body()).isEqualTo(new Interval(10, 40));
    assertThat(gene.transcripts()).hasSize(2);
    assertThat(gene.transcripts().getFirst().introns()).containsExactly(new Interval(20, 30));
    assertThat(gene.transcripts().getFirst().coding())
        .containsExactly(new Interval(14, 20), new Interval(30, 33));
    assertThat(annotation.supported())
        .containsOnly(
            Map.entry(new Annotation.SeenIntron("c", Strand.FORWARD, new Interval(20, 30)), 17.0));
  }

  @Test
  void readsGtf() throws IOException {
    Annotation annotation =
        read(
            """
            c  x  exon  11  20  .  -  .  gene_id "g1"; transcript_id "t1"; gene_name "abc";
            c  x  exon  31  40  .  -  .  gene_id "g1"; transcript_id "t1"; gene_name "abc";
            c  x  CDS  31  36  .  -  0  gene_id "g1"; transcript_id "t1";
            c  x  transcript  11  40  .  -  .  gene_id "g1"; transcript_id "t1";
            c  x  start_codon  34  36  .  -  0  gene_id "g1"; transcript_id "t1";
            c  x  gene  9  40  .  -  .  gene_id "g1";
            """);
    Gene gene = annotation.genes().getFirst();
    assertThat(gene.id()).isEqualTo("g1");
    assertThat(gene.name()).isEqualTo("abc");
    assertThat(gene.strand()).isEqualTo(Strand.REVERSE);
    assertThat(gene.body()).isEqualTo(new Interval(8, 40));
    assertThat(gene.coding()).isTrue();
  }

  @Test
  void exonsFromCodingAndUntranslatedParts() throws IOException {
    Annotation annotation =
        read(
            """
            c  x  gene  1  60  .  +  .  ID=g
            c  x  mRNA  1  60  .  +  .  ID=t;Parent=g
            c  x  five_prime_UTR  1  10  .  +  .  Parent=t
            c  x  CDS  11  20  .  +  0  Parent=t
            c  x  CDS  41  60  .  +  0  Parent=t
            """);
    assertThat(annotation.genes().getFirst().transcripts().getFirst().exons())
        .containsExactly(new Interval(0, 20), new Interval(40, 60));
    assertThat(annotation.notes().toString()).contains("repaired: transcripts without exon lines");
  }

  @Test
  void genesWithoutMessengerRnaDoNotCode() throws IOException {
    Annotation annotation =
        read(
            """
            c  x  gene  1  60  .  +  .  ID=g
            c  x  ncRNA  1  60  .  +  .  ID=t;Parent=g
            c  x  CDS  11  20  .  +  0  Parent=t
            c  x  gene  101  160  .  +  .  ID=h
            c  x  mRNA  101  160  .  +  .  ID=u;Parent=h
            c  x  CDS  111  120  .  +  0  Parent=u
            """);
    assertThat(annotation.genes()).extracting(Gene::coding).containsExactly(false, true);
  }

  @Test
  void namesAreMatchedAndWhatIsNotIsReported() throws IOException {
    Annotation annotation =
        read("""
        chr1  x  exon  1  20  .  +  .  Parent=a
        mitochondrial  x  exon  1  20  .  +  .  Parent=b
        odd  x  exon  1  20  .  +  .  Parent=c
        other  x  exon  1  20  .  +  .  Parent=d
        """)
            .named(Set.of("1", "MT", "2", "renamed"), Map.of("other", "renamed"));
    assertThat(annotation.contigs()).containsExactlyInAnyOrder("1", "MT", "renamed");
    assertThat(annotation.notes().keySet())
        .contains(
            "renamed: contig 'chr1' to '1'",
            "dropped: genes on 'odd', which the genome lacks",
            "no genes: contig '2' of the genome");
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> read("c  x  gene  1  60  .  +  .  ID=g\n"))
        .hasMessageContaining("has no transcripts");
    assertThatThrownBy(() -> read(">chr1\nACGT\n")).hasMessageContaining("is a FASTA file");
    assertThatThrownBy(() -> read("")).hasMessageContaining("has no transcripts");
  }

  @ParameterizedTest
  @CsvSource({
    "spombe/spombe.train, 4200, 4316",
    "slices-1pct/celegans.train, 129, 698",
    "slices-1pct/athaliana.train, 267, 1138",
    "slices-1pct/dmelanogaster.train, 36, 249"
  })
  void countsOfRealGenomes(String name, int genes, int introns) throws IOException {
    Set<String> contigs;
    try (var genome = FastaFile.open(SharedData.genomics(name + ".fa.gz"))) {
      contigs = new HashSet<>(genome.contigs().keySet());
    }
    Annotation annotation =
        AnnotationReader.read(SharedData.genomics(name + ".gff3.gz")).named(contigs, Map.of());
    boolean pombe = name.startsWith("spombe");
    var distinct = new HashSet<String>();
    int coding = 0;
    for (Gene gene : annotation.genes()) {
      boolean counted = gene.coding() && (!pombe || gene.contig().matches("I+"));
      coding += counted ? 1 : 0;
      if (counted) {
        gene.transcripts()
            .forEach(
                t ->
                    t.introns()
                        .forEach(i -> distinct.add(gene.contig() + gene.strand().symbol() + i)));
      }
    }
    assertThat(coding).isCloseTo(genes, org.assertj.core.data.Offset.offset(pombe ? 20 : 0));
    assertThat(distinct.size())
        .isCloseTo(introns, org.assertj.core.data.Offset.offset(pombe ? 0 : 2));
  }
}
