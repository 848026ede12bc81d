package org.costate.examples.splice;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.examples.Experiment;
import org.costate.examples.Progress;
import org.costate.genomics.Genome;
import org.costate.genomics.metric.Evaluation;
import org.costate.genomics.model.ExonIntronExon;
import org.costate.genomics.model.JunctionWindows;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.SpliceModel;
import org.costate.genomics.model.SpliceNetwork;
import org.costate.genomics.model.SpliceTraining;
import org.costate.genomics.model.Temperatures;
import org.costate.io.RunFolder;
import org.costate.plot.Figures;
import org.costate.train.FlightRecorder;
import org.costate.train.GradientFlow;
import org.costate.train.TrainingListener;
import org.costate.train.Update;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Trains a model on genomes.
@Command(
    name = "train",
    description = {
      "Train a model on genomes with annotated genes.",
      "Several genomes: give --genome and --annotation once for each; a contig of the n-th is then"
          + " 'n:NAME'."
    },
    mixinStandardHelpOptions = true)
public final class TrainSplice extends Experiment {
  @Option(
      names = "--genome",
      required = true,
      paramLabel = "FILE",
      description = "FASTA or GenBank file of a genome.")
  private List<Path> genomes;

  @Option(
      names = "--annotation",
      paramLabel = "FILE",
      description = "GFF3 or GTF file of its genes.")
  private List<Path> annotations = List.of();

  @Option(
      names = "--contigs",
      split = ",",
      paramLabel = "NAME",
      description = "Contigs to train on (default: all that are not for validation).")
  private List<String> contigs = List.of();

  @Option(
      names = "--validate",
      split = ",",
      paramLabel = "NAME",
      description =
          "Contigs to validate on: for choosing among the validated parameters, calibration and the"
              + " report (default: none).")
  private List<String> validate = List.of();

  @Option(
      names = "--weights",
      split = ",",
      paramLabel = "W",
      description =
          "How often windows of each genome, of each --strings file and of --windows are drawn"
              + " (default: by bases of coding genes; 1/5 of that for all others together).")
  private List<Double> weights = List.of();

  @Option(
      names = "--strings",
      paramLabel = "FILE",
      description = "Strings of exon, intron, exon, reads and gene to train on besides.")
  private List<Path> strings = List.of();

  @Option(
      names = "--windows",
      paramLabel = "FILE",
      description =
          "Windows with a junction in the middle to train on besides: lines"
              + " class,instance,sequence, or a table with a column ref.sequence. All files"
              + " together are one more source.")
  private List<Path> windows = List.of();

  @Option(
      names = "--reads",
      paramLabel = "N",
      description =
          "Weigh introns that RNA shows against the annotation: one that is not annotated but"
              + " crossed by r reads counts r to N (default: the annotation alone counts).")
  private double reads = Double.POSITIVE_INFINITY;

  @Option(
      names = "--rename",
      split = ",",
      paramLabel = "FROM=TO",
      description = "Names of contigs in the annotation, and in the genome.")
  private Map<String, String> rename = new LinkedHashMap<>();

  @Option(names = "--cell", description = "One of ${COMPLETION-CANDIDATES} (default GRU).")
  private SpliceNetwork.CellKind cell = SpliceNetwork.CellKind.GRU;

  @Option(
      names = "--layers",
      defaultValue = "2",
      description = "Layers (default ${DEFAULT-VALUE}).")
  private int layers;

  @Option(
      names = "--hidden",
      defaultValue = "48",
      description = "Hidden units of each direction (default ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--dropout",
      defaultValue = "0.15",
      description = "Variational dropout (default ${DEFAULT-VALUE}).")
  private double dropout;

  @Option(
      names = "--batches",
      defaultValue = "5000",
      description = "Batches to train on (default ${DEFAULT-VALUE}).")
  private long batches;

  @Option(
      names = "--lanes",
      defaultValue = "32",
      description = "Windows in a batch (default ${DEFAULT-VALUE}).")
  private int lanes;

  @Option(
      names = "--window",
      defaultValue = "512",
      description = "Bases in a window (default ${DEFAULT-VALUE}).")
  private int window;

  @Option(
      names = "--rate",
      defaultValue = "0.003",
      description = "Largest learning rate (default ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--validate-every",
      defaultValue = "500",
      description = "Batches between validations and snapshots (default ${DEFAULT-VALUE}).")
  private int validateEvery;

  @Option(
      names = "--patience",
      defaultValue = "0",
      description =
          "End after so many validations without improvement; 0 for never (default"
              + " ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--resume",
      description = "Go on from the snapshot in the folder of the run; same options otherwise.")
  private boolean resume;

  /// For the command line.
  public TrainSplice() {}

  @Override
  protected String name() {
    return "splice-train";
  }

  @Override
  protected void execute(Run run) throws IOException {
    var opened = new ArrayList<Genome>();
    try {
      train(run, sources(run, opened));
    } finally {
      for (Genome genome : opened) {
        genome.close();
      }
    }
  }

  private List<SpliceTraining.Source> sources(Run run, List<Genome> opened) throws IOException {
    if (!annotations.isEmpty() && annotations.size() != genomes.size()) {
      throw new IllegalArgumentException(
          "train: %d genomes but %d annotations; give one for each, in the same order."
              .formatted(genomes.size(), annotations.size()));
    }
    if (weights.stream().anyMatch(weight -> !(weight >= 0 && Double.isFinite(weight)))) {
      throw new IllegalArgumentException(
          "train: --weights must be finite and not negative, got %s.".formatted(weights));
    }
    var sources = new ArrayList<SpliceTraining.Source>();
    for (int i = 0; i < genomes.size(); i++) {
      run.text().println(genomes.get(i).getFileName() + ":");
      Path annotation = annotations.isEmpty() ? null : annotations.get(i);
      GenomeOptions.Opened one = GenomeOptions.open(genomes.get(i), annotation, rename, run.text());
      opened.add(one.genome());
      run.folder().recordData(genomes.get(i));
      if (one.annotation() == null) {
        throw new IllegalArgumentException(
            "train: %s needs an --annotation.".formatted(genomes.get(i)));
      }
      var labels = new Labels(one.genome(), one.annotation(), reads);
      labels.notes().forEach((what, count) -> run.text().printf("  %s: %d%n", what, count));
      List<String> held = named(validate, i, one.genome(), List.of());
      var rest = new ArrayList<>(one.genome().contigs().keySet());
      rest.removeAll(held);
      rest.removeIf(c -> labels.codingBases(c) == 0);
      List<String> training = named(contigs, i, one.genome(), rest);
      double weight =
          weights.isEmpty()
              ? training.stream().mapToLong(labels::codingBases).sum()
              : weights.get(i);
      for (String contig : training) {
        if (held.contains(contig)) {
          throw new IllegalArgumentException(
              "train: contig '%s' is to be trained and validated on; name it once."
                  .formatted(contig));
        }
      }
      sources.add(new SpliceTraining.Source(labels, training, held, weight));
    }
    var all = new ArrayList<>(contigs);
    all.addAll(validate);
    for (String name : all) {
      boolean known = false;
      for (int i = 0; i < sources.size(); i++) {
        known |= !named(List.of(name), i, opened.get(i), List.of()).isEmpty();
      }
      if (!known) {
        throw new IllegalArgumentException("train: no genome has a contig '%s'.".formatted(name));
      }
    }
    return sources;
  }

  /// The contigs of the n-th genome among names `NAME` and `n:NAME`.
  private List<String> named(
      List<String> names, int genome, Genome opened, List<String> otherwise) {
    var own = new ArrayList<String>();
    for (String name : names) {
      String prefix = (genome + 1) + ":";
      if (name.startsWith(prefix)) {
        own.add(name.substring(prefix.length()));
      } else if (!name.matches("\\d+:.*")
          && (genomes.size() == 1 || opened.contigs().containsKey(name))) {
        own.add(name);
      }
    }
    own.forEach(opened::length);
    return own.isEmpty() ? otherwise : own;
  }

  private List<SpliceTraining.Strings> strings(Run run, double ofGenomes) throws IOException {
    var all = new ArrayList<SpliceTraining.Strings>();
    int further = strings.size() + (windows.isEmpty() ? 0 : 1);
    if (!weights.isEmpty() && weights.size() != genomes.size() + further) {
      throw new IllegalArgumentException(
          "train: %d weights for %d genomes and %d other sources; give one for each."
              .formatted(weights.size(), genomes.size(), further));
    }
    for (int i = 0; i < strings.size(); i++) {
      List<ExonIntronExon> read = ExonIntronExon.read(strings.get(i));
      run.folder().recordData(strings.get(i));
      run.text().printf("%s: %d strings%n", strings.get(i).getFileName(), read.size());
      double weight =
          weights.isEmpty() ? ofGenomes / 5 / strings.size() : weights.get(genomes.size() + i);
      all.add(new SpliceTraining.Strings(read, weight));
    }
    if (!windows.isEmpty()) {
      JunctionWindows read = JunctionWindows.read(windows);
      run.text()
          .printf(
              "windows: %d donors, %d acceptors, %d others%n",
              read.donors().size(), read.acceptors().size(), read.others().size());
      double weight = weights.isEmpty() ? ofGenomes / 5 / further : weights.getLast();
      all.add(new SpliceTraining.Strings(read.strings(run.seed()), weight));
    }
    return all;
  }

  private void train(Run run, List<SpliceTraining.Source> sources) throws IOException {
    var settings =
        new SpliceTraining.Settings(
            new SpliceNetwork.Size(cell, layers, hidden, 6, dropout),
            batches,
            lanes,
            window,
            rate,
            0.1,
            validateEvery,
            patience,
            run.seed());
    double total = sources.stream().mapToDouble(SpliceTraining.Source::weight).sum();
    var training = new SpliceTraining(sources, strings(run, total), settings);
    var parameters = training.network().initialise(run.seed());
    Path snapshot = run.folder().file("snapshot.safetensors");
    if (!resume) {
      Files.deleteIfExists(snapshot);
    }
    var flow = new GradientFlow();
    var recorder =
        new FlightRecorder(training.network(), training.batches(), parameters, run.seed());
    double[] sum = new double[2];
    var curve = new ArrayList<double[]>();
    SpliceModel model;
    try (Progress progress = run.progress("training", batches)) {
      model =
          training.run(
              parameters,
              snapshot,
              (batch, loss) -> {
                curve.add(new double[] {batch, sum[0] / Math.max(1, sum[1]), loss});
                run.folder()
                    .metrics(
                        RunFolder.row(
                            "batch", batch, "training_loss", sum[0] / sum[1], "loss", loss));
                run.text().printf("batch %d: validation loss %.6f nats a base%n", batch, loss);
                run.text().flush();
                sum[0] = 0;
                sum[1] = 0;
              },
              flow,
              recorder,
              new TrainingListener() {
                @Override
                public void onUpdate(Update update) {
                  sum[0] += update.loss() / 100;
                  sum[1]++;
                  progress.at(
                      update.batch() + 1, "loss %.5f nats a base".formatted(update.loss() / 100));
                }
              });
    }
    run.explain(recorder);
    var card = new LinkedHashMap<String, String>();
    card.put("name", run.folder().file("").toAbsolutePath().getFileName().toString());
    card.put("trained on", described(sources));
    card.put("seed", Long.toString(run.seed()));
    if (!validate.isEmpty()) {
      model = Temperatures.fit(model, sources);
    }
    for (SpliceTraining.Source source : sources) {
      if (!source.validation().isEmpty()) {
        evaluate(run, model, source, card, sources.size() > 1);
      }
    }
    model.describing(card).write(run.folder().file("model.safetensors"));
    run.text().println("Model: " + run.folder().file("model.safetensors"));
    figures(run, curve, flow);
  }

  private String described(List<SpliceTraining.Source> sources) {
    var parts = new ArrayList<String>();
    for (int i = 0; i < sources.size(); i++) {
      parts.add(genomes.get(i).getFileName() + " " + Genome.some(sources.get(i).training()));
    }
    strings.forEach(file -> parts.add(file.getFileName().toString()));
    windows.forEach(file -> parts.add(file.getFileName().toString()));
    return String.join("; ", parts);
  }

  private static void evaluate(
      Run run,
      SpliceModel model,
      SpliceTraining.Source source,
      Map<String, String> card,
      boolean several)
      throws IOException {
    Evaluation evaluation = Evaluation.of("network", model, source.labels(), source.validation());
    String where = Genome.some(source.validation());
    run.report().heading("Validation on " + where);
    SpliceReport.table(run, List.of(evaluation));
    for (Labels.Site site : Labels.Site.values()) {
      String name = site.name().toLowerCase(java.util.Locale.ROOT);
      run.result(several ? name + " " + where : name, evaluation.numbers(site));
      card.put(
          "validation %s %s".formatted(where, name),
          "AUPRC %.4f, top-k %.4f, ECE %.5f"
              .formatted(
                  evaluation.curve(site).averagePrecision(),
                  evaluation.curve(site).topK(),
                  evaluation.calibration(site).expectedError()));
    }
  }

  private static void figures(Run run, List<double[]> curve, GradientFlow flow) throws IOException {
    if (curve.size() > 1) {
      double[] x = curve.stream().mapToDouble(p -> p[0]).toArray();
      var curves = new LinkedHashMap<String, double[][]>();
      curves.put("training", new double[][] {x, curve.stream().mapToDouble(p -> p[1]).toArray()});
      curves.put("validation", new double[][] {x, curve.stream().mapToDouble(p -> p[2]).toArray()});
      run.figure(
          "learning",
          Figures.curves("Learning curve", "batch", "−log P(labels), nats a base", curves, true),
          "Mean of the batches since the last validation, and fixed windows of the validation"
              + " contigs.");
    }
    if (!flow.frames().isEmpty()) {
      run.gradientFlow(flow, 60, Map.of());
    }
  }
}
