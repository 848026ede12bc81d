package org.costate.internal.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.costate.control.Dynamics;
import org.costate.control.OptimalControlProblem;
import org.costate.control.OptimalControlProblem.Constraint;
import org.costate.control.OptimalControlProblem.Scope;
import org.costate.graph.Parameter;
import org.costate.graph.StepGraph;
import org.costate.internal.control.Graphs.Curvature;
import org.costate.unroll.Loop;

/// All stages of a problem and its end, evaluated at once: values, Jacobians, Hessians and the
/// closed loop, each compiled when it is first asked for. Nothing is allocated by an evaluation.
public final class Stages {
  private final OptimalControlProblem problem;
  private final Graphs graphs;
  private final StepGraph stage;
  private final StepGraph terminal;
  private final Map<Curvature, Point> pointsFirst = new EnumMap<>(Curvature.class);
  private final Map<Curvature, Point> curvatureOnly = new EnumMap<>(Curvature.class);
  private final Map<List<Boolean>, List<String>> names = new HashMap<>();
  private Point values;
  private ClosedLoop closedLoop;
  private Loop rates;

  /// The number of components of z.
  public final int n;

  /// The number of controls.
  public final int m;

  /// N.
  public final int horizon;

  /// The number of inequalities of the state, which come first; they do not hold at k = 0.
  public final int stateInequalities;

  /// @param problem the problem
  /// @param graphs its graphs
  public Stages(OptimalControlProblem problem, Graphs graphs) {
    this.problem = problem;
    this.graphs = graphs;
    this.stage = graphs.stage();
    this.terminal = graphs.terminal();
    this.n = graphs.size();
    this.m = problem.plant().controls().size();
    this.horizon = problem.horizon();
    check("next state", stage, "next", n);
    for (Parameter weight : stage.parameters()) {
      if (problem.weights().layout().entries().stream().noneMatch(e -> e.parameter() == weight)) {
        throw new IllegalArgumentException(
            "%s: the weights '%s' have no values; give them with problem.weights(θ)."
                .formatted(problem.plant().name(), weight.name()));
      }
    }
    this.stateInequalities =
        rows(
            graphs.inOrder(Scope.PATH, false).stream()
                .filter(c -> c.scope() == Scope.STATE)
                .toList());
  }

  private void check(String what, StepGraph graph, String output, int size) {
    if (graph.shape(graph.output(output)).size() != size) {
      throw new IllegalArgumentException(
          "%s: the %s must have %d components like the state, got %d."
              .formatted(
                  problem.plant().name(), what, size, graph.shape(graph.output(output)).size()));
    }
  }

  private int rows(List<Constraint> constraints) {
    return constraints.stream().mapToInt(this::rows).sum();
  }

  private int rows(Constraint constraint) {
    return graphs.rows(constraint);
  }

  /// The number of equalities at a stage, or at the end.
  public int equalities(boolean end) {
    return size(end ? terminal : stage, "equality");
  }

  /// The number of inequalities at a stage, or at the end.
  public int inequalities(boolean end) {
    return size(end ? terminal : stage, "inequality");
  }

  private static int size(StepGraph graph, String output) {
    return graph.outputs().containsKey(output) ? graph.shape(graph.output(output)).size() : 0;
  }

  /// The names of the rows of the equalities or inequalities.
  public List<String> names(boolean end, boolean equality) {
    return names.computeIfAbsent(List.of(end, equality), _ -> newNames(end, equality));
  }

  private List<String> newNames(boolean end, boolean equality) {
    var names = new ArrayList<String>();
    for (Constraint constraint : graphs.inOrder(end ? Scope.TERMINAL : Scope.PATH, equality)) {
      int rows = rows(constraint);
      for (int i = 0; i < rows; i++) {
        names.add(rows == 1 ? constraint.name() : constraint.name() + "[" + i + "]");
      }
    }
    return names;
  }

  /// The loops over the stages and the end that give the same kind of numbers.
  public final class Point {
    private final Loop stages;
    private final Loop end;

    Point(StepGraph ofStage, StepGraph ofEnd) {
      stages = Loop.of(ofStage, problem.weights(), horizon);
      end = Loop.of(ofEnd, problem.weights(), 1);
      double[][] k = input("k");
      for (int i = 0; k != null && i < horizon; i++) {
        k[i][0] = i;
      }
    }

    /// An input of the stages, or null if it does not occur.
    public double[][] input(String name) {
      return stages.hasInput(name) ? stages.input(name) : null;
    }

    /// An input of the end, or null.
    public double[] endInput(String name) {
      return end.hasInput(name) ? end.input(name)[0] : null;
    }

    /// An output of the stages, or null.
    public double[][] output(String name) {
      return stages.hasOutput(name) ? stages.output(name) : null;
    }

    /// An output of the end, or null.
    public double[] endOutput(String name) {
      return end.hasOutput(name) ? end.output(name)[0] : null;
    }

    /// Takes a trajectory.
    public void set(double[][] z, double[][] u) {
      double[][] zIn = input("z");
      double[][] uIn = input("u");
      for (int k = 0; k < horizon; k++) {
        System.arraycopy(z[k], 0, zIn[k], 0, n);
        System.arraycopy(u[k], 0, uIn[k], 0, m);
      }
      System.arraycopy(z[horizon], 0, endInput("z"), 0, n);
    }

    /// Takes a trajectory whose rows are (z, u), the last z alone.
    public void set(double[][] w) {
      double[][] zIn = input("z");
      double[][] uIn = input("u");
      for (int k = 0; k < horizon; k++) {
        System.arraycopy(w[k], 0, zIn[k], 0, n);
        System.arraycopy(w[k], n, uIn[k], 0, m);
      }
      System.arraycopy(w[horizon], 0, endInput("z"), 0, n);
    }

    /// Evaluates all stages and the end.
    public void run() {
      stages.run();
      end.run();
    }

    /// Evaluates the end.
    public void runEnd() {
      end.run();
    }

    /// The sum of the costs.
    public double cost() {
      double[][] costs = stages.output("cost");
      double sum = end.output("cost")[0][0];
      for (int k = 0; k < horizon; k++) {
        sum += costs[k][0];
      }
      return sum;
    }
  }

  private Point point(boolean first, Curvature curvature) {
    return new Point(
        Graphs.derivatives(stage, first, curvature),
        Graphs.derivatives(terminal, first, curvature));
  }

  /// Values only: `next`, `cost`, `equality`, `inequality`.
  public Point values() {
    if (values == null) {
      values = point(false, Curvature.NONE);
    }
    return values;
  }

  /// Values and Jacobians (`nextBy`, …), with `hessian` if wanted.
  public Point derivatives(Curvature curvature) {
    return pointsFirst.computeIfAbsent(curvature, c -> point(true, c));
  }

  /// Values and `hessian`.
  public Point curvature(Curvature curvature) {
    return curvatureOnly.computeIfAbsent(curvature, c -> point(false, c));
  }

  /// ẋ and ℓ at all k, or for a discrete plant the stages' values.
  Loop rates() {
    if (rates == null) {
      boolean continuous = problem.plant() instanceof Dynamics;
      rates = Loop.of(continuous ? graphs.continuous() : stage, problem.weights(), horizon);
    }
    return rates;
  }

  /// Φ at a state.
  public double terminalCost(double[] z) {
    Point point = values();
    System.arraycopy(z, 0, point.endInput("z"), 0, n);
    point.runEnd();
    return point.endOutput("cost")[0];
  }

  /// ∂Φ/∂z at a state.
  public double[] terminalGradient(double[] z) {
    Point point = derivatives(Curvature.NONE);
    System.arraycopy(z, 0, point.endInput("z"), 0, n);
    point.runEnd();
    return point.endOutput("costBy").clone();
  }

  /// The cotangents of (z, ż) for the scalar ∂Φ/∂z ż: (∂²Φ/∂z² ż, ∂Φ/∂z).
  public double[][] terminalSecond(double[] z, double[] zDot) {
    Point point = derivatives(Curvature.COST);
    System.arraycopy(z, 0, point.endInput("z"), 0, n);
    point.endInput("sigma")[0] = 1;
    point.runEnd();
    double[] h = point.endOutput("hessian");
    double[] product = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        product[i] += h[i * n + j] * zDot[j];
      }
    }
    return new double[][] {product, point.endOutput("costBy").clone()};
  }

  /// The closed loop of DDP.
  public ClosedLoop closedLoop() {
    if (closedLoop == null) {
      closedLoop = new ClosedLoop();
    }
    return closedLoop;
  }

  /// u = clamp(û + α k + K (z − ẑ)), z′ = F(z, u) + shift.
  public final class ClosedLoop {
    private final Loop loop;

    ClosedLoop() {
      StepGraph graph = graphs.closedLoop();
      loop = Loop.of(graph, problem.weights(), horizon);
      for (int k = 0; k < horizon; k++) {
        loop.input("k")[k][0] = k;
        System.arraycopy(problem.controlLow(), 0, loop.input("low")[k], 0, m);
        System.arraycopy(problem.controlHigh(), 0, loop.input("high")[k], 0, m);
      }
    }

    /// An input: `uHat`, `zHat`, `feedforward`, `gain`, `shift`.
    public double[][] input(String name) {
      return loop.input(name);
    }

    double[][] optional(String name) {
      return loop.hasInput(name) ? loop.input(name) : null;
    }

    /// Follows the plant.
    ///
    /// @param z0 where it begins
    /// @param alpha the part of the step
    /// @param z where the states are put
    /// @param u where the controls are put
    /// @return the cost without that of the end
    public double run(double[] z0, double alpha, double[][] z, double[][] u) {
      double[][] step = loop.input("alpha");
      for (int k = 0; k < horizon; k++) {
        step[k][0] = alpha;
      }
      System.arraycopy(z0, 0, loop.initialState("z"), 0, n);
      loop.run();
      double[][] zAt = loop.output("zAt");
      double[][] uAt = loop.output("uAt");
      double[][] costs = loop.output("cost");
      double sum = 0;
      for (int k = 0; k < horizon; k++) {
        System.arraycopy(zAt[k], 0, z[k], 0, n);
        System.arraycopy(uAt[k], 0, u[k], 0, m);
        sum += costs[k][0];
      }
      System.arraycopy(loop.finalState("z"), 0, z[horizon], 0, n);
      return sum;
    }
  }

  /// Multipliers and penalties of an augmented Lagrangian, taken by everything that is evaluated.
  public void multipliers(double[][] y, double[][] v, double[] rho) {
    for (Point point : points()) {
      for (int k = 0; k < horizon; k++) {
        put(y[k], point.input("yHat"), k);
        put(v[k], point.input("vHat"), k);
        put(rho, point.input("rho"), k);
      }
      put(y[horizon], point.endInput("yHat"));
      put(v[horizon], point.endInput("vHat"));
      put(rho, point.endInput("rho"));
    }
    ClosedLoop loop = closedLoop();
    for (int k = 0; k < horizon; k++) {
      put(y[k], loop.optional("yHat"), k);
      put(v[k], loop.optional("vHat"), k);
      put(rho, loop.optional("rho"), k);
    }
  }

  private List<Point> points() {
    var all = new ArrayList<Point>(pointsFirst.values());
    all.addAll(curvatureOnly.values());
    all.add(values());
    return all;
  }

  private static void put(double[] from, double[][] to, int k) {
    if (to != null) {
      put(from, to[k]);
    }
  }

  private static void put(double[] from, double[] to) {
    if (to != null) {
      System.arraycopy(from, 0, to, 0, to.length);
    }
  }

  /// Copies rows into other rows of the same lengths.
  static void put(double[][] from, double[][] to) {
    for (int k = 0; k < to.length; k++) {
      System.arraycopy(from[k], 0, to[k], 0, to[k].length);
    }
  }

  /// A copy of a trajectory's arrays.
  public static double[][] copy(double[][] rows) {
    return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
  }
}
