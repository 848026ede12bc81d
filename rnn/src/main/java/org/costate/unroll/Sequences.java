package org.costate.unroll;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// A batch of sequences: the step inputs u by name, how long each lane is, and where a lane starts
/// afresh.
///
/// A lane shorter than the horizon is padded. On padding the state is held, outputs are zero, and
/// nothing is differentiated, so padding, permuting or bucketing changes no output and no gradient;
/// what the padding holds does not matter.
public final class Sequences {
  private final int lanes;
  private final int horizon;
  private final int[] lengths;
  private final boolean[][] resets;
  private final Map<String, Series> inputs;

  private Sequences(
      int lanes, int horizon, int[] lengths, boolean[][] resets, Map<String, Series> inputs) {
    this.lanes = lanes;
    this.horizon = horizon;
    this.lengths = lengths;
    this.resets = resets;
    this.inputs = Collections.unmodifiableMap(inputs);
  }

  /// A batch without inputs yet, of lanes as long as the horizon.
  ///
  /// @param lanes the number of lanes, at least 1
  /// @param horizon the number of steps T, at least 1
  /// @return the batch
  public static Sequences of(int lanes, int horizon) {
    if (lanes < 1 || horizon < 1) {
      throw new IllegalArgumentException(
          "Sequences: a batch needs at least one lane and one step, got %d lanes and %d steps."
              .formatted(lanes, horizon));
    }
    return new Sequences(lanes, horizon, null, null, new LinkedHashMap<>());
  }

  /// This batch with one more input.
  ///
  /// @param name the name of the step input
  /// @param series its values
  /// @return the new batch
  public Sequences with(String name, Series series) {
    if (series.lanes() != lanes || series.horizon() != horizon) {
      throw new IllegalArgumentException(
          "Sequences: input '%s' must have %d lanes and %d steps, got %d and %d."
              .formatted(name, lanes, horizon, series.lanes(), series.horizon()));
    }
    var copy = new LinkedHashMap<>(inputs);
    copy.put(name, series);
    return new Sequences(lanes, horizon, lengths, resets, copy);
  }

  /// This batch with the length of each lane.
  ///
  /// @param given one length for each lane, 0 … T; 0 is a lane that has ended
  /// @return the new batch
  public Sequences lengths(int... given) {
    if (given.length != lanes) {
      throw new IllegalArgumentException(
          "Sequences: %d lanes need as many lengths, got %d.".formatted(lanes, given.length));
    }
    for (int lane = 0; lane < lanes; lane++) {
      if (given[lane] < 0 || given[lane] > horizon) {
        throw new IllegalArgumentException(
            "Sequences: lane %d has length %d, but the batch has %d steps."
                .formatted(lane, given[lane], horizon));
      }
    }
    boolean full = Arrays.stream(given).allMatch(n -> n == horizon);
    return new Sequences(lanes, horizon, full ? null : given.clone(), resets, inputs);
  }

  /// This batch with places where a lane starts a new sequence: before step t its state becomes
  /// zero, and no gradient passes.
  ///
  /// @param given `[T][lanes]`; a null row resets nothing
  /// @return the new batch
  public Sequences resets(boolean[][] given) {
    if (given.length != horizon) {
      throw new IllegalArgumentException(
          "Sequences: %d steps need as many rows of resets, got %d."
              .formatted(horizon, given.length));
    }
    return new Sequences(lanes, horizon, lengths, given.clone(), inputs);
  }

  /// The number of lanes.
  ///
  /// @return the batch size B
  public int lanes() {
    return lanes;
  }

  /// The number of steps.
  ///
  /// @return T
  public int horizon() {
    return horizon;
  }

  /// The length of a lane.
  ///
  /// @param lane the lane
  /// @return its length
  public int length(int lane) {
    return lengths == null ? horizon : lengths[lane];
  }

  /// Whether some lane is shorter than the horizon.
  ///
  /// @return whether there is padding
  public boolean padded() {
    return lengths != null;
  }

  /// Whether a step of a lane is real, not padding.
  ///
  /// @param t the step
  /// @param lane the lane
  /// @return whether it is real
  public boolean active(int t, int lane) {
    return lengths == null || t < lengths[lane];
  }

  /// The number of real steps of all lanes.
  ///
  /// @return Σ lengths
  public long activeSteps() {
    return lengths == null ? (long) lanes * horizon : Arrays.stream(lengths).asLongStream().sum();
  }

  /// Which lanes start afresh before a step.
  ///
  /// @param t the step
  /// @return one flag for each lane, or null for none
  public boolean[] resets(int t) {
    return resets == null ? null : resets[t];
  }

  /// The inputs by name.
  ///
  /// @return the inputs
  public Map<String, Series> inputs() {
    return inputs;
  }

  /// One input.
  ///
  /// @param name its name
  /// @return its values
  public Series input(String name) {
    Series series = inputs.get(name);
    if (series == null) {
      throw new IllegalArgumentException(
          "Sequences: input '%s' is missing; there are %s.".formatted(name, inputs.keySet()));
    }
    return series;
  }

  /// The steps `from ≤ t < to` as a batch of its own.
  ///
  /// @param from the first step
  /// @param to the step after the last
  /// @return the batch; a lane that ends before `from` has length 0
  public Sequences window(int from, int to) {
    var parts = new LinkedHashMap<String, Series>();
    inputs.forEach((name, series) -> parts.put(name, series.window(from, to)));
    int[] part =
        lengths == null
            ? null
            : Arrays.stream(lengths).map(n -> Math.clamp(n - from, 0, to - from)).toArray();
    boolean[][] rows = resets == null ? null : Arrays.copyOfRange(resets, from, to);
    return new Sequences(lanes, to - from, part, rows, parts);
  }

  /// The lanes `from ≤ lane < to` as a batch of its own.
  ///
  /// @param from the first lane
  /// @param to the lane after the last
  /// @return the batch
  public Sequences slice(int from, int to) {
    var parts = new LinkedHashMap<String, Series>();
    inputs.forEach(
        (name, series) -> {
          int size = series.shape().size();
          double[][] steps = new double[series.horizon()][];
          for (int t = 0; t < steps.length; t++) {
            boolean same = t > 0 && series.steps()[t] == series.steps()[t - 1];
            steps[t] =
                same ? steps[t - 1] : Arrays.copyOfRange(series.steps()[t], from * size, to * size);
          }
          parts.put(name, new Series(series.shape(), to - from, steps));
        });
    int[] part = lengths == null ? null : Arrays.copyOfRange(lengths, from, to);
    boolean[][] rows = null;
    if (resets != null) {
      rows = new boolean[horizon][];
      for (int t = 0; t < horizon; t++) {
        rows[t] = resets[t] == null ? null : Arrays.copyOfRange(resets[t], from, to);
      }
    }
    return new Sequences(to - from, horizon, part, rows, parts);
  }

  /// This batch and then another one, step after step; both of the same lanes. A lane of this batch
  /// must not have ended before the next begins, unless it stays ended.
  Sequences then(Sequences next) {
    var parts = new LinkedHashMap<String, Series>();
    inputs.forEach((name, series) -> parts.put(name, series.then(next.input(name))));
    int[] both = null;
    if (lengths != null || next.lengths != null) {
      both = new int[lanes];
      for (int lane = 0; lane < lanes; lane++) {
        both[lane] = length(lane) < horizon ? length(lane) : horizon + next.length(lane);
      }
    }
    boolean[][] rows = null;
    if (resets != null || next.resets != null) {
      rows = new boolean[horizon + next.horizon][];
      for (int t = 0; t < rows.length; t++) {
        rows[t] = t < horizon ? resets(t) : next.resets(t - horizon);
      }
    }
    return new Sequences(lanes, horizon + next.horizon, both, rows, parts);
  }
}
