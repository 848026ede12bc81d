package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("kernels")
class DotKernelTest {
  private static final int TILE = DotKernel.TILE;

  /// Small integers, so that every order of additions gives the same.
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 15, 16, 17, 31, 33, 64, 100})
  void aTileHoldsTheProductsOfItsRows(int n) {
    for (Element element : Element.values()) {
      var random = new Random(n);
      double[] a = random.ints(3L + 2 * TILE * n, -9, 10).asDoubleStream().toArray();
      double[] b = random.ints(1L + TILE * n, -9, 10).asDoubleStream().toArray();
      int[] aRows = {3, 3 + 2 * n, 3 + 4 * n, 3 + 6 * n};
      int[] bRows = {1, 1 + n, 1 + 2 * n, 1 + 2 * n};
      Object out = element.array(TILE * TILE + 4);
      DotKernel.of(element).run(array(element, a), aRows, array(element, b), bRows, n, out, 3);
      for (int i = 0; i < TILE; i++) {
        for (int j = 0; j < TILE; j++) {
          double sum = 0;
          for (int k = 0; k < n; k++) {
            sum += a[aRows[i] + k] * b[bRows[j] + k];
          }
          assertThat(element.number(out, 3 + i * TILE + j)).as("%d, %d", i, j).isEqualTo(sum);
        }
      }
      assertThat(element.number(out, 2)).isZero();
      assertThat(element.number(out, 3 + TILE * TILE)).isZero();
    }
  }

  private static Object array(Element element, double[] numbers) {
    Object array = element.array(numbers.length);
    element.put(numbers, 0, array, 0, numbers.length);
    return array;
  }
}
