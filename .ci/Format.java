import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Runs google-java-format over every Java source of the project, in this JVM's version of Java.
///
/// Arguments: the formatter's jar, and `check` (list badly formatted files and fail) or `write` (repair them).
final class Format {
  private static final List<String> COMPILER_PACKAGES = List.of("api", "code", "file", "parser", "tree", "util");

  private Format() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String name : COMPILER_PACKAGES) {
      command.add("--add-exports=jdk.compiler/com.sun.tools.javac." + name + "=ALL-UNNAMED");
    }
    command.addAll(List.of("-jar", args[0]));
    boolean write = args[1].equals("write");
    command.addAll(write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    try (Stream<Path> files = Files.walk(Path.of(""))) {
      files.filter(f -> f.toString().endsWith(".java"))
          .filter(f -> f.toString().contains("src" + File.separator))
          .map(Path::toString).sorted().forEach(command::add);
    }
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      System.err.println("The files above are not formatted; repair them with: mvn -N process-sources -Dformat=write");
    }
    System.exit(status);
  }
}
