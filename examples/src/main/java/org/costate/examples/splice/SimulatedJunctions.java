package org.costate.examples.splice;

import java.util.ArrayList;
import java.util.List;
import org.costate.random.RandomStream;

/// Junctions drawn from the consensus frequencies of primate splice sites (per cent, rounded,
/// position by position, after Shapiro and Senapathy 1987, Nucleic Acids Research 15:7155), in a
/// uniform background. They stand in where no data is given: easier than real DNA, because real
/// sites depend on more than single positions.
final class SimulatedJunctions {
  private static final String BASES = "ACGT";

  private static final int LENGTH = 60;
  private static final int MIDDLE = 30;

  /// Donor, three exon and six intron positions; rows A, C, G, T.
  private static final int[][] DONOR = {
    {33, 60, 8, 0, 0, 49, 71, 6, 15},
    {37, 13, 4, 0, 0, 3, 7, 5, 19},
    {18, 14, 81, 100, 0, 45, 12, 84, 20},
    {12, 13, 7, 0, 100, 3, 10, 5, 46}
  };

  /// Acceptor, fourteen intron positions and one exon position; rows A, C, G, T.
  private static final int[][] ACCEPTOR = {
    {11, 11, 10, 8, 11, 10, 11, 11, 7, 8, 25, 3, 100, 0, 27},
    {29, 33, 30, 30, 32, 34, 37, 38, 39, 36, 26, 75, 0, 0, 14},
    {14, 12, 10, 10, 9, 11, 10, 9, 7, 6, 26, 1, 0, 100, 49},
    {46, 44, 50, 52, 48, 45, 42, 42, 47, 50, 23, 21, 0, 0, 10}
  };

  private SimulatedJunctions() {}

  /// Draws windows in the proportions of the UCI set, one quarter donors and one quarter acceptors.
  /// One in seven of the others has a GT or an AG in the middle, as real ones do.
  static List<Junction> draw(long seed, int count) {
    var junctions = new ArrayList<Junction>();
    for (int i = 0; i < count; i++) {
      RandomStream random = RandomStream.of(seed, "simulated junctions", i, 0);
      char[] letters = new char[LENGTH];
      for (int j = 0; j < LENGTH; j++) {
        letters[j] = BASES.charAt(random.nextInt(4));
      }
      Junction.Kind kind =
          i % 4 == 0 ? Junction.Kind.EI : i % 4 == 1 ? Junction.Kind.IE : Junction.Kind.N;
      switch (kind) {
        case EI -> write(letters, MIDDLE - 3, DONOR, random);
        case IE -> write(letters, MIDDLE - 14, ACCEPTOR, random);
        case N -> {
          int decoy = random.nextInt(14);
          if (decoy == 0) {
            letters[MIDDLE] = 'G';
            letters[MIDDLE + 1] = 'T';
          } else if (decoy == 1) {
            letters[MIDDLE - 2] = 'A';
            letters[MIDDLE - 1] = 'G';
          }
        }
      }
      junctions.add(new Junction(kind, "simulated-" + i, new String(letters)));
    }
    return junctions;
  }

  private static void write(char[] letters, int from, int[][] percent, RandomStream random) {
    for (int i = 0; i < percent[0].length; i++) {
      int total = percent[0][i] + percent[1][i] + percent[2][i] + percent[3][i];
      int left = random.nextInt(total);
      int base = 0;
      while (left >= percent[base][i]) {
        left -= percent[base][i];
        base++;
      }
      letters[from + i] = BASES.charAt(base);
    }
  }
}
