package org.costate.internal.code;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/// Has HotSpot compile [StepKernel]s.
public final class StepCompilation {
  private static final Map<StepKernel.Code, CompletableFuture<StepKernel>> ASKED_FOR =
      new ConcurrentHashMap<>();

  /// Steps of a sample of work.
  private static final int STEPS = 2;

  /// Nanoseconds that a vector operation takes at most once it is compiled; the interpreter needs
  /// microseconds, and a call that is not inlined a hundred.
  private static final long SLOWEST = 20;

  /// After so many samples it is given up: there is no compiler, or it is busy with other things.
  private static final int MOST_SAMPLES = 1000;

  private StepCompilation() {}

  /// Has the kernel of a program compiled, in the background: it takes HotSpot longer than a
  /// thousand passes do. Once for each program.
  ///
  /// @return the kernel once it is fast, or null if it does not become so
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
    for (int sample = 0; sample < MOST_SAMPLES; sample++) {
      Compilation.count(negative -> kernel.run(null, null, null, null, 0, 0, negative));
      long start = System.nanoTime();
      kernel.run(zeros, zeros, at, at, 0, 1, STEPS);
      if (System.nanoTime() - start < STEPS * SLOWEST * StepKernel.cost(code)) {
        return kernel;
      }
    }
    return null;
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
