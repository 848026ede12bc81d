package org.costate.genomics.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.costate.genomics.Gene;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenBankFileTest {
  private static final String TEXT =
      """
      LOCUS       TEST1                     80 bp    DNA     linear   PLN 01-JAN-2020
      DEFINITION  A test.
      ACCESSION   TEST1
      VERSION     TEST1.1
      FEATURES             Location/Qualifiers
           source          1..80
                           /organism="none"
           gene            3..60
                           /gene="abc"
           mRNA            join(3..20,41..60)
                           /gene="abc"
           CDS             join(6..20,41..52)
                           /gene="abc"
           CDS             complement(join(61..66,72..80))
                           /locus_tag="def"
      ORIGIN
              1 acgtacgtac gtacgtacgt gtaagtnnrn acgtacgtag acgtacgtac gtacgtacgt
             61 acgtacgtac gtacgtacgt
      //
      """;

  @TempDir Path folder;

  @Test
  void readsSequencesAndGenes() throws IOException {
    GenBankFile file = GenBankFile.read(Files.writeString(folder.resolve("a.gb"), TEXT));
    String contig = file.genome().contigs().keySet().iterator().next();
    assertThat(file.genome().length(contig)).isEqualTo(80);
    assertThat(new String(file.genome().bases(contig, 20, 30), StandardCharsets.US_ASCII))
        .isEqualTo("GTAAGTNNRN");
    assertThat(file.annotation().genes()).hasSize(2);
    Gene first = file.annotation().genes().getFirst();
    assertThat(first.name()).isEqualTo("abc");
    assertThat(first.coding()).isTrue();
    assertThat(first.transcripts().getFirst().introns()).containsExactly(new Interval(20, 40));
    assertThat(first.transcripts().getFirst().coding())
        .containsExactly(new Interval(5, 20), new Interval(40, 52));
    Gene second = file.annotation().genes().getLast();
    assertThat(second.strand()).isEqualTo(Strand.REVERSE);
    assertThat(second.body()).isEqualTo(new Interval(60, 80));
  }

  @Test
  void saysWhatIsWrong() throws IOException {
    Path text = Files.writeString(folder.resolve("b.gb"), "nothing of the kind\n");
    assertThatThrownBy(() -> GenBankFile.read(text)).hasMessageContaining("GenBank");
  }
}
