package org.costate.genomics.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import htsjdk.samtools.util.BlockCompressedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.costate.genomics.Genome;
import org.costate.genomics.SharedData;
import org.costate.genomics.Strand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FastaFileTest {
  private static final String TEXT = ">a first\nACGTac\r\ngtNN\r\n\n>b\nRYK\rTTT\n>empty\n";

  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static String bases(Genome genome, String contig, int start, int end) throws IOException {
    return new String(genome.bases(contig, start, end), StandardCharsets.US_ASCII);
  }

  private static void check(Path file) throws IOException {
    try (Genome genome = FastaFile.open(file)) {
      assertThat(genome.contigs().toString()).isEqualTo("{a=10, b=6, empty=0}");
      assertThat(bases(genome, "a", 0, 10)).isEqualTo("ACGTACGTNN");
      assertThat(bases(genome, "b", 1, 5)).isEqualTo("YKTT");
      assertThat(new String(genome.padded("b", Strand.REVERSE, -2, 7), StandardCharsets.US_ASCII))
          .isEqualTo("NAAAMRYNN");
    }
  }

  @Test
  void readsAnyLineEndsWithoutIndex() throws IOException {
    check(file("plain.fa", TEXT));
  }

  @Test
  void readsGzipAndBgzipWithoutIndex() throws IOException {
    Path gzip = folder.resolve("packed.fa.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(TEXT.getBytes(StandardCharsets.US_ASCII));
    }
    check(gzip);
    Path bgzip = folder.resolve("blocks.fa.gz");
    try (OutputStream out = new BlockCompressedOutputStream(bgzip.toFile())) {
      out.write(TEXT.getBytes(StandardCharsets.US_ASCII));
    }
    check(bgzip);
  }

  @Test
  void readsAPlainFileByItsIndex() throws IOException {
    Path file = file("indexed.fa", ">a\nACGTA\nCG\n>b\nTT\n");
    file("indexed.fa.fai", "a\t7\t3\t5\t6\nb\t2\t15\t5\t6\n");
    try (Genome genome = FastaFile.open(file)) {
      assertThat(bases(genome, "a", 3, 7)).isEqualTo("TACG");
      assertThat(bases(genome, "b", 0, 2)).isEqualTo("TT");
      assertThatThrownBy(() -> genome.bases("a", 5, 9)).hasMessageContaining("which has 7");
      assertThatThrownBy(() -> genome.bases("c", 0, 1)).hasMessageContaining("it has a, b");
    }
  }

  @Test
  void anIndexedAndAnUnpackedGenomeAreEqual() throws IOException {
    Path indexed = SharedData.genomics("slices-1pct/athaliana.train.fa.gz");
    Path copy = Files.copy(indexed, folder.resolve("copy.fa.gz"));
    try (Genome a = FastaFile.open(indexed);
        Genome b = FastaFile.open(copy)) {
      assertThat(b.contigs()).isEqualTo(a.contigs());
      assertThat(a.contigs().get("Chr1")).isEqualTo(304_276);
      for (var contig : a.contigs().entrySet()) {
        assertThat(b.bases(contig.getKey(), 0, contig.getValue()))
            .isEqualTo(a.bases(contig.getKey(), 0, contig.getValue()));
      }
    }
  }

  @Test
  void softMaskedLettersAreBases() throws IOException {
    try (Genome genome =
        FastaFile.open(SharedData.genomics("human-chr19/hg19.chr19_1-1500000.fa.gz"))) {
      byte[] start = genome.bases("chr19", 0, 60_010);
      for (int i = 0; i < 60_000; i++) {
        assertThat(start[i]).isEqualTo((byte) 'N');
      }
      assertThat("ACGT".indexOf(start[60_000])).isNotNegative();
    }
  }

  @Test
  void saysWhatIsWrongInOneSentence() throws IOException {
    assertThatThrownBy(() -> FastaFile.open(file("protein.fa", ">p\nMKVLE\n")))
        .hasMessageContaining("line 2")
        .hasMessageContaining("is this a protein?");
    assertThatThrownBy(() -> FastaFile.open(file("text.fa", "hello\n")))
        .hasMessageContaining("does not begin with '>'");
    assertThatThrownBy(() -> FastaFile.open(file("none.fa", "")))
        .hasMessageContaining("has no sequences");
    assertThatThrownBy(() -> FastaFile.open(file("twice.fa", ">a\nA\n>a\nC\n")))
        .hasMessageContaining("two sequences are called 'a'");
    assertThatThrownBy(() -> FastaFile.open(folder.resolve("absent.fa")))
        .hasMessageContaining("no such file");
    Path cut = folder.resolve("cut.fa.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(cut))) {
      out.write((">a\n" + "ACGGT".repeat(20_000)).getBytes(StandardCharsets.US_ASCII));
    }
    byte[] whole = Files.readAllBytes(cut);
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> FastaFile.open(cut)).hasMessageContaining("cut off or damaged");
    file("wrong.fa", ">a\nACGT\n");
    file("wrong.fa.fai", "nonsense\n");
    assertThatThrownBy(() -> FastaFile.open(folder.resolve("wrong.fa")))
        .hasMessageContaining("its index cannot be used");
  }

  @Test
  void oneLongLineIsReadInPieces() throws IOException {
    Path file = folder.resolve("line.fa");
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(">a\n".getBytes(StandardCharsets.US_ASCII));
      byte[] block = "ACGTTGCA".repeat(1 << 15).getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < 100; i++) {
        out.write(block);
      }
    }
    try (Genome genome = FastaFile.open(file)) {
      assertThat(genome.length("a")).isEqualTo(100 << 18);
      assertThat(bases(genome, "a", (99 << 18) + 8, (99 << 18) + 16)).isEqualTo("ACGTTGCA");
    }
  }
}
