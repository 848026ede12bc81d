package org.costate.genomics.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.costate.genomics.SharedData;
import org.costate.genomics.SimulatedGenome;
import org.costate.genomics.io.AnnotationReader;
import org.costate.genomics.io.FastaFile;
import org.costate.genomics.metric.Evaluation;
import org.costate.genomics.metric.RankingCurve;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.variant.WindowVariants;
import org.junit.jupiter.api.Test;

/// The model in the jar is read, and finds what it was trained on.
class ShippedModelTest {
  @Test
  void findsTheSitesOfAWorm() throws IOException {
    try (var genome = FastaFile.open(SharedData.genomics("slices-1pct/celegans.train.fa.gz"))) {
      var annotation =
          AnnotationReader.read(SharedData.genomics("slices-1pct/celegans.train.gff3.gz"))
              .named(genome.contigs().keySet(), Map.of());
      Evaluation evaluation =
          Evaluation.of(
              "shipped", SpliceModel.shipped(), new Labels(genome, annotation), List.of("IV"));
      for (Site site : Site.values()) {
        assertThat(evaluation.curve(site).averagePrecision()).isGreaterThan(0.9);
        assertThat(evaluation.calibration(site).expectedError()).isLessThan(0.02);
      }
    }
  }

  @Test
  void ranksPublishedVariantsWithoutTheirLabels() throws IOException {
    for (String kind : List.of("donor", "acceptor")) {
      WindowVariants windows =
          WindowVariants.read(SharedData.genomics("clinvar-splice/variant-" + kind + ".train.csv"));
      assertThat(windows.site()).isEqualTo(kind.equals("donor") ? Site.DONOR : Site.ACCEPTOR);
      var curve = new RankingCurve();
      var network = new RankingCurve();
      var losses = windows.losses(SpliceModel.shipped());
      for (int i = 0; i < losses.size(); i++) {
        boolean harmful = windows.rows().get(i).label().equals("1");
        curve.add((float) losses.get(i).total(), harmful);
        network.add((float) losses.get(i).network(), harmful);
      }
      assertThat(curve.areaUnderRoc()).isGreaterThan(0.9);
      assertThat(curve.averagePrecision()).isGreaterThan(0.65);
      assertThat(network.areaUnderRoc()).isGreaterThan(0.87);
      assertThat(network.averagePrecision()).isGreaterThan(0.5);
    }
  }

  @Test
  void theModelIsChosenByTheGenome() throws IOException {
    assertThat(chosen("spombe/spombe.train.fa.gz")).isEqualTo(ShippedModels.FISSION_YEAST);
    assertThat(chosen("slices-1pct/athaliana.train.fa.gz")).isEqualTo(ShippedModels.GENERAL);
    assertThat(chosen("slices-1pct/dmelanogaster.train.fa.gz")).isEqualTo(ShippedModels.GENERAL);
    assertThat(chosen("human-chr19/hg19.chr19_1-1500000.fa.gz")).isEqualTo(ShippedModels.GENERAL);
    for (String name : ShippedModels.names()) {
      assertThat(ShippedModels.read(name).card())
          .containsKeys("name", "data", "licence", "citation", "metrics", "limits");
    }
    assertThatThrownBy(() -> ShippedModels.read("unicorn")).hasMessageContaining("there are");
  }

  private static String chosen(String file) throws IOException {
    try (var genome = FastaFile.open(SharedData.genomics(file))) {
      return ShippedModels.nameFor(genome);
    }
  }

  @Test
  void knowsASimulatedGene() throws IOException {
    SimulatedGenome simulated = SimulatedGenome.draw(1, 1, 40);
    Evaluation evaluation =
        Evaluation.of(
            "shipped",
            SpliceModel.shipped(),
            new Labels(simulated.genome(), simulated.annotation()),
            List.of("sim1"));
    assertThat(evaluation.curve(Site.DONOR).averagePrecision()).isGreaterThan(0.5);
  }
}
