package org.costate.examples.splice;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.costate.examples.Progress;
import org.costate.genomics.io.GenomeDownload;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Downloads a genome and its annotation.
@Command(
    name = "fetch",
    description = {
      "Download a genome and its annotation into a folder.",
      "An interrupted download goes on where it stopped; checksums are compared."
    },
    mixinStandardHelpOptions = true)
public final class FetchGenome implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "NAME|URL",
      arity = "0..*",
      description = "Names of releases, or addresses of files; without any, the names are listed.")
  private List<String> what = List.of();

  @Option(
      names = "--sha256",
      split = ",",
      paramLabel = "HEX",
      description = "The expected SHA-256 of each file, in order.")
  private List<String> sums = List.of();

  @Option(
      names = "--cache",
      paramLabel = "FOLDER",
      description = "Where files are kept (default ~/.cache/costate/genomes).")
  private Path cache = Path.of(System.getProperty("user.home"), ".cache", "costate", "genomes");

  /// For the command line.
  public FetchGenome() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    var presets = GenomeDownload.presets();
    if (what.isEmpty()) {
      presets.forEach(
          (name, preset) ->
              text.printf("%-14s %s%n%-14s %s%n", name, preset.genome(), "", preset.annotation()));
      text.flush();
      return 0;
    }
    var files = new ArrayList<URI>();
    for (String name : what) {
      var preset = presets.get(name);
      if (preset != null) {
        files.addAll(List.of(preset.genome(), preset.annotation()));
      } else if (name.contains("://")) {
        files.add(URI.create(name));
      } else {
        throw new IllegalArgumentException(
            "fetch: '%s' is neither an address nor one of %s."
                .formatted(name, String.join(", ", presets.keySet())));
      }
    }
    if (!sums.isEmpty() && sums.size() != files.size()) {
      throw new IllegalArgumentException(
          "fetch: %d checksums were given for %d files.".formatted(sums.size(), files.size()));
    }
    var download = new GenomeDownload(cache);
    for (int i = 0; i < files.size(); i++) {
      try (Progress progress = new Progress(spec.commandLine().getErr(), "fetch", 0)) {
        Path file =
            download.fetch(
                files.get(i),
                sums.isEmpty() ? null : sums.get(i),
                bytes -> progress.at(bytes, "bytes"));
        text.println(file);
      }
    }
    text.flush();
    return 0;
  }
}
