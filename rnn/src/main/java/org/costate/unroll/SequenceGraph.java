package org.costate.unroll;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.costate.graph.Functions;
import org.costate.graph.Parameter;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// Steps composed over whole sequences: scans forward and backward in time, maps over time,
/// concatenation, and reductions of a sequence to one value. A stack, a bidirectional network or an
/// encoder is described with this.
///
/// ```java
/// var tagger = SequenceGraph.define(g -> {
///   var x = g.input("x", 4);
///   var f = g.scan("forward", cell, Map.of("x", x)).output("h");
///   var b = g.scanReversed("backward", otherCell, Map.of("x", x)).output("h");
///   g.output("logits", g.map("readout", readout, Map.of("h", g.concat(f, b))).output("logits"));
/// });
/// ```
///
/// A parameter of step `cell` used by node `forward` is called `forward.W`; a carry likewise. A
/// value that was reduced over time is a sequence of one step.
public final class SequenceGraph implements Recurrence {
  /// A sequence inside a graph that is being defined.
  ///
  /// @param id its number
  /// @param shape its shape for one example at one step
  /// @param overTime whether it has all steps, or one
  public record SequenceValue(int id, Shape shape, boolean overTime) {}

  /// How a sequence becomes one value for each lane.
  public enum Reduction {
    /// The first step.
    FIRST,
    /// The last real step.
    LAST,
    /// The mean over the real steps.
    MEAN,
    /// The largest over the real steps, element by element; the first of equal ones has the
    /// derivative.
    MAX
  }

  sealed interface Node {
    record Input(String name) implements Node {}

    record Scan(
        String name,
        Unroll unroll,
        boolean reversed,
        boolean overTime,
        Map<String, Integer> sources,
        Map<String, Integer> results)
        implements Node {}

    record Reduce(Reduction reduction, int source, int result) implements Node {}
  }

  private final List<Node> nodes;
  private final List<List<Node>> waves;
  private final Map<String, Shape> inputs;
  private final Map<String, SequenceValue> outputs;
  private final int values;
  private final Layout layout;
  private final SpareRows spare = new SpareRows();

  private SequenceGraph(Builder builder) {
    this.nodes = List.copyOf(builder.finish());
    this.waves = waves(nodes);
    this.inputs = java.util.Collections.unmodifiableMap(builder.inputs);
    this.outputs = builder.outputs;
    this.values = builder.values.size();
    var groups = new LinkedHashMap<String, List<Parameter>>();
    for (Node node : nodes) {
      if (node instanceof Node.Scan scan) {
        groups.put(scan.name(), scan.unroll().step().parameters());
      }
    }
    this.layout = Layout.of(groups);
  }

  /// Defines a graph in double precision.
  ///
  /// @param body declares inputs, nodes and outputs
  /// @return the graph
  public static SequenceGraph define(Consumer<Builder> body) {
    return define(Precision.DOUBLE, body);
  }

  /// Defines a graph.
  ///
  /// @param precision the element type
  /// @param body declares inputs, nodes and outputs
  /// @return the graph
  public static SequenceGraph define(Precision precision, Consumer<Builder> body) {
    var builder = new Builder(precision);
    body.accept(builder);
    return new SequenceGraph(builder);
  }

  /// Collects the nodes of a graph.
  public static final class Builder {
    private final Precision precision;

    /// Nodes to be, given which values a gradient passes on to; it is known once all are declared
    /// in order.
    private final List<Function<boolean[], Node>> nodes = new ArrayList<>();

    private final List<SequenceValue> values = new ArrayList<>();
    private final Map<String, Shape> inputs = new LinkedHashMap<>();
    private final Set<Integer> kept = new LinkedHashSet<>();
    private final Map<String, SequenceValue> outputs = new LinkedHashMap<>();

    private Builder(Precision precision) {
      this.precision = precision;
    }

    /// The results of a scan.
    public final class Results {
      private final String name;
      private final Map<String, Integer> results;

      private Results(String name, Map<String, Integer> results) {
        this.name = name;
        this.results = results;
      }

      /// One output of the step, over time.
      ///
      /// @param output its name
      /// @return the sequence
      public SequenceValue output(String output) {
        Integer id = results.get(output);
        if (id == null) {
          throw new IllegalArgumentException(
              "SequenceGraph: node '%s' has no output '%s'; it has %s."
                  .formatted(name, output, results.keySet()));
        }
        return values.get(id);
      }
    }

    private SequenceValue value(Shape shape, boolean overTime) {
      var value = new SequenceValue(values.size(), shape, overTime);
      values.add(value);
      return value;
    }

    /// Declares an input; no cotangent is kept for it.
    ///
    /// @param name its name
    /// @param dimensions its shape for one example at one step
    /// @return the sequence
    public SequenceValue input(String name, int... dimensions) {
      inputs.put(name, Shape.of(dimensions));
      nodes.add(_ -> new Node.Input(name));
      return value(Shape.of(dimensions), true);
    }

    /// Declares an input whose cotangent ū is returned by the backward pass.
    ///
    /// @param name its name
    /// @param dimensions its shape for one example at one step
    /// @return the sequence
    public SequenceValue differentiableInput(String name, int... dimensions) {
      SequenceValue value = input(name, dimensions);
      kept.add(value.id());
      return value;
    }

    /// Declares an input for what is left of a sequence after a reduction, such as the target of a
    /// classification: only its first step is read.
    ///
    /// @param name its name
    /// @param dimensions its shape for one example
    /// @return the value
    public SequenceValue finalInput(String name, int... dimensions) {
      inputs.put(name, Shape.of(dimensions));
      nodes.add(_ -> new Node.Input(name));
      return value(Shape.of(dimensions), false);
    }

    /// Runs a step over time, from the first step to the last.
    ///
    /// @param name the name of the node
    /// @param step the step
    /// @param sources the sequence for each of its step inputs
    /// @return its outputs
    public Results scan(String name, StepGraph step, Map<String, SequenceValue> sources) {
      return add(name, step, false, sources);
    }

    /// Runs a step over time from the last step of each lane to its first; outputs stay at their
    /// own time.
    ///
    /// @param name the name of the node
    /// @param step the step
    /// @param sources the sequence for each of its step inputs
    /// @return its outputs
    public Results scanReversed(String name, StepGraph step, Map<String, SequenceValue> sources) {
      return add(name, step, true, sources);
    }

    /// Applies a step without carries at every time.
    ///
    /// @param name the name of the node
    /// @param step the step
    /// @param sources the sequence for each of its step inputs
    /// @return its outputs
    public Results map(String name, StepGraph step, Map<String, SequenceValue> sources) {
      if (!step.carries().isEmpty()) {
        throw new IllegalArgumentException(
            "SequenceGraph.map: step '%s' carries '%s', so it is not a map; use scan."
                .formatted(step.name(), step.carries().getFirst().name()));
      }
      return add(name, step, false, sources);
    }

    private Results add(
        String name, StepGraph step, boolean reversed, Map<String, SequenceValue> sources) {
      var ids = new LinkedHashMap<String, Integer>();
      sources.forEach((input, value) -> ids.put(input, value.id()));
      boolean overTime = sources.values().stream().anyMatch(SequenceValue::overTime);
      if (overTime && sources.values().stream().anyMatch(v -> !v.overTime())) {
        throw new IllegalArgumentException(
            "SequenceGraph: node '%s' mixes sequences with values reduced over time."
                .formatted(name));
      }
      var results = new LinkedHashMap<String, Integer>();
      step.outputs()
          .forEach((output, id) -> results.put(output, value(step.shape(id), overTime).id()));
      nodes.add(
          differentiated -> scan(name, step, reversed, overTime, ids, results, differentiated));
      return new Results(name, results);
    }

    /// Vectors one after another, at every time.
    ///
    /// @param parts the sequences, of vectors
    /// @return the sequence
    public SequenceValue concat(SequenceValue... parts) {
      StepGraph join =
          StepGraph.define(
              "concat",
              s -> {
                Value[] operands = new Value[parts.length];
                for (int i = 0; i < parts.length; i++) {
                  operands[i] = s.input("part" + i, parts[i].shape().toArray());
                }
                s.output("joined", Functions.concat(operands));
              });
      var sources = new LinkedHashMap<String, SequenceValue>();
      for (int i = 0; i < parts.length; i++) {
        sources.put("part" + i, parts[i]);
      }
      return map("concat" + nodes.size(), join, sources).output("joined");
    }

    /// Reduces a sequence to one value for each lane, over its real steps.
    ///
    /// @param reduction how
    /// @param sequence the sequence
    /// @return the value
    public SequenceValue reduce(Reduction reduction, SequenceValue sequence) {
      SequenceValue result = value(sequence.shape(), false);
      nodes.add(
          differentiated -> {
            differentiated[result.id()] = differentiated[sequence.id()];
            return new Node.Reduce(reduction, sequence.id(), result.id());
          });
      return result;
    }

    /// Names an output of the graph.
    ///
    /// @param name its name
    /// @param value the sequence
    public void output(String name, SequenceValue value) {
      outputs.put(name, value);
    }

    /// A scan with the cotangents of only those inputs through which a gradient goes on.
    private Node scan(
        String name,
        StepGraph step,
        boolean reversed,
        boolean overTime,
        Map<String, Integer> sources,
        Map<String, Integer> results,
        boolean[] differentiated) {
      var wanted = new LinkedHashSet<String>();
      sources.forEach(
          (input, source) -> {
            if (differentiated[source]) {
              wanted.add(input);
            }
          });
      boolean passesOn = !wanted.isEmpty() || !step.parameters().isEmpty();
      results.values().forEach(id -> differentiated[id] = passesOn);
      Unroll unroll = Unroll.of(step, precision, wanted);
      return new Node.Scan(name, unroll, reversed, overTime, sources, results);
    }

    private List<Node> finish() {
      boolean[] differentiated = new boolean[values.size()];
      kept.forEach(id -> differentiated[id] = true);
      return nodes.stream().map(node -> node.apply(differentiated)).toList();
    }
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public Map<String, Shape> inputs() {
    return inputs;
  }

  /// The shapes of the outputs for one example at one step.
  ///
  /// @return the shapes by name
  public Map<String, Shape> outputs() {
    var shapes = new LinkedHashMap<String, Shape>();
    outputs.forEach((name, value) -> shapes.put(name, value.shape()));
    return shapes;
  }

  /// The steps of the graph by the names of their nodes.
  ///
  /// @return the step graphs
  public Map<String, StepGraph> steps() {
    var steps = new LinkedHashMap<String, StepGraph>();
    for (Node node : nodes) {
      if (node instanceof Node.Scan scan) {
        steps.put(scan.name(), scan.unroll().step());
      }
    }
    return steps;
  }

  /// Whether some scan runs backward in time, so that outputs depend on the future.
  ///
  /// @return whether there is a reversed scan
  public boolean looksAhead() {
    return nodes.stream().anyMatch(node -> node instanceof Node.Scan scan && scan.reversed());
  }

  @Override
  public State zeroState(int lanes) {
    var values = new LinkedHashMap<String, double[]>();
    for (Node node : nodes) {
      if (node instanceof Node.Scan scan) {
        scan.unroll()
            .zeroState(lanes)
            .values()
            .forEach((name, array) -> values.put(scan.name() + "." + name, array));
      }
    }
    return new State(lanes, values);
  }

  @Override
  public Tape forward(Parameters parameters, State initial, Sequences inputs, SavePolicy save) {
    return new SequenceTape(this, parameters, initial, inputs, save);
  }

  @Override
  public Rollout evaluate(Parameters parameters, State initial, Sequences inputs) {
    return new SequenceTape(this, parameters, initial, inputs, null).rollout();
  }

  @Override
  public Optional<NonFinite> findNonFinite(
      Parameters parameters, State initial, Sequences inputs, Seeds seeds) {
    return SequenceTape.findNonFinite(this, parameters, initial, inputs, seeds);
  }

  List<Node> nodes() {
    return nodes;
  }

  /// The nodes in order, those scans together that follow each other and read nothing of each
  /// other, such as the two directions of a layer: they can run side by side.
  List<List<Node>> waves() {
    return waves;
  }

  private static List<List<Node>> waves(List<Node> nodes) {
    var waves = new ArrayList<List<Node>>();
    var made = new HashSet<Integer>();
    for (Node node : nodes) {
      boolean beside =
          node instanceof Node.Scan scan
              && !made.isEmpty()
              && scan.sources().values().stream().noneMatch(made::contains);
      if (!beside) {
        waves.add(new ArrayList<>());
        made.clear();
      }
      if (node instanceof Node.Scan scan) {
        made.addAll(scan.results().values());
      }
      waves.getLast().add(node);
    }
    return waves;
  }

  /// Rows that forward passes of this graph hand on to one another.
  SpareRows spare() {
    return spare;
  }

  Map<String, SequenceValue> outputValues() {
    return outputs;
  }

  int valueCount() {
    return values;
  }
}
