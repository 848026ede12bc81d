package org.costate.internal.code;

import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;

/// The element-wise functions as generated code.
///
/// With vectors, exp, log and what is made of them are polynomials: exp by Cody–Waite reduction to
/// |r| ≤ ½ ln 2 and the Taylor series of eʳ − 1 up to r⁷ (float) or r¹³ (double); log by the series
/// of 2 artanh(f / (2 + f)) on [√½, √2); sin and cos by Cody–Waite reduction to |r| ≤ π/4 in three
/// parts and Taylor series up to r⁹ and r¹⁰ (float) or r¹⁷ and r¹⁶ (double), where |x| < 10⁵ (in
/// double 10⁹), and by `java.lang.Math` beyond. Errors, which `ElementaryTest` looks for over the
/// whole range: at most 2 ulp for exp, log, sin and cos and 3 for the others in float; 2 for sin
/// and cos, 3 for exp and log, 4 for sigmoid and softplus and 5 for tanh in double. Results of a
/// sigmoid below e⁻⁸⁷ (in double e⁻⁷⁰⁸) are not reached. Without vectors, and for the other
/// functions, it is `java.lang.Math`.
final class Elementary {
  private static final ClassDesc UNARY = UnaryFunction.class.describeConstable().orElseThrow();

  /// π/2 in parts, each of as many digits as a number has.
  private static final double[] FLOAT_HALF_PI = {
    1.5707963705062866, -4.371138828673793e-8, -1.7151245100058819e-15
  };

  private static final double[] DOUBLE_HALF_PI = {
    1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33
  };

  private final Numbers x;
  private final boolean single;

  Elementary(Numbers numbers) {
    this.x = numbers;
    this.single = numbers.element() == Element.FLOAT;
  }

  /// Whether a function has a vector form.
  static boolean vectorised(UnaryFunction f) {
    return switch (f) {
      case NEGATE, EXP, LOG, SQRT, TANH, SIGMOID, SOFTPLUS, RELU, ABS, SIGN, STEP, SIN, COS -> true;
      case EXPM1, LOG1P, TAN, ASIN, ACOS, ATAN, ERF -> false;
    };
  }

  /// Whether a function has a vector form.
  static boolean vectorised(BinaryFunction f) {
    return switch (f) {
      case ADD, SUBTRACT, MULTIPLY, DIVIDE, MINIMUM, MAXIMUM, GREATER, GREATER_OR_EQUAL, EQUAL ->
          true;
      case POWER, ATAN2, HYPOT -> false;
    };
  }

  /// Vector operations that a function takes, about.
  static int operations(UnaryFunction f) {
    return switch (f) {
      case EXP, TANH, SIGMOID -> 25;
      case LOG -> 50;
      case SOFTPLUS, SIN, COS -> 80;
      default -> 3;
    };
  }

  int unary(UnaryFunction f, int a) {
    return switch (f) {
      case NEGATE -> x.negate(a);
      case ABS -> x.absolute(a);
      case SQRT -> x.squareRoot(a);
      case RELU -> x.maximum(a, x.constant(0));
      case STEP -> where(Numbers.Comparison.GT, a, x.constant(0));
      case SIGN -> {
        int zero = x.constant(0);
        int negative = x.choose(Numbers.Comparison.LT, a, zero, x.constant(-1), a);
        yield x.choose(Numbers.Comparison.GT, a, zero, x.constant(1), negative);
      }
      case EXP -> x.vector() ? exponential(a) : x.math("exp", false, a);
      case LOG -> x.vector() ? logarithm(a) : x.math("log", false, a);
      case TANH -> x.vector() ? hyperbolicTangent(a) : x.math("tanh", false, a);
      case SIGMOID -> {
        if (x.vector()) {
          yield sigmoid(a);
        }
        int one = x.constant(1);
        yield x.divide(one, x.add(one, x.math("exp", false, x.negate(a))));
      }
      case SOFTPLUS -> {
        if (!x.vector()) {
          yield evaluate(f, a);
        }
        int rest =
            logarithmOfOnePlus(exponentialInRange(clamp(x.negate(x.absolute(a)), lowest(), 1), 1));
        yield x.add(x.maximum(a, x.constant(0)), rest);
      }
      case SIN -> x.vector() ? circular(a, false) : x.math("sin", false, a);
      case COS -> x.vector() ? circular(a, true) : x.math("cos", false, a);
      case TAN -> x.math("tan", false, a);
      case ASIN -> x.math("asin", false, a);
      case ACOS -> x.math("acos", false, a);
      case ATAN -> x.math("atan", false, a);
      case EXPM1 -> x.math("expm1", false, a);
      case LOG1P -> x.math("log1p", false, a);
      case ERF -> evaluate(f, a);
    };
  }

  int binary(BinaryFunction f, int a, int b) {
    return switch (f) {
      case ADD -> x.add(a, b);
      case SUBTRACT -> x.subtract(a, b);
      case MULTIPLY -> x.multiply(a, b);
      case DIVIDE -> x.divide(a, b);
      case MINIMUM -> x.minimum(a, b);
      case MAXIMUM -> x.maximum(a, b);
      case GREATER -> where(Numbers.Comparison.GT, a, b);
      case GREATER_OR_EQUAL -> where(Numbers.Comparison.GE, a, b);
      case EQUAL -> where(Numbers.Comparison.EQ, a, b);
      case POWER -> x.math("pow", false, a, b);
      case ATAN2 -> x.math("atan2", false, a, b);
      case HYPOT -> x.math("hypot", false, a, b);
    };
  }

  int select(int condition, int a, int b) {
    return x.choose(Numbers.Comparison.NE, condition, x.constant(0), a, b);
  }

  private int where(Numbers.Comparison comparison, int a, int b) {
    return x.choose(comparison, a, b, x.constant(1), x.constant(0));
  }

  /// Calls [UnaryFunction#evaluate].
  private int evaluate(UnaryFunction f, int a) {
    x.code().getstatic(UNARY, f.name(), UNARY);
    x.read(a);
    if (single) {
      x.code().f2d();
    }
    x.code()
        .invokevirtual(
            UNARY,
            "evaluate",
            java.lang.constant.MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_double));
    if (single) {
      x.code().d2f();
    }
    int local = x.code().allocateLocal(x.element().kind());
    x.code().storeLocal(x.element().kind(), local);
    return local;
  }

  // ---- vector forms

  private double lowest() {
    return single ? -87 : -708;
  }

  private int clamp(int a, double low, double high) {
    int floor = x.constant(low);
    int ceiling = x.constant(high);
    // Both comparisons are of a: one takes as long as two additions.
    int raised = x.choose(Numbers.Comparison.LT, a, floor, floor, a);
    return x.choose(Numbers.Comparison.GT, a, ceiling, ceiling, raised);
  }

  /// Σ cᵢ xⁱ, in pairs, then pairs of pairs (Estrin's scheme), until at most three terms are left:
  /// about as many operations as by Horner's, of which fewer wait for each other.
  private int polynomial(int a, double... c) {
    int[] terms = new int[c.length];
    for (int i = 0; i < c.length; i++) {
      terms[i] = x.constant(c[i]);
    }
    int power = a;
    int count = c.length;
    for (; count > 3; count = (count + 1) / 2) {
      for (int i = 0; i < count; i += 2) {
        terms[i / 2] = i + 1 < count ? x.multiplyAdd(terms[i + 1], power, terms[i]) : terms[i];
      }
      power = x.multiply(power, power);
    }
    int sum = terms[count - 1];
    for (int i = count - 2; i >= 0; i--) {
      sum = x.multiplyAdd(sum, power, terms[i]);
    }
    return sum;
  }

  /// f x = n ln 2 + r for a factor f of 1, −1 or 2, which is no operation that n waits for; returns
  /// {z, q} where the low bits of z are n and q = eʳ − 1.
  private int[] reduced(int a, int factor) {
    int magic = x.constant(single ? 0x1.8p23 : 0x1.8p52);
    int z = x.multiplyAdd(a, x.constant(factor / Math.log(2)), magic);
    int n = x.subtract(z, magic);
    int product = factor == 1 ? a : factor == 2 ? x.add(a, a) : x.negate(a);
    int r =
        x.multiplyAdd(n, x.constant(single ? -0.693359375 : -6.93147180369123816490e-01), product);
    r = x.multiplyAdd(n, x.constant(single ? 2.12194440e-4 : -1.90821492927058770002e-10), r);
    int degree = single ? 7 : 13;
    double coefficient = 1;
    double[] taylor = new double[degree - 1];
    for (int i = 2; i <= degree; i++) {
      coefficient /= i;
      taylor[i - 2] = coefficient;
    }
    int q = x.multiplyAdd(x.multiply(r, r), polynomial(r, taylor), r);
    return new int[] {z, q};
  }

  private int mantissaBits() {
    return single ? 23 : 52;
  }

  private long oneBits() {
    return single ? 0x3F800000L : 0x3FF0000000000000L;
  }

  /// 2ⁿ for the n in the low bits of z, if that is a normal number.
  private int power(int z) {
    return x.number(x.addBits(x.shift("LSHL", x.bits(z), mantissaBits()), oneBits()));
  }

  /// eᶠˣ for a factor f of [#reduced], where the result is a normal number.
  private int exponentialInRange(int a, int factor) {
    int[] parts = reduced(a, factor);
    int scale = power(parts[0]);
    return x.multiplyAdd(parts[1], scale, scale);
  }

  private int exponential(int a) {
    int[] parts = reduced(clamp(a, single ? -104 : -746, single ? 89 : 710), 1);
    int n = x.addBits(x.bits(parts[0]), single ? -0x4B400000L : -0x4338000000000000L);
    int half = x.shift("ASHR", n, 1);
    int rest = x.combineBits("sub", n, half);
    int first = x.number(x.addBits(x.shift("LSHL", half, mantissaBits()), oneBits()));
    int second = x.number(x.addBits(x.shift("LSHL", rest, mantissaBits()), oneBits()));
    return x.multiply(x.multiplyAdd(parts[1], first, first), second);
  }

  /// t / (t + 2) with t = e²ˣ − 1.
  private int hyperbolicTangent(int a) {
    double most = single ? 9.25 : 19.5;
    int clamped = clamp(a, -most, most);
    int[] parts = reduced(clamped, 2);
    int scale = power(parts[0]);
    int t = x.multiplyAdd(parts[1], scale, x.subtract(scale, x.constant(1)));
    return x.divide(t, x.add(t, x.constant(2)));
  }

  private int sigmoid(int a) {
    int one = x.constant(1);
    int e = exponentialInRange(clamp(a, lowest(), -lowest()), -1);
    return x.divide(one, x.add(one, e));
  }

  /// sin x, or cos x = sin(x + π/2). With x = n π/2 + r, |r| ≤ π/4: the lowest bit of n chooses
  /// between the series of sine and cosine, the next one the sign.
  private int circular(int a, boolean cosine) {
    int magic = x.constant(single ? 0x1.8p23 : 0x1.8p52);
    int z = x.multiplyAdd(a, x.constant(2 / Math.PI), magic);
    int n = x.subtract(z, magic);
    // Fused, so that a − n P₁ is exact: P₁ has as many digits as a number can.
    double[] parts = single ? FLOAT_HALF_PI : DOUBLE_HALF_PI;
    int r = a;
    for (double part : parts) {
      r = x.multiplyAdd(n, x.constant(-part), r);
    }
    int square = x.multiply(r, r);
    int half = x.constant(0.5);
    int one = x.constant(1);
    // r + r³ (−1/3! + r²/5! − …)
    int sine = x.multiplyAdd(x.multiply(r, square), alternating(square, 3, single ? 9 : 17), r);
    // 1 − r²/2 + r⁴ (1/4! − r²/6! + …), with the rounding of 1 − r²/2 corrected
    int first = x.multiply(half, square);
    int head = x.subtract(one, first);
    int lost = x.subtract(x.subtract(one, head), first);
    int rest =
        x.multiplyAdd(x.multiply(square, square), alternating(square, 4, single ? 10 : 16), lost);
    int cosines = x.add(head, rest);
    int halved = x.multiply(n, half);
    int even = x.subtract(x.add(halved, magic), magic);
    int result =
        cosine
            ? x.choose(Numbers.Comparison.EQ, even, halved, cosines, sine)
            : x.choose(Numbers.Comparison.EQ, even, halved, sine, cosines);
    int quadrant = cosine ? x.addBits(x.bits(z), 1) : x.bits(z);
    int top = mantissaBits() == 23 ? 31 : 63;
    int sign = x.shift("LSHL", x.shift("LSHR", x.shift("LSHL", quadrant, top - 1), top), top);
    result = x.number(x.combineBits("add", x.bits(result), sign));
    return x.replaceFar(a, single ? 1e5 : 1e9, result, cosine ? "cos" : "sin");
  }

  /// ± (1/k! − s/(k + 2)! + …) up to `last`, + for k = 4 and − for k = 3.
  private int alternating(int s, int k, int last) {
    double[] coefficients = new double[(last - k) / 2 + 1];
    double factorial = 1;
    for (int i = 1; i <= last; i++) {
      factorial *= i;
      if (i >= k && (i - k) % 2 == 0) {
        coefficients[(i - k) / 2] = (i / 2 % 2 == 0 ? 1 : -1) / factorial;
      }
    }
    return polynomial(s, coefficients);
  }

  /// ln(1 + x) for x ≥ 0, with the rounding of 1 + x corrected.
  private int logarithmOfOnePlus(int a) {
    int one = x.constant(1);
    int u = x.add(one, a);
    int lost = x.subtract(a, x.subtract(u, one));
    return x.add(logarithmOfNormal(u, x.constant(0)), x.divide(lost, u));
  }

  private int logarithm(int a) {
    int zero = x.constant(0);
    int smallest = x.constant(single ? 0x1p-126 : 0x1p-1022);
    double up = single ? 0x1p24 : 0x1p54;
    int normal = x.choose(Numbers.Comparison.LT, a, smallest, x.multiply(a, x.constant(up)), a);
    int shifted =
        x.choose(Numbers.Comparison.LT, a, smallest, x.constant(single ? -24 : -54), zero);
    int result = logarithmOfNormal(normal, shifted);
    int infinity = x.constant(Double.POSITIVE_INFINITY);
    result = x.choose(Numbers.Comparison.EQ, a, infinity, infinity, result);
    result = x.choose(Numbers.Comparison.EQ, a, zero, x.constant(Double.NEGATIVE_INFINITY), result);
    int nan = x.constant(Double.NaN);
    result = x.choose(Numbers.Comparison.LT, a, zero, nan, result);
    return x.choose(Numbers.Comparison.NE, a, a, nan, result);
  }

  /// ln a + shifted · ln 2 for a normal positive number.
  private int logarithmOfNormal(int a, int shifted) {
    long root = single ? 0x3F3504F3L : 0x3FE6A09E667F3BCDL;
    int bits = x.bits(a);
    int e = x.shift("ASHR", x.addBits(bits, -root), mantissaBits());
    int m = x.number(x.combineBits("sub", bits, x.shift("LSHL", e, mantissaBits())));
    int exponent =
        x.subtract(
            x.number(x.addBits(e, single ? 0x4B400000L : 0x4338000000000000L)),
            x.constant(single ? 0x1.8p23 : 0x1.8p52));
    exponent = x.add(exponent, shifted);
    int f = x.subtract(m, x.constant(1));
    int s = x.divide(f, x.add(f, x.constant(2)));
    int square = x.multiply(s, s);
    int terms = single ? 5 : 11;
    double[] coefficients = new double[terms];
    java.util.Arrays.setAll(coefficients, i -> 2.0 / (2 * i + 3));
    int p = polynomial(square, coefficients);
    // ln m = 2 s + s³ p(s²), and 2 s = f − s f
    int tail = x.multiply(s, x.subtract(x.multiply(square, p), f));
    tail =
        x.multiplyAdd(
            exponent, x.constant(single ? -2.12194440e-4 : 1.90821492927058770002e-10), tail);
    int head =
        x.multiplyAdd(exponent, x.constant(single ? 0.693359375 : 6.93147180369123816490e-01), f);
    return x.add(head, tail);
  }
}
