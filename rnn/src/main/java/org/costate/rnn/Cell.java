package org.costate.rnn;

import java.util.List;
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

  /// The labelled values of [#step] that are squashed into a range.
  ///
  /// @return the values whose saturation says something
  List<Squashed> squashed();

  /// A value that is squashed into a range.
  ///
  /// @param label the label of its node
  /// @param low the lower end of the range
  /// @param high the upper end of the range; +∞ for a rectifier
  record Squashed(String label, double low, double high) {
    static Squashed sigmoid(String label) {
      return new Squashed(label, 0, 1);
    }

    static Squashed tanh(String label) {
      return new Squashed(label, -1, 1);
    }

    /// Whether a value is so near an end that its derivative is small: within 0.05, or a rectifier
    /// that is off.
    ///
    /// @param value the value
    /// @return whether it is saturated
    public boolean saturated(double value) {
      double margin = high == Double.POSITIVE_INFINITY ? 0 : 0.05;
      return value <= low + margin || value >= high - margin;
    }
  }
}
