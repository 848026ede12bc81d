package org.costate.examples.splice;

import java.util.List;

/// One window of DNA with a junction, or none, in the middle: between letters 30 and 31 (1-based)
/// of 60.
///
/// @param kind what is there
/// @param name the name of the window
/// @param sequence the letters, upper case, IUPAC
record Junction(Kind kind, String name, String sequence) {
  /// The classes, in the order of the model's outputs.
  enum Kind {
    /// Exon → intron: a donor.
    EI,
    /// Intron → exon: an acceptor.
    IE,
    /// Neither.
    N
  }

  /// The four bases, in the order of the input features.
  static final String BASES = "ACGT";

  /// Which bases an IUPAC letter stands for, as one character set each, in the order of [#CODES].
  private static final List<String> MEANINGS =
      List.of(
          "A", "C", "G", "T", "T", "AG", "CT", "CG", "AT", "GT", "AC", "CGT", "AGT", "ACT", "ACG",
          "ACGT");

  private static final String CODES = "ACGTURYSWKMBDHVN";

  /// What a letter means as fractions of A, C, G, T; an ambiguous letter is shared equally.
  ///
  /// @return the fractions, or null for a letter that is none
  static double[] fractions(char letter) {
    int code = CODES.indexOf(letter);
    if (code < 0) {
      return null;
    }
    String bases = MEANINGS.get(code);
    double[] fractions = new double[4];
    for (int i = 0; i < bases.length(); i++) {
      fractions[BASES.indexOf(bases.charAt(i))] = 1.0 / bases.length();
    }
    return fractions;
  }

  /// The features `[length · 4]`.
  double[] features() {
    double[] x = new double[sequence.length() * 4];
    for (int i = 0; i < sequence.length(); i++) {
      System.arraycopy(fractions(sequence.charAt(i)), 0, x, 4 * i, 4);
    }
    return x;
  }
}
