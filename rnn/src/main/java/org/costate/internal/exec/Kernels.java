package org.costate.internal.exec;

import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.SumKernel;
import org.costate.internal.code.WarmUp;

/// Has the kernels of a plan compiled before its steps are run.
final class Kernels {
  private Kernels() {}

  static void compile(Memory memory, Products products) {
    Plan plan = memory.plan();
    Element element = plan.element();
    WarmUp.finish(element);
    for (Phase phase : Phase.values()) {
      if (memory.forward() && phase.backward()) {
        continue;
      }
      int lanes = memory.lanes();
      int rows = phase.inLoop() ? lanes : Math.min(Memory.TILE, memory.block() * lanes);
      for (Task task : plan.tasks(phase)) {
        switch (task) {
          case Task.Rows o -> RowKernel.compile(o.code(), rows, o.n());
          case Task.Product o -> {
            int n = o.matrix().n();
            if (phase.inLoop()) {
              products.compileStep(n, rows * o.times(), o.matrix().depth());
            } else {
              products.compileMultiply(n, rows * o.times());
            }
          }
          case Task.Accumulate o -> products.compileAccumulate(o.m(), o.n());
          case Task.SumRows o -> SumKernel.compile(element, o.n());
          case Task.Numbers _, Task.Lanes _, Task.Single _, Task.ScatterRows _ -> {
            // small kernels that many programs share, or none
          }
        }
      }
    }
  }
}
