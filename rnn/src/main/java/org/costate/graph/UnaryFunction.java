package org.costate.graph;

import org.apache.commons.math3.special.Erf;

/// The element-wise functions of one operand that are primitives of a graph. Others (silu, gelu,
/// elu, …) are composed of them in [Functions].
///
/// Outside its domain a function gives what `java.lang.Math` gives (NaN, or an infinity at a pole).
/// The derivative at a kink is stated here and is what [Reverse] and [Forward] use.
public enum UnaryFunction {
  /// −x
  NEGATE,
  /// eˣ
  EXP,
  /// eˣ − 1, accurate near 0
  EXPM1,
  /// ln x; −∞ at 0
  LOG,
  /// ln(1 + x), accurate near 0
  LOG1P,
  /// √x; its derivative at 0 is +∞
  SQRT,
  /// sine, x in radians
  SIN,
  /// cosine, x in radians
  COS,
  /// tangent, x in radians
  TAN,
  /// inverse sine; infinite derivative at ±1
  ASIN,
  /// inverse cosine; infinite derivative at ±1
  ACOS,
  /// inverse tangent
  ATAN,
  /// hyperbolic tangent
  TANH,
  /// 1 / (1 + e⁻ˣ), without overflow
  SIGMOID,
  /// ln(1 + eˣ), without overflow
  SOFTPLUS,
  /// max(x, 0); derivative 0 at 0
  RELU,
  /// |x|; derivative 0 at 0
  ABS,
  /// −1, 0 or 1; derivative 0 everywhere
  SIGN,
  /// 1 where x > 0, else 0; derivative 0 everywhere
  STEP,
  /// the error function 2/√π ∫₀ˣ e^(−s²) ds
  ERF;

  /// The value at one number.
  ///
  /// @param x the number
  /// @return f(x)
  public double evaluate(double x) {
    return switch (this) {
      case NEGATE -> -x;
      case EXP -> Math.exp(x);
      case EXPM1 -> Math.expm1(x);
      case LOG -> Math.log(x);
      case LOG1P -> Math.log1p(x);
      case SQRT -> Math.sqrt(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
      case TAN -> Math.tan(x);
      case ASIN -> Math.asin(x);
      case ACOS -> Math.acos(x);
      case ATAN -> Math.atan(x);
      case TANH -> Math.tanh(x);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
      case RELU -> Math.max(x, 0);
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case STEP -> x > 0 ? 1 : 0;
      case ERF -> Erf.erf(x);
    };
  }

  /// The derivative at x as part of the same graph.
  ///
  /// @param x the operand
  /// @param y the value at x
  /// @return dy/dx, or null where it is zero everywhere
  Value derivative(Value x, Value y) {
    return switch (this) {
      case NEGATE -> x.graphConstant(-1);
      case EXP -> y;
      case EXPM1 -> y.plus(1);
      case LOG -> x.reciprocal();
      case LOG1P -> x.plus(1).reciprocal();
      case SQRT -> y.times(2).reciprocal();
      case SIN -> x.apply(COS);
      case COS -> x.apply(SIN).negate();
      case TAN -> y.hadamard(y).plus(1);
      case ASIN -> x.hadamard(x).negate().plus(1).apply(SQRT).reciprocal();
      case ACOS -> x.hadamard(x).negate().plus(1).apply(SQRT).reciprocal().negate();
      case ATAN -> x.hadamard(x).plus(1).reciprocal();
      case TANH -> y.hadamard(y).negate().plus(1);
      case SIGMOID -> y.hadamard(y.negate().plus(1));
      case SOFTPLUS -> x.apply(SIGMOID);
      case RELU -> x.apply(STEP);
      case ABS -> x.apply(SIGN);
      case SIGN, STEP -> null;
      case ERF -> x.hadamard(x).negate().apply(EXP).times(2 / Math.sqrt(Math.PI));
    };
  }
}
