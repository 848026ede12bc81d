package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.automata.CountRule;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Notation;
import org.costate.automata.Rule;
import org.costate.automata.SecondOrderRule;
import org.costate.automata.Symmetry;
import org.costate.automata.TableRule;

/// A family of rules: which cells are looked at, and which neighbourhoods have one entry in common.
///
/// A rule of the class is one output for each entry. Entries of a class of second order are
/// numbered previous state · entries of the first order + entry.
///
/// @param name what the class is called
/// @param states k
/// @param cells the neighbourhood
/// @param tie which neighbourhoods share an entry
/// @param order 1, or 2 if the cell one step before counts too
public record RuleClass(String name, int states, Neighbourhood cells, Tie tie, int order) {
  /// Which neighbourhoods share an entry.
  public sealed interface Tie {
    /// None: a full table.
    record Full() implements Tie {}

    /// Those with one sum of all cells, the centre included.
    record Totalistic() implements Tie {}

    /// Those with one centre and one sum over the others.
    record OuterTotalistic() implements Tie {}

    /// Those with one centre and one number of others in a state.
    ///
    /// @param state the state that is counted
    record Counting(int state) implements Tie {}

    /// As counting state 1, and only the outcomes of Generations: a dead cell is born or not, a
    /// live one survives or decays to state 2, a decaying one goes on to the next state, the last
    /// to 0.
    record Generations() implements Tie {}

    /// Those that a symmetry maps onto each other; radius 1.
    ///
    /// @param symmetry the symmetry
    record Symmetric(Symmetry symmetry) implements Tie {}
  }

  /// The largest table that is kept.
  static final int MOST_ENTRIES = 1 << 20;

  private static final int LARGEST_RADIUS = 5;
  private static final Map<RuleClass, int[]> ORBITS = new HashMap<>();

  /// The classes in the order in which they are tried: smaller radius first, von Neumann before
  /// Moore, totalistic before full, first order before second.
  ///
  /// @param dimensions 1 or 2
  /// @param states k
  /// @return the classes
  public static List<RuleClass> ladder(int dimensions, int states) {
    var first = new ArrayList<RuleClass>();
    if (dimensions == 1) {
      for (int r = 1; r <= LARGEST_RADIUS; r++) {
        Neighbourhood line = Neighbourhood.line(r);
        if (r > 1 || states > 2) {
          add(first, "totalistic", states, line, new Tie.Totalistic());
          add(first, "outer-totalistic", states, line, new Tie.OuterTotalistic());
        }
        add(first, r == 1 && states == 2 ? "elementary" : "table", states, line, new Tie.Full());
      }
    } else {
      shape(first, "von Neumann ", states, Neighbourhood.vonNeumann(1));
      shape(first, "hexagonal ", states, Neighbourhood.hexagonal());
      shape(first, "", states, Neighbourhood.moore(1));
      for (int r = 2; r <= LARGEST_RADIUS; r++) {
        counts(first, "von Neumann ", states, Neighbourhood.vonNeumann(r));
        counts(first, "", states, Neighbourhood.moore(r));
        counts(first, "circular ", states, Neighbourhood.circle(r));
        add(first, "von Neumann table", states, Neighbourhood.vonNeumann(r), new Tie.Full());
      }
    }
    var all = new ArrayList<>(first);
    for (RuleClass one : first) {
      if (one.cells.radius() == 1 && one.entries() * states <= MOST_ENTRIES) {
        all.add(new RuleClass(one.name, states, one.cells, one.tie, 2));
      }
    }
    return all;
  }

  private static void shape(List<RuleClass> to, String prefix, int states, Neighbourhood cells) {
    counts(to, prefix, states, cells);
    boolean six = cells.size() == 7;
    Symmetry isotropic = six ? Symmetry.ROTATE6REFLECT : Symmetry.ROTATE4REFLECT;
    add(to, prefix + "isotropic", states, cells, new Tie.Symmetric(isotropic));
    if (states > 2) {
      add(
          to,
          prefix + "rotated",
          states,
          cells,
          new Tie.Symmetric(six ? Symmetry.ROTATE6 : Symmetry.ROTATE4));
    }
    add(to, prefix + "table", states, cells, new Tie.Full());
  }

  private static void counts(List<RuleClass> to, String prefix, int states, Neighbourhood cells) {
    add(to, prefix + "totalistic", states, cells, new Tie.Totalistic());
    boolean life = prefix.isEmpty() && states == 2 && cells.radius() == 1;
    if (states == 2) {
      add(
          to,
          life ? "Life-like" : prefix + "outer-totalistic",
          states,
          cells,
          new Tie.OuterTotalistic());
    } else {
      add(to, prefix + "Generations", states, cells, new Tie.Generations());
      for (int s = 1; s < states; s++) {
        add(to, prefix + "counting state " + s, states, cells, new Tie.Counting(s));
      }
      add(to, prefix + "outer-totalistic", states, cells, new Tie.OuterTotalistic());
      if (cells.radius() == 1) {
        add(to, prefix + "permutable", states, cells, new Tie.Symmetric(Symmetry.PERMUTE));
      }
    }
  }

  private static void add(
      List<RuleClass> to, String name, int states, Neighbourhood cells, Tie tie) {
    boolean counted = !(tie instanceof Tie.Full || tie instanceof Tie.Symmetric);
    if (counted || Math.pow(states, cells.size()) <= MOST_ENTRIES) {
      to.add(new RuleClass(name, states, cells, tie, 1));
    }
  }

  /// The Life-like rules: 2 states, Moore, by centre and number of neighbours.
  ///
  /// @return the class, of 18 entries
  public static RuleClass lifeLike() {
    return new RuleClass("Life-like", 2, Neighbourhood.moore(1), new Tie.OuterTotalistic(), 1);
  }

  /// The isotropic two-state Moore rules, Hensel's.
  ///
  /// @return the class, of 102 entries
  public static RuleClass isotropic() {
    return new RuleClass(
        "isotropic", 2, Neighbourhood.moore(1), new Tie.Symmetric(Symmetry.ROTATE4REFLECT), 1);
  }

  /// All rules of a neighbourhood.
  ///
  /// @param states k
  /// @param cells the neighbourhood
  /// @return the class, of kⁿ entries
  public static RuleClass table(int states, Neighbourhood cells) {
    boolean elementary = states == 2 && cells.equals(Neighbourhood.line(1));
    return new RuleClass(elementary ? "elementary" : "table", states, cells, new Tie.Full(), 1);
  }

  private int others() {
    return cells.size() - 1;
  }

  /// The number of entries.
  ///
  /// @return the number
  public int entries() {
    return (order == 2 ? states : 1) * firstOrder();
  }

  /// The number of entries for one previous state.
  int firstOrder() {
    return switch (tie) {
      case Tie.Full _ -> TableRule.entries(states, cells);
      case Tie.Totalistic _ -> cells.size() * (states - 1) + 1;
      case Tie.OuterTotalistic _ -> states * (others() * (states - 1) + 1);
      case Tie.Counting _, Tie.Generations _ -> states * (others() + 1);
      case Tie.Symmetric _ -> {
        int[] orbits = orbits();
        yield Arrays.stream(orbits).max().orElseThrow() + 1;
      }
    };
  }

  /// The entry of a neighbourhood.
  ///
  /// @param neighbours the states in reading order
  /// @param previous the state of the cell one step before; ignored by the first order
  /// @return the entry
  public int entry(int[] neighbours, int previous) {
    int first =
        switch (tie) {
          case Tie.Full _ -> index(neighbours);
          case Tie.Totalistic _ -> sum(neighbours);
          case Tie.OuterTotalistic _ -> {
            int centre = neighbours[cells.centre()];
            yield centre * (others() * (states - 1) + 1) + sum(neighbours) - centre;
          }
          case Tie.Counting _, Tie.Generations _ -> {
            int state = counted();
            int centre = neighbours[cells.centre()];
            int n = 0;
            for (int s : neighbours) {
              n += s == state ? 1 : 0;
            }
            yield centre * (others() + 1) + n - (centre == state ? 1 : 0);
          }
          case Tie.Symmetric _ -> orbits()[index(neighbours)];
        };
    return order == 2 ? previous * firstOrder() + first : first;
  }

  /// The state that is counted, or [CountRule#SUM].
  private int counted() {
    return switch (tie) {
      case Tie.Counting(int state) -> state;
      case Tie.Generations _ -> 1;
      default -> CountRule.SUM;
    };
  }

  /// The outcomes that an entry may have in this class.
  ///
  /// @param entry the entry
  /// @return the states, in order
  public int[] choices(int entry) {
    if (tie instanceof Tie.Generations) {
      int centre = entry / (others() + 1);
      return centre == 0
          ? new int[] {0, 1}
          : centre == 1 ? new int[] {1, 2} : new int[] {(centre + 1) % states};
    }
    int[] all = new int[states];
    Arrays.setAll(all, s -> s);
    return all;
  }

  private int index(int[] neighbours) {
    int index = 0;
    for (int s : neighbours) {
      index = index * states + s;
    }
    return index;
  }

  private static int sum(int[] values) {
    int sum = 0;
    for (int v : values) {
      sum += v;
    }
    return sum;
  }

  /// The entry of every neighbourhood, by its index in a [TableRule].
  ///
  /// @return the first-order entries, or null if there are too many neighbourhoods
  public int[] entryOfIndex() {
    if (Math.pow(states, cells.size()) > MOST_ENTRIES) {
      return null;
    }
    synchronized (ORBITS) {
      RuleClass key = new RuleClass(name, states, cells, tie, 1);
      int[] known = ORBITS.get(key);
      if (known == null) {
        known = tie instanceof Tie.Symmetric(Symmetry symmetry) ? orbits(symmetry) : direct();
        ORBITS.put(key, known);
      }
      return known;
    }
  }

  private int[] orbits() {
    return entryOfIndex();
  }

  private int[] direct() {
    RuleClass plain = new RuleClass(name, states, cells, tie, 1);
    int[] of = new int[TableRule.entries(states, cells)];
    int[] digits = new int[cells.size()];
    for (int i = 0; i < of.length; i++) {
      TableRule.digits(i, states, digits);
      of[i] = plain.entry(digits, 0);
    }
    return of;
  }

  private int[] orbits(Symmetry symmetry) {
    int[] ring = Symmetry.ring(cells);
    List<int[]> permutations =
        symmetry == Symmetry.PERMUTE ? List.of() : symmetry.permutations(ring.length);
    int[] of = new int[TableRule.entries(states, cells)];
    Arrays.fill(of, -1);
    int[] digits = new int[cells.size()];
    int[] turned = new int[cells.size()];
    int[] sorted = ring.clone();
    Arrays.sort(sorted);
    int next = 0;
    for (int i = 0; i < of.length; i++) {
      if (of[i] >= 0) {
        continue;
      }
      TableRule.digits(i, states, digits);
      if (symmetry == Symmetry.PERMUTE) {
        // The smallest of an orbit has its neighbours sorted; it comes first.
        int[] around = Arrays.stream(sorted).map(p -> digits[p]).sorted().toArray();
        System.arraycopy(digits, 0, turned, 0, digits.length);
        for (int j = 0; j < sorted.length; j++) {
          turned[sorted[j]] = around[j];
        }
        int representative = index(turned);
        of[i] = representative == i ? next++ : of[representative];
        continue;
      }
      for (int[] p : permutations) {
        System.arraycopy(digits, 0, turned, 0, digits.length);
        for (int j = 0; j < ring.length; j++) {
          turned[ring[j]] = digits[ring[p[j]]];
        }
        of[index(turned)] = next;
      }
      next++;
    }
    return of;
  }

  /// What an entry is called: `B3`, `B2a`, `110`, `3:2` (state 3, count 2), or the first
  /// neighbourhood that has it.
  ///
  /// @param entry the entry
  /// @return its name
  public String entryName(int entry) {
    int previous = order == 2 ? entry / firstOrder() : 0;
    int e = order == 2 ? entry % firstOrder() : entry;
    String first =
        switch (tie) {
          case Tie.Totalistic _ -> "sum " + e;
          case Tie.OuterTotalistic _ -> counted(e, others() * (states - 1) + 1);
          case Tie.Counting _, Tie.Generations _ -> counted(e, others() + 1);
          case Tie.Full _ -> neighbourhood(e);
          case Tie.Symmetric _ -> {
            int[] of = orbits();
            int i = 0;
            while (of[i] != e) {
              i++;
            }
            boolean letters = states == 2 && cells.size() == 9;
            yield letters ? Notation.hensel(i) : neighbourhood(i);
          }
        };
    return order == 2 ? "after " + previous + ": " + first : first;
  }

  private String counted(int e, int counts) {
    int centre = e / counts;
    return states == 2 || tie instanceof Tie.Generations && centre < 2
        ? (centre == 0 ? "B" : "S") + e % counts
        : centre + ":" + e % counts;
  }

  private String neighbourhood(int index) {
    int[] digits = new int[cells.size()];
    TableRule.digits(index, states, digits);
    var text = new StringBuilder();
    for (int d : digits) {
      text.append(d < 36 ? Character.forDigit(d, 36) : "," + d);
    }
    return text.toString();
  }

  /// The rule of given outputs.
  ///
  /// @param outputs the next state of each entry
  /// @return the rule; a table where there are not too many neighbourhoods
  public Rule rule(int[] outputs) {
    if (order == 2) {
      var tables = new TableRule[states];
      RuleClass plain = new RuleClass(name, states, cells, tie, 1);
      for (int p = 0; p < states; p++) {
        tables[p] =
            TableRule.of(
                plain.rule(Arrays.copyOfRange(outputs, p * firstOrder(), (p + 1) * firstOrder())));
      }
      return new SecondOrderRule(tables);
    }
    boolean radiusTwoStates = states == 2 && cells.radius() == 1;
    boolean counted = !(tie instanceof Tie.Full || tie instanceof Tie.Symmetric);
    if (counted && !radiusTwoStates) {
      return countRule(outputs);
    }
    int[] of = entryOfIndex();
    byte[] table = new byte[of.length];
    for (int i = 0; i < of.length; i++) {
      table[i] = (byte) outputs[of[i]];
    }
    return new TableRule(states, cells, table);
  }

  private CountRule countRule(int[] outputs) {
    int counted = counted();
    int counts = CountRule.counts(states, cells, counted);
    byte[][] table = new byte[states][counts];
    for (int c = 0; c < states; c++) {
      for (int n = 0; n < counts; n++) {
        table[c][n] = (byte) outputs[tie instanceof Tie.Totalistic ? c + n : c * counts + n];
      }
    }
    return new CountRule(states, cells, counted, table);
  }

  /// The notation of a rule of this class.
  ///
  /// @param outputs the next state of each entry
  /// @return the notation
  public String notation(int[] outputs) {
    return Notation.of(rule(outputs));
  }

  /// The outputs of a rule in this class.
  ///
  /// @param rule a rule of first order
  /// @return one output for each entry, or null if the rule is not of this class
  public int[] outputs(Rule rule) {
    int[] of = entryOfIndex();
    int[] outputs = new int[entries()];
    Arrays.fill(outputs, -1);
    TableRule table = TableRule.of(rule).on(cells);
    for (int i = 0; i < of.length; i++) {
      if (outputs[of[i]] >= 0 && outputs[of[i]] != table.output(i)) {
        return null;
      }
      outputs[of[i]] = table.output(i);
    }
    return outputs;
  }

  @Override
  public String toString() {
    return "%s, %d states, radius %d%s"
        .formatted(name, states, cells.radius(), order == 2 ? ", second order" : "");
  }
}
