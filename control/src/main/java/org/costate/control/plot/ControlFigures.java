package org.costate.control.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.costate.control.OptimalControlProblem.Disc;
import org.costate.control.Quantity;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.plot.Figure;
import org.costate.plot.Figures;

/// The figures of a solution.
public final class ControlFigures {
  private ControlFigures() {}

  private static String time(Solution solution) {
    return solution.problem().plant() instanceof org.costate.control.DiscretePlant
        ? "step"
        : "time, s";
  }

  /// The states over time.
  ///
  /// @param solution the solution
  /// @return the figure
  public static Figure states(Solution solution) {
    Trajectory trajectory = solution.trajectory();
    return Figures.curves(
        "States of the " + solution.problem().plant().name(),
        time(solution),
        "state",
        rows(solution.problem().plant().states(), trajectory.times(), trajectory.states()),
        false);
  }

  private static Map<String, double[][]> rows(
      List<Quantity> quantities, double[] times, double[][] rows) {
    var curves = new LinkedHashMap<String, double[][]>();
    for (int i = 0; i < quantities.size(); i++) {
      int component = i;
      double[] values = Arrays.stream(rows).mapToDouble(row -> row[component]).toArray();
      curves.put(
          quantities.get(i).label(), new double[][] {Arrays.copyOf(times, values.length), values});
    }
    return curves;
  }

  /// The controls over time, constant during a step.
  ///
  /// @param solution the solution
  /// @return the figure
  public static Figure controls(Solution solution) {
    Trajectory trajectory = solution.trajectory();
    double[] times = trajectory.times();
    var curves = new LinkedHashMap<String, double[][]>();
    List<Quantity> quantities = solution.problem().plant().controls();
    for (int i = 0; i < quantities.size(); i++) {
      double[] u = trajectory.control(i);
      double[][] stairs = new double[2][2 * u.length];
      for (int k = 0; k < u.length; k++) {
        stairs[0][2 * k] = times[k];
        stairs[0][2 * k + 1] = times[k + 1];
        stairs[1][2 * k] = u[k];
        stairs[1][2 * k + 1] = u[k];
      }
      curves.put(quantities.get(i).label(), stairs);
    }
    return Figures.curves(
        "Controls of the " + solution.problem().plant().name(),
        time(solution),
        "control",
        curves,
        false);
  }

  /// The costates over time: what the cost changes by for each unit of a state.
  ///
  /// @param solution the solution
  /// @return the figure
  public static Figure costates(Solution solution) {
    return Figures.curves(
        "Costates λ = ∂J*/∂x",
        time(solution),
        "costate",
        rows(
            solution.problem().plant().states().stream()
                .map(state -> new Quantity("λ of " + state.name(), ""))
                .toList(),
            solution.trajectory().times(),
            solution.costates()),
        false);
  }

  /// The gradient flow: the norm of the costate over time steps on a logarithmic axis, as for a
  /// recurrent network.
  ///
  /// @param costates costates by name, `[T+1][n]`
  /// @return the figure
  public static Figure gradientFlow(Map<String, double[][]> costates) {
    var norms = new LinkedHashMap<String, double[]>();
    costates.forEach(
        (name, rows) ->
            norms.put(
                name,
                Arrays.stream(rows)
                    .mapToDouble(
                        row -> Math.sqrt(Arrays.stream(row).map(number -> number * number).sum()))
                    .toArray()));
    return Figures.normOverTime("Gradient flow", norms);
  }

  /// The Hamiltonian over time.
  ///
  /// @param solution the solution
  /// @return the figure
  public static Figure hamiltonian(Solution solution) {
    double[] h = solution.hamiltonian();
    double[] times = Arrays.copyOf(solution.trajectory().times(), h.length);
    return Figures.curves(
        "Hamiltonian along the trajectory",
        time(solution),
        "H = ℓ + λᵀf",
        Map.of("H", new double[][] {times, h}),
        false);
  }

  /// How feasibility, stationarity and the distance of the cost from its last value fell.
  ///
  /// @param solution the solution
  /// @return the figure
  public static Figure convergence(Solution solution) {
    List<Solution.Iteration> log = solution.iterations();
    double[] index = new double[log.size()];
    Arrays.setAll(index, i -> i);
    var curves = new LinkedHashMap<String, double[][]>();
    curves.put("violation", series(index, log, Solution.Iteration::feasibility));
    curves.put("|∂L/∂(x, u)|", series(index, log, Solution.Iteration::stationarity));
    curves.put("|J − J*|", series(index, log, one -> Math.abs(one.cost() - solution.cost())));
    return Figures.curves("Convergence", "iteration", "error", curves, true);
  }

  private static double[][] series(
      double[] index,
      List<Solution.Iteration> log,
      java.util.function.ToDoubleFunction<Solution.Iteration> value) {
    return new double[][] {index, log.stream().mapToDouble(value).toArray()};
  }

  /// One state against another.
  ///
  /// @param solution the solution
  /// @param horizontal the name of the state along x
  /// @param vertical the name of the state along y
  /// @return the figure
  public static Figure phasePortrait(Solution solution, String horizontal, String vertical) {
    Trajectory trajectory = solution.trajectory();
    List<Quantity> states = solution.problem().plant().states();
    int i = solution.problem().plant().state(horizontal);
    int j = solution.problem().plant().state(vertical);
    return Figures.curves(
        "Phase portrait",
        states.get(i).label(),
        states.get(j).label(),
        Map.of("trajectory", new double[][] {trajectory.state(i), trajectory.state(j)}),
        false);
  }

  /// The path of a point in the plane, with the obstacles of the problem.
  ///
  /// @param solution the solution
  /// @param paths other paths by name, `{x, y}`
  /// @param x the name of the state along x
  /// @param y the name of the state along y
  /// @return the figure
  public static Figure path(Solution solution, Map<String, double[][]> paths, String x, String y) {
    Trajectory trajectory = solution.trajectory();
    var curves = new LinkedHashMap<String, double[][]>();
    int i = solution.problem().plant().state(x);
    int j = solution.problem().plant().state(y);
    curves.put("path", new double[][] {trajectory.state(i), trajectory.state(j)});
    curves.putAll(paths);
    var discs = new ArrayList<Disc>(new LinkedHashSet<>(solution.problem().obstacles()));
    for (int d = 0; d < discs.size(); d++) {
      curves.put(discs.size() == 1 ? "obstacle" : "obstacle " + (d + 1), circle(discs.get(d)));
    }
    return Figures.curves("Path", x + ", m", y + ", m", curves, false);
  }

  private static double[][] circle(Disc disc) {
    double[][] points = new double[2][65];
    for (int i = 0; i < 65; i++) {
      points[0][i] = disc.x() + disc.radius() * Math.cos(i * Math.PI / 32);
      points[1][i] = disc.y() + disc.radius() * Math.sin(i * Math.PI / 32);
    }
    return points;
  }
}
