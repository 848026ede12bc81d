package org.costate.internal.code;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;
import org.costate.internal.code.MicroKernel.Left;

/// Runs every vector operation often enough for HotSpot to know the classes of vectors.
///
/// A method of the Vector API calls abstract ones of its own class. If a kernel is compiled before
/// there is a profile of those calls, they stay calls for ever and the kernel is a hundred times
/// slower, without a sign of it. So the profile is made first, once for each element type, while
/// the first step is being planned. [Compilation] comes after it, and needs [CompilerAdvice], which
/// takes as long and is given meanwhile.
public final class WarmUp {
  private static final long NANOSECONDS = 150_000_000;
  private static final int LEAST_PASSES = 20;
  private static final Map<Element, CompletableFuture<Void>> STARTED = new EnumMap<>(Element.class);
  private static CompletableFuture<Void> advised;

  private WarmUp() {}

  /// Starts it in the background, unless it was started or there are no vectors.
  public static synchronized void start(Element element) {
    if (Simd.available() && !STARTED.containsKey(element)) {
      if (advised == null) {
        advised = inBackground(CompilerAdvice::give);
      }
      STARTED.put(element, CompletableFuture.allOf(advised, inBackground(() -> run(element))));
    }
  }

  /// Has kernels compiled on a thread of its own, so that no other work waits behind it.
  public static CompletableFuture<Void> inBackground(Runnable task) {
    return CompletableFuture.runAsync(
        task, run -> Thread.ofPlatform().daemon().name("costate-kernels").start(run));
  }

  /// Returns when it is done.
  public static void finish(Element element) {
    start(element);
    CompletableFuture<Void> started;
    synchronized (WarmUp.class) {
      started = STARTED.get(element);
    }
    if (started != null) {
      started.join();
    }
  }

  private static void run(Element element) {
    RowKernel rows = RowKernel.of(everything(element));
    var products = new ArrayList<MicroKernel>();
    var packing = new ArrayList<PackKernel>();
    int widest = MicroKernel.widest(Left.ROWS);
    for (int panel : List.of(widest - 1, widest)) {
      packing.add(PackKernel.of(element, panel * Simd.length(element)));
      int tile = MicroKernel.rows(Left.ROWS, panel);
      products.add(MicroKernel.of(new MicroKernel.Shape(element, Left.ROWS, tile, List.of(panel))));
    }
    int width = widest * Simd.length(element);
    int n = width + 1;
    Object arena = element.array(8 * n);
    Object weights = element.array(width * Compilation.ROWS);
    int[] at = {0, n, n, n, 2 * n, n, 3 * n, n};
    long end = System.nanoTime() + NANOSECONDS;
    for (int pass = 0; pass < LEAST_PASSES || System.nanoTime() < end; pass++) {
      element.fill(arena, 0, 2 * n, 0.5);
      rows.run(arena, weights, at.clone(), 1, n);
      for (PackKernel pack : packing) {
        pack.run(weights, 0, 0, Compilation.ROWS, weights, 0);
      }
      for (MicroKernel product : products) {
        product.run(weights, 0, 0, weights, 0, Compilation.ROWS, arena, 0, 0, arena, 0, width);
      }
    }
  }

  /// A program with every operation.
  static RowKernel.Code everything(Element element) {
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
