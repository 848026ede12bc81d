package org.costate.internal.code;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/// Tells HotSpot to keep its first compiler (C1) away from generated kernels.
///
/// C1 inlines the whole Vector API into a kernel and then often gives up for want of virtual
/// registers at the tier that would have led to C2; the kernel then stays a hundred times slower
/// for as long as the process lives (seen in about every second run). With C1 excluded, kernels go
/// from the interpreter straight to C2. A compiler directive is the documented way to say so, and
/// the diagnostic commands of the platform take one without any flag.
final class CompilerAdvice {
  private static final String DIRECTIVE =
      """
      [{
        match: ["org/costate/internal/code/Generated_*.*"],
        BackgroundCompilation: false,
        c1: { Exclude: true }
      }]
      """;

  private CompilerAdvice() {}

  static void give() {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      var command = new ObjectName("com.sun.management:type=DiagnosticCommand");
      if (!server.isRegistered(command)) {
        System.getLogger("org.costate")
            .log(
                System.Logger.Level.INFO,
                "This Java machine takes no compiler directives; kernels may be slow.");
        return;
      }
      Path file = Files.createTempFile("costate", ".json");
      Files.writeString(file, DIRECTIVE);
      server.invoke(
          command,
          "compilerDirectivesAdd",
          new Object[] {new String[] {file.toString()}},
          new String[] {String[].class.getName()});
      Files.delete(file);
    } catch (JMException e) {
      throw new IllegalStateException("The compiler directive was not taken.", e);
    } catch (IOException e) {
      throw new UncheckedIOException("The compiler directive could not be written.", e);
    }
  }
}
