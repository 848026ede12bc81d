package org.costate.genomics;

import java.util.Arrays;

/// The letters of DNA: upper-case ASCII bytes, A C G T, the IUPAC letters for several of them, and
/// N for any.
public final class Bases {
  /// The probability of A, C, G and T for each letter; null for what is not a letter of DNA.
  private static final float[][] FRACTIONS = new float[128][];

  private static final byte[] COMPLEMENT = new byte[128];
  private static final byte[] UPPER = new byte[128];

  static {
    String[] letters = {
      "A:A", "C:C", "G:G", "T:T", "U:T", "R:AG", "Y:CT", "S:CG", "W:AT", "K:GT", "M:AC", "B:CGT",
      "D:AGT", "H:ACT", "V:ACG", "N:ACGT", "X:ACGT", "-:ACGT", ".:ACGT", "*:ACGT"
    };
    for (String letter : letters) {
      String meaning = letter.substring(2);
      float[] fractions = new float[4];
      for (char base : meaning.toCharArray()) {
        fractions["ACGT".indexOf(base)] = 1f / meaning.length();
      }
      char upper = letter.charAt(0);
      FRACTIONS[upper] = fractions;
      FRACTIONS[Character.toLowerCase(upper)] = fractions;
      byte kept = (byte) (upper == 'U' ? 'T' : "X-.*".indexOf(upper) >= 0 ? 'N' : upper);
      UPPER[upper] = kept;
      UPPER[Character.toLowerCase(upper)] = kept;
    }
    String from = "ACGTRYSWKMBDHVN";
    String to = "TGCAYRSWMKVHDBN";
    for (int i = 0; i < from.length(); i++) {
      COMPLEMENT[from.charAt(i)] = (byte) to.charAt(i);
    }
  }

  private Bases() {}

  /// A letter in upper case; U becomes T, gaps and X become N.
  ///
  /// @param letter the letter
  /// @return the letter, or 0 if it is no letter of DNA
  public static byte upper(byte letter) {
    return letter < 0 ? 0 : UPPER[letter];
  }

  /// How much of each of A, C, G and T a letter stands for.
  ///
  /// @param letter the letter
  /// @return four fractions that sum to 1; not a copy
  public static float[] fractions(byte letter) {
    return FRACTIONS[letter];
  }

  /// The index of a base.
  ///
  /// @param letter the letter, in upper case
  /// @return 0 … 3 for A, C, G, T, or -1 for any other
  public static int index(byte letter) {
    return switch (letter) {
      case 'A' -> 0;
      case 'C' -> 1;
      case 'G' -> 2;
      case 'T' -> 3;
      default -> -1;
    };
  }

  /// A sequence as bytes.
  ///
  /// @param sequence the letters, in any case
  /// @return the bytes in upper case
  /// @throws IllegalArgumentException if a letter is none of DNA
  public static byte[] of(String sequence) {
    byte[] bases = new byte[sequence.length()];
    for (int i = 0; i < bases.length; i++) {
      char letter = sequence.charAt(i);
      bases[i] = letter > 127 ? 0 : upper((byte) letter);
      if (bases[i] == 0) {
        throw new IllegalArgumentException(
            "Bases: '%c' at position %d is no letter of DNA (A, C, G, T, N or IUPAC)."
                .formatted(letter, i + 1));
      }
    }
    return bases;
  }

  /// The other strand, read in its own direction.
  ///
  /// @param bases the bases in upper case
  /// @return the complement in reverse
  public static byte[] reverseComplement(byte[] bases) {
    byte[] other = new byte[bases.length];
    for (int i = 0; i < bases.length; i++) {
      other[bases.length - 1 - i] = COMPLEMENT[bases[i]];
    }
    return other;
  }

  /// Whether two letters stand side by side at a place.
  ///
  /// @param bases the bases
  /// @param at where the first should be
  /// @param pair two letters
  /// @return whether they are there
  public static boolean isPair(byte[] bases, int at, String pair) {
    return at >= 0
        && at + 1 < bases.length
        && bases[at] == pair.charAt(0)
        && bases[at + 1] == pair.charAt(1);
  }

  /// A run of N.
  ///
  /// @param length how many
  /// @return the bases
  public static byte[] unknown(int length) {
    byte[] bases = new byte[length];
    Arrays.fill(bases, (byte) 'N');
    return bases;
  }
}
