package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private volatile Bound last;

  /// @param step the step
  /// @param element the element type
  /// @param wantedInputs the inputs whose cotangents are wanted; null for a program that only runs
  ///   forward
  public CompiledProgram(StepGraph step, Element element, Set<String> wantedInputs) {
    WarmUp.start(element);
    this.element = element;
    var phases = new Phases(step, wantedInputs);
    this.weights = new Weights();
    this.plan = new Plan(phases, element, false, weights);
    this.separatePlan = step.carries().isEmpty() ? plan : new Plan(phases, element, true, weights);
    this.products = new Products(element);
    if (plan.usesVectors()) {
      WarmUp.finish(element);
    }
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
    this.flops = Explanation.flops(plan);
    this.totalOrder = total.stream().mapToInt(Integer::intValue).toArray();
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

  /// Parameters in the form in which kernels read them.
  ///
  /// @param shared the parameters themselves
  /// @param values every node that depends on parameters only, in double
  /// @param weights rows and packed matrices, in the element type
  /// @param matrices where each packed matrix is
  public record Bound(
      double[][] shared, double[][] values, Object weights, Map<Task.Pack, Integer> matrices) {
    private boolean isOf(double[][] other) {
      for (int i = 0; i < shared.length; i++) {
        if (!Arrays.equals(shared[i], other[i])) {
          return false;
        }
      }
      return true;
    }
  }

  /// Takes the parameters, in the order of the step's declarations. The same numbers as before give
  /// the same object.
  public Bound bind(double[][] shared) {
    Bound known = last;
    if (known != null && known.isOf(shared)) {
      return known;
    }
    last = fresh(shared);
    return last;
  }

  private Bound fresh(double[][] shared) {
    StepGraph graph = plan.graph();
    double[][] values = new double[graph.ops().size()][];
    int[] ids = plan.phases().shared;
    for (int i = 0; i < ids.length; i++) {
      values[ids[i]] = shared[i];
    }
    var interpreter = interpreter(values);
    for (int id : bindOrder) {
      values[id] = new double[graph.shape(id).size()];
      interpreter.evaluate(id, values[id]);
    }
    var matrices = new HashMap<Task.Pack, Integer>();
    int size = weights.rowsSize();
    int largest = 0;
    for (Task.Pack pack : weights.packs()) {
      matrices.put(pack, size);
      size = Math.addExact(size, products.packedSize(pack.depth(), pack.n()));
      largest = Math.max(largest, pack.depth() * pack.n());
    }
    Object array = element.array(size);
    weights
        .rows()
        .forEach(
            (id, at) -> {
              double[] value = values[storage[id]];
              element.put(value, 0, array, at, value.length);
            });
    Object plain = element == Element.FLOAT ? element.array(largest) : null;
    matrices.forEach(
        (pack, at) -> {
          double[] value = values[storage[pack.matrix()]];
          Object from = value;
          if (plain != null) {
            element.put(value, 0, plain, 0, value.length);
            from = plain;
          }
          // op(B)[k, j] is B[k, j], or B[j, k] if transposed.
          int kStep = pack.transposed() ? 1 : pack.n();
          int jStep = pack.transposed() ? pack.depth() : 1;
          products.pack(from, 0, kStep, jStep, pack.depth(), pack.n(), array, at);
        });
    return new Bound(shared, values, array, matrices);
  }

  private Interpreter interpreter(double[][] values) {
    boolean[] none = new boolean[values.length];
    return new Interpreter(plan.graph(), storage, bound, none, values, 1);
  }

  Interpreter interpreter(double[][] values, int lanes) {
    boolean[] none = new boolean[values.length];
    return new Interpreter(plan.graph(), storage, none, none, values, lanes);
  }

  /// θ̄ of each parameter from the sums over all lanes and steps.
  ///
  /// @param bound the parameters
  /// @param sums the sums, in the order of [#sums]
  /// @return one array for each parameter; null where nothing depends on it
  public double[][] parameterBars(Bound bound, double[][] sums) {
    double[][] values = bound.values().clone();
    int i = 0;
    for (int id : plan.accumulators().keySet()) {
      values[id] = sums[i++];
    }
    var interpreter = interpreter(values);
    for (int id : totalOrder) {
      values[id] = new double[plan.graph().shape(id).size()];
      interpreter.evaluate(id, values[id]);
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
