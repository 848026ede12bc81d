package org.costate.automata;

import java.math.BigInteger;
import java.util.Base64;
import java.util.Optional;

/// Rules as text.
///
/// | notation | rules |
/// |---|---|
/// | `W110`, `110` | elementary, by Wolfram code |
/// | `W…,k3,r1` | general Wolfram code: k states, radius r |
/// | `T777,k3,r1` | totalistic code on a line; `T…,k2,M1` on Moore, `T…,k2,N1` on von Neumann |
/// | `O224` | outer-totalistic code on Moore: bit 2 · neighbours + centre |
/// | `B3/S23`, `23/3` | outer-totalistic, Moore; with `V` von Neumann, with `H` hexagonal |
/// | `B2-a/S12` | isotropic, Hensel's letters |
/// | `345/2/4`, `B2/S345/4` | Generations |
/// | `R5,C0,M1,S34..58,B34..45,NM` | Larger than Life |
/// | `MAP…` | any two-state rule: 512, 128 (hexagonal) or 32 (von Neumann) bits in base64 |
/// | `Life`, `WireWorld`, … | rules known by name |
/// | `B3/S23R` | an `R` at the end: the reversible rule of second order |
/// | `…:T30,20` | bounded grids: T torus, P plane, K Klein bottle, C cross-surface, S sphere |
public final class Notation {
  private Notation() {}

  /// A rule with the grid it is to run on.
  ///
  /// @param rule the rule
  /// @param boundary the boundary, or null if the text has no suffix
  /// @param height the height of the grid, 0 for infinite or unsaid
  /// @param width the width of the grid, 0 for infinite or unsaid
  public record Parsed(Rule rule, Boundary boundary, int height, int width) {}

  /// Reads a rule.
  ///
  /// @param text the rule
  /// @return the rule
  /// @throws IllegalArgumentException if it is not understood
  public static Rule rule(String text) {
    return parse(text).rule();
  }

  /// Reads a rule with an optional suffix for a bounded grid.
  ///
  /// @param text the rule
  /// @return the rule and the grid
  /// @throws IllegalArgumentException if it is not understood
  public static Parsed parse(String text) {
    return NotationReader.parse(text);
  }

  /// Where the condition of a neighbourhood is kept: count · 16 + letter.
  static int key(int index, Neighbourhood cells) {
    int n = cells.size();
    int centre = 1 << (n - 1 - cells.centre());
    int count = Integer.bitCount(index & ~centre);
    if (n != 9) {
      return count * 16;
    }
    return count * 16 + Hensel.letterOf(Integer.reverse(index) >>> 23);
  }

  /// The outer-totalistic code of a two-state Moore rule: bit 2 · neighbours + centre.
  ///
  /// @param table the rule
  /// @return the code, 224 for Life; empty if the rule is not outer-totalistic
  public static Optional<BigInteger> outerTotalistic(TableRule table) {
    if (table.size() != 512 || birthSurvival(table).isEmpty()) {
      return Optional.empty();
    }
    int code = 0;
    for (int i = 0; i < 512; i++) {
      code |= table.output(i) << (2 * Integer.bitCount(i & ~16) + (i >> 4 & 1));
    }
    return Optional.of(BigInteger.valueOf(code));
  }

  /// The suffix of a bounded grid.
  ///
  /// @param boundary the boundary
  /// @param height the number of rows
  /// @param width the number of columns
  /// @return the suffix with its colon; empty for the infinite plane and for what has no suffix
  public static String suffix(Boundary boundary, int height, int width) {
    return switch (boundary) {
      case Boundary.Torus(int right, int down) ->
          ":T" + width + shift(right) + "," + height + shift(down);
      case Boundary.Fixed f -> f.outside() == 0 ? ":P" + width + "," + height : "";
      case Boundary.Twisted(boolean rows, boolean columns) ->
          rows && columns
              ? ":C" + width + "," + height
              : ":K" + width + (rows ? "*" : "") + "," + height + (columns ? "*" : "");
      case Boundary.Sphere _ -> ":S" + width;
      case Boundary.Unbounded(boolean rows, boolean columns) ->
          rows || columns ? ":T" + (columns ? width : 0) + "," + (rows ? height : 0) : "";
      case Boundary.Reflecting _ -> "";
    };
  }

  private static String shift(int cells) {
    return cells == 0 ? "" : cells > 0 ? "+" + cells : Integer.toString(cells);
  }

  /// The shortest notation of a rule.
  ///
  /// @param rule the rule
  /// @return the notation, or a description in words if it has none
  public static String of(Rule rule) {
    return switch (rule) {
      case TableRule table -> {
        Optional<String> code = wolfram(table).map(c -> wolframText(table, c));
        yield code.or(() -> birthSurvival(table))
            .or(() -> hensel(table))
            .or(() -> map(table))
            .orElseGet(() -> words(rule));
      }
      case CountRule count -> counted(count);
      case SecondOrderRule second -> second.toString();
      case TransitionRule transitions -> transitions.name();
      case StochasticRule _ -> "stochastic: " + words(rule);
    };
  }

  private static String wolframText(TableRule table, BigInteger code) {
    int radius = table.neighbourhood().radius();
    return table.states() == 2 && radius == 1
        ? "W" + code
        : "W" + code + ",k" + table.states() + ",r" + radius;
  }

  private static String words(Rule rule) {
    return "%d states, %s neighbourhood of radius %d"
        .formatted(rule.states(), rule.neighbourhood().name(), rule.neighbourhood().radius());
  }

  /// The Wolfram code of a rule on a line.
  ///
  /// @param table the rule
  /// @return the code; empty if it is not on a line of radius ≥ 1
  public static Optional<BigInteger> wolfram(TableRule table) {
    Neighbourhood cells = table.neighbourhood();
    if (!cells.isLine()
        || cells.size() == 1
        || table.states() > Character.MAX_RADIX
        || !cells.offsets().equals(Neighbourhood.line(cells.radius()).offsets())) {
      return Optional.empty();
    }
    var digits = new StringBuilder();
    for (int i = table.size() - 1; i >= 0; i--) {
      digits.append(Character.forDigit(table.output(i), table.states()));
    }
    return Optional.of(new BigInteger(digits.toString(), table.states()));
  }

  /// The totalistic code of a rule: the base-k digit at the sum of all cells.
  ///
  /// @param rule a table or a rule of sums
  /// @return the code; empty if the rule is not totalistic
  public static Optional<BigInteger> totalistic(Rule rule) {
    int n = rule.neighbourhood().size();
    int k = rule.states();
    if (k > Character.MAX_RADIX) {
      return Optional.empty();
    }
    int[] digits = new int[n * (k - 1) + 1];
    java.util.Arrays.fill(digits, -1);
    if (rule instanceof CountRule count && count.counted() == CountRule.SUM) {
      for (int c = 0; c < k; c++) {
        for (int s = 0; s <= (n - 1) * (k - 1); s++) {
          if (!put(digits, c + s, count.output(c, s))) {
            return Optional.empty();
          }
        }
      }
    } else if (rule instanceof TableRule table) {
      int[] cells = new int[n];
      for (int i = 0; i < table.size(); i++) {
        TableRule.digits(i, k, cells);
        if (!put(digits, java.util.Arrays.stream(cells).sum(), table.output(i))) {
          return Optional.empty();
        }
      }
    } else {
      return Optional.empty();
    }
    var text = new StringBuilder();
    for (int i = digits.length - 1; i >= 0; i--) {
      text.append(Character.forDigit(digits[i], k));
    }
    return Optional.of(new BigInteger(text.toString(), k));
  }

  private static boolean put(int[] digits, int at, int value) {
    if (digits[at] >= 0 && digits[at] != value) {
      return false;
    }
    digits[at] = value;
    return true;
  }

  private static boolean twoStatesRadiusOne(TableRule table) {
    int n = table.neighbourhood().size();
    return table.states() == 2
        && (table.neighbourhood().offsets().equals(Neighbourhood.moore(1).offsets())
            || n == 5
                && table.neighbourhood().offsets().equals(Neighbourhood.vonNeumann(1).offsets())
            || n == 7
                && table.neighbourhood().offsets().equals(Neighbourhood.hexagonal().offsets()));
  }

  /// The B/S notation of a rule that is a function of the centre and of the number of neighbours.
  ///
  /// @param table the rule
  /// @return for example `B3/S23`, with V or H after it; empty if it is another kind of rule
  public static Optional<String> birthSurvival(TableRule table) {
    if (!twoStatesRadiusOne(table)) {
      return Optional.empty();
    }
    int n = table.neighbourhood().size();
    int centre = 1 << (n - 1 - table.neighbourhood().centre());
    int[][] alive = new int[2][n];
    java.util.Arrays.fill(alive[0], -1);
    java.util.Arrays.fill(alive[1], -1);
    for (int i = 0; i < table.size(); i++) {
      if (!put(alive[(i & centre) == 0 ? 0 : 1], Integer.bitCount(i & ~centre), table.output(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(
        "B" + list(alive[0]) + "/S" + list(alive[1]) + (n == 5 ? "V" : n == 7 ? "H" : ""));
  }

  private static String list(int[] alive) {
    var text = new StringBuilder();
    for (int count = 0; count < alive.length; count++) {
      if (alive[count] == 1) {
        text.append(count);
      }
    }
    return text.toString();
  }

  /// Hensel's notation of an isotropic rule.
  ///
  /// @param table the rule
  /// @return for example `B2-a/S12`; empty if the rule is not isotropic on Moore with two states
  public static Optional<String> hensel(TableRule table) {
    if (!twoStatesRadiusOne(table) || table.size() != 512) {
      return Optional.empty();
    }
    int[][] alive = new int[2][9 * 16];
    java.util.Arrays.fill(alive[0], -1);
    java.util.Arrays.fill(alive[1], -1);
    for (int i = 0; i < 512; i++) {
      if (!put(alive[i >> 4 & 1], key(i, table.neighbourhood()), table.output(i))) {
        return Optional.empty();
      }
    }
    return Optional.of("B" + letterList(alive[0]) + "/S" + letterList(alive[1]));
  }

  /// Hensel's name of the arrangement of a two-state Moore neighbourhood.
  ///
  /// @param entry its index in a [TableRule]
  /// @return for example `B2a` or `S3q`
  public static String hensel(int entry) {
    int count = Integer.bitCount(entry & ~16);
    String letters = Hensel.letters(count);
    String letter =
        letters.isEmpty()
            ? ""
            : letters.substring(key(entry, Neighbourhood.moore(1)) % 16).substring(0, 1);
    return ((entry & 16) == 0 ? "B" : "S") + count + letter;
  }

  private static String letterList(int[] alive) {
    var text = new StringBuilder();
    for (int count = 0; count <= 8; count++) {
      String all = Hensel.letters(count);
      var on = new StringBuilder();
      var off = new StringBuilder();
      for (int letter = 0; letter < Math.max(1, all.length()); letter++) {
        (alive[count * 16 + letter] == 1 ? on : off)
            .append(all.isEmpty() ? ' ' : all.charAt(letter));
      }
      if (!on.isEmpty()) {
        text.append(count);
        text.append(
            off.isEmpty() ? "" : on.length() <= off.length() + 1 ? sorted(on) : "-" + sorted(off));
      }
    }
    return text.toString();
  }

  private static String sorted(CharSequence letters) {
    char[] characters = letters.toString().toCharArray();
    java.util.Arrays.sort(characters);
    return new String(characters);
  }

  /// The MAP string of a two-state rule.
  ///
  /// @param table the rule
  /// @return the string; empty for other states or neighbourhoods
  public static Optional<String> map(TableRule table) {
    if (!twoStatesRadiusOne(table)) {
      return Optional.empty();
    }
    byte[] bytes = new byte[table.size() / 8];
    for (int i = 0; i < table.size(); i++) {
      bytes[i / 8] |= (byte) (table.output(i) << (7 - i % 8));
    }
    return Optional.of("MAP" + Base64.getEncoder().withoutPadding().encodeToString(bytes));
  }

  private static String counted(CountRule rule) {
    return generations(rule)
        .or(() -> larger(rule))
        .or(
            () ->
                totalistic(rule).map(code -> "T" + code + ",k" + rule.states() + "," + cells(rule)))
        .orElseGet(
            () ->
                words(rule)
                    + (rule.counted() == CountRule.SUM
                        ? ", by centre and sum"
                        : ", by centre and number of cells in state " + rule.counted()));
  }

  private static String cells(Rule rule) {
    Neighbourhood cells = rule.neighbourhood();
    return (cells.isLine() ? "r" : cells.name().equals("Moore") ? "M" : "N") + cells.radius();
  }

  /// The Generations notation of a rule that counts the cells in state 1.
  ///
  /// @param rule the rule
  /// @return for example `345/2/4`; empty if it is another kind of rule
  public static Optional<String> generations(CountRule rule) {
    int k = rule.states();
    int n = rule.neighbourhood().size();
    boolean known = n == 9 || n == 7 || n == 5;
    if (rule.counted() != 1 && !(k == 2 && rule.counted() == CountRule.SUM)
        || rule.neighbourhood().radius() != 1
        || rule.neighbourhood().isLine()
        || !known) {
      return Optional.empty();
    }
    int[] born = new int[n];
    int[] survives = new int[n];
    for (int count = 0; count < n; count++) {
      born[count] = rule.output(0, count);
      survives[count] = rule.output(1, count);
      boolean valid = born[count] <= 1 && (survives[count] == 1 || survives[count] == 2 % k);
      for (int c = 2; c < k; c++) {
        valid &= rule.output(c, count) == (c + 1) % k;
      }
      if (!valid) {
        return Optional.empty();
      }
    }
    String letter = n == 5 ? "V" : n == 7 ? "H" : "";
    return Optional.of(
        k == 2
            ? "B" + list(born) + "/S" + list(survives) + letter
            : list(survives) + "/" + list(born) + "/" + k + letter);
  }

  private static Optional<String> larger(CountRule rule) {
    Neighbourhood cells = rule.neighbourhood();
    int k = rule.states();
    String shape =
        cells.equals(Neighbourhood.moore(cells.radius()))
            ? "M"
            : cells.equals(Neighbourhood.vonNeumann(cells.radius()))
                ? "N"
                : cells.equals(Neighbourhood.circle(cells.radius())) ? "C" : "";
    if (shape.isEmpty() || cells.radius() < 2 || rule.counted() != 1 && k > 2) {
      return Optional.empty();
    }
    int[] birth = {-1, -2};
    int[] survival = {-1, -2};
    for (int count = 0; count < cells.size(); count++) {
      boolean valid =
          interval(birth, count, rule.output(0, count) == 1)
              && interval(survival, count, rule.output(1, count) == 1)
              && (rule.output(1, count) == 1 || rule.output(1, count) == (k > 2 ? 2 : 0))
              && rule.output(0, count) <= 1;
      for (int c = 2; c < k; c++) {
        valid &= rule.output(c, count) == (c + 1) % k;
      }
      if (!valid) {
        return Optional.empty();
      }
    }
    if (birth[0] < 0 || survival[0] < 0) {
      return Optional.empty();
    }
    return Optional.of(
        "R%d,C%d,M0,S%d..%d,B%d..%d,N%s"
            .formatted(
                cells.radius(),
                k == 2 ? 0 : k,
                survival[0],
                survival[1],
                birth[0],
                birth[1],
                shape));
  }

  /// Extends an interval; false if the set is not one interval.
  private static boolean interval(int[] range, int count, boolean inside) {
    if (inside) {
      if (range[0] < 0) {
        range[0] = count;
      } else if (range[1] != count - 1) {
        return false;
      }
      range[1] = count;
    }
    return true;
  }
}
