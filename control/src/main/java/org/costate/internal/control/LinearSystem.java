package org.costate.internal.control;

import org.costate.control.Instant;
import org.costate.graph.Value;

/// Small linear systems written into a graph.
public final class LinearSystem {
  private LinearSystem() {}

  /// A⁻¹ b by elimination without pivoting: for matrices near the identity, or positive definite.
  ///
  /// @param matrix A, overwritten
  /// @param right b
  /// @return the solution
  public static Value solve(Value[][] matrix, Value right) {
    int n = matrix.length;
    Value[] b = new Value[n];
    for (int i = 0; i < n; i++) {
      b[i] = right.at(i);
    }
    for (int k = 0; k < n; k++) {
      Value inverse = matrix[k][k].reciprocal();
      for (int i = k + 1; i < n; i++) {
        Value factor = matrix[i][k].hadamard(inverse);
        for (int j = k + 1; j < n; j++) {
          matrix[i][j] = matrix[i][j].minus(factor.hadamard(matrix[k][j]));
        }
        b[i] = b[i].minus(factor.hadamard(b[k]));
      }
      matrix[k][k] = inverse;
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int j = i + 1; j < n; j++) {
        b[i] = b[i].minus(matrix[i][j].hadamard(b[j]));
      }
      b[i] = b[i].hadamard(matrix[i][i]);
    }
    return Instant.vector(b);
  }
}
