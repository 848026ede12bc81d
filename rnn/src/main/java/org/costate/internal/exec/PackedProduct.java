package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.List;
import org.costate.internal.code.MicroKernel;

/// A [Task.Product] in a session: rows times a packed matrix, from a start.
final class PackedProduct {
  private static final int LEFT = 0;
  private static final int RESULT = 1;
  private static final int START = 2;

  private final Products products;
  private final Places places;
  private final Panels panels;
  private final int matrix;
  private final int depth;
  private final int times;
  private final int leftRow;
  private final int resultRow;
  private final boolean starts;

  /// What does all rows of a step at once; null if it takes more than one tile.
  private final MicroKernel whole;

  /// @param matrix where the packed matrix is among the weights
  PackedProduct(Task.Product task, Phase phase, Memory memory, Products products, int matrix) {
    this.products = products;
    this.panels = products.panels(task.matrix().n());
    this.matrix = matrix;
    this.depth = task.matrix().depth();
    this.times = task.times();
    this.starts = task.start() != null;
    var views = new ArrayList<>(List.of(task.left(), task.result()));
    if (starts) {
      views.add(task.start());
    }
    this.places = new Places(memory, views);
    this.leftRow = times == 1 ? places.width(LEFT) : depth;
    this.resultRow = times == 1 ? places.width(RESULT) : task.matrix().n();
    boolean used = phase.inLoop() && !(memory.forward() && phase.backward());
    this.whole = used ? products.whole(panels, memory.lanes() * times, depth) : null;
  }

  /// Computes some rows of a step, from `firstRow` on.
  void run(Object arena, Object weights, int slot, int local, int firstRow, int rows) {
    places.enter(slot - local, firstRow);
    int left = places.at(LEFT, local);
    int result = places.at(RESULT, local);
    Object from = products.zeros();
    int start = 0;
    int startRow = 0;
    if (starts) {
      start = places.at(START, local);
      startRow = places.width(START);
      from = startRow == 0 ? weights : arena;
    }
    // A step of a small network is one tile, which takes less time than going through tiles.
    if (whole != null) {
      whole.run(
          arena, left, leftRow, weights, matrix, depth, from, start, startRow, arena, result,
          resultRow);
    } else {
      products.multiply(
          arena,
          left,
          leftRow,
          rows * times,
          depth,
          weights,
          matrix,
          panels,
          starts ? from : null,
          start,
          startRow,
          arena,
          result,
          resultRow);
    }
  }
}
