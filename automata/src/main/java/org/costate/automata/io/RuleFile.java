package org.costate.automata.io;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Rule;
import org.costate.automata.Symmetry;
import org.costate.automata.TableRule;
import org.costate.automata.TransitionRule;

/// The `.rule` format: `@RULE name`, then `@TABLE` (transitions with symmetries and variables) or
/// `@TREE` (a decision diagram), and `@COLORS`.
///
/// In a table the first line that matches counts, and a neighbourhood that no line matches leaves
/// the cell as it is.
public final class RuleFile {
  private static final int SYMMETRIC_LIMIT = 1 << 20;

  private RuleFile() {}

  /// A rule with its name and colours.
  ///
  /// @param name the name
  /// @param rule the rule
  /// @param colours 0xRRGGBB by state, for the states that have one
  public record Named(String name, Rule rule, Map<Integer, Integer> colours) {}

  private static final class Reader {
    final String source;
    final String[] lines;
    int line;

    Reader(String source, String text) {
      this.source = source;
      this.lines = text.split("\\R", -1);
    }

    FormatException fail(String cause) {
      return new FormatException(source, line + 1, 1, cause);
    }

    /// The next line of a section without its comment, or null at its end.
    String next() {
      while (line < lines.length) {
        String s = lines[line].replaceFirst("#.*", "").strip();
        if (s.startsWith("@")) {
          return null;
        }
        if (!s.isEmpty()) {
          return s;
        }
        line++;
      }
      return null;
    }

    Named read() throws FormatException {
      String name = null;
      Rule rule = null;
      var colours = new LinkedHashMap<Integer, Integer>();
      while (line < lines.length) {
        String s = lines[line].strip();
        if (s.startsWith("@RULE")) {
          name = s.substring(5).strip();
          line++;
        } else if (s.startsWith("@TABLE")) {
          line++;
          rule = table(name == null ? source : name);
        } else if (s.startsWith("@TREE")) {
          line++;
          rule = tree();
        } else if (s.startsWith("@COLORS")) {
          line++;
          colours(colours);
        } else {
          line++;
        }
      }
      if (rule == null) {
        throw new FormatException(source, "there is no @TABLE and no @TREE.");
      }
      return new Named(name == null ? source : name, rule, colours);
    }

    private void colours(Map<Integer, Integer> colours) throws FormatException {
      for (String s = next(); s != null; s = next()) {
        String[] words = s.split("\\s+");
        if (words.length >= 4
            && Arrays.stream(words).limit(4).allMatch(w -> w.matches("\\d{1,3}"))) {
          colours.put(
              Integer.parseInt(words[0]),
              Integer.parseInt(words[1]) << 16
                  | Integer.parseInt(words[2]) << 8
                  | Integer.parseInt(words[3]));
        } else if (words.length != 6) {
          throw fail("a colour reads 'state red green blue', got '%s'.".formatted(s));
        }
        line++;
      }
    }

    private TransitionRule table(String name) throws FormatException {
      int states = 0;
      Neighbourhood cells = null;
      Symmetry symmetry = Symmetry.NONE;
      var variables = new HashMap<String, BitSet>();
      var order = new HashMap<String, Integer>();
      var transitions = new ArrayList<TransitionRule.Transition>();
      for (String s = next(); s != null; s = next()) {
        String compact = s.replaceAll("\\s", "");
        if (compact.startsWith("n_states:")) {
          states = count(compact.substring(9));
        } else if (compact.startsWith("neighborhood:")) {
          cells = neighbourhood(compact.substring(13));
        } else if (compact.startsWith("symmetries:")) {
          symmetry = Symmetry.named(compact.substring(11));
          if (symmetry == null) {
            throw fail("the symmetry '%s' is not known.".formatted(compact.substring(11)));
          }
        } else if (compact.startsWith("var")) {
          variable(compact.substring(3), variables, order, states);
        } else {
          if (states == 0 || cells == null) {
            throw fail("n_states and neighborhood must come before the first transition.");
          }
          transitions.add(transition(compact, states, cells, variables, order));
        }
        line++;
      }
      if (states == 0 || cells == null) {
        throw fail("the table needs n_states and neighborhood.");
      }
      try {
        return new TransitionRule(name, states, cells, symmetry, transitions);
      } catch (IllegalArgumentException e) {
        throw fail(e.getMessage());
      }
    }

    private int count(String digits) throws FormatException {
      if (!digits.matches("\\d{1,3}")
          || Integer.parseInt(digits) < 2
          || Integer.parseInt(digits) > Lattice.LARGEST_STATE + 1) {
        throw fail(
            "the number of states must be 2 … %d, got '%s'."
                .formatted(Lattice.LARGEST_STATE + 1, digits));
      }
      return Integer.parseInt(digits);
    }

    private Neighbourhood neighbourhood(String name) throws FormatException {
      return switch (name.toLowerCase(java.util.Locale.ROOT)) {
        case "vonneumann" -> Neighbourhood.vonNeumann(1);
        case "moore" -> Neighbourhood.moore(1);
        case "hexagonal" -> Neighbourhood.hexagonal();
        case "onedimensional" -> Neighbourhood.line(1);
        default ->
            throw fail(
                "the neighborhood '%s' is not known; expected vonNeumann, Moore, hexagonal or oneDimensional."
                    .formatted(name));
      };
    }

    private void variable(
        String text, Map<String, BitSet> variables, Map<String, Integer> order, int states)
        throws FormatException {
      int equals = text.indexOf('=');
      if (equals < 1 || !text.substring(equals + 1).matches("\\{.*\\}")) {
        throw fail("a variable reads 'var a={0,1,2}', got 'var %s'.".formatted(text));
      }
      String name = text.substring(0, equals);
      var accepted = new BitSet();
      for (String item : text.substring(equals + 2, text.length() - 1).split(",")) {
        if (variables.containsKey(item)) {
          accepted.or(variables.get(item));
        } else {
          accepted.set(state(item, states));
        }
      }
      variables.put(name, accepted);
      order.putIfAbsent(name, order.size());
    }

    private int state(String item, int states) throws FormatException {
      if (!item.matches("\\d{1,3}") || Integer.parseInt(item) >= states) {
        throw fail("'%s' is neither a state 0 … %d nor a variable.".formatted(item, states - 1));
      }
      return Integer.parseInt(item);
    }

    private TransitionRule.Transition transition(
        String text,
        int states,
        Neighbourhood cells,
        Map<String, BitSet> variables,
        Map<String, Integer> order)
        throws FormatException {
      String[] items = text.contains(",") ? text.split(",", -1) : text.split("");
      int needed = cells.size() + 1;
      if (items.length != needed) {
        throw fail(
            "a transition has %d items (centre, neighbours, result), got %d."
                .formatted(needed, items.length));
      }
      var places = new ArrayList<TransitionRule.Place>();
      for (int i = 0; i < needed - 1; i++) {
        boolean variable = variables.containsKey(items[i]);
        var accepted = variable ? variables.get(items[i]) : new BitSet();
        if (!variable) {
          accepted.set(state(items[i], states));
        }
        places.add(new TransitionRule.Place(accepted, variable ? order.get(items[i]) : -1));
      }
      String last = items[needed - 1];
      boolean variable = variables.containsKey(last);
      if (variable && Arrays.stream(items).limit(needed - 1).noneMatch(last::equals)) {
        throw fail("the result is the variable '%s', which no input binds.".formatted(last));
      }
      return new TransitionRule.Transition(
          places, variable ? -1 - order.get(last) : state(last, states));
    }

    private TableRule tree() throws FormatException {
      int states = 0;
      int neighbours = 0;
      var nodes = new ArrayList<int[]>();
      for (String s = next(); s != null; s = next()) {
        if (s.startsWith("num_states")) {
          states = count(s.replaceAll("\\D", ""));
        } else if (s.startsWith("num_neighbors")) {
          neighbours = Integer.parseInt("0" + s.replaceAll("\\D", ""));
        } else if (!s.startsWith("num_nodes")) {
          int[] node = integers(s);
          boolean valid = node.length == states + 1 && node[0] >= 1;
          for (int i = 1; i < node.length && valid; i++) {
            valid =
                node[0] == 1
                    ? node[i] < states
                    : node[i] < nodes.size() && nodes.get(node[i])[0] == node[0] - 1;
          }
          if (!valid) {
            throw fail(
                "a node reads 'depth' and %d states or earlier nodes of the depth below, got '%s'."
                    .formatted(states, s));
          }
          nodes.add(node);
        }
        line++;
      }
      if (neighbours != 4 && neighbours != 8 || nodes.isEmpty()) {
        throw fail("a tree needs num_neighbors=4 or 8 and at least one node.");
      }
      Neighbourhood cells = neighbours == 4 ? Neighbourhood.vonNeumann(1) : Neighbourhood.moore(1);
      // Order of the format: N W E S C, or NW NE SW SE N W E S C, as places in reading order.
      int[] places =
          neighbours == 4 ? new int[] {0, 1, 3, 4, 2} : new int[] {0, 2, 6, 8, 1, 3, 5, 7, 4};
      if (nodes.getLast()[0] != places.length) {
        throw fail("the last node must have depth %d.".formatted(places.length));
      }
      byte[] outputs;
      try {
        outputs = new byte[TableRule.entries(states, cells)];
      } catch (IllegalArgumentException e) {
        throw fail(e.getMessage());
      }
      int[] digits = new int[cells.size()];
      for (int i = 0; i < outputs.length; i++) {
        TableRule.digits(i, states, digits);
        int at = nodes.size() - 1;
        for (int place : places) {
          at = nodes.get(at)[1 + digits[place]];
        }
        outputs[i] = (byte) at;
      }
      return new TableRule(states, cells, outputs);
    }

    private int[] integers(String s) throws FormatException {
      String[] words = s.split("\\s+");
      int[] numbers = new int[words.length];
      for (int i = 0; i < words.length; i++) {
        if (!words[i].matches("\\d{1,9}")) {
          throw fail("'%s' is no number.".formatted(words[i]));
        }
        numbers[i] = Integer.parseInt(words[i]);
      }
      return numbers;
    }
  }

  /// Reads a rule.
  ///
  /// @param text the text
  /// @param source its name in messages
  /// @return the rule
  /// @throws FormatException if it is malformed
  public static Named parse(String text, String source) throws FormatException {
    return new Reader(source, text).read();
  }

  /// Writes a rule as a table, with the strongest symmetry that it has, and a line for every
  /// neighbourhood that does not leave the cell as it is.
  ///
  /// @param name the name, which must be that of the file
  /// @param rule the rule, of radius 1 on one of the neighbourhoods of the format
  /// @param palette the colours
  /// @param comments lines that say where the rule comes from
  /// @return the text
  public static String format(String name, TableRule rule, Palette palette, List<String> comments) {
    Neighbourhood cells = rule.neighbourhood();
    String shape =
        cells.offsets().equals(Neighbourhood.moore(1).offsets())
            ? "Moore"
            : cells.offsets().equals(Neighbourhood.vonNeumann(1).offsets())
                ? "vonNeumann"
                : cells.offsets().equals(Neighbourhood.hexagonal().offsets())
                    ? "hexagonal"
                    : cells.offsets().equals(Neighbourhood.line(1).offsets())
                        ? "oneDimensional"
                        : null;
    if (shape == null) {
      throw new IllegalArgumentException(
          "RuleFile: the format has Moore, vonNeumann, hexagonal and oneDimensional neighbourhoods, not '%s' of radius %d."
              .formatted(cells.name(), cells.radius()));
    }
    var text = new StringBuilder("@RULE " + name + "\n");
    comments.forEach(c -> text.append("# ").append(c).append('\n'));
    int[] ring = Symmetry.ring(cells);
    int[] representative = new int[rule.size()];
    Symmetry symmetry = strongest(rule, ring, representative);
    text.append(
        "\n@TABLE\nn_states:%d\nneighborhood:%s\nsymmetries:%s\n"
            .formatted(rule.states(), shape, symmetry.fileName()));
    int[] digits = new int[cells.size()];
    for (int i = 0; i < rule.size(); i++) {
      TableRule.digits(i, rule.states(), digits);
      int centre = digits[cells.centre()];
      if (representative[i] == i && rule.output(i) != centre) {
        text.append(centre);
        for (int place : ring) {
          text.append(',').append(digits[place]);
        }
        text.append(',').append(rule.output(i)).append('\n');
      }
    }
    text.append("\n@COLORS\n");
    for (int s = 0; s < rule.states(); s++) {
      int rgb = palette.colour(s);
      text.append("%d %d %d %d\n".formatted(s, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255));
    }
    return text.toString();
  }

  private static Symmetry strongest(TableRule rule, int[] ring, int[] representative) {
    for (Symmetry symmetry :
        List.of(
            Symmetry.PERMUTE,
            Symmetry.ROTATE8REFLECT,
            Symmetry.ROTATE6REFLECT,
            Symmetry.ROTATE4REFLECT,
            Symmetry.ROTATE4,
            Symmetry.REFLECT_HORIZONTAL)) {
      boolean fits =
          switch (symmetry) {
            case ROTATE8REFLECT -> ring.length == 8;
            case ROTATE6REFLECT -> ring.length == 6;
            case ROTATE4REFLECT, ROTATE4 -> ring.length % 4 == 0;
            default -> true;
          };
      if (fits
          && rule.size() <= SYMMETRIC_LIMIT
          && invariant(rule, ring, symmetry, representative)) {
        return symmetry;
      }
    }
    Arrays.setAll(representative, i -> i);
    return Symmetry.NONE;
  }

  /// Whether a rule has a symmetry; fills in the smallest entry of each orbit.
  private static boolean invariant(
      TableRule rule, int[] ring, Symmetry symmetry, int[] representative) {
    int n = rule.neighbourhood().size();
    int[] digits = new int[n];
    int[] turned = new int[n];
    boolean sorts = symmetry == Symmetry.PERMUTE;
    List<int[]> permutations = sorts ? List.of() : symmetry.permutations(ring.length);
    for (int i = 0; i < rule.size(); i++) {
      TableRule.digits(i, rule.states(), digits);
      int smallest = i;
      if (sorts) {
        int[] around = Arrays.stream(ring).map(p -> digits[p]).sorted().toArray();
        System.arraycopy(digits, 0, turned, 0, n);
        int[] order = ring.clone();
        Arrays.sort(order);
        for (int j = 0; j < order.length; j++) {
          turned[order[j]] = around[j];
        }
        smallest = index(turned, rule.states());
      }
      for (int[] p : permutations) {
        System.arraycopy(digits, 0, turned, 0, n);
        for (int j = 0; j < ring.length; j++) {
          turned[ring[j]] = digits[ring[p[j]]];
        }
        smallest = Math.min(smallest, index(turned, rule.states()));
      }
      if (rule.output(smallest) != rule.output(i)) {
        return false;
      }
      representative[i] = smallest;
    }
    return true;
  }

  private static int index(int[] digits, int base) {
    int index = 0;
    for (int digit : digits) {
      index = index * base + digit;
    }
    return index;
  }
}
