package org.costate.internal.code;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/// Has HotSpot compile [StepKernel]s.
public final class StepCompilation {
  private static final Map<StepKernel.Code, CompletableFuture<StepKernel>> ASKED_FOR =
      new ConcurrentHashMap<>();

  private StepCompilation() {}

  /// Has the kernel of a program compiled, in the background: it takes HotSpot longer than a
  /// thousand passes do. Once for each program.
  public static CompletableFuture<StepKernel> of(StepKernel.Code code) {
    return ASKED_FOR.computeIfAbsent(code, _ -> CompletableFuture.supplyAsync(() -> compile(code)));
  }

  private static StepKernel compile(StepKernel.Code code) {
    WarmUp.finish(code.element());
    StepKernel kernel = StepKernel.of(code);
    int[] at = new int[2 * code.operands().size()];
    int size = columns(code);
    for (StepKernel.Part part : code.parts()) {
      switch (part) {
        case StepKernel.Row(_, var operands, int n) -> {
          for (StepKernel.Place place : operands) {
            size = Math.max(size, place.column() + n);
          }
        }
        case StepKernel.Product o -> {
          int width = o.vectors() * Simd.length(code.element());
          size = Math.max(size, width * o.depth());
          size = Math.max(size, o.left().column() + o.depth());
          size = Math.max(size, o.result().column() + width);
          size = o.start() == null ? size : Math.max(size, o.start().column() + width);
        }
      }
    }
    Object zeros = code.element().array(size);
    Compilation.now(
        negative -> kernel.run(null, null, null, null, 0, 0, negative),
        () -> kernel.run(zeros, zeros, at, at, 0, 1, 2));
    return kernel;
  }

  /// One more than the largest column of a single number.
  private static int columns(StepKernel.Code code) {
    int columns = 0;
    for (StepKernel.Part part : code.parts()) {
      if (part instanceof StepKernel.Row row) {
        for (RowKernel.Instruction instruction : row.code().instructions()) {
          columns =
              switch (instruction) {
                case RowKernel.Instruction.LoadOne(int operand, int column, _) ->
                    Math.max(columns, row.operands().get(operand).column() + column + 1);
                case RowKernel.Instruction.Store(int operand, int column, _) ->
                    Math.max(columns, row.operands().get(operand).column() + column + 1);
                default -> columns;
              };
        }
      }
    }
    return columns;
  }
}
