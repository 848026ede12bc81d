package org.costate.genomics.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.model.GenomeScan;
import org.costate.genomics.model.SiteScorer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteWriterTest {
  @TempDir Path folder;

  private List<String> written(SiteWriter.Format format) throws IOException {
    Path file = folder.resolve("out");
    try (var writer = new SiteWriter(file, format, 0.2, "a test")) {
      var place = new Interval(10, 13);
      writer.take(
          new GenomeScan.Tile("c", Strand.FORWARD, place),
          new SiteScorer.SiteScores(new float[] {0, 0.5f, 0.1f}, new float[] {0, 0, 0.25f}));
      writer.take(
          new GenomeScan.Tile("c", Strand.REVERSE, place),
          new SiteScorer.SiteScores(new float[] {1, 0, 0}, new float[3]));
      assertThat(writer.written()).isEqualTo(3);
    }
    assertThat(Files.readString(file)).contains("donor = first base of the intron");
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
    return Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).toList();
  }

  @Test
  void bed() throws IOException {
    assertThat(written(SiteWriter.Format.BED))
        .containsExactly(
            "c\t10\t11\tdonor\t1000\t-\t1.000000",
            "c\t11\t12\tdonor\t500\t+\t0.500000",
            "c\t12\t13\tacceptor\t250\t+\t0.250000");
  }

  @Test
  void gff3() throws IOException {
    assertThat(written(SiteWriter.Format.GFF3))
        .containsExactly(
            "c\tcostate\tfive_prime_cis_splice_site\t11\t11\t1.000000\t-\t."
                + "\tID=donor_c_11_minus;Name=donor",
            "c\tcostate\tfive_prime_cis_splice_site\t12\t12\t0.500000\t+\t."
                + "\tID=donor_c_12_plus;Name=donor",
            "c\tcostate\tthree_prime_cis_splice_site\t13\t13\t0.250000\t+\t."
                + "\tID=acceptor_c_13_plus;Name=acceptor");
  }

  @Test
  void bedGraphHasFourTracks() throws IOException {
    List<String> lines = written(SiteWriter.Format.BEDGRAPH);
    assertThat(lines).filteredOn(line -> line.startsWith("track")).hasSize(4);
    assertThat(lines.get(1)).isEqualTo("c\t11\t12\t0.50000");
  }

  @Test
  void theEndingSaysTheFormat() {
    assertThat(SiteWriter.of(Path.of("a.bedGraph"))).isEqualTo(SiteWriter.Format.BEDGRAPH);
    assertThat(SiteWriter.of(Path.of("a.gff3"))).isEqualTo(SiteWriter.Format.GFF3);
    assertThatThrownBy(() -> SiteWriter.of(Path.of("a.txt"))).hasMessageContaining(".bed");
  }
}
