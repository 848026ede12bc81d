package org.costate.unroll;

import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.costate.internal.code.Element;
import org.costate.internal.exec.Bound;
import org.costate.internal.exec.CompiledProgram;
import org.costate.internal.exec.CompiledSession;

/// The loops over time of the compiled executor, for one slice of the lanes of a batch.
///
/// Kept steps are the *slots* of the session; slot 0 is step `first`. The save policy says how many
/// slots there are and before which steps the state is saved; steps whose slots have been used for
/// others are run again from the nearest saved state.
final class SliceTape {
  private final Sequences batch;
  private final CompiledProgram program;
  private final CompiledSession session;
  private final Unroll unroll;
  private final SavePolicy save;
  private final int from;
  private final int lanes;
  private final boolean separate;
  private final int block;
  private final NavigableMap<Integer, Object[]> saved = new TreeMap<>();
  private Object[][] inputs;

  /// The steps `first ≤ t < end` are in the slots.
  private int first;

  private int end;
  private long forwardSteps;

  SliceTape(Unroll unroll, Sequences batch, int from, int to, SavePolicy concrete) {
    this.unroll = unroll;
    this.batch = batch;
    this.program = unroll.compiled();
    this.save = concrete;
    this.from = from;
    this.lanes = to - from;
    this.separate = anyResets(batch);
    int horizon = batch.horizon();
    int kept = concrete == null ? horizon : SavePolicies.frames(concrete, horizon);
    this.block = program.blockSteps(lanes, kept);
    boolean forward = concrete == null;
    this.session = unroll.acquire(lanes, forward ? block : kept, block, separate, forward);
    session.firstLane(from);
    session.expect(horizon);
  }

  private static boolean anyResets(Sequences batch) {
    for (int t = 0; t < batch.horizon(); t++) {
      if (batch.resets(t) != null) {
        return true;
      }
    }
    return false;
  }

  /// Takes parameters, before the first pass and whenever they are others.
  void bind(Bound bound) {
    session.bind(bound);
  }

  void release() {
    unroll.release(session, lanes, separate);
  }

  // ---- forward

  /// @param initial x₀ by carry
  /// @param u the inputs, `[input][t]` an array with all lanes
  /// @param outputs likewise, to be written to
  /// @param last x_T by carry, to be written to
  void forward(double[][] initial, Object[][] u, Object[][] outputs, double[][] last) {
    inputs = u;
    int horizon = batch.horizon();
    session.state().set(0, initial, from);
    switch (save) {
      case null -> {
        for (int t = 0; t < horizon; t += block) {
          int steps = Math.min(block, horizon - t);
          run(0, t, steps, outputs);
          session.state().move(steps, 0);
        }
        session.state().get(0, last, from);
      }
      case SavePolicy.Every(int k) -> {
        for (int t = 0; t < horizon; t += Math.min(k, horizon)) {
          if (k < horizon) {
            saved.put(t, session.state().save(0));
          }
          int steps = Math.min(k, horizon - t);
          run(0, t, steps, outputs);
          first = t;
          end = t + steps;
          if (end < horizon) {
            session.state().move(steps, 0);
          }
        }
        session.state().get(end - first, last, from);
      }
      case SavePolicy.Binomial(int c) -> {
        int next = 0;
        for (int t = 0; t < horizon; t++) {
          if (t == next) {
            saved.put(t, session.state().save(0));
            next = SavePolicies.nextSnapshot(saved, t, horizon, c);
          }
          run(0, t, 1, outputs);
          first = t;
          end = t + 1;
          if (end < horizon) {
            session.state().move(1, 0);
          }
        }
        session.state().get(1, last, from);
      }
      case SavePolicy.All _, SavePolicy.Budget _ -> throw SavePolicies.notConcrete();
    }
  }

  /// Runs some steps, step `t` in a slot, in blocks; `outputs` may be null.
  private void run(int slot, int t, int steps, Object[][] outputs) {
    for (int done = 0; done < steps; done += block) {
      runBlock(slot + done, t + done, Math.min(block, steps - done), outputs);
    }
    forwardSteps += steps;
  }

  private void runBlock(int slot, int t, int steps, Object[][] outputs) {
    for (int k = 0; k < inputs.length; k++) {
      for (int i = 0; i < steps; i++) {
        session.input(k, slot + i, i, inputs[k][t + i], from);
      }
    }
    session.before(slot, steps);
    if (separate || batch.padded()) {
      for (int i = 0; i < steps; i++) {
        reset(slot + i, t + i);
        session.steps(slot + i, i, 1);
        hold(slot + i, t + i);
      }
    } else {
      session.steps(slot, 0, steps);
    }
    session.after(slot, steps);
    for (int k = 0; outputs != null && k < outputs.length; k++) {
      for (int i = 0; i < steps; i++) {
        session.output(k, slot + i, i, outputs[k][t + i], from);
        if (batch.padded()) {
          clearPadding(t + i, outputs[k][t + i]);
        }
      }
    }
  }

  private void reset(int slot, int t) {
    boolean[] flags = batch.resets(t);
    if (flags != null) {
      for (int lane = 0; lane < lanes; lane++) {
        if (flags[from + lane]) {
          session.state().clearLane(slot, lane);
        }
      }
    }
  }

  /// On padding the state is held.
  private void hold(int slot, int t) {
    if (batch.padded()) {
      for (int lane = 0; lane < lanes; lane++) {
        if (!batch.active(t, from + lane)) {
          session.state().copyLane(slot, slot + 1, lane);
        }
      }
    }
  }

  private void clearPadding(int t, Object array) {
    Element element = Element.of(array);
    int size = element.length(array) / batch.lanes();
    for (int lane = from; lane < from + lanes; lane++) {
      if (!batch.active(t, lane)) {
        element.fill(array, lane * size, size, 0);
      }
    }
  }

  // ---- what is kept

  /// Reads the state before a step; false if it was not kept.
  boolean readState(int t, double[][] x) {
    boolean here = t >= first && t < end;
    if (here) {
      session.state().get(t - first, x, from);
    }
    return here;
  }

  long savedBytes() {
    long kept = (long) (end - first) * (unroll.frameBytes(lanes) + unroll.stateBytes(lanes));
    return kept + saved.size() * unroll.stateBytes(lanes);
  }

  long forwardSteps() {
    return forwardSteps;
  }

  /// Makes sure that step `t` is in a slot.
  private void recall(int t) {
    if (t >= first && t < end) {
      return;
    }
    int at = saved.floorKey(t);
    session.state().load(0, saved.get(at));
    if (save instanceof SavePolicy.Binomial(int c)) {
      int next = SavePolicies.nextSnapshot(saved, at, t + 1, c);
      for (; at < t; at++) {
        run(0, at, 1, null);
        session.state().move(1, 0);
        if (at + 1 == next) {
          saved.put(next, session.state().save(0));
          next = SavePolicies.nextSnapshot(saved, next, t + 1, c);
        }
      }
    }
    first = at;
    end = t + 1;
    run(0, first, end - first, null);
  }

  // ---- backward

  private Seeds seeds;
  private Sweep sweep;
  private CompiledTape.Backward results;
  private double[][] sums;
  private double[] costateSquares;
  private int[] outputSizes;
  private List<String> outputNames;
  private double[][] bars;
  private double[][] held;
  private int remaining;
  private boolean stepwise;
  private int blockStart;
  private int blockSlot;
  private int blockSteps;
  private int sumBoundary;

  /// @param bySteps whether the caller takes the sums of each step with [#drainInto]
  void beginBackward(Seeds given, Sweep how, CompiledTape.Backward target, boolean bySteps) {
    stepwise = bySteps;
    seeds = given;
    sweep = how;
    results = target;
    costateSquares = new double[batch.horizon() + 1];
    var outputs = unroll.step().outputs();
    outputNames = List.copyOf(outputs.keySet());
    outputSizes =
        outputs.values().stream().mapToInt(id -> unroll.step().shape(id).size()).toArray();
    bars = new double[outputSizes.length][];
    for (int i = 0; i < bars.length; i++) {
      bars[i] = new double[lanes * outputSizes[i]];
    }
    int state = unroll.step().carries().stream().mapToInt(c -> c.shape().size()).sum();
    held = batch.padded() ? new double[lanes][state] : null;
    remaining = batch.horizon();
    sumBoundary = program.stepsPerSum(lanes);
    session.costate().clear(0);
    if (seeds.finalState() != null) {
      double[][] lambda = new double[unroll.step().carries().size()][];
      for (int i = 0; i < lambda.length; i++) {
        lambda[i] = seeds.finalState().get(unroll.step().carries().get(i).name());
      }
      session.costate().set(0, lambda, from);
    }
    keep(batch.horizon(), 0);
  }

  /// How many steps the next block back from step `from` has.
  int nextSteps(int from) {
    recall(from - 1);
    int boundary = (from - 1) / sumBoundary * sumBoundary;
    return from - Math.max(Math.max(first, boundary), from - block);
  }

  /// Goes back over the next block of at most `most` steps; false at the beginning of the sequence.
  boolean back(int most) {
    if (remaining == 0) {
      return false;
    }
    int steps = Math.min(most, nextSteps(remaining));
    int low = remaining - steps;
    int boundary = (remaining - 1) / sumBoundary * sumBoundary;
    session.costate().move(0, steps);
    seed(low, steps);
    session.backBefore(low - first, steps);
    if (interferes()) {
      for (int i = steps - 1; i >= 0; i--) {
        step(low + i, i);
      }
    } else {
      session.backSteps(low - first + steps - 1, steps - 1, steps);
      for (int i = steps - 1; i >= 0; i--) {
        keep(low + i, i);
      }
    }
    session.backAfter(low - first, steps);
    for (int k = 0; k < results.inputBars.length; k++) {
      for (int i = 0; results.inputBars[k] != null && i < steps; i++) {
        Object bar = results.inputBars[k][low + i];
        session.inputBar(k, low + i - first, i, bar, from);
        if (batch.padded()) {
          clearPadding(low + i, bar);
        }
      }
    }
    if (low == boundary && low > 0 && !stepwise) {
      sums = sums == null ? program.sums() : sums;
      session.drain(sums);
    }
    blockStart = low;
    blockSlot = low - first;
    blockSteps = steps;
    remaining = low;
    if (low == first) {
      saved.remove(low);
      end = first;
    }
    if (remaining == 0) {
      session.costate().get(0, results.initial, from);
    }
    return true;
  }

  private void seed(int t, int steps) {
    for (int i = 0; i < bars.length; i++) {
      String name = outputNames.get(i);
      if (seeds.uniform(name, t) && !batch.padded()) {
        session.seed(i, steps, seeds.weight(name));
      } else {
        for (int local = 0; local < steps; local++) {
          Object row = batch.padded() ? null : seeds.row(name, t + local);
          if (row != null) {
            session.seed(i, local, row, from);
          } else {
            seeds.fill(name, t + local, batch, from, lanes, bars[i]);
            session.seed(i, local, bars[i], 0);
          }
        }
      }
    }
  }

  /// Whether a costate is changed between two steps.
  private boolean interferes() {
    return separate
        || batch.padded()
        || sweep.lookback() < batch.horizon()
        || sweep.costateLimit() < Double.POSITIVE_INFINITY;
  }

  private void step(int t, int local) {
    if (batch.horizon() - t > sweep.lookback()) {
      session.costate().clear(local + 1);
    }
    if (held != null) {
      for (int lane = 0; lane < lanes; lane++) {
        if (!batch.active(t, from + lane)) {
          session.costate().getLane(local + 1, lane, held[lane]);
          session.costate().clearLane(local + 1, lane);
        }
      }
    }
    session.backSteps(t - first, local, 1);
    if (held != null) {
      for (int lane = 0; lane < lanes; lane++) {
        if (!batch.active(t, from + lane)) {
          session.costate().putLane(local, lane, held[lane]);
        }
      }
    }
    clip(local);
    keep(t, local);
    boolean[] flags = batch.resets(t);
    if (flags != null) {
      for (int lane = 0; lane < lanes; lane++) {
        if (flags[from + lane]) {
          session.costate().clearLane(local, lane);
        }
      }
    }
  }

  private void clip(int local) {
    double limit = sweep.costateLimit();
    if (limit == Double.POSITIVE_INFINITY) {
      return;
    }
    for (int lane = 0; lane < lanes; lane++) {
      double norm = Math.sqrt(session.costate().squares(local, lane));
      if (norm > limit) {
        session.costate().scale(local, lane, limit / norm);
      }
    }
  }

  private void keep(int t, int local) {
    if (results.costates != null) {
      session.costate().get(local, results.costates[t], from);
    }
    if (sweep.recordFlow()) {
      for (int lane = 0; lane < lanes; lane++) {
        costateSquares[t] += session.costate().squares(local, lane);
      }
    }
  }

  /// The sums over the lanes of this slice and the steps gone back since the last call, added to
  /// the totals.
  void drainInto(double[][] step) {
    session.drain(step);
  }

  CompiledSession session() {
    return session;
  }

  /// The first step of the block that was gone back over last.
  int blockStart() {
    return blockStart;
  }

  int blockSteps() {
    return blockSteps;
  }

  /// The slot of its first step.
  int blockSlot() {
    return blockSlot;
  }

  /// Adds a piece of Σ over lanes and steps to doubles, once the sweep is done.
  ///
  /// @param sum which, in the order of [CompiledProgram#sums]
  /// @param first where the piece begins, in units of [CompiledSession#sumRows]
  /// @param end where it ends
  /// @param to doubles
  /// @param at where the whole sum begins among them
  void drain(int sum, int first, int end, double[] to, int at) {
    if (sums != null) {
      int rows = session.sumRows(sum);
      for (int j = first * rows; j < end * rows; j++) {
        to[at + j] += sums[sum][j];
      }
    }
    session.drain(sum, first, end, to, at);
  }

  /// ‖λₜ‖² over the lanes of this slice.
  double[] costateSquares() {
    return costateSquares;
  }
}
