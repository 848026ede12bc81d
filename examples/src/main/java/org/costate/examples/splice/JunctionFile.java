package org.costate.examples.splice;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Reads the UCI splice-junction format: lines `class,instance,sequence` with class EI, IE or N, no
/// header; blanks are ignored.
final class JunctionFile {
  private JunctionFile() {}

  /// Reads a file.
  ///
  /// @throws IOException naming file and line, if something is not as it should be
  static List<Junction> read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("%s is a folder; name the file in it.".formatted(file));
    }
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new IOException(
          "%s is not a text file; expected lines 'class,instance,sequence'.".formatted(file), e);
    }
    var junctions = new ArrayList<Junction>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty()) {
        junctions.add(parse(file, i + 1, line));
      }
    }
    if (junctions.isEmpty()) {
      throw new IOException(
          "%s is empty; expected lines 'class,instance,sequence'.".formatted(file));
    }
    int length = junctions.getFirst().sequence().length();
    for (Junction junction : junctions) {
      if (junction.sequence().length() != length) {
        throw new IOException(
            "%s: '%s' has %d letters but the first sequence has %d; all windows must be of one length with the junction in the middle."
                .formatted(file, junction.name(), junction.sequence().length(), length));
      }
    }
    return junctions;
  }

  private static Junction parse(Path file, int number, String line) throws IOException {
    String[] columns = line.split(",", -1);
    if (columns.length != 3) {
      throw new IOException(
          "%s, line %d: expected 3 columns 'class,instance,sequence', got %d."
              .formatted(file, number, columns.length));
    }
    Junction.Kind kind =
        switch (columns[0].strip().toUpperCase(Locale.ROOT)) {
          case "EI" -> Junction.Kind.EI;
          case "IE" -> Junction.Kind.IE;
          case "N" -> Junction.Kind.N;
          default ->
              throw new IOException(
                  "%s, line %d: class must be EI, IE or N, got '%s'."
                      .formatted(file, number, columns[0].strip()));
        };
    String sequence = columns[2].strip().toUpperCase(Locale.ROOT);
    if (sequence.isEmpty()) {
      throw new IOException(
          "%s, line %d: the sequence is empty; remove the line.".formatted(file, number));
    }
    for (int i = 0; i < sequence.length(); i++) {
      if (Junction.fractions(sequence.charAt(i)) == null) {
        throw new IOException(
            "%s, line %d: letter '%s' at position %d is not a IUPAC nucleotide code."
                .formatted(file, number, sequence.charAt(i), i + 1));
      }
    }
    return new Junction(kind, columns[1].strip(), sequence);
  }
}
