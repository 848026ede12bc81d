package org.costate.automata.io;

import java.util.ArrayList;
import java.util.List;
import org.costate.automata.Lattice;
import org.costate.automata.Recording;

/// Recordings as text: `.frames` with one character per cell (`.` or `0` dead, `1`…`9` and `a`…`z`
/// states 1…35, `?` not observed), and CSV with one number per cell (empty or `?` not observed).
///
/// One row is one line; frames are separated by a blank line, histories that do not follow each
/// other by a line `---`. A history of one dimension has a first line `#1d` and one frame a line;
/// without it, frames that are all one row are of one dimension too. Other lines that begin with
/// `#` are comments.
public final class TextFrames {
  private TextFrames() {}

  private interface RowReader {
    byte[] read(String line, int number) throws FormatException;
  }

  /// Reads `.frames`.
  ///
  /// @param text the text
  /// @param source its name in messages
  /// @return the recording
  /// @throws FormatException if it is malformed
  public static Recording parseFrames(String text, String source) throws FormatException {
    return parse(
        text,
        source,
        (line, number) -> {
          byte[] row = new byte[line.length()];
          for (int x = 0; x < row.length; x++) {
            int state = Lattice.state(line.charAt(x));
            if (state < 0) {
              throw new FormatException(
                  source,
                  number,
                  x + 1,
                  "'%s' is no cell; expected . 0-9 a-z or ?.".formatted(line.charAt(x)));
            }
            row[x] = (byte) state;
          }
          return row;
        });
  }

  /// Reads CSV.
  ///
  /// @param text the text
  /// @param source its name in messages
  /// @return the recording
  /// @throws FormatException if it is malformed
  public static Recording parseCsv(String text, String source) throws FormatException {
    return parse(
        text,
        source,
        (line, number) -> {
          String[] words = line.split("[,;]", -1);
          byte[] row = new byte[words.length];
          int column = 1;
          for (int x = 0; x < words.length; x++) {
            String word = words[x].strip();
            boolean unknown = word.isEmpty() || word.equals("?");
            if (!unknown
                && (!word.matches("\\d{1,3}") || Integer.parseInt(word) > Lattice.LARGEST_STATE)) {
              throw new FormatException(
                  source,
                  number,
                  column,
                  "'%s' is no state; expected 0 … %d, ? or nothing."
                      .formatted(word, Lattice.LARGEST_STATE));
            }
            row[x] = (byte) (unknown ? Lattice.UNKNOWN : Integer.parseInt(word));
            column += words[x].length() + 1;
          }
          return row;
        });
  }

  private static Recording parse(String text, String source, RowReader reader)
      throws FormatException {
    var histories = new ArrayList<List<Lattice>>();
    var frames = new ArrayList<Lattice>();
    var rows = new ArrayList<byte[]>();
    boolean line = false;
    String[] lines = text.split("\\R", -1);
    int firstOfFrame = 0;
    for (int i = 0; i <= lines.length; i++) {
      String s = i == lines.length ? "---" : lines[i].strip();
      boolean separator = s.equals("---");
      if (s.startsWith("#")) {
        line |= s.equalsIgnoreCase("#1d");
        continue;
      }
      boolean ends = s.isEmpty() || separator;
      if (!ends) {
        byte[] row = reader.read(s, i + 1);
        if (rows.isEmpty()) {
          firstOfFrame = i;
        } else if (row.length != rows.getFirst().length) {
          throw new FormatException(
              source,
              i + 1,
              Math.min(row.length, rows.getFirst().length) + 1,
              "the row has %d cells, but the first row of the frame (line %d) has %d."
                  .formatted(row.length, firstOfFrame + 1, rows.getFirst().length));
        }
        rows.add(row);
      }
      if (!rows.isEmpty() && (ends || line)) {
        Lattice frame = join(rows);
        if (!frames.isEmpty()
            && (frame.height() != frames.getFirst().height()
                || frame.width() != frames.getFirst().width())) {
          throw new FormatException(
              source,
              firstOfFrame + 1,
              1,
              "the frame has %d rows of %d cells, but the first one has %d of %d; separate histories with a line ---."
                  .formatted(
                      frame.height(),
                      frame.width(),
                      frames.getFirst().height(),
                      frames.getFirst().width()));
        }
        frames.add(frame);
        rows.clear();
      }
      if (separator && !frames.isEmpty()) {
        histories.add(List.copyOf(frames));
        frames.clear();
      }
    }
    if (histories.isEmpty()) {
      throw new FormatException(source, "there is no frame.");
    }
    boolean rowsOnly =
        histories.stream().flatMap(List::stream).allMatch(frame -> frame.height() == 1);
    return new Recording(line || rowsOnly ? 1 : 2, histories);
  }

  private static Lattice join(List<byte[]> rows) {
    int width = rows.getFirst().length;
    byte[] cells = new byte[rows.size() * width];
    for (int y = 0; y < rows.size(); y++) {
      System.arraycopy(rows.get(y), 0, cells, y * width, width);
    }
    return Lattice.of(rows.size(), width, cells);
  }

  /// Writes `.frames`.
  ///
  /// @param recording the recording, of at most 36 states
  /// @return the text
  public static String formatFrames(Recording recording) {
    if (recording.states() > 36) {
      throw new IllegalArgumentException(
          "TextFrames: .frames has signs for 36 states, the recording has %d; write .csv instead."
              .formatted(recording.states()));
    }
    return format(
        recording,
        (frame, y) -> {
          var row = new StringBuilder();
          for (int x = 0; x < frame.width(); x++) {
            row.append(Lattice.character(frame.get(y, x)));
          }
          return row.toString();
        });
  }

  /// Writes CSV.
  ///
  /// @param recording the recording
  /// @return the text
  public static String formatCsv(Recording recording) {
    return format(
        recording,
        (frame, y) -> {
          var row = new StringBuilder();
          for (int x = 0; x < frame.width(); x++) {
            int state = frame.get(y, x);
            row.append(x == 0 ? "" : ",").append(state == Lattice.UNKNOWN ? "?" : state);
          }
          return row.toString();
        });
  }

  private interface RowWriter {
    String write(Lattice frame, int y);
  }

  private static String format(Recording recording, RowWriter writer) {
    var text = new StringBuilder(recording.dimensions() == 1 ? "#1d\n" : "");
    for (int h = 0; h < recording.histories().size(); h++) {
      text.append(h == 0 ? "" : "---\n");
      List<Lattice> frames = recording.histories().get(h);
      for (int t = 0; t < frames.size(); t++) {
        text.append(t == 0 || recording.dimensions() == 1 ? "" : "\n");
        for (int y = 0; y < frames.get(t).height(); y++) {
          text.append(writer.write(frames.get(t), y)).append('\n');
        }
      }
    }
    return text.toString();
  }
}
