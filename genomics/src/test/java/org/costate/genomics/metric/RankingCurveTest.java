package org.costate.genomics.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RankingCurveTest {
  @Test
  void knownNumbers() {
    // scikit-learn's documentation: y = [0, 0, 1, 1], scores = [0.1, 0.4, 0.35, 0.8].
    var curve = new RankingCurve();
    curve.add(0.1f, false);
    curve.add(0.4f, false);
    curve.add(0.35f, true);
    curve.add(0.8f, true);
    assertThat(curve.averagePrecision()).isCloseTo(0.8333333333333333, within(1e-12));
    assertThat(curve.areaUnderRoc()).isCloseTo(0.75, within(1e-12));
    assertThat(curve.topK()).isEqualTo(0.5);
    assertThat(curve.thresholdOfTopK()).isBetween(0.39, 0.4000001);
    assertThat(curve.precisionAtRecall(0.5)).isEqualTo(1);
    assertThat(curve.precisionAtRecall(1)).isCloseTo(2 / 3.0, within(1e-12));
  }

  @Test
  void agreesWithTheDefinitionsOnRandomScores() {
    var random = new Random(3);
    int n = 300;
    float[] scores = new float[n];
    boolean[] truth = new boolean[n];
    var curve = new RankingCurve();
    for (int i = 0; i < n; i++) {
      truth[i] = random.nextInt(5) == 0;
      scores[i] = (random.nextInt(40) - 10 + (truth[i] ? 8 : 0)) / 8f;
      curve.add(scores[i], truth[i]);
    }
    double pairs = 0;
    double won = 0;
    double precision = 0;
    int sites = 0;
    for (int i = 0; i < n; i++) {
      if (truth[i]) {
        sites++;
        int above = 0;
        int right = 0;
        for (int j = 0; j < n; j++) {
          above += scores[j] >= scores[i] ? 1 : 0;
          right += scores[j] >= scores[i] && truth[j] ? 1 : 0;
          if (!truth[j]) {
            pairs++;
            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
          }
        }
        precision += right / (double) above;
      }
    }
    assertThat(curve.sites()).isEqualTo(sites);
    assertThat(curve.averagePrecision()).isCloseTo(precision / sites, within(1e-12));
    assertThat(curve.areaUnderRoc()).isCloseTo(won / pairs, within(1e-12));
  }

  @Test
  void calibrationError() {
    var calibration = new Calibration(10);
    for (int i = 0; i < 10; i++) {
      calibration.add(0.75, i < 5);
      calibration.add(0.05, false);
    }
    assertThat(calibration.expectedError()).isCloseTo(0.5 * (0.25 + 0.05), within(1e-12));
    assertThat(calibration.bins()).hasDimensions(2, 3);
  }
}
