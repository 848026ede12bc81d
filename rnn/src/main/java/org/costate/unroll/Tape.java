package org.costate.unroll;

/// A forward pass that can be differentiated. Only a tape has `backward`, and it has it once: the
/// pass frees what it kept.
public interface Tape {
  /// The values of the forward pass.
  ///
  /// @return the outputs and the final state
  Rollout rollout();

  /// The state before step t.
  ///
  /// @param t 0 … T; T is the final state
  /// @return the state
  /// @throws IllegalStateException if the save policy did not keep it
  State state(int t);

  /// The bytes that this tape keeps now for the backward pass.
  ///
  /// @return the bytes of states and frames
  long savedBytes();

  /// How many steps have been evaluated so far, those computed again included.
  ///
  /// @return the number of steps
  long forwardSteps();

  /// The reverse sweep.
  ///
  /// @param seeds the cotangents of outputs and final state
  /// @param sweep how it is done
  /// @return the cotangents
  /// @throws IllegalStateException if it was called before
  Cotangents backward(Seeds seeds, Sweep sweep);

  /// The reverse sweep over the whole horizon.
  ///
  /// @param seeds the cotangents of outputs and final state
  /// @return the cotangents
  default Cotangents backward(Seeds seeds) {
    return backward(seeds, Sweep.full());
  }
}
