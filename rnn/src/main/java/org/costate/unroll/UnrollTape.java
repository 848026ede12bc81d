package org.costate.unroll;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.costate.graph.Parameter;
import org.costate.graph.StepGraph;
import org.costate.internal.exec.Program;

/// The forward and the backward loop over time: the only ones there are.
///
/// Memory is a set of *snapshots* (the state before some steps) and of *frames* (what the pullback
/// of some steps reads). The save policy says which are kept; a frame that is not there is made
/// again from the nearest snapshot before it.
final class UnrollTape implements Tape {
  private final Unroll unroll;
  private final Parameters parameters;
  private final Sequences batch;
  private final SavePolicy save;
  private final List<StepGraph.Carry> carries;
  private final double[][][] inputs;
  private final Unroll.Workspace workspace;
  private final boolean watching;
  private final Rollout rollout;
  private final NavigableMap<Integer, double[][]> snapshots = new TreeMap<>();
  private final Map<Integer, Program.Frame> frames = new java.util.HashMap<>();
  private final double[][] outputScratch;
  private long forwardSteps;
  private boolean consumed;
  private NonFinite nonFinite;

  UnrollTape(
      Unroll unroll, Parameters parameters, State initial, Sequences batch, SavePolicy save) {
    this(unroll, parameters, initial, batch, save, false);
  }

  UnrollTape(
      Unroll unroll,
      Parameters parameters,
      State initial,
      Sequences batch,
      SavePolicy save,
      boolean watching) {
    this.unroll = unroll;
    this.parameters = parameters;
    this.batch = batch;
    this.watching = watching;
    this.carries = unroll.step().carries();
    this.save =
        save == null ? null : SavePolicies.concrete(save, unroll, batch.horizon(), batch.lanes());
    this.inputs = arrange(unroll, batch);
    this.workspace = watching ? unroll.fresh(batch.lanes()) : unroll.acquire(batch.lanes());
    this.outputScratch = outputArrays(1)[0];
    if (watching) {
      workspace.session().watch();
    }
    workspace.session().bind(unroll.bind(parameters.layout(), parameters.values()));
    this.rollout = run(initial);
    if (save == null) {
      giveBack();
    }
  }

  /// The inputs as `[t][input][lanes · size]`, with padding made harmless.
  private static double[][][] arrange(Unroll unroll, Sequences batch) {
    List<String> names = unroll.inputNames();
    double[][][] all = new double[batch.horizon()][names.size()][];
    for (int i = 0; i < names.size(); i++) {
      Series series = batch.input(names.get(i));
      if (batch.padded()) {
        series = series.extended(batch);
      }
      if (unroll.precision() == Precision.FLOAT) {
        series = series.roundedToFloat();
      }
      for (int t = 0; t < all.length; t++) {
        all[t][i] = series.steps()[t];
      }
    }
    return all;
  }

  private double[][] newState() {
    double[][] state = new double[carries.size()][];
    for (int i = 0; i < state.length; i++) {
      state[i] = new double[batch.lanes() * carries.get(i).shape().size()];
    }
    return state;
  }

  private double[][][] outputArrays(int steps) {
    StepGraph step = unroll.step();
    double[][][] arrays = new double[steps][step.outputs().size()][];
    for (double[][] at : arrays) {
      int i = 0;
      for (int id : step.outputs().values()) {
        at[i++] = new double[batch.lanes() * step.shape(id).size()];
      }
    }
    return arrays;
  }

  private Program.Frame takeFrame() {
    Program.Frame frame = workspace.frames().poll();
    return frame != null ? frame : workspace.session().frame();
  }

  private void giveBack() {
    workspace.frames().addAll(frames.values());
    frames.clear();
    snapshots.clear();
    if (!watching) {
      unroll.release(batch.lanes(), workspace);
    }
    consumed = true;
  }

  // ---- forward
  // ------------------------------------------------------------------------------------------------------

  private Rollout run(State initial) {
    double[][] x = new double[carries.size()][];
    for (int i = 0; i < x.length; i++) {
      double[] given = initial.get(carries.get(i).name());
      x[i] = unroll.precision() == Precision.FLOAT ? State.roundedToFloat(given) : given.clone();
    }
    int horizon = batch.horizon();
    double[][][] outputs = outputArrays(horizon);
    Program.Frame scratch = takeFrame();
    int nextSnapshot = 0;
    for (int t = 0; t < horizon; t++) {
      reset(x, t);
      boolean framed = t == horizon - 1;
      switch (save) {
        case null -> framed = false;
        case SavePolicy.Every(int k) -> {
          framed = t >= (horizon - 1) / k * k;
          if (t % k == 0 || framed) {
            snapshots.put(t, x);
          }
        }
        case SavePolicy.Binomial(int c) -> {
          if (t == nextSnapshot) {
            snapshots.put(t, x);
            nextSnapshot = nextSnapshot(t, horizon, c);
          }
        }
        case SavePolicy.All _, SavePolicy.Budget _ -> throw SavePolicies.notConcrete();
      }
      Program.Frame frame = framed ? takeFrame() : scratch;
      double[][] next = newState();
      forward(t, x, frame, next, outputs[t]);
      if (framed) {
        frames.put(t, frame);
        snapshots.put(t, x);
      }
      x = next;
    }
    workspace.frames().add(scratch);
    return new Rollout(outputSeries(outputs), state(x));
  }

  private int nextSnapshot(int from, int end, int checkpoints) {
    return SavePolicies.nextSnapshot(snapshots, from, end, checkpoints);
  }

  private void forward(
      int t, double[][] x, Program.Frame frame, double[][] next, double[][] outputs) {
    workspace.session().forward(x, inputs[t], frame, next, outputs);
    forwardSteps++;
    look(t);
    if (batch.padded()) {
      for (int lane = 0; lane < batch.lanes(); lane++) {
        if (!batch.active(t, lane)) {
          copyLane(x, next, lane);
          clearLane(outputs, lane);
        }
      }
    }
  }

  private void look(int t) {
    if (watching && nonFinite == null) {
      workspace
          .session()
          .fault()
          .ifPresent(
              fault ->
                  nonFinite =
                      new NonFinite(
                          unroll.step().name(),
                          fault.what(),
                          t,
                          batch.horizon(),
                          fault.lane(),
                          fault.backward()));
    }
  }

  NonFinite nonFinite() {
    return nonFinite;
  }

  private void reset(double[][] x, int t) {
    boolean[] lanes = batch.resets(t);
    if (lanes != null) {
      for (int lane = 0; lane < lanes.length; lane++) {
        if (lanes[lane]) {
          clearLane(x, lane);
        }
      }
    }
  }

  private void copyLane(double[][] from, double[][] to, int lane) {
    for (int i = 0; i < to.length; i++) {
      int size = to[i].length / batch.lanes();
      System.arraycopy(from[i], lane * size, to[i], lane * size, size);
    }
  }

  private void clearLane(double[][] arrays, int lane) {
    for (double[] array : arrays) {
      if (array != null) {
        int size = array.length / batch.lanes();
        Arrays.fill(array, lane * size, (lane + 1) * size, 0);
      }
    }
  }

  private Map<String, Series> outputSeries(double[][][] outputs) {
    var series = new LinkedHashMap<String, Series>();
    int i = 0;
    for (var entry : unroll.step().outputs().entrySet()) {
      double[][] steps = new double[outputs.length][];
      for (int t = 0; t < steps.length; t++) {
        steps[t] = outputs[t][i];
      }
      series.put(
          entry.getKey(), new Series(unroll.step().shape(entry.getValue()), batch.lanes(), steps));
      i++;
    }
    return series;
  }

  private State state(double[][] x) {
    var values = new LinkedHashMap<String, double[]>();
    for (int i = 0; i < x.length; i++) {
      values.put(carries.get(i).name(), x[i]);
    }
    return new State(batch.lanes(), values);
  }

  @Override
  public Rollout rollout() {
    return rollout;
  }

  @Override
  public State state(int t) {
    if (t == batch.horizon()) {
      return rollout.finalState();
    }
    double[][] x = snapshots.get(t);
    if (x == null) {
      throw new IllegalStateException(
          "Tape: the state before step %d was not kept; save with SavePolicy.All and ask before backward."
              .formatted(t));
    }
    return state(x);
  }

  @Override
  public long savedBytes() {
    return frames.size() * unroll.frameBytes(batch.lanes())
        + snapshots.size() * unroll.stateBytes(batch.lanes());
  }

  @Override
  public long forwardSteps() {
    return forwardSteps;
  }

  // ---- backward
  // -----------------------------------------------------------------------------------------------------

  /// The frame of step t; made again from the last snapshot at or before t if it is not there.
  private Program.Frame frame(int t) {
    Program.Frame kept = frames.get(t);
    if (kept != null) {
      return kept;
    }
    int at = snapshots.floorKey(t);
    double[][] x = snapshots.get(at);
    while (true) {
      int nextSnapshot = -1;
      boolean framed = at == t;
      if (save instanceof SavePolicy.Binomial(int c)) {
        nextSnapshot = nextSnapshot(at, t + 1, c);
      } else {
        framed = true;
      }
      int stop = framed ? at + 1 : nextSnapshot > 0 ? nextSnapshot : t;
      for (; at < stop; at++) {
        Program.Frame frame = takeFrame();
        double[][] next = newState();
        forward(at, x, frame, next, outputScratch);
        if (framed) {
          frames.put(at, frame);
          snapshots.put(at, x);
        } else {
          workspace.frames().add(frame);
        }
        x = next;
        if (at + 1 < batch.horizon()) {
          reset(x, at + 1);
        }
      }
      if (frames.containsKey(t)) {
        return frames.get(t);
      }
      if (at == nextSnapshot) {
        snapshots.put(at, x);
      }
    }
  }

  @Override
  public Cotangents backward(Seeds seeds, Sweep sweep) {
    if (consumed) {
      throw new IllegalStateException(
          "Tape.backward: step '%s' was already differentiated and its memory freed; run forward again."
              .formatted(unroll.step().name()));
    }
    for (String name : seeds.outputs()) {
      unroll.step().output(name);
    }
    Cotangents result = new BackwardLoop(seeds, sweep).run();
    giveBack();
    return result;
  }

  /// One reverse sweep and its arrays.
  private final class BackwardLoop {
    private final Seeds seeds;
    private final Sweep sweep;
    private final int horizon = batch.horizon();
    private final List<Parameter> own = unroll.step().parameters();
    private final double[] total = new double[parameters.layout().size()];
    private final Layout.Entry[] entries = new Layout.Entry[own.size()];
    private final double[][] sharedBar = new double[own.size()][];
    private final double[][] outputBar = outputArrays(1)[0];
    private final List<String> outputNames = List.copyOf(unroll.step().outputs().keySet());
    private final Map<String, double[][]> inputBars = new LinkedHashMap<>();
    private final double[][][] costates;
    private final double[] costateNorm = new double[horizon + 1];
    private final Map<String, double[]> parameterNorm = new LinkedHashMap<>();

    BackwardLoop(Seeds seeds, Sweep sweep) {
      this.seeds = seeds;
      this.sweep = sweep;
      this.costates = sweep.keepCostates() ? new double[horizon + 1][][] : null;
      for (int i = 0; i < sharedBar.length; i++) {
        Layout.Entry entry = parameters.layout().entry(own.get(i));
        entries[i] = entry;
        sharedBar[i] = new double[entry.size()];
        if (sweep.recordFlow()) {
          parameterNorm.put(entry.name(), new double[horizon]);
        }
      }
      for (String name : unroll.inputNames()) {
        if (unroll.wants(name)) {
          inputBars.put(
              name, new double[horizon][batch.lanes() * unroll.inputs().get(name).size()]);
        }
      }
    }

    Cotangents run() {
      double[][] lambda = newState();
      if (seeds.finalState() != null) {
        for (int i = 0; i < lambda.length; i++) {
          double[] given = seeds.finalState().get(carries.get(i).name());
          System.arraycopy(given, 0, lambda[i], 0, lambda[i].length);
        }
      }
      keep(horizon, lambda);
      double[][] previous = newState();
      double[][] masked = batch.padded() ? newState() : null;
      for (int t = horizon - 1; t >= 0; t--) {
        Program.Frame frame = frame(t);
        if (horizon - t > sweep.lookback()) {
          clear(lambda);
        }
        pullback(t, frame, lambda, masked, previous);
        double[][] swap = lambda;
        lambda = previous;
        previous = swap;
        clip(lambda);
        keep(t, lambda);
        if (batch.resets(t) != null) {
          reset(lambda, t);
        }
        workspace.frames().add(frames.remove(t));
        snapshots.remove(t);
      }
      return new Cotangents(
          new Parameters(parameters.layout(), total),
          state(lambda),
          inputSeries(),
          costateSeries(),
          sweep.recordFlow() ? Map.of("", new Flow(costateNorm, parameterNorm, false)) : Map.of());
    }

    private void pullback(
        int t, Program.Frame frame, double[][] lambda, double[][] masked, double[][] previous) {
      for (int i = 0; i < outputBar.length; i++) {
        if (seeds.has(outputNames.get(i))) {
          seeds.fill(outputNames.get(i), t, batch, outputBar[i]);
        }
      }
      double[][] nextBar = lambda;
      if (masked != null) {
        nextBar = masked;
        for (int lane = 0; lane < batch.lanes(); lane++) {
          copyLane(lambda, masked, lane);
          if (!batch.active(t, lane)) {
            clearLane(masked, lane);
          }
        }
      }
      double[][] stepBar = stepBars(t);
      workspace
          .session()
          .pullback(
              snapshots.get(t), inputs[t], frame, nextBar, outputBar, sharedBar, previous, stepBar);
      look(t);
      if (masked != null) {
        for (int lane = 0; lane < batch.lanes(); lane++) {
          if (!batch.active(t, lane)) {
            copyLane(lambda, previous, lane);
            clearLane(stepBar, lane);
          }
        }
      }
      addParameters(t);
    }

    private double[][] stepBars(int t) {
      var bars = new ArrayList<double[]>();
      for (String name : unroll.inputNames()) {
        bars.add(inputBars.containsKey(name) ? inputBars.get(name)[t] : null);
      }
      return bars.toArray(double[][]::new);
    }

    private void addParameters(int t) {
      for (int i = 0; i < sharedBar.length; i++) {
        Layout.Entry entry = entries[i];
        double[] bar = sharedBar[i];
        for (int j = 0; j < bar.length; j++) {
          total[entry.offset() + j] += bar[j];
        }
        if (sweep.recordFlow()) {
          parameterNorm.get(entry.name())[t] = Math.sqrt(sumOfSquares(bar, 0, bar.length));
        }
      }
    }

    private void clip(double[][] lambda) {
      if (sweep.costateLimit() == Double.POSITIVE_INFINITY) {
        return;
      }
      for (int lane = 0; lane < batch.lanes(); lane++) {
        double square = 0;
        for (double[] part : lambda) {
          int size = part.length / batch.lanes();
          square += sumOfSquares(part, lane * size, (lane + 1) * size);
        }
        double norm = Math.sqrt(square);
        if (norm > sweep.costateLimit()) {
          for (double[] part : lambda) {
            int size = part.length / batch.lanes();
            for (int i = lane * size; i < (lane + 1) * size; i++) {
              part[i] *= sweep.costateLimit() / norm;
            }
          }
        }
      }
    }

    private void keep(int t, double[][] lambda) {
      if (costates != null) {
        costates[t] = new double[lambda.length][];
        for (int i = 0; i < lambda.length; i++) {
          costates[t][i] = lambda[i].clone();
        }
      }
      if (sweep.recordFlow()) {
        double square = 0;
        for (double[] part : lambda) {
          square += sumOfSquares(part, 0, part.length);
        }
        costateNorm[t] = Math.sqrt(square);
      }
    }

    private Map<String, Series> inputSeries() {
      var series = new LinkedHashMap<String, Series>();
      inputBars.forEach(
          (name, steps) ->
              series.put(name, new Series(unroll.inputs().get(name), batch.lanes(), steps)));
      return series;
    }

    private Map<String, Series> costateSeries() {
      var series = new LinkedHashMap<String, Series>();
      if (costates != null) {
        for (int i = 0; i < carries.size(); i++) {
          double[][] steps = new double[horizon + 1][];
          for (int t = 0; t <= horizon; t++) {
            steps[t] = costates[t][i];
          }
          series.put(
              carries.get(i).name(), new Series(carries.get(i).shape(), batch.lanes(), steps));
        }
      }
      return series;
    }
  }

  private static void clear(double[][] arrays) {
    for (double[] array : arrays) {
      Arrays.fill(array, 0);
    }
  }

  private static double sumOfSquares(double[] x, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += x[i] * x[i];
    }
    return sum;
  }
}
