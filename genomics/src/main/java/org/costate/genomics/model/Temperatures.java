package org.costate.genomics.model;

import java.io.IOException;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// Finds the temperatures that make a model's probabilities mean what they say (Guo et al. 2017):
/// for each kind of site the T that minimises −Σ log p of what is true on validation contigs, p =
/// σ(logit(p̄) / T).
public final class Temperatures {
  private static final int BINS = 4000;
  private static final double LARGEST_LOGIT = 20;
  private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

  private final double[][] sites = new double[2][BINS];
  private final double[][] others = new double[2][BINS];

  private Temperatures() {}

  /// Calibrates a model.
  ///
  /// @param model the model; its temperatures are replaced
  /// @param sources the genomes, with validation contigs
  /// @return the model with temperatures
  /// @throws IOException if a genome cannot be read
  public static SpliceModel fit(SpliceModel model, List<SpliceTraining.Source> sources)
      throws IOException {
    var counts = new Temperatures();
    SpliceModel plain = model.withTemperatures(1, 1);
    for (SpliceTraining.Source source : sources) {
      for (String contig : source.validation()) {
        LabelledScan.run(
            plain,
            source.labels(),
            contig,
            base -> {
              double[][] to = base.isSite() ? counts.sites : counts.others;
              to[base.site().ordinal()][bin(base.score())]++;
            });
      }
    }
    return model.withTemperatures(counts.best(0), counts.best(1));
  }

  private static int bin(double p) {
    double bounded = Math.clamp(p, 1e-9, 1 - 1e-7);
    double logit = Math.clamp(Math.log(bounded / (1 - bounded)), -LARGEST_LOGIT, LARGEST_LOGIT);
    return Math.min(BINS - 1, (int) ((logit + LARGEST_LOGIT) / (2 * LARGEST_LOGIT) * BINS));
  }

  /// Golden-section search over log T between 1/4 and 4.
  private double best(int site) {
    DoubleUnaryOperator loss = logT -> loss(site, Math.exp(logT));
    double low = Math.log(0.25);
    double high = Math.log(4);
    while (high - low > 1e-4) {
      double a = high - GOLDEN * (high - low);
      double b = low + GOLDEN * (high - low);
      if (loss.applyAsDouble(a) < loss.applyAsDouble(b)) {
        high = b;
      } else {
        low = a;
      }
    }
    return Math.exp((low + high) / 2);
  }

  private double loss(int site, double temperature) {
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
      double logit = ((i + 0.5) / BINS * 2 - 1) * LARGEST_LOGIT / temperature;
      sum += sites[site][i] * Math.log1p(Math.exp(-logit));
      sum += others[site][i] * Math.log1p(Math.exp(logit));
    }
    return sum;
  }
}
