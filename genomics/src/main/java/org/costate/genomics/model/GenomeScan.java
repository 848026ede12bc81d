package org.costate.genomics.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;

/// Scores contigs tile by tile, on both strands, so that memory does not depend on their length.
/// Tiles begin at multiples of a fixed length, so a base has the same score however much is read at
/// once.
public final class GenomeScan {
  /// The bases of a tile.
  public static final int TILE = 2048;

  /// Tiles are scored in batches of this many, filled up with unknown bases: in single precision
  /// the last digits of a network depend on the size of its batch, and scores should not.
  private static final int LANES = 16;

  /// A tile of a strand.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @param place the bases on the forward strand
  public record Tile(String contig, Strand strand, Interval place) {}

  /// Who is given the scores.
  @FunctionalInterface
  public interface Receiver {
    /// Takes the scores of a tile.
    ///
    /// @param tile the tile
    /// @param scores scores in the order of the forward strand
    /// @throws IOException if they cannot be written
    void take(Tile tile, SiteScorer.SiteScores scores) throws IOException;
  }

  private final Genome genome;
  private final SiteScorer scorer;

  /// A scan to be.
  ///
  /// @param genome the genome
  /// @param scorer what scores it
  public GenomeScan(Genome genome, SiteScorer scorer) {
    this.genome = genome;
    this.scorer = scorer;
  }

  /// Scores tiles in the order of the contigs, of their bases, and of the strands.
  ///
  /// @param contigs the contigs
  /// @param wanted which tiles to score
  /// @param receiver who is given the scores
  /// @throws IOException if the genome cannot be read or the receiver fails
  public void run(Collection<String> contigs, Predicate<Tile> wanted, Receiver receiver)
      throws IOException {
    var tiles = new ArrayList<Tile>();
    for (String contig : contigs) {
      int length = genome.length(contig);
      for (int start = 0; start < length; start += TILE) {
        for (Strand strand : Strand.values()) {
          var tile = new Tile(contig, strand, new Interval(start, Math.min(length, start + TILE)));
          if (wanted.test(tile)) {
            tiles.add(tile);
          }
          if (tiles.size() == LANES) {
            score(tiles, receiver);
            tiles.clear();
          }
        }
      }
    }
    if (!tiles.isEmpty()) {
      score(tiles, receiver);
    }
  }

  private void score(List<Tile> tiles, Receiver receiver) throws IOException {
    var stretches = new ArrayList<byte[]>();
    var known = new ArrayList<Tile>();
    int context = scorer.context();
    for (Tile tile : tiles) {
      int start = tile.place().start();
      byte[] bases =
          genome.padded(tile.contig(), tile.strand(), start - context, start + TILE + context);
      if (anyKnown(bases)) {
        stretches.add(bases);
        known.add(tile);
      }
    }
    while (!stretches.isEmpty() && stretches.size() < LANES) {
      stretches.add(Bases.unknown(TILE + 2 * context));
    }
    List<SiteScorer.SiteScores> scores = stretches.isEmpty() ? List.of() : scorer.score(stretches);
    int at = 0;
    for (Tile tile : tiles) {
      boolean scored = at < known.size() && known.get(at) == tile;
      receiver.take(tile, scored ? forward(tile, scores.get(at)) : nothing(tile.place().length()));
      at += scored ? 1 : 0;
    }
  }

  private static boolean anyKnown(byte[] bases) {
    for (byte base : bases) {
      if (base != 'N') {
        return true;
      }
    }
    return false;
  }

  private static SiteScorer.SiteScores nothing(int length) {
    return new SiteScorer.SiteScores(new float[length], new float[length]);
  }

  /// The bases of a tile that the contig has, in the order of the forward strand.
  private static SiteScorer.SiteScores forward(Tile tile, SiteScorer.SiteScores scores) {
    return new SiteScorer.SiteScores(
        forward(tile, scores.donor()), forward(tile, scores.acceptor()));
  }

  private static float[] forward(Tile tile, float[] scores) {
    int length = tile.place().length();
    float[] ordered = new float[length];
    for (int i = 0; i < length; i++) {
      ordered[i] = scores[tile.strand() == Strand.FORWARD ? i : scores.length - 1 - i];
    }
    return ordered;
  }
}
