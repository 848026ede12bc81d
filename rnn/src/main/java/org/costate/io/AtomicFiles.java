package org.costate.io;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/// Writes files whole or not at all: into a temporary file beside the target, which is then moved
/// over it.
public final class AtomicFiles {
  /// With fewer free bytes a disk is taken to be full.
  private static final long LEAST_SPACE = 1 << 20;

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
  /// @throws IOException if it cannot be written, or what is written cannot be read; the old file,
  ///   if any, is then unchanged
  public static void write(Path target, Writer writer) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    String name = target.getFileName().toString();
    int dot = name.lastIndexOf('.');
    // Not createTempFile, whose files only their owner may read.
    Path temporary =
        Files.createFile(
            folder.resolve(".writing-" + UUID.randomUUID() + (dot < 0 ? "" : name.substring(dot))));
    // If the process is interrupted, what follows does not come to its end.
    temporary.toFile().deleteOnExit();
    try {
      writer.write(temporary);
      try {
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      boolean full = folder.toFile().getUsableSpace() < LEAST_SPACE;
      throw new IOException(
          "Cannot write %s: %s%s"
              .formatted(
                  target,
                  e.getMessage(),
                  full ? "; free some space or choose another folder." : ""),
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
