package org.costate.examples.splice;

import java.util.List;

/// The baseline: a position weight matrix for each class (Staden 1984) and the class with the
/// largest log-probability Σ log P(base at position | class) + log P(class); an ambiguous letter
/// counts as its mixture. Pseudocount 1.
final class WeightMatrix {
  private final double[][][] probability;
  private final double[] prior;

  WeightMatrix(List<Junction> training) {
    int length = training.getFirst().sequence().length();
    int classes = Junction.Kind.values().length;
    probability = new double[classes][length][4];
    prior = new double[classes];
    double[][][] counts = new double[classes][length][4];
    for (Junction junction : training) {
      int k = junction.kind().ordinal();
      prior[k] += 1.0 / training.size();
      double[] x = junction.features();
      for (int i = 0; i < length; i++) {
        for (int base = 0; base < 4; base++) {
          counts[k][i][base] += x[4 * i + base];
        }
      }
    }
    for (int k = 0; k < classes; k++) {
      for (int i = 0; i < length; i++) {
        double total = 4;
        for (int base = 0; base < 4; base++) {
          total += counts[k][i][base];
        }
        for (int base = 0; base < 4; base++) {
          probability[k][i][base] = (counts[k][i][base] + 1) / total;
        }
      }
    }
  }

  int classify(Junction junction) {
    double[] x = junction.features();
    int best = 0;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < prior.length; k++) {
      double score = Math.log(prior[k]);
      for (int i = 0; i < probability[k].length; i++) {
        double p = 0;
        for (int base = 0; base < 4; base++) {
          p += x[4 * i + base] * probability[k][i][base];
        }
        score += Math.log(p);
      }
      if (score > bestScore) {
        bestScore = score;
        best = k;
      }
    }
    return best;
  }
}
