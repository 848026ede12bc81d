package org.costate.examples.splice;

import java.io.IOException;
import java.util.List;
import org.costate.examples.Experiment;
import org.costate.genomics.Genome;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.SpliceModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Compares a model with an annotation, beside the baselines.
@Command(
    name = "evaluate",
    description = "Compare a model's sites with annotated genes, beside the baselines.",
    mixinStandardHelpOptions = true)
public final class EvaluateSplice extends Experiment {
  @Mixin private GenomeOptions inputs;

  @Option(
      names = "--baseline-contigs",
      split = ",",
      paramLabel = "NAME",
      description =
          "Contigs to train the baselines on (default: those that are not evaluated, or if there"
              + " are none, the same).")
  private List<String> baselineContigs = List.of();

  /// For the command line.
  public EvaluateSplice() {}

  @Override
  protected String name() {
    return "splice-evaluate";
  }

  @Override
  protected void execute(Run run) throws IOException {
    GenomeOptions.Opened opened = inputs.open(null, run.text());
    try (Genome genome = opened.genome()) {
      if (opened.annotation() == null) {
        throw new IllegalArgumentException("evaluate: name the genes: --annotation FILE.");
      }
      SpliceModel model = inputs.model(genome, run.text());
      run.folder().recordData(inputs.genome);
      var labels = new Labels(genome, opened.annotation());
      labels.notes().forEach((what, count) -> run.text().printf("  %s: %d%n", what, count));
      List<String> contigs =
          inputs.contigs(genome).stream().filter(c -> labels.codingBases(c) > 0).toList();
      if (contigs.isEmpty()) {
        throw new IllegalArgumentException(
            "evaluate: contigs %s have no genes that code for proteins."
                .formatted(Genome.some(inputs.contigs(genome))));
      }
      SpliceReport.compare(run, model, labels, contigs, baselineContigs);
    }
  }
}
