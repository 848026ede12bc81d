package org.costate.internal.exec;

import org.costate.internal.code.Element;

/// The values of all carries, or of their costates, over time in the memory of a session: one row
/// of lanes for each index.
public final class CarryRows {
  private final Element element;
  private final Object arena;
  private final int lanes;
  private final int[] base;
  private final int[] size;

  CarryRows(Memory memory, Object arena, int[] roots) {
    this.element = memory.plan().element();
    this.arena = arena;
    this.lanes = memory.lanes();
    this.base = new int[roots.length];
    this.size = new int[roots.length];
    for (int i = 0; i < roots.length; i++) {
      base[i] = memory.base(roots[i]);
      size[i] = memory.plan().width(roots[i]);
    }
  }

  private int at(int i, int index) {
    return base[i] + index * lanes * size[i];
  }

  private int at(int i, int index, int lane) {
    return at(i, index) + lane * size[i];
  }

  /// Writes the values at an index; `x[i]` holds carry i for all lanes of the batch, those of this
  /// workspace from `firstLane` on.
  public void set(int index, double[][] x, int firstLane) {
    for (int i = 0; i < base.length; i++) {
      element.put(x[i], firstLane * size[i], arena, at(i, index), lanes * size[i]);
    }
  }

  /// Reads the values at an index, likewise.
  public void get(int index, double[][] x, int firstLane) {
    for (int i = 0; i < base.length; i++) {
      element.get(arena, at(i, index), x[i], firstLane * size[i], lanes * size[i]);
    }
  }

  /// A copy of the values at an index, in the element type.
  public Object[] save(int index) {
    Object[] saved = new Object[base.length];
    for (int i = 0; i < saved.length; i++) {
      saved[i] = element.array(lanes * size[i]);
      element.copy(arena, at(i, index), saved[i], 0, lanes * size[i]);
    }
    return saved;
  }

  /// Puts saved values back.
  public void load(int index, Object[] saved) {
    for (int i = 0; i < saved.length; i++) {
      element.copy(saved[i], 0, arena, at(i, index), lanes * size[i]);
    }
  }

  /// Copies the values from one index to another.
  public void move(int from, int to) {
    for (int i = 0; from != to && i < base.length; i++) {
      element.copy(arena, at(i, from), arena, at(i, to), lanes * size[i]);
    }
  }

  /// Sets the values at an index to zero.
  public void clear(int index) {
    for (int i = 0; i < base.length; i++) {
      element.fill(arena, at(i, index), lanes * size[i], 0);
    }
  }

  /// Sets carry i at an index to zero.
  void clearOne(int i, int index) {
    element.fill(arena, at(i, index), lanes * size[i], 0);
  }

  /// Sets one lane at an index to zero.
  public void clearLane(int index, int lane) {
    for (int i = 0; i < base.length; i++) {
      element.fill(arena, at(i, index, lane), size[i], 0);
    }
  }

  /// Copies one lane from one index to another.
  public void copyLane(int from, int to, int lane) {
    for (int i = 0; i < base.length; i++) {
      element.copy(arena, at(i, from, lane), arena, at(i, to, lane), size[i]);
    }
  }

  /// Reads one lane into an array that [#putLane] takes.
  public void getLane(int index, int lane, double[] to) {
    int next = 0;
    for (int i = 0; i < base.length; i++) {
      element.get(arena, at(i, index, lane), to, next, size[i]);
      next += size[i];
    }
  }

  /// Writes one lane.
  public void putLane(int index, int lane, double[] from) {
    int next = 0;
    for (int i = 0; i < base.length; i++) {
      element.put(from, next, arena, at(i, index, lane), size[i]);
      next += size[i];
    }
  }

  /// The sum of squares of one lane.
  public double squares(int index, int lane) {
    double sum = 0;
    for (int i = 0; i < base.length; i++) {
      sum += element.squares(arena, at(i, index, lane), size[i]);
    }
    return sum;
  }

  /// Multiplies one lane by a factor.
  public void scale(int index, int lane, double factor) {
    for (int i = 0; i < base.length; i++) {
      element.scale(arena, at(i, index, lane), size[i], factor);
    }
  }
}
