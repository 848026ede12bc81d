package org.costate.genomics.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.costate.genomics.Bases;
import org.costate.genomics.io.TextLines;

/// The end of an exon, a whole intron and the beginning of the next exon, on the transcribed
/// strand.
///
/// @param before the end of the first exon
/// @param intron the intron
/// @param after the beginning of the second exon
/// @param reads how many reads of RNA cross the intron
/// @param gene the gene
public record ExonIntronExon(
    byte[] before, byte[] intron, byte[] after, double reads, String gene) {

  /// Reads strings: exon, intron, exon, reads and gene in five columns.
  ///
  /// @param file the file, plain or compressed
  /// @return the strings
  /// @throws IOException if the file cannot be read or a line has other columns
  public static List<ExonIntronExon> read(Path file) throws IOException {
    var strings = new ArrayList<ExonIntronExon>();
    TextLines.read(
        file,
        (number, line) -> {
          String[] columns = line.trim().split("\\s+");
          if (columns.length != 5) {
            throw new IOException(
                "%s, line %d: expected exon, intron, exon, reads and gene, got %d columns."
                    .formatted(file, number, columns.length));
          }
          strings.add(
              new ExonIntronExon(
                  Bases.of(columns[0]),
                  Bases.of(columns[1]),
                  Bases.of(columns[2]),
                  Double.parseDouble(columns[3]),
                  columns[4]));
        });
    return strings;
  }

  /// Whether a stretch of the string is among some stretches of a given length.
  boolean shares(java.util.Set<String> stretches, int length) {
    byte[] all = new byte[before.length + intron.length + after.length];
    int[] allowed = new int[all.length];
    paint(all, allowed, 0);
    String letters = new String(all, java.nio.charset.StandardCharsets.US_ASCII);
    for (int i = 0; i + length <= letters.length(); i++) {
      if (stretches.contains(letters.substring(i, i + length))) {
        return true;
      }
    }
    return false;
  }

  /// Writes the string and what is known of it at a place, as far as it fits.
  ///
  /// @return the place after it
  int paint(byte[] bases, int[] allowed, int start) {
    int at = put(bases, allowed, start, before, GeneStructure.EXON);
    int first = at;
    at = put(bases, allowed, at, intron, GeneStructure.INTRON);
    set(allowed, first, GeneStructure.DONOR);
    set(allowed, at - 1, GeneStructure.ACCEPTOR);
    at = put(bases, allowed, at, after, GeneStructure.EXON);
    // The next string is another gene: what the exon's frame was does not go on.
    set(allowed, at - 1, GeneStructure.ANY);
    return at;
  }

  private static void set(int[] allowed, int at, int states) {
    if (at >= 0 && at < allowed.length) {
      allowed[at] = states;
    }
  }

  private static int put(byte[] bases, int[] allowed, int start, byte[] part, int states) {
    for (int i = 0; i < part.length; i++) {
      if (start + i >= 0 && start + i < bases.length) {
        bases[start + i] = part[i];
        allowed[start + i] = states;
      }
    }
    return start + part.length;
  }
}
