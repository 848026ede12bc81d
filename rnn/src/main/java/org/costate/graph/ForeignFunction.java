package org.costate.graph;

import java.util.List;

/// A black box inside a graph: a user's simulator or a hand-written kernel with its own pullback.
/// It is called once for each lane of the batch, from one thread at a time for a given sequence,
/// and must not keep what it is given.
///
/// It has a first derivative in reverse mode only; [Forward] says so when asked. Where no pullback
/// is known, [#byDifferences] gives one.
public interface ForeignFunction {
  /// The name in messages and listings.
  ///
  /// @return the name
  String name();

  /// The shape of the result.
  ///
  /// @param operands the shapes of the operands
  /// @return the shape
  Shape resultShape(List<Shape> operands);

  /// y = f(a, b, …) for one lane.
  ///
  /// @param operands the values of the operands, row-major
  /// @param result where to put y
  void forward(double[][] operands, double[] result);

  /// ā = (∂f/∂a)ᵀ ȳ for one operand of one lane.
  ///
  /// @param operands the values of the operands, row-major
  /// @param resultBar ȳ
  /// @param which the index of the operand asked for
  /// @param operandBar where to put ā
  void pullback(double[][] operands, double[] resultBar, int which, double[] operandBar);

  /// The pullback of a function by central differences, for use inside [#pullback]: 2n evaluations,
  /// error O(ε²).
  ///
  /// @param function the function
  /// @param operands the values of the operands
  /// @param resultBar ȳ
  /// @param which the index of the operand asked for
  /// @param operandBar where to put ā
  static void byDifferences(
      ForeignFunction function,
      double[][] operands,
      double[] resultBar,
      int which,
      double[] operandBar) {
    double[] plus = new double[resultBar.length];
    double[] minus = new double[resultBar.length];
    double[] x = operands[which];
    for (int i = 0; i < x.length; i++) {
      double centre = x[i];
      double epsilon = Math.cbrt(Math.ulp(1.0)) * Math.max(1, Math.abs(centre));
      x[i] = centre + epsilon;
      function.forward(operands, plus);
      x[i] = centre - epsilon;
      function.forward(operands, minus);
      x[i] = centre;
      double sum = 0;
      for (int j = 0; j < resultBar.length; j++) {
        sum += resultBar[j] * (plus[j] - minus[j]);
      }
      operandBar[i] = sum / (2 * epsilon);
    }
  }
}
