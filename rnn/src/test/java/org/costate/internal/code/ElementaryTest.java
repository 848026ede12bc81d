package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The element-wise functions and loops as generated, against `java.lang.Math`.
@Tag("kernels")
class ElementaryTest {
  /// y = f(x), row by row, with rows further apart than they are long.
  private static double[] apply(
      Element element, UnaryFunction f, double[] x, int rows, int n, int gap) {
    var code =
        new RowKernel.Code(
            element,
            List.of(
                new RowKernel.Instruction.Load(0, false),
                new RowKernel.Instruction.Unary(f, 0),
                new RowKernel.Instruction.Store(1, 0, 1)),
            List.of(true, true, true),
            2);
    int length = 3 + rows * (n + gap);
    Object arena = element.array(2 * length);
    for (int r = 0; r < rows; r++) {
      element.put(x, r * n, arena, 3 + r * (n + gap), n);
    }
    int[] at = {3, n + gap, length + 3, n + gap};
    RowKernel.of(code).run(arena, element.array(0), at, rows, n);
    double[] y = new double[rows * n];
    for (int r = 0; r < rows; r++) {
      element.get(arena, length + 3 + r * (n + gap), y, r * n, n);
      for (int i = 0; i < gap; i++) {
        double[] between = new double[1];
        element.get(arena, length + 3 + r * (n + gap) + n + i, between, 0, 1);
        assertThat(between[0]).as("what lies between rows").isZero();
      }
    }
    return y;
  }

  private static double ulps(Element element, double got, double exact) {
    if (element == Element.FLOAT) {
      if ((float) exact == (float) got) {
        return 0;
      }
      return Math.abs(got - exact) / Math.ulp((float) exact);
    }
    return got == exact || Double.isNaN(got) && Double.isNaN(exact)
        ? 0
        : Math.abs(got - exact) / Math.ulp(exact);
  }

  @ParameterizedTest
  @CsvSource({
    "EXP, FLOAT, -87, 88, 2",
    "EXP, DOUBLE, -700, 700, 3",
    "LOG, FLOAT, 1e-30, 1e30, 2",
    "LOG, DOUBLE, 1e-300, 1e300, 3",
    "TANH, FLOAT, -9, 9, 3",
    "TANH, DOUBLE, -20, 20, 5",
    "SIGMOID, FLOAT, -80, 40, 3",
    "SIGMOID, DOUBLE, -700, 40, 4",
    "SOFTPLUS, FLOAT, -80, 80, 3",
    "SOFTPLUS, DOUBLE, -700, 80, 4",
    "SQRT, FLOAT, 0, 1e30, 1",
    "SIN, FLOAT, -20, 20, 2",
    "SIN, FLOAT, -1e5, 1e5, 2",
    "SIN, FLOAT, -3e5, 3e5, 2",
    "SIN, DOUBLE, -20, 20, 2",
    "SIN, DOUBLE, -1e9, 1e9, 2",
    "SIN, DOUBLE, -1e12, 1e12, 2",
    "COS, FLOAT, -20, 20, 2",
    "COS, FLOAT, -1e5, 1e5, 2",
    "COS, DOUBLE, -20, 20, 2",
    "COS, DOUBLE, -1e9, 1e9, 2",
  })
  void functionsAreAccurate(
      UnaryFunction f, Element element, double low, double high, double most) {
    int n = 200_003;
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      double s = (double) i / (n - 1);
      x[i] =
          f == UnaryFunction.LOG
              ? Math.exp(Math.log(low) + s * (Math.log(high) - Math.log(low)))
              : low + s * (high - low);
      if (i % 3 == 0 && f != UnaryFunction.LOG && f != UnaryFunction.SQRT) {
        x[i] *= 1e-3;
      }
      x[i] = element == Element.FLOAT ? (float) x[i] : x[i];
    }
    double[] y = apply(element, f, x, 1, n, 0);
    double worst = 0;
    double at = 0;
    for (int i = 0; i < n; i++) {
      double error = ulps(element, y[i], f.evaluate(x[i]));
      if (error > worst) {
        worst = error;
        at = x[i];
      }
    }
    assertThat(worst).as("ulp, worst at %s", at).isLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @EnumSource(UnaryFunction.class)
  void edgesAreThoseOfMath(UnaryFunction f) {
    double[] x = {
      0,
      -0.0,
      1,
      -1,
      1e-40,
      1e-300,
      Double.NaN,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      1e4,
      -1e4,
      1e20,
      1.5707963267948966,
      3.141592653589793,
      -2e8,
      0.5,
      -0.5
    };
    for (Element element : Element.values()) {
      double[] given = x.clone();
      for (int i = 0; element == Element.FLOAT && i < x.length; i++) {
        given[i] = (float) x[i];
      }
      double[] y = apply(element, f, given, 1, x.length, 0);
      for (int i = 0; i < x.length; i++) {
        double exact = f.evaluate(given[i]);
        boolean same =
            Double.isNaN(exact)
                ? Double.isNaN(y[i])
                : Math.abs(exact) < 1e-37
                    ? Math.abs(y[i]) < 1e-36
                    : y[i] == exact
                        || ulps(element, y[i], exact) <= 5
                        || Double.isInfinite((float) exact) && y[i] == (float) exact;
        assertThat(same).as("%s(%s) in %s is %s", f, given[i], element, y[i]).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 65})
  void rowsOfAnyLengthAtAnyOffset(int n) {
    DoubleUnaryOperator f = UnaryFunction.TANH::evaluate;
    double[] x = new double[5 * n];
    java.util.Arrays.setAll(x, i -> Math.sin(i));
    for (Element element : Element.values()) {
      double[] y = apply(element, UnaryFunction.TANH, x, 5, n, 2);
      for (int i = 0; i < y.length; i++) {
        assertThat(y[i])
            .isCloseTo(f.applyAsDouble(x[i]), org.assertj.core.data.Offset.offset(1e-6));
      }
    }
  }

  /// y = x / Σ exp x + max x: two loops with reductions between them.
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 16, 19, 40})
  void reductionsJoinLoops(int n) {
    var instructions = new ArrayList<RowKernel.Instruction>();
    instructions.add(new RowKernel.Instruction.Load(0, false));
    instructions.add(new RowKernel.Instruction.Unary(UnaryFunction.EXP, 0));
    instructions.add(new RowKernel.Instruction.Reduce(true, 1));
    instructions.add(new RowKernel.Instruction.Reduce(false, 0));
    instructions.add(new RowKernel.Instruction.Binary(BinaryFunction.DIVIDE, 0, 2));
    instructions.add(new RowKernel.Instruction.Binary(BinaryFunction.ADD, 4, 3));
    instructions.add(new RowKernel.Instruction.Store(1, 0, 5));
    var code =
        new RowKernel.Code(
            Element.DOUBLE, instructions, List.of(true, true, false, false, true, true, true), 2);
    double[] arena = new double[6 * n];
    for (int i = 0; i < 3 * n; i++) {
      arena[i] = Math.cos(3 * i) - 2;
    }
    RowKernel.of(code).run(arena, new double[0], new int[] {0, n, 3 * n, n}, 3, n);
    for (int row = 0; row < 3; row++) {
      double sum = 0;
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = row * n; i < (row + 1) * n; i++) {
        sum += Math.exp(arena[i]);
        largest = Math.max(largest, arena[i]);
      }
      for (int i = row * n; i < (row + 1) * n; i++) {
        assertThat(arena[3 * n + i])
            .isCloseTo(arena[i] / sum + largest, org.assertj.core.data.Offset.offset(1e-12));
      }
    }
  }

  @Test
  void equalProgramsShareAClass() {
    assertThat(RowKernel.of(square())).isSameAs(RowKernel.of(square()));
  }

  private static RowKernel.Code square() {
    return new RowKernel.Code(
        Element.DOUBLE,
        List.of(
            new RowKernel.Instruction.Load(0, false),
            new RowKernel.Instruction.Binary(BinaryFunction.MULTIPLY, 0, 0),
            new RowKernel.Instruction.Store(1, 0, 1)),
        List.of(true, true, true),
        2);
  }
}
