package org.costate.automata.learn;

import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Recording;

/// Two-state frames in which each cell was flipped with probability q, independently.
///
/// The counts of (neighbourhood, next state) are a table on the hypercube `{0, 1}^(n+1)`. Flips act
/// on each axis by M = [[1−q, q], [q, 1−q]]; multiplying each axis by M⁻¹ = [[1−q, −q], [−q,
/// 1−q]]/(1−2q) gives the counts without flips, which are pooled by entry. q is where the rule that
/// is read off them makes the observed next states most likely, given the observed neighbourhoods.
public final class FlipChannel {
  private static final double LARGEST = 0.35;
  private static final int GRID = 70;
  private static final int ITERATIONS = 25;

  /// Nats by which the other output must be less likely.
  private static final double EVIDENCE = 6;

  /// Beyond this rate the inverse amplifies errors of the rate itself; more evidence is asked for.
  private static final double MANY_FLIPS = 0.16;

  /// How far from 0 and 1 a deterministic entry may come out, for the flip rate is not exact.
  private static final double SLACK = 0.1;

  private FlipChannel() {}

  /// What was found for one class.
  ///
  /// @param flipRate q
  /// @param likeliest the most likely next state of each entry
  /// @param outputs the same where the frames are clear about it, −1 elsewhere
  /// @param standardError the standard error of the estimated probability that an entry gives 1
  /// @param probability that estimate
  /// @param logLikelihood of the next states given the neighbourhoods, nats
  public record Estimate(
      double flipRate,
      int[] likeliest,
      int[] outputs,
      double[] standardError,
      double[] probability,
      double logLikelihood) {
    /// Whether every entry could be deterministic.
    ///
    /// @return whether each inverted probability lies near 0 or 1
    boolean deterministic() {
      for (int e = 0; e < probability.length; e++) {
        if (!FlipChannel.deterministic(probability[e], standardError[e])) {
          return false;
        }
      }
      return true;
    }
  }

  /// The counts of all pairs of frames on the hypercube: `[2ⁿ · 2]`, entry · 2 + next state.
  ///
  /// @param recording frames of two states
  /// @param boundary what lies beyond the edge, or null
  /// @param cells the neighbourhood
  /// @return the counts
  static double[] counts(Recording recording, Boundary boundary, Neighbourhood cells) {
    double[] counts = new double[2 << cells.size()];
    if (recording.hasUnknown() || cells.radius() > 1) {
      long[][] slow = Transitions.count(recording, boundary, RuleClass.table(2, cells));
      for (int i = 0; i < slow.length; i++) {
        counts[2 * i] = slow[i][0];
        counts[2 * i + 1] = slow[i][1];
      }
      return counts;
    }
    for (Lattice[] pair : Transitions.pairs(recording)) {
      long[] joint = Transitions.joint(pair[0], pair[1], boundary, cells);
      for (int i = 0; i < joint.length; i++) {
        counts[i] += joint[i];
      }
    }
    return counts;
  }

  /// Multiplies each axis by [[a, b], [b, a]].
  static double[] transform(double[] table, double a, double b) {
    double[] out = table.clone();
    for (int bit = 1; bit < out.length; bit <<= 1) {
      for (int i = 0; i < out.length; i++) {
        if ((i & bit) == 0) {
          double x = out[i];
          double y = out[i | bit];
          out[i] = a * x + b * y;
          out[i | bit] = b * x + a * y;
        }
      }
    }
    return out;
  }

  /// The counts without flips.
  static double[] invert(double[] counts, double q) {
    return transform(counts, (1 - q) / (1 - 2 * q), -q / (1 - 2 * q));
  }

  /// Estimates rule and flip rate.
  ///
  /// @param counts the counts on the hypercube
  /// @param entryOf the entry of each neighbourhood
  /// @param entries the number of entries
  /// @return the estimate
  static Estimate estimate(double[] counts, int[] entryOf, int entries) {
    double q = 0;
    double best = Double.NEGATIVE_INFINITY;
    for (int i = 0; i <= GRID; i++) {
      double rate = LARGEST * i / GRID;
      double l = logLikelihood(counts, entryOf, inverted(counts, entryOf, entries, rate), rate);
      if (l > best) {
        best = l;
        q = rate;
      }
    }
    int[] rule = inverted(counts, entryOf, entries, q);
    return stated(counts, entryOf, rule, refine(counts, entryOf, rule, q, LARGEST / GRID), best);
  }

  /// The most likely rate near q.
  private static double refine(double[] counts, int[] entryOf, int[] rule, double q, double step) {
    double low = Math.max(0, q - step);
    double high = Math.min(LARGEST, q + step);
    for (int i = 0; i < 16; i++) {
      double a = low + (high - low) / 3;
      double b = high - (high - low) / 3;
      if (logLikelihood(counts, entryOf, rule, a) < logLikelihood(counts, entryOf, rule, b)) {
        low = a;
      } else {
        high = b;
      }
    }
    return (low + high) / 2;
  }

  /// An entry is stated if the other output is less likely by a factor of e⁶, taking the inverted
  /// probability p as normal with standard error s: |2p − 1| / 2s² > 6, and p is where a
  /// deterministic entry could be.
  private static Estimate stated(
      double[] counts, int[] entryOf, int[] rule, double q, double best) {
    int entries = rule.length;
    double[] ones = new double[entries];
    double[] all = new double[entries];
    pool(invert(counts, q), entryOf, ones, all);
    // The variance of a linear function Σ a_i N_i of counts is about Σ a_i² N_i.
    double[] variance = variance(counts, entryOf, entries, q, ones, all);
    double evidence = q > MANY_FLIPS ? 4 * EVIDENCE : EVIDENCE;
    int[] outputs = new int[entries];
    double[] probability = new double[entries];
    double[] error = new double[entries];
    for (int e = 0; e < entries; e++) {
      error[e] = all[e] > 0 ? Math.sqrt(variance[e]) / all[e] : Double.POSITIVE_INFINITY;
      probability[e] = all[e] > 0 ? ones[e] / all[e] : 0.5;
      double variance1 = error[e] * error[e];
      boolean clear = Math.abs(probability[e] - 0.5) > evidence * variance1;
      outputs[e] = clear && deterministic(probability[e], error[e]) ? rule[e] : -1;
    }
    return new Estimate(q, rule, outputs, error, probability, best);
  }

  /// Whether a probability could be 0 or 1.
  private static boolean deterministic(double p, double error) {
    return Math.min(Math.abs(p), Math.abs(1 - p)) < 4 * error + SLACK;
  }

  private static void pool(double[] table, int[] entryOf, double[] ones, double[] all) {
    for (int i = 0; i < entryOf.length; i++) {
      ones[entryOf[i]] += table[2 * i + 1];
      all[entryOf[i]] += table[2 * i] + table[2 * i + 1];
    }
  }

  /// The variance of ones − p · all for each entry: the inverse channel, transposed, applied to the
  /// entry's weights (1 − p on next state 1, −p on next state 0), squared, against the counts.
  private static double[] variance(
      double[] counts, int[] entryOf, int entries, double q, double[] ones, double[] all) {
    double[] variance = new double[entries];
    for (int e = 0; e < entries; e++) {
      double p = all[e] > 0 ? Math.clamp(ones[e] / all[e], 0, 1) : 0.5;
      double[] weights = new double[counts.length];
      for (int i = 0; i < entryOf.length; i++) {
        if (entryOf[i] == e) {
          weights[2 * i] = -p;
          weights[2 * i + 1] = 1 - p;
        }
      }
      double[] back = invert(weights, q);
      for (int i = 0; i < counts.length; i++) {
        variance[e] += back[i] * back[i] * counts[i];
      }
    }
    return variance;
  }

  /// The rule that the inverted counts give.
  private static int[] inverted(double[] counts, int[] entryOf, int entries, double q) {
    double[] ones = new double[entries];
    double[] all = new double[entries];
    pool(invert(counts, q), entryOf, ones, all);
    int[] rule = new int[entries];
    for (int e = 0; e < entries; e++) {
      rule[e] = ones[e] > 0.5 * all[e] ? 1 : 0;
    }
    return rule;
  }

  private static double logLikelihood(double[] counts, int[] entryOf, int[] rule, double q) {
    double[] inverted = invert(counts, q);
    double[] clean = new double[counts.length];
    for (int i = 0; i < entryOf.length; i++) {
      // A little everywhere, so that no neighbourhood is excluded by the noise of the inversion.
      clean[2 * i + rule[entryOf[i]]] = Math.max(0.5, inverted[2 * i] + inverted[2 * i + 1]);
    }
    return conditional(counts, transform(likeliest(clean, counts, q), 1 - q, q));
  }

  /// The most likely counts without flips on the support of a first guess, by expectation
  /// maximisation (Richardson 1972, Lucy 1974).
  private static double[] likeliest(double[] guess, double[] counts, double q) {
    double[] clean = guess;
    for (int i = 0; i < ITERATIONS; i++) {
      double[] seen = transform(clean, 1 - q, q);
      for (int j = 0; j < seen.length; j++) {
        seen[j] = seen[j] > 0 ? counts[j] / seen[j] : 0;
      }
      double[] factor = transform(seen, 1 - q, q);
      for (int j = 0; j < factor.length; j++) {
        factor[j] *= clean[j];
      }
      clean = factor;
    }
    return clean;
  }

  /// Σ N log P(next | neighbourhood) under a model of the joint counts.
  private static double conditional(double[] counts, double[] model) {
    double sum = 0;
    for (int i = 0; i < counts.length; i += 2) {
      double total = Math.max(model[i], 0) + Math.max(model[i + 1], 0);
      for (int s = 0; s < 2; s++) {
        if (counts[i + s] > 0) {
          double p = total > 0 ? Math.max(model[i + s], 0) / total : 0.5;
          sum += counts[i + s] * Math.log(Math.max(p, 1e-9));
        }
      }
    }
    return sum;
  }

  /// Σ N log P(next | neighbourhood) of a stochastic rule of a class, at its most likely
  /// probabilities.
  ///
  /// @param counts the counts by entry and next state
  /// @return the log likelihood, nats
  static double stochastic(List<long[]> counts) {
    double sum = 0;
    for (long[] entry : counts) {
      long total = 0;
      for (long n : entry) {
        total += n;
      }
      for (long n : entry) {
        sum += n == 0 ? 0 : n * Math.log((double) n / total);
      }
    }
    return sum;
  }
}
