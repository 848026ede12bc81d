package org.costate.examples.splice;

import java.io.IOException;
import java.util.List;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.genomics.Interval;
import org.costate.genomics.SimulatedGenome;
import org.costate.genomics.Strand;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteExplanation;
import org.costate.genomics.model.SpliceModel;
import org.costate.genomics.model.SpliceNetwork;
import org.costate.genomics.model.SpliceTraining;
import org.costate.genomics.model.Temperatures;
import org.costate.io.RunFolder;
import org.costate.train.GradientFlow;
import org.costate.train.TrainingListener;
import org.costate.train.Update;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The whole way of `costate splice` on a made-up genome, in seconds: train, compare with the
/// baselines, explain.
@Command(
    name = "splice-genome",
    description = "Splice sites of a simulated genome: train, compare, explain, in seconds.",
    mixinStandardHelpOptions = true)
public final class SpliceGenome extends Experiment {
  private static final int GENES = 120;

  @Option(
      names = "--batches",
      defaultValue = "240",
      description = "Batches to train on (default ${DEFAULT-VALUE}).")
  private int batches = 240;

  /// For the command line, and for the demo with its defaults.
  public SpliceGenome() {}

  @Override
  protected String name() {
    return "splice-genome";
  }

  @Override
  protected void execute(Run run) throws IOException {
    SimulatedGenome simulated = SimulatedGenome.draw(run.seed(), 3, GENES);
    String what =
        "A simulated genome, not real DNA: %d genes on two contigs for training, %d on a third for testing."
            .formatted(2 * GENES, GENES);
    run.text().println(what);
    run.report().paragraph(what);
    var labels = new Labels(simulated.genome(), simulated.annotation());
    var sources =
        List.of(new SpliceTraining.Source(labels, List.of("sim1", "sim2"), List.of("sim2"), 1));
    var settings =
        new SpliceTraining.Settings(
            new SpliceNetwork.Size(SpliceNetwork.CellKind.GRU, 2, 24, 5, 0.1),
            batches,
            16,
            256,
            0.008,
            0.1,
            80,
            0,
            run.seed());
    var training = new SpliceTraining(sources, List.of(), settings);
    var flow = new GradientFlow();
    SpliceModel model;
    try (Progress progress = run.progress("training", batches)) {
      model =
          training.run(
              training.network().initialise(run.seed()),
              null,
              (batch, loss) ->
                  run.folder().metrics(RunFolder.row("batch", batch, "validation_loss", loss)),
              flow,
              new TrainingListener() {
                @Override
                public void onUpdate(Update update) {
                  progress.at(
                      update.batch() + 1, "loss %.4f nats a base".formatted(update.loss() / 100));
                }
              });
    }
    model = Temperatures.fit(model, sources);
    model.write(run.folder().file("model.safetensors"));
    SpliceReport.compare(run, model, labels, List.of("sim3"), List.of("sim1", "sim2"));
    explain(run, model, labels);
    run.gradientFlow(flow, 40, java.util.Map.of());
  }

  /// Explains the acceptor of the first intron of the test contig.
  private static void explain(Run run, SpliceModel model, Labels labels) throws IOException {
    for (Interval intron : labels.introns("sim3", Strand.FORWARD)) {
      int at = intron.end() - 1;
      int around = model.context() + 60;
      byte[] stretch = labels.genome().padded("sim3", Strand.FORWARD, at - around, at + around + 1);
      SiteExplanation explanation = SiteExplanation.of(model, stretch, around, Site.ACCEPTOR, 60);
      ExplainSite.report(run, explanation, "sim3:" + (at + 1) + "+", "acceptor");
      return;
    }
  }
}
