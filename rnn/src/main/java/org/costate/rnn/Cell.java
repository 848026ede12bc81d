package org.costate.rnn;

import org.costate.graph.StepGraph;

/// A recurrent cell without its input size: describes one step with step input `x` `[I]`, carry `h`
/// `[H]` (and more), and output `h`. With dropout it has two more step inputs, `inputMask` `[I]`
/// and `stateMask` `[H]`, which multiply x and h; the same mask is used at all times (variational
/// dropout, Gal and Ghahramani 2016).
public sealed interface Cell permits ElmanCell, LstmCell, GruCell {
  /// The size H of the hidden state.
  ///
  /// @return H
  int hidden();

  /// The probability with which an element of x or h is dropped.
  ///
  /// @return 0 … 1
  double dropout();

  /// The step for inputs of a size, with new parameters.
  ///
  /// @param inputSize I
  /// @return the step
  StepGraph step(int inputSize);

  /// The names of the nodes in [#step] whose saturation says something, with the values at which
  /// they saturate.
  ///
  /// @return labels of squashed values
  java.util.List<String> squashed();
}
