package org.costate.internal.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.costate.internal.code.Element;
import org.costate.internal.code.MicroKernel;
import org.costate.internal.code.Simd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Matrix products at sizes that fill no tile, from unaligned places, against three loops.
@Tag("kernels")
class ProductsTest {
  private static double a(int i, int k) {
    return Math.sin(3 * i + k);
  }

  private static double b(int k, int j) {
    return Math.cos(k - 2 * j);
  }

  private static Object matrix(Element element, int rows, int columns, int gap, boolean left) {
    double[] values = new double[5 + rows * (columns + gap)];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        values[5 + i * (columns + gap) + j] = left ? a(i, j) : b(i, j);
      }
    }
    Object array = element.array(values.length);
    element.put(values, 0, array, 0, values.length);
    return array;
  }

  private static double exact(int depth, int i, int j) {
    double sum = 0;
    for (int k = 0; k < depth; k++) {
      sum += a(i, k) * b(k, j);
    }
    return sum;
  }

  private static double at(Object array, int i) {
    return array instanceof float[] f ? f[i] : ((double[]) array)[i];
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 7, 33",
    "2, 5, 130",
    "3, 16, 31",
    "8, 8, 32",
    "9, 64, 65",
    "17, 3, 5",
    "30, 300, 70",
    "1, 40, 128",
    "2, 40, 416",
    "16, 70, 112",
    "8, 16, 15",
    "5, 11, 300",
    "16, 9, 64",
    "13, 6, 80",
    "15, 20, 16"
  })
  void rowsTimesAPackedMatrix(int m, int depth, int n) {
    for (Element element : Element.values()) {
      var products = new Products(element);
      Panels panels = products.panels(n);
      Object packed = element.array(7 + panels.size(depth));
      products.pack(matrix(element, depth, n, 3, false), 5, n + 3, 1, depth, panels, packed, 7);
      Object c = element.array(2 + m * (n + 1));
      products.multiply(
          matrix(element, m, depth, 2, true),
          5,
          depth + 2,
          m,
          depth,
          packed,
          7,
          panels,
          c,
          2,
          n + 1);
      double tolerance = element == Element.FLOAT ? 5e-4 : 1e-12;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          assertThat(at(c, 2 + i * (n + 1) + j))
              .isCloseTo(exact(depth, i, j), Offset.offset(tolerance));
        }
        assertThat(at(c, 2 + i * (n + 1) + n)).as("beyond the row").isZero();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 7, 33", "2, 5, 32", "9, 64, 65", "16, 70, 112", "30, 3, 48"})
  void productsStartWithOneRowOrRowsOrTheResult(int m, int depth, int n) {
    for (Element element : Element.values()) {
      var products = new Products(element);
      Panels panels = products.panels(n);
      Object packed = element.array(panels.size(depth));
      products.pack(matrix(element, depth, n, 0, false), 5, n, 1, depth, panels, packed, 0);
      Object left = matrix(element, m, depth, 2, true);
      int width = n + 3;
      double[] numbers = new double[1 + m * width];
      Arrays.setAll(numbers, i -> Math.cos(i));
      Object start = element.array(numbers.length);
      element.put(numbers, 0, start, 0, numbers.length);
      for (int step : new int[] {0, width}) {
        Object c = element.array(2 + m * n);
        products.multiply(left, 5, depth + 2, m, depth, packed, 0, panels, start, 1, step, c, 2, n);
        started(m, depth, n, c, 2, n, (i, j) -> numbers[1 + i * step + j]);
      }
      Object same = element.array(numbers.length);
      element.put(numbers, 0, same, 0, numbers.length);
      products.multiply(
          left, 5, depth + 2, m, depth, packed, 0, panels, same, 1, width, same, 1, width);
      started(m, depth, n, same, 1, width, (i, j) -> numbers[1 + i * width + j]);
      assertThat(at(same, n + 1)).as("beyond the row").isEqualTo(at(start, n + 1));
    }
  }

  /// One row at each step of a loop, in pieces of straight-line code where that is worth it.
  @ParameterizedTest
  @CsvSource({
    "1, 1", "1, 20", "2, 1", "2, 2", "2, 3", "2, 5", "2, 32", "2, 128", "2, 129", "3, 40", "4, 16",
    "4, 70", "8, 20"
  })
  void oneRowTakesOneKernel(int vectors, int depth) {
    for (Element element : Element.values()) {
      int n = vectors * (Simd.available() ? Simd.length(element) : 8);
      var products = new Products(element);
      Panels panels = products.panels(n);
      MicroKernel kernel = products.whole(panels, 1, depth);
      // Without vectors there are panels of other widths.
      if (kernel == null) {
        assertThat(Simd.available()).isFalse();
        continue;
      }
      Object packed = element.array(3 + panels.size(depth));
      products.pack(matrix(element, depth, n, 0, false), 5, n, 1, depth, panels, packed, 3);
      Object left = matrix(element, 1, depth, 2, true);
      Object start = element.array(1 + n);
      element.fill(start, 1, n, 0.5);
      Object c = element.array(3 + n);
      products.compileStep(n, 1, depth);
      kernel.run(left, 5, 0, packed, 3, depth, start, 1, 0, c, 2, 0);
      started(1, depth, n, c, 2, n, (_, _) -> 0.5);
      assertThat(at(c, 1)).as("before the row").isZero();
      assertThat(at(c, 2 + n)).as("beyond the row").isZero();
      kernel.run(left, 5, 0, packed, 3, depth, products.zeros(), 0, 0, c, 2, 0);
      started(1, depth, n, c, 2, n, (_, _) -> 0);
      kernel.run(left, 5, 0, packed, 3, depth, start, 1, 0, start, 1, 0);
      started(1, depth, n, start, 1, n, (_, _) -> 0.5);
    }
  }

  /// Where sums start.
  private interface Start {
    double at(int i, int j);
  }

  private static void started(int m, int depth, int n, Object c, int from, int step, Start start) {
    double tolerance = c instanceof float[] ? 5e-4 : 1e-12;
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        assertThat(at(c, from + i * step + j))
            .isCloseTo(start.at(i, j) + exact(depth, i, j), Offset.offset(tolerance));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "5, 3, 40",
    "64, 33, 8",
    "100, 9, 65",
    "513, 12, 4",
    "700, 203, 112",
    "20, 8, 48",
    "30, 11, 531",
    "70, 7, 800",
    "1100, 203, 400",
    "40, 128, 400"
  })
  void sumsOfOuterProducts(int rows, int m, int n) {
    for (Element element : Element.values()) {
      var products = new Products(element);
      // Σ_r a(r, i) b(r, j), on top of 1, in one go and in two from the end
      Object left = matrix(element, rows, m, 1, true);
      Object right = matrix(element, rows, n, 4, false);
      Object whole = element.array(3 + m * n);
      Object parts = element.array(3 + m * n);
      element.fill(whole, 3, m * n, 1);
      element.fill(parts, 3, m * n, 1);
      Panels panels = products.sumPanels(n);
      Object scratch = element.array(2 + panels.size(rows) + products.leftSize(m, n, rows));
      products.packRows(right, 5, n + 4, rows, panels, scratch, 2);
      products.accumulate(left, 5, m + 1, m, scratch, 2, panels, rows, whole, 3);
      int first = rows / 3;
      for (int[] part : new int[][] {{first, rows - first}, {0, first}}) {
        if (part[1] > 0) {
          int from = part[0];
          products.packRows(right, 5 + from * (n + 4), n + 4, part[1], panels, scratch, 2);
          products.accumulate(
              left, 5 + from * (m + 1), m + 1, m, scratch, 2, panels, part[1], parts, 3);
        }
      }
      double tolerance = element == Element.FLOAT ? 1e-3 : 1e-11;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = 1;
          for (int r = 0; r < rows; r++) {
            sum += a(r, i) * b(r, j);
          }
          assertThat(at(whole, 3 + i * n + j)).isCloseTo(sum, Offset.offset(tolerance));
          assertThat(at(parts, 3 + i * n + j))
              .as("cut into blocks")
              .isEqualTo(at(whole, 3 + i * n + j));
        }
      }
    }
  }

  /// Fewer rows may have more columns of A in a cache at once.
  @ParameterizedTest
  @CsvSource({"456, 455, 700, 160", "512, 455, 512, 160", "520, 34, 300, 130"})
  void thereIsRoomForFewerRows(int rows, int fewer, int m, int n) {
    for (Element element : Element.values()) {
      var products = new Products(element);
      Panels panels = products.sumPanels(n);
      Object scratch = element.array(panels.size(rows) + products.leftSize(m, n, rows));
      Object left = matrix(element, fewer, m, 1, true);
      Object right = matrix(element, fewer, n, 4, false);
      Object sum = element.array(m * n);
      products.packRows(right, 5, n + 4, fewer, panels, scratch, 0);
      products.accumulate(left, 5, m + 1, m, scratch, 0, panels, fewer, sum, 0);
      double exact = 0;
      for (int r = 0; r < fewer; r++) {
        exact += a(r, m - 1) * b(r, n - 1);
      }
      double tolerance = element == Element.FLOAT ? 1e-3 : 1e-11;
      assertThat(at(sum, m * n - 1)).isCloseTo(exact, Offset.offset(tolerance));
    }
  }

  /// One after the other with the same memory.
  @Test
  void generalProducts() {
    int[][] sizes = {{1, 1, 1}, {13, 300, 70}, {40, 257, 33}, {3, 5, 9}, {20, 400, 130}};
    for (Element element : Element.values()) {
      var products = new Products(element);
      for (int[] size : sizes) {
        int m = size[0];
        int depth = size[1];
        int n = size[2];
        Object c = element.array(m * n);
        double[] left = new double[m * depth];
        double[] right = new double[depth * n];
        Arrays.setAll(left, i -> a(i / depth, i % depth));
        Arrays.setAll(right, i -> b(i / n, i % n));
        Object first = element.array(left.length);
        Object second = element.array(right.length);
        element.put(left, 0, first, 0, left.length);
        element.put(right, 0, second, 0, right.length);
        products.general(first, second, c, m, depth, n);
        started(m, depth, n, c, 0, n, (_, _) -> 0);
      }
    }
  }
}
