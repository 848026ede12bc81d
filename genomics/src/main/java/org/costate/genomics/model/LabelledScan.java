package org.costate.genomics.model;

import java.io.IOException;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.NavigableSet;
import org.costate.genomics.Bases;
import org.costate.genomics.Strand;
import org.costate.genomics.model.Labels.Site;

/// Scores every base of the bodies of coding genes on the transcribed strand, beside the truth.
public final class LabelledScan {
  /// Who is given the bases.
  @FunctionalInterface
  public interface Receiver {
    /// Takes the score of one base as one kind of site.
    ///
    /// @param scored the base with its score
    void take(ScoredBase scored);
  }

  /// A base, its score and the truth.
  ///
  /// @param site as what kind of site it was scored
  /// @param strand the transcribed strand
  /// @param position the base on the forward strand, from 0
  /// @param score the score
  /// @param isSite whether it is a true site
  /// @param isCandidate whether GT or GC begins there (donors), or AG ends there (acceptors)
  public record ScoredBase(
      Site site, Strand strand, int position, float score, boolean isSite, boolean isCandidate) {}

  private LabelledScan() {}

  /// Scores a contig.
  ///
  /// @param scorer the scorer
  /// @param labels the truth
  /// @param contig the contig
  /// @param receiver who is given the bases
  /// @throws IOException if the genome cannot be read
  public static void run(SiteScorer scorer, Labels labels, String contig, Receiver receiver)
      throws IOException {
    var bodies = new EnumMap<Strand, BitSet>(Strand.class);
    for (Strand strand : Strand.values()) {
      var bits = new BitSet();
      labels.bodies(contig, strand).forEach(body -> bits.set(body.start(), body.end()));
      bodies.put(strand, bits);
    }
    new GenomeScan(labels.genome(), scorer)
        .run(
            List.of(contig),
            tile -> {
              int first = bodies.get(tile.strand()).nextSetBit(tile.place().start());
              return first >= 0 && first < tile.place().end();
            },
            (tile, scores) -> {
              BitSet inside = bodies.get(tile.strand());
              int start = tile.place().start();
              byte[] bases =
                  labels.genome().padded(contig, Strand.FORWARD, start - 1, tile.place().end() + 1);
              for (Site site : Site.values()) {
                NavigableSet<Integer> truth = labels.sites(contig, tile.strand(), site);
                float[] values = scores.of(site);
                for (int i = 0; i < values.length; i++) {
                  if (inside.get(start + i)) {
                    receiver.take(
                        new ScoredBase(
                            site,
                            tile.strand(),
                            start + i,
                            values[i],
                            truth.contains(start + i),
                            isCandidate(bases, i + 1, tile.strand(), site)));
                  }
                }
              }
            });
  }

  /// Whether GT or GC begins at a base, or AG ends there, on a strand.
  private static boolean isCandidate(byte[] forward, int at, Strand strand, Site site) {
    if (strand == Strand.FORWARD) {
      return isCandidate(forward, at, site);
    }
    return site == Site.DONOR
        ? Bases.isPair(forward, at - 1, "AC") || Bases.isPair(forward, at - 1, "GC")
        : Bases.isPair(forward, at, "CT");
  }

  /// Whether a site could be at a base: GT or GC begins there (donors), or AG ends there
  /// (acceptors).
  ///
  /// @param bases letters in the direction of the strand
  /// @param at the base
  /// @param site the kind of site
  /// @return whether it is a candidate
  public static boolean isCandidate(byte[] bases, int at, Site site) {
    return site == Site.DONOR
        ? Bases.isPair(bases, at, "GT") || Bases.isPair(bases, at, "GC")
        : Bases.isPair(bases, at - 1, "AG");
  }
}
