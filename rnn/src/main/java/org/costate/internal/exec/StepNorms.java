package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.costate.graph.BinaryFunction;
import org.costate.internal.code.DotKernel;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.RowKernel.Instruction;

/// ‖θ̄ of one step alone‖ for each parameter, without making θ̄: for a sum of outer products over the
/// lanes l,
///
///     ‖Σ_l a_l b_lᵀ‖² = Σ_{l, m} (a_l · a_m) (b_l · b_m)
///
/// so that the products of lanes with lanes suffice, a small part of the work of θ̄ itself. They are
/// symmetric, so only tiles on and below the diagonal are computed.
public final class StepNorms {
  private static final int TILE = DotKernel.TILE;

  /// Rows of n numbers whose products are needed.
  private record Rows(Task.View view, int n) {}

  private final List<Rows> rows = new ArrayList<>();

  /// For each parameter the two of [#rows] whose products are multiplied; −1 for ones, and −1 twice
  /// if nothing depends on the parameter.
  private final int[][] factors;

  private final Element element;
  private final DotKernel dot;

  /// Σ w a b and Σ w a.
  private final RowKernel both;

  private final RowKernel one;

  private StepNorms(CompiledProgram program, Task[] tasks) {
    this.element = program.element();
    this.dot = DotKernel.of(element);
    this.both = sum(true);
    this.one = sum(false);
    this.factors = new int[tasks.length][];
    for (int i = 0; i < tasks.length; i++) {
      factors[i] =
          switch (tasks[i]) {
            case null -> new int[] {-1, -1};
            case Task.Accumulate o -> new int[] {row(o.a(), o.m()), row(o.b(), o.n())};
            case Task.SumRows o -> new int[] {row(o.x(), o.n()), -1};
            default -> throw new IllegalStateException("no such sum");
          };
    }
  }

  private int row(Task.View view, int n) {
    var own = new Rows(view, n);
    if (!rows.contains(own)) {
      rows.add(own);
    }
    return rows.indexOf(own);
  }

  /// The norms of a program, or null if some parameter's θ̄ is not one such sum.
  public static StepNorms of(CompiledProgram program) {
    Map<Integer, Task> sums = new HashMap<>();
    for (Task task : program.plan().tasks(Phase.BACK_AFTER)) {
      if (task instanceof Task.Accumulate o && o.times() == 1) {
        sums.put(o.node(), o);
      } else if (task instanceof Task.SumRows o) {
        sums.put(o.node(), o);
      }
    }
    int[] bars = program.plan().phases().sharedBar;
    Task[] tasks = new Task[bars.length];
    for (int i = 0; i < bars.length; i++) {
      if (bars[i] >= 0) {
        tasks[i] = sums.get(program.storage(bars[i]));
        if (tasks[i] == null) {
          return null;
        }
      }
    }
    return new StepNorms(program, tasks);
  }

  /// The norms at some steps of the last block of some sessions that went back together.
  ///
  /// @param sessions the slices of the batch
  /// @param slot the slot of the block's first step
  /// @param first the first step, from the beginning of the block
  /// @param end the step after the last
  /// @param to one array of norms for each parameter
  /// @param at where the norm of the block's first step is in it
  public void write(
      List<CompiledSession> sessions, int slot, int first, int end, double[][] to, int at) {
    int tiles = sessions.stream().mapToInt(session -> tiles(session)).sum();
    int count = tiles * (tiles + 1) / 2 * TILE * TILE;
    Object weights = weights(tiles, count);
    int result = rows.size() * count;
    Object products = element.array(result + 1);
    Operand[][] operands = new Operand[rows.size()][];
    for (int i = 0; i < operands.length; i++) {
      Task.View view = rows.get(i).view;
      operands[i] = sessions.stream().map(session -> session.operand(view)).toArray(Operand[]::new);
    }
    for (int local = first; local < end; local++) {
      for (int i = 0; i < operands.length; i++) {
        int n = rows.get(i).n;
        write(sessions, operands[i], n, slot + local, local, products, i * count);
      }
      for (int p = 0; p < factors.length; p++) {
        int a = factors[p][0];
        int b = factors[p][1];
        if (b >= 0) {
          both.run(products, weights, places(0, a * count, b * count, result), 1, count);
        } else if (a >= 0) {
          one.run(products, weights, places(0, a * count, result), 1, count);
        }
        double square = a < 0 ? 0 : element.number(products, result);
        to[p][at + local] = Math.sqrt(Math.max(0, square));
      }
    }
  }

  private static int tiles(CompiledSession session) {
    return (session.memory().lanes() + TILE - 1) / TILE;
  }

  /// Two for a tile below the diagonal, which stands for its mirror image too, and one on it.
  private Object weights(int tiles, int count) {
    Object weights = element.array(count);
    element.fill(weights, 0, count, 2);
    int diagonal = 0;
    for (int row = 0; row < tiles; row++) {
      diagonal += row * TILE * TILE;
      element.fill(weights, diagonal, TILE * TILE, 1);
      diagonal += TILE * TILE;
    }
    return weights;
  }

  private RowKernel sum(boolean two) {
    var code = new ArrayList<Instruction>();
    code.add(new Instruction.Load(0, true));
    for (int operand = 1; operand <= (two ? 2 : 1); operand++) {
      code.add(new Instruction.Load(operand, false));
      code.add(new Instruction.Binary(BinaryFunction.MULTIPLY, code.size() - 2, code.size() - 1));
    }
    code.add(new Instruction.Reduce(true, code.size() - 1));
    code.add(new Instruction.Store(two ? 3 : 2, 0, code.size() - 1));
    int last = code.size() - 2;
    List<Boolean> wide = IntStream.range(0, code.size()).mapToObj(i -> i < last).toList();
    return RowKernel.of(new RowKernel.Code(element, code, wide, two ? 4 : 3));
  }

  /// Where operands of one row begin.
  private static int[] places(int... begin) {
    int[] at = new int[2 * begin.length];
    for (int i = 0; i < begin.length; i++) {
      at[2 * i] = begin[i];
    }
    return at;
  }

  /// The products of lanes with lanes, tile by tile, row by row up to the diagonal; zero for lanes
  /// that fill up the last tile of a session.
  private void write(
      List<CompiledSession> sessions,
      Operand[] operands,
      int n,
      int slot,
      int local,
      Object to,
      int begin) {
    int[] left = new int[TILE];
    int[] right = new int[TILE];
    int at = begin;
    for (int s = 0; s < sessions.size(); s++) {
      CompiledSession one = sessions.get(s);
      int lanes = one.memory().lanes();
      for (int i = 0; i < lanes; i += TILE) {
        one.rows(operands[s], slot, local, i, left);
        for (int q = 0; q <= s; q++) {
          CompiledSession two = sessions.get(q);
          int columns = q == s ? Math.min(lanes, i + TILE) : two.memory().lanes();
          for (int j = 0; j < columns; j += TILE) {
            two.rows(operands[q], slot, local, j, right);
            dot.run(one.arena(), left, two.arena(), right, n, to, at);
            clear(to, at, lanes - i, two.memory().lanes() - j);
            at += TILE * TILE;
          }
        }
      }
    }
  }

  private void clear(Object to, int at, int rows, int columns) {
    for (int i = Math.max(0, rows); i < TILE; i++) {
      element.fill(to, at + i * TILE, TILE, 0);
    }
    for (int i = 0; columns < TILE && i < TILE; i++) {
      element.fill(to, at + i * TILE + columns, TILE - columns, 0);
    }
  }
}
