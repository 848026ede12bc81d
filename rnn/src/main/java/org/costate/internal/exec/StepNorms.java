package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.internal.code.DotKernel;
import org.costate.internal.code.Element;

/// ‖θ̄ of one step alone‖ for each parameter, without making θ̄: for a sum of outer products over the
/// lanes l,
///
///     ‖Σ_l a_l b_lᵀ‖² = Σ_{l, m} (a_l · a_m) (b_l · b_m)
///
/// so that the products of lanes with lanes suffice, a small part of the work of θ̄ itself. They are
/// symmetric, so only tiles on and below the diagonal are computed. Of one lane it is ‖a‖ ‖b‖.
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

  private StepNorms(CompiledProgram program, Task[] tasks) {
    this.element = program.element();
    this.dot = DotKernel.of(element);
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
    int lanes = sessions.stream().mapToInt(session -> session.memory().lanes()).sum();
    int tiles = sessions.stream().mapToInt(session -> tiles(session)).sum();
    int count = tiles * (tiles + 1) / 2 * TILE * TILE;
    Object own = element.array(count);
    // In double, as a product of products has twice the range of what they are made of.
    double[][] products = new double[rows.size()][count];
    Operand[][] operands = new Operand[rows.size()][];
    for (int i = 0; i < operands.length; i++) {
      Task.View view = rows.get(i).view;
      operands[i] = sessions.stream().map(session -> session.operand(view)).toArray(Operand[]::new);
    }
    for (int local = first; local < end; local++) {
      for (int i = 0; i < products.length; i++) {
        int n = rows.get(i).n;
        if (lanes == 1) {
          int row = operands[i][0].at(slot + local, local, 0);
          products[i][0] = element.squares(sessions.getFirst().arena(), row, n);
          continue;
        }
        write(sessions, operands[i], n, slot + local, local, dot, own);
        element.get(own, 0, products[i], 0, count);
        boolean rounded = element == Element.FLOAT && !ordinary(products[i], tiles);
        if (rounded && !zero(sessions, operands[i], n, slot + local, local)) {
          write(sessions, operands[i], n, slot + local, local, StepNorms::inDouble, products[i]);
        }
      }
      for (int p = 0; p < factors.length; p++) {
        to[p][at + local] = Math.sqrt(Math.max(0, square(products, factors[p], tiles)));
      }
    }
  }

  private static int tiles(CompiledSession session) {
    return (session.memory().lanes() + TILE - 1) / TILE;
  }

  /// Whether the largest square is far from both ends of what a float can be. The products of a
  /// gradient that vanishes or explodes are not, long before the gradient itself.
  private static boolean ordinary(double[] products, int tiles) {
    double largest = 0;
    int at = 0;
    for (int row = 0; row < tiles; row++) {
      at += row * TILE * TILE;
      for (int i = 0; i < TILE; i++) {
        largest = Math.max(largest, products[at + i * TILE + i]);
      }
      at += TILE * TILE;
    }
    return largest > 1e-30 && largest < 1e30;
  }

  /// Whether all rows are zero, as λ is beyond a lookback.
  private boolean zero(
      List<CompiledSession> sessions, Operand[] operands, int n, int slot, int local) {
    for (int s = 0; s < operands.length; s++) {
      CompiledSession session = sessions.get(s);
      int lanes = session.memory().lanes();
      for (int lane = 0; lane < lanes; lane++) {
        if (element.squares(session.arena(), operands[s].at(slot, local, lane), n) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /// What [DotKernel] does, with floats that are added as doubles.
  private static void inDouble(
      Object a, int[] aRows, Object b, int[] bRows, int n, Object out, int at) {
    float[] x = (float[]) a;
    float[] y = (float[]) b;
    double[] sums = new double[TILE * TILE];
    // All sums side by side, so that an addition does not wait for the one before it.
    for (int k = 0; k < n; k++) {
      for (int i = 0; i < TILE; i++) {
        double left = x[aRows[i] + k];
        for (int j = 0; j < TILE; j++) {
          sums[i * TILE + j] += left * y[bRows[j] + k];
        }
      }
    }
    System.arraycopy(sums, 0, out, at, sums.length);
  }

  /// Σ over all pairs of lanes; a tile below the diagonal stands for its mirror image too.
  private static double square(double[][] products, int[] factors, int tiles) {
    if (factors[0] < 0) {
      return 0;
    }
    double[] a = products[factors[0]];
    double[] b = factors[1] < 0 ? null : products[factors[1]];
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
  private static void write(
      List<CompiledSession> sessions,
      Operand[] operands,
      int n,
      int slot,
      int local,
      DotKernel dot,
      Object to) {
    int[] left = new int[TILE];
    int[] right = new int[TILE];
    int at = 0;
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

  private static void clear(Object to, int at, int rows, int columns) {
    Element element = Element.of(to);
    for (int i = Math.max(0, rows); i < TILE; i++) {
      element.fill(to, at + i * TILE, TILE, 0);
    }
    for (int i = 0; columns < TILE && i < TILE; i++) {
      element.fill(to, at + i * TILE + columns, TILE - columns, 0);
    }
  }
}
