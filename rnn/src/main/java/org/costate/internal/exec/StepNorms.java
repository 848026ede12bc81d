package org.costate.internal.exec;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.internal.code.DotKernel;

/// ‖θ̄ of one step alone‖ for each parameter, without making θ̄: for a sum of outer products over the
/// lanes l,
///
///     ‖Σ_l a_l b_lᵀ‖² = Σ_{l, m} (a_l · a_m) (b_l · b_m)
///
/// so that the products of lanes with lanes suffice, a small part of the work of θ̄ itself.
public final class StepNorms {
  private final Task[] tasks;
  private final DotKernel dot;

  private StepNorms(CompiledProgram program, Task[] tasks) {
    this.tasks = tasks;
    this.dot = DotKernel.of(program.element());
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

  /// The norms at one step of the last block of some sessions that went back together.
  ///
  /// @param sessions the slices of the batch
  /// @param slot the slot of the step
  /// @param local its number in the block
  /// @return one norm for each parameter
  public double[] at(List<CompiledSession> sessions, int slot, int local) {
    var known = new HashMap<Task.View, double[]>();
    double[] norms = new double[tasks.length];
    for (int i = 0; i < tasks.length; i++) {
      double square =
          switch (tasks[i]) {
            case null -> 0;
            case Task.Accumulate o -> {
              double[] a = products(sessions, o.a(), o.m(), slot, local, known);
              double[] b = products(sessions, o.b(), o.n(), slot, local, known);
              double sum = 0;
              for (int k = 0; k < a.length; k++) {
                sum += a[k] * b[k];
              }
              yield sum;
            }
            case Task.SumRows o -> {
              double sum = 0;
              for (double product : products(sessions, o.x(), o.n(), slot, local, known)) {
                sum += product;
              }
              yield sum;
            }
            default -> throw new IllegalStateException("no such sum");
          };
      norms[i] = Math.sqrt(Math.max(0, square));
    }
    return norms;
  }

  /// All products of lanes with lanes; only tiles on and below the diagonal are computed.
  private double[] products(
      List<CompiledSession> sessions,
      Task.View view,
      int n,
      int slot,
      int local,
      Map<Task.View, double[]> known) {
    double[] done = known.get(view);
    if (done != null) {
      return done;
    }
    int lanes = sessions.stream().mapToInt(s -> s.memory().lanes()).sum();
    double[] all = new double[lanes * lanes];
    double[] tile = new double[DotKernel.TILE * DotKernel.TILE];
    int[] left = new int[DotKernel.TILE];
    int[] right = new int[DotKernel.TILE];
    int firstRow = 0;
    for (CompiledSession one : sessions) {
      int firstColumn = 0;
      for (CompiledSession two : sessions) {
        if (firstColumn > firstRow) {
          break;
        }
        int rows = one.memory().lanes();
        int columns = two.memory().lanes();
        for (int i = 0; i < rows; i += DotKernel.TILE) {
          one.rows(view, slot, local, i, left);
          int last = one == two ? i + 1 : columns;
          for (int j = 0; j < last; j += DotKernel.TILE) {
            two.rows(view, slot, local, j, right);
            dot.run(one.arena(), left, two.arena(), right, n, tile);
            copy(tile, all, lanes, firstRow + i, firstColumn + j, rows - i, columns - j);
          }
        }
        firstColumn += columns;
      }
      firstRow += one.memory().lanes();
    }
    known.put(view, all);
    return all;
  }

  /// Puts a tile and its mirror image into the whole.
  private static void copy(
      double[] tile, double[] all, int lanes, int row, int column, int rows, int columns) {
    for (int i = 0; i < Math.min(DotKernel.TILE, rows); i++) {
      for (int j = 0; j < Math.min(DotKernel.TILE, columns); j++) {
        double product = tile[i * DotKernel.TILE + j];
        all[(row + i) * lanes + column + j] = product;
        all[(column + j) * lanes + row + i] = product;
      }
    }
  }
}
