package org.costate.examples.splice;

import org.costate.genomics.Bases;

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

  /// What a letter means as fractions of A, C, G, T; an ambiguous letter is shared equally.
  ///
  /// @return the fractions, or null for a letter that is none
  static float[] fractions(char letter) {
    return Character.isLetter(letter) && letter < 128 && letter != 'X'
        ? Bases.fractions((byte) letter)
        : null;
  }

  /// The features `[length · 4]`.
  double[] features() {
    double[] x = new double[sequence.length() * 4];
    for (int i = 0; i < sequence.length(); i++) {
      float[] fractions = fractions(sequence.charAt(i));
      for (int k = 0; k < 4; k++) {
        x[4 * i + k] = fractions[k];
      }
    }
    return x;
  }
}
