package org.costate.unroll;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Truncated backpropagation over a stream: takes the sequence block by block and carries the state
/// across blocks, calls and, through [#save], runs. Memory does not depend on how many blocks there
/// were.
///
/// A block of `advance` steps is one window; the last may be shorter. See [Truncation.Window] for
/// what is differentiated.
public final class Windows {
  private final Recurrence recurrence;
  private final Truncation.Window truncation;
  private State state;

  /// The last steps before the next block, at most lookback − 1, and the state before each of them.
  private Sequences history;

  private List<State> historyStates = List.of();

  /// A stream that begins with a state.
  ///
  /// @param recurrence what is unrolled
  /// @param truncation advance and lookback
  /// @param initial the state before the first step
  public Windows(Recurrence recurrence, Truncation.Window truncation, State initial) {
    this.recurrence = recurrence;
    this.truncation = truncation;
    this.state = initial;
  }

  /// One window.
  ///
  /// @param rollout the outputs of the new steps, and the state after them
  /// @param cotangents θ̄ and the other cotangents; those over time include the lookback steps
  ///   before the block
  /// @param lookbackSteps how many steps before the block were evaluated again
  public record Result(Rollout rollout, Cotangents cotangents, int lookbackSteps) {}

  /// Evaluates and differentiates the next block.
  ///
  /// @param parameters θ
  /// @param block the next steps, at most `advance`
  /// @param seeds the cotangents of the block's outputs, with constant weights
  /// @param sweep how the pass is done; its lookback is replaced by the truncation's
  /// @return the window
  public Result next(Parameters parameters, Sequences block, Seeds seeds, Sweep sweep) {
    if (block.horizon() > truncation.advance()) {
      throw new IllegalArgumentException(
          "Windows.next: a block has at most advance = %d steps, got %d; cut it with Sequences.window."
              .formatted(truncation.advance(), block.horizon()));
    }
    int known = history == null ? 0 : history.horizon();
    int before = Math.clamp((long) truncation.lookback() - block.horizon(), 0, known);
    Sequences all = before == 0 ? block : history.window(known - before, known).then(block);
    State start = before == 0 ? state : historyStates.get(known - before);
    Tape tape = recurrence.forward(parameters, start, all);
    remember(block, tape, all.horizon(), known - before);
    var outputs = new LinkedHashMap<String, Series>();
    tape.rollout()
        .outputs()
        .forEach(
            (name, series) ->
                outputs.put(
                    name,
                    series.horizon() == all.horizon()
                        ? series.window(before, all.horizon())
                        : series));
    state = tape.rollout().finalState();
    Cotangents bar = tape.backward(seeds.since(before), sweep.lookback(truncation.lookback()));
    return new Result(new Rollout(outputs, state), bar, before);
  }

  /// Keeps the last lookback − 1 steps; the states of those that were just evaluated are the new
  /// ones.
  private void remember(Sequences block, Tape tape, int evaluated, int older) {
    int most = truncation.lookback() - 1;
    if (most == 0) {
      return;
    }
    Sequences seen = history == null ? block : history.then(block);
    var states = new ArrayList<State>(historyStates.subList(0, older));
    for (int t = 0; t < evaluated; t++) {
      states.add(tape.state(t));
    }
    int drop = Math.max(0, seen.horizon() - most);
    history = seen.window(drop, seen.horizon());
    historyStates = List.copyOf(states.subList(drop, states.size()));
  }

  /// The state after the last block.
  ///
  /// @return the state
  public State state() {
    return state;
  }

  /// Everything this stream is, as named arrays, so that it can go on in another run.
  ///
  /// @return the arrays
  public Map<String, double[]> save() {
    var arrays = new LinkedHashMap<String, double[]>();
    state.values().forEach((name, array) -> arrays.put("state/" + name, array.clone()));
    int steps = history == null ? 0 : history.horizon();
    arrays.put("history", new double[] {steps});
    for (int t = 0; t < steps; t++) {
      String prefix = "historyState/" + t + "/";
      historyStates
          .get(t)
          .values()
          .forEach((name, array) -> arrays.put(prefix + name, array.clone()));
      boolean[] resets = history.resets(t);
      if (resets != null) {
        double[] flags = new double[resets.length];
        java.util.Arrays.setAll(flags, lane -> resets[lane] ? 1 : 0);
        arrays.put("history/resets/" + t, flags);
      }
      for (var input : history.inputs().entrySet()) {
        arrays.put(
            "history/%s/%d".formatted(input.getKey(), t), input.getValue().steps()[t].clone());
      }
    }
    if (history != null) {
      double[] lengths = new double[history.lanes()];
      java.util.Arrays.setAll(lengths, history::length);
      arrays.put("history/lengths", lengths);
    }
    return arrays;
  }

  /// Goes on where [#save] was called.
  ///
  /// @param arrays what it returned
  public void restore(Map<String, double[]> arrays) {
    state = part(arrays, "state/");
    int steps = (int) arrays.get("history")[0];
    history = null;
    var states = new ArrayList<State>();
    for (int t = 0; t < steps; t++) {
      states.add(part(arrays, "historyState/" + t + "/"));
    }
    historyStates = List.copyOf(states);
    if (steps > 0) {
      int lanes = state.lanes();
      history =
          Sequences.of(lanes, steps)
              .lengths(
                  java.util.Arrays.stream(arrays.get("history/lengths"))
                      .mapToInt(v -> (int) v)
                      .toArray());
      boolean[][] resets = new boolean[steps][];
      boolean any = false;
      for (int t = 0; t < steps; t++) {
        double[] flags = arrays.get("history/resets/" + t);
        if (flags != null) {
          any = true;
          resets[t] = new boolean[lanes];
          for (int lane = 0; lane < lanes; lane++) {
            resets[t][lane] = flags[lane] != 0;
          }
        }
      }
      history = any ? history.resets(resets) : history;
      for (var input : recurrence.inputs().entrySet()) {
        double[][] rows = new double[steps][];
        for (int t = 0; t < steps; t++) {
          rows[t] = arrays.get("history/%s/%d".formatted(input.getKey(), t)).clone();
        }
        history = history.with(input.getKey(), new Series(input.getValue(), lanes, rows));
      }
    }
  }

  private State part(Map<String, double[]> arrays, String prefix) {
    var values = new LinkedHashMap<String, double[]>();
    arrays.forEach(
        (name, array) -> {
          if (name.startsWith(prefix)) {
            values.put(name.substring(prefix.length()), array.clone());
          }
        });
    return new State(state.lanes(), values);
  }

  /// The truncated gradient of a whole batch without updates in between: the sum over its windows.
  ///
  /// @param recurrence what is unrolled
  /// @param truncation advance and lookback
  /// @param parameters θ
  /// @param initial x₀
  /// @param inputs u
  /// @param seeds the cotangents of the outputs, with constant weights
  /// @return θ̄
  public static Parameters gradient(
      Recurrence recurrence,
      Truncation.Window truncation,
      Parameters parameters,
      State initial,
      Sequences inputs,
      Seeds seeds) {
    var windows = new Windows(recurrence, truncation, initial);
    double[] total = null;
    for (int t = 0; t < inputs.horizon(); t += truncation.advance()) {
      Sequences block = inputs.window(t, Math.min(inputs.horizon(), t + truncation.advance()));
      double[] bar =
          windows.next(parameters, block, seeds, Sweep.full()).cotangents().parameters().values();
      if (total == null) {
        total = bar;
      } else {
        for (int i = 0; i < total.length; i++) {
          total[i] += bar[i];
        }
      }
    }
    return new Parameters(parameters.layout(), total);
  }
}
