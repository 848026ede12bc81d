package org.costate.automata.io;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.costate.automata.Lattice;
import org.costate.automata.Recording;
import org.costate.io.AtomicFiles;

/// Reads and writes patterns and recordings by the ending of the file's name: `.frames` or `.txt`,
/// `.csv`, `.rle`, `.cells`, `.lif` or `.life`, `.png`, `.gif`; a folder is its PNG files in order
/// of their names.
public final class AutomatonFiles {
  private AutomatonFiles() {}

  private static String ending(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /// The text of a file.
  ///
  /// @param file the file
  /// @return the text
  /// @throws IOException if it cannot be read or is not text
  public static String text(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FormatException(file.toString(), "this is a folder, not a file.");
    }
    try {
      String text = Files.readString(file);
      if (text.isBlank()) {
        throw new FormatException(file.toString(), "the file is empty.");
      }
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new FormatException(file.toString(), "this is not a text file in UTF-8.");
    }
  }

  /// Reads the patterns of a file.
  ///
  /// @param file the file
  /// @return the patterns, in order
  /// @throws IOException if it cannot be read or is malformed
  public static List<Pattern> patterns(Path file) throws IOException {
    String source = file.toString();
    return switch (ending(file)) {
      case "rle" -> RleFile.parse(text(file), source);
      case "cells" -> List.of(PlainPatterns.parseCells(text(file), source));
      case "lif", "life" -> List.of(PlainPatterns.parseLife106(text(file), source));
      default ->
          recording(file, Palette.DEFAULT, false).histories().stream()
              .flatMap(List::stream)
              .map(frame -> new Pattern(frame, null))
              .toList();
    };
  }

  /// Reads a recording.
  ///
  /// @param file the file, or a folder of PNG files
  /// @param palette colours whose states are known
  /// @param spaceTime whether a picture is a history of one dimension, time downward
  /// @return the recording
  /// @throws IOException if it cannot be read or is malformed
  public static Recording recording(Path file, Palette palette, boolean spaceTime)
      throws IOException {
    String source = file.toString();
    if (Files.isDirectory(file)) {
      return pictures(folder(file), palette, source, spaceTime);
    }
    if (!Files.exists(file)) {
      throw new java.nio.file.NoSuchFileException(source);
    }
    return switch (ending(file)) {
      case "frames", "txt" -> TextFrames.parseFrames(text(file), source);
      case "csv" -> TextFrames.parseCsv(text(file), source);
      case "png", "gif" -> pictures(Images.read(file), palette, source, spaceTime);
      case "rle", "cells", "lif", "life" -> sequence(patterns(file));
      default ->
          throw new FormatException(
              source,
              "the ending says no format; expected .frames, .txt, .csv, .rle, .cells, .lif, .png,"
                  + " .gif or a folder of PNG files.");
    };
  }

  private static List<BufferedImage> folder(Path folder) throws IOException {
    var images = new ArrayList<BufferedImage>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file :
          files
              .filter(f -> ending(f).equals("png"))
              .sorted(java.util.Comparator.comparing(AutomatonFiles::naturalOrder))
              .toList()) {
        images.addAll(Images.read(file));
      }
    }
    if (images.isEmpty()) {
      throw new FormatException(folder.toString(), "the folder has no PNG file.");
    }
    return images;
  }

  /// Numbers in names count as numbers: frame9 before frame10.
  private static String naturalOrder(Path file) {
    var out = new StringBuilder();
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("\\d+|\\D+").matcher(file.getFileName().toString());
    while (m.find()) {
      String part = m.group();
      out.append(
          Character.isDigit(part.charAt(0))
              ? "0".repeat(Math.max(0, 20 - part.length())) + part
              : part);
    }
    return out.toString();
  }

  private static Recording pictures(
      List<BufferedImage> images, Palette palette, String source, boolean spaceTime)
      throws IOException {
    List<Lattice> lattices = PixelGrid.detect(images, palette, source).lattices();
    if (!spaceTime) {
      return Recording.of(lattices);
    }
    var histories = new ArrayList<List<Lattice>>();
    for (Lattice picture : lattices) {
      var rows = new ArrayList<Lattice>();
      for (int y = 0; y < picture.height(); y++) {
        rows.add(picture.placed(1, picture.width(), -y, 0));
      }
      histories.add(rows);
    }
    return new Recording(1, histories);
  }

  /// Patterns that follow each other, in one window by their positions.
  private static Recording sequence(List<Pattern> patterns) {
    int top = patterns.stream().mapToInt(Pattern::top).min().orElse(0);
    int left = patterns.stream().mapToInt(Pattern::left).min().orElse(0);
    int height = 1;
    int width = 1;
    for (Pattern p : patterns) {
      height = Math.max(height, p.top() - top + p.lattice().height());
      width = Math.max(width, p.left() - left + p.lattice().width());
    }
    var frames = new ArrayList<Lattice>();
    for (Pattern p : patterns) {
      frames.add(p.lattice().placed(height, width, p.top() - top, p.left() - left));
    }
    return new Recording(2, List.of(frames));
  }

  /// Reads several inputs as one recording: files of single patterns are the frames of one history
  /// in the given order, every other input is histories of its own.
  ///
  /// @param inputs the files and folders
  /// @param palette colours whose states are known
  /// @param spaceTime whether a picture is a history of one dimension
  /// @return the recording
  /// @throws IOException if one cannot be read or is malformed
  public static Recording recordings(List<Path> inputs, Palette palette, boolean spaceTime)
      throws IOException {
    var single = new ArrayList<Pattern>();
    var images = new ArrayList<BufferedImage>();
    Recording all = null;
    for (Path input : inputs) {
      Recording one = null;
      switch (Files.isDirectory(input) ? "" : ending(input)) {
        case "rle", "cells", "lif", "life" -> single.addAll(patterns(input));
        case "png" -> {
          if (spaceTime) {
            one = recording(input, palette, true);
          } else {
            images.addAll(Images.read(input));
          }
        }
        default -> one = recording(input, palette, spaceTime);
      }
      all = all == null ? one : one == null ? all : all.and(one);
    }
    if (!images.isEmpty()) {
      Recording one = pictures(images, palette, inputs.getFirst().toString(), false);
      all = all == null ? one : all.and(one);
    }
    if (!single.isEmpty()) {
      Recording one = sequence(single);
      all = all == null ? one : all.and(one);
    }
    return all;
  }

  /// Writes frames by the ending of the name: all of them to `.frames`, `.csv` and `.gif`, to a
  /// `.png` the last one (of one dimension, the space–time diagram), to a pattern file the last
  /// one.
  ///
  /// @param file the file
  /// @param recording the frames
  /// @param rule the rule to name in the file, or null
  /// @param palette the colours
  /// @throws IOException if it cannot be written
  public static void write(Path file, Recording recording, String rule, Palette palette)
      throws IOException {
    List<Lattice> frames = recording.histories().stream().flatMap(List::stream).toList();
    Lattice last = frames.getLast();
    boolean line = recording.dimensions() == 1;
    Lattice shown = line ? Images.spaceTime(frames) : last;
    switch (ending(file)) {
      case "frames", "txt" -> AtomicFiles.writeString(file, TextFrames.formatFrames(recording));
      case "csv" -> AtomicFiles.writeString(file, TextFrames.formatCsv(recording));
      case "rle" -> AtomicFiles.writeString(file, RleFile.format(new Pattern(last, rule)));
      case "cells" ->
          AtomicFiles.writeString(file, PlainPatterns.formatCells(new Pattern(last, rule)));
      case "lif", "life" ->
          AtomicFiles.writeString(file, PlainPatterns.formatLife106(new Pattern(last, rule)));
      case "png" ->
          bytes(
              file,
              Images.png(
                  Images.draw(shown, palette, Images.cellSize(shown.height(), shown.width()))));
      case "gif" ->
          bytes(
              file,
              Images.gif(
                  line ? growing(frames) : frames,
                  palette,
                  Images.cellSize(shown.height(), shown.width()),
                  100));
      default ->
          throw new FormatException(
              file.toString(),
              "the ending says no format; expected .frames, .txt, .csv, .rle, .cells, .lif, .png or"
                  + " .gif.");
    }
  }

  /// The space–time diagram of one dimension, one row more in each frame.
  private static List<Lattice> growing(List<Lattice> rows) {
    Lattice whole = Images.spaceTime(rows);
    var frames = new ArrayList<Lattice>();
    for (int t = 1; t <= rows.size(); t++) {
      frames.add(whole.placed(t, whole.width(), 0, 0).placed(whole.height(), whole.width(), 0, 0));
    }
    return frames;
  }

  private static void bytes(Path file, byte[] bytes) throws IOException {
    AtomicFiles.write(file, temporary -> Files.write(temporary, bytes));
  }
}
