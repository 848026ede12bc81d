package org.costate.unroll;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.costate.graph.Op;
import org.costate.graph.Parameter;
import org.costate.graph.Role;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.internal.code.Element;
import org.costate.internal.exec.Bound;
import org.costate.internal.exec.CompiledProgram;
import org.costate.internal.exec.CompiledSession;
import org.costate.internal.exec.Memory;
import org.costate.internal.exec.Program;
import org.costate.internal.exec.ReferenceProgram;

/// One step, unrolled over time.
///
///     (xₜ₊₁, yₜ) = f(θ, xₜ, uₜ)      λₜ = (∂f/∂x)ᵀ λₜ₊₁ + (∂y/∂x)ᵀ ȳₜ      θ̄ = Σₜ (∂f/∂θ)ᵀ λₜ₊₁ + (∂y/∂θ)ᵀ ȳₜ
///
/// ```java
/// var unroll = Unroll.of(step);
/// Tape tape = unroll.forward(theta, unroll.zeroState(lanes), inputs);
/// Cotangents bar = tape.backward(Seeds.of("loss", 1));
/// ```
public final class Unroll implements Recurrence {
  private final StepGraph step;
  private final Precision precision;
  private final Set<String> wantedInputs;
  private final Executor executor;
  private final CompiledProgram compiled;
  private final java.util.function.Supplier<Program> reference;
  private final Layout layout;
  private final Map<String, Shape> inputs = new LinkedHashMap<>();
  private final Map<Integer, Queue<Workspace>> idle = new ConcurrentHashMap<>();

  private Unroll(StepGraph step, Precision precision, Set<String> wantedInputs, Executor executor) {
    this(step, precision, wantedInputs, executor, true);
  }

  private Unroll(
      StepGraph step,
      Precision precision,
      Set<String> wantedInputs,
      Executor executor,
      boolean back) {
    this.step = step;
    this.precision = precision;
    this.wantedInputs = wantedInputs;
    this.executor = executor;
    this.compiled =
        executor == Executor.COMPILED && CompiledProgram.supports(step, back)
            ? new CompiledProgram(
                step,
                precision == Precision.FLOAT ? Element.FLOAT : Element.DOUBLE,
                back ? wantedInputs : null)
            : null;
    this.reference =
        new Lazy<>(() -> new ReferenceProgram(step, precision == Precision.FLOAT, wantedInputs));
    this.layout = Layout.of(Map.of("", step.parameters()));
    for (int id : step.inputs(Role.STEP)) {
      inputs.put(((Op.Input) step.ops().get(id)).name(), step.shape(id));
    }
  }

  /// A step in double precision, with the cotangents of all its inputs.
  ///
  /// @param step the step
  /// @return the unrolled step
  public static Unroll of(StepGraph step) {
    return of(step, Precision.DOUBLE);
  }

  /// A step, with the cotangents of all its inputs.
  ///
  /// @param step the step
  /// @param precision the element type
  /// @return the unrolled step
  public static Unroll of(StepGraph step, Precision precision) {
    var all = new java.util.LinkedHashSet<String>();
    step.inputs(Role.STEP).forEach(id -> all.add(((Op.Input) step.ops().get(id)).name()));
    return of(step, precision, all);
  }

  /// A step, with the cotangents of some of its inputs; what is not kept is not computed.
  ///
  /// @param step the step
  /// @param precision the element type
  /// @param wantedInputs the names of the inputs whose cotangents are kept
  /// @return the unrolled step
  public static Unroll of(StepGraph step, Precision precision, Set<String> wantedInputs) {
    return new Unroll(step, precision, Set.copyOf(wantedInputs), Executor.COMPILED);
  }

  /// The same with another executor.
  ///
  /// @param other the executor
  /// @return the unrolled step
  public Unroll on(Executor other) {
    return new Unroll(step, precision, wantedInputs, other);
  }

  /// The executor.
  ///
  /// @return the executor that was asked for
  public Executor executor() {
    return executor;
  }

  /// How the step is executed, line by line: what runs when, as which loops and products, what is
  /// kept for the backward pass, and the work.
  ///
  /// @return the listing
  public String explain() {
    return compiled == null
        ? "step '%s': the reference executor, node by node\n".formatted(step.name())
        : String.join("\n", compiled.explain()) + "\n";
  }

  /// The bytes that the workspaces of a forward and backward pass with everything saved will take,
  /// before they are made: what is kept for each step, blocks, and scratch. Inputs, outputs and
  /// parameters are not in it.
  ///
  /// @param horizon the number of steps T
  /// @param lanes the batch size B
  /// @return the bytes
  public long memory(int horizon, int lanes) {
    return memory(horizon, lanes, new SavePolicy.All());
  }

  /// The bytes that a forward and backward pass will take with a save policy.
  ///
  /// @param horizon the number of steps T
  /// @param lanes the batch size B
  /// @param save the policy
  /// @return the bytes
  public long memory(int horizon, int lanes, SavePolicy save) {
    SavePolicy concrete = SavePolicies.concrete(save, this, horizon, lanes);
    long states = SavePolicies.states(concrete, horizon) * stateBytes(lanes);
    int kept = SavePolicies.frames(concrete, horizon);
    return states
        + (compiled == null
            ? kept * (frameBytes(lanes) + stateBytes(lanes))
            : CompiledTape.memory(this, lanes, kept));
  }

  /// The step.
  ///
  /// @return the graph
  public StepGraph step() {
    return step;
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public Map<String, Shape> inputs() {
    return java.util.Collections.unmodifiableMap(inputs);
  }

  @Override
  public State zeroState(int lanes) {
    var values = new LinkedHashMap<String, double[]>();
    step.carries()
        .forEach(carry -> values.put(carry.name(), new double[lanes * carry.shape().size()]));
    return new State(lanes, values);
  }

  @Override
  public Tape forward(Parameters parameters, State initial, Sequences batch, SavePolicy save) {
    return forward(parameters, initial, batch, save, false);
  }

  /// The same, maybe beside another pass.
  Tape forward(
      Parameters parameters, State initial, Sequences batch, SavePolicy save, boolean beside) {
    State checked = check(initial, batch);
    return compiled == null
        ? new UnrollTape(this, parameters, checked, batch, save)
        : new CompiledTape(this, parameters, checked, batch, save, null, beside);
  }

  @Override
  public Rollout evaluate(Parameters parameters, State initial, Sequences batch) {
    return evaluate(parameters, initial, batch, null, false);
  }

  /// The same with outputs in rows that may have been used before, maybe beside another pass.
  Rollout evaluate(
      Parameters parameters, State initial, Sequences batch, SpareRows spare, boolean beside) {
    State checked = check(initial, batch);
    return compiled == null
        ? new UnrollTape(this, parameters, checked, batch, null).rollout()
        : new CompiledTape(this, parameters, checked, batch, null, spare, beside).rollout();
  }

  /// A step that only runs forward, in double.
  static Unroll forwardOnly(StepGraph step) {
    return new Unroll(step, Precision.DOUBLE, Set.of(), Executor.COMPILED, false);
  }

  @Override
  public Optional<NonFinite> findNonFinite(
      Parameters parameters, State initial, Sequences batch, Seeds seeds) {
    var tape =
        new UnrollTape(this, parameters, check(initial, batch), batch, new SavePolicy.All(), true);
    if (tape.nonFinite() == null) {
      tape.backward(seeds);
    }
    return Optional.ofNullable(tape.nonFinite());
  }

  private State check(State initial, Sequences batch) {
    inputs.forEach(
        (name, shape) -> {
          Series series = batch.inputs().get(name);
          if (series == null) {
            throw new IllegalArgumentException(
                "Step '%s': input '%s' %s is missing; the batch has %s."
                    .formatted(step.name(), name, shape, batch.inputs().keySet()));
          }
          if (!series.shape().equals(shape)) {
            throw new IllegalArgumentException(
                "Step '%s': input '%s' must have shape %s, got %s."
                    .formatted(step.name(), name, shape, series.shape()));
          }
        });
    for (StepGraph.Carry carry : step.carries()) {
      int expected = batch.lanes() * carry.shape().size();
      if (initial.get(carry.name()).length != expected) {
        throw new IllegalArgumentException(
            "Step '%s': initial state '%s' must be [lanes, …shape] = [%d, %s] with %d values, got %d."
                .formatted(
                    step.name(),
                    carry.name(),
                    batch.lanes(),
                    carry.shape(),
                    expected,
                    initial.get(carry.name()).length));
      }
    }
    return initial;
  }

  Precision precision() {
    return precision;
  }

  boolean wants(String input) {
    return wantedInputs.contains(input);
  }

  List<String> inputNames() {
    return List.copyOf(inputs.keySet());
  }

  CompiledProgram compiled() {
    return compiled;
  }

  private int bytesPerNumber() {
    return compiled == null ? Double.BYTES : compiled.element().bytes();
  }

  /// The bytes of one frame: what one step keeps beside its state.
  long frameBytes(int lanes) {
    long numbers = compiled == null ? reference.get().residualsPerLane() : compiled.keptPerLane();
    return numbers * lanes * bytesPerNumber();
  }

  /// The bytes of one state.
  long stateBytes(int lanes) {
    return step.carries().stream().mapToLong(c -> c.shape().size()).sum()
        * lanes
        * bytesPerNumber();
  }

  /// A session with the frames it has made; given back when a tape is consumed, so that training
  /// allocates no frames.
  record Workspace(Program.Session session, java.util.ArrayDeque<Program.Frame> frames) {}

  Workspace acquire(int lanes) {
    Workspace workspace = idle.computeIfAbsent(lanes, _ -> new ConcurrentLinkedQueue<>()).poll();
    return workspace != null ? workspace : fresh(lanes);
  }

  Workspace fresh(int lanes) {
    return new Workspace(reference.get().open(lanes), new java.util.ArrayDeque<>());
  }

  void release(int lanes, Workspace workspace) {
    idle.get(lanes).add(workspace);
  }

  private final Map<Form, Queue<CompiledSession>> idleSessions = new ConcurrentHashMap<>();

  /// What a compiled workspace is for.
  private record Form(int lanes, int steps, int block, boolean separate, boolean forward) {}

  /// A compiled workspace of a form, used before or new.
  CompiledSession acquire(int lanes, int steps, int block, boolean separate, boolean forward) {
    var form = new Form(lanes, steps, block, separate, forward);
    CompiledSession session =
        idleSessions.computeIfAbsent(form, _ -> new ConcurrentLinkedQueue<>()).poll();
    return session != null
        ? session
        : compiled.open(compiled.memory(lanes, steps, block, separate, forward));
  }

  /// Gives a workspace back.
  void release(CompiledSession session, int lanes, boolean separate) {
    Memory memory = session.memory();
    var form = new Form(lanes, memory.steps(), memory.block(), separate, memory.forward());
    idleSessions.get(form).add(session);
  }

  /// How many workspaces, or frames of the reference executor, wait to be used again.
  int pooled(int lanes) {
    return idleSessions.values().stream().mapToInt(Queue::size).sum()
        + idle.getOrDefault(lanes, new ConcurrentLinkedQueue<>()).stream()
            .mapToInt(w -> w.frames().size())
            .sum();
  }

  /// Makes something when it is first asked for.
  private static final class Lazy<T> implements java.util.function.Supplier<T> {
    private final java.util.function.Supplier<T> maker;
    private T made;

    Lazy(java.util.function.Supplier<T> maker) {
      this.maker = maker;
    }

    @Override
    public synchronized T get() {
      if (made == null) {
        made = maker.get();
      }
      return made;
    }
  }

  /// θ as the compiled executor reads it, to be given back to the program.
  Bound bind(Parameters theta) {
    int[] at =
        step.parameters().stream().mapToInt(own -> theta.layout().entry(own).offset()).toArray();
    return compiled().bind(theta.values(), at);
  }

  double[][] bind(Layout arena, double[] values) {
    List<Parameter> own = step.parameters();
    double[][] shared = new double[own.size()][];
    for (int i = 0; i < shared.length; i++) {
      Layout.Entry entry = arena.entry(own.get(i));
      shared[i] =
          java.util.Arrays.copyOfRange(values, entry.offset(), entry.offset() + entry.size());
    }
    return shared;
  }
}
