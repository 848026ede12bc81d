package org.costate.internal.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.costate.control.DiscretePlant;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.OptimalControlProblem.Constraint;
import org.costate.control.OptimalControlProblem.Scope;
import org.costate.graph.Functions;
import org.costate.graph.Hessian;
import org.costate.graph.Jacobian;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// An [OptimalControlProblem] as step graphs.
///
/// The state z = (x, p, T) has the optimised parameters and a free final time as components that do
/// not change. A stage has step inputs `z`, `u`, `k` and outputs `next`, `cost`, `equality`,
/// `inequality` (the last two where there are any); the end has `z` and the same without `next`.
public final class Graphs {
  private final OptimalControlProblem problem;
  private final int states;
  private final int controls;
  private final int free;
  private final boolean augmented;

  /// @param problem the problem
  public Graphs(OptimalControlProblem problem) {
    this(problem, false);
  }

  /// @param problem the problem
  /// @param augmented whether constraints and state bounds are part of the cost, as an augmented
  ///   Lagrangian with step inputs `yHat`, `vHat` for the multipliers and `rho` for the penalty
  public Graphs(OptimalControlProblem problem, boolean augmented) {
    this.problem = problem;
    this.augmented = augmented;
    this.states = problem.plant().states().size();
    this.controls = problem.plant().controls().size();
    this.free = problem.free().size();
  }

  int size() {
    return states + free;
  }

  private Instant instant(StepBuilder s, Value z, Value u, Value time) {
    int own = free - (problem.hasFreeDuration() ? 1 : 0);
    Value p = own == 0 ? null : z.slice(states, states + own);
    return new Instant(s, free == 0 ? z : z.slice(0, states), u, p, time);
  }

  private Value duration(StepBuilder s, Value z) {
    return problem.hasFreeDuration() ? z.at(size() - 1) : s.constant(problem.duration());
  }

  /// One step.
  StepGraph stage() {
    return StepGraph.define(
        problem.plant().name(),
        s -> {
          Value z = s.input("z", size());
          Value u = s.input("u", controls);
          Value k = s.input("k");
          stage(s, z, u, k);
        });
  }

  private void stage(StepBuilder s, Value z, Value u, Value k) {
    Value h = duration(s, z).over(problem.horizon());
    Instant at = instant(s, z, u, k.hadamard(h));
    Value cost = s.constant(0);
    Value next =
        switch (problem.plant()) {
          case DiscretePlant plant -> plant.next().apply(at);
          case Dynamics dynamics -> {
            Integrator.Advanced step =
                problem.integrator().advance(rates(dynamics, at.parameters()), at, h);
            cost = step.cost();
            yield step.next();
          }
        };
    cost = cost.plus(cost("stage cost", problem.stageCost(), at));
    s.output("next", free == 0 ? next : Functions.concat(next, z.slice(states, size())));
    finish(s, at, Scope.PATH, cost);
  }

  private void finish(StepBuilder s, Instant at, Scope own, Value cost) {
    Value equality = rows(at, own, true);
    Value inequality = rows(at, own, false);
    if (!augmented) {
      s.output("cost", cost);
      if (equality != null) {
        s.output("equality", equality);
      }
      if (inequality != null) {
        s.output("inequality", inequality);
      }
      return;
    }
    // yᵀe + ρ/2 |e|² + (|max(0, v + ρ g)|² − |v|²) / 2ρ
    Value rho = equality == null && inequality == null ? null : s.input("rho");
    Value sum = cost;
    if (equality != null) {
      Value y = s.input("yHat", equality.shape().size());
      sum = sum.plus(equality.hadamard(y.plus(equality.hadamard(rho.times(0.5)))).sum());
    }
    if (inequality != null) {
      Value v = s.input("vHat", inequality.shape().size());
      Value pushed = v.plus(inequality.hadamard(rho));
      Value positive = Functions.max(pushed, s.constant(0));
      Value difference = positive.hadamard(positive).minus(v.hadamard(v));
      sum = sum.plus(difference.sum().over(rho.times(2)));
    }
    s.output("cost", sum);
  }

  /// The rows of all equalities or inequalities, those of the state first; null if there are none.
  private Value rows(Instant at, Scope own, boolean equality) {
    var rows = new ArrayList<Value>();
    for (Constraint constraint : inOrder(own, equality)) {
      Value g = constraint.formula().apply(constraint.scope() == Scope.STATE ? atRest(at) : at);
      rows.add(g.reshape(g.shape().size()));
    }
    return rows.isEmpty()
        ? null
        : rows.size() == 1 ? rows.getFirst() : Functions.concat(rows.toArray(Value[]::new));
  }

  /// The same time without a control.
  private static Instant atRest(Instant at) {
    return new Instant(at.graph(), at.state(), null, at.parameters(), at.time());
  }

  /// The constraints of a stage (`PATH`) or of the end (`TERMINAL`): those of the state first.
  List<Constraint> inOrder(Scope own, boolean equality) {
    var list = new ArrayList<Constraint>();
    for (Scope scope : new Scope[] {Scope.STATE, own}) {
      problem.constraints().stream()
          .filter(c -> c.scope() == scope && c.equality() == equality)
          .forEach(list::add);
    }
    return list;
  }

  /// The number of rows of a constraint.
  int rows(Constraint constraint) {
    StepGraph one =
        StepGraph.define(
            constraint.name(),
            s -> {
              Value z = s.input("z", size());
              Value u = constraint.scope() == Scope.PATH ? s.input("u", controls) : null;
              Value time = s.input("t");
              s.output("g", constraint.formula().apply(instant(s, z, u, time)));
            });
    return one.shape(one.output("g")).size();
  }

  /// ẋ and ℓ.
  private StepGraph rates(Dynamics dynamics, Value parameters) {
    return StepGraph.define(
        dynamics.name(),
        s -> {
          Value x = s.input("x", states);
          Value u = s.input("u", controls);
          Value p = parameters == null ? null : s.input("p", parameters.shape().toArray());
          rates(s, dynamics, new Instant(s, x, u, p, s.input("t")));
        });
  }

  private void rates(StepBuilder s, Dynamics dynamics, Instant at) {
    Value rate = dynamics.rate(at);
    if (!rate.shape().equals(Shape.of(states))) {
      throw new IllegalArgumentException(
          "%s: ẋ must be %s like the state, got %s; join scalars with Instant.vector."
              .formatted(dynamics.name(), Shape.of(states), rate.shape()));
    }
    s.output("rate", rate);
    s.output("cost", cost("running cost", problem.runningCost(), at));
  }

  /// A cost, 0 if there is none.
  private Value cost(String what, Function<Instant, Value> formula, Instant at) {
    if (formula == null) {
      return at.constant(0);
    }
    Value cost = formula.apply(at);
    if (cost.shape().rank() != 0) {
      throw new IllegalArgumentException(
          "%s: the %s must be a scalar, got %s; sum it."
              .formatted(problem.plant().name(), what, cost.shape()));
    }
    return cost;
  }

  /// ẋ and ℓ with inputs `z`, `u`, `t`, for checks in continuous time; for dynamics only.
  public StepGraph continuous() {
    return StepGraph.define(
        problem.plant().name(),
        s -> {
          Instant at = instant(s, s.input("z", size()), s.input("u", controls), s.input("t"));
          rates(s, (Dynamics) problem.plant(), at);
        });
  }

  /// A part of one step, to look between the steps: inputs `z`, `u`, `k` (which need not be whole)
  /// and output `next`.
  public StepGraph substep(int parts) {
    return StepGraph.define(
        problem.plant().name(),
        s -> {
          Value z = s.input("z", size());
          Value u = s.input("u", controls);
          Value k = s.input("k");
          Value h = duration(s, z).over(problem.horizon());
          Instant at = instant(s, z, u, k.hadamard(h));
          var rates = rates((Dynamics) problem.plant(), at.parameters());
          Value next = problem.integrator().advance(rates, at, h.over(parts)).next();
          s.output("next", free == 0 ? next : Functions.concat(next, z.slice(states, size())));
        });
  }

  /// The end.
  StepGraph terminal() {
    return StepGraph.define(
        problem.plant().name() + " end",
        s -> {
          Value z = s.input("z", size());
          Instant at = instant(s, z, null, duration(s, z));
          finish(s, at, Scope.TERMINAL, cost("terminal cost", problem.terminalCost(), at));
        });
  }

  /// What is needed of a stage or the end, as one graph: its values, with `first` also the Jacobians
  /// `nextBy`, `equalityBy`, `inequalityBy` and the gradient `costBy`, with a curvature also
  /// `hessian`, of
  ///
  ///     σ cost + λᵀ next + yᵀ equality + vᵀ inequality
  ///
  /// with respect to (z, u), where step inputs `sigma`, `lambda`, `y`, `v` are the multipliers; by
  /// Gauss and Newton of σ cost alone.
  static StepGraph derivatives(StepGraph graph, boolean first, Curvature curvature) {
    boolean stage = graph.outputs().containsKey("next");
    String[] by = stage ? new String[] {"z", "u"} : new String[] {"z"};
    StepGraph all = graph;
    if (curvature != Curvature.NONE) {
      all = Hessian.of(lagrangian(graph, curvature), "hessian", "lagrangian", by);
    }
    if (first) {
      for (String output : graph.outputs().keySet()) {
        all = Jacobian.of(all, output + "By", output, by);
      }
    }
    var wanted = new ArrayList<String>(graph.outputs().keySet());
    if (first) {
      graph.outputs().keySet().forEach(output -> wanted.add(output + "By"));
    }
    if (curvature != Curvature.NONE) {
      wanted.add("hessian");
    }
    return only(all, wanted);
  }

  /// Which second derivatives there are.
  public enum Curvature {
    /// None.
    NONE,
    /// Of the cost alone (Gauss and Newton; iLQR).
    COST,
    /// Of the Lagrangian.
    EXACT
  }

  private static StepGraph lagrangian(StepGraph graph, Curvature curvature) {
    return StepGraph.define(
        graph.name(),
        s -> {
          Map<String, Value> operands = operands(s, graph);
          Map<String, Value> outputs = s.apply(graph, operands).outputs();
          Value sum = s.input("sigma").hadamard(outputs.get("cost"));
          String[][] pairs = {{"next", "lambda"}, {"equality", "y"}, {"inequality", "v"}};
          for (String[] pair : pairs) {
            Value value = outputs.get(pair[0]);
            if (curvature == Curvature.EXACT && value != null) {
              sum = sum.plus(value.hadamard(s.input(pair[1], value.shape().size())).sum());
            }
          }
          outputs.forEach(s::output);
          s.output("lagrangian", sum);
        });
  }

  private static int inputOf(StepGraph graph, String name) {
    for (int id : graph.inputs(org.costate.graph.Role.STEP)) {
      if (((org.costate.graph.Op.Input) graph.ops().get(id)).name().equals(name)) {
        return id;
      }
    }
    return -1;
  }

  private static Map<String, Value> operands(StepBuilder s, StepGraph graph) {
    var operands = new HashMap<String, Value>();
    for (int id : graph.inputs(org.costate.graph.Role.STEP)) {
      String name = ((org.costate.graph.Op.Input) graph.ops().get(id)).name();
      operands.put(name, s.input(name, graph.shape(id).toArray()));
    }
    return operands;
  }

  /// A graph with some of its outputs.
  private static StepGraph only(StepGraph graph, List<String> wanted) {
    return StepGraph.define(
        graph.name(),
        s -> {
          Map<String, Value> outputs = s.apply(graph, operands(s, graph)).outputs();
          wanted.forEach(name -> s.output(name, outputs.get(name)));
        });
  }

  /// The stages as a rollout with carry `z` and step inputs `u`, `k`: what is unrolled to
  /// differentiate the whole horizon.
  public StepGraph rollout() {
    return rollout((s, _) -> s.input("u", controls), _ -> null);
  }

  /// The rollout of a policy, a graph with step input `x` and output `u`, whose weights are shared.
  public StepGraph rollout(StepGraph policy) {
    return rollout(
        (s, z) -> {
          Value x = free == 0 ? z : z.slice(0, states);
          return s.apply(policy, Map.of("x", x)).outputs().get("u");
        },
        _ -> null);
  }

  /// The closed loop
  ///
  ///     u = clamp(û + α k + K (z − ẑ), low, high)        z′ = F(z, u) + (α − 1) gap
  ///
  /// with carry `z` and outputs `u`, `z` and `cost`: the forward pass of DDP, with the gaps of
  /// multiple shooting that are closed by the part α of a step.
  StepGraph closedLoop() {
    return rollout(
        (s, z) -> {
          Value gain = s.input("gain", controls, size());
          Value u =
              s.input("uHat", controls)
                  .plus(s.input("feedforward", controls).hadamard(s.input("alpha")))
                  .plus(gain.times(z.minus(s.input("zHat", size()))));
          Value high = s.input("high", controls);
          return Functions.max(Functions.min(u, high), s.input("low", controls));
        },
        s -> s.input("shift", size()));
  }

  private StepGraph rollout(
      java.util.function.BiFunction<StepBuilder, Value, Value> control,
      Function<StepBuilder, Value> shift) {
    StepGraph stage = stage();
    return StepGraph.define(
        problem.plant().name(),
        s -> {
          Value z = s.carry("z", size());
          Value k = s.input("k");
          Value u = control.apply(s, z);
          var operands = new HashMap<>(Map.of("z", z, "u", u, "k", k));
          for (String name : List.of("yHat", "vHat", "rho")) {
            int id = inputOf(stage, name);
            if (id >= 0) {
              operands.put(name, s.input(name, stage.shape(id).toArray()));
            }
          }
          Map<String, Value> outputs = s.apply(stage, operands).outputs();
          Value added = shift.apply(s);
          s.next(z, added == null ? outputs.get("next") : outputs.get("next").plus(added));
          s.output("cost", outputs.get("cost"));
          s.output("zAt", z);
          s.output("uAt", u);
        });
  }
}
