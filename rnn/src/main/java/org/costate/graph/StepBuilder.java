package org.costate.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Builds a [StepGraph]: declares its operands, its next state and its outputs. Every op enters
/// through [#emit].
public final class StepBuilder {
  private final String name;
  private final List<Op> ops = new ArrayList<>();
  private final List<Shape> shapes = new ArrayList<>();
  private final List<Boolean> batched = new ArrayList<>();
  private final Map<Integer, String> labels = new LinkedHashMap<>();
  private final Map<String, Integer> inputs = new LinkedHashMap<>();
  private final Map<Parameter, Integer> parameters = new LinkedHashMap<>();
  private final Map<Integer, Integer> next = new LinkedHashMap<>();
  private final Map<String, Integer> outputs = new LinkedHashMap<>();

  StepBuilder(String name) {
    this.name = name;
  }

  /// Declares a step input uₜ.
  ///
  /// @param inputName its name
  /// @param dimensions its shape; none for a scalar
  /// @return the value
  public Value input(String inputName, int... dimensions) {
    return declare(new Op.Input(Role.STEP, inputName, Shape.of(dimensions), null));
  }

  /// Declares a carried value xₜ; [#next] must say what follows it.
  ///
  /// @param carryName its name
  /// @param dimensions its shape; none for a scalar
  /// @return the value
  public Value carry(String carryName, int... dimensions) {
    return declare(new Op.Input(Role.CARRY, carryName, Shape.of(dimensions), null));
  }

  /// Declares a new parameter θ.
  ///
  /// @param parameterName its name
  /// @param initializer how its first values are drawn
  /// @param dimensions its shape; none for a scalar
  /// @return the value
  public Value shared(String parameterName, Initializer initializer, int... dimensions) {
    return shared(Parameter.of(parameterName, initializer, dimensions));
  }

  /// Uses a parameter, which may be used elsewhere too; asking again for the same one gives the
  /// same value.
  ///
  /// @param parameter the parameter
  /// @return the value
  public Value shared(Parameter parameter) {
    Integer known = parameters.get(parameter);
    if (known != null) {
      return value(known);
    }
    Value value =
        declare(new Op.Input(Role.SHARED, parameter.name(), parameter.shape(), parameter));
    parameters.put(parameter, value.id());
    return value;
  }

  /// Says what follows a carried value.
  ///
  /// @param carry the value xₜ
  /// @param following the value xₜ₊₁, of the same shape
  public void next(Value carry, Value following) {
    own(carry);
    own(following);
    if (!(ops.get(carry.id()) instanceof Op.Input input && input.role() == Role.CARRY)) {
      throw new ShapeException(
          "Step '%s': next(…) needs a value declared with carry(…), got %s."
              .formatted(name, ops.get(carry.id()).mnemonic()));
    }
    if (!carry.shape().equals(following.shape())) {
      throw new ShapeException(
          "Step '%s': the next state must have the shape of its state; '%s' is %s but became %s."
              .formatted(name, input.name(), carry.shape(), following.shape()));
    }
    if (next.put(carry.id(), following.id()) != null) {
      throw new ShapeException(
          "Step '%s': '%s' was given two next values.".formatted(name, input.name()));
    }
  }

  /// Names an output yₜ.
  ///
  /// @param outputName its name
  /// @param value the value
  public void output(String outputName, Value value) {
    own(value);
    if (outputs.put(outputName, value.id()) != null) {
      throw new ShapeException("Step '%s' has two outputs '%s'.".formatted(name, outputName));
    }
    labels.putIfAbsent(value.id(), outputName);
  }

  /// A constant number.
  ///
  /// @param number the number
  /// @return the value
  public Value constant(double number) {
    return emit(new Op.Constant(Shape.SCALAR, List.of(number)));
  }

  /// A constant vector.
  ///
  /// @param numbers its elements
  /// @return the value
  public Value constant(double... numbers) {
    return emit(
        new Op.Constant(
            Shape.of(numbers.length), java.util.Arrays.stream(numbers).boxed().toList()));
  }

  /// A constant matrix.
  ///
  /// @param rows its rows
  /// @return the value
  public Value constant(double[][] rows) {
    List<Double> values =
        java.util.Arrays.stream(rows).flatMapToDouble(java.util.Arrays::stream).boxed().toList();
    return emit(new Op.Constant(Shape.of(rows.length, rows[0].length), values));
  }

  /// Applies a black box.
  ///
  /// @param function the black box
  /// @param operands its operands
  /// @return its result
  public Value foreign(ForeignFunction function, Value... operands) {
    return emit(
        new Op.Foreign(function, java.util.Arrays.stream(operands).map(Value::id).toList()));
  }

  /// Puts another step into this one: its carries and inputs become given values, its parameters
  /// are shared with it.
  ///
  /// @param step the other step
  /// @param operands a value for each of its carries and inputs, by name
  /// @return its outputs, and the next values of its carries
  public Applied apply(StepGraph step, Map<String, Value> operands) {
    int[] renumbering = new int[step.ops().size()];
    for (int id = 0; id < renumbering.length; id++) {
      Op op = step.ops().get(id);
      if (op instanceof Op.Input input && input.role() == Role.SHARED) {
        renumbering[id] = shared(input.parameter()).id();
      } else if (op instanceof Op.Input input) {
        Value given = operands.get(input.name());
        if (given == null || !given.shape().equals(input.shape())) {
          throw new ShapeException(
              "Step '%s': step '%s' inside it needs '%s' %s, got %s."
                  .formatted(
                      name,
                      step.name(),
                      input.name(),
                      input.shape(),
                      given == null ? "nothing" : given.shape()));
        }
        own(given);
        renumbering[id] = given.id();
      } else {
        renumbering[id] = emit(op.renumbered(renumbering)).id();
      }
    }
    var outputs = new LinkedHashMap<String, Value>();
    step.outputs().forEach((output, id) -> outputs.put(output, value(renumbering[id])));
    var following = new LinkedHashMap<String, Value>();
    step.carries().forEach(carry -> following.put(carry.name(), value(renumbering[carry.next()])));
    return new Applied(outputs, following);
  }

  /// What a step inside another one gives.
  ///
  /// @param outputs its outputs by name
  /// @param next the next value of each carry by name
  public record Applied(Map<String, Value> outputs, Map<String, Value> next) {}

  /// Adds a node. Every convenience of [Value] and [Functions] ends here.
  ///
  /// @param op the op; its operands are ids of this builder
  /// @return its result
  /// @throws ShapeException if the operands do not fit
  public Value emit(Op op) {
    Shape shape;
    try {
      shape = OpShapes.infer(op, shapes::get);
    } catch (ShapeException e) {
      throw new ShapeException("Step '%s': %s".formatted(name, e.getMessage()));
    }
    boolean perLane = op instanceof Op.Input input && input.role() != Role.SHARED;
    if (!(op instanceof Op.SumBatch)) {
      for (int operand : op.operands()) {
        perLane |= batched.get(operand);
      }
    }
    ops.add(op);
    shapes.add(shape);
    batched.add(perLane);
    return value(ops.size() - 1);
  }

  private Value declare(Op.Input input) {
    Integer known = inputs.get(input.name());
    if (known != null) {
      throw new ShapeException(
          "Step '%s' declares '%s' twice; give the second %s another name, or reuse the first value."
              .formatted(name, input.name(), input.role()));
    }
    Value value = emit(input);
    inputs.put(input.name(), value.id());
    return value;
  }

  private void own(Value value) {
    if (value.builder() != this) {
      throw new ShapeException(
          "Step '%s' was given a value of step '%s'.".formatted(name, value.builder().name));
    }
  }

  /// Copies all nodes of a graph, with the same ids; only a new builder can take them.
  StepBuilder replay(StepGraph graph) {
    for (int id = 0; id < graph.ops().size(); id++) {
      if (graph.ops().get(id) instanceof Op.Input input) {
        Value value = declare(input);
        if (input.parameter() != null) {
          parameters.put(input.parameter(), value.id());
        }
      } else {
        emit(graph.ops().get(id));
      }
    }
    labels.putAll(graph.labels());
    return this;
  }

  StepGraph build() {
    var carries = new ArrayList<StepGraph.Carry>();
    for (int id = 0; id < ops.size(); id++) {
      if (ops.get(id) instanceof Op.Input input && input.role() == Role.CARRY) {
        Integer following = next.get(id);
        if (following == null) {
          throw new ShapeException(
              "Step '%s': '%s' is carried but has no next value; add next(%s, …)."
                  .formatted(name, input.name(), input.name()));
        }
        carries.add(new StepGraph.Carry(input.name(), id, following, input.shape()));
      }
    }
    return new StepGraph(this, carries);
  }

  Value value(int id) {
    return new Value(this, id);
  }

  String name() {
    return name;
  }

  List<Op> ops() {
    return ops;
  }

  List<Shape> shapes() {
    return shapes;
  }

  boolean batched(int id) {
    return batched.get(id);
  }

  Map<Integer, String> labels() {
    return labels;
  }

  Map<String, Integer> outputs() {
    return outputs;
  }
}
