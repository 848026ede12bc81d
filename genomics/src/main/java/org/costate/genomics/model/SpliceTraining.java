package org.costate.genomics.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.costate.genomics.Strand;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.train.BatchSource;
import org.costate.train.Snapshot;
import org.costate.train.Trainer;
import org.costate.train.TrainingListener;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;

/// Trains a [SpliceModel] on windows drawn from genomes and from strings of exon, intron, exon.
///
/// Windows are much shorter than chromosomes: backpropagation is truncated to them, with context on
/// both sides of most bases. The loss is −log P(labels) under the [GeneStructure], so the rarity of
/// sites needs no weights: one site in 2,000 bases is one decision of the grammar. Runs are resumed
/// bit for bit from their snapshot.
public final class SpliceTraining {
  /// A genome with its labels.
  ///
  /// @param labels the labels
  /// @param training contigs to train on
  /// @param validation contigs to validate on; may be empty
  /// @param weight how often its windows are drawn, relative to others
  public record Source(
      Labels labels, List<String> training, List<String> validation, double weight) {}

  /// Strings of exon, intron and exon.
  ///
  /// @param strings the strings
  /// @param weight how often windows of them are drawn, relative to others
  public record Strings(List<ExonIntronExon> strings, double weight) {}

  /// The numbers of a run.
  ///
  /// @param size the size of the network
  /// @param batches the number of batches
  /// @param lanes windows in a batch
  /// @param window bases in a window
  /// @param rate the largest learning rate
  /// @param background the fraction of windows from anywhere on the training contigs
  /// @param validateEvery after how many batches the validation loss is computed
  /// @param patience how many validations without improvement end the run; 0 for never
  /// @param seed the seed
  public record Settings(
      SpliceNetwork.Size size,
      long batches,
      int lanes,
      int window,
      double rate,
      double background,
      int validateEvery,
      int patience,
      long seed) {
    /// Checks the numbers.
    public Settings {
      if (batches < 1 || lanes < 1 || window < 32 || !(rate > 0) || validateEvery < 1) {
        throw new IllegalArgumentException(
            "Training: batches, lanes and validation interval must be at least 1, a window at least"
                + " 32 bases and the rate positive; got %d, %d, %d, %d and %s."
                    .formatted(batches, lanes, validateEvery, window, rate));
      }
    }
  }

  private static final int VALIDATION_WINDOWS = 384;
  private static final int SHARED_BASES = 40;

  private final Settings settings;
  private final SpliceNetwork network;
  private final List<Source> sources;
  private final BatchSource batches;
  private final List<Sequences> validation;

  /// A run to be. Strings that share 40 bases with a validation contig are left out.
  ///
  /// @param sources the genomes
  /// @param strings further strings; may be empty
  /// @param settings the numbers
  /// @throws IOException if a genome cannot be read
  public SpliceTraining(List<Source> sources, List<Strings> strings, Settings settings)
      throws IOException {
    this.settings = settings;
    this.sources = List.copyOf(sources);
    this.network = new SpliceNetwork(settings.size);
    var drawn = new ArrayList<TrainingWindow.Source>();
    var weights = new ArrayList<Double>();
    for (Source source : sources) {
      drawn.add(TrainingWindow.of(source.labels, source.training, settings.background));
      weights.add(source.weight);
    }
    Set<String> held = strings.isEmpty() ? Set.of() : heldOut();
    for (Strings some : strings) {
      List<ExonIntronExon> kept =
          some.strings.stream().filter(string -> !string.shares(held, SHARED_BASES)).toList();
      if (!kept.isEmpty()) {
        drawn.add(TrainingWindow.ofStrings(kept));
        weights.add(some.weight);
      }
    }
    int reach = settings.size.reach();
    this.batches =
        TrainingWindow.batches(
            TrainingWindow.mixed(
                drawn, weights.stream().mapToDouble(Double::doubleValue).toArray()),
            settings.lanes,
            settings.window,
            reach,
            settings.seed);
    this.validation = validationBatches(reach);
  }

  private Set<String> heldOut() throws IOException {
    var held = new HashSet<String>();
    for (Source source : sources) {
      for (String contig : source.validation) {
        for (Strand strand : Strand.values()) {
          int length = source.labels.genome().length(contig);
          String bases =
              new String(
                  source.labels.genome().padded(contig, strand, 0, length),
                  StandardCharsets.US_ASCII);
          for (int i = 0; i + SHARED_BASES <= length; i++) {
            held.add(bases.substring(i, i + SHARED_BASES));
          }
        }
      }
    }
    return held;
  }

  private List<Sequences> validationBatches(int reach) {
    var from = sources.stream().filter(source -> !source.validation.isEmpty()).toList();
    var all = new ArrayList<Sequences>();
    for (Source source : from) {
      BatchSource drawn =
          TrainingWindow.batches(
              TrainingWindow.of(source.labels, source.validation, 0),
              settings.lanes,
              settings.window,
              reach,
              settings.seed + 1);
      int count = Math.max(1, VALIDATION_WINDOWS / settings.lanes / from.size());
      for (int i = 0; i < count; i++) {
        all.add(network.withoutNoise(drawn.batch(i)));
      }
    }
    return all;
  }

  /// The network.
  ///
  /// @return the network, with drawn parameters
  public SpliceNetwork network() {
    return network;
  }

  /// The batches, for those who replay one.
  ///
  /// @return the source
  public BatchSource batches() {
    return batches;
  }

  /// Trains. If there is a validation contig, the parameters with the least validation loss are
  /// kept.
  ///
  /// @param parameters where training begins; changed in place
  /// @param snapshot where the run is saved at each validation, and resumed from if the file
  ///   exists; null for not at all
  /// @param validated is told the number of batches and the validation loss, in nats a base
  /// @param listeners are told of updates
  /// @return the model, with temperatures of 1
  /// @throws IOException if a snapshot cannot be read or written
  public SpliceModel run(
      Parameters parameters,
      Path snapshot,
      BiConsumer<Long, Double> validated,
      TrainingListener... listeners)
      throws IOException {
    long total = settings.batches;
    Trainer.Settings trainerSettings =
        Trainer.Settings.adam(settings.rate)
            .optimizer(Optimizer.Adam.decoupled(0.01))
            .schedule(new Schedule.WarmupCosine(settings.rate, Math.max(1, total / 20), total))
            .clipping(new Clipping.GlobalNorm(1))
            .patience(settings.patience)
            .flowEvery((int) Math.max(5, total / 40))
            .seed(settings.seed);
    for (TrainingListener listener : listeners) {
      trainerSettings = trainerSettings.listener(listener);
    }
    try (var trainer = new Trainer(network, batches, parameters, trainerSettings)) {
      if (snapshot != null && Files.exists(snapshot)) {
        Snapshot.restore(trainer, snapshot);
      }
      if (validation.isEmpty()) {
        while (trainer.batches() < total) {
          trainer.until(Math.min(total, trainer.batches() + settings.validateEvery));
          save(trainer, snapshot);
        }
      } else {
        trainer.train(
            total,
            settings.validateEvery,
            theta -> {
              double loss = validationLoss(theta);
              validated.accept(trainer.batches(), loss);
              try {
                save(trainer, snapshot);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
              return loss;
            });
      }
    }
    return new SpliceModel(network, List.of(parameters), new double[] {1, 1}, Map.of());
  }

  private static void save(Trainer trainer, Path snapshot) throws IOException {
    if (snapshot != null) {
      Snapshot.save(trainer, snapshot);
    }
  }

  /// −log P(labels) on windows of the validation contigs, in nats a base.
  private double validationLoss(Parameters theta) {
    double loss = 0;
    double bases = 0;
    for (Sequences batch : validation) {
      loss +=
          network
              .recurrence()
              .evaluate(theta, network.recurrence().zeroState(batch.lanes()), batch)
              .sum("loss");
      bases += batch.activeSteps();
    }
    return loss / bases;
  }
}
