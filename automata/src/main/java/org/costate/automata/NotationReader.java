package org.costate.automata;

import java.math.BigInteger;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the notations that [Notation] lists.
final class NotationReader {
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

  private NotationReader() {}

  static Notation.Parsed parse(String text) {
    int colon = text.indexOf(':');
    String body = (colon < 0 ? text : text.substring(0, colon)).strip();
    Rule rule = body(body, text);
    if (colon < 0) {
      return new Notation.Parsed(rule, null, 0, 0);
    }
    return grid(rule, text.substring(colon + 1).strip().toUpperCase(Locale.ROOT), text);
  }

  private static Rule body(String body, String text) {
    String known = NAMES.get(body.toLowerCase(Locale.ROOT).replaceAll("[\\s&-]", ""));
    String rule = known != null ? known : body;
    if (rule.equalsIgnoreCase("wireworld")) {
      return CountRule.wireworld();
    }
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
          (byte)
              (alive[i >> (cells.size() - 1 - cells.centre()) & 1][Notation.key(i, cells)] ? 1 : 0);
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

  private static Notation.Parsed grid(Rule rule, String suffix, String text) {
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
    return new Notation.Parsed(rule, boundary, height, width);
  }
}
