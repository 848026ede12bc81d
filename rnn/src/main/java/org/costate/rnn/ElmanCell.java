package org.costate.rnn;

import java.util.List;
import java.util.function.UnaryOperator;
import org.costate.graph.Functions;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// The simple recurrent network (Elman 1990).
///
///     h′ = φ(W x + U h + b)
///
/// Shapes: x `[I]`, h `[H]`, W `[H, I]`, U `[H, H]`, b `[H]`. With layer normalisation (Ba, Kiros and Hinton 2016, equation 4)
/// the sum is normalised before φ.
///
/// @param hidden H
/// @param activation φ
/// @param recurrent how U is drawn
/// @param normalised whether the sum is layer-normalised
/// @param dropout the probability of variational dropout
public record ElmanCell(
    int hidden, Activation activation, Initializer recurrent, boolean normalised, double dropout)
    implements Cell {
  /// φ.
  public enum Activation {
    /// Hyperbolic tangent.
    TANH(Functions::tanh),
    /// Logistic sigmoid.
    SIGMOID(Functions::sigmoid),
    /// Rectified linear unit.
    RELU(Functions::relu);

    private final UnaryOperator<Value> function;

    Activation(UnaryOperator<Value> function) {
      this.function = function;
    }
  }

  /// Checks the sizes.
  public ElmanCell {
    CellParts.check("ElmanCell", hidden, dropout);
  }

  /// A tanh cell with an orthogonal recurrent matrix.
  ///
  /// @param hidden H
  /// @return the cell
  public static ElmanCell of(int hidden) {
    return new ElmanCell(hidden, Activation.TANH, Initializer.orthogonal(), false, 0);
  }

  /// A ReLU cell whose recurrent matrix begins as the identity (IRNN; Le, Jaitly and Hinton 2015).
  ///
  /// @param hidden H
  /// @return the cell
  public static ElmanCell identity(int hidden) {
    return new ElmanCell(hidden, Activation.RELU, Initializer.identity(1), false, 0);
  }

  /// This cell with another activation.
  ///
  /// @param function φ
  /// @return the cell
  public ElmanCell activation(Activation function) {
    return new ElmanCell(hidden, function, recurrent, normalised, dropout);
  }

  /// This cell with another recurrent initializer.
  ///
  /// @param initializer how U is drawn
  /// @return the cell
  public ElmanCell recurrent(Initializer initializer) {
    return new ElmanCell(hidden, activation, initializer, normalised, dropout);
  }

  /// This cell with layer normalisation.
  ///
  /// @return the cell
  public ElmanCell layerNorm() {
    return new ElmanCell(hidden, activation, recurrent, true, dropout);
  }

  /// This cell with variational dropout.
  ///
  /// @param probability the probability of dropping
  /// @return the cell
  public ElmanCell dropout(double probability) {
    return new ElmanCell(hidden, activation, recurrent, normalised, probability);
  }

  @Override
  public StepGraph step(int inputSize) {
    return StepGraph.define(
        "ElmanCell",
        s -> {
          var sum = new CellParts(s, false);
          Value x = sum.input(inputSize, dropout);
          Value h = s.carry("h", hidden);
          Value total =
              sum.linear("W", Initializer.glorotUniform(), x, hidden)
                  .plus(sum.linear("U", recurrent, sum.state(h, dropout), hidden))
                  .plus(s.shared("b", Initializer.zeros(), hidden));
          Value next =
              activation
                  .function
                  .apply(new CellParts(s, normalised).normalised("norm", total))
                  .named("hidden state");
          s.next(h, next);
          s.output("h", next);
        });
  }

  @Override
  public List<Squashed> squashed() {
    return List.of(
        switch (activation) {
          case TANH -> Squashed.tanh("hidden state");
          case SIGMOID -> Squashed.sigmoid("hidden state");
          case RELU -> new Squashed("hidden state", 0, Double.POSITIVE_INFINITY);
        });
  }
}
