package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.random.RandomStream;

/// Finds every rule of a small class that explains pairs of frames n steps apart.
///
/// The search goes cell by cell: the light cone of a cell is evaluated, an entry gets a value only
/// when the evaluation first meets it, and a branch ends at the first cell that comes out wrong. An
/// entry that no evaluation meets stays free, so the result is the exact set of rules, as few
/// tables with free entries.
public final class ExhaustiveSearch {
  private static final int FREE = -1;
  private static final double MOST_BITS = 18.001;

  private final RuleClass ruleClass;
  private final int gap;
  private final int[] table;
  private final int[] of;
  private final List<int[]> found = new ArrayList<>();
  private final Cone[] cones;

  /// One cell to explain: the states below it and what it became.
  private record Cone(byte[] base, int result) {}

  /// For each layer of the cone, the cells of the layer below that each of its cells looks at.
  private final int[][] layers;

  /// The states of each layer while one cone is evaluated.
  private final byte[][] states;

  private ExhaustiveSearch(List<Lattice[]> pairs, Boundary boundary, RuleClass ruleClass, int gap) {
    this.ruleClass = ruleClass;
    this.gap = gap;
    this.table = new int[ruleClass.entries()];
    this.of = ruleClass.entryOfIndex();
    Arrays.fill(table, FREE);
    this.layers = layers(ruleClass, gap);
    this.states = new byte[gap][];
    for (int t = 0; t < gap; t++) {
      states[t] = new byte[layers[t].length / ruleClass.cells().size()];
    }
    this.cones = cones(pairs, boundary);
  }

  private static int[] extent(RuleClass ruleClass, int steps) {
    int reach = steps * ruleClass.cells().radius();
    return new int[] {ruleClass.cells().isLine() ? 0 : reach, reach};
  }

  private static int[][] layers(RuleClass ruleClass, int gap) {
    int[][] layers = new int[gap][];
    for (int t = 0; t < gap; t++) {
      int[] here = extent(ruleClass, gap - 1 - t);
      int[] below = extent(ruleClass, gap - t);
      int w = 2 * here[1] + 1;
      int h = 2 * here[0] + 1;
      int n = ruleClass.cells().size();
      layers[t] = new int[w * h * n];
      for (int i = 0; i < w * h; i++) {
        for (int j = 0; j < n; j++) {
          var o = ruleClass.cells().offsets().get(j);
          int y = i / w - here[0] + o.dy() + below[0];
          int x = i % w - here[1] + o.dx() + below[1];
          layers[t][i * n + j] = y * (2 * below[1] + 1) + x;
        }
      }
    }
    return layers;
  }

  private Cone[] cones(List<Lattice[]> pairs, Boundary boundary) {
    int[] reach = extent(ruleClass, gap);
    var cones = new ArrayList<Cone>();
    for (Lattice[] pair : pairs) {
      int h = pair[0].height();
      int w = pair[0].width();
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          boolean inside = y >= reach[0] && y < h - reach[0] && x >= reach[1] && x < w - reach[1];
          Cone cone = inside || boundary != null ? cone(pair, y, x, reach, boundary) : null;
          if (cone != null) {
            cones.add(cone);
          }
        }
      }
    }
    // In a random order neighbouring cells, which say nearly the same, are far apart.
    int[] order = RandomStream.of(1, "cones").permutation(cones.size());
    Cone[] shuffled = new Cone[order.length];
    for (int i = 0; i < order.length; i++) {
      shuffled[i] = cones.get(order[i]);
    }
    return shuffled;
  }

  private static Cone cone(Lattice[] pair, int y, int x, int[] reach, Boundary boundary) {
    int h = pair[0].height();
    int w = pair[0].width();
    int width = 2 * reach[1] + 1;
    byte[] base = new byte[(2 * reach[0] + 1) * width];
    if (pair[1].get(y, x) == Lattice.UNKNOWN) {
      return null;
    }
    for (int i = 0; i < base.length; i++) {
      int row = y + i / width - reach[0];
      int column = x + i % width - reach[1];
      boolean in = row >= 0 && row < h && column >= 0 && column < w;
      int from = in ? row * w + column : boundary.resolve(row, column, h, w);
      if (from < 0 || pair[0].get(from) == Lattice.UNKNOWN) {
        return null; // A fixed edge cuts the cone: the cells beyond it do not evolve.
      }
      base[i] = (byte) pair[0].get(from);
    }
    return new Cone(base, pair[1].get(y, x));
  }

  /// Whether a class is small enough.
  ///
  /// @param ruleClass the class
  /// @return whether it has at most 2¹⁸ rules
  public static boolean feasible(RuleClass ruleClass) {
    double bits = 0;
    for (int e = 0; e < ruleClass.entries() && bits <= MOST_BITS; e++) {
      bits += Math.log(ruleClass.choices(e).length) / Math.log(2);
    }
    return ruleClass.order() == 1 && ruleClass.entryOfIndex() != null && bits <= MOST_BITS;
  }

  /// All rules that explain the pairs.
  ///
  /// @param pairs before and after
  /// @param boundary what lies beyond the edge, or null: then only cells are used whose light cone
  ///   lies inside. With fixed edges too, and those that are left out are checked by replay
  /// @param ruleClass the class, [#feasible]
  /// @param gap steps from before to after
  /// @return tables of which every completion fits; −1 marks a free entry. No rule is in two of
  ///   them
  public static List<int[]> all(
      List<Lattice[]> pairs, Boundary boundary, RuleClass ruleClass, int gap) {
    boolean joined = boundary instanceof Boundary.Torus || boundary instanceof Boundary.Reflecting;
    var search = new ExhaustiveSearch(pairs, joined ? boundary : null, ruleClass, gap);
    search.explain(0);
    if (joined || boundary == null) {
      return search.found;
    }
    return exact(search.found, pairs, boundary, ruleClass, gap);
  }

  /// The completions of tables that replay every pair under a boundary, edges included.
  static List<int[]> exact(
      List<int[]> tables, List<Lattice[]> pairs, Boundary boundary, RuleClass ruleClass, int gap) {
    var machines = new ArrayList<Replay.Machine>();
    for (Lattice[] pair : pairs) {
      machines.add(new Replay.Machine(ruleClass, boundary, pair[0].height(), pair[0].width(), gap));
    }
    var kept = new ArrayList<int[]>();
    for (int[] partial : tables) {
      for (int[] complete : complete(partial, ruleClass)) {
        boolean exact = true;
        for (int i = 0; i < pairs.size() && exact; i++) {
          byte[] before = pairs.get(i)[0].toArray();
          byte[] after = pairs.get(i)[1].toArray();
          exact = machines.get(i).differences(before, after, complete, gap, true) == 0;
        }
        if (exact) {
          kept.add(complete);
        }
      }
    }
    return kept;
  }

  /// All completions of a table with free entries.
  static List<int[]> complete(int[] partial, RuleClass ruleClass) {
    var all = new ArrayList<int[]>();
    all.add(partial.clone());
    for (int e = 0; e < partial.length; e++) {
      if (partial[e] == FREE) {
        var more = new ArrayList<int[]>();
        for (int[] one : all) {
          for (int s : ruleClass.choices(e)) {
            int[] copy = one.clone();
            copy[e] = s;
            more.add(copy);
          }
        }
        all = more;
      }
    }
    return all;
  }

  private void explain(int from) {
    int at = from;
    while (at < cones.length) {
      int result = evaluate(cones[at]);
      if (result < 0) {
        int entry = -1 - result;
        for (int s : ruleClass.choices(entry)) {
          table[entry] = s;
          explain(at);
        }
        table[entry] = FREE;
        return;
      }
      if (result != cones[at].result) {
        return;
      }
      at++;
    }
    found.add(table.clone());
  }

  /// The state at the top of a cone, or −1 − entry for the first entry without a value.
  private int evaluate(Cone cone) {
    byte[] below = cone.base;
    int n = ruleClass.cells().size();
    int k = ruleClass.states();
    for (int t = 0; t < layers.length; t++) {
      int[] layer = layers[t];
      byte[] here = states[t];
      for (int i = 0; i < here.length; i++) {
        int index = 0;
        for (int j = i * n; j < (i + 1) * n; j++) {
          index = index * k + below[layer[j]];
        }
        int output = table[of[index]];
        if (output == FREE) {
          return -1 - of[index];
        }
        here[i] = (byte) output;
      }
      below = here;
    }
    return below[0];
  }
}
