package org.costate.examples.splice;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.costate.examples.Progress;
import org.costate.genomics.model.SpliceModel;
import org.costate.genomics.variant.VcfScoring;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Scores the variants of a VCF file.
@Command(
    name = "score",
    description = {
      "Add delta scores of splice sites to the variants of a VCF file.",
      "Records that cannot be scored are passed through with the reason."
    },
    mixinStandardHelpOptions = true)
public final class ScoreVariants implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private GenomeOptions inputs;

  @Parameters(paramLabel = "VCF", description = "The variants, plain or compressed.")
  private Path variants;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "scored.vcf",
      description = "The file to write, compressed if it ends in .gz (default ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--distance",
      defaultValue = "50",
      description =
          "How far from a variant sites are compared, in bases (default ${DEFAULT-VALUE}).")
  private int distance;

  /// For the command line.
  public ScoreVariants() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    GenomeOptions.Opened opened = inputs.open(null, text);
    long start = System.nanoTime();
    try (var genome = opened.genome();
        Progress progress = new Progress(spec.commandLine().getErr(), "score", 0)) {
      SpliceModel model = inputs.model(genome, text);
      Map<String, Integer> notes =
          new VcfScoring(genome, opened.annotation(), model, distance, inputs.rename)
              .run(variants, out, done -> progress.at(done, "records"));
      double seconds = (System.nanoTime() - start) / 1e9;
      notes.forEach((what, count) -> text.printf("  %s: %d%n", what, count));
      int scored = notes.getOrDefault("scored: alleles", 0);
      text.printf(
          "Written: %s (%d alleles scored in %.1f s, %.0f a second)%n",
          out, scored, seconds, scored / seconds);
    }
    text.flush();
    return 0;
  }
}
