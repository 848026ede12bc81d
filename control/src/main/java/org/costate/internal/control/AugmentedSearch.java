package org.costate.internal.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.internal.control.Graphs.Curvature;

/// The method of multipliers (Hestenes 1969; Powell 1969; for inequalities Rockafellar 1974) around
/// DDP, as in ALTRO (Howell, Jackson and Manchester 2019): DDP minimises the augmented Lagrangian,
/// then y ← y + ρ e, v ← max(0, v + ρ g), and ρ grows while violations do not shrink.
public final class AugmentedSearch {
  private static final double GROWTH = 10;
  private static final double MOST_PENALTY = 1e10;

  private final OptimalControlProblem plain;
  private final CompiledProblem problem;
  private final CompiledProblem relaxed;
  private final Stages constraints;
  private final double[][] y;
  private final double[][] v;
  private double rho;

  /// @param given the problem
  /// @param firstPenalty the first ρ
  public AugmentedSearch(CompiledProblem given, double firstPenalty) {
    plain = given.problem();
    OptimalControlProblem rows = withStateRows(plain);
    problem = CompiledProblem.of(rows).startingAt(given.initialState());
    constraints = problem.stages();
    relaxed = CompiledProblem.augmented(rows).startingAt(given.initialState());
    int horizon = plain.horizon();
    y = new double[horizon + 1][constraints.equalities(false)];
    y[horizon] = new double[constraints.equalities(true)];
    v = new double[horizon + 1][constraints.inequalities(false)];
    v[horizon] = new double[constraints.inequalities(true)];
    rho = firstPenalty;
  }

  /// State bounds as inequalities.
  private static OptimalControlProblem withStateRows(OptimalControlProblem problem) {
    double[] low = problem.stateLow();
    double[] high = problem.stateHigh();
    OptimalControlProblem all = problem;
    for (int i = 0; i < low.length; i++) {
      int component = i;
      String name = problem.plant().states().get(i).name();
      if (Double.isFinite(low[i])) {
        all =
            all.stateInequality(
                "least " + name, at -> at.x(component).negate().plus(low[component]));
      }
      if (Double.isFinite(high[i])) {
        all = all.stateInequality("greatest " + name, at -> at.x(component).minus(high[component]));
      }
    }
    double[] none = new double[low.length];
    Arrays.fill(none, Double.NEGATIVE_INFINITY);
    double[] unbounded = new double[low.length];
    Arrays.fill(unbounded, Double.POSITIVE_INFINITY);
    return all.stateBounds(none, unbounded);
  }

  /// Searches.
  ///
  /// @param guess the first trajectory
  /// @param follow whether DDP replaces the guess's states
  /// @param curvature second derivatives
  /// @param tolerance of violations; ∂L/∂u to a hundredth of the square root of it at first
  /// @param mostOuter the most updates of the multipliers
  /// @param mostInner the most iterations of DDP between two
  /// @return the solution
  public Solution search(
      Trajectory guess,
      boolean follow,
      Curvature curvature,
      double tolerance,
      int mostOuter,
      int mostInner) {
    long begin = System.nanoTime();
    var log = new ArrayList<Solution.Iteration>();
    var ddp = new DdpSearch(relaxed, curvature);
    relaxed.stages().multipliers(y, v, new double[] {rho});
    Trajectory trajectory = guess;
    double inner = 1e-2;
    double before = Double.POSITIVE_INFINITY;
    DdpSearch.Found found = null;
    Outcome outcome = null;
    double violation = 0;
    for (int outer = 0; outer < mostOuter && outcome == null; outer++) {
      found =
          ddp.search(trajectory, problem.initialState(), follow && outer == 0, inner, mostInner);
      for (Solution.Iteration one : found.log()) {
        log.add(
            new Solution.Iteration(
                one.cost(),
                one.feasibility(),
                one.stationarity(),
                rho,
                one.regularisation(),
                one.step()));
      }
      if (found.outcome() instanceof Outcome.Diverged) {
        outcome = found.outcome();
        break;
      }
      trajectory = Solutions.trajectory(plain, found.w(), constraints.n);
      violation = evaluate(found.w());
      if (violation <= tolerance && inner <= 1e-6) {
        outcome = new Outcome.Converged(log.size());
        break;
      }
      if (rho >= MOST_PENALTY && violation > 0.5 * before && violation > 1e3 * tolerance) {
        outcome = worst(found.w());
        break;
      }
      update();
      if (violation > 0.25 * before && violation > tolerance) {
        rho = Math.min(MOST_PENALTY, rho * GROWTH);
      }
      before = violation;
      inner = Math.max(1e-7, inner / 10);
      relaxed.stages().multipliers(y, v, new double[] {rho});
    }
    if (outcome == null) {
      outcome =
          violation > 1e3 * tolerance && rho >= MOST_PENALTY
              ? worst(found.w())
              : new Outcome.IterationsSpent(
                  log.size(),
                  "violation %.1e, penalty %.1e after %d updates of the multipliers."
                      .formatted(violation, rho, mostOuter));
    }
    return solution(found, trajectory, violation, log, outcome, (System.nanoTime() - begin) / 1e9);
  }

  private Solution solution(
      DdpSearch.Found found,
      Trajectory trajectory,
      double violation,
      List<Solution.Iteration> log,
      Outcome outcome,
      double seconds) {
    var multipliers = new LinkedHashMap<String, double[][]>();
    for (boolean equality : new boolean[] {true, false}) {
      double[][] duals = equality ? y : v;
      for (boolean end : new boolean[] {false, true}) {
        List<String> names = constraints.names(end, equality);
        for (int r = 0; r < names.size(); r++) {
          int row = r;
          double[][] values =
              end
                  ? new double[][] {{duals[plain.horizon()][row]}}
                  : Arrays.stream(duals, 0, plain.horizon())
                      .map(dual -> new double[] {dual[row]})
                      .toArray(double[][]::new);
          multipliers.merge(
              names.get(r),
              values,
              (a, b) -> {
                double[][] both = Arrays.copyOf(a, a.length + b.length);
                System.arraycopy(b, 0, both, a.length, b.length);
                return both;
              });
        }
      }
    }
    Solution of = Solutions.of(problem, found, multipliers, seconds);
    return new Solution(
        plain,
        trajectory,
        constraints.values().cost(),
        of.costates(),
        multipliers,
        of.gains(),
        of.hamiltonian(),
        new Solution.Optimality(found.optimality().stationarity(), violation, 0),
        List.copyOf(log),
        outcome,
        seconds);
  }

  /// The largest violation of a trajectory.
  private double evaluate(double[][] w) {
    Stages.Point values = constraints.values();
    values.set(w);
    values.run();
    double most = 0;
    for (int k = 0; k < w.length; k++) {
      double[] e = rows("equality", k);
      double[] g = rows("inequality", k);
      for (int i = 0; i < y[k].length; i++) {
        most = Math.max(most, Math.abs(e[i]));
      }
      for (int i = first(k); i < v[k].length; i++) {
        most = Math.max(most, g[i]);
      }
    }
    return most;
  }

  private int first(int k) {
    return k == 0 ? constraints.stateInequalities : 0;
  }

  private double[] rows(String output, int k) {
    Stages.Point values = constraints.values();
    if (k == plain.horizon()) {
      return values.endOutput(output);
    }
    double[][] rows = values.output(output);
    return rows == null ? null : rows[k];
  }

  private void update() {
    for (int k = 0; k < y.length; k++) {
      double[] e = rows("equality", k);
      double[] g = rows("inequality", k);
      for (int i = 0; i < y[k].length; i++) {
        y[k][i] += rho * e[i];
      }
      for (int i = first(k); i < v[k].length; i++) {
        v[k][i] = Math.max(0, v[k][i] + rho * g[i]);
      }
    }
  }

  private Outcome worst(double[][] w) {
    evaluate(w);
    Outcome.Infeasible worst = new Outcome.Infeasible("", 0, 0);
    for (int k = 0; k < y.length; k++) {
      boolean end = k == plain.horizon();
      double time = k * plain.duration() / plain.horizon();
      double[] e = rows("equality", k);
      double[] g = rows("inequality", k);
      for (int i = 0; i < y[k].length; i++) {
        if (Math.abs(e[i]) > worst.violation()) {
          worst = new Outcome.Infeasible(constraints.names(end, true).get(i), time, Math.abs(e[i]));
        }
      }
      for (int i = first(k); i < v[k].length; i++) {
        if (g[i] > worst.violation()) {
          worst = new Outcome.Infeasible(constraints.names(end, false).get(i), time, g[i]);
        }
      }
    }
    return worst;
  }
}
