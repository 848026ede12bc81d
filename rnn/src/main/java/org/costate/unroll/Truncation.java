package org.costate.unroll;

/// How far a gradient looks back in time.
public sealed interface Truncation {
  /// Full backpropagation through time.
  record None() implements Truncation {}

  /// Truncated backpropagation through time (Williams and Peng 1990, BPTT(h; h′)): every `advance`
  /// steps k₁, the losses of the last k₁ steps are differentiated through the last `lookback` steps
  /// k₂ of the carry. The state crosses windows as a value. A last window shorter than k₁ is
  /// trained too. With k₁ ≥ T and k₂ ≥ T it is full BPTT, bit for bit.
  ///
  /// With k₂ > k₁ the lookback steps before a window are evaluated again from the state at their
  /// beginning, so what is differentiated is one function of the present parameters even if they
  /// were updated in between. With k₂ < k₁ the older links inside a window are cut: a loss more
  /// than k₂ steps before the window's end has the derivative of its own step only.
  ///
  /// @param advance k₁, at least 1
  /// @param lookback k₂, at least 1
  record Window(int advance, int lookback) implements Truncation {
    /// Checks the numbers.
    public Window {
      if (advance < 1 || lookback < 1) {
        throw new IllegalArgumentException(
            "Truncation.Window: advance and lookback must be at least 1, got %d and %d."
                .formatted(advance, lookback));
      }
    }
  }
}
