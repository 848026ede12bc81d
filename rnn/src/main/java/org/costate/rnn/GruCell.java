package org.costate.rnn;

import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.tanh;

import java.util.List;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// Gated recurrent unit (Cho et al. 2014), with the reset gate before or after the recurrent product.
///
///     r = σ(W_r x + U_r h + b_r)     z = σ(W_z x + U_z h + b_z)
///     n = tanh(W_n x + b_n + r ⊙ (U_n h + c_n))          (after: the form of cuDNN and PyTorch)
///     n = tanh(W_n x + b_n + U_n (r ⊙ h) + c_n)          (before: the form of the paper)
///     h′ = (1 − z) ⊙ n + z ⊙ h
///
/// Shapes: x `[I]`, h `[H]`, W `[3H, I]` in order r, z, n; U_rz `[2H, H]`, U_n `[H, H]`, b `[3H]`, c_n `[H]`. With layer
/// normalisation the products W x, U_rz h and U_n h are normalised.
///
/// @param hidden H
/// @param resetAfter whether the reset gate comes after the recurrent product
/// @param updateBias the first value of b_z; a large one makes the unit remember
/// @param normalised whether the cell is layer-normalised
/// @param dropout the probability of variational dropout
public record GruCell(
    int hidden, boolean resetAfter, double updateBias, boolean normalised, double dropout)
    implements Cell {
  /// Checks the sizes.
  public GruCell {
    CellParts.check("GruCell", hidden, dropout);
  }

  /// A cell with the reset gate after the product and update bias 0.
  ///
  /// @param hidden H
  /// @return the cell
  public static GruCell of(int hidden) {
    return new GruCell(hidden, true, 0, false, 0);
  }

  /// This cell with the reset gate before the recurrent product.
  ///
  /// @return the cell
  public GruCell resetBefore() {
    return new GruCell(hidden, false, updateBias, normalised, dropout);
  }

  /// This cell with another update bias.
  ///
  /// @param bias the first value of b_z
  /// @return the cell
  public GruCell updateBias(double bias) {
    return new GruCell(hidden, resetAfter, bias, normalised, dropout);
  }

  /// This cell with layer normalisation.
  ///
  /// @return the cell
  public GruCell layerNorm() {
    return new GruCell(hidden, resetAfter, updateBias, true, dropout);
  }

  /// This cell with variational dropout.
  ///
  /// @param probability the probability of dropping
  /// @return the cell
  public GruCell dropout(double probability) {
    return new GruCell(hidden, resetAfter, updateBias, normalised, probability);
  }

  @Override
  public StepGraph step(int inputSize) {
    return StepGraph.define(
        "GruCell",
        s -> {
          var parts = new CellParts(s, normalised);
          int n = hidden;
          Value x = parts.input(inputSize, dropout);
          Value carry = s.carry("h", n);
          Value h = parts.state(carry, dropout);
          Initializer bias =
              (values, shape, random) -> java.util.Arrays.fill(values, n, 2 * n, updateBias);
          Value wx =
              parts
                  .linear("W", Initializer.glorotUniform(), x, 3 * n)
                  .plus(s.shared("b", bias, 3 * n));
          Value gates =
              sigmoid(
                  wx.slice(0, 2 * n)
                      .plus(parts.linear("U_rz", Initializer.orthogonal(), h, 2 * n)));
          Value r = gates.slice(0, n).named("reset gate");
          Value z = gates.slice(n, 2 * n).named("update gate");
          Value bn = s.shared("c_n", Initializer.zeros(), n);
          Value recurrent =
              resetAfter
                  ? r.hadamard(parts.linear("U_n", Initializer.orthogonal(), h, n).plus(bn))
                  : parts.linear("U_n", Initializer.orthogonal(), r.hadamard(h), n).plus(bn);
          Value candidate = tanh(wx.slice(2 * n, 3 * n).plus(recurrent)).named("candidate");
          Value next = candidate.plus(z.hadamard(carry.minus(candidate))).named("hidden state");
          s.next(carry, next);
          s.output("h", next);
        });
  }

  @Override
  public List<Squashed> squashed() {
    return List.of(
        Squashed.sigmoid("reset gate"),
        Squashed.sigmoid("update gate"),
        Squashed.tanh("candidate"));
  }
}
