package org.costate.genomics.model;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;
import org.costate.genomics.Strand;

/// How a genome spells: fifth-order Markov chains over both strands, by which one tells whose
/// genome it is likely to be.
public final class Composition {
  private static final int ORDER = 5;

  /// The number of entries: the five bases before, and the base.
  public static final int SIZE = 1 << 2 * (ORDER + 1);

  /// Enough bases to tell; more are not read.
  private static final int MOST = 1 << 20;

  private static final int PIECE = 1 << 14;

  private Composition() {}

  /// Counts words of six bases of both strands, over the first million bases.
  ///
  /// @param genome the genome
  /// @param contigs the contigs
  /// @return the counts, each with one added
  /// @throws IOException if the genome cannot be read
  public static double[] counts(Genome genome, Collection<String> contigs) throws IOException {
    double[] counts = new double[SIZE];
    Arrays.fill(counts, 1);
    long seen = 0;
    for (String contig : contigs) {
      int length = genome.length(contig);
      for (int start = 0; start < length && seen < MOST; start += PIECE) {
        int end = Math.min(length, start + PIECE);
        seen += end - start;
        byte[] bases = genome.padded(contig, Strand.FORWARD, start, end);
        count(bases, counts);
        count(Bases.reverseComplement(bases), counts);
      }
    }
    return counts;
  }

  private static void count(byte[] bases, double[] counts) {
    int word = 0;
    int known = 0;
    for (byte letter : bases) {
      int base = Bases.index(letter);
      known = base < 0 ? 0 : known + 1;
      word = (4 * word + Math.max(0, base)) % SIZE;
      if (known > ORDER) {
        counts[word]++;
      }
    }
  }

  /// The mean log-likelihood of a genome's words under the chain of another.
  ///
  /// @param counts counts of the genome
  /// @param chain counts of the other
  /// @return log P(base | five before), in nats a base
  public static double likelihood(double[] counts, double[] chain) {
    double sum = 0;
    double total = 0;
    for (int word = 0; word < SIZE; word += 4) {
      double all = chain[word] + chain[word + 1] + chain[word + 2] + chain[word + 3];
      for (int k = word; k < word + 4; k++) {
        sum += (counts[k] - 1) * Math.log(chain[k] / all);
        total += counts[k] - 1;
      }
    }
    return total == 0 ? 0 : sum / total;
  }
}
