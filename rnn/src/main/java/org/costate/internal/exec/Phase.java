package org.costate.internal.exec;

/// When a node is computed.
enum Phase {
  /// Once for each binding of parameters.
  BIND("once for each set of parameters"),
  /// Forward, before the loop: needs no carry, so whole blocks of steps at once.
  BEFORE("forward, before the loop over a block of steps"),
  /// Forward, in the loop: from the carry to the next carry.
  STEP("forward, at each step"),
  /// Forward, after the loop: readouts and losses.
  AFTER("forward, after the loop over a block of steps"),
  /// Backward, before the loop: needs no costate.
  BACK_BEFORE("backward, before the loop over a block of steps"),
  /// Backward, in the loop: from the costate to the costate of the step before.
  BACK_STEP("backward, at each step"),
  /// Backward, after the loop: parameter gradients and cotangents of inputs.
  BACK_AFTER("backward, after the loop over a block of steps"),
  /// Once at the end of the backward pass, on sums over all lanes and steps.
  TOTAL("once at the end of the backward pass"),
  /// Never: nothing asks for it.
  DEAD("never");

  private final String words;

  Phase(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }

  boolean inLoop() {
    return this == STEP || this == BACK_STEP;
  }

  boolean forward() {
    return this == BEFORE || this == STEP || this == AFTER;
  }

  boolean backward() {
    return this == BACK_BEFORE || this == BACK_STEP || this == BACK_AFTER;
  }
}
