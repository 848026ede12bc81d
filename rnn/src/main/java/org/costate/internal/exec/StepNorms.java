package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.Op;
import org.costate.internal.code.DotKernel;

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

  /// The two of [#rows] whose products are multiplied; −1 for ones.
  private record Factors(int a, int b) {}

  /// For each parameter those of the sums that it consists of.
  private final List<List<Factors>> factors = new ArrayList<>();

  private final DotKernel dot;

  private StepNorms(CompiledProgram program, List<List<Task>> sums) {
    this.dot = DotKernel.of(program.element());
    for (List<Task> own : sums) {
      factors.add(own.stream().map(this::factors).toList());
    }
  }

  private Factors factors(Task sum) {
    return switch (sum) {
      case Task.Accumulate o -> new Factors(row(o.a(), o.m()), row(o.b(), o.n()));
      case Task.SumRows o -> new Factors(row(o.x(), o.n()), -1);
      default -> throw new IllegalStateException("no such sum");
    };
  }

  private int row(Task.View view, int n) {
    var own = new Rows(view, n);
    if (!rows.contains(own)) {
      rows.add(own);
    }
    return rows.indexOf(own);
  }

  /// The norms of a program, or null if some parameter's θ̄ is not one such sum, or several one
  /// after the other.
  public static StepNorms of(CompiledProgram program) {
    Map<Integer, Task> sums = new HashMap<>();
    for (Task task : program.plan().tasks(Phase.BACK_AFTER)) {
      if (task instanceof Task.Accumulate o && o.times() == 1) {
        sums.put(o.node(), o);
      } else if (task instanceof Task.SumRows o) {
        sums.put(o.node(), o);
      }
    }
    var parts = new ArrayList<List<Task>>();
    for (int bar : program.plan().phases().sharedBar) {
      var own = new ArrayList<Task>();
      if (bar >= 0 && !add(program, bar, sums, own)) {
        return null;
      }
      parts.add(own);
    }
    return new StepNorms(program, parts);
  }

  /// Adds the sums of which a node consists; false if it is something else.
  private static boolean add(
      CompiledProgram program, int id, Map<Integer, Task> sums, List<Task> to) {
    int node = program.storage(id);
    if (program.plan().graph().ops().get(node) instanceof Op.Concat(var parts, _)) {
      return parts.stream().allMatch(part -> add(program, part, sums, to));
    }
    Task sum = sums.get(node);
    return sum != null && to.add(sum);
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
    double[][] products = new double[rows.size()][tiles * (tiles + 1) / 2 * TILE * TILE];
    for (int local = first; local < end; local++) {
      for (int i = 0; i < products.length; i++) {
        write(sessions, rows.get(i), slot + local, local, products[i]);
      }
      for (int p = 0; p < to.length; p++) {
        double square = 0;
        for (Factors own : factors.get(p)) {
          square += square(products, own, tiles);
        }
        to[p][at + local] = Math.sqrt(Math.max(0, square));
      }
    }
  }

  private static int tiles(CompiledSession session) {
    return (session.memory().lanes() + TILE - 1) / TILE;
  }

  /// Σ over all pairs of lanes; a tile below the diagonal stands for its mirror image too.
  private static double square(double[][] products, Factors factors, int tiles) {
    double[] a = products[factors.a];
    double[] b = factors.b < 0 ? null : products[factors.b];
    double diagonal = 0;
    double below = 0;
    int at = 0;
    for (int row = 0; row < tiles; row++) {
      double sum = sum(a, b, at, at + row * TILE * TILE);
      at += row * TILE * TILE;
      below += sum;
      diagonal += sum(a, b, at, at + TILE * TILE);
      at += TILE * TILE;
    }
    return diagonal + 2 * below;
  }

  /// Σ a b, or Σ a, in four sums side by side.
  private static double sum(double[] a, double[] b, int from, int end) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    for (int i = from; i < end; i += 4) {
      s0 += a[i] * (b == null ? 1 : b[i]);
      s1 += a[i + 1] * (b == null ? 1 : b[i + 1]);
      s2 += a[i + 2] * (b == null ? 1 : b[i + 2]);
      s3 += a[i + 3] * (b == null ? 1 : b[i + 3]);
    }
    return s0 + s1 + (s2 + s3);
  }

  /// The products of lanes with lanes, tile by tile, row by row up to the diagonal; zero for lanes
  /// that fill up the last tile of a session.
  private void write(List<CompiledSession> sessions, Rows own, int slot, int local, double[] to) {
    int[] left = new int[TILE];
    int[] right = new int[TILE];
    int at = 0;
    for (int s = 0; s < sessions.size(); s++) {
      CompiledSession one = sessions.get(s);
      int lanes = one.memory().lanes();
      for (int i = 0; i < lanes; i += TILE) {
        one.rows(own.view, slot, local, i, left);
        for (int q = 0; q <= s; q++) {
          CompiledSession two = sessions.get(q);
          int columns = q == s ? Math.min(lanes, i + TILE) : two.memory().lanes();
          for (int j = 0; j < columns; j += TILE) {
            two.rows(own.view, slot, local, j, right);
            dot.run(one.arena(), left, two.arena(), right, own.n, to, at);
            clear(to, at, lanes - i, two.memory().lanes() - j);
            at += TILE * TILE;
          }
        }
      }
    }
  }

  private static void clear(double[] to, int at, int rows, int columns) {
    for (int i = Math.max(0, rows); i < TILE; i++) {
      Arrays.fill(to, at + i * TILE, at + (i + 1) * TILE, 0);
    }
    for (int i = 0; columns < TILE && i < TILE; i++) {
      Arrays.fill(to, at + i * TILE + columns, at + (i + 1) * TILE, 0);
    }
  }
}
