package org.costate.optim;

/// Applies gradients in the one fixed order: unscale → finite? → norm → clip → update. A gradient
/// whose norm is not finite changes nothing and is counted.
public final class Updater {
  private final Optimizer optimizer;
  private final Schedule schedule;
  private final Clipping clipping;
  private final double l2;
  private final double[][] moments;
  private long updates;
  private long skipped;
  private long clipped;

  /// An updater with fresh moments.
  ///
  /// @param optimizer the rule
  /// @param schedule the learning rate
  /// @param clipping the limit of the gradient
  /// @param l2 the coupled weight decay w: w θ is added to the clipped gradient; 0 for none
  /// @param size the number of parameters
  public Updater(Optimizer optimizer, Schedule schedule, Clipping clipping, double l2, int size) {
    this.optimizer = optimizer;
    this.schedule = schedule;
    this.clipping = clipping;
    this.l2 = l2;
    this.moments = optimizer.newMoments(size);
  }

  /// What one call did.
  ///
  /// @param norm the norm of the gradient before clipping
  /// @param rate the learning rate
  /// @param applied whether θ was changed
  /// @param clipped whether the gradient was
  public record Outcome(double norm, double rate, boolean applied, boolean clipped) {}

  /// Updates the parameters in place.
  ///
  /// @param theta θ
  /// @param gradient g times `scale`; it is changed
  /// @param scale the loss scale, which is divided out first; 1 for none
  /// @return what was done
  public Outcome apply(double[] theta, double[] gradient, double scale) {
    double square = 0;
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] /= scale;
      square += gradient[i] * gradient[i];
    }
    double norm = Math.sqrt(square);
    double rate = schedule.rate(updates);
    if (!Double.isFinite(norm)) {
      skipped++;
      return new Outcome(norm, rate, false, false);
    }
    boolean limited = clipping.clip(gradient, norm);
    clipped += limited ? 1 : 0;
    if (l2 != 0) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] += l2 * theta[i];
      }
    }
    updates++;
    optimizer.update(theta, gradient, rate, updates, moments);
    return new Outcome(norm, rate, true, limited);
  }

  /// The updates done.
  ///
  /// @return the number
  public long updates() {
    return updates;
  }

  /// The updates skipped because the norm of the gradient was not finite.
  ///
  /// @return the number
  public long skipped() {
    return skipped;
  }

  /// The fraction of the updates whose gradient was clipped.
  ///
  /// @return 0 … 1
  public double clipRate() {
    return updates == 0 ? 0 : clipped / (double) updates;
  }

  /// The moments of the rule, not copies.
  ///
  /// @return the arrays
  public double[][] moments() {
    return moments;
  }

  /// The counters: updates, skipped, clipped.
  ///
  /// @return the numbers, to be given to [#restore]
  public long[] counters() {
    return new long[] {updates, skipped, clipped};
  }

  /// Goes on from a saved state; the moments are restored through [#moments].
  ///
  /// @param counters what [#counters] returned
  public void restore(long[] counters) {
    updates = counters[0];
    skipped = counters[1];
    clipped = counters[2];
  }
}
