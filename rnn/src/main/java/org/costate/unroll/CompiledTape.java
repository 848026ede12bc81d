package org.costate.unroll;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.costate.graph.StepGraph;
import org.costate.internal.exec.Bound;
import org.costate.internal.exec.CompiledProgram;
import org.costate.internal.exec.CompiledSession;
import org.costate.internal.exec.Parallel;
import org.costate.internal.exec.StepNorms;

/// A pass on the compiled executor: the batch in slices of lanes that run independently, each with
/// a [SliceTape], and one barrier after the forward and one after the backward sweep. What the
/// slices sum is added in their order, so the number of threads changes no result.
final class CompiledTape implements Tape {
  private final Unroll unroll;
  private final Parameters parameters;
  private final Sequences batch;
  private final CompiledProgram program;
  private final Bound bound;
  private final List<SliceTape> slices = new ArrayList<>();
  private final Rollout rollout;
  private boolean consumed;

  /// @param save what to keep for the way back; null for nothing
  /// @param spare where rows of outputs come from; null for new ones
  /// @param beside whether another pass runs beside this one
  CompiledTape(
      Unroll unroll,
      Parameters parameters,
      State initial,
      Sequences batch,
      SavePolicy save,
      SpareRows spare,
      boolean beside) {
    this.unroll = unroll;
    this.parameters = parameters;
    this.batch = batch;
    this.program = unroll.compiled();
    int lanes = batch.lanes();
    SavePolicy concrete =
        save == null ? null : SavePolicies.concrete(save, unroll, batch.horizon(), lanes);
    int count = program.slices(lanes, beside);
    for (int i = 0; i < count; i++) {
      slices.add(
          new SliceTape(unroll, batch, i * lanes / count, (i + 1) * lanes / count, concrete));
    }
    this.bound = unroll.bind(parameters);
    slices.forEach(slice -> slice.bind(bound));
    Object[][] inputs = arrange();
    Object[][] outputs = newOutputs(spare);
    double[][] x = new double[unroll.step().carries().size()][];
    for (int i = 0; i < x.length; i++) {
      x[i] = initial.get(unroll.step().carries().get(i).name());
    }
    double[][] end = newState();
    run(slice -> slice.forward(x, inputs, outputs, end));
    this.rollout = new Rollout(series(outputs), state(end));
    if (save == null) {
      release();
    }
  }

  private void release() {
    slices.forEach(SliceTape::release);
    program.release(bound);
    consumed = true;
  }

  /// Does something in all slices, on several threads if that is worth it.
  private void run(Consumer<SliceTape> body) {
    if (program.worthThreads(batch.lanes(), batch.horizon())) {
      Parallel.run(slices, body);
    } else {
      slices.forEach(body);
    }
  }

  /// The inputs as `[input][t]`, with padding made harmless.
  private Object[][] arrange() {
    List<String> names = unroll.inputNames();
    Object[][] all = new Object[names.size()][];
    for (int i = 0; i < all.length; i++) {
      Series series = batch.input(names.get(i));
      all[i] = batch.padded() ? series.extended(batch).rows() : series.rows();
    }
    return all;
  }

  /// The bytes of all workspaces of a batch.
  static long memory(Unroll unroll, int lanes, int kept) {
    CompiledProgram program = unroll.compiled();
    int count = program.slices(lanes, false);
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      int own = (i + 1) * lanes / count - i * lanes / count;
      bytes += program.memory(own, kept, program.blockSteps(own, kept), false, false).bytes();
    }
    return bytes;
  }

  private Object[][] newOutputs(SpareRows spare) {
    StepGraph step = unroll.step();
    Object[][] arrays = new Object[step.outputs().size()][batch.horizon()];
    int i = 0;
    for (int id : step.outputs().values()) {
      int length = batch.lanes() * step.shape(id).size();
      if (spare == null) {
        Arrays.setAll(arrays[i], _ -> program.element().array(length));
      } else {
        spare.take(arrays[i], program.element(), length);
      }
      i++;
    }
    return arrays;
  }

  private double[][] newState() {
    List<StepGraph.Carry> carries = unroll.step().carries();
    double[][] x = new double[carries.size()][];
    for (int i = 0; i < x.length; i++) {
      x[i] = new double[batch.lanes() * carries.get(i).shape().size()];
    }
    return x;
  }

  private Map<String, Series> series(Object[][] outputs) {
    var series = new LinkedHashMap<String, Series>();
    int i = 0;
    for (var entry : unroll.step().outputs().entrySet()) {
      series.put(
          entry.getKey(),
          Series.of(unroll.step().shape(entry.getValue()), batch.lanes(), outputs[i++]));
    }
    return series;
  }

  private State state(double[][] x) {
    var values = new LinkedHashMap<String, double[]>();
    List<StepGraph.Carry> carries = unroll.step().carries();
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
    double[][] x = newState();
    for (SliceTape slice : slices) {
      if (consumed || !slice.readState(t, x)) {
        throw new IllegalStateException(
            "Tape: the state before step %d was not kept; save with SavePolicy.All and ask before backward."
                .formatted(t));
      }
    }
    return state(x);
  }

  @Override
  public long savedBytes() {
    return consumed ? 0 : slices.stream().mapToLong(SliceTape::savedBytes).sum();
  }

  @Override
  public long forwardSteps() {
    return slices.getFirst().forwardSteps();
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
    var results = new Backward(sweep);
    StepNorms norms = sweep.recordFlow() ? StepNorms.of(program) : null;
    boolean stepwise = sweep.recordFlow() && norms == null;
    run(slice -> slice.beginBackward(seeds, sweep, results, stepwise));
    if (stepwise) {
      results.backStepByStep();
    } else if (norms != null) {
      results.backWithNorms(norms);
    } else {
      run(
          slice -> {
            while (slice.back(Integer.MAX_VALUE)) {
              // the next block
            }
          });
    }
    Cotangents cotangents = results.finish();
    release();
    return cotangents;
  }

  /// What the slices of a backward sweep write; each writes its own lanes.
  final class Backward {
    private final Sweep sweep;
    final Object[][] inputBars;
    final double[][][] costates;
    final double[][] initial = newState();
    private double[][] sums;
    private final double[][] parameterNorm =
        new double[unroll.step().parameters().size()][batch.horizon()];

    Backward(Sweep sweep) {
      this.sweep = sweep;
      List<String> names = unroll.inputNames();
      this.inputBars = new Object[names.size()][];
      for (int i = 0; i < inputBars.length; i++) {
        if (unroll.wants(names.get(i))) {
          int size = unroll.inputs().get(names.get(i)).size();
          inputBars[i] = new Object[batch.horizon()];
          Arrays.setAll(inputBars[i], _ -> program.element().array(batch.lanes() * size));
        }
      }
      this.costates = sweep.keepCostates() ? new double[batch.horizon() + 1][][] : null;
      if (costates != null) {
        Arrays.setAll(costates, _ -> newState());
      }
    }

    /// Block by block in all slices together; the norms of a block's steps come from what the
    /// slices have of it.
    private void backWithNorms(StepNorms norms) {
      List<CompiledSession> sessions = slices.stream().map(SliceTape::session).toList();
      SliceTape one = slices.getFirst();
      int left = batch.horizon();
      while (left > 0) {
        int most = left;
        int steps = slices.stream().mapToInt(slice -> slice.nextSteps(most)).min().orElseThrow();
        run(slice -> slice.back(steps));
        left = one.blockStart();
        int half = slices.size() == 1 ? one.blockSteps() : (one.blockSteps() + 1) / 2;
        Parallel.run(
            half == one.blockSteps() ? List.of(0) : List.of(0, half),
            from -> {
              int to = Math.min(one.blockSteps(), from + half);
              norms.write(sessions, one.blockSlot(), from, to, parameterNorm, one.blockStart());
            });
      }
    }

    /// One step at a time in all slices together, to see the norm of each step's own θ̄.
    private void backStepByStep() {
      sums = program.sums();
      for (int t = batch.horizon() - 1; t >= 0; t--) {
        run(slice -> slice.back(1));
        double[][] step = program.sums();
        for (SliceTape slice : slices) {
          slice.drainInto(step);
        }
        double[][] bars = program.parameterBars(bound, step);
        for (int i = 0; i < bars.length; i++) {
          double square = 0;
          for (int j = 0; bars[i] != null && j < bars[i].length; j++) {
            square += bars[i][j] * bars[i][j];
          }
          parameterNorm[i][t] = Math.sqrt(square);
        }
        add(step, sums);
      }
    }

    private Cotangents finish() {
      double[] total = new double[parameters.layout().size()];
      if (sums == null) {
        sums = drain(total);
      }
      var own = unroll.step().parameters();
      double[][] bars = program.parameterBars(bound, sums);
      for (int i = 0; i < bars.length; i++) {
        if (bars[i] != null) {
          Layout.Entry entry = parameters.layout().entry(own.get(i));
          for (int j = 0; j < entry.size(); j++) {
            total[entry.offset() + j] += bars[i][j];
          }
        }
      }
      return new Cotangents(
          new Parameters(parameters.layout(), total),
          state(initial),
          inputSeries(),
          costateSeries(),
          sweep.recordFlow() ? Map.of("", flow()) : Map.of());
    }

    /// A part of one sum.
    private record Piece(int sum, int first, int end) {}

    /// What the slices have summed, in their order: sums that are a parameter's gradient by
    /// themselves are added to the total at once, the others returned.
    private double[][] drain(double[] total) {
      int[] sizes = program.sumSizes();
      int[] owners = program.ownersOfSums();
      double[][] others = new double[sizes.length][];
      int[] at = new int[sizes.length];
      var pieces = new ArrayList<Piece>();
      for (int i = 0; i < sizes.length; i++) {
        if (owners[i] < 0) {
          others[i] = new double[sizes[i]];
        } else {
          at[i] = parameters.layout().entry(unroll.step().parameters().get(owners[i])).offset();
        }
        int rows = slices.getFirst().session().sumRows(i);
        int columns = sizes[i] / rows;
        int together = Math.max(1, Parallel.PIECE / rows);
        for (int first = 0; first < columns; first += together) {
          pieces.add(new Piece(i, first, Math.min(first + together, columns)));
        }
      }
      Parallel.copy(
          pieces,
          Arrays.stream(sizes).sum(),
          piece -> {
            int i = piece.sum;
            double[] to = others[i] == null ? total : others[i];
            for (SliceTape slice : slices) {
              slice.drain(i, piece.first, piece.end, to, at[i]);
            }
          });
      return others;
    }

    private Map<String, Series> inputSeries() {
      var series = new LinkedHashMap<String, Series>();
      int i = 0;
      for (var input : unroll.inputs().entrySet()) {
        if (inputBars[i] != null) {
          series.put(input.getKey(), Series.of(input.getValue(), batch.lanes(), inputBars[i]));
        }
        i++;
      }
      return series;
    }

    private Map<String, Series> costateSeries() {
      var series = new LinkedHashMap<String, Series>();
      List<StepGraph.Carry> carries = unroll.step().carries();
      for (int i = 0; costates != null && i < carries.size(); i++) {
        double[][] steps = new double[costates.length][];
        for (int t = 0; t < steps.length; t++) {
          steps[t] = costates[t][i];
        }
        series.put(carries.get(i).name(), new Series(carries.get(i).shape(), batch.lanes(), steps));
      }
      return series;
    }

    /// Norms over all lanes, from what each slice recorded.
    private Flow flow() {
      double[] costateNorm = new double[batch.horizon() + 1];
      for (SliceTape slice : slices) {
        add(new double[][] {slice.costateSquares()}, new double[][] {costateNorm});
      }
      Arrays.setAll(costateNorm, t -> Math.sqrt(costateNorm[t]));
      var parameterNorms = new LinkedHashMap<String, double[]>();
      var own = unroll.step().parameters();
      for (int i = 0; i < own.size(); i++) {
        parameterNorms.put(parameters.layout().entry(own.get(i)).name(), parameterNorm[i]);
      }
      return new Flow(costateNorm, parameterNorms, false);
    }
  }

  private static void add(double[][] from, double[][] to) {
    for (int i = 0; i < to.length; i++) {
      for (int j = 0; j < to[i].length; j++) {
        to[i][j] += from[i][j];
      }
    }
  }
}
