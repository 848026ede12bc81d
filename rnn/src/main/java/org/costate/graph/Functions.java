package org.costate.graph;

/// The functions of a step, to be imported statically. Element-wise ones keep the shape; losses
/// give a scalar.
///
/// Conventions at kinks are those of [UnaryFunction] and [BinaryFunction], of which everything here
/// is composed.
public final class Functions {
  private static final double INVERSE_SQRT_2 = Math.sqrt(0.5);

  private Functions() {}

  // ---- element-wise
  // -------------------------------------------------------------------------------------------------

  /// eˣ.
  ///
  /// @param x the operand
  /// @return the result
  public static Value exp(Value x) {
    return x.apply(UnaryFunction.EXP);
  }

  /// ln x; −∞ at 0, NaN below.
  ///
  /// @param x the operand
  /// @return the result
  public static Value log(Value x) {
    return x.apply(UnaryFunction.LOG);
  }

  /// ln(1 + x).
  ///
  /// @param x the operand
  /// @return the result
  public static Value log1p(Value x) {
    return x.apply(UnaryFunction.LOG1P);
  }

  /// eˣ − 1.
  ///
  /// @param x the operand
  /// @return the result
  public static Value expm1(Value x) {
    return x.apply(UnaryFunction.EXPM1);
  }

  /// √x; its derivative at 0 is +∞.
  ///
  /// @param x the operand
  /// @return the result
  public static Value sqrt(Value x) {
    return x.apply(UnaryFunction.SQRT);
  }

  /// x², element by element.
  ///
  /// @param x the operand
  /// @return the result
  public static Value square(Value x) {
    return x.hadamard(x);
  }

  /// xᵖ for a fixed exponent.
  ///
  /// @param x the operand
  /// @param exponent p
  /// @return the result
  public static Value pow(Value x, double exponent) {
    return pow(x, x.graphConstant(exponent));
  }

  /// aᵇ; see [BinaryFunction#POWER].
  ///
  /// @param a the base
  /// @param b the exponent
  /// @return the result
  public static Value pow(Value a, Value b) {
    return a.apply(BinaryFunction.POWER, b);
  }

  /// Sine of x radians.
  ///
  /// @param x the operand
  /// @return the result
  public static Value sin(Value x) {
    return x.apply(UnaryFunction.SIN);
  }

  /// Cosine of x radians.
  ///
  /// @param x the operand
  /// @return the result
  public static Value cos(Value x) {
    return x.apply(UnaryFunction.COS);
  }

  /// Tangent of x radians.
  ///
  /// @param x the operand
  /// @return the result
  public static Value tan(Value x) {
    return x.apply(UnaryFunction.TAN);
  }

  /// Inverse sine, in radians.
  ///
  /// @param x the operand, in [−1, 1]
  /// @return the result
  public static Value asin(Value x) {
    return x.apply(UnaryFunction.ASIN);
  }

  /// Inverse cosine, in radians.
  ///
  /// @param x the operand, in [−1, 1]
  /// @return the result
  public static Value acos(Value x) {
    return x.apply(UnaryFunction.ACOS);
  }

  /// Inverse tangent, in radians.
  ///
  /// @param x the operand
  /// @return the result
  public static Value atan(Value x) {
    return x.apply(UnaryFunction.ATAN);
  }

  /// The angle of the point (x, y), in radians.
  ///
  /// @param y the ordinate
  /// @param x the abscissa
  /// @return the result
  public static Value atan2(Value y, Value x) {
    return y.apply(BinaryFunction.ATAN2, x);
  }

  /// Hyperbolic tangent.
  ///
  /// @param x the operand
  /// @return the result
  public static Value tanh(Value x) {
    return x.apply(UnaryFunction.TANH);
  }

  /// 1 / (1 + e⁻ˣ).
  ///
  /// @param x the operand
  /// @return the result
  public static Value sigmoid(Value x) {
    return x.apply(UnaryFunction.SIGMOID);
  }

  /// max(x, 0); derivative 0 at 0.
  ///
  /// @param x the operand
  /// @return the result
  public static Value relu(Value x) {
    return x.apply(UnaryFunction.RELU);
  }

  /// x where x > 0, else slope · x; derivative `slope` at 0.
  ///
  /// @param x the operand
  /// @param slope the slope below 0
  /// @return the result
  public static Value leakyRelu(Value x, double slope) {
    return select(x.apply(UnaryFunction.STEP), x, x.times(slope));
  }

  /// x where x > 0, else α (eˣ − 1).
  ///
  /// @param x the operand
  /// @param alpha α
  /// @return the result
  public static Value elu(Value x, double alpha) {
    Value negative = x.apply(BinaryFunction.MINIMUM, x.graphConstant(0));
    return select(x.apply(UnaryFunction.STEP), x, expm1(negative).times(alpha));
  }

  /// x Φ(x) with the normal distribution function Φ, exact (not the tanh form; Hendrycks and Gimpel
  /// 2016).
  ///
  /// @param x the operand
  /// @return the result
  public static Value gelu(Value x) {
    return x.hadamard(erf(x.times(INVERSE_SQRT_2)).plus(1)).times(0.5);
  }

  /// The tanh approximation of [#gelu]: x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
  ///
  /// @param x the operand
  /// @return the result
  public static Value geluTanh(Value x) {
    Value cubic = x.hadamard(x).hadamard(x).times(0.044715).plus(x);
    return x.hadamard(tanh(cubic.times(Math.sqrt(2 / Math.PI))).plus(1)).times(0.5);
  }

  /// x σ(x), also called swish.
  ///
  /// @param x the operand
  /// @return the result
  public static Value silu(Value x) {
    return x.hadamard(sigmoid(x));
  }

  /// ln(1 + eˣ).
  ///
  /// @param x the operand
  /// @return the result
  public static Value softplus(Value x) {
    return x.apply(UnaryFunction.SOFTPLUS);
  }

  /// The error function.
  ///
  /// @param x the operand
  /// @return the result
  public static Value erf(Value x) {
    return x.apply(UnaryFunction.ERF);
  }

  /// |x|; derivative 0 at 0.
  ///
  /// @param x the operand
  /// @return the result
  public static Value abs(Value x) {
    return x.apply(UnaryFunction.ABS);
  }

  /// −1, 0 or 1; derivative 0.
  ///
  /// @param x the operand
  /// @return the result
  public static Value sign(Value x) {
    return x.apply(UnaryFunction.SIGN);
  }

  /// The smaller of two; a tie halves the derivative.
  ///
  /// @param a the first operand
  /// @param b the second operand
  /// @return the result
  public static Value min(Value a, Value b) {
    return a.apply(BinaryFunction.MINIMUM, b);
  }

  /// The larger of two; a tie halves the derivative.
  ///
  /// @param a the first operand
  /// @param b the second operand
  /// @return the result
  public static Value max(Value a, Value b) {
    return a.apply(BinaryFunction.MAXIMUM, b);
  }

  /// √(a² + b²) without overflow; derivatives are 0 at the origin.
  ///
  /// @param a the first operand
  /// @param b the second operand
  /// @return the result
  public static Value hypot(Value a, Value b) {
    return a.apply(BinaryFunction.HYPOT, b);
  }

  /// x limited to [low, high]; derivative 1 inside, 0 outside, one half at a limit.
  ///
  /// @param x the operand
  /// @param low the lower limit
  /// @param high the upper limit
  /// @return the result
  public static Value clamp(Value x, double low, double high) {
    return min(max(x, x.graphConstant(low)), x.graphConstant(high));
  }

  /// 1 where a > b, else 0; derivative 0.
  ///
  /// @param a the first operand
  /// @param b the second operand
  /// @return the condition
  public static Value greater(Value a, Value b) {
    return a.apply(BinaryFunction.GREATER, b);
  }

  /// 1 where a ≥ b, else 0; derivative 0.
  ///
  /// @param a the first operand
  /// @param b the second operand
  /// @return the condition
  public static Value greaterOrEqual(Value a, Value b) {
    return a.apply(BinaryFunction.GREATER_OR_EQUAL, b);
  }

  /// 1 where a = b, else 0; derivative 0.
  ///
  /// @param a the first operand
  /// @param b the second operand
  /// @return the condition
  public static Value equal(Value a, Value b) {
    return a.apply(BinaryFunction.EQUAL, b);
  }

  /// a where the condition is not 0, else b, element by element; only the chosen branch has a
  /// derivative. A branch that is not chosen must still be finite, or its zero derivative becomes
  /// NaN.
  ///
  /// @param condition the condition
  /// @param a the value where it holds
  /// @param b the value where it does not
  /// @return the result
  public static Value select(Value condition, Value a, Value b) {
    Shape shape = a.shape().rank() > 0 ? a.shape() : b.shape();
    return a.builder()
        .emit(
            new Op.Select(
                condition.broadcast(shape).id(), a.broadcast(shape).id(), b.broadcast(shape).id()));
  }

  /// The value of `hard` with the derivative of `soft`.
  ///
  /// @param hard the value
  /// @param soft what is differentiated
  /// @return the result
  public static Value straightThrough(Value hard, Value soft) {
    return hard.builder().emit(new Op.StraightThrough(hard.id(), soft.id()));
  }

  // ---- structure
  // ----------------------------------------------------------------------------------------------------

  /// Vectors one after another.
  ///
  /// @param parts the vectors
  /// @return the vector
  public static Value concat(Value... parts) {
    return concat(0, parts);
  }

  /// Values one after another along an axis.
  ///
  /// @param axis the axis
  /// @param parts the values, equal except on that axis
  /// @return the result
  public static Value concat(int axis, Value... parts) {
    return parts[0].builder().emit(new Op.Concat(Value.ids(parts), axis));
  }

  /// Scalars as a vector, or vectors as the rows of a matrix.
  ///
  /// @param parts the values, of one shape
  /// @return the result, with a new first axis
  public static Value stack(Value... parts) {
    Value[] rows = new Value[parts.length];
    for (int i = 0; i < parts.length; i++) {
      int[] old = parts[i].shape().toArray();
      int[] dims = new int[old.length + 1];
      dims[0] = 1;
      System.arraycopy(old, 0, dims, 1, old.length);
      rows[i] = parts[i].reshape(dims);
    }
    return concat(0, rows);
  }

  // ---- reductions and normalisation
  // ---------------------------------------------------------------------------------

  /// The Euclidean norm √Σx²; derivative 0 at 0.
  ///
  /// @param x the operand
  /// @return the scalar
  public static Value norm(Value x) {
    Value square = x.dot(x);
    Value root = sqrt(select(square, square, square.graphConstant(1)));
    return select(square, root, square);
  }

  /// ln Σ eˣ of a vector, without overflow.
  ///
  /// @param x the vector
  /// @return the scalar
  public static Value logSumExp(Value x) {
    Value largest = x.max().stopGradient();
    return log(exp(x.minus(largest)).sum()).plus(largest);
  }

  /// eˣ / Σ eˣ of a vector, without overflow.
  ///
  /// @param x the vector
  /// @return the probabilities
  public static Value softmax(Value x) {
    Value e = exp(x.minus(x.max().stopGradient()));
    return e.over(e.sum());
  }

  /// x − ln Σ eˣ of a vector.
  ///
  /// @param x the vector
  /// @return the log-probabilities
  public static Value logSoftmax(Value x) {
    return x.minus(logSumExp(x));
  }

  /// Layer normalisation of a vector (Ba, Kiros and Hinton 2016): g ⊙ (x − μ) / √(σ² + ε) + b with
  /// the mean μ and the biased variance σ² over the elements. There is one division for all of
  /// them, and one on the way back.
  ///
  /// @param x the vector `[n]`
  /// @param gain g `[n]`
  /// @param bias b `[n]`
  /// @param epsilon ε, > 0
  /// @return the normalised vector
  public static Value layerNorm(Value x, Value gain, Value bias, double epsilon) {
    Value centred = x.minus(x.mean());
    Value scale = sqrt(centred.hadamard(centred).mean().plus(epsilon)).reciprocal();
    return centred.hadamard(scale).hadamard(gain).plus(bias);
  }

  // ---- losses
  // -------------------------------------------------------------------------------------------------------

  /// Cross-entropy −Σ p ln softmax(z) of logits z against a target distribution p: Σp · lse(z) −
  /// p·z.
  ///
  /// @param logits z `[n]`
  /// @param target p `[n]`, usually one-hot
  /// @return the scalar, in nats
  public static Value softmaxCrossEntropy(Value logits, Value target) {
    return target.sum().times(logSumExp(logits)).minus(target.dot(logits));
  }

  /// Cross-entropy of logits z against one class: lse(z) − z[class].
  ///
  /// @param logits z `[n]`
  /// @param index the class, a scalar in 0 … n−1
  /// @return the scalar, in nats
  public static Value softmaxCrossEntropyOfClass(Value logits, Value index) {
    return logSumExp(logits).minus(logits.gather(index));
  }

  /// Binary cross-entropy of logits, summed over the elements: softplus(z) − p z.
  ///
  /// @param logits z
  /// @param target p, in [0, 1], of the same shape
  /// @return the scalar, in nats
  public static Value sigmoidCrossEntropy(Value logits, Value target) {
    return softplus(logits).minus(target.hadamard(logits)).sum();
  }

  /// Half the squared error, ½ Σ (y − target)².
  ///
  /// @param y the prediction
  /// @param target the target, of the same shape
  /// @return the scalar
  public static Value halfSquaredError(Value y, Value target) {
    return squaredError(y, target).times(0.5);
  }

  /// The squared error Σ (y − target)².
  ///
  /// @param y the prediction
  /// @param target the target, of the same shape
  /// @return the scalar
  public static Value squaredError(Value y, Value target) {
    Value e = y.minus(target);
    return e.dot(e);
  }

  /// Huber's loss, summed: e²/2 where |e| ≤ δ, else δ (|e| − δ/2), for e = y − target.
  ///
  /// @param y the prediction
  /// @param target the target, of the same shape
  /// @param delta δ, > 0
  /// @return the scalar
  public static Value huber(Value y, Value target, double delta) {
    Value size = abs(y.minus(target));
    Value inner = min(size, size.graphConstant(delta));
    return inner.hadamard(size.minus(inner.times(0.5))).sum();
  }

  // ---- convolutions
  // -------------------------------------------------------------------------------------------------

  /// 2-D convolution; see [Convolution].
  ///
  /// @param x the input `[C, H, W]`
  /// @param kernel the kernel `[O, C, KH, KW]`
  /// @param geometry stride, dilation, padding
  /// @return `[O, H′, W′]`
  public static Value convolve2d(Value x, Value kernel, Convolution geometry) {
    return x.builder().emit(new Op.Convolve(x.id(), kernel.id(), geometry));
  }

  /// Transposed 2-D convolution: the adjoint of [#convolve2d] with respect to its input.
  ///
  /// @param y `[O, H′, W′]`
  /// @param kernel the kernel `[O, C, KH, KW]`
  /// @param geometry stride, dilation, padding
  /// @param height H of the result
  /// @param width W of the result
  /// @return `[C, H, W]`
  public static Value convolveTransposed2d(
      Value y, Value kernel, Convolution geometry, int height, int width) {
    Shape shape = Shape.of(kernel.shape().dim(1), height, width);
    return y.builder().emit(new Op.ConvolveInput(y.id(), kernel.id(), geometry, shape));
  }

  /// 1-D convolution along the second axis.
  ///
  /// @param x the input `[C, L]`
  /// @param kernel the kernel `[O, C, K]`
  /// @param geometry stride, dilation and padding; those of the width count
  /// @return `[O, L′]`
  public static Value convolve1d(Value x, Value kernel, Convolution geometry) {
    Value y = convolve2d(withHeight(x), kernelWithHeight(kernel), geometry.alongWidth());
    return y.reshape(y.shape().dim(0), y.shape().dim(2));
  }

  /// Transposed 1-D convolution: the adjoint of [#convolve1d] with respect to its input.
  ///
  /// @param y `[O, L′]`
  /// @param kernel the kernel `[O, C, K]`
  /// @param geometry stride, dilation and padding; those of the width count
  /// @param length L of the result
  /// @return `[C, L]`
  public static Value convolveTransposed1d(
      Value y, Value kernel, Convolution geometry, int length) {
    Value x =
        convolveTransposed2d(
            withHeight(y), kernelWithHeight(kernel), geometry.alongWidth(), 1, length);
    return x.reshape(x.shape().dim(0), length);
  }

  private static Value withHeight(Value x) {
    if (x.shape().rank() != 2) {
      throw new ShapeException(
          "Convolution: a 1-D input must be [C, L], got %s.".formatted(x.shape()));
    }
    return x.reshape(x.shape().dim(0), 1, x.shape().dim(1));
  }

  private static Value kernelWithHeight(Value kernel) {
    Shape k = kernel.shape();
    if (k.rank() != 3) {
      throw new ShapeException("Convolution: a 1-D kernel must be [O, C, K], got %s.".formatted(k));
    }
    return kernel.reshape(k.dim(0), k.dim(1), 1, k.dim(2));
  }
}
