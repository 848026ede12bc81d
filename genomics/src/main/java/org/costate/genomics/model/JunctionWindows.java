package org.costate.genomics.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.costate.genomics.Bases;
import org.costate.genomics.io.TextLines;
import org.costate.random.RandomStream;

/// Windows of equal length with a junction of exon and intron in the middle, where the rest of the
/// gene is not known. A donor window ends in the beginning of an intron, an acceptor window begins
/// with the end of one; others have no junction.
///
/// @param donors distinct windows around donors
/// @param acceptors distinct windows around acceptors
/// @param others distinct windows without a junction in the middle
public record JunctionWindows(List<byte[]> donors, List<byte[]> acceptors, List<byte[]> others) {
  /// Between the halves of an intron of which only the ends are known, so many bases are unknown.
  private static final int SHORTEST_GAP = 20;

  private static final int LONGEST_GAP = 160;

  /// Reads files of windows: lines `class,instance,sequence` with class EI, IE or N, or tables with
  /// a column `ref.sequence`, whose windows are donors if most have GT after the middle, else
  /// acceptors.
  ///
  /// @param files the files
  /// @return the windows of all of them
  /// @throws IOException if one cannot be read or has other columns
  public static JunctionWindows read(List<Path> files) throws IOException {
    var donors = new LinkedHashSet<String>();
    var acceptors = new LinkedHashSet<String>();
    var others = new LinkedHashSet<String>();
    for (Path file : files) {
      var table = new ArrayList<String>();
      int[] column = {-1};
      TextLines.read(
          file,
          (number, line) -> {
            String[] cells = line.split(",");
            if (number == 1 && List.of(cells).contains("ref.sequence")) {
              column[0] = List.of(cells).indexOf("ref.sequence");
            } else if (column[0] >= 0 && cells.length > column[0]) {
              table.add(cells[column[0]].strip().toUpperCase(Locale.ROOT));
            } else if (cells.length == 3) {
              Set<String> to =
                  switch (cells[0].strip()) {
                    case "EI" -> donors;
                    case "IE" -> acceptors;
                    default -> others;
                  };
              to.add(cells[2].strip().toUpperCase(Locale.ROOT));
            } else if (!line.isBlank()) {
              throw new IOException(
                  "%s, line %d: expected class,instance,sequence or a column ref.sequence."
                      .formatted(file, number));
            }
          });
      long withDonor = table.stream().filter(w -> w.startsWith("GT", w.length() / 2)).count();
      (2 * withDonor > table.size() ? donors : acceptors).addAll(table);
    }
    return new JunctionWindows(bytes(donors), bytes(acceptors), bytes(others));
  }

  private static List<byte[]> bytes(Set<String> windows) {
    return windows.stream().map(Bases::of).toList();
  }

  /// Strings of exon, intron and exon, each of a donor window, unknown bases, and an acceptor
  /// window drawn at random; before the first exon, now and then, a window without a junction.
  ///
  /// @param seed the seed of the draws
  /// @return as many strings as there are windows of the rarer kind, doubled
  public List<ExonIntronExon> strings(long seed) {
    var strings = new ArrayList<ExonIntronExon>();
    int count = 2 * Math.min(donors.size(), acceptors.size());
    RandomStream random = RandomStream.of(seed, "junction windows");
    for (int i = 0; i < count; i++) {
      byte[] donor = donors.get((int) (random.nextDouble() * donors.size()));
      byte[] acceptor = acceptors.get((int) (random.nextDouble() * acceptors.size()));
      int gap = SHORTEST_GAP + (int) (random.nextDouble() * (LONGEST_GAP - SHORTEST_GAP));
      byte[] other =
          others.isEmpty() ? new byte[0] : others.get((int) (random.nextDouble() * others.size()));
      int half = donor.length / 2;
      byte[] before = joined(other, java.util.Arrays.copyOf(donor, half));
      byte[] intron =
          joined(
              joined(java.util.Arrays.copyOfRange(donor, half, donor.length), Bases.unknown(gap)),
              java.util.Arrays.copyOf(acceptor, acceptor.length / 2));
      byte[] after = java.util.Arrays.copyOfRange(acceptor, acceptor.length / 2, acceptor.length);
      strings.add(new ExonIntronExon(before, intron, after, 1, "window"));
    }
    return strings;
  }

  private static byte[] joined(byte[] a, byte[] b) {
    byte[] both = java.util.Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
