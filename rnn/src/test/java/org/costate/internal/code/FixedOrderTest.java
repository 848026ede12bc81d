package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The order of a sum is part of its result: a kernel that is interpreted at first and compiled
/// later must not change its last digits, so lanes are always added by halves.
@Tag("kernels")
class FixedOrderTest {
  private static final int ROWS = 50;
  private static final int PASSES = 400;

  @ParameterizedTest
  @EnumSource
  void lanesAreAddedByHalvesFromTheFirstPassToTheLast(Element element) {
    int n = 3 * Simd.length(element);
    double[] x = new double[ROWS * n];
    var random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-3, 4)));
    }
    RowKernel sum =
        RowKernel.of(
            new RowKernel.Code(
                element,
                List.of(
                    new RowKernel.Instruction.Load(0, false),
                    new RowKernel.Instruction.Reduce(true, 0),
                    new RowKernel.Instruction.Store(1, 0, 1)),
                List.of(true, false, false),
                2));
    Object arena = element.array(x.length + ROWS);
    element.put(x, 0, arena, 0, x.length);
    double[] sums = new double[ROWS];
    for (int pass = 0; pass < PASSES; pass++) {
      sum.run(arena, element.array(0), new int[] {0, n, x.length, 1}, ROWS, n);
      element.get(arena, x.length, sums, 0, ROWS);
      for (int r = 0; r < ROWS; r++) {
        assertThat(sums[r])
            .as("row %d of pass %d", r, pass)
            .isEqualTo(byHalves(element, x, r * n, n));
      }
    }
  }

  /// Rows times ones.
  @ParameterizedTest
  @EnumSource
  void productsOfRowsAddTheirLanesByHalvesToo(Element element) {
    int n = 2 * Simd.length(element);
    double[] x = new double[DotKernel.TILE * n];
    var random = new Random(2);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-3, 4)));
    }
    Object rows = element.array(x.length);
    element.put(x, 0, rows, 0, x.length);
    Object ones = element.array(n);
    element.fill(ones, 0, n, 1);
    int[] at = {0, n, 2 * n, 3 * n};
    Object out = element.array(DotKernel.TILE * DotKernel.TILE);
    for (int pass = 0; pass < PASSES; pass++) {
      DotKernel.of(element).run(rows, at, ones, new int[DotKernel.TILE], n, out, 0);
      for (int i = 0; i < DotKernel.TILE * DotKernel.TILE; i++) {
        assertThat(element.number(out, i))
            .as("product %d of pass %d", i, pass)
            .isEqualTo(byHalves(element, x, at[i / DotKernel.TILE], n));
      }
    }
  }

  /// One total for each lane, then the totals by halves.
  private static double byHalves(Element element, double[] x, int from, int n) {
    int lanes = Simd.length(element);
    double[] totals = new double[lanes];
    for (int i = 0; i < n; i++) {
      totals[i % lanes] = rounded(element, totals[i % lanes] + x[from + i]);
    }
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        totals[i] = rounded(element, totals[i] + totals[i + half]);
      }
    }
    return totals[0];
  }

  private static double rounded(Element element, double x) {
    return element == Element.FLOAT ? (float) x : x;
  }
}
