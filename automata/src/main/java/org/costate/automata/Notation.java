package org.costate.automata;

import java.math.BigInteger;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
/// | `B3/S23R` | an `R` at the end: the reversible rule of second order |
/// | `…:T30,20` | bounded grids: T torus, P plane, K Klein bottle, C cross-surface, S sphere |
public final class Notation {
  private static final Map<String, String> NAMES =
      Map.of(
          "life", "B3/S23",
          "highlife", "B36/S23",
          "seeds", "B2/S",
          "daynight", "B3678/S34678",
          "replicator", "B1357/S1357",
          "brian'sbrain", "/2/3",
          "starwars", "345/2/4");
  private static final Pattern WOLFRAM =
      Pattern.compile("([WT])(\\d+)(?:,K(\\d+))?(?:,([RMN])(\\d+))?");
  private static final Pattern LARGER =
      Pattern.compile(
          "R(\\d+),C(\\d+),(?:M([01]),)?S(\\d+)(?:\\.\\.|-)(\\d+),B(\\d+)(?:\\.\\.|-)(\\d+)(?:,N([MNC]))?");
  private static final Pattern GRID =
      Pattern.compile("([TPKCS])(\\d+)(\\*)?([+-]\\d+)?(?:,(\\d+)(\\*)?([+-]\\d+)?)?");

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
    int colon = text.indexOf(':');
    String body = (colon < 0 ? text : text.substring(0, colon)).strip();
    Rule rule = body(body, text);
    if (colon < 0) {
      return new Parsed(rule, null, 0, 0);
    }
    return grid(rule, text.substring(colon + 1).strip().toUpperCase(Locale.ROOT), text);
  }

  private static Rule body(String body, String text) {
    String known = NAMES.get(body.toLowerCase(Locale.ROOT).replaceAll("[\\s&-]", ""));
    String rule = known != null ? known : body;
    if (rule.startsWith("MAP")) {
      return map(rule);
    }
    String compact = rule.replaceAll("\\s", "").replaceFirst("(?i)^rule", "");
    String upper = compact.toUpperCase(Locale.ROOT);
    if (upper.matches("\\d+")) {
      upper = "W" + upper;
    }
    Matcher wolfram = WOLFRAM.matcher(upper);
    if (wolfram.matches()) {
      return wolfram(wolfram);
    }
    if (upper.matches("O\\d{1,9}")) {
      return outerTotalistic(Integer.parseInt(upper.substring(1)), text);
    }
    Matcher larger = LARGER.matcher(upper);
    if (larger.matches()) {
      return larger(larger);
    }
    if (upper.endsWith("R")
        && !upper.startsWith("R")
        && upper.contains("/")
        && compact.endsWith("R")) {
      return SecondOrderRule.reversible(
          TableRule.of(body(compact.substring(0, compact.length() - 1), text)));
    }
    if (upper.matches("W\\d+R")) {
      return SecondOrderRule.reversible(
          TableRule.elementary(Integer.parseInt(upper.substring(1, upper.length() - 1))));
    }
    return birthSurvival(compact, text);
  }

  private static Rule wolfram(Matcher m) {
    var code = new BigInteger(m.group(2));
    int states = m.group(3) == null ? 2 : Integer.parseInt(m.group(3));
    int radius = m.group(5) == null ? 1 : Integer.parseInt(m.group(5));
    if (m.group(1).equals("W")) {
      if (m.group(4) != null && !m.group(4).equals("R")) {
        throw new IllegalArgumentException("Rule: a code W… is on a line; write r1, not M1 or N1.");
      }
      return TableRule.wolfram(code, states, radius);
    }
    Neighbourhood cells =
        m.group(4) == null || m.group(4).equals("R")
            ? Neighbourhood.line(radius)
            : m.group(4).equals("M")
                ? Neighbourhood.moore(radius)
                : Neighbourhood.vonNeumann(radius);
    return CountRule.totalistic(code, states, cells);
  }

  private static TableRule outerTotalistic(int code, String text) {
    if (code >= 1 << 18) {
      throw new IllegalArgumentException(
          "Rule '%s': an outer-totalistic code is 0 … %d.".formatted(text, (1 << 18) - 1));
    }
    byte[] outputs = new byte[512];
    for (int i = 0; i < 512; i++) {
      outputs[i] = (byte) (code >> (2 * Integer.bitCount(i & ~16) + (i >> 4 & 1)) & 1);
    }
    return new TableRule(2, Neighbourhood.moore(1), outputs);
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

  private static Rule larger(Matcher m) {
    int radius = Integer.parseInt(m.group(1));
    int states = Math.max(2, Integer.parseInt(m.group(2)));
    boolean middle = "1".equals(m.group(3));
    Neighbourhood cells =
        m.group(8) == null || m.group(8).equals("M")
            ? Neighbourhood.moore(radius)
            : m.group(8).equals("N")
                ? Neighbourhood.vonNeumann(radius)
                : Neighbourhood.circle(radius);
    byte[][] outputs = new byte[states][cells.size()];
    for (int n = 0; n < cells.size(); n++) {
      int alive = n + (middle ? 1 : 0);
      boolean survives =
          alive >= Integer.parseInt(m.group(4)) && alive <= Integer.parseInt(m.group(5));
      boolean born = n >= Integer.parseInt(m.group(6)) && n <= Integer.parseInt(m.group(7));
      outputs[0][n] = (byte) (born ? 1 : 0);
      outputs[1][n] = (byte) (survives ? 1 : states > 2 ? 2 : 0);
      for (int c = 2; c < states; c++) {
        outputs[c][n] = (byte) ((c + 1) % states);
      }
    }
    return new CountRule(states, cells, 1, outputs);
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "Rule '%s' is not understood; write for example B3/S23, B2-a/S12, 345/2/4, W110, T777,k3,r1, R5,C0,M1,S34..58,B34..45,NM or MAP…"
            .formatted(text));
  }

  private static Rule birthSurvival(String compact, String text) {
    String rule = compact;
    Neighbourhood cells = Neighbourhood.moore(1);
    if (rule.endsWith("V") || rule.endsWith("v")) {
      cells = Neighbourhood.vonNeumann(1);
      rule = rule.substring(0, rule.length() - 1);
    } else if (rule.endsWith("H") || rule.endsWith("h")) {
      cells = Neighbourhood.hexagonal();
      rule = rule.substring(0, rule.length() - 1);
    }
    String[] parts = rule.split("/", -1);
    if (parts.length < 2 || parts.length > 3) {
      throw unknown(text);
    }
    String birth = null;
    String survival = null;
    String generations = null;
    for (String part : parts) {
      String head = part.isEmpty() ? "" : part.substring(0, 1).toUpperCase(Locale.ROOT);
      switch (head) {
        case "B" -> birth = part.substring(1);
        case "S" -> survival = part.substring(1);
        case "C", "G" -> generations = part.substring(1);
        default -> {
          if (birth == null && survival == null && part == parts[0]) {
            survival = part;
          } else if (birth == null && part == parts[1]) {
            birth = part;
          } else if (part == parts[parts.length - 1] && parts.length == 3) {
            generations = part;
          } else {
            throw unknown(text);
          }
        }
      }
    }
    if (birth == null || survival == null || parts.length == 3 && generations == null) {
      throw unknown(text);
    }
    boolean[][] alive = {conditions(birth, cells, text), conditions(survival, cells, text)};
    if (generations != null) {
      return generations(alive, generations, cells, text);
    }
    byte[] outputs = new byte[1 << cells.size()];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] =
          (byte) (alive[i >> (cells.size() - 1 - cells.centre()) & 1][key(i, cells)] ? 1 : 0);
    }
    return new TableRule(2, cells, outputs);
  }

  private static Rule generations(
      boolean[][] alive, String count, Neighbourhood cells, String text) {
    if (!count.matches("\\d{1,3}")) {
      throw unknown(text);
    }
    int states = Integer.parseInt(count);
    if (states < 2 || states > Lattice.LARGEST_STATE + 1) {
      throw new IllegalArgumentException(
          "Rule '%s': Generations have 2 … %d states, got %d."
              .formatted(text, Lattice.LARGEST_STATE + 1, states));
    }
    byte[][] outputs = new byte[states][cells.size()];
    for (int n = 0; n < cells.size(); n++) {
      int key = n * 16;
      boolean letters = false;
      for (int letter = 1; letter < letters(cells, n); letter++) {
        letters |=
            alive[0][key] != alive[0][key + letter] || alive[1][key] != alive[1][key + letter];
      }
      if (letters) {
        throw new IllegalArgumentException(
            "Rule '%s': letters are for two-state rules.".formatted(text));
      }
      outputs[0][n] = (byte) (alive[0][key] ? 1 : 0);
      outputs[1][n] = (byte) (alive[1][key] ? 1 : 2 % states);
      for (int c = 2; c < states; c++) {
        outputs[c][n] = (byte) ((c + 1) % states);
      }
    }
    return new CountRule(states, cells, 1, outputs);
  }

  /// Where the condition of a neighbourhood is kept: count · 16 + letter.
  private static int key(int index, Neighbourhood cells) {
    int n = cells.size();
    int centre = 1 << (n - 1 - cells.centre());
    int count = Integer.bitCount(index & ~centre);
    if (n != 9) {
      return count * 16;
    }
    return count * 16 + Hensel.letterOf(Integer.reverse(index) >>> 23);
  }

  private static int letters(Neighbourhood cells, int count) {
    return cells.size() != 9 ? 1 : Math.max(1, Hensel.letters(count).length());
  }

  private static boolean[] conditions(String part, Neighbourhood cells, String text) {
    boolean[] alive = new boolean[(cells.size() + 1) * 16];
    int i = 0;
    while (i < part.length()) {
      int count = part.charAt(i) - '0';
      if (count < 0 || count >= cells.size()) {
        throw new IllegalArgumentException(
            "Rule '%s': '%s' is not a number of neighbours 0 … %d."
                .formatted(text, part.charAt(i), cells.size() - 1));
      }
      i++;
      boolean minus = i < part.length() && part.charAt(i) == '-';
      int from = minus ? i + 1 : i;
      int to = from;
      while (to < part.length() && Character.isLetter(part.charAt(to))) {
        to++;
      }
      String named = part.substring(from, to).toLowerCase(Locale.ROOT);
      for (char c : named.toCharArray()) {
        if (cells.size() != 9 || Hensel.letters(count).indexOf(c) < 0) {
          throw new IllegalArgumentException(
              "Rule '%s': %d neighbours have no letter '%s'; there are '%s'."
                  .formatted(text, count, c, cells.size() == 9 ? Hensel.letters(count) : ""));
        }
      }
      for (int letter = 0; letter < letters(cells, count); letter++) {
        boolean listed =
            !named.isEmpty() && named.indexOf(Hensel.letters(count).charAt(letter)) >= 0;
        alive[count * 16 + letter] |= named.isEmpty() || (listed != minus);
      }
      i = to;
    }
    return alive;
  }

  private static TableRule map(String text) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text.substring(3).replace("=", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Rule '%s': after MAP come base64 characters: %s.".formatted(text, e.getMessage()), e);
    }
    Neighbourhood cells =
        switch (bytes.length) {
          case 64 -> Neighbourhood.moore(1);
          case 16 -> Neighbourhood.hexagonal();
          case 4 -> Neighbourhood.vonNeumann(1);
          default ->
              throw new IllegalArgumentException(
                  "Rule '%s': a MAP has 86, 22 or 6 base64 characters, got %d."
                      .formatted(text, text.length() - 3));
        };
    byte[] outputs = new byte[bytes.length * 8];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = (byte) (bytes[i / 8] >> (7 - i % 8) & 1);
    }
    return new TableRule(2, cells, outputs);
  }

  private static Parsed grid(Rule rule, String suffix, String text) {
    Matcher m = GRID.matcher(suffix);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "Rule '%s': the grid ':%s' is not understood; write for example :T30,20, :P30,20, :K30*,20, :C30,20 or :S30."
              .formatted(text, suffix));
    }
    int width = Integer.parseInt(m.group(2));
    int height = m.group(5) == null ? width : Integer.parseInt(m.group(5));
    int right = m.group(4) == null ? 0 : Integer.parseInt(m.group(4));
    int down = m.group(7) == null ? 0 : Integer.parseInt(m.group(7));
    if ((right != 0 || down != 0) && !m.group(1).equals("T")) {
      throw new IllegalArgumentException("Rule '%s': only a torus may be shifted.".formatted(text));
    }
    Boundary boundary =
        switch (m.group(1)) {
          case "P" -> width == 0 || height == 0 ? new Boundary.Unbounded() : new Boundary.Fixed(0);
          case "K" -> new Boundary.Twisted(m.group(3) != null, m.group(6) != null);
          case "C" -> new Boundary.Twisted(true, true);
          case "S" -> new Boundary.Sphere();
          default ->
              width == 0 || height == 0
                  ? new Boundary.Unbounded(height != 0, width != 0)
                  : new Boundary.Torus(right, down);
        };
    if (boundary instanceof Boundary.Sphere && width != height) {
      throw new IllegalArgumentException(
          "Rule '%s': a sphere has as many rows as columns.".formatted(text));
    }
    return new Parsed(rule, boundary, height, width);
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
