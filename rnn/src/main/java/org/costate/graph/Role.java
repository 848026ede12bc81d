package org.costate.graph;

/// What happens to an operand of a step over time, and to its cotangent on the way back.
public enum Role {
  /// θ: read at every step; its cotangent is summed over time and over the batch.
  SHARED,
  /// x: passed from step to step; its cotangent is passed back and is the costate λ.
  CARRY,
  /// u: one slice for each step; its cotangent is kept for each step.
  STEP
}
