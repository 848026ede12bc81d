package org.costate.genomics.io;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Text files, plain or compressed by gzip or bgzip, line by line.
public final class TextLines {
  /// No line of an annotation or a table of variants is longer than this, in letters.
  private static final int LONGEST = 16 << 20;

  private TextLines() {}

  /// Who is given the lines.
  @FunctionalInterface
  public interface Reader {
    /// Takes one line.
    ///
    /// @param number its number, from 1
    /// @param line the line without its end
    /// @throws IOException if the line cannot be used
    void line(long number, String line) throws IOException;
  }

  /// Opens a file, unpacking it if it begins like gzip.
  ///
  /// @param file the file
  /// @return its bytes
  /// @throws IOException if it cannot be read
  public static InputStream open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(
          file.toString(), null, "there is no such file; check the path.");
    }
    var stream = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    stream.mark(2);
    boolean packed = stream.read() == 0x1f && stream.read() == 0x8b;
    stream.reset();
    return packed ? new GZIPInputStream(stream, 1 << 16) : stream;
  }

  /// Reads all lines; `\n`, `\r\n` and `\r` end a line.
  ///
  /// @param file the file
  /// @param reader who is given them
  /// @throws IOException if the file cannot be read, is cut off, or has a line without end
  public static void read(Path file, Reader reader) throws IOException {
    long number = 0;
    try (var lines =
        new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8), 1 << 16)) {
      var line = new StringBuilder();
      boolean afterReturn = false;
      for (int letter = lines.read(); letter >= 0; letter = lines.read()) {
        if (letter == '\n' && afterReturn) {
          afterReturn = false;
          continue;
        }
        afterReturn = letter == '\r';
        if (letter == '\n' || letter == '\r') {
          reader.line(++number, line.toString());
          line.setLength(0);
        } else if (line.length() == LONGEST) {
          throw new IOException(
              "%s: line %d is longer than %d million letters; this is no text file of this kind."
                  .formatted(file, number + 1, LONGEST >> 20));
        } else {
          line.append((char) letter);
        }
      }
      if (!line.isEmpty()) {
        reader.line(++number, line.toString());
      }
    } catch (EOFException | ZipException e) {
      throw damaged(file, e);
    }
  }

  static IOException damaged(Path file, IOException cause) {
    return new IOException(
        "%s: the compressed file is cut off or damaged (%s); download it again."
            .formatted(file, cause.getMessage()),
        cause);
  }
}
