package org.costate.graph;

import java.util.stream.Collectors;

/// A step graph as text for reading and as Graphviz for drawing.
final class GraphText {
  private GraphText() {}

  static String listing(StepGraph graph) {
    var text = new StringBuilder("step '" + graph.name() + "'\n");
    for (int id = 0; id < graph.ops().size(); id++) {
      String label = graph.label(id);
      text.append(
          "  %%%-4d %-10s = %s%s%n"
              .formatted(
                  id,
                  graph.shape(id),
                  expression(graph, id),
                  label.isEmpty() ? "" : "   // " + label));
    }
    for (StepGraph.Carry carry : graph.carries()) {
      text.append("  next   %s ← %%%d%n".formatted(carry.name(), carry.next()));
    }
    graph.outputs().forEach((name, id) -> text.append("  output %s = %%%d%n".formatted(name, id)));
    return text.toString();
  }

  private static String expression(StepGraph graph, int id) {
    Op op = graph.ops().get(id);
    return switch (op) {
      case Op.Input o -> o.role().name().toLowerCase(java.util.Locale.ROOT) + " " + o.name();
      case Op.Constant o ->
          o.values().size() > 6 ? "constant[" + o.values().size() + "]" : "constant " + o.values();
      default ->
          op.mnemonic()
              + java.util.Arrays.stream(op.operands())
                  .mapToObj(i -> "%" + i)
                  .collect(Collectors.joining(", ", "(", ")"));
    };
  }

  static String graphviz(StepGraph graph) {
    var text =
        new StringBuilder(
            "digraph \""
                + graph.name()
                + "\" {\n  rankdir=LR; node [shape=box, fontname=\"sans-serif\"];\n");
    for (int id = 0; id < graph.ops().size(); id++) {
      Op op = graph.ops().get(id);
      String label = graph.label(id).isEmpty() ? "" : graph.label(id) + "\\n";
      String style =
          !(op instanceof Op.Input input)
              ? ""
              : switch (input.role()) {
                case SHARED -> ", style=filled, fillcolor=lightgoldenrod";
                case CARRY -> ", style=filled, fillcolor=lightblue";
                case STEP -> ", style=filled, fillcolor=palegreen";
              };
      text.append(
          "  n%d [label=\"%s%s %s\"%s];%n"
              .formatted(id, label, op.mnemonic(), graph.shape(id), style));
      for (int operand : op.operands()) {
        text.append("  n%d -> n%d;%n".formatted(operand, id));
      }
    }
    for (StepGraph.Carry carry : graph.carries()) {
      text.append(
          "  n%d -> n%d [style=dashed, constraint=false, label=\"t+1\"];%n"
              .formatted(carry.next(), carry.input()));
    }
    return text.append("}\n").toString();
  }
}
