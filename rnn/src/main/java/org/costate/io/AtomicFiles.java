package org.costate.io;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Writes files whole or not at all: into a temporary file beside the target, which is then moved
/// over it.
public final class AtomicFiles {
  private AtomicFiles() {}

  /// What writes the temporary file.
  @FunctionalInterface
  public interface Writer {
    /// Writes.
    ///
    /// @param file the temporary file, which exists and is empty
    /// @throws IOException if it cannot be written
    void write(Path file) throws IOException;
  }

  /// Writes a file.
  ///
  /// @param target the file; its folder is made if need be
  /// @param writer what writes it
  /// @throws IOException if it cannot be written; the old file, if any, is then unchanged
  public static void write(Path target, Writer writer) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    String name = target.getFileName().toString();
    int dot = name.lastIndexOf('.');
    Path temporary = Files.createTempFile(folder, ".writing-", dot < 0 ? "" : name.substring(dot));
    try {
      writer.write(temporary);
      try {
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new IOException(
          "Cannot write %s: %s; free some space or choose another folder."
              .formatted(target, e.getMessage()),
          e);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /// Writes a text file in UTF-8.
  ///
  /// @param target the file
  /// @param text the text
  /// @throws IOException if it cannot be written
  public static void writeString(Path target, String text) throws IOException {
    write(target, file -> Files.writeString(file, text));
  }
}
