package org.costate.io;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// The folder of one run: `run.json` (options, seed, versions, checksums of data, results),
/// `metrics.csv`, and whatever else the run adds. Every file is written whole or not at all.
public final class RunFolder {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path folder;
  private final Map<String, Object> record = new LinkedHashMap<>();
  private final List<String> rows = new ArrayList<>();
  private List<String> columns = List.of();

  /// Makes the folder.
  ///
  /// @param folder where
  /// @param experiment the name of the experiment
  /// @throws IOException if it cannot be made or written, in one sentence
  public RunFolder(Path folder, String experiment) throws IOException {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new IOException(
          "Cannot make the output folder %s: %s; choose another with --out."
              .formatted(folder, reason(e)),
          e);
    }
    if (!Files.isWritable(folder)) {
      throw new IOException(
          "Cannot write into the output folder %s; choose another with --out.".formatted(folder));
    }
    record.put("experiment", experiment);
    record.put("java", Runtime.version().toString());
    record.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  private static String reason(IOException e) {
    return e.getClass()
        .getSimpleName()
        .replace("Exception", "")
        .replaceAll("([a-z])([A-Z])", "$1 $2")
        .toLowerCase(java.util.Locale.ROOT);
  }

  /// The path of a file in the folder.
  ///
  /// @param name its name
  /// @return the path
  public Path file(String name) {
    return folder.resolve(name);
  }

  /// Adds to the record.
  ///
  /// @param key the key
  /// @param value anything Jackson can write
  public void record(String key, Object value) {
    record.put(key, value);
  }

  /// Adds the name, size and SHA-256 of a data file to the record.
  ///
  /// @param data the file
  /// @throws IOException if it cannot be read
  public void recordData(Path data) throws IOException {
    @SuppressWarnings("unchecked")
    var list = (List<Object>) record.computeIfAbsent("data", _ -> new ArrayList<>());
    list.add(
        Map.of(
            "file",
            data.getFileName().toString(),
            "bytes",
            Files.size(data),
            "sha256",
            Checksums.sha256(data)));
  }

  /// A row of metrics, or any other record, in the order given.
  ///
  /// @param pairs column, value, column, value, …
  /// @return the row
  public static SequencedMap<String, Object> row(Object... pairs) {
    var row = new LinkedHashMap<String, Object>();
    for (int i = 0; i < pairs.length; i += 2) {
      row.put((String) pairs[i], pairs[i + 1]);
    }
    return row;
  }

  /// Adds a row to the metrics.
  ///
  /// @param row the values by column, in order; all rows must have the columns of the first
  public void metrics(SequencedMap<String, ?> row) {
    if (columns.isEmpty()) {
      columns = List.copyOf(row.keySet());
    }
    var cells = new ArrayList<String>();
    columns.forEach(column -> cells.add(cell(String.valueOf(row.get(column)))));
    rows.add(String.join(",", cells));
  }

  /// A cell of a CSV file (RFC 4180): quoted if it needs to be.
  private static String cell(String text) {
    boolean plain = text.indexOf(',') < 0 && text.indexOf('"') < 0 && text.indexOf('\n') < 0;
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  /// Writes `run.json` and `metrics.csv`.
  ///
  /// @param results the results
  /// @throws IOException if they cannot be written
  public void finish(Map<String, ?> results) throws IOException {
    record.put("results", results);
    AtomicFiles.write(file("run.json"), temporary -> JSON.writeValue(temporary.toFile(), record));
    if (!rows.isEmpty()) {
      AtomicFiles.writeString(
          file("metrics.csv"), String.join(",", columns) + "\n" + String.join("\n", rows) + "\n");
    }
  }
}
