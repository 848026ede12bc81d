package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Recording;
import org.costate.automata.World;

/// Counts what followed each neighbourhood in visible frames: `[entries][k]`.
///
/// A transition counts if the cell afterwards and its whole neighbourhood before were observed;
/// without a boundary, cells whose neighbourhood leaves the frame are left out.
public final class Transitions {
  private Transitions() {}

  /// Counts for one class.
  ///
  /// @param recording the frames
  /// @param boundary what lies beyond the edge, or null if that is not known
  /// @param ruleClass the class
  /// @return how often each entry was followed by each state
  public static long[][] count(Recording recording, Boundary boundary, RuleClass ruleClass) {
    int k = ruleClass.states();
    Neighbourhood cells = ruleClass.cells();
    long[][] counts = new long[ruleClass.entries()][k];
    int[] of = ruleClass.entryOfIndex();
    for (List<Lattice> frames : recording.histories()) {
      int first = ruleClass.order() == 2 ? 2 : 1;
      for (int t = first; t < frames.size(); t++) {
        if (of != null
            && k == 2
            && ruleClass.order() == 1
            && cells.radius() == 1
            && !recording.hasUnknown()) {
          long[] joint = joint(frames.get(t - 1), frames.get(t), boundary, cells);
          for (int i = 0; i < of.length; i++) {
            counts[of[i]][0] += joint[2 * i];
            counts[of[i]][1] += joint[2 * i + 1];
          }
        } else {
          each(
              frames.get(t - 1),
              frames.get(t),
              ruleClass.order() == 2 ? frames.get(t - 2) : null,
              boundary,
              ruleClass,
              counts);
        }
      }
    }
    return counts;
  }

  private static void each(
      Lattice before,
      Lattice after,
      Lattice past,
      Boundary boundary,
      RuleClass ruleClass,
      long[][] counts) {
    Neighbourhood cells = ruleClass.cells();
    int n = cells.size();
    int[] states = new int[n];
    int[] of = ruleClass.entryOfIndex();
    int firstOrder = ruleClass.firstOrder();
    int[] table =
        World.neighbours(
            cells,
            boundary == null ? new Boundary.Fixed(0) : boundary,
            before.height(),
            before.width());
    int outside = boundary == null ? Lattice.UNKNOWN : boundary.outside();
    for (int i = 0; i < before.size(); i++) {
      int next = after.get(i);
      boolean known = next != Lattice.UNKNOWN;
      for (int j = 0; j < n && known; j++) {
        int from = table[i * n + j];
        states[j] = from < 0 ? outside : before.get(from);
        known = states[j] != Lattice.UNKNOWN;
      }
      int previous = past == null ? 0 : past.get(i);
      if (known && previous != Lattice.UNKNOWN) {
        int entry =
            of == null
                ? ruleClass.entry(states, previous)
                : (past == null ? 0 : previous * firstOrder)
                    + of[index(states, ruleClass.states())];
        counts[entry][next]++;
      }
    }
  }

  private static int index(int[] states, int k) {
    int index = 0;
    for (int s : states) {
      index = index * k + s;
    }
    return index;
  }

  /// Counts one transition of two states and radius 1: how often each neighbourhood, by its index
  /// in the table, was followed by each state.
  ///
  /// @param before the frame
  /// @param after the next frame; every cell known
  /// @param boundary what lies beyond the edge, or null
  /// @param cells the neighbourhood, of radius 1
  /// @return `[2 · 2ⁿ]`: entry · 2 + state
  public static long[] joint(
      Lattice before, Lattice after, Boundary boundary, Neighbourhood cells) {
    int h = before.height();
    int w = before.width();
    boolean line = cells.isLine();
    byte[] padded = padded(before, boundary == null ? new Boundary.Fixed(0) : boundary, line);
    byte[] next = after.toArray();
    int stride = w + 2;
    int[] even = new int[1024];
    int[] odd = new int[1024];
    int firstRow = boundary == null && !line ? 1 : 0;
    int firstColumn = boundary == null ? 1 : 0;
    byte[] column = new byte[stride];
    long[] joint = new long[2 << cells.size()];
    // Columns of three cells slide along the row, so each costs one shift; bits are column by
    // column.
    for (int y = firstRow; y < h - firstRow; y++) {
      int above = y * stride;
      int here = above + stride;
      int below = here + stride;
      for (int x = 0; x < stride; x++) {
        column[x] =
            line
                ? (byte) (padded[x] << 1)
                : (byte) (padded[above + x] << 2 | padded[here + x] << 1 | padded[below + x]);
      }
      int code = column[firstColumn] << 3 | column[firstColumn + 1];
      int x = firstColumn;
      int base = y * w;
      for (; x + 1 < w - firstColumn; x += 2) {
        code = (code << 3 | column[x + 2]) & 511;
        even[code << 1 | next[base + x]]++;
        code = (code << 3 | column[x + 3]) & 511;
        odd[code << 1 | next[base + x + 1]]++;
      }
      for (; x < w - firstColumn; x++) {
        code = (code << 3 | column[x + 2]) & 511;
        even[code << 1 | next[base + x]]++;
      }
      if ((y & 0xffff) == 0xffff) {
        pool(even, odd, joint, cells);
      }
    }
    pool(even, odd, joint, cells);
    return joint;
  }

  private static void pool(int[] even, int[] odd, long[] joint, Neighbourhood cells) {
    List<Neighbourhood.Offset> offsets = cells.offsets();
    for (int code = 0; code < 512; code++) {
      int index = 0;
      for (Neighbourhood.Offset o : offsets) {
        // Cell (dy, dx) is bit 8 − 3 (dx + 1) − (dy + 1) of the code.
        index = index << 1 | code >> (8 - 3 * (o.dx() + 1) - (o.dy() + 1)) & 1;
      }
      for (int s = 0; s < 2; s++) {
        joint[2 * index + s] += even[2 * code + s] + odd[2 * code + s];
      }
    }
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
  }

  private static byte[] padded(Lattice lattice, Boundary boundary, boolean line) {
    int h = lattice.height();
    int w = lattice.width();
    byte[] cells = lattice.toArray();
    if (line) {
      byte[] row = new byte[w + 2];
      System.arraycopy(cells, 0, row, 1, w);
      row[0] = at(cells, boundary, 0, -1, h, w);
      row[w + 1] = at(cells, boundary, 0, w, h, w);
      return row;
    }
    byte[] out = new byte[(h + 2) * (w + 2)];
    for (int y = 0; y < h; y++) {
      System.arraycopy(cells, y * w, out, (y + 1) * (w + 2) + 1, w);
    }
    for (int x = -1; x <= w; x++) {
      out[x + 1] = at(cells, boundary, -1, x, h, w);
      out[(h + 1) * (w + 2) + x + 1] = at(cells, boundary, h, x, h, w);
    }
    for (int y = 0; y < h; y++) {
      out[(y + 1) * (w + 2)] = at(cells, boundary, y, -1, h, w);
      out[(y + 1) * (w + 2) + w + 1] = at(cells, boundary, y, w, h, w);
    }
    return out;
  }

  private static byte at(byte[] cells, Boundary boundary, int y, int x, int h, int w) {
    int from = boundary.resolve(y, x, h, w);
    return from < 0 ? (byte) boundary.outside() : cells[from];
  }

  /// The pairs of consecutive frames.
  ///
  /// @param recording the frames
  /// @return before and after
  static List<Lattice[]> pairs(Recording recording) {
    var pairs = new ArrayList<Lattice[]>();
    for (List<Lattice> frames : recording.histories()) {
      for (int t = 1; t < frames.size(); t++) {
        pairs.add(new Lattice[] {frames.get(t - 1), frames.get(t)});
      }
    }
    return pairs;
  }
}
