package org.costate.automata.io;

import java.io.IOException;

/// A malformed file: where and why.
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1;

  /// A defect at a place.
  ///
  /// @param source the name of the file
  /// @param line the line, from 1
  /// @param column the column, from 1
  /// @param cause what is wrong and what was expected
  public FormatException(String source, int line, int column, String cause) {
    super("%s, line %d, column %d: %s".formatted(source, line, column, cause));
  }

  /// A defect of a whole file.
  ///
  /// @param source the name of the file
  /// @param cause what is wrong and what was expected
  public FormatException(String source, String cause) {
    super("%s: %s".formatted(source, cause));
  }
}
