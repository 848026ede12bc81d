package org.costate.internal.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.assertj.core.data.Offset;
import org.costate.graph.Convolution;
import org.costate.graph.Initializer;
import org.costate.graph.Op;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.internal.code.Element;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Kernels for one lane at sizes that fill no vector, from unaligned places, with operands that
/// differ between lanes and with shared ones, against the interpreter.
@Tag("kernels")
class LaneKernelTest {
  /// An op of two operands, the second of which it may not have.
  record Case(String name, Shape a, Shape b, BiFunction<Integer, Integer, Op> op) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    for (int n : new int[] {1, 5, 33}) {
      Shape matrix = Shape.of(7, n);
      Shape none = Shape.of(1);
      cases.add(new Case("outer " + n, Shape.of(3), Shape.of(n), Op.Outer::new));
      cases.add(
          new Case(
              "matrix · vector " + n,
              matrix,
              Shape.of(n),
              (a, b) -> new Op.MatrixVector(a, b, false)));
      cases.add(
          new Case(
              "matrixᵀ · vector " + n,
              matrix,
              Shape.of(7),
              (a, b) -> new Op.MatrixVector(a, b, true)));
      for (boolean ta : new boolean[] {false, true}) {
        for (boolean tb : new boolean[] {false, true}) {
          cases.add(
              new Case(
                  "matrix · matrix %d %s %s".formatted(n, ta, tb),
                  ta ? Shape.of(n, 4) : Shape.of(4, n),
                  tb ? Shape.of(6, n) : Shape.of(n, 6),
                  (a, b) -> new Op.MatrixMatrix(a, b, ta, tb)));
        }
      }
      cases.add(new Case("transpose " + n, matrix, none, (a, _) -> new Op.Transpose(a)));
      Shape solid = Shape.of(3, n, 4);
      for (int axis = 0; axis < 3; axis++) {
        int along = axis;
        cases.add(new Case("sum " + n + along, solid, none, (a, _) -> new Op.Sum(a, along)));
        cases.add(new Case("max " + n + along, solid, none, (a, _) -> new Op.Max(a, along)));
        Shape repeated =
            along == 0 ? Shape.of(5, 3, n) : along == 1 ? Shape.of(3, 5, n) : Shape.of(3, n, 5);
        cases.add(
            new Case(
                "broadcast " + n + along,
                Shape.of(3, n),
                none,
                (a, _) -> new Op.Broadcast(a, along, repeated)));
      }
      cases.add(
          new Case("slice " + n, Shape.of(3, n + 3, 2), none, (a, _) -> new Op.Slice(a, 1, 2, n)));
      cases.add(
          new Case("pad " + n, Shape.of(3, n, 2), none, (a, _) -> new Op.Pad(a, 1, 3, n + 4)));
      cases.add(
          new Case(
              "concat " + n,
              Shape.of(3, n, 2),
              Shape.of(3, 2, 2),
              (a, b) -> new Op.Concat(List.of(a, b, a), 1)));
      cases.add(new Case("gather " + n, matrix, Shape.of(6), Op.Gather::new));
      cases.add(
          new Case(
              "scatter " + n,
              Shape.of(6, n),
              Shape.of(6),
              (a, b) -> new Op.ScatterAdd(a, b, Shape.of(7, n))));
    }
    for (Convolution g :
        List.of(
            Convolution.PLAIN,
            Convolution.PLAIN.padding(1),
            Convolution.PLAIN.padding(4),
            Convolution.PLAIN.stride(2).padding(1),
            Convolution.PLAIN.dilation(2).padding(2),
            new Convolution(2, 3, 1, 2, 0, 3))) {
      Shape x = Shape.of(3, 9, 11);
      Shape k = Shape.of(5, 3, 2, 3);
      int height = (9 + 2 * g.paddingHeight() - g.dilationHeight() - 1) / g.strideHeight() + 1;
      int width = (11 + 2 * g.paddingWidth() - 2 * g.dilationWidth() - 1) / g.strideWidth() + 1;
      Shape y = Shape.of(5, height, width);
      cases.add(new Case("convolve " + g, x, k, (a, b) -> new Op.Convolve(a, b, g)));
      cases.add(new Case("convolve input " + g, y, k, (a, b) -> new Op.ConvolveInput(a, b, g, x)));
      cases.add(
          new Case("convolve kernel " + g, x, y, (a, b) -> new Op.ConvolveKernel(a, b, g, k)));
    }
    return cases;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void oneLaneAfterTheOther(Case given) {
    for (Element element : Element.values()) {
      agree(given, element, false, false);
      agree(given, element, true, false);
      agree(given, element, false, true);
    }
  }

  private static Value operand(StepBuilder s, String name, Shape shape, boolean shared) {
    return shared
        ? s.shared(name, Initializer.zeros(), shape.toArray())
        : s.input(name, shape.toArray());
  }

  private static void agree(Case given, Element element, boolean sharedA, boolean sharedB) {
    StepGraph graph =
        StepGraph.define(
            "step",
            s -> {
              Value a = operand(s, "a", given.a, sharedA);
              Value b = operand(s, "b", given.b, sharedB);
              s.output("y", s.emit(given.op.apply(a.id(), b.id())));
            });
    int node = graph.output("y");
    if (!graph.batched(node)) {
      return;
    }
    int lanes = 3;
    int[] operands = graph.ops().get(node).operands();
    int size = graph.shape(node).size();
    var random = new Random(size);
    double[][] values = new double[graph.ops().size()][];
    boolean indices = graph.ops().get(node) instanceof Op.Gather;
    indices |= graph.ops().get(node) instanceof Op.ScatterAdd;
    for (int id : operands) {
      values[id] = new double[(graph.batched(id) ? lanes : 1) * graph.shape(id).size()];
      boolean index = indices && id == operands[1];
      Arrays.setAll(values[id], _ -> index ? random.nextInt(7) : (float) random.nextGaussian());
    }
    int[] storage = new int[values.length];
    Arrays.setAll(storage, i -> i);
    boolean[] none = new boolean[values.length];
    double[] expected = new double[lanes * size];
    new Interpreter(graph, storage, none, none, values, lanes).evaluate(node, expected);

    var products = new Products(element);
    int scratch = (int) LaneKernel.scratch(graph, node, products);
    int[] begin = new int[operands.length + 1];
    int end = 3;
    for (int i = 0; i < operands.length; i++) {
      begin[i] = end;
      end += values[operands[i]].length + 1;
    }
    begin[operands.length] = end;
    int after = end + expected.length;
    Object arena = element.array(after + 5 + scratch);
    Object weights = element.array(after);
    for (int i = 0; i < operands.length; i++) {
      Object to = graph.batched(operands[i]) ? arena : weights;
      element.put(values[operands[i]], 0, to, begin[i], values[operands[i]].length);
    }
    element.fill(arena, end, expected.length, 77);
    element.fill(arena, after, 5 + scratch, 99);
    LaneKernel kernel = LaneKernel.of(graph, node, products, after + 5);
    for (int lane = 0; lane < lanes; lane++) {
      int[] at = begin.clone();
      for (int i = 0; i < operands.length; i++) {
        at[i] += graph.batched(operands[i]) ? lane * graph.shape(operands[i]).size() : 0;
      }
      at[operands.length] += lane * size;
      kernel.run(arena, weights, at, lane);
    }
    double error = element == Element.FLOAT ? 2e-5 : 1e-13;
    for (int i = 0; i < expected.length; i++) {
      assertThat(element.number(arena, end + i))
          .as("%s, element %d", element, i)
          .isCloseTo(expected[i], Offset.offset(error * (1 + Math.abs(expected[i]))));
    }
    for (int i = 0; i < 5; i++) {
      assertThat(element.number(arena, after + i)).isEqualTo(99);
    }
  }

  @Test
  void anIndexOutsideTheTableNamesTheLane() {
    StepGraph graph =
        StepGraph.define(
            "words",
            s -> s.output("y", s.shared("table", Initializer.zeros(), 4, 2).gather(s.input("i"))));
    int node = graph.output("y");
    LaneKernel kernel = LaneKernel.of(graph, node, new Products(Element.FLOAT), 0);
    float[] arena = {9, 0, 0};
    assertThatThrownBy(() -> kernel.run(arena, new float[8], new int[] {0, 0, 1}, 5))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("words: index 9.0 of lane 5 is outside the table of 4 rows");
  }
}
