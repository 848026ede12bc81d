package org.costate.internal.control;

import java.util.Map;
import java.util.function.Function;
import org.costate.graph.Jacobian;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// The solution y of y = base + g f(y), inside a graph, with exact first and second derivatives.
public final class ImplicitEquation {
  private static final int ITERATIONS = 6;

  private ImplicitEquation() {}

  /// Newton's method: first without derivatives until the equation is solved, then two iterations
  /// that carry them. Where r(y, d) = 0, one iteration y − r_y⁻¹ r has the derivative −r_y⁻¹ r_d
  /// with respect to its data d whatever that of y; a second one makes second derivatives exact.
  ///
  /// @param builder the graph
  /// @param rates has step input `x` and output `rate`
  /// @param operands the operands of `rates` for a y
  /// @param guess the first y
  /// @param base base
  /// @param gain g
  /// @return y
  public static Value solve(
      StepBuilder builder,
      StepGraph rates,
      Function<Value, Map<String, Value>> operands,
      Value guess,
      Value base,
      Value gain) {
    StepGraph withJacobian = Jacobian.of(rates, "rateByX", "rate", "x");
    Value y = guess;
    for (int i = 0; i < ITERATIONS + 2; i++) {
      if (i <= ITERATIONS) {
        y = y.stopGradient();
      }
      var results = builder.apply(withJacobian, operands.apply(y)).outputs();
      Value residual = y.minus(base).minus(results.get("rate").hadamard(gain));
      Value[][] matrix = elements(results.get("rateByX").hadamard(gain).negate());
      for (int j = 0; j < matrix.length; j++) {
        matrix[j][j] = matrix[j][j].plus(1);
      }
      y = y.minus(LinearSystem.solve(matrix, residual));
    }
    return y;
  }

  private static Value[][] elements(Value matrix) {
    Value[][] all = new Value[matrix.shape().dim(0)][matrix.shape().dim(1)];
    for (int i = 0; i < all.length; i++) {
      for (int j = 0; j < all[i].length; j++) {
        all[i][j] = matrix.at(i).at(j);
      }
    }
    return all;
  }
}
