package org.costate.genomics.baseline;

import static org.costate.graph.Functions.sigmoidCrossEntropy;

import java.util.ArrayList;
import java.util.List;
import org.costate.genomics.Bases;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.train.BatchSource;
import org.costate.train.Example;
import org.costate.train.Trainer;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Unroll;

/// Logistic regression on the one-hot bases of the window: log-odds = wᵀx + b.
final class LogisticWindow {
  private static final int FEATURES = 4 * CandidateWindows.WIDTH;
  private static final int LANES = 256;
  private static final int EPOCHS = 8;

  private LogisticWindow() {}

  static WindowScorer.WindowModel train(CandidateWindows windows, long seed) {
    StepGraph step =
        StepGraph.define(
            "logistic regression",
            s -> {
              var w = s.shared("w", Initializer.zeros(), FEATURES);
              var logit = w.dot(s.input("x", FEATURES)).plus(s.shared("b", Initializer.zeros()));
              s.output("loss", sigmoidCrossEntropy(logit, s.input("target")));
            });
    Unroll unroll = Unroll.of(step, Precision.FLOAT, java.util.Set.of());
    Parameters parameters = Parameters.initialise(unroll.layout(), seed);
    var examples = new ArrayList<Example>();
    add(examples, windows.sites(), 1);
    add(examples, windows.others(), 0);
    long batches = (long) EPOCHS * BatchSource.batchesPerEpoch(examples.size(), LANES);
    try (var trainer =
        new Trainer(
            Objective.of(unroll),
            BatchSource.shuffled(examples, LANES, seed),
            parameters,
            Trainer.Settings.adam(0.01)
                .optimizer(Optimizer.Adam.decoupled(1e-3))
                .schedule(new Schedule.WarmupCosine(0.01, 10, batches))
                .slices(1)
                .seed(seed))) {
      trainer.until(batches);
    }
    double[] w = parameters.get("w");
    double b = parameters.get("b")[0];
    return (bases, start) -> {
      double sum = b;
      for (int i = 0; i < CandidateWindows.WIDTH; i++) {
        float[] fractions = Bases.fractions(bases[start + i]);
        for (int k = 0; k < 4; k++) {
          sum += w[4 * i + k] * fractions[k];
        }
      }
      return sum;
    };
  }

  private static void add(List<Example> to, List<byte[]> windows, double target) {
    for (byte[] window : windows) {
      double[] x = new double[FEATURES];
      for (int i = 0; i < window.length; i++) {
        float[] fractions = Bases.fractions(window[i]);
        for (int k = 0; k < 4; k++) {
          x[4 * i + k] = fractions[k];
        }
      }
      to.add(Example.of(1).with("x", x, FEATURES).with("target", new double[] {target}));
    }
  }
}
