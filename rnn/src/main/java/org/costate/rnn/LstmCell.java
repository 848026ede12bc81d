package org.costate.rnn;

import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.tanh;

import java.util.List;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// Long short-term memory with forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000).
///
///     i = σ(W_i x + U_i h + b_i [+ p_i ⊙ c])     f = σ(W_f x + U_f h + b_f [+ p_f ⊙ c])
///     g = tanh(W_g x + U_g h + b_g)              c′ = f ⊙ c + i ⊙ g
///     o = σ(W_o x + U_o h + b_o [+ p_o ⊙ c′])    h′ = o ⊙ tanh(c′)
///
/// Shapes: x `[I]`, h and c `[H]`, W `[4H, I]` in PyTorch's order i, f, g, o; U `[4H, H]`; b `[4H]`; peepholes p `[H]` (Gers and
/// Schmidhuber 2000). With layer normalisation W x, U h and the c′ inside the last tanh are normalised (Ba, Kiros and Hinton
/// 2016, equations 20–22).
///
/// @param hidden H
/// @param forgetBias the first value of b_f; a cell forgets with time constant 1 / (1 − σ(b_f)): 3.7 steps for 1, 149 for 5
/// @param longestDependency T_max of the chrono initialisation (Tallec and Ollivier 2018): b_f = ln u with u uniform in
///     [1, T_max − 1), b_i = −b_f; 0 to use `forgetBias`
/// @param peephole whether the gates see the cell state
/// @param normalised whether the cell is layer-normalised
/// @param dropout the probability of variational dropout
public record LstmCell(
    int hidden,
    double forgetBias,
    double longestDependency,
    boolean peephole,
    boolean normalised,
    double dropout)
    implements Cell {
  /// Checks the sizes.
  public LstmCell {
    CellParts.check("LstmCell", hidden, dropout);
    if (longestDependency != 0 && longestDependency < 3) {
      throw new IllegalArgumentException(
          "LstmCell: the longest dependency of the chrono initialisation must be at least 3 steps,"
              + " got "
              + longestDependency
              + ".");
    }
  }

  /// A cell with forget bias 1.
  ///
  /// @param hidden H
  /// @return the cell
  public static LstmCell of(int hidden) {
    return new LstmCell(hidden, 1, 0, false, false, 0);
  }

  /// This cell with another forget bias.
  ///
  /// @param bias the first value of b_f
  /// @return the cell
  public LstmCell forgetBias(double bias) {
    return new LstmCell(hidden, bias, 0, peephole, normalised, dropout);
  }

  /// This cell with chrono initialisation.
  ///
  /// @param steps T_max, the longest dependency that is expected
  /// @return the cell
  public LstmCell chrono(double steps) {
    return new LstmCell(hidden, forgetBias, steps, peephole, normalised, dropout);
  }

  /// This cell with peepholes.
  ///
  /// @return the cell
  public LstmCell withPeephole() {
    return new LstmCell(hidden, forgetBias, longestDependency, true, normalised, dropout);
  }

  /// This cell with layer normalisation.
  ///
  /// @return the cell
  public LstmCell layerNorm() {
    return new LstmCell(hidden, forgetBias, longestDependency, peephole, true, dropout);
  }

  /// This cell with variational dropout.
  ///
  /// @param probability the probability of dropping
  /// @return the cell
  public LstmCell dropout(double probability) {
    return new LstmCell(hidden, forgetBias, longestDependency, peephole, normalised, probability);
  }

  private Initializer biases() {
    return (values, shape, random) -> {
      for (int i = 0; i < hidden; i++) {
        double chrono =
            longestDependency == 0 ? 0 : Math.log(random.nextDouble(1, longestDependency - 1));
        values[i] = 0 - chrono;
        values[hidden + i] = longestDependency == 0 ? forgetBias : chrono;
      }
    };
  }

  @Override
  public StepGraph step(int inputSize) {
    return StepGraph.define(
        "LstmCell",
        s -> {
          var parts = new CellParts(s, normalised);
          int n = hidden;
          Value x = parts.input(inputSize, dropout);
          Value h = s.carry("h", n);
          Value c = s.carry("c", n);
          Value z =
              parts
                  .linear("W", Initializer.glorotUniform(), x, 4 * n)
                  .plus(parts.linear("U", Initializer.orthogonal(), parts.state(h, dropout), 4 * n))
                  .plus(s.shared("b", biases(), 4 * n));
          Value zi = z.slice(0, n);
          Value zf = z.slice(n, 2 * n);
          Value zo = z.slice(3 * n, 4 * n);
          if (peephole) {
            zi = zi.plus(s.shared("p_i", Initializer.zeros(), n).hadamard(c));
            zf = zf.plus(s.shared("p_f", Initializer.zeros(), n).hadamard(c));
          }
          Value i = sigmoid(zi).named("input gate");
          Value f = sigmoid(zf).named("forget gate");
          Value g = tanh(z.slice(2 * n, 3 * n)).named("candidate");
          Value cell = f.hadamard(c).plus(i.hadamard(g)).named("cell state");
          if (peephole) {
            zo = zo.plus(s.shared("p_o", Initializer.zeros(), n).hadamard(cell));
          }
          Value o = sigmoid(zo).named("output gate");
          Value next = o.hadamard(tanh(parts.normalised("norm", cell))).named("hidden state");
          s.next(h, next);
          s.next(c, cell);
          s.output("h", next);
        });
  }

  @Override
  public List<Squashed> squashed() {
    return List.of(
        Squashed.sigmoid("input gate"),
        Squashed.sigmoid("forget gate"),
        Squashed.tanh("candidate"),
        Squashed.sigmoid("output gate"));
  }
}
