package org.costate.unroll;

/// The element type in which a step is evaluated. Numbers cross the interface as `double` either
/// way.
public enum Precision {
  /// 32-bit: every result is rounded to float.
  FLOAT,
  /// 64-bit.
  DOUBLE
}
