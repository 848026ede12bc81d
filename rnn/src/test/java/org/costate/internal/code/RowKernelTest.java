package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("kernels")
class RowKernelTest {
  /// A loop that knows that vectors fill its rows computes the same numbers.
  @ParameterizedTest
  @CsvSource({"FLOAT, 1", "FLOAT, 3", "DOUBLE, 1", "DOUBLE, 3"})
  void loopsOverWholeVectorsComputeTheSame(Element element, int vectors) {
    int n = vectors * Simd.length(element);
    int rows = 5;
    var general = WarmUp.everything(element);
    var whole =
        new RowKernel.Code(
            element, general.instructions(), general.wide(), general.operands(), true);
    double[] numbers = new double[4 * rows * n];
    var random = new Random(2);
    Arrays.setAll(numbers, _ -> (float) random.nextDouble(0.1, 0.9));
    double[][] results = new double[2][numbers.length];
    for (int k = 0; k < 2; k++) {
      Object arena = element.array(numbers.length);
      element.put(numbers, 0, arena, 0, numbers.length);
      int[] at = {0, n, 0, n, 2 * rows * n, n, 3 * rows * n, n};
      RowKernel.of(k == 0 ? general : whole).run(arena, arena, at, rows, n);
      element.get(arena, 0, results[k], 0, numbers.length);
    }
    assertThat(results[1]).isEqualTo(results[0]);
    assertThat(Arrays.copyOfRange(results[0], 2 * rows * n, results[0].length))
        .isNotEqualTo(Arrays.copyOfRange(numbers, 2 * rows * n, numbers.length));
  }
}
