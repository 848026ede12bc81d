package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.costate.graph.Op;
import org.costate.graph.StepGraph;
import org.costate.internal.code.Element;
import org.costate.internal.code.WarmUp;

/// A step compiled for one element type: its [Plan], and what does not depend on the size of a
/// batch. Immutable and shared; every number lives in a [Bound] or a [CompiledSession].
public final class CompiledProgram {
  /// Rows of a parameter gradient that are summed in the element type before they are added to a
  /// double.
  private static final int ROWS_PER_SUM = 4096;

  private static final double LEAST_FLOPS_FOR_THREADS = 1e6;

  /// Rows that a block of steps has, about: enough for a full-speed product, few enough for the
  /// nearest caches.
  private static final int ROWS_PER_BLOCK = 512;

  private final Element element;
  private final Plan plan;
  private final Plan separatePlan;
  private final Weights weights;
  private final Products products;
  private final int[] storage;
  private final boolean[] bound;
  private final int[] bindOrder;
  private final int[] totalOrder;
  private final long flops;
  private final CompletableFuture<Void> early;
  private final Map<Task.Pack, Integer> matrices = new HashMap<>();
  private final int weightsSize;
  private final int[] sumSizes;
  private final int[] ownersOfSums;
  private Bound last;

  /// @param step the step
  /// @param element the element type
  /// @param wantedInputs the inputs whose cotangents are wanted; null for a program that only runs
  ///   forward
  public CompiledProgram(StepGraph step, Element element, Set<String> wantedInputs) {
    WarmUp.start(element);
    this.element = element;
    var phases = Phases.of(step, wantedInputs);
    this.weights = new Weights();
    this.plan = new Plan(phases, element, false, weights);
    this.separatePlan = step.carries().isEmpty() ? plan : new Plan(phases, element, true, weights);
    this.products = new Products(element);
    int count = phases.graph().ops().size();
    this.storage = new int[count];
    this.bound = new boolean[count];
    boolean[] needed = needed(phases);
    var bind = new ArrayList<Integer>();
    var total = new ArrayList<Integer>();
    for (int id = 0; id < count; id++) {
      Op op = phases.op(id);
      storage[id] =
          switch (op) {
            case Op.Reshape o -> storage[o.x()];
            case Op.StopGradient o -> storage[o.x()];
            case Op.StraightThrough o -> storage[o.hard()];
            default -> id;
          };
      bound[id] = phases.phase(id) == Phase.BIND;
      if (storage[id] == id && needed[id] && !(op instanceof Op.Input)) {
        if (bound[id]) {
          bind.add(id);
        } else if (phases.phase(id) == Phase.TOTAL) {
          total.add(id);
        }
      }
    }
    this.bindOrder = bind.stream().mapToInt(Integer::intValue).toArray();
    int size = weights.rowsSize();
    for (Task.Pack pack : weights.packs()) {
      matrices.put(pack, size);
      size = Math.addExact(size, products.panels(pack.n()).size(pack.depth()));
    }
    this.weightsSize = size;
    this.flops = Explanation.flops(plan);
    this.early = Kernels.compileEarly(plan, flops);
    this.totalOrder = total.stream().mapToInt(Integer::intValue).toArray();
    this.sumSizes = plan.accumulators().values().stream().mapToInt(Integer::intValue).toArray();
    this.ownersOfSums = findOwnersOfSums();
  }

  /// The nodes whose values are asked for by rows of weights, packed matrices, interpreted nodes or
  /// results; the others are read through those.
  private boolean[] needed(Phases phases) {
    boolean[] needed = new boolean[phases.graph().ops().size()];
    weights.rows().keySet().forEach(id -> needed[id] = true);
    weights.packs().forEach(pack -> needed[pack.matrix()] = true);
    for (int id = needed.length - 1; id >= 0; id--) {
      boolean reads =
          switch (phases.phase(id)) {
            case BIND -> phases.isResult(id) || needed[id];
            case TOTAL -> true;
            default -> plan.interprets(id);
          };
      needed[id] |= reads;
      if (reads) {
        for (int operand : phases.op(id).operands()) {
          needed[operand] = true;
        }
      }
    }
    return needed;
  }

  /// Whether the compiled executor can run a step, with or without the way back; else the reference
  /// executor does.
  public static boolean supports(StepGraph step, boolean back) {
    return Phases.supports(step, back);
  }

  /// Takes parameters, until they are given back with [#release]. The same numbers as before give
  /// the same object; other numbers are written over those that nobody uses any longer.
  ///
  /// @param parameters numbers
  /// @param at where each parameter begins among them, in the order of the step's declarations
  public synchronized Bound bind(double[] parameters, int[] at) {
    if (last == null && plan.usesVectors()) {
      WarmUp.finish(element);
    }
    Bound known = last;
    if (known == null || !known.isOf(parameters, at)) {
      if (known == null || known.inUse()) {
        int[] ids = plan.phases().shared;
        known = new Bound(this, Arrays.stream(ids).map(plan.phases()::size).toArray());
      }
      // Not known while it is being written: a parameter that a node refuses leaves it half done.
      last = null;
      known.fill(parameters, at);
      last = known;
    }
    known.take();
    return known;
  }

  /// Gives parameters back.
  public synchronized void release(Bound parameters) {
    parameters.release();
  }

  /// Arrays for all nodes that depend on parameters only.
  double[][] valuesOf(double[][] shared) {
    double[][] values = new double[plan.graph().ops().size()][];
    int[] ids = plan.phases().shared;
    for (int i = 0; i < ids.length; i++) {
      values[ids[i]] = shared[i];
    }
    for (int id : bindOrder) {
      values[id] = new double[plan.graph().shape(id).size()];
    }
    return values;
  }

  int weightsSize() {
    return weightsSize;
  }

  /// Where a packed matrix is among the weights.
  int matrix(Task.Pack pack) {
    return matrices.get(pack);
  }

  /// Works out what depends on parameters only, and writes rows and packed matrices.
  void pack(double[][] values, Object to) {
    if (bindOrder.length > 0) {
      var interpreter = interpreter(values);
      for (int id : bindOrder) {
        interpreter.evaluate(id, values[id]);
      }
    }
    weights
        .rows()
        .forEach(
            (id, at) -> {
              double[] value = values[storage[id]];
              element.put(value, 0, to, at, value.length);
            });
    var pieces = new ArrayList<Runnable>();
    matrices.forEach(
        (pack, at) -> {
          double[] value = values[storage[pack.matrix()]];
          // op(B)[k, j] is B[k, j], or B[j, k] if transposed.
          int kStep = pack.transposed() ? 1 : pack.n();
          int jStep = pack.transposed() ? pack.depth() : 1;
          for (Panels.Group panel : products.panels(pack.n()).single()) {
            pieces.add(() -> products.pack(value, 0, kStep, jStep, pack.depth(), panel, to, at));
          }
        });
    Parallel.copy(pieces, weightsSize, Runnable::run);
  }

  private Interpreter interpreter(double[][] values) {
    boolean[] none = new boolean[values.length];
    return new Interpreter(plan.graph(), storage, bound, none, values, 1);
  }

  Interpreter interpreter(double[][] values, int lanes) {
    boolean[] none = new boolean[values.length];
    return new Interpreter(plan.graph(), storage, none, none, values, lanes);
  }

  /// Which parameter's θ̄ a sum is by itself, in the order of [#sums]; −1 if it is not or others
  /// read it too.
  public int[] ownersOfSums() {
    return ownersOfSums;
  }

  private int[] findOwnersOfSums() {
    Phases phases = plan.phases();
    int[] owners = new int[plan.accumulators().size()];
    int i = 0;
    for (int id : plan.accumulators().keySet()) {
      int owner = -1;
      int readers = 0;
      for (int p = 0; p < phases.sharedBar.length; p++) {
        if (phases.sharedBar[p] >= 0 && storage[phases.sharedBar[p]] == id) {
          owner = p;
          readers++;
        }
      }
      for (int total : totalOrder) {
        for (int operand : phases.op(total).operands()) {
          readers += storage[operand] == id ? 1 : 0;
        }
      }
      owners[i++] = readers == 1 ? owner : -1;
    }
    return owners;
  }

  /// θ̄ of each parameter from the sums over all lanes and steps.
  ///
  /// @param bound the parameters
  /// @param sums the sums, in the order of [#sums]; null for those of [#ownersOfSums] that are not
  ///   asked for
  /// @return one array for each parameter; null where nothing depends on it or it is not asked for
  public double[][] parameterBars(Bound bound, double[][] sums) {
    double[][] values = bound.values().clone();
    int i = 0;
    for (int id : plan.accumulators().keySet()) {
      values[id] = sums[i++];
    }
    if (totalOrder.length > 0) {
      var interpreter = interpreter(values);
      for (int id : totalOrder) {
        values[id] = new double[plan.graph().shape(id).size()];
        interpreter.evaluate(id, values[id]);
      }
    }
    int[] bars = plan.phases().sharedBar;
    double[][] result = new double[bars.length][];
    for (int k = 0; k < bars.length; k++) {
      result[k] = bars[k] < 0 ? null : values[storage[bars[k]]];
    }
    return result;
  }

  /// Arrays for the sums over lanes and steps, all zero.
  public double[][] sums() {
    return plan.accumulators().values().stream().map(double[]::new).toArray(double[][]::new);
  }

  /// The numbers of each sum.
  public int[] sumSizes() {
    return sumSizes;
  }

  /// How the lanes of a batch are divided into slices that run independently: as many lanes each as
  /// fill a product's tiles, whatever the number of threads, so that results do not depend on it.
  ///
  /// @param lanes the lanes of the batch
  /// @param beside whether another pass runs beside this one, so that 16 lanes need no two slices
  ///   to keep two processors busy
  public int slices(int lanes, boolean beside) {
    return lanes <= 8 ? 1 : lanes <= 16 && !beside ? 2 : (lanes + 15) / 16;
  }

  /// Whether a batch is work enough for more than one thread: handing slices over costs some ten
  /// microseconds.
  public boolean worthThreads(int lanes, int horizon) {
    return (double) flops * lanes * horizon > LEAST_FLOPS_FOR_THREADS;
  }

  /// Multiplications and additions of a step and lane, both ways.
  long flops() {
    return flops;
  }

  /// How many steps a block has whose maps run at once.
  public int blockSteps(int lanes, int horizon) {
    return Math.clamp(ROWS_PER_BLOCK / lanes, 1, Math.max(1, horizon));
  }

  /// After how many steps sums are added to doubles; blocks end there, so that it happens at the
  /// same steps however a sequence is cut.
  public int stepsPerSum(int lanes) {
    return Math.max(1, ROWS_PER_SUM / lanes);
  }

  /// The numbers that one lane keeps for each step beside the state.
  public long keptPerLane() {
    return plan.keptPerLane();
  }

  /// The layout of a session's memory, before it is made.
  public Memory memory(int lanes, int steps, int block, boolean separate, boolean forward) {
    return new Memory(separate ? separatePlan : plan, products, lanes, steps, block, forward);
  }

  /// A workspace.
  ///
  /// @param memory its layout
  public CompiledSession open(Memory memory) {
    return new CompiledSession(this, memory);
  }

  /// What is done when kernels are compiled that do not wait for a workspace.
  CompletableFuture<Void> early() {
    return early;
  }

  /// Has the kernels of a workspace compiled.
  void compile(Memory memory, Products products) {
    early.join();
    Kernels.compile(memory, products);
  }

  /// The plan in words.
  public List<String> explain() {
    return Explanation.of(plan);
  }

  Plan plan() {
    return plan;
  }

  int storage(int id) {
    return storage[id];
  }

  /// The element type.
  public Element element() {
    return element;
  }
}
