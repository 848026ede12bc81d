package org.costate.internal.exec;

import java.util.Arrays;
import java.util.List;
import org.costate.graph.StepGraph;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.SumKernel;

/// The workspace of a [CompiledProgram] for some lanes: one array with every value, and the tasks
/// with their kernels. Nothing is allocated after it has been made.
///
/// Kept values are addressed by *slot*, the number of the kept step; values of a block by *local*,
/// the number of the step in its block.
public final class CompiledSession {
  /// Multiplications and additions that the interpreter does in about the time that it takes to
  /// compile some kernels.
  private static final double WORTH_COMPILING = 2e7;

  /// Multiplications and additions after which a session is likely to go on for so long that it is
  /// worth having kernels compiled that HotSpot needs long for.
  private static final double LONG_RUN = 5e9;

  private final CompiledProgram program;
  private final Plan plan;
  private final Phases phases;
  private final StepGraph graph;
  private final Memory memory;
  private final Element element;
  private final Object arena;
  private final int lanes;
  private final Runner[][] runners = new Runner[Phase.values().length][];
  private final FusedStep[] fused = new FusedStep[Phase.values().length];
  private final Products products;
  private final CarryRows state;
  private final CarryRows costate;
  private final Operand[] inputs;
  private final Operand[] outputs;
  private final Operand[] outputBars;
  private final Operand[] inputBars;
  private final int[] sumNodes;
  private final PackedRows packed = new PackedRows();
  private final int[] sumRows;
  private Bound bound;
  private int firstLane;
  private double work;
  private boolean compiled;
  private boolean longRun;

  CompiledSession(CompiledProgram program, Memory memory) {
    this.program = program;
    this.memory = memory;
    this.plan = memory.plan();
    this.phases = plan.phases();
    this.graph = plan.graph();
    this.element = plan.element();
    this.lanes = memory.lanes();
    this.arena = memory.allocate();
    this.products = new Products(element);
    this.state = new CarryRows(memory, arena, phases.carry);
    this.costate = new CarryRows(memory, arena, phases.nextBar);
    this.inputs = own(phases.input);
    this.outputBars = own(phases.outputBar);
    this.outputs = views(phases.output);
    this.inputBars = views(phases.inputBar);
    this.sumNodes = plan.accumulators().keySet().stream().mapToInt(Integer::intValue).toArray();
    this.sumRows = Arrays.stream(sumNodes).map(this::sumRowsOf).toArray();
    for (Phase phase : Phase.values()) {
      fused[phase.ordinal()] = FusedStep.of(phase, memory, program, products);
      List<Task> tasks = plan.tasks(phase);
      Runner[] list = new Runner[tasks.size()];
      for (int i = 0; i < list.length; i++) {
        list[i] = runner(tasks.get(i), phase);
      }
      runners[phase.ordinal()] = list;
    }
  }

  /// The layout of the memory.
  public Memory memory() {
    return memory;
  }

  Object arena() {
    return arena;
  }

  /// Where the rows of a value are.
  Operand operand(Task.View view) {
    return new Operand(memory, view);
  }

  /// Where some rows of a value begin at a step; after the last row it is the last again.
  void rows(Operand operand, int slot, int local, int first, int[] at) {
    int begin = operand.at(slot, local, 0);
    for (int i = 0; i < at.length; i++) {
      at[i] = begin + Math.min(first + i, lanes - 1) * operand.width();
    }
  }

  /// Says which lane of the batch the first of this workspace is, for messages.
  public void firstLane(int lane) {
    firstLane = lane;
  }

  /// Says how many steps will be run now. Kernels are compiled first once there is more work than
  /// the interpreter could do meanwhile.
  public void expect(int steps) {
    work += (double) program.flops() * lanes * steps;
    if (work > WORTH_COMPILING && !compiled) {
      compiled = true;
      program.compile(memory, products);
    }
    if (work > LONG_RUN && !longRun) {
      longRun = true;
      for (FusedStep step : fused) {
        if (step != null) {
          step.prepare();
        }
      }
    }
  }

  /// Has the steps of one lane run as one kernel from now on, where they can be; returns for how
  /// many loops.
  public int fuse() {
    int loops = 0;
    for (FusedStep step : fused) {
      if (step != null) {
        step.use();
        loops++;
      }
    }
    return loops;
  }

  /// x, by slot.
  public CarryRows state() {
    return state;
  }

  /// λ, by the step of the block.
  public CarryRows costate() {
    return costate;
  }

  /// Takes the parameters.
  public void bind(Bound parameters) {
    bound = parameters;
    for (Runner[] list : runners) {
      for (Runner runner : list) {
        runner.bind();
      }
    }
  }

  // ---- addresses

  /// Where inputs are put.
  private Operand[] own(int[] ids) {
    return Arrays.stream(ids)
        .mapToObj(id -> new Operand(memory, new Task.View(id, id, 0, phases.size(id), false)))
        .toArray(Operand[]::new);
  }

  /// Where results are; null for those that are the same for all lanes.
  private Operand[] views(int[] ids) {
    return Arrays.stream(ids)
        .mapToObj(id -> id < 0 || !graph.batched(id) ? null : new Operand(memory, plan.view(id)))
        .toArray(Operand[]::new);
  }

  // ---- tasks

  /// A task with its kernel.
  private abstract class Runner {
    void bind() {}

    abstract void run(int slot, int local, int firstRow, int rows);
  }

  private Runner runner(Task task, Phase phase) {
    return switch (task) {
      case Task.Rows o -> new RowsRunner(o);
      case Task.Numbers o -> new NumbersRunner(o);
      case Task.Product o -> new ProductRunner(o, phase);
      case Task.Lanes o -> new LanesRunner(o);
      case Task.Single(int node) -> new SingleRunner(node, phase);
      case Task.Accumulate o -> new AccumulateRunner(o);
      case Task.SumRows o -> new SumRowsRunner(o);
      case Task.ScatterRows o -> new ScatterRunner(o);
    };
  }

  private final class RowsRunner extends Runner {
    private final RowKernel kernel;
    private final Places places;
    private final int n;
    private final boolean flat;

    RowsRunner(Task.Rows task) {
      kernel = RowKernel.of(task.code());
      places = new Places(memory, task.operands());
      n = task.n();
      flat = n > 1 && independent(task.code()) && places.contiguous(n);
    }

    /// Whether no instruction has one number for a whole row.
    private static boolean independent(RowKernel.Code code) {
      for (int i = 0; i < code.wide().size(); i++) {
        if (!code.wide().get(i)
            && !(code.instructions().get(i) instanceof RowKernel.Instruction.Number)) {
          return false;
        }
      }
      return true;
    }

    @Override
    void run(int slot, int local, int firstRow, int rows) {
      places.enter(slot - local, firstRow);
      int count = flat ? 1 : rows;
      int length = flat ? rows * n : n;
      kernel.run(arena, bound.weights(), places.at(), places.moves(), local, count, length);
    }
  }

  private final class NumbersRunner extends Runner {
    private final Columns columns;
    private final Places places;
    private final int[] registers = new int[Columns.PLACES];

    NumbersRunner(Task.Numbers task) {
      columns = task.columns();
      places = new Places(memory, task.operands());
    }

    /// They are never in a loop over time, so the step is the first of its block.
    @Override
    void run(int slot, int local, int firstRow, int rows) {
      places.enter(slot, firstRow);
      columns.run(arena, bound.weights(), places.at(), rows, memory.scratch(), registers);
    }
  }

  private final class ProductRunner extends Runner {
    private final PackedProduct product;

    ProductRunner(Task.Product task, Phase phase) {
      product = new PackedProduct(task, phase, memory, products, program.matrix(task.matrix()));
    }

    @Override
    void run(int slot, int local, int firstRow, int rows) {
      product.run(arena, bound.weights(), slot, local, firstRow, rows);
    }
  }

  private final class LanesRunner extends Runner {
    private final LaneKernel kernel;
    private final Operand[] operands;
    private final int[] at;
    private final int[] step;

    LanesRunner(Task.Lanes task) {
      kernel = LaneKernel.of(graph, task.node(), products, memory.scratch());
      operands = new Operand[task.operands().size() + 1];
      Arrays.setAll(
          operands,
          i ->
              new Operand(
                  memory, i < operands.length - 1 ? task.operands().get(i) : task.result()));
      at = new int[operands.length];
      step = Arrays.stream(operands).mapToInt(operand -> operand.width()).toArray();
    }

    @Override
    void run(int slot, int local, int firstRow, int rows) {
      for (int i = 0; i < at.length; i++) {
        at[i] = operands[i].at(slot, local, firstRow);
      }
      for (int row = 0; row < rows; row++) {
        kernel.run(arena, bound.weights(), at, firstLane + (firstRow + row) % lanes);
        for (int i = 0; i < at.length; i++) {
          at[i] += step[i];
        }
      }
    }
  }

  private final class SingleRunner extends Runner {
    private final InterpretedNode node;

    SingleRunner(int id, Phase phase) {
      node = new InterpretedNode(id, phase, program, memory);
    }

    @Override
    void bind() {
      node.bind(bound);
    }

    @Override
    void run(int slot, int local, int firstRow, int rows) {
      node.run(arena, slot, local, firstRow, rows, firstLane);
    }
  }

  private final class AccumulateRunner extends Runner {
    private final Task.Accumulate task;
    private final Operand a;
    private final Operand b;
    private final Panels panels;
    private final int sum;

    AccumulateRunner(Task.Accumulate task) {
      this.task = task;
      this.a = new Operand(memory, task.a());
      this.b = new Operand(memory, task.b());
      this.panels = products.sumPanels(task.n());
      this.sum = memory.sum(task.node());
    }

    @Override
    void run(int slot, int local, int firstRow, int rows) {
      boolean single = task.times() == 1;
      int begin = b.at(slot, local, firstRow);
      int step = single ? b.width() : task.n();
      int count = rows * task.times();
      if (!packed.holds(begin, step, count, task.n())) {
        products.packRows(arena, begin, step, count, panels, arena, memory.scratch());
      }
      products.accumulate(
          arena,
          a.at(slot, local, firstRow),
          single ? a.width() : task.m(),
          task.m(),
          arena,
          memory.scratch(),
          panels,
          count,
          arena,
          sum);
    }
  }

  /// From the last row to the first, as if steps were gone through one by one.
  private final class SumRowsRunner extends Runner {
    private final SumKernel kernel = SumKernel.of(element);
    private final Operand x;
    private final int n;
    private final int sum;

    SumRowsRunner(Task.SumRows task) {
      x = new Operand(memory, task.x());
      n = task.n();
      sum = memory.sum(task.node());
    }

    @Override
    void run(int slot, int local, int firstRow, int rows) {
      kernel.run(arena, x.at(slot, local, firstRow + rows - 1), -x.width(), rows, n, sum);
    }
  }

  private final class ScatterRunner extends Runner {
    private final Task.ScatterRows task;
    private final Operand rows;
    private final Operand index;
    private final int sum;

    ScatterRunner(Task.ScatterRows task) {
      this.task = task;
      this.rows = new Operand(memory, task.rows());
      this.index = new Operand(memory, task.index());
      this.sum = memory.sum(task.node());
    }

    @Override
    void run(int slot, int local, int firstRow, int count) {
      int from = rows.at(slot, local, firstRow);
      int which = index.at(slot, local, firstRow);
      for (int r = count - 1; r >= 0; r--) {
        for (int k = task.count() - 1; k >= 0; k--) {
          double number = element.number(arena, which + r * index.width() + k);
          int row = Structure.row(number, task.tableRows(), graph.name(), firstLane + r % lanes);
          int source = from + r * rows.width() + k * task.width();
          element.add(arena, source, arena, sum + row * task.width(), task.width());
        }
      }
    }
  }

  /// Some steps of a loop over time, forward or backward from the first.
  private void loop(Phase phase, int slot, int local, int by, int steps) {
    FusedStep all = fused[phase.ordinal()];
    if (all != null && all.ready()) {
      all.run(arena, bound.weights(), slot, local, by, steps);
      return;
    }
    for (int i = 0; i < steps; i++) {
      for (Runner runner : runners[phase.ordinal()]) {
        runner.run(slot + by * i, local + by * i, 0, lanes);
      }
    }
  }

  private void map(Phase phase, int slot, int steps) {
    Runner[] list = runners[phase.ordinal()];
    int total = steps * lanes;
    for (int row = 0; row < total; row += Memory.TILE) {
      for (Runner runner : list) {
        if (!wholeBlock(runner)) {
          runner.run(slot, 0, row, Math.min(Memory.TILE, total - row));
        }
      }
    }
    packed.forget();
    for (Runner runner : list) {
      if (wholeBlock(runner)) {
        runner.run(slot, 0, 0, total);
      }
    }
  }

  private static boolean wholeBlock(Runner r) {
    return r instanceof AccumulateRunner
        || r instanceof SumRowsRunner
        || r instanceof ScatterRunner;
  }

  // ---- forward

  /// Takes an input of a step; `u` holds floats or doubles of all lanes of the batch, those of this
  /// workspace from `firstLane` on.
  public void input(int i, int slot, int local, Object u, int firstLane) {
    int size = inputs[i].size();
    int at = inputs[i].at(slot, local, 0);
    Element.copyAny(u, firstLane * size, arena, at, lanes * size);
  }

  /// Hoisted work of some steps.
  public void before(int slot, int steps) {
    map(Phase.BEFORE, slot, steps);
  }

  /// Some steps of a block, of which the first is at `local`: x at `slot` → x at `slot + steps`.
  public void steps(int slot, int local, int steps) {
    loop(Phase.STEP, slot, local, 1, steps);
  }

  /// Sunk work of some steps.
  public void after(int slot, int steps) {
    map(Phase.AFTER, slot, steps);
  }

  /// Writes an output of a step to floats or doubles.
  public void output(int i, int slot, int local, Object to, int firstLane) {
    read(phases.output[i], outputs[i], slot, local, to, firstLane);
  }

  private void read(int id, Operand operand, int slot, int local, Object to, int firstLane) {
    if (operand == null) {
      double[] value = bound.values()[program.storage(id)];
      for (int lane = 0; lane < lanes; lane++) {
        Element.copyAny(value, 0, to, (firstLane + lane) * value.length, value.length);
      }
      return;
    }
    int size = operand.size();
    int from = operand.at(slot, local, 0);
    if (operand.width() == size) {
      Element.copyAny(arena, from, to, firstLane * size, lanes * size);
    } else {
      for (int lane = 0; lane < lanes; lane++) {
        Element.copyAny(arena, from + lane * operand.width(), to, (firstLane + lane) * size, size);
      }
    }
  }

  // ---- backward

  /// Sets the cotangent of an output at a step; `bar` holds floats or doubles, the lanes of this
  /// workspace from `firstLane` on.
  public void seed(int i, int local, Object bar, int firstLane) {
    int size = outputBars[i].size();
    int at = outputBars[i].at(local, local, 0);
    Element.copyAny(bar, firstLane * size, arena, at, lanes * size);
  }

  /// Sets the cotangent of an output to one number at some steps of the block.
  public void seed(int i, int steps, double value) {
    Operand bar = outputBars[i];
    element.fill(arena, bar.at(0, 0, 0), steps * lanes * bar.size(), value);
  }

  /// Work of some steps that needs no costate.
  public void backBefore(int slot, int steps) {
    map(Phase.BACK_BEFORE, slot, steps);
  }

  /// Some steps back, the first at `local` of the block: λ at `local + 1` → λ at `local + 1 −
  /// steps`.
  public void backSteps(int slot, int local, int steps) {
    // Nothing depends on such a carry, so nothing writes its costate.
    for (int i = 0; i < phases.carryBar.length; i++) {
      for (int k = 0; phases.carryBar[i] < 0 && k < steps; k++) {
        costate.clearOne(i, local - k);
      }
    }
    loop(Phase.BACK_STEP, slot, local, -1, steps);
  }

  /// Parameter gradients and cotangents of inputs of some steps.
  public void backAfter(int slot, int steps) {
    map(Phase.BACK_AFTER, slot, steps);
  }

  /// Writes the cotangent of an input at a step to floats or doubles; zero if nothing depends on
  /// it.
  public void inputBar(int i, int slot, int local, Object to, int firstLane) {
    int id = phases.inputBar[i];
    if (id < 0) {
      int size = phases.size(phases.input[i]);
      Element.of(to).fill(to, firstLane * size, lanes * size, 0);
    } else {
      read(id, inputBars[i], slot, local, to, firstLane);
    }
  }

  /// Adds the sums over lanes and steps to doubles, and sets them to zero.
  public void drain(double[][] sums) {
    for (int i = 0; i < sums.length; i++) {
      drain(i, 0, sums[i].length / sumRows(i), sums[i], 0);
    }
  }

  /// How many numbers of a sum belong together: pieces of [#drain] are multiples of it.
  public int sumRows(int sum) {
    return sumRows[sum];
  }

  private int sumRowsOf(int node) {
    for (Task task : plan.tasks(Phase.BACK_AFTER)) {
      if (task instanceof Task.Accumulate o && o.node() == node && o.transposed()) {
        return o.m();
      }
    }
    return 1;
  }

  /// Adds a piece of one sum to doubles, and sets it to zero.
  ///
  /// @param sum which, in the order of [CompiledProgram#sums]
  /// @param first where the piece begins, in units of [#sumRows]
  /// @param end where it ends
  /// @param to doubles
  /// @param at where the whole sum begins among them
  public void drain(int sum, int first, int end, double[] to, int at) {
    int rows = sumRows[sum];
    int columns = program.sumSizes()[sum] / rows;
    element.drain(arena, memory.sum(sumNodes[sum]), rows, columns, first, end, to, at);
  }
}
