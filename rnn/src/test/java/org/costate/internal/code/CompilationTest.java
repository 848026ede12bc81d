package org.costate.internal.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.util.List;
import javax.management.ObjectName;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

public class CompilationTest {
  /// A program that no other test has if the factor is its own.
  private static RowKernel.Code program(Element element, double factor) {
    List<RowKernel.Instruction> instructions =
        List.of(
            new RowKernel.Instruction.Load(0, false),
            new RowKernel.Instruction.Number(factor),
            new RowKernel.Instruction.Binary(BinaryFunction.MULTIPLY, 0, 1),
            new RowKernel.Instruction.Unary(UnaryFunction.NEGATE, 2),
            new RowKernel.Instruction.Store(1, 0, 3));
    return new RowKernel.Code(element, instructions, List.of(true, false, true, true, true), 2);
  }

  /// What the second compiler of this machine has compiled and not taken back, one method a line.
  private static List<String> compiled() throws Exception {
    var command = new ObjectName("com.sun.management:type=DiagnosticCommand");
    var server = ManagementFactory.getPlatformMBeanServer();
    assumeTrue(server.isRegistered(command));
    Object[] none = {null};
    String list =
        (String)
            server.invoke(
                command, "compilerCodelist", none, new String[] {String[].class.getName()});
    return list.lines().filter(line -> line.matches("\\d+ +4 +0 .*")).toList();
  }

  /// Fails unless a kernel is compiled, or is not.
  public static void assertCompiled(Object kernel, boolean is) throws Exception {
    assertCompiled(kernel, "run", is);
  }

  static void assertCompiled(Object kernel, String name, boolean is) throws Exception {
    String method = kernel.getClass().getName() + "." + name;
    assertThat(compiled().stream().anyMatch(line -> line.contains(method)))
        .as(method)
        .isEqualTo(is);
  }

  @ParameterizedTest
  @EnumSource
  void kernelsAreCompiledBeforeTheyAreUsed(Element element) throws Exception {
    assumeTrue(Simd.available());
    WarmUp.finish(element);
    RowKernel.Code code = program(element, 0.40625);
    var shape = new MicroKernel.Shape(element, MicroKernel.Left.ROWS, 3, List.of(2, 1));
    // So many that the kernel is too long to become a part of what calls it.
    int columns = 16 * Simd.length(element);
    List<Object> kernels =
        List.of(RowKernel.of(code), MicroKernel.of(shape), PackKernel.of(element, columns));
    for (Object kernel : kernels) {
      assertCompiled(kernel, false);
    }
    RowKernel.compile(code, 7, 40);
    MicroKernel.compile(shape);
    PackKernel.compile(element, columns);
    SumKernel.compile(element, 40);
    for (Object kernel : kernels) {
      assertCompiled(kernel, true);
    }
    assertCompiled(SumKernel.of(element), true);
    // A branch that no sample has taken is not compiled: its first use would throw the kernel away.
    Object zeros = element.array(400 * columns);
    RowKernel.of(code).run(zeros, zeros, new int[] {0, 40, 400, 40}, 7, 40);
    RowKernel.of(code).run(zeros, zeros, new int[] {0, 37, 400, 37}, 3, 37);
    MicroKernel.of(shape).run(zeros, 0, 9, zeros, 0, 9, zeros, 0, columns, zeros, 0, columns);
    PackKernel.of(element, columns).run(zeros, 0, 2 * columns, 9, zeros, 0);
    SumKernel.of(element).run(zeros, 0, 40, 9, 40, 0);
    for (Object kernel : kernels) {
      assertCompiled(kernel, true);
    }
    assertCompiled(SumKernel.of(element), true);
  }

  @ParameterizedTest
  @EnumSource
  void longRowsAndColumnsBeyondThemAreCompiledToo(Element element) {
    var sums =
        new RowKernel.Code(
            element,
            List.of(
                new RowKernel.Instruction.LoadOne(0, 5000, false),
                new RowKernel.Instruction.Load(1, false),
                new RowKernel.Instruction.Binary(BinaryFunction.ADD, 1, 0),
                new RowKernel.Instruction.Reduce(true, 2),
                new RowKernel.Instruction.Store(2, 6000, 3)),
            List.of(false, true, true, false, false),
            3);
    WarmUp.finish(element);
    RowKernel.compile(sums, 1000, 1_000_003);
    Object arena = element.array(9000);
    element.fill(arena, 5000, 1, 3);
    element.fill(arena, 7000, 19, 2);
    RowKernel.of(sums).run(arena, arena, new int[] {0, 0, 7000, 0, 0, 0}, 1, 19);
    assertThat(element.number(arena, 6000)).isEqualTo(95);
  }

  @Test
  void aCompiledKernelComputesTheSame() {
    for (Element element : Element.values()) {
      WarmUp.finish(element);
      RowKernel.Code code = program(element, 0.28125);
      RowKernel.compile(code, 2, 19);
      Object arena = element.array(80);
      for (int i = 0; i < 38; i++) {
        element.fill(arena, i, 1, i);
      }
      RowKernel.of(code).run(arena, arena, new int[] {0, 19, 40, 19}, 2, 19);
      for (int i = 0; i < 38; i++) {
        assertThat(element.number(arena, 40 + i)).isEqualTo(-0.28125 * i);
      }
    }
  }
}
