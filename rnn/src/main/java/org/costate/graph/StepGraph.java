package org.costate.graph;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// One time step as a typed expression graph: `(θ, xₜ, uₜ) → (xₜ₊₁, yₜ)`, immutable, without
/// numbers, checked when built.
///
/// The step is written for one example; the batch is implicit, and every value that depends on a
/// carry or a step input has one copy for each lane. Nodes are numbered in the order in which they
/// were built, so an operand's id is smaller than its user's.
public final class StepGraph {
  /// A carried value: its input node, and the node of its next value.
  ///
  /// @param name its name
  /// @param input the id of xₜ
  /// @param next the id of xₜ₊₁
  /// @param shape its shape
  public record Carry(String name, int input, int next, Shape shape) {}

  private final String name;
  private final List<Op> ops;
  private final List<Shape> shapes;
  private final boolean[] batched;
  private final Map<Integer, String> labels;
  private final List<Carry> carries;
  private final Map<String, Integer> outputs;
  private final Map<Role, List<Integer>> inputs = new EnumMap<>(Role.class);
  private final List<Parameter> parameters;

  StepGraph(StepBuilder builder, List<Carry> carries) {
    this.name = builder.name();
    this.ops = List.copyOf(builder.ops());
    this.shapes = List.copyOf(builder.shapes());
    this.batched = new boolean[ops.size()];
    for (int id = 0; id < batched.length; id++) {
      batched[id] = builder.batched(id);
    }
    this.labels = Map.copyOf(builder.labels());
    this.carries = List.copyOf(carries);
    this.outputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(builder.outputs()));
    for (Role role : Role.values()) {
      inputs.put(role, inputsOf(role));
    }
    this.parameters = inputs(Role.SHARED).stream().map(id -> input(id).parameter()).toList();
  }

  /// Defines a step.
  ///
  /// @param name its name, used in messages
  /// @param body declares the operands and says what the next state and the outputs are
  /// @return the checked graph
  /// @throws ShapeException if operands do not fit, or a carry has no next value
  public static StepGraph define(String name, Consumer<StepBuilder> body) {
    var builder = new StepBuilder(name);
    body.accept(builder);
    return builder.build();
  }

  /// How the compiled executor runs this step in float with the cotangents of all inputs: what runs
  /// when, as which loops and products, bytes kept for each step, and flops. For another precision
  /// or fewer cotangents ask `Unroll.explain`.
  ///
  /// @return the listing
  public String explain() {
    return java.util.ServiceLoader.load(Explainer.class)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "StepGraph.explain: no executor is registered in META-INF/services."))
        .explain(this);
  }

  /// What explains steps: an executor, which a graph does not know.
  public interface Explainer {
    /// Lists how a step is executed.
    ///
    /// @param step the step
    /// @return the listing
    String explain(StepGraph step);
  }

  /// The name of the step.
  ///
  /// @return the name
  public String name() {
    return name;
  }

  /// The nodes; the id of a node is its index.
  ///
  /// @return the ops, in order
  public List<Op> ops() {
    return ops;
  }

  /// The shape of a node's result for one example.
  ///
  /// @param id the node
  /// @return the shape
  public Shape shape(int id) {
    return shapes.get(id);
  }

  /// Whether a node has one value for each lane; false if it depends on shared values and constants
  /// only.
  ///
  /// @param id the node
  /// @return whether it is batched
  public boolean batched(int id) {
    return batched[id];
  }

  /// The carried values, in order of declaration.
  ///
  /// @return the carries
  public List<Carry> carries() {
    return carries;
  }

  /// The outputs y by name, in order of declaration.
  ///
  /// @return the id of each output
  public Map<String, Integer> outputs() {
    return outputs;
  }

  /// The ids of the inputs of one role, in order of declaration.
  ///
  /// @param role the role
  /// @return the ids
  public List<Integer> inputs(Role role) {
    return inputs.get(role);
  }

  private List<Integer> inputsOf(Role role) {
    var ids = new ArrayList<Integer>();
    for (int id = 0; id < ops.size(); id++) {
      if (ops.get(id) instanceof Op.Input input && input.role() == role) {
        ids.add(id);
      }
    }
    return List.copyOf(ids);
  }

  /// The parameters, in order of first use.
  ///
  /// @return the parameters
  public List<Parameter> parameters() {
    return parameters;
  }

  /// The id of an input.
  ///
  /// @param inputName its name
  /// @return the id
  /// @throws ShapeException if there is none of that name
  public int input(String inputName) {
    for (int id = 0; id < ops.size(); id++) {
      if (ops.get(id) instanceof Op.Input input && input.name().equals(inputName)) {
        return id;
      }
    }
    throw new ShapeException("Step '%s' has no input '%s'.".formatted(name, inputName));
  }

  /// The input op of an input node.
  Op.Input input(int id) {
    return (Op.Input) ops.get(id);
  }

  /// The id of an output.
  ///
  /// @param outputName its name
  /// @return the id
  /// @throws ShapeException if there is none of that name
  public int output(String outputName) {
    Integer id = outputs.get(outputName);
    if (id == null) {
      throw new ShapeException(
          "Step '%s' has no output '%s'; it has %s.".formatted(name, outputName, outputs.keySet()));
    }
    return id;
  }

  /// This step with labelled nodes as further outputs, to look inside it: the parameters stay the
  /// same objects.
  ///
  /// @param wanted labels given with [Value#named]
  /// @return the step with an output for each label
  /// @throws ShapeException if there is no node of that label
  public StepGraph exposing(String... wanted) {
    var builder = new StepBuilder(name).replay(this);
    Forward.replayResults(builder, this);
    for (String label : wanted) {
      int id =
          labels.entrySet().stream()
              .filter(e -> e.getValue().equals(label))
              .map(Map.Entry::getKey)
              .findFirst()
              .orElseThrow(
                  () ->
                      new ShapeException(
                          "Step '%s' has no node labelled '%s'.".formatted(name, label)));
      if (!outputs.containsKey(label)) {
        builder.output(label, builder.value(id));
      }
    }
    return builder.build();
  }

  /// The labels given to nodes.
  ///
  /// @return the labels, sorted
  public List<String> labelled() {
    return labels.values().stream().distinct().sorted().toList();
  }

  /// What to call a node in a message: its label and its op.
  ///
  /// @param id the node
  /// @return for example `'forget gate' = sigmoid (op 12)`
  public String describe(int id) {
    String label = label(id);
    return (label.isEmpty() ? "" : "'" + label + "' = ")
        + ops.get(id).mnemonic()
        + " (op "
        + id
        + ")";
  }

  /// The label of a node: an input's or output's name, or what the user called it.
  String label(int id) {
    return ops.get(id) instanceof Op.Input input ? input.name() : labels.getOrDefault(id, "");
  }

  /// The labels of nodes.
  Map<Integer, String> labels() {
    return labels;
  }

  /// The graph as a Graphviz digraph.
  ///
  /// @return the text, to be drawn with `dot`
  public String toGraphviz() {
    return GraphText.graphviz(this);
  }

  /// The graph as readable text, one node a line.
  @Override
  public String toString() {
    return GraphText.listing(this);
  }
}
