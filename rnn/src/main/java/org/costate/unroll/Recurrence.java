package org.costate.unroll;

import java.util.Map;
import java.util.Optional;
import org.costate.graph.Shape;

/// Something that runs over time and can be differentiated: one step ([Unroll]), or a composition
/// of them ([SequenceGraph]). It is immutable and may be shared by threads.
public sealed interface Recurrence permits Unroll, SequenceGraph {
  /// Where its parameters live.
  ///
  /// @return the layout
  Layout layout();

  /// The shapes of its inputs for one example at one step.
  ///
  /// @return the shapes by name
  Map<String, Shape> inputs();

  /// The state of zeros.
  ///
  /// @param lanes the number of lanes
  /// @return the state
  State zeroState(int lanes);

  /// Runs forward and keeps what the backward pass needs.
  ///
  /// @param parameters θ
  /// @param initial x₀
  /// @param inputs u
  /// @param save what is kept
  /// @return the tape
  Tape forward(Parameters parameters, State initial, Sequences inputs, SavePolicy save);

  /// Runs forward and keeps everything.
  ///
  /// @param parameters θ
  /// @param initial x₀
  /// @param inputs u
  /// @return the tape
  default Tape forward(Parameters parameters, State initial, Sequences inputs) {
    return forward(parameters, initial, inputs, new SavePolicy.All());
  }

  /// Runs forward and keeps nothing.
  ///
  /// @param parameters θ
  /// @param initial x₀
  /// @param inputs u
  /// @return the outputs and the final state
  Rollout evaluate(Parameters parameters, State initial, Sequences inputs);

  /// The first value of a forward and backward pass that is not finite, found by doing the pass
  /// again and looking.
  ///
  /// @param parameters θ
  /// @param initial x₀
  /// @param inputs u
  /// @param seeds the cotangents of outputs and final state
  /// @return where it was, or empty if everything is finite
  Optional<NonFinite> findNonFinite(
      Parameters parameters, State initial, Sequences inputs, Seeds seeds);
}
