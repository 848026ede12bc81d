package org.costate.internal.exec;

import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;

/// Element-wise kernels. The cheap functions have their own loops, which HotSpot vectorises; in the
/// others the function itself is the cost.
final class Elementwise {
  private Elementwise() {}

  static void unary(UnaryFunction f, double[] x, double[] out, int n) {
    switch (f) {
      case NEGATE -> {
        for (int i = 0; i < n; i++) {
          out[i] = -x[i];
        }
      }
      case RELU -> {
        for (int i = 0; i < n; i++) {
          out[i] = Math.max(x[i], 0);
        }
      }
      case TANH -> {
        for (int i = 0; i < n; i++) {
          out[i] = Math.tanh(x[i]);
        }
      }
      case SIGMOID -> {
        for (int i = 0; i < n; i++) {
          out[i] = 1 / (1 + Math.exp(-x[i]));
        }
      }
      case EXP,
          EXPM1,
          LOG,
          LOG1P,
          SQRT,
          SIN,
          COS,
          TAN,
          ASIN,
          ACOS,
          ATAN,
          SOFTPLUS,
          ABS,
          SIGN,
          STEP,
          ERF -> {
        for (int i = 0; i < n; i++) {
          out[i] = f.evaluate(x[i]);
        }
      }
    }
  }

  static void binary(BinaryFunction f, double[] a, double[] b, double[] out, int n) {
    switch (f) {
      case ADD -> {
        for (int i = 0; i < n; i++) {
          out[i] = a[i] + b[i];
        }
      }
      case SUBTRACT -> {
        for (int i = 0; i < n; i++) {
          out[i] = a[i] - b[i];
        }
      }
      case MULTIPLY -> {
        for (int i = 0; i < n; i++) {
          out[i] = a[i] * b[i];
        }
      }
      case DIVIDE -> {
        for (int i = 0; i < n; i++) {
          out[i] = a[i] / b[i];
        }
      }
      case POWER, ATAN2, HYPOT, MINIMUM, MAXIMUM, GREATER, GREATER_OR_EQUAL, EQUAL -> {
        for (int i = 0; i < n; i++) {
          out[i] = f.evaluate(a[i], b[i]);
        }
      }
    }
  }

  static void select(double[] condition, double[] a, double[] b, double[] out, int n) {
    for (int i = 0; i < n; i++) {
      out[i] = condition[i] != 0 ? a[i] : b[i];
    }
  }

  static void roundToFloat(double[] x, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (float) x[i];
    }
  }
}
