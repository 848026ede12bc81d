package org.costate.genomics.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.costate.check.GradientCheck;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;
import org.costate.genomics.SimulatedGenome;
import org.costate.genomics.Strand;
import org.costate.genomics.metric.Evaluation;
import org.costate.graph.Shape;
import org.costate.random.RandomStream;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpliceNetworkTest {
  private static final SpliceNetwork.Size TINY =
      new SpliceNetwork.Size(SpliceNetwork.CellKind.GRU, 2, 3, 1, 0.2);

  @TempDir Path folder;

  private static Labels simulated(long seed, int contigs, int genes) throws IOException {
    SimulatedGenome simulated = SimulatedGenome.draw(seed, contigs, genes);
    return new Labels(simulated.genome(), simulated.annotation());
  }

  @Test
  void gradientsOfTheWholeNetworkAgreeWithDifferences() throws IOException {
    Labels labels = simulated(1, 1, 6);
    var source = TrainingWindow.of(labels, List.of("sim1"), 0.2);
    for (var cell : SpliceNetwork.CellKind.values()) {
      var network = new SpliceNetwork(new SpliceNetwork.Size(cell, 2, 3, 1, 0.2), Precision.DOUBLE);
      Sequences batch =
          network.withNoise(TrainingWindow.batches(source, 2, 12, 1, 3).batch(0), 1, 0);
      GradientCheck.of(
              network.recurrence(),
              network.initialise(4),
              network.recurrence().zeroState(2),
              batch,
              Seeds.of("loss", 1))
          .require(2e-6);
    }
  }

  @Test
  void explanationsAreGradientsOfTheLogarithmOfTheProbability() {
    var network = new SpliceNetwork(TINY, Precision.DOUBLE);
    Parameters parameters = network.initialise(4);
    var model = new SpliceModel(network, List.of(parameters), new double[] {1, 1}, Map.of());
    byte[] stretch = Bases.of("ACGTGGTAAGTATTTCAGGTACCATTAGACGATCA".repeat(3));
    SiteExplanation explanation = SiteExplanation.of(model, stretch, 50, Labels.Site.DONOR, 10);
    // The same by scoring: the posterior of the donor before and after a change.
    var scorer = new StructurePosterior(parameters.get("structure.transitions"));
    double before = donor(network, parameters, scorer, stretch);
    assertThat(explanation.probability()).isCloseTo(before, within(1e-5 * before));
    byte[] changed = stretch.clone();
    changed[47] = 'C';
    double after = donor(network, parameters, scorer, changed);
    assertThat(explanation.mutagenesis()[1][7])
        .isCloseTo(
            Math.log(after / (1 - after) / before * (1 - before)) / Math.log(2), within(1e-4));
    // Input × gradient of a base is the derivative when its letter is scaled by 1 + ε.
    for (int i : new int[] {3, 7, 10, 11, 16}) {
      double up = logOdds(network, parameters, stretch, 40 + i, 1 + 1e-4);
      double down = logOdds(network, parameters, stretch, 40 + i, 1 - 1e-4);
      assertThat(explanation.inputTimesGradient()[i]).isCloseTo((up - down) / 2e-4, within(1e-6));
    }
    assertThat(explanation.flow()).containsKey("layer0").containsKey("layer1_reverse");
    // The gradient flows from the site, so it is largest near it, in either direction.
    var flow = SiteExplanation.of(model, stretch, 30, Labels.Site.DONOR, 15).flow();
    for (String layer : List.of("layer0", "layer1")) {
      double forward = largest(flow.get(layer), 10, 21);
      double reverse = largest(flow.get(layer + "_reverse"), 10, 21);
      assertThat(reverse).isBetween(forward / 3, 3 * forward);
      for (double[] norms : List.of(flow.get(layer), flow.get(layer + "_reverse"))) {
        assertThat(largest(norms, 0, 5)).isLessThan(0.1 * forward);
        assertThat(largest(norms, 26, 31)).isLessThan(0.1 * forward);
      }
    }
    assertThatThrownBy(() -> SiteExplanation.of(model, stretch, 5, Labels.Site.DONOR, 10))
        .hasMessageContaining("give a longer one");
  }

  private static double largest(double[] norms, int from, int to) {
    return java.util.Arrays.stream(norms, from, to).max().orElseThrow();
  }

  /// log P / (1 − P) of a donor at base 50 when one letter is scaled.
  private static double logOdds(
      SpliceNetwork network, Parameters parameters, byte[] stretch, int letter, double scale) {
    int length = stretch.length - 2;
    double[][] allowed = new double[length][GeneStructure.STATES];
    for (int t = 0; t < length; t++) {
      for (int k = 0; k < GeneStructure.STATES; k++) {
        allowed[t][k] = t != 49 || (GeneStructure.DONOR >> k & 1) == 1 ? 1 : 0;
      }
    }
    Sequences inputs = TrainingWindow.inputs(List.of(stretch), length, 1);
    double[][] x = inputs.input("x").steps();
    for (int t = letter - 2; t <= letter; t++) {
      for (int k = 0; k < 4; k++) {
        x[t][4 * (letter - t) + k] *= scale;
      }
    }
    var graph = network.explainer();
    double log =
        -graph
            .evaluate(
                network.in(graph, parameters),
                graph.zeroState(1),
                inputs.with("allowed", new Series(Shape.of(GeneStructure.STATES), 1, allowed)))
            .sum("loss");
    return log - Math.log(-Math.expm1(log));
  }

  private static double donor(
      SpliceNetwork network, Parameters parameters, StructurePosterior scorer, byte[] stretch) {
    int length = stretch.length - 2;
    Sequences inputs = TrainingWindow.inputs(List.of(stretch), length, 1);
    Parameters weights = network.in(network.scorer(), parameters);
    var score =
        network
            .scorer()
            .evaluate(
                weights,
                network.scorer().zeroState(1),
                Sequences.of(1, length).with("x", inputs.input("x")))
            .output("score");
    double[][] posterior =
        scorer.of(
            Sequences.of(1, length).with("score", score).with("first", inputs.input("first")));
    return posterior[49][GeneStructure.BaseClass.DONOR.ordinal()];
  }

  @Test
  void inputsAreTheBasesAround() {
    Sequences inputs = TrainingWindow.inputs(List.of(Bases.of("ACGTR")), 3, 1);
    double[] middle = inputs.input("x").steps()[1];
    assertThat(middle).containsExactly(0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
    double[] last = inputs.input("x").steps()[2];
    assertThat(last).containsExactly(0, 0, 1, 0, 0, 0, 0, 1, 0.5, 0, 0.5, 0);
  }

  private static SpliceTraining training(Labels labels, long batches) throws IOException {
    return new SpliceTraining(
        List.of(new SpliceTraining.Source(labels, List.of("sim1"), List.of("sim2"), 1)),
        List.of(),
        new SpliceTraining.Settings(
            new SpliceNetwork.Size(SpliceNetwork.CellKind.GRU, 1, 16, 4, 0.1),
            batches,
            16,
            192,
            0.01,
            0.1,
            20,
            0,
            1));
  }

  @Test
  void learnsASimulatedGenome() throws IOException {
    Labels labels = simulated(2, 2, 60);
    SpliceTraining training = training(labels, 160);
    SpliceModel model = training.run(training.network().initialise(1), null, (_, _) -> {});
    Evaluation evaluation = Evaluation.of("network", model, labels, List.of("sim2"));
    assertThat(evaluation.curve(Labels.Site.DONOR).averagePrecision()).isGreaterThan(0.9);
    assertThat(evaluation.curve(Labels.Site.ACCEPTOR).averagePrecision()).isGreaterThan(0.9);
    SpliceModel calibrated =
        Temperatures.fit(
            model, List.of(new SpliceTraining.Source(labels, List.of("sim1"), List.of("sim2"), 1)));
    Evaluation after = Evaluation.of("calibrated", calibrated, labels, List.of("sim2"));
    assertThat(after.calibration(Labels.Site.DONOR).expectedError()).isLessThan(0.02);
    Path file = folder.resolve("model.safetensors");
    calibrated.describing(Map.of("name", "simulated")).write(file);
    SpliceModel read = SpliceModel.read(file);
    assertThat(read.card()).containsEntry("name", "simulated").containsEntry("hidden", "16");
    byte[] bases = labels.genome().padded("sim2", Strand.FORWARD, 0, 1000 + 2 * read.context());
    assertThat(read.score(List.of(bases)).getFirst().donor())
        .containsExactly(calibrated.score(List.of(bases)).getFirst().donor(), within(1e-5f));
  }

  @Test
  void aResumedRunIsTheSameBitForBit() throws IOException {
    Labels labels = simulated(2, 2, 10);
    SpliceTraining whole = training(labels, 40);
    Parameters uninterrupted = whole.network().initialise(1);
    whole.run(uninterrupted, null, (_, _) -> {});
    Path snapshot = folder.resolve("snapshot");
    SpliceTraining first = training(labels, 40);
    Parameters half = first.network().initialise(1);
    assertThatThrownBy(
            () ->
                first.run(
                    half,
                    snapshot,
                    (_, _) -> {},
                    new org.costate.train.TrainingListener() {
                      @Override
                      public void onUpdate(org.costate.train.Update update) {
                        if (update.batch() == 30) {
                          throw new IllegalStateException("power cut");
                        }
                      }
                    }))
        .hasMessage("power cut");
    assertThat(snapshot).exists();
    SpliceTraining second = training(labels, 40);
    Parameters resumed = second.network().initialise(99);
    second.run(resumed, snapshot, (_, _) -> {});
    assertThat(resumed.values()).isEqualTo(uninterrupted.values());
  }

  @Test
  void aFileOfAnotherKindIsRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    new org.costate.io.Safetensors(Map.of(), Map.of()).write(file);
    assertThatThrownBy(() -> SpliceModel.read(file)).hasMessageContaining("is not a splice model");
    Files.writeString(file, "text");
    assertThatThrownBy(() -> SpliceModel.read(file)).isInstanceOf(IOException.class);
  }

  @Test
  void strandsAreTreatedAlikeAndScoresDoNotDependOnWhatIsScoredBesides() throws IOException {
    Labels labels = simulated(5, 1, 30);
    var network = new SpliceNetwork(new SpliceNetwork.Size(SpliceNetwork.CellKind.GRU, 2, 8, 4, 0));
    var model =
        new SpliceModel(network, List.of(network.initialise(2)), new double[] {1, 1}, Map.of());
    Genome genome = labels.genome();
    int length = genome.length("sim1");
    float[][] all = scan(genome, model, _ -> true);
    float[][] some = scan(genome, model, tile -> tile.place().start() % (3 * GenomeScan.TILE) == 0);
    for (int k = 0; k < 4; k++) {
      for (int i = 0;
          i < length;
          i += i % (3 * GenomeScan.TILE) == GenomeScan.TILE - 1 ? 2 * GenomeScan.TILE + 1 : 1) {
        assertThat(some[k][i]).isCloseTo(all[k][i], within(1e-6f));
      }
    }
    // Whole tiles only, so that tiles of the other strand begin at the same places.
    int tiles = length / GenomeScan.TILE;
    byte[] part = genome.bases("sim1", 0, tiles * GenomeScan.TILE);
    float[][] own = scan(Genome.of(Map.of("sim1", part)), model, _ -> true);
    float[][] turned =
        scan(Genome.of(Map.of("sim1", Bases.reverseComplement(part))), model, _ -> true);
    for (int k = 0; k < 4; k++) {
      for (int i = 0; i < part.length; i++) {
        assertThat(turned[(k + 2) % 4][part.length - 1 - i]).isCloseTo(own[k][i], within(1e-6f));
      }
    }
  }

  /// Donors and acceptors of the forward strand, then of the reverse.
  private static float[][] scan(Genome genome, SiteScorer scorer, Predicate<GenomeScan.Tile> wanted)
      throws IOException {
    float[][] all = new float[4][genome.length("sim1")];
    new GenomeScan(genome, scorer)
        .run(
            List.of("sim1"),
            wanted,
            (tile, scores) -> {
              int at = tile.place().start();
              int strand = tile.strand().ordinal();
              System.arraycopy(scores.donor(), 0, all[2 * strand], at, tile.place().length());
              System.arraycopy(
                  scores.acceptor(), 0, all[2 * strand + 1], at, tile.place().length());
            });
    return all;
  }

  @Test
  void windowsKeepTheirLabels() throws IOException {
    Labels labels = simulated(4, 1, 12);
    var source = TrainingWindow.of(labels, List.of("sim1"), 0);
    int donors = 0;
    for (int i = 0; i < 50; i++) {
      TrainingWindow window = source.draw(200, 3, RandomStream.of(1, "t", i, 0));
      assertThat(window.bases()).hasSize(206);
      for (int t = 0; t < 200; t++) {
        if (window.allowed()[t] == (window.allowed()[t] & GeneStructure.DONOR)) {
          donors++;
          assertThat(Bases.isPair(window.bases(), t + 3, "GT")).isTrue();
        }
      }
    }
    assertThat(donors).isPositive();
  }

  @Test
  void stringsOfExonIntronExon() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("eie.txt"), "ACGT GTAAAG TTT 5 g1\nCCCC GTCCAG AAA 7 g2\n");
    List<ExonIntronExon> strings = ExonIntronExon.read(file);
    assertThat(strings).hasSize(2);
    TrainingWindow window =
        TrainingWindow.ofStrings(strings).draw(100, 2, RandomStream.of(1, "t", 0, 0));
    for (int t = 0; t < 99; t++) {
      if (window.allowed()[t] == GeneStructure.DONOR) {
        assertThat(Bases.isPair(window.bases(), t + 2, "GT")).isTrue();
      }
    }
    assertThat(strings.getFirst().shares(java.util.Set.of("TGTAA"), 5)).isTrue();
    assertThat(strings.getFirst().shares(java.util.Set.of("TGTAC"), 5)).isFalse();
    Files.writeString(file, "ACGT GTAAAG TTT\n");
    assertThatThrownBy(() -> ExonIntronExon.read(file)).hasMessageContaining("got 3 columns");
  }
}
