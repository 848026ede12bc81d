package org.costate.graph;

/// Goes through a graph and makes another one with the same inputs, carries and outputs: the frame
/// of transforms such as [Simplify].
public abstract class Rebuild {
  private final StepGraph graph;
  private final StepBuilder builder;

  /// The new node of each old one that was reached; operands of an [Op] are renumbered by it.
  protected final int[] renumbering;

  /// A transform of a graph, which begins with [#run].
  ///
  /// @param graph the graph
  protected Rebuild(StepGraph graph) {
    this.graph = graph;
    this.builder = new StepBuilder(graph.name());
    this.renumbering = new int[graph.ops().size()];
  }

  /// The new nodes of an old one whose operands have theirs already.
  ///
  /// @param id an old node that a result needs, and no input
  /// @return the new node that stands for it, or −1 if no new node reads it
  protected abstract int rebuild(int id);

  /// The old graph.
  ///
  /// @return the graph
  protected final StepGraph graph() {
    return graph;
  }

  /// Where new nodes are added.
  ///
  /// @return the builder
  protected final StepBuilder builder() {
    return builder;
  }

  /// Makes the new graph. Inputs stay, used or not; other nodes that no result needs are left out.
  ///
  /// @return the new graph
  public final StepGraph run() {
    boolean[] live = live();
    for (int id = 0; id < live.length; id++) {
      Op op = graph.ops().get(id);
      if (op instanceof Op.Input input) {
        renumbering[id] = declare(input);
      } else if (live[id]) {
        renumbering[id] = rebuild(id);
        if (renumbering[id] >= 0 && !graph.label(id).isEmpty()) {
          builder.labels().putIfAbsent(renumbering[id], graph.label(id));
        }
      }
    }
    for (StepGraph.Carry carry : graph.carries()) {
      builder.next(
          builder.value(renumbering[carry.input()]), builder.value(renumbering[carry.next()]));
    }
    graph.outputs().forEach((name, id) -> builder.output(name, builder.value(renumbering[id])));
    return builder.build();
  }

  private int declare(Op.Input input) {
    Value value =
        switch (input.role()) {
          case SHARED -> builder.shared(input.parameter());
          case CARRY -> builder.carry(input.name(), input.shape().toArray());
          case STEP -> builder.input(input.name(), input.shape().toArray());
        };
    return value.id();
  }

  private boolean[] live() {
    boolean[] live = new boolean[graph.ops().size()];
    graph.outputs().values().forEach(id -> live[id] = true);
    graph.carries().forEach(carry -> live[carry.next()] = true);
    for (int id = live.length - 1; id >= 0; id--) {
      if (live[id]) {
        for (int operand : graph.ops().get(id).operands()) {
          live[operand] = true;
        }
      }
    }
    return live;
  }
}
