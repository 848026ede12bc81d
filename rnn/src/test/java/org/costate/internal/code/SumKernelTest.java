package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("kernels")
class SumKernelTest {
  private static final int MARGIN = 3;

  /// Every width of stripe, with and without columns left over, at unaligned places; the sums begin
  /// at what is there, and what is beside them stays.
  @ParameterizedTest
  @EnumSource
  void rowsAreAddedOneByOneInTheirOrder(Element element) {
    var random = new Random(1);
    for (int n : new int[] {1, 3, 8, 15, 16, 17, 32, 47, 64, 130, 264, 301}) {
      for (int rows : new int[] {0, 1, 2, 77}) {
        int stride = n + 5;
        int sum = rows * stride + MARGIN;
        double[] numbers = new double[sum + n + MARGIN];
        Arrays.setAll(
            numbers, _ -> (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-3, 4))));
        double[] expected = numbers.clone();
        for (int i = rows - 1; i >= 0; i--) {
          for (int j = 0; j < n; j++) {
            double next = expected[sum + j] + numbers[1 + i * stride + j];
            expected[sum + j] = element == Element.FLOAT ? (float) next : next;
          }
        }
        Object arena = element.array(numbers.length);
        element.put(numbers, 0, arena, 0, numbers.length);
        SumKernel.of(element).run(arena, 1 + (rows - 1) * stride, -stride, rows, n, sum);
        double[] actual = new double[numbers.length];
        element.get(arena, 0, actual, 0, actual.length);
        assertThat(actual).as("%d rows of %d", rows, n).isEqualTo(expected);
      }
    }
  }
}
