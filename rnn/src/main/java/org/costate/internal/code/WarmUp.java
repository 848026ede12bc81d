package org.costate.internal.code;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;

/// Runs every vector operation often enough for HotSpot to know the classes of vectors.
///
/// A method of the Vector API calls abstract ones of its own class. If a kernel is compiled before
/// there is a profile of those calls, they stay calls for ever and the kernel is a hundred times
/// slower, without a sign of it. So the profile is made first, once for each element type.
public final class WarmUp {
  private static final AtomicIntegerArray DONE = new AtomicIntegerArray(Element.values().length);
  private static final long NANOSECONDS = 40_000_000;
  private static final int LEAST_PASSES = 20;
  private static boolean advised;

  private WarmUp() {}

  /// Does it, unless it was done or there are no vectors.
  public static synchronized void of(Element element) {
    if (!Simd.available() || DONE.get(element.ordinal()) > 0) {
      return;
    }
    if (!advised) {
      CompilerAdvice.give();
      advised = true;
    }
    RowKernel rows = RowKernel.of(everything(element));
    MicroKernel product = MicroKernel.of(new MicroKernel.Shape(element, 3, 2, 1, false, false));
    MicroKernel packed = MicroKernel.of(new MicroKernel.Shape(element, 3, 2, 1, true, true));
    int n = 2 * Simd.length(element) + 1;
    Object arena = element.array(8 * n);
    Object weights = element.array(16 * n);
    int[] at = {0, n, n, n, 2 * n, n, 3 * n, n};
    long end = System.nanoTime() + NANOSECONDS;
    for (int pass = 0; pass < LEAST_PASSES || System.nanoTime() < end; pass++) {
      element.fill(arena, 0, 2 * n, 0.5);
      rows.run(arena, weights, at.clone(), 1, n);
      product.run(weights, 0, 4, weights, 16, 0, 4, arena, 0, n);
      packed.run(weights, 0, 4, weights, 16, 0, 4, arena, 0, n);
    }
    DONE.incrementAndGet(element.ordinal());
  }

  /// A program with every operation.
  private static RowKernel.Code everything(Element element) {
    var instructions = new ArrayList<RowKernel.Instruction>();
    instructions.add(new RowKernel.Instruction.Load(0, false));
    instructions.add(new RowKernel.Instruction.Load(1, true));
    for (UnaryFunction f : UnaryFunction.values()) {
      if (Elementary.vectorised(f) && f != UnaryFunction.SOFTPLUS) {
        instructions.add(new RowKernel.Instruction.Unary(f, instructions.size() - 1));
      }
    }
    for (BinaryFunction f : BinaryFunction.values()) {
      if (Elementary.vectorised(f)) {
        instructions.add(new RowKernel.Instruction.Binary(f, instructions.size() - 1, 1));
      }
    }
    instructions.add(new RowKernel.Instruction.Select(0, 1, instructions.size() - 1));
    instructions.add(new RowKernel.Instruction.Store(2, 0, instructions.size() - 1));
    var wide = new ArrayList<>(java.util.Collections.nCopies(instructions.size(), true));
    int last = instructions.size() - 2;
    instructions.add(new RowKernel.Instruction.Reduce(true, last));
    instructions.add(new RowKernel.Instruction.Reduce(false, last));
    wide.addAll(List.of(false, false));
    instructions.add(new RowKernel.Instruction.Binary(BinaryFunction.MULTIPLY, last, last + 2));
    instructions.add(new RowKernel.Instruction.Store(3, 0, last + 4));
    wide.addAll(List.of(true, true));
    return new RowKernel.Code(element, instructions, wide, 4);
  }
}
