package org.costate.genomics;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// Named sequences that are read piece by piece.
public interface Genome extends AutoCloseable {
  /// The contigs with their lengths, in the order of the file.
  ///
  /// @return the lengths by name
  Map<String, Integer> contigs();

  /// Reads bases of the forward strand.
  ///
  /// @param contig the contig
  /// @param start the first base, from 0
  /// @param end one past the last
  /// @return the letters in upper case
  /// @throws IOException if they cannot be read
  byte[] bases(String contig, int start, int end) throws IOException;

  @Override
  void close() throws IOException;

  /// Reads bases around an interval, with N for what lies beyond the contig, on a strand.
  ///
  /// @param contig the contig
  /// @param strand the strand whose sequence is wanted
  /// @param start the first base on the forward strand; may be negative
  /// @param end one past the last; may lie beyond the contig
  /// @return `end − start` letters, in the direction of the strand
  /// @throws IOException if they cannot be read
  default byte[] padded(String contig, Strand strand, int start, int end) throws IOException {
    int length = length(contig);
    int from = Math.min(length, Math.max(0, start));
    int to = Math.max(from, Math.min(length, end));
    byte[] bases = Bases.unknown(end - start);
    if (to > from) {
      System.arraycopy(bases(contig, from, to), 0, bases, from - start, to - from);
    }
    return strand == Strand.FORWARD ? bases : Bases.reverseComplement(bases);
  }

  /// The length of a contig.
  ///
  /// @param contig its name
  /// @return the number of bases
  /// @throws IllegalArgumentException if there is no such contig
  default int length(String contig) {
    Integer length = contigs().get(contig);
    if (length == null) {
      throw new IllegalArgumentException(
          "Genome: there is no contig '%s'; it has %s."
              .formatted(contig, Genome.some(contigs().keySet())));
    }
    return length;
  }

  /// A few names, for messages.
  ///
  /// @param names all names
  /// @return at most eight of them in one line
  static String some(java.util.Collection<String> names) {
    String shown = String.join(", ", names.stream().limit(8).toList());
    return names.size() > 8 ? shown + ", … (" + names.size() + " in all)" : shown;
  }

  /// A genome in memory.
  ///
  /// @param sequences the letters by the names of their contigs
  /// @return the genome
  static Genome of(Map<String, byte[]> sequences) {
    var lengths = new LinkedHashMap<String, Integer>();
    sequences.forEach((name, bases) -> lengths.put(name, bases.length));
    return new Genome() {
      @Override
      public Map<String, Integer> contigs() {
        return lengths;
      }

      @Override
      public byte[] bases(String contig, int start, int end) {
        length(contig);
        return java.util.Arrays.copyOfRange(sequences.get(contig), start, end);
      }

      @Override
      public void close() {
        // Nothing is open.
      }
    };
  }
}
