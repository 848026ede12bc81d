package org.costate.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The script that starts the command line.
class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "costate");

  @Test
  void findsTheJdkWhateverJavaWritesBesideItsVersion() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")));
    var builder = new ProcessBuilder("/bin/bash", LAUNCHER.toString(), "--print-jdk");
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Xmx200m");
    builder.redirectErrorStream(true);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes()).strip();
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(Path.of(output, "bin", "javac")).isExecutable();
  }
}
