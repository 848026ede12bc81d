package org.costate.automata.io;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import org.costate.automata.Lattice;
import org.costate.automata.Notation;

/// The run length encoded format of pattern collections: `#` comments, a header `x = W, y = H, rule
/// = R`, then runs `[count]tag` with `b` and `o` (two states) or `.`, `A`…`X`, `pA`…`yO` (states 0
/// … 255), `$` at the end of a row and `!` at the end.
///
/// The size in the header is a hint: cells outside count, and a size that could not be true is
/// ignored. A rule with a bounded grid (`:T30,20`) gives the lattice the size of the grid, with the
/// pattern in its middle.
public final class RleFile {
  private static final java.util.regex.Pattern HEADER =
      java.util.regex.Pattern.compile(
          "(?i)\\s*x\\s*=\\s*(\\d+)\\s*,\\s*y\\s*=\\s*(\\d+)\\s*(?:,\\s*rule\\s*=\\s*(.*?))?\\s*");
  private static final int MOST_COUNT = 1 << 26;
  private static final int LINE = 70;

  private RleFile() {}

  private static final class Reader {
    final String source;
    final String[] lines;
    int line;

    Reader(String source, String text) {
      this.source = source;
      this.lines = text.split("\\R", -1);
    }

    Pattern pattern() throws FormatException {
      var comments = new ArrayList<String>();
      int top = 0;
      int left = 0;
      boolean placed = false;
      long generation = 0;
      for (; line < lines.length; line++) {
        String s = lines[line].strip();
        if (s.startsWith("#CXRLE")) {
          Matcher position =
              java.util.regex.Pattern.compile("Pos\\s*=\\s*(-?\\d{1,9})\\s*,\\s*(-?\\d{1,9})")
                  .matcher(s);
          if (position.find()) {
            left = Integer.parseInt(position.group(1));
            top = Integer.parseInt(position.group(2));
            placed = true;
          }
          Matcher gen = java.util.regex.Pattern.compile("Gen\\s*=\\s*(\\d{1,18})").matcher(s);
          generation = gen.find() ? Long.parseLong(gen.group(1)) : 0;
        } else if (s.startsWith("#")) {
          comments.add(s);
        } else if (!s.isEmpty()) {
          break;
        }
      }
      if (line == lines.length) {
        return null;
      }
      long hintWidth = 0;
      long hintHeight = 0;
      String rule = null;
      Matcher header = HEADER.matcher(lines[line]);
      if (header.matches()) {
        hintWidth = size(header.group(1));
        hintHeight = size(header.group(2));
        rule = header.group(3);
        line++;
      } else if (lines[line].strip().startsWith("x")) {
        throw new FormatException(
            source, line + 1, 1, "the header must read 'x = W, y = H, rule = R'.");
      }
      CellList cells = body();
      Notation.Parsed grid = rule == null || !rule.contains(":") ? null : grid(rule);
      if (grid != null && grid.height() > 0 && grid.width() > 0) {
        Lattice own = cells.lattice(source, 0, 0, hintHeight, hintWidth);
        if ((long) grid.height() * grid.width() > CellList.MOST_CELLS
            || own.height() > grid.height()
            || own.width() > grid.width()) {
          throw new FormatException(
              source,
              "the pattern of %d × %d cells does not fit the grid of %d × %d."
                  .formatted(own.height(), own.width(), grid.height(), grid.width()));
        }
        int row = placed ? top + grid.height() / 2 : (grid.height() - own.height()) / 2;
        int column = placed ? left + grid.width() / 2 : (grid.width() - own.width()) / 2;
        return new Pattern(
            own.placed(grid.height(), grid.width(), row, column), rule, comments, 0, 0, generation);
      }
      return new Pattern(
          cells.lattice(source, 0, 0, hintHeight, hintWidth),
          rule,
          comments,
          top,
          left,
          generation);
    }

    /// The grid of a rule; a rule that only a rule file knows may still have one.
    private Notation.Parsed grid(String rule) throws FormatException {
      String suffix = rule.substring(rule.indexOf(':'));
      try {
        return Notation.parse("W0" + suffix);
      } catch (IllegalArgumentException e) {
        throw new FormatException(source, line, 1, e.getMessage());
      }
    }

    private static long size(String digits) {
      return digits.length() > 9 ? 0 : Long.parseLong(digits);
    }

    private CellList body() throws FormatException {
      var cells = new CellList();
      int y = 0;
      int x = 0;
      long count = -1;
      for (; line < lines.length; line++) {
        String s = lines[line];
        for (int i = 0; i < s.length(); i++) {
          char c = s.charAt(i);
          if (Character.isWhitespace(c)) {
            continue;
          }
          if (c >= '0' && c <= '9') {
            count = (count < 0 ? 0 : count * 10) + c - '0';
            if (count > MOST_COUNT) {
              throw new FormatException(
                  source, line + 1, i + 1, "a run of more than %d cells.".formatted(MOST_COUNT));
            }
            continue;
          }
          int run = count < 0 ? 1 : (int) count;
          count = -1;
          if (c == '!') {
            finish(s.substring(i + 1));
            return cells;
          }
          if (c == '$') {
            y = add(y, run, i);
            x = 0;
            continue;
          }
          int state;
          if (c == 'b' || c == '.') {
            state = 0;
          } else if (c == 'o') {
            state = 1;
          } else if (c >= 'A' && c <= 'X') {
            state = c - 'A' + 1;
          } else if (c >= 'p' && c <= 'y' && i + 1 < s.length()) {
            char second = s.charAt(i + 1);
            state = 24 * (c - 'p' + 1) + second - 'A' + 1;
            if (second < 'A' || second > 'X') {
              throw unexpected(second, i + 1);
            }
            i++;
          } else {
            throw unexpected(c, i);
          }
          if (state > Lattice.LARGEST_STATE) {
            throw new FormatException(
                source,
                line + 1,
                i + 1,
                "state %d; states go up to %d.".formatted(state, Lattice.LARGEST_STATE));
          }
          for (int k = 0; state != 0 && k < run; k++) {
            if (cells.size() >= CellList.MOST_CELLS) {
              throw new FormatException(source, line + 1, i + 1, "too many cells.");
            }
            cells.add(y, x + k, state);
          }
          x = add(x, run, i);
        }
      }
      throw new FormatException(source, lines.length, 1, "the pattern has no '!' at its end.");
    }

    private int add(int at, int run, int column) throws FormatException {
      if (at + run > MOST_COUNT) {
        throw new FormatException(
            source,
            line + 1,
            column + 1,
            "the pattern is more than %d cells long.".formatted(MOST_COUNT));
      }
      return at + run;
    }

    /// What follows the end on its line belongs to the next pattern.
    private void finish(String rest) {
      if (rest.isBlank()) {
        line++;
      } else {
        lines[line] = rest;
      }
    }

    private FormatException unexpected(char c, int column) {
      return new FormatException(
          source,
          line + 1,
          column + 1,
          "'%s' is no tag; expected b, o, ., A…X, pA…yO, $, ! or a count.".formatted(c));
    }
  }

  /// Reads all patterns of a text, one after another.
  ///
  /// @param text the text
  /// @param source its name in messages
  /// @return the patterns, at least one
  /// @throws FormatException if it is malformed
  public static List<Pattern> parse(String text, String source) throws FormatException {
    var reader = new Reader(source, text);
    var patterns = new ArrayList<Pattern>();
    for (Pattern p = reader.pattern(); p != null; p = reader.pattern()) {
      patterns.add(p);
      if (reader.line < reader.lines.length
          && !String.join("", List.of(reader.lines).subList(reader.line, reader.lines.length))
              .matches("(?s)\\s*(x\\s*=|#).*")) {
        break; // Comments after the end, as collections have them.
      }
    }
    if (patterns.isEmpty()) {
      throw new FormatException(source, "there is no pattern.");
    }
    return patterns;
  }

  /// Writes a pattern.
  ///
  /// @param pattern the pattern; no cell may be unknown
  /// @return the text
  public static String format(Pattern pattern) {
    Lattice lattice = pattern.lattice();
    if (lattice.count(Lattice.UNKNOWN) > 0) {
      throw new IllegalArgumentException(
          "RleFile: the format has no sign for an unknown cell; write .frames instead.");
    }
    var text = new StringBuilder();
    pattern.comments().forEach(c -> text.append(c.startsWith("#") ? c : "#C " + c).append('\n'));
    if (pattern.top() != 0 || pattern.left() != 0 || pattern.generation() != 0) {
      text.append(
          "#CXRLE Pos=%d,%d Gen=%d%n"
              .formatted(pattern.left(), pattern.top(), pattern.generation())
              .replace("\r", ""));
    }
    text.append("x = ").append(lattice.width()).append(", y = ").append(lattice.height());
    text.append(pattern.rule() == null ? "" : ", rule = " + pattern.rule()).append('\n');
    boolean two = lattice.largestState() <= 1;
    var line = new StringBuilder();
    int blankRows = 0;
    for (int y = 0; y < lattice.height(); y++) {
      int end = lattice.width();
      while (end > 0 && lattice.get(y, end - 1) == 0) {
        end--;
      }
      if (end > 0 && blankRows > 0) {
        append(text, line, blankRows, "$");
        blankRows = 0;
      }
      for (int x = 0; x < end; ) {
        int state = lattice.get(y, x);
        int run = 1;
        while (x + run < end && lattice.get(y, x + run) == state) {
          run++;
        }
        append(text, line, run, tag(state, two));
        x += run;
      }
      blankRows++;
    }
    append(text, line, 1, "!");
    return text.append(line).append('\n').toString();
  }

  private static String tag(int state, boolean two) {
    if (two) {
      return state == 0 ? "b" : "o";
    }
    if (state == 0) {
      return ".";
    }
    String last = Character.toString((char) ('A' + (state - 1) % 24));
    return state <= 24 ? last : (char) ('p' + (state - 1) / 24 - 1) + last;
  }

  private static void append(StringBuilder text, StringBuilder line, int run, String tag) {
    String item = (run == 1 ? "" : Integer.toString(run)) + tag;
    if (line.length() + item.length() > LINE) {
      text.append(line).append('\n');
      line.setLength(0);
    }
    line.append(item);
  }
}
