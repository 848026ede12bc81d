package org.costate.examples.splice;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.costate.examples.Progress;
import org.costate.genomics.model.GenomeScan;
import org.costate.genomics.model.SpliceModel;
import org.costate.genomics.track.SiteWriter;
import org.costate.io.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Finds the sites of a genome.
@Command(
    name = "predict",
    description = "Find splice sites on both strands; writes BED, GFF3 or bedGraph.",
    mixinStandardHelpOptions = true)
public final class PredictSplice implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private GenomeOptions inputs;

  @Parameters(arity = "0..1", paramLabel = "FASTA", description = "The same as --genome.")
  private Path fasta;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "sites.bed",
      description = "Ends in .bed, .gff3 or .bedgraph (default ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--threshold",
      defaultValue = "0.1",
      description = "Least probability that is written (default ${DEFAULT-VALUE}).")
  private double threshold;

  /// For the command line.
  public PredictSplice() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    long start = System.nanoTime();
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new IllegalArgumentException(
          "predict: --threshold must be from 0 to 1, got " + threshold + ".");
    }
    SiteWriter.Format format = SiteWriter.of(out);
    long[] bases = new long[1];
    long[] sites = new long[1];
    try (var genome = inputs.open(fasta, text).genome()) {
      SpliceModel model = inputs.model(genome, text);
      List<String> contigs = inputs.contigs(genome);
      long total = contigs.stream().mapToLong(genome::length).sum();
      try (Progress progress = new Progress(spec.commandLine().getErr(), "predict", total)) {
        AtomicFiles.write(
            out,
            file -> {
              try (var writer =
                  new SiteWriter(
                      file, format, threshold, "costate splice predict: " + about(model))) {
                new GenomeScan(genome, model)
                    .run(
                        contigs,
                        _ -> true,
                        (tile, scores) -> {
                          writer.take(tile, scores);
                          bases[0] += tile.place().length();
                          progress.at(bases[0] / 2, tile.contig());
                        });
                sites[0] = writer.written();
              }
            });
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    text.printf(
        "%d sites of probability %s or more in %d bases, both strands: %s (%.1f s, %.0f kb/s)%n",
        sites[0], threshold, bases[0] / 2, out, seconds, bases[0] / 2e3 / seconds);
    text.flush();
    return 0;
  }

  static String about(SpliceModel model) {
    return "model "
        + model.card().getOrDefault("name", "unnamed")
        + ", "
        + model.card().getOrDefault("trained on", "training data not described");
  }
}
