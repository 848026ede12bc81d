package org.costate.genomics;

/// A strand of a double helix.
public enum Strand {
  /// The strand that the file spells out.
  FORWARD('+'),
  /// Its reverse complement.
  REVERSE('-');

  private final char symbol;

  Strand(char symbol) {
    this.symbol = symbol;
  }

  /// The sign of the strand in GFF and BED.
  ///
  /// @return `+` or `-`
  public char symbol() {
    return symbol;
  }
}
