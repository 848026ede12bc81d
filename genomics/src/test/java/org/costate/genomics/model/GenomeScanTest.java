package org.costate.genomics.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;
import org.costate.genomics.Strand;
import org.junit.jupiter.api.Test;

/// Every base of every contig is scored once on each strand, at its own place.
class GenomeScanTest {
  private static final int CONTEXT = 3;

  /// Donors are bases that begin GTC, acceptors those that end CAG.
  private static final SiteScorer MOTIFS =
      new SiteScorer() {
        @Override
        public int context() {
          return CONTEXT;
        }

        @Override
        public List<SiteScores> score(List<byte[]> stretches) {
          var all = new ArrayList<SiteScores>();
          for (byte[] bases : stretches) {
            int length = bases.length - 2 * CONTEXT;
            float[] donor = new float[length];
            float[] acceptor = new float[length];
            for (int i = 0; i < length; i++) {
              int at = i + CONTEXT;
              donor[i] = bases[at + 2] == 'C' && Bases.isPair(bases, at, "GT") ? 1 : 0;
              acceptor[i] = bases[at - 2] == 'C' && Bases.isPair(bases, at - 1, "AG") ? 1 : 0;
            }
            all.add(new SiteScores(donor, acceptor));
          }
          return all;
        }
      };

  private static String random(Random random, int length) {
    var letters = new StringBuilder();
    for (int i = 0; i < length; i++) {
      letters.append("ACGT".charAt(random.nextInt(4)));
    }
    return letters.toString();
  }

  @Test
  void everySiteIsWhereItIs() throws IOException {
    var random = new Random(1);
    var contigs = new LinkedHashMap<String, String>();
    contigs.put("short", random(random, 100));
    // Unknown tiles before, between and behind known ones.
    contigs.put(
        "gaps",
        "N".repeat(2 * GenomeScan.TILE)
            + random(random, GenomeScan.TILE + 700)
            + "N".repeat(3 * GenomeScan.TILE)
            + random(random, 5));
    contigs.put("exact", random(random, GenomeScan.TILE));
    contigs.put("long", random(random, 21 * GenomeScan.TILE + 1));
    var bytes = new LinkedHashMap<String, byte[]>();
    contigs.forEach((name, letters) -> bytes.put(name, Bases.of(letters)));
    Genome genome = Genome.of(bytes);
    Set<String> found = new HashSet<>();
    var scored = new LinkedHashMap<String, Integer>();
    new GenomeScan(genome, MOTIFS)
        .run(
            contigs.keySet(),
            _ -> true,
            (tile, scores) -> {
              scored.merge(
                  tile.contig() + tile.strand().symbol(), tile.place().length(), Integer::sum);
              assertThat(scores.donor()).hasSize(tile.place().length());
              for (int i = 0; i < tile.place().length(); i++) {
                String at = tile.contig() + tile.strand().symbol() + (tile.place().start() + i);
                if (scores.donor()[i] > 0) {
                  assertThat(found.add("donor " + at)).isTrue();
                }
                if (scores.acceptor()[i] > 0) {
                  assertThat(found.add("acceptor " + at)).isTrue();
                }
              }
            });
    Set<String> expected = new HashSet<>();
    contigs.forEach(
        (name, letters) -> {
          for (Strand strand : Strand.values()) {
            boolean forward = strand == Strand.FORWARD;
            assertThat(scored).containsEntry(name + strand.symbol(), letters.length());
            String own =
                forward
                    ? letters
                    : new String(
                        Bases.reverseComplement(Bases.of(letters)),
                        java.nio.charset.StandardCharsets.US_ASCII);
            for (Map.Entry<String, String> motif :
                Map.of("donor ", "GTC", "acceptor ", "CAG").entrySet()) {
              int at = own.indexOf(motif.getValue());
              while (at >= 0) {
                int base = at + (motif.getKey().equals("donor ") ? 0 : 2);
                expected.add(
                    motif.getKey()
                        + name
                        + strand.symbol()
                        + (forward ? base : own.length() - 1 - base));
                at = own.indexOf(motif.getValue(), at + 1);
              }
            }
          }
        });
    assertThat(found).isEqualTo(expected).hasSizeGreaterThan(1000);
  }
}
