package org.costate.internal.exec;

/// Which rows are packed in the scratch memory, for the sums of a block that share an operand.
final class PackedRows {
  private int begin;
  private int step;
  private int count;
  private int columns;

  void forget() {
    count = 0;
  }

  /// Whether these rows are there; if not, the caller puts them there now.
  boolean holds(int begin, int step, int count, int columns) {
    if (this.begin == begin
        && this.step == step
        && this.count == count
        && this.columns == columns) {
      return true;
    }
    this.begin = begin;
    this.step = step;
    this.count = count;
    this.columns = columns;
    return false;
  }
}
