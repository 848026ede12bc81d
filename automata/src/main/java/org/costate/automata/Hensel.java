package org.costate.automata;

/// Hensel's letters for the 51 arrangements of neighbours that rotation and reflection leave
/// distinct. A letter names an arrangement of up to four neighbours; for five and more it names the
/// arrangement of the empty places.
final class Hensel {
  private static final String[] LETTERS = {
    "", "ce", "ceaikn", "ceaiknjqry", "ceaiknjqrytwz", "ceaiknjqry", "ceaikn", "ce", ""
  };

  /// One arrangement for each letter; bit i is cell i in reading order, bit 4 the centre.
  private static final int[][] ARRANGEMENTS = {
    {0},
    {1, 2},
    {5, 10, 3, 40, 33, 68},
    {69, 42, 11, 7, 98, 13, 14, 70, 41, 97},
    {325, 170, 15, 45, 99, 71, 106, 102, 43, 101, 105, 78, 108}
  };

  private static final int[] CLASS_OF = classes();

  private Hensel() {}

  /// The letters of a count.
  static String letters(int count) {
    return LETTERS[count];
  }

  /// The place among the letters of its count of an arrangement; bits as above.
  static int letterOf(int arrangement) {
    return CLASS_OF[arrangement & ~16];
  }

  private static int[] classes() {
    int[] of = new int[512];
    int[] ring = Symmetry.ring(Neighbourhood.moore(1));
    for (int count = 0; count <= 8; count++) {
      int[] representatives = ARRANGEMENTS[Math.min(count, 8 - count)];
      for (int letter = 0; letter < representatives.length; letter++) {
        int one = count <= 4 ? representatives[letter] : 0b111101111 & ~representatives[letter];
        for (int[] p : Symmetry.ROTATE4REFLECT.permutations(8)) {
          int turned = 0;
          for (int i = 0; i < 8; i++) {
            turned |= (one >> ring[p[i]] & 1) << ring[i];
          }
          of[turned] = letter;
        }
      }
    }
    return of;
  }
}
