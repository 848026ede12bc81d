package org.costate.automata;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Steps a two-state rule of radius 1 for 64 cells at a time.
///
/// The table becomes a reduced ordered binary decision diagram (Bryant 1986); each of its nodes is
/// a multiplexer of whole words, so the cost is that of the rule: about 40 nodes for a Life-like
/// rule, 140 for a table without structure. Rows are `words` longs each; column x is bit x mod 64
/// of word x / 64.
final class BitKernel {
  /// Words that are done together: their values in all nodes stay in the cache.
  private static final int BLOCK = 64;

  /// A node: `(~v & low) | (v & high)`; nodes 0 and 1 are the constants.
  private record Node(int variable, int low, int high) {}

  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, Integer> unique = new HashMap<>();
  private final int root;
  private final int[] dy;
  private final int[] dx;

  /// Compiles a rule.
  BitKernel(TableRule rule) {
    int n = rule.neighbourhood().size();
    dy = rule.neighbourhood().offsets().stream().mapToInt(Neighbourhood.Offset::dy).toArray();
    dx = rule.neighbourhood().offsets().stream().mapToInt(Neighbourhood.Offset::dx).toArray();
    nodes.add(null);
    nodes.add(null);
    // The centre is looked at last: of a rule that counts, only its count must be known before.
    int[] order = new int[n];
    int at = 0;
    for (int i = 0; i < n; i++) {
      if (i != rule.neighbourhood().centre()) {
        order[at++] = i;
      }
    }
    order[n - 1] = rule.neighbourhood().centre();
    int[] outputs = new int[rule.size()];
    int[] cells = new int[n];
    for (int i = 0; i < outputs.length; i++) {
      TableRule.digits(i, 2, cells);
      int index = 0;
      for (int variable : order) {
        index = index * 2 + cells[variable];
      }
      outputs[index] = rule.output(i);
    }
    root = build(outputs, order, 0);
  }

  static boolean handles(Rule rule, Boundary boundary) {
    return rule instanceof TableRule table
        && table.states() == 2
        && table.neighbourhood().radius() <= 1
        && (boundary instanceof Boundary.Torus(int right, int down) && right == 0 && down == 0
            || boundary instanceof Boundary.Fixed
            || boundary instanceof Boundary.Reflecting);
  }

  private int build(int[] outputs, int[] order, int level) {
    if (Arrays.stream(outputs).allMatch(o -> o == outputs[0])) {
      return outputs[0];
    }
    int half = outputs.length / 2;
    int low = build(Arrays.copyOf(outputs, half), order, level + 1);
    int high = build(Arrays.copyOfRange(outputs, half, outputs.length), order, level + 1);
    if (low == high) {
      return low;
    }
    return unique.computeIfAbsent(
        new Node(order[level], low, high),
        node -> {
          nodes.add(node);
          return nodes.size() - 1;
        });
  }

  /// The number of multiplexers.
  int size() {
    return nodes.size() - 2;
  }

  /// The memory of one board; a step allocates nothing.
  final class Board {
    private final int height;
    private final int width;
    private final int words;
    private final Boundary boundary;
    private long[] rows;
    private long[] next;
    private final long[][] shifted;
    private final long[][] inputs = new long[dy.length][BLOCK];
    private final long[][] values = new long[nodes.size()][BLOCK];

    Board(int height, int width, Boundary boundary) {
      this.height = height;
      this.width = width;
      this.words = (width + 63) / 64;
      this.boundary = boundary;
      this.rows = new long[height * words];
      this.next = new long[height * words];
      this.shifted = new long[3][(height + 2) * words];
      Arrays.fill(values[1], -1L);
    }

    void load(byte[] cells) {
      Arrays.fill(rows, 0);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          rows[y * words + x / 64] |= (long) (cells[y * width + x] & 1) << x;
        }
      }
    }

    void store(byte[] cells) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          cells[y * width + x] = (byte) (rows[y * words + x / 64] >>> x & 1);
        }
      }
    }

    void step() {
      for (int y = -1; y <= height; y++) {
        shift(y);
      }
      int total = height * words;
      for (int from = 0; from < total; from += BLOCK) {
        evaluate(from, Math.min(BLOCK, total - from));
      }
      long last = width % 64 == 0 ? -1L : (1L << width) - 1;
      for (int y = 0; y < height; y++) {
        next[y * words + words - 1] &= last;
      }
      long[] swap = rows;
      rows = next;
      next = swap;
    }

    /// Writes the row seen from the west, from the centre and from the east.
    private void shift(int y) {
      int base = (y + 1) * words;
      int source =
          switch (boundary) {
            case Boundary.Torus _ -> Math.floorMod(y, height);
            case Boundary.Reflecting _ -> Math.clamp(y, 0, height - 1);
            default -> y;
          };
      if (source < 0 || source >= height) {
        long fill = boundary.outside() == 0 ? 0 : -1;
        for (long[] one : shifted) {
          Arrays.fill(one, base, base + words, fill);
        }
        return;
      }
      int row = source * words;
      int end = width - 1;
      long first = rows[row] & 1;
      long last = rows[row + end / 64] >>> end & 1;
      long beforeFirst =
          switch (boundary) {
            case Boundary.Torus _ -> last;
            case Boundary.Reflecting _ -> first;
            default -> boundary.outside();
          };
      long afterLast =
          switch (boundary) {
            case Boundary.Torus _ -> first;
            case Boundary.Reflecting _ -> last;
            default -> boundary.outside();
          };
      long[] west = shifted[0];
      long[] centre = shifted[1];
      long[] east = shifted[2];
      long carry = beforeFirst;
      for (int i = 0; i < words; i++) {
        long word = rows[row + i];
        centre[base + i] = word;
        west[base + i] = word << 1 | carry;
        carry = word >>> 63;
        east[base + i] = word >>> 1 | (i + 1 < words ? rows[row + i + 1] << 63 : 0);
      }
      east[base + end / 64] |= afterLast << end;
    }

    private void evaluate(int from, int count) {
      for (int i = 0; i < inputs.length; i++) {
        System.arraycopy(shifted[1 + dx[i]], from + (1 + dy[i]) * words, inputs[i], 0, count);
      }
      for (int i = 2; i < values.length; i++) {
        Node node = nodes.get(i);
        multiplex(inputs[node.variable], values[node.low], values[node.high], values[i], count);
      }
      System.arraycopy(values[root], 0, next, from, count);
    }
  }

  private static void multiplex(long[] v, long[] low, long[] high, long[] out, int count) {
    for (int i = 0; i < count; i++) {
      out[i] = low[i] ^ v[i] & (low[i] ^ high[i]);
    }
  }
}
