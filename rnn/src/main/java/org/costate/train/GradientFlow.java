package org.costate.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.unroll.Flow;

/// Records how gradients flowed over time during training, and says in plain words when something
/// is wrong.
///
/// Attach it as a listener of a trainer that records flow (`Settings.flowEvery`).
public final class GradientFlow implements TrainingListener {
  private static final double REACH_FRACTION = 0.01;

  /// The flow at one update.
  ///
  /// @param update the number of the update
  /// @param flow the norms over time of each scan
  /// @param parameters the norms of each parameter
  public record Frame(
      long update, Map<String, Flow> flow, Map<String, Update.ParameterNorms> parameters) {}

  private final List<Frame> frames = new ArrayList<>();
  private long updates;
  private long clipped;
  private long skipped;

  /// A recorder without frames.
  public GradientFlow() {}

  @Override
  public void onUpdate(Update update) {
    updates++;
    clipped += update.outcome().clipped() ? 1 : 0;
    skipped += update.outcome().applied() ? 0 : 1;
    if (!update.flow().isEmpty()) {
      frames.add(new Frame(update.updates(), update.flow(), update.parameters()));
    }
  }

  /// The frames recorded so far.
  ///
  /// @return the frames, oldest first
  public List<Frame> frames() {
    return List.copyOf(frames);
  }

  /// The fraction of updates whose gradient was clipped.
  ///
  /// @return 0 … 1
  public double clipRate() {
    return updates == 0 ? 0 : clipped / (double) updates;
  }

  /// How many updates were skipped because the gradient was not finite.
  ///
  /// @return the number
  public long skipped() {
    return skipped;
  }

  /// How a costate changes on its way back from where it is largest.
  ///
  /// @param halfLife the steps in which its norm halves, by a straight line through its logarithm;
  ///   +∞ if it does not shrink
  /// @param growth the factor by which it grows at each step back; above 1 it explodes
  /// @param reach the steps back until it is below a hundredth of its largest value, or the whole
  ///   stretch
  /// @param stretch the steps from its largest value to the beginning
  public record Decay(double halfLife, double growth, int reach, int stretch) {}

  /// Measures the decay of a costate.
  ///
  /// @param costateNorm ‖λₜ‖ for t = 0 … T
  /// @return the decay
  public static Decay decay(double[] costateNorm) {
    int last = costateNorm.length - 1;
    int start = last;
    while (start > 0 && costateNorm[start] == 0) {
      start--;
    }
    double first = costateNorm[start];
    int reach = start;
    for (int t = start; t >= 0; t--) {
      if (costateNorm[t] < REACH_FRACTION * first) {
        reach = start - t;
        break;
      }
    }
    double n = 0;
    double sumK = 0;
    double sumY = 0;
    double sumKk = 0;
    double sumKy = 0;
    for (int t = start; t >= 0 && costateNorm[t] > 1e-250 && costateNorm[t] > 1e-12 * first; t--) {
      double k = start - t;
      double y = Math.log(costateNorm[t]);
      n++;
      sumK += k;
      sumY += y;
      sumKk += k * k;
      sumKy += k * y;
    }
    double determinant = n * sumKk - sumK * sumK;
    double slope =
        determinant == 0
            ? (first > 0 && start > 0 ? Double.NEGATIVE_INFINITY : 0)
            : (n * sumKy - sumK * sumY) / determinant;
    double halfLife = slope < 0 ? -Math.log(2) / slope : Double.POSITIVE_INFINITY;
    return new Decay(halfLife, Math.exp(slope), reach, start);
  }

  /// The decay of each scan in the last frame.
  ///
  /// @return the decays by the name of the scan; empty before the first frame
  public Map<String, Decay> decays() {
    var decays = new LinkedHashMap<String, Decay>();
    if (!frames.isEmpty()) {
      frames.getLast().flow().forEach((scan, flow) -> decays.put(scan, decay(flow.costateNorm())));
    }
    return decays;
  }

  /// One line of advice for each threshold that is crossed.
  ///
  /// @param lag how many steps lie between what must be remembered and where it is needed
  /// @return the advice, empty if all is well
  public List<String> advice(int lag) {
    var lines = new ArrayList<String>();
    decays()
        .forEach(
            (scan, decay) -> {
              if (decay.growth() > 1 && Math.pow(decay.growth(), decay.stretch()) > 100) {
                lines.add(
                    "%s: the gradient grows by %.3g at each step back (%.2g over %d steps): clip by global norm, or start the recurrent matrix orthogonal."
                        .formatted(
                            scan,
                            decay.growth(),
                            Math.pow(decay.growth(), decay.stretch()),
                            decay.stretch()));
              } else if (decay.halfLife() * 5 < lag) {
                lines.add(
                    "%s: gradient half-life %.3g steps, but targets are %d steps away: raise the forget bias or the lookback."
                        .formatted(scan, decay.halfLife(), lag));
              }
            });
    if (clipRate() > 0.5) {
      lines.add(
          "%.0f %% of the updates were clipped: lower the learning rate or raise the limit."
              .formatted(100 * clipRate()));
    }
    if (skipped > 0) {
      lines.add(
          "%d updates were skipped because the gradient was not finite: lower the learning rate; FlightRecorder says where it began."
              .formatted(skipped));
    }
    if (!frames.isEmpty()) {
      parameterAdvice(frames.getLast(), lines);
    }
    return lines;
  }

  private static void parameterAdvice(Frame frame, List<String> lines) {
    int zeros = 0;
    for (var entry : frame.parameters().entrySet()) {
      Update.ParameterNorms norms = entry.getValue();
      zeros += norms.zeros();
      if (norms.weight() > 0 && norms.ratio() > 0.1) {
        lines.add(
            "%s changed by %.0f %% in one update (about 0.1 %% is usual): lower the learning rate."
                .formatted(entry.getKey(), 100 * norms.ratio()));
      }
      if (norms.gradient() == 0) {
        lines.add(
            "%s has no gradient at all: it is detached, dead (all units off), or its input is always zero."
                .formatted(entry.getKey()));
      }
    }
    if (zeros > 0) {
      lines.add(
          "%d parameters have exactly zero gradient (dead units, unused rows, or underflow)."
              .formatted(zeros));
    }
  }
}
