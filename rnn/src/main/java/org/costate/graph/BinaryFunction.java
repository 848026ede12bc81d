package org.costate.graph;

/// The element-wise functions of two operands of one shape that are primitives of a graph. The
/// derivative at a kink or a domain edge is stated here and is what [Reverse] and [Forward] use.
public enum BinaryFunction {
  /// a + b
  ADD,
  /// a − b
  SUBTRACT,
  /// a · b
  MULTIPLY,
  /// a / b
  DIVIDE,
  /// aᵇ as `Math.pow`; ∂/∂a is 0 where b = 0, and ∂/∂b is 0 where a ≤ 0
  POWER,
  /// the angle of the point (b, a), in radians; derivatives are 0 at the origin
  ATAN2,
  /// √(a² + b²) without overflow; derivatives are 0 at the origin
  HYPOT,
  /// the smaller; at a tie each operand gets half the derivative
  MINIMUM,
  /// the larger; at a tie each operand gets half the derivative
  MAXIMUM,
  /// 1 where a > b, else 0; derivative 0
  GREATER,
  /// 1 where a ≥ b, else 0; derivative 0
  GREATER_OR_EQUAL,
  /// 1 where a = b, else 0; derivative 0
  EQUAL;

  /// The value at two numbers.
  ///
  /// @param a the first number
  /// @param b the second number
  /// @return f(a, b)
  public double evaluate(double a, double b) {
    return switch (this) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case POWER -> Math.pow(a, b);
      case ATAN2 -> Math.atan2(a, b);
      case HYPOT -> Math.hypot(a, b);
      case MINIMUM -> Math.min(a, b);
      case MAXIMUM -> Math.max(a, b);
      case GREATER -> a > b ? 1 : 0;
      case GREATER_OR_EQUAL -> a >= b ? 1 : 0;
      case EQUAL -> a == b ? 1 : 0;
    };
  }

  /// The derivative with respect to the first operand.
  ///
  /// @return ∂y/∂a, or null where it is zero everywhere
  Value firstDerivative(Value a, Value b, Value y) {
    return switch (this) {
      case ADD, SUBTRACT -> a.graphConstant(1);
      case MULTIPLY -> b;
      case DIVIDE -> b.reciprocal();
      case POWER -> {
        Value none = b.apply(EQUAL, a.graphConstant(0));
        Value exponent = Functions.select(none, a.graphConstant(1), b.minus(1));
        yield Functions.select(none, a.graphConstant(0), b.hadamard(a.apply(POWER, exponent)));
      }
      case ATAN2 -> b.over(squaredRadius(a, b));
      case HYPOT -> a.over(radius(y));
      case MINIMUM -> preference(b, a);
      case MAXIMUM -> preference(a, b);
      case GREATER, GREATER_OR_EQUAL, EQUAL -> null;
    };
  }

  /// The derivative with respect to the second operand.
  ///
  /// @return ∂y/∂b, or null where it is zero everywhere
  Value secondDerivative(Value a, Value b, Value y) {
    return switch (this) {
      case ADD -> a.graphConstant(1);
      case SUBTRACT -> a.graphConstant(-1);
      case MULTIPLY -> a;
      case DIVIDE -> y.hadamard(b.reciprocal()).negate();
      case POWER -> {
        Value positive = a.apply(GREATER, a.graphConstant(0));
        Value logarithm =
            Functions.select(positive, a, a.graphConstant(1)).apply(UnaryFunction.LOG);
        yield Functions.select(positive, y.hadamard(logarithm), a.graphConstant(0));
      }
      case ATAN2 -> a.negate().over(squaredRadius(a, b));
      case HYPOT -> b.over(radius(y));
      case MINIMUM -> preference(a, b);
      case MAXIMUM -> preference(b, a);
      case GREATER, GREATER_OR_EQUAL, EQUAL -> null;
    };
  }

  /// 1 where a > b, one half where a = b, else 0.
  private static Value preference(Value a, Value b) {
    return a.apply(GREATER, b).plus(a.apply(EQUAL, b).times(0.5));
  }

  private static Value squaredRadius(Value a, Value b) {
    Value square = a.hadamard(a).plus(b.hadamard(b));
    return Functions.select(square, square, a.graphConstant(1));
  }

  private static Value radius(Value y) {
    return Functions.select(y, y, y.graphConstant(1));
  }
}
