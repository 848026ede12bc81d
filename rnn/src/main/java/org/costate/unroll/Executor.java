package org.costate.unroll;

/// What turns a step into numbers. Both have one contract: the same values and gradients up to
/// rounding.
public enum Executor {
  /// Interprets node by node, in double: simple, and the one that finds faults.
  REFERENCE,
  /// Plans the step, generates code for it and runs slices of the batch in parallel. The default.
  COMPILED
}
