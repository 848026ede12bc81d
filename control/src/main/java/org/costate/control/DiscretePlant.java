package org.costate.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.costate.graph.Functions;
import org.costate.graph.Op;
import org.costate.graph.Role;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.unroll.Parameters;

/// A plant step by step: xₖ₊₁ = f(xₖ, uₖ, p, k).
///
/// @param name what it is called
/// @param states the components of x
/// @param controls the components of u
/// @param next f
public record DiscretePlant(
    String name, List<Quantity> states, List<Quantity> controls, Function<Instant, Value> next)
    implements Plant {
  /// Keeps its own lists.
  public DiscretePlant {
    states = List.copyOf(states);
    controls = List.copyOf(controls);
  }

  /// Any step as a plant: its carries, one after the other, are the state, its inputs the control.
  /// A network that was trained with `rnn` is one; its weights are given to the problem with
  /// [OptimalControlProblem#weights].
  ///
  /// @param step the step
  /// @return the plant
  public static DiscretePlant of(StepGraph step) {
    var states = new ArrayList<Quantity>();
    step.carries().forEach(carry -> elements(carry.name(), carry.shape().size(), states));
    var controls = new ArrayList<Quantity>();
    for (int id : step.inputs(Role.STEP)) {
      elements(((Op.Input) step.ops().get(id)).name(), step.shape(id).size(), controls);
    }
    return new DiscretePlant(step.name(), states, controls, at -> inside(step, at));
  }

  private static void elements(String name, int size, List<Quantity> to) {
    for (int i = 0; i < size; i++) {
      to.add(new Quantity(size == 1 ? name : name + "[" + i + "]", ""));
    }
  }

  private static Value inside(StepGraph step, Instant at) {
    Map<String, Value> operands = new LinkedHashMap<>();
    int from = 0;
    for (StepGraph.Carry carry : step.carries()) {
      int size = carry.shape().size();
      operands.put(
          carry.name(), at.state().slice(from, from + size).reshape(carry.shape().toArray()));
      from += size;
    }
    from = 0;
    for (int id : step.inputs(Role.STEP)) {
      int size = step.shape(id).size();
      operands.put(
          ((Op.Input) step.ops().get(id)).name(),
          at.control().slice(from, from + size).reshape(step.shape(id).toArray()));
      from += size;
    }
    Map<String, Value> results = at.graph().apply(step, operands).next();
    Value[] parts =
        step.carries().stream()
            .map(carry -> results.get(carry.name()).reshape(carry.shape().size()))
            .toArray(Value[]::new);
    return parts.length == 1 ? parts[0] : Functions.concat(parts);
  }

  /// The parameters of a plant that has none.
  ///
  /// @return no values
  static Parameters none() {
    return Parameters.initialise(org.costate.unroll.Layout.of(Map.of()), 0);
  }
}
