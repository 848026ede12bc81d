package org.costate.automata.io;

import java.util.ArrayList;
import org.costate.automata.Lattice;

/// The two plain pattern formats: `.cells` (`!` comments, `.` dead, `O` alive) and Life 1.06
/// (`#Life 1.06`, then `x y` of each live cell).
public final class PlainPatterns {
  private PlainPatterns() {}

  /// Reads a `.cells` text.
  ///
  /// @param text the text
  /// @param source its name in messages
  /// @return the pattern
  /// @throws FormatException if it is malformed
  public static Pattern parseCells(String text, String source) throws FormatException {
    var cells = new CellList();
    var comments = new ArrayList<String>();
    int y = 0;
    int width = 0;
    String[] lines = text.split("\\R", -1);
    int last =
        lines.length > 0 && lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
    for (int i = 0; i < last; i++) {
      String line = lines[i].stripTrailing();
      if (line.startsWith("!")) {
        comments.add("#C " + line.substring(1).strip());
        continue;
      }
      for (int x = 0; x < line.length(); x++) {
        char c = line.charAt(x);
        if (c == 'O' || c == 'o' || c == '*') {
          cells.add(y, x, 1);
        } else if (c != '.') {
          throw new FormatException(
              source, i + 1, x + 1, "'%s' is no cell; expected . or O.".formatted(c));
        }
      }
      width = Math.max(width, line.length());
      y++;
    }
    if (y == 0) {
      throw new FormatException(source, "there is no row.");
    }
    return new Pattern(cells.lattice(source, 0, 0, y, Math.max(1, width)), null, comments, 0, 0, 0);
  }

  /// Writes a `.cells` text.
  ///
  /// @param pattern the pattern, of two states
  /// @return the text
  public static String formatCells(Pattern pattern) {
    Lattice lattice = twoStates(pattern);
    var text = new StringBuilder();
    pattern
        .comments()
        .forEach(c -> text.append("! ").append(c.replaceFirst("^#\\w* ?", "")).append('\n'));
    for (int y = 0; y < lattice.height(); y++) {
      for (int x = 0; x < lattice.width(); x++) {
        text.append(lattice.get(y, x) == 0 ? '.' : 'O');
      }
      text.append('\n');
    }
    return text.toString();
  }

  /// Reads a Life 1.06 text.
  ///
  /// @param text the text
  /// @param source its name in messages
  /// @return the pattern, in the smallest rectangle that holds it
  /// @throws FormatException if it is malformed
  public static Pattern parseLife106(String text, String source) throws FormatException {
    String[] lines = text.split("\\R", -1);
    if (!lines[0].strip().startsWith("#Life 1.06")) {
      throw new FormatException(source, 1, 1, "the first line must be '#Life 1.06'.");
    }
    var cells = new CellList();
    for (int i = 1; i < lines.length; i++) {
      String line = lines[i].strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split("\\s+");
      if (words.length != 2
          || !words[0].matches("[+-]?\\d{1,9}")
          || !words[1].matches("[+-]?\\d{1,9}")) {
        throw new FormatException(
            source, i + 1, 1, "expected 'x y', two integers, got '%s'.".formatted(line));
      }
      cells.add(Integer.parseInt(words[1]), Integer.parseInt(words[0]), 1);
    }
    return new Pattern(
        cells.lattice(source, cells.top(), cells.left(), 0, 0),
        null,
        java.util.List.of(),
        cells.top(),
        cells.left(),
        0);
  }

  /// Writes a Life 1.06 text.
  ///
  /// @param pattern the pattern, of two states
  /// @return the text
  public static String formatLife106(Pattern pattern) {
    Lattice lattice = twoStates(pattern);
    var text = new StringBuilder("#Life 1.06\n");
    for (int y = 0; y < lattice.height(); y++) {
      for (int x = 0; x < lattice.width(); x++) {
        if (lattice.get(y, x) == 1) {
          text.append(x + pattern.left()).append(' ').append(y + pattern.top()).append('\n');
        }
      }
    }
    return text.toString();
  }

  private static Lattice twoStates(Pattern pattern) {
    Lattice lattice = pattern.lattice();
    if (lattice.largestState() > 1 || lattice.count(Lattice.UNKNOWN) > 0) {
      throw new IllegalArgumentException(
          "PlainPatterns: these formats have two states, but the lattice has %s; write .rle or .frames instead."
              .formatted(
                  lattice.largestState() > 1
                      ? "state " + lattice.largestState()
                      : "an unknown cell"));
    }
    return lattice;
  }
}
