package org.costate.internal.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.tanh;
import static org.costate.internal.code.CompilationTest.assertCompiled;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.Simd;
import org.costate.internal.code.WarmUp;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernels")
class KernelsTest {
  private static CompiledProgram network(int units, double factor) {
    StepGraph step =
        StepGraph.define(
            "network",
            s -> {
              var x = s.input("x", units);
              var h = s.carry("h", units);
              var w = s.shared("W", Initializer.glorotUniform(), units, units);
              var u = s.shared("U", Initializer.orthogonal(), units, units);
              var sum = w.times(x).plus(u.times(h));
              s.next(h, tanh(sum).hadamard(sigmoid(sum)).times(factor));
              s.output("h", h);
            });
    return new CompiledProgram(step, Element.FLOAT, Set.of());
  }

  /// The loop forward, which is too long to become a part of what has it compiled.
  private static RowKernel loop(CompiledProgram program) {
    List<Task> loops =
        program.plan().tasks(Phase.STEP).stream().filter(Task.Rows.class::isInstance).toList();
    assertThat(loops).hasSize(1);
    return RowKernel.of(((Task.Rows) loops.getFirst()).code());
  }

  /// Without a pass or a batch.
  @Test
  void kernelsOfALargeNetworkAreCompiledAsSoonAsItIsPlanned() throws Exception {
    assumeTrue(Simd.available());
    WarmUp.finish(Element.FLOAT);
    CompiledProgram small = network(24, 0.8125);
    assertCompiled(loop(small), false);
    CompiledProgram large = network(192, 0.78125);
    large.early().get(60, TimeUnit.SECONDS);
    assertCompiled(loop(large), true);
    assertCompiled(loop(small), false);
  }
}
