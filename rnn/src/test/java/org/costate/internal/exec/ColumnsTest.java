package org.costate.internal.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.RowKernel.Instruction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Long programs of single numbers, one operation after the other for columns of rows, against the
/// same program as straight-line code for one row after the other.
@Tag("kernels")
class ColumnsTest {
  private static final int INPUTS = 6;
  private static final int RESULTS = 9;

  /// A program that reads a row of inputs and some weights, and writes a row of results.
  private static RowKernel.Code program(Random random, Element element) {
    var all = new ArrayList<Instruction>();
    for (int i = 0; i < INPUTS; i++) {
      all.add(new Instruction.LoadOne(0, i, false));
    }
    all.add(new Instruction.LoadOne(2, 1, true));
    all.add(new Instruction.Number(0.75));
    BinaryFunction[] binary = {
      BinaryFunction.ADD, BinaryFunction.SUBTRACT, BinaryFunction.MULTIPLY, BinaryFunction.MULTIPLY
    };
    UnaryFunction[] unary = {UnaryFunction.SIN, UnaryFunction.COS, UnaryFunction.NEGATE};
    for (int i = 0; i < 300; i++) {
      int a = random.nextInt(all.size());
      int b = random.nextInt(3) == 0 ? a : Math.max(0, all.size() - 1 - random.nextInt(12));
      switch (random.nextInt(8)) {
        case 0 -> all.add(new Instruction.Select(random.nextInt(INPUTS), a, b));
        case 1 -> all.add(new Instruction.Unary(unary[random.nextInt(3)], a));
        case 2 -> all.add(new Instruction.Unary(UnaryFunction.TANH, b));
        default -> all.add(new Instruction.Binary(binary[random.nextInt(4)], a, b));
      }
    }
    for (int i = 0; i < RESULTS; i++) {
      all.add(new Instruction.Unary(UnaryFunction.TANH, all.size() - 1 - 30 * i));
      all.add(new Instruction.Store(1, i, all.size() - 1));
    }
    return new RowKernel.Code(element, all, Collections.nCopies(all.size(), false), 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 100, 300})
  void columnsGiveWhatRowsGive(int rows) {
    for (Element element : Element.values()) {
      for (int seed = 0; seed < 5; seed++) {
        var random = new Random(seed);
        RowKernel.Code code = program(random, element);
        var columns = new Columns(code);
        int inputs = 3;
        int results = inputs + rows * (INPUTS + 2);
        int end = results + rows * (RESULTS + 1);
        double[] values = new double[end + 4 + columns.scratch()];
        Arrays.setAll(values, _ -> random.nextDouble(-1, 1));
        Object arena = element.array(values.length);
        element.put(values, 0, arena, 0, values.length);
        Object expected = element.array(values.length);
        element.copy(arena, 0, expected, 0, values.length);
        Object weights = element.array(3);
        element.fill(weights, 0, 3, 0.3);
        int[] at = {inputs, INPUTS + 2, results, RESULTS + 1, 0, 0};
        RowKernel.of(code).run(expected, weights, at, rows, 1);
        columns.run(arena, weights, at, rows, end + 4, new int[Columns.PLACES]);
        double error = element == Element.FLOAT ? 1e-4 : 1e-11;
        for (int i = 0; i < end + 4; i++) {
          assertThat(element.number(arena, i))
              .as("%s, seed %d, place %d", element, seed, i)
              .isCloseTo(element.number(expected, i), Offset.offset(error));
        }
      }
    }
  }
}
