package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("kernels")
class RowKernelTest {
  /// A loop that knows more of its rows computes the same numbers: that vectors fill them, or where
  /// each begins.
  @ParameterizedTest
  @CsvSource({"FLOAT, 1, 0", "FLOAT, 3, 0", "FLOAT, 4, 1", "DOUBLE, 1, 0", "DOUBLE, 3, -1"})
  void loopsThatKnowMoreComputeTheSame(Element element, int vectors, int more) {
    int n = vectors * Simd.length(element) + more;
    int rows = 5;
    int apart = n + 7;
    var general = WarmUp.everything(element);
    List<RowKernel.Code> programs =
        List.of(general, with(general, n, List.of()), with(general, n, List.of(n, 0, apart, n)));
    double[] numbers = new double[4 * rows * apart];
    var random = new Random(2);
    Arrays.setAll(numbers, _ -> (float) random.nextDouble(0.1, 0.9));
    double[][] results = new double[programs.size()][numbers.length];
    for (int k = 0; k < programs.size(); k++) {
      Object arena = element.array(numbers.length);
      element.put(numbers, 0, arena, 0, numbers.length);
      int[] at = {0, n, 0, 0, 2 * rows * apart, apart, 3 * rows * apart, n};
      RowKernel.of(programs.get(k)).run(arena, arena, at, rows, n);
      element.get(arena, 0, results[k], 0, numbers.length);
    }
    assertThat(results[1]).isEqualTo(results[0]);
    assertThat(results[2]).isEqualTo(results[0]);
    for (int store = 2; store < 4; store++) {
      int last = store * rows * apart + (rows - 1) * (store == 2 ? apart : n);
      assertThat(Arrays.copyOfRange(results[0], last, last + n))
          .isNotEqualTo(Arrays.copyOfRange(numbers, last, last + n));
    }
  }

  private static RowKernel.Code with(RowKernel.Code code, int unit, List<Integer> widths) {
    return new RowKernel.Code(
        code.element(), code.instructions(), code.wide(), code.operands(), unit, widths);
  }
}
