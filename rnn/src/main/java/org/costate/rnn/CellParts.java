package org.costate.rnn;

import static org.costate.graph.Functions.layerNorm;

import org.costate.graph.Initializer;
import org.costate.graph.StepBuilder;
import org.costate.graph.Value;

/// What all cells share: their operands, with dropout masks, and their linear parts, with layer
/// normalisation.
final class CellParts {
  private static final double EPSILON = 1e-5;

  private final StepBuilder s;
  private final boolean normalised;

  CellParts(StepBuilder s, boolean normalised) {
    this.s = s;
    this.normalised = normalised;
  }

  Value input(int size, double dropout) {
    Value x = s.input("x", size);
    return dropout > 0 ? x.hadamard(s.input("inputMask", size)) : x;
  }

  Value state(Value h, double dropout) {
    return dropout > 0 ? h.hadamard(s.input("stateMask", h.shape().size())) : h;
  }

  /// M v, normalised with a gain of its own if the cell is.
  Value linear(String name, Initializer initializer, Value v, int rows) {
    Value product = s.shared(name, initializer, rows, v.shape().size()).times(v);
    if (!normalised) {
      return product;
    }
    Value gain = s.shared(name + "_gain", Initializer.ones(), rows);
    return layerNorm(product, gain, s.constant(0).broadcast(product.shape()), EPSILON);
  }

  /// A value normalised with gain and bias if the cell is; else the value.
  Value normalised(String name, Value v) {
    if (!normalised) {
      return v;
    }
    int n = v.shape().size();
    return layerNorm(
        v,
        s.shared(name + "_gain", Initializer.ones(), n),
        s.shared(name + "_bias", Initializer.zeros(), n),
        EPSILON);
  }

  static void check(String cell, int hidden, double dropout) {
    if (hidden < 1) {
      throw new IllegalArgumentException(
          "%s: the hidden size must be at least 1, got %d.".formatted(cell, hidden));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "%s: dropout must be in [0, 1), got %s.".formatted(cell, dropout));
    }
  }
}
