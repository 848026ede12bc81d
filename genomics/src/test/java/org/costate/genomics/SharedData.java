package org.costate.genomics;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Real genomes: `COSTATE_DATA`, or `shared/data` beside the checkout. Tests without it are
/// skipped, and have a simulated counterpart.
public final class SharedData {
  private SharedData() {}

  /// A file of the shared data on genomics; skips the test if it is not there.
  public static Path genomics(String name) {
    String given = System.getenv("COSTATE_DATA");
    Path root = given == null ? Path.of("../../shared/data") : Path.of(given);
    Path file = root.resolve("genomics").resolve(name);
    Assumptions.assumeTrue(Files.exists(file), () -> "no shared data at " + file);
    return file;
  }
}
