package org.costate.graph;

/// Says that a graph could not be built, or given numbers, because two shapes do not fit: where,
/// which operand, what was expected, what was found.
public final class ShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /// An exception with its one sentence.
  ///
  /// @param message where, which operand, expected, actual, and what to try
  public ShapeException(String message) {
    super(message);
  }
}
