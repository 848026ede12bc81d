package org.costate.internal.exec;

import java.util.List;
import org.costate.internal.code.RowKernel;

/// One piece of work of a [Plan], on some rows.
sealed interface Task {
  /// A fused loop.
  ///
  /// @param code what it computes
  /// @param operands where its operands are
  /// @param n the length of a row, 1 if there are only single numbers
  /// @param nodes the nodes it computes, for listings
  record Rows(RowKernel.Code code, List<View> operands, int n, List<Integer> nodes)
      implements Task {}

  /// A long program of single numbers.
  ///
  /// @param columns what it computes
  /// @param operands where its operands are
  /// @param nodes the nodes it computes, for listings
  record Numbers(Columns columns, List<View> operands, List<Integer> nodes) implements Task {}

  /// A product of rows with a packed matrix; `times` rows of the operand for each row of the batch.
  /// It is added to what is at `start`, which may be the place of the result; null for nothing.
  record Product(int node, Pack matrix, View left, View start, View result, int times)
      implements Task {}

  /// A node that a [LaneKernel] computes for one lane after the other.
  record Lanes(int node, List<View> operands, View result) implements Task {}

  /// A node that the interpreter evaluates.
  record Single(int node) implements Task {}

  /// θ̄ += Σ_rows aᵀ b, over a whole block; `transposed` if θ̄ is the transpose of that.
  record Accumulate(int node, View a, int m, View b, int n, int times, boolean transposed)
      implements Task {
    /// With more columns than this, transposing θ̄ costs as much as it saves.
    private static final int NARROW = 128;

    /// The sum of outer products in the form that needs less packing: rows are packed in pieces of
    /// a tile's height, and columns that fill no panel are computed in vain, so the wider operand
    /// comes second.
    static Accumulate of(int node, View a, int m, View b, int n, int times) {
      return m <= n || n > NARROW
          ? new Accumulate(node, a, m, b, n, times, false)
          : new Accumulate(node, b, n, a, m, times, true);
    }

    /// The transpose of a square sum if its other operand is packed for another sum anyway.
    Accumulate sharing(List<Task> tasks) {
      boolean shares =
          m == n
              && n <= NARROW
              && tasks.stream()
                  .anyMatch(
                      task -> task instanceof Accumulate o && o.b.equals(a) && o.times == times);
      return shares ? new Accumulate(node, b, n, a, m, times, !transposed) : this;
    }
  }

  /// θ̄ += Σ_rows x.
  record SumRows(int node, View x, int n) implements Task {}

  /// θ̄[index] += rows, for a table.
  record ScatterRows(int node, View rows, View index, int count, int width, int tableRows)
      implements Task {}

  /// A matrix that is packed when parameters are bound: `depth` by `n`, from node `matrix`,
  /// transposed or not.
  record Pack(int matrix, boolean transposed, int depth, int n) {}

  /// Where a value is: some columns of the rows of a root.
  ///
  /// @param root the node that owns the memory, or −1 for a value shared by all rows
  /// @param node the node
  /// @param offset the first column, or where a shared value begins among the weights
  /// @param width the columns of the root
  /// @param next whether it belongs to the next time step
  record View(int root, int node, int offset, int width, boolean next) {}
}
