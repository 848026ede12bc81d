package org.costate.internal.exec;

import java.util.concurrent.CompletableFuture;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.SumKernel;
import org.costate.internal.code.WarmUp;

/// Has the kernels of a plan compiled before its steps are run.
final class Kernels {
  /// Multiplications and additions for a lane and step of a network that is worth it as soon as it
  /// is known: a hundred of these take the interpreter longer.
  private static final double LARGE = 2e5;

  /// The rows of a batch that is not known yet.
  private static final int SAMPLE = 16;

  private Kernels() {}

  /// Begins with the kernels of a large network that do not depend on lanes, in the background,
  /// while parameters and data are made.
  ///
  /// @param flops its multiplications and additions for a lane and step
  /// @return what is done when they are compiled
  static CompletableFuture<Void> compileEarly(Plan plan, double flops) {
    return flops < LARGE
        ? CompletableFuture.completedFuture(null)
        : WarmUp.inBackground(
            () -> {
              WarmUp.finish(plan.element());
              var products = new Products(plan.element());
              for (Phase phase : Phase.values()) {
                plan.tasks(phase).forEach(task -> compile(task, SAMPLE, products));
              }
            });
  }

  /// The kernels of a task that do not depend on the number of lanes.
  ///
  /// @param rows the number of rows of a sample
  private static void compile(Task task, int rows, Products products) {
    switch (task) {
      case Task.Rows o -> RowKernel.compile(o.code(), rows, o.n());
      case Task.Accumulate o -> products.compileAccumulate(o.m(), o.n());
      case Task.SumRows o -> SumKernel.compile(products.element(), o.n());
      case Task.Product _ -> {
        // depends on lanes
      }
      case Task.Numbers _, Task.Lanes _, Task.Single _, Task.ScatterRows _ -> {
        // small kernels that many programs share, or none
      }
    }
  }

  static void compile(Memory memory, Products products) {
    Plan plan = memory.plan();
    WarmUp.finish(plan.element());
    for (Phase phase : Phase.values()) {
      if (memory.forward() && phase.backward()) {
        continue;
      }
      int lanes = memory.lanes();
      int rows = phase.inLoop() ? lanes : Math.min(Memory.TILE, memory.block() * lanes);
      for (Task task : plan.tasks(phase)) {
        if (task instanceof Task.Product o) {
          int n = o.matrix().n();
          if (phase.inLoop()) {
            products.compileStep(n, rows * o.times(), o.matrix().depth());
          } else {
            products.compileMultiply(n, rows * o.times());
          }
        } else {
          compile(task, rows, products);
        }
      }
    }
  }
}
