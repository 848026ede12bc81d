package org.costate.internal.exec;

/// What kind of memory a value is in.
enum Place {
  /// x: one row of lanes for each kept step, and one more.
  STATE,
  /// One row of lanes for each kept step: what backward needs.
  KEPT,
  /// One row of lanes for each step of a block of the forward pass.
  FORWARD,
  /// One row of lanes for each step of a block of the backward pass.
  BACKWARD,
  /// λ: one row of lanes for each step of a block, and one more.
  COSTATE,
  /// Only within one phase: the lanes of one step, or one tile of rows.
  SCRATCH,
  /// No memory: it stays in registers.
  NONE
}
