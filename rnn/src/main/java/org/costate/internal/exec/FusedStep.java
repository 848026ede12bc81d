package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.costate.internal.code.StepCompilation;
import org.costate.internal.code.StepKernel;

/// All tasks of a loop over time as one kernel, for one lane, if all of them are short. A larger
/// network, or more lanes, keeps a processor busy for long enough that kernels one by one cost
/// nothing.
final class FusedStep {
  /// A method takes at most 255 numbers.
  private static final int MOST_OPERANDS = 200;

  private final StepKernel.Code code;
  private final Places places;
  private CompletableFuture<StepKernel> compiled;
  private StepKernel kernel;

  private FusedStep(Form form, Memory memory, CompiledProgram program) {
    code = form.code;
    var views = new ArrayList<Task.View>();
    for (Object operand : form.operands) {
      views.add(
          switch (operand) {
            case Task.Pack pack -> new Task.View(-1, -1, program.matrix(pack), 0, false);
            case Task.View view -> view;
            default -> throw new IllegalStateException("neither a matrix nor a value");
          });
    }
    places = new Places(memory, views);
  }

  /// The tasks of a phase as one kernel; null if they are not for one lane in a loop, or too long.
  static FusedStep of(Phase phase, Memory memory, CompiledProgram program, Products products) {
    boolean used = phase.inLoop() && !(memory.forward() && phase.backward());
    Form form = used && memory.lanes() == 1 ? Form.of(memory.plan(), phase, products) : null;
    return form == null ? null : new FusedStep(form, memory, program);
  }

  /// Begins to have the kernel compiled.
  void prepare() {
    compiled = StepCompilation.of(code);
  }

  /// Whether the kernel is compiled. Until then tasks run one by one, which gives the same numbers.
  boolean ready() {
    if (kernel == null && compiled != null && compiled.isDone()) {
      kernel = compiled.join();
    }
    return kernel != null;
  }

  /// Has the kernel used from now on, compiled or not.
  void use() {
    kernel = StepKernel.of(code);
  }

  /// Whether the steps of a phase are one kernel for one lane.
  static boolean exists(Plan plan, Phase phase, Products products) {
    return phase.inLoop() && Form.of(plan, phase, products) != null;
  }

  /// Runs some steps, the first at `local` of a block that begins at `slot − local`.
  ///
  /// @param by 1 forward, −1 backward
  void run(Object arena, Object weights, int slot, int local, int by, int steps) {
    places.enter(slot - local, 0);
    kernel.run(arena, weights, places.at(), places.moves(), local, by, steps);
  }

  /// What a kernel computes, and what its operands are: views of whole rows and packed matrices.
  private record Form(StepKernel.Code code, List<Object> operands) {
    static Form of(Plan plan, Phase phase, Products products) {
      List<Task> tasks = plan.tasks(phase);
      var parts = new ArrayList<StepKernel.Part>();
      var operands = new LinkedHashMap<Object, Integer>();
      boolean multiplies = false;
      for (Task task : tasks) {
        switch (task) {
          case Task.Rows o when StepKernel.fits(o.code(), o.n()) -> {
            var places = o.operands().stream().map(view -> place(view, operands)).toList();
            parts.add(new StepKernel.Row(o.code(), places, o.n()));
          }
          case Task.Product o when o.times() == 1 -> {
            Panels panels = products.panels(o.matrix().n());
            List<Integer> vectors = panels.vectors();
            if (!panels.whole() || !StepKernel.fits(vectors, o.matrix().depth())) {
              return null;
            }
            StepKernel.Place left = place(o.left(), operands);
            int matrix = operands.computeIfAbsent(o.matrix(), _ -> operands.size());
            StepKernel.Place start = o.start() == null ? null : place(o.start(), operands);
            StepKernel.Place result = place(o.result(), operands);
            int depth = o.matrix().depth();
            parts.add(new StepKernel.Product(left, matrix, vectors, depth, start, result));
            multiplies = true;
          }
          default -> {
            return null;
          }
        }
      }
      if (!multiplies || operands.size() > MOST_OPERANDS) {
        return null;
      }
      var awaited = new HashSet<Integer>();
      for (Task task : tasks) {
        if (task instanceof Task.Product o) {
          awaited.add(o.left().root());
        }
      }
      var uses = new ArrayList<StepKernel.Operand>();
      for (Object operand : operands.keySet()) {
        int root = operand instanceof Task.View view ? view.root() : -1;
        boolean scratch = plan.places().get(root) == Place.SCRATCH;
        uses.add(new StepKernel.Operand(root < 0, scratch, awaited.contains(root)));
      }
      return new Form(
          new StepKernel.Code(plan.element(), parts, uses), List.copyOf(operands.keySet()));
    }

    /// A column of a whole row, which other views of it share; a shared value is a row by itself.
    private static StepKernel.Place place(Task.View view, Map<Object, Integer> operands) {
      boolean shared = view.root() < 0;
      int column = shared ? 0 : view.offset();
      int offset = shared ? view.offset() : 0;
      var row = new Task.View(view.root(), -1, offset, view.width(), view.next());
      return new StepKernel.Place(operands.computeIfAbsent(row, _ -> operands.size()), column);
    }
  }
}
