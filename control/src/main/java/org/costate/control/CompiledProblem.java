package org.costate.control;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.graph.Forward;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.internal.control.Graphs;
import org.costate.internal.control.Solutions;
import org.costate.internal.control.Stages;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Rollout;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Sweep;
import org.costate.unroll.Unroll;

/// An [OptimalControlProblem] ready to run: rollouts, costates, gradients and second derivatives of
/// the whole horizon. Compiling takes a fraction of a second; solvers take either form, and a
/// problem that is solved many times (from other initial states, in a receding horizon) is compiled
/// once.
///
/// The unknowns here are the controls; parameters and a final time have their guesses unless they
/// are given in the trajectory. Costates are λₖ = ∂J/∂xₖ throughout.
public final class CompiledProblem {
  private final OptimalControlProblem problem;
  private final Graphs graphs;
  private final Stages stages;
  private final double[] initial;
  private final Unrolled unrolled;

  /// The rollout and its tangent, compiled when they are first asked for.
  private static final class Unrolled {
    private Unroll plain;
    private Unroll tangent;
  }

  private CompiledProblem(
      OptimalControlProblem problem,
      Graphs graphs,
      Stages stages,
      double[] initial,
      Unrolled unrolled) {
    this.problem = problem;
    this.graphs = graphs;
    this.stages = stages;
    this.initial = initial;
    this.unrolled = unrolled;
  }

  private static CompiledProblem of(OptimalControlProblem problem, Graphs graphs) {
    var stages = new Stages(problem, graphs);
    return new CompiledProblem(problem, graphs, stages, problem.initialState(), new Unrolled());
  }

  /// Compiles a problem.
  ///
  /// @param problem the problem
  /// @return the problem, ready to run
  public static CompiledProblem of(OptimalControlProblem problem) {
    problem.duration();
    return of(problem, new Graphs(problem));
  }

  /// The augmented Lagrangian of a problem, for the module's own solvers.
  ///
  /// @param problem the problem
  /// @return the problem with its constraints in the cost
  public static CompiledProblem augmented(OptimalControlProblem problem) {
    return of(problem, new Graphs(problem, true));
  }

  /// The same problem from another initial state; what was compiled is shared, so the two must not
  /// run at the same time.
  ///
  /// @param x x₀
  /// @return the problem
  public CompiledProblem startingAt(double... x) {
    if (x.length != initial.length) {
      throw new IllegalArgumentException(
          "CompiledProblem.startingAt: '%s' has %d states, got %d."
              .formatted(problem.plant().name(), initial.length, x.length));
    }
    for (int i = 0; i < x.length; i++) {
      if (!Double.isFinite(x[i])) {
        throw new IllegalArgumentException(
            "CompiledProblem.startingAt: the initial %s must be finite, got %s."
                .formatted(problem.plant().states().get(i).name(), x[i]));
      }
    }
    return new CompiledProblem(problem, graphs, stages, x.clone(), unrolled);
  }

  /// The problem.
  ///
  /// @return the problem
  public OptimalControlProblem problem() {
    return problem;
  }

  /// x₀.
  ///
  /// @return a copy
  public double[] initialState() {
    return initial.clone();
  }

  /// The stages, for solvers of this module.
  ///
  /// @return what evaluates stages and their derivatives
  @SuppressWarnings("exports") // the module's own solvers are in other packages
  public Stages stages() {
    return stages;
  }

  /// The cost of a trajectory: of its controls, from the initial state.
  ///
  /// @param cost J
  /// @param trajectory the states that the controls lead to
  public record Simulated(double cost, Trajectory trajectory) {}

  /// Follows the plant from x₀.
  ///
  /// @param guess controls and parameters; its states are not read
  /// @return the trajectory and its cost
  public Simulated rollout(Trajectory guess) {
    Rollout rollout =
        unroll().evaluate(problem.weights(), state(z0(guess)), inputs(guess.controls()));
    return new Simulated(
        rollout.sum("cost") + terminal(rollout.finalState()), trajectory(rollout, guess));
  }

  private double terminal(State end) {
    return stages.terminalCost(end.get("z"));
  }

  private Trajectory trajectory(Rollout rollout, Trajectory guess) {
    int n = initial.length;
    double[][] x = new double[guess.horizon() + 1][];
    for (int k = 0; k < guess.horizon(); k++) {
      x[k] = Arrays.copyOf(rollout.output("zAt").steps()[k], n);
    }
    x[guess.horizon()] = Arrays.copyOf(rollout.finalState().get("z"), n);
    double[] p = guess.parameters();
    double duration = problem.hasFreeDuration() ? p[p.length - 1] : problem.duration();
    return new Trajectory(x, guess.controls(), p, duration);
  }

  /// The derivative of J by everything that determines a rollout.
  ///
  /// @param cost J
  /// @param trajectory the rollout
  /// @param controls ∂J/∂uₖ `[N][m]`
  /// @param costates λₖ = ∂J/∂xₖ `[N+1][n]`
  /// @param parameters ∂J/∂p, of a free final time ∂J/∂T
  /// @param weights ∂J/∂θ of the plant's own weights
  public record Gradient(
      double cost,
      Trajectory trajectory,
      double[][] controls,
      double[][] costates,
      double[] parameters,
      Parameters weights) {}

  /// J and its gradient, by one sweep of the adjoint over the rollout.
  ///
  /// @param guess controls and parameters
  /// @return the gradient
  public Gradient gradient(Trajectory guess) {
    return gradient(guess, new SavePolicy.All(), Sweep.full());
  }

  /// J and its gradient, with what is kept of the rollout and how far the adjoint reaches back.
  /// With checkpoints the result is the same to the bit and memory does not grow with the horizon.
  ///
  /// @param guess controls and parameters
  /// @param save what is kept
  /// @param sweep clipping of costates, truncation
  /// @return the gradient
  public Gradient gradient(Trajectory guess, SavePolicy save, Sweep sweep) {
    var tape =
        unroll().forward(problem.weights(), state(z0(guess)), inputs(guess.controls()), save);
    Rollout rollout = tape.rollout();
    double[] end = rollout.finalState().get("z");
    double cost = rollout.sum("cost") + stages.terminalCost(end);
    Seeds seeds = Seeds.of("cost", 1).finalState(state(stages.terminalGradient(end)));
    Cotangents bar = tape.backward(seeds, sweep.withCostates());
    int n = initial.length;
    double[][] lambda = new double[guess.horizon() + 1][];
    Arrays.setAll(lambda, k -> Arrays.copyOf(bar.costate("z").steps()[k], n));
    double[] first = bar.initialState().get("z");
    return new Gradient(
        cost,
        trajectory(rollout, guess),
        bar.input("u").steps(),
        lambda,
        Arrays.copyOfRange(first, n, first.length),
        bar.parameters());
  }

  /// The product of the Hessian of J, as a function of all controls, with a direction: forward mode
  /// over the rollout, then one sweep of the adjoint (Pearlmutter 1994).
  ///
  /// @param guess controls and parameters
  /// @param direction v `[N][m]`
  /// @return H v `[N][m]`
  public double[][] hessianVector(Trajectory guess, double[][] direction) {
    if (unrolled.tangent == null) {
      unrolled.tangent = Unroll.of(Forward.of(graphs.rollout()));
    }
    Unroll tangent = unrolled.tangent;
    int horizon = guess.horizon();
    var values = new LinkedHashMap<String, double[]>();
    double[] z = z0(guess);
    values.put("z", z);
    values.put("zDot", new double[z.length]);
    Shape m = Shape.of(direction[0].length);
    Sequences batch =
        inputs(guess.controls())
            .with("uDot", new Series(m, 1, direction))
            .with("kDot", Series.zeros(Shape.SCALAR, 1, horizon));
    Parameters theta = Parameters.initialise(tangent.layout(), 0);
    problem
        .weights()
        .layout()
        .entries()
        .forEach(entry -> theta.set(entry.name(), problem.weights().get(entry.name())));
    var tape = tangent.forward(theta, new State(1, values), batch);
    State end = tape.rollout().finalState();
    double[][] bars = stages.terminalSecond(end.get("z"), end.get("zDot"));
    var last = new State(1, Map.of("z", bars[0], "zDot", bars[1]));
    return tape.backward(Seeds.of("costDot", 1).finalState(last)).input("u").steps();
  }

  private Unroll unroll() {
    if (unrolled.plain == null) {
      unrolled.plain = Unroll.of(graphs.rollout());
    }
    return unrolled.plain;
  }

  /// The step that is unrolled: carry `z` = (x, p, T), inputs `u` and `k`, output `cost`.
  ///
  /// @return the graph
  public StepGraph step() {
    return graphs.rollout();
  }

  /// The step of a policy in closed loop with the plant: carry `z`, input `k`, outputs `cost`,
  /// `uAt` and `zAt`; unrolled and differentiated like any other, it trains the policy's weights by
  /// backpropagation through the simulator.
  ///
  /// @param policy a graph with step input `x` `[n]` and output `u` `[m]`
  /// @return the step
  public StepGraph step(StepGraph policy) {
    return graphs.rollout(policy);
  }

  private double[] z0(Trajectory guess) {
    Solutions.checkSizes(this, guess);
    double[] z = Arrays.copyOf(initial, initial.length + guess.parameters().length);
    boolean[] free = problem.freeInitial();
    for (int i = 0; i < initial.length; i++) {
      if (free[i]) {
        z[i] = guess.states()[0][i];
      }
    }
    System.arraycopy(guess.parameters(), 0, z, initial.length, guess.parameters().length);
    return z;
  }

  private static State state(double[] z) {
    return new State(1, Map.of("z", z));
  }

  private Sequences inputs(double[][] controls) {
    double[][] k = new double[controls.length][1];
    Arrays.setAll(k, i -> new double[] {i});
    return Sequences.of(1, controls.length)
        .with("u", new Series(Shape.of(problem.plant().controls().size()), 1, controls))
        .with("k", new Series(Shape.SCALAR, 1, k));
  }
}
