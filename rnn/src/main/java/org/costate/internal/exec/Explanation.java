package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.costate.graph.Op;
import org.costate.graph.StepGraph;

/// A plan in words.
final class Explanation {
  private Explanation() {}

  static List<String> of(Plan plan) {
    var lines = new ArrayList<String>();
    int bytes = plan.element().bytes();
    var products = new Products(plan.element());
    long state = 0;
    for (int id : plan.phases().carry) {
      state += plan.phases().size(id);
    }
    lines.add(
        "step '%s', %s: kept for each step and lane %d bytes, and a state of %d bytes"
            .formatted(
                plan.graph().name(),
                plan.element().name().toLowerCase(java.util.Locale.ROOT),
                plan.keptPerLane() * bytes,
                state * bytes));
    for (Phase phase : Phase.values()) {
      List<Task> tasks = plan.tasks(phase);
      if (!tasks.isEmpty()) {
        lines.add(
            "%s: %d flops a lane and step%s"
                .formatted(
                    phase.words(),
                    tasks.stream().mapToLong(task -> flops(plan, task)).sum(),
                    FusedStep.exists(plan, phase, products)
                        ? "; all of one lane's steps are one kernel in a long run"
                        : ""));
        tasks.forEach(task -> lines.add("  " + words(plan, task)));
      }
    }
    return lines;
  }

  /// Multiplications, additions and other functions, each as one, for one lane and step of a
  /// forward and backward pass.
  static long flops(Plan plan) {
    long total = 0;
    for (Phase phase : Phase.values()) {
      for (Task task : plan.tasks(phase)) {
        total += flops(plan, task);
      }
    }
    return total;
  }

  /// The same for one task.
  static long flops(Plan plan, Task task) {
    return switch (task) {
      case Task.Rows o ->
          (long) o.n()
              * o.nodes().stream().filter(id -> plan.phases().size(id) > 1 || o.n() == 1).count();
      case Task.Numbers o -> o.nodes().size();
      case Task.Product o -> 2L * o.times() * o.matrix().depth() * o.matrix().n();
      case Task.Lanes(int node, _, _) -> flops(plan.graph(), node);
      case Task.Single(int node) -> plan.phases().size(node);
      case Task.Accumulate o -> 2L * o.times() * o.m() * o.n();
      case Task.SumRows o -> o.n();
      case Task.ScatterRows o -> (long) o.count() * o.width();
    };
  }

  private static long flops(StepGraph graph, int node) {
    long size = graph.shape(node).size();
    return switch (graph.ops().get(node)) {
      case Op.MatrixVector(int w, _, _) -> 2L * graph.shape(w).size();
      case Op.MatrixMatrix(int a, _, boolean ta, _) -> 2 * size * graph.shape(a).dim(ta ? 0 : 1);
      case Op.Sum(int x, _) -> graph.shape(x).size();
      case Op.Max(int x, _) -> graph.shape(x).size();
      case Op.Convolve(_, int k, _) -> 2 * size * (graph.shape(k).size() / graph.shape(k).dim(0));
      case Op.ConvolveInput(_, int k, _, _) ->
          2 * size * (graph.shape(k).size() / graph.shape(k).dim(1));
      case Op.ConvolveKernel(_, int y, _, _) ->
          2 * size * (graph.shape(y).size() / graph.shape(y).dim(0));
      default -> size;
    };
  }

  private static String words(Plan plan, Task task) {
    return switch (task) {
      case Task.Rows o ->
          "loop over %d: %s"
              .formatted(
                  o.n(),
                  o.nodes().stream()
                      .map(id -> plan.graph().describe(id))
                      .collect(Collectors.joining("; ")));
      case Task.Numbers o ->
          "%d operations on single numbers, each for a column of rows".formatted(o.nodes().size());
      case Task.Product o ->
          "product with packed %s%s [%d, %d] %s %s"
              .formatted(
                  plan.graph().describe(o.matrix().matrix()),
                  o.matrix().transposed() ? " transposed" : "",
                  o.matrix().depth(),
                  o.matrix().n(),
                  o.start() == null
                      ? "->"
                      : "added to " + plan.graph().describe(o.start().node()) + " ->",
                  plan.graph().describe(o.node()));
      case Task.Lanes(int node, _, _) -> "lane by lane " + plan.graph().describe(node);
      case Task.Single(int node) -> "interpreted " + plan.graph().describe(node);
      case Task.Accumulate o ->
          "sum of outer products [%d, %d] -> %s"
              .formatted(
                  o.transposed() ? o.n() : o.m(),
                  o.transposed() ? o.m() : o.n(),
                  plan.graph().describe(o.node()));
      case Task.SumRows o -> "sum of rows -> " + plan.graph().describe(o.node());
      case Task.ScatterRows o -> "sum into a table -> " + plan.graph().describe(o.node());
    };
  }
}
