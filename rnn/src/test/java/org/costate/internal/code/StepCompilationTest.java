package org.costate.internal.code;

import static org.costate.internal.code.CompilationTest.assertCompiled;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.costate.graph.UnaryFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StepCompilationTest {
  @ParameterizedTest
  @EnumSource
  void theWorkOfAStepIsCompiled(Element element) throws Exception {
    assumeTrue(Simd.available());
    int n = 2 * Simd.length(element);
    var row =
        new RowKernel.Code(
            element,
            List.of(
                new RowKernel.Instruction.Load(0, false),
                new RowKernel.Instruction.Unary(UnaryFunction.TANH, 0),
                new RowKernel.Instruction.Store(1, 0, 1)),
            List.of(true, true, true),
            2,
            true);
    var from = new StepKernel.Place(0, 0);
    var to = new StepKernel.Place(2, 0);
    // Three pieces of a product and a row, which do not fit into one method.
    List<StepKernel.Part> parts =
        List.of(
            new StepKernel.Product(from, 1, List.of(2), 96, null, to),
            new StepKernel.Row(row, List.of(to, from), n));
    var shared = new StepKernel.Operand(true, false, false);
    List<StepKernel.Operand> operands =
        List.of(
            new StepKernel.Operand(false, false, true),
            shared,
            new StepKernel.Operand(false, true, false));
    StepKernel kernel = StepCompilation.of(new StepKernel.Code(element, parts, operands)).join();
    // The loop itself may be compiled as a part of what calls it.
    for (String method : List.of("part0", "part1")) {
      assertCompiled(kernel, method, true);
    }
    Object arena = element.array(1000);
    Object weights = element.array(96 * n);
    kernel.run(arena, weights, new int[] {0, 0, 0, 0, 500, 0}, new int[] {n, 0, 0}, 3, -1, 3);
    for (String method : List.of("part0", "part1")) {
      assertCompiled(kernel, method, true);
    }
  }
}
