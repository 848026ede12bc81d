package org.costate.genomics.variant;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;
import org.costate.genomics.Strand;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteScorer;

/// Compares the sites of the genome with those after a variant, many variants at once.
///
/// Both sequences are scored; bases that a deletion removes have probability 0 after it, and
/// inserted bases count at the base before them with the largest of their probabilities.
public final class VariantScorer {
  /// What to score: a variant on a strand.
  ///
  /// @param variant the variant
  /// @param strand the transcribed strand
  public record Query(Variant variant, Strand strand) {}

  private static final int LANES = 32;

  /// Sequences are extended to a multiple of this, so that many have the same length.
  private static final int ROUNDING = 64;

  private final Genome genome;
  private final SiteScorer scorer;
  private final int distance;

  private record Stretch(byte[] bases, SiteScorer.SiteScores[] to, int at) {}

  /// A scorer of variants.
  ///
  /// @param genome the genome
  /// @param scorer what scores sequences
  /// @param distance how far from a variant sites are compared, in bases
  public VariantScorer(Genome genome, SiteScorer scorer, int distance) {
    if (distance < 1) {
      throw new IllegalArgumentException(
          "VariantScorer: the distance must be at least 1 base, got " + distance + ".");
    }
    this.genome = genome;
    this.scorer = scorer;
    this.distance = distance;
  }

  /// Scores variants.
  ///
  /// @param queries the variants with their strands; their references are letters of the genome
  /// @return a score for each
  /// @throws IOException if the genome cannot be read
  public List<DeltaScore> score(List<Query> queries) throws IOException {
    var references = new LinkedHashMap<String, SiteScorer.SiteScores[]>();
    var groups = new LinkedHashMap<Integer, List<Stretch>>();
    var pairs = new ArrayList<SiteScorer.SiteScores[][]>();
    for (Query query : queries) {
      Variant variant = query.variant;
      int room = Math.max(variant.reference().length, variant.alternative().length);
      int length = 2 * distance + room;
      length = (length + ROUNDING - 1) / ROUNDING * ROUNDING;
      String key = variant.contig() + query.strand.symbol() + variant.position() + ":" + length;
      SiteScorer.SiteScores[] reference = references.get(key);
      if (reference == null) {
        reference = new SiteScorer.SiteScores[1];
        references.put(key, reference);
        add(groups, query, length, new byte[0], 0, reference);
      }
      var alternative = new SiteScorer.SiteScores[1];
      add(groups, query, length, variant.alternative(), variant.reference().length, alternative);
      pairs.add(new SiteScorer.SiteScores[][] {reference, alternative});
    }
    for (List<Stretch> group : groups.values()) {
      for (int from = 0; from < group.size(); from += LANES) {
        List<Stretch> batch = group.subList(from, Math.min(group.size(), from + LANES));
        List<SiteScorer.SiteScores> scores =
            scorer.score(batch.stream().map(Stretch::bases).toList());
        for (int i = 0; i < batch.size(); i++) {
          batch.get(i).to[batch.get(i).at] = scores.get(i);
        }
      }
    }
    var results = new ArrayList<DeltaScore>();
    for (int i = 0; i < queries.size(); i++) {
      results.add(compare(queries.get(i), pairs.get(i)[0][0], pairs.get(i)[1][0]));
    }
    return results;
  }

  /// The sequence around a variant with letters replaced, in the direction of the strand.
  private void add(
      Map<Integer, List<Stretch>> groups,
      Query query,
      int length,
      byte[] instead,
      int removed,
      SiteScorer.SiteScores[] to)
      throws IOException {
    Variant variant = query.variant;
    int start = variant.position() - distance - scorer.context();
    int total = length + 2 * scorer.context();
    byte[] all =
        genome.padded(
            variant.contig(), Strand.FORWARD, start, start + total + removed - instead.length);
    int at = variant.position() - start;
    byte[] changed = new byte[total];
    System.arraycopy(all, 0, changed, 0, at);
    System.arraycopy(instead, 0, changed, at, instead.length);
    System.arraycopy(all, at + removed, changed, at + instead.length, total - at - instead.length);
    byte[] bases = query.strand == Strand.FORWARD ? changed : Bases.reverseComplement(changed);
    groups.computeIfAbsent(total, _ -> new ArrayList<>()).add(new Stretch(bases, to, 0));
  }

  private DeltaScore compare(
      Query query, SiteScorer.SiteScores reference, SiteScorer.SiteScores alternative) {
    double[][] gainLoss = new double[2][2];
    int[][] at = new int[2][2];
    for (Site site : Site.values()) {
      float[] before = forward(query, reference.of(site));
      float[] after = aligned(query.variant, forward(query, alternative.of(site)));
      int end = Math.min(before.length, 2 * distance + query.variant.reference().length);
      for (int i = 0; i < end; i++) {
        double difference = after[i] - before[i];
        int which = difference > 0 ? 0 : 1;
        if (Math.abs(difference) > gainLoss[site.ordinal()][which]) {
          gainLoss[site.ordinal()][which] = Math.abs(difference);
          at[site.ordinal()][which] = i - distance;
        }
      }
    }
    int d = Site.DONOR.ordinal();
    int a = Site.ACCEPTOR.ordinal();
    return new DeltaScore(
        gainLoss[a][0],
        gainLoss[a][1],
        gainLoss[d][0],
        gainLoss[d][1],
        at[a][0],
        at[a][1],
        at[d][0],
        at[d][1]);
  }

  private static float[] forward(Query query, float[] scores) {
    if (query.strand == Strand.FORWARD) {
      return scores;
    }
    float[] turned = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      turned[i] = scores[scores.length - 1 - i];
    }
    return turned;
  }

  /// Scores after the variant at the bases of the genome before it.
  private float[] aligned(Variant variant, float[] scores) {
    int removed = variant.reference().length;
    int inserted = variant.alternative().length;
    if (removed == inserted) {
      return scores;
    }
    float[] aligned = new float[scores.length];
    System.arraycopy(scores, 0, aligned, 0, distance);
    int common = Math.min(removed, inserted);
    System.arraycopy(scores, distance, aligned, distance, common);
    for (int i = common; i < inserted; i++) {
      aligned[distance + common - 1] =
          Math.max(aligned[distance + common - 1], scores[distance + i]);
    }
    int rest = Math.min(scores.length - distance - inserted, scores.length - distance - removed);
    System.arraycopy(scores, distance + inserted, aligned, distance + removed, rest);
    if (rest < scores.length - distance - removed) {
      Arrays.fill(aligned, distance + removed + rest, aligned.length, 0);
    }
    return aligned;
  }
}
