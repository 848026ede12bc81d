package org.costate.control.io;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.costate.control.Quantity;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.io.AtomicFiles;

/// Solutions as files.
public final class SolutionFiles {
  private SolutionFiles() {}

  /// Writes one row for each knot: time, states, controls (empty at the end), costates, and the
  /// Hamiltonian.
  ///
  /// @param solution the solution
  /// @param file the file
  /// @throws IOException if it cannot be written
  public static void writeCsv(Solution solution, Path file) throws IOException {
    var plant = solution.problem().plant();
    var heads = new ArrayList<String>(List.of("t"));
    plant.states().forEach(state -> heads.add(quoted(state.label())));
    plant.controls().forEach(control -> heads.add(quoted(control.label())));
    plant.states().forEach(state -> heads.add(quoted("costate of " + state.name())));
    heads.add("hamiltonian");
    Trajectory trajectory = solution.trajectory();
    double[] times = trajectory.times();
    var text = new StringBuilder(String.join(",", heads)).append('\n');
    for (int k = 0; k < times.length; k++) {
      boolean end = k == trajectory.horizon();
      var row = new ArrayList<String>(List.of(number(times[k])));
      add(row, trajectory.states()[k], trajectory.states()[k].length);
      add(row, end ? new double[0] : trajectory.controls()[k], plant.controls().size());
      add(row, solution.costates()[k], solution.costates()[k].length);
      row.add(end ? "" : number(solution.hamiltonian()[k]));
      text.append(String.join(",", row)).append('\n');
    }
    AtomicFiles.write(file, target -> Files.writeString(target, text));
  }

  private static String quoted(String label) {
    return label.contains(",") ? '"' + label + '"' : label;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.17g", value);
  }

  private static void add(List<String> row, double[] values, int columns) {
    for (int i = 0; i < columns; i++) {
      row.add(i < values.length ? number(values[i]) : "");
    }
  }

  /// Writes everything as JSON: outcome, cost, optimality, trajectory, costates, multipliers,
  /// gains.
  ///
  /// @param solution the solution
  /// @param file the file
  /// @throws IOException if it cannot be written
  public static void writeJson(Solution solution, Path file) throws IOException {
    Map<String, Object> all = summary(solution);
    Trajectory trajectory = solution.trajectory();
    var plant = solution.problem().plant();
    all.put("state_names", plant.states().stream().map(Quantity::name).toList());
    all.put("control_names", plant.controls().stream().map(Quantity::name).toList());
    all.put("times", trajectory.times());
    all.put("states", trajectory.states());
    all.put("controls", trajectory.controls());
    all.put("parameters", trajectory.parameters());
    all.put("costates", solution.costates());
    all.put("multipliers", solution.multipliers());
    all.put("gains", solution.gains());
    all.put("hamiltonian", solution.hamiltonian());
    byte[] bytes = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(all);
    AtomicFiles.write(file, target -> Files.write(target, bytes));
  }

  /// The outcome in a few numbers.
  ///
  /// @param solution the solution
  /// @return cost, whether it converged, advice, iterations, measures, seconds
  public static Map<String, Object> summary(Solution solution) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("system", solution.problem().plant().name());
    all.put("cost", solution.cost());
    all.put("converged", solution.outcome().converged());
    all.put("outcome", solution.outcome().getClass().getSimpleName());
    all.put("advice", solution.outcome().advice());
    all.put("iterations", solution.iterations().size());
    all.put("stationarity", solution.optimality().stationarity());
    all.put("feasibility", solution.optimality().feasibility());
    all.put("complementarity", solution.optimality().complementarity());
    all.put("duration", solution.trajectory().duration());
    all.put("seconds", solution.seconds());
    return all;
  }
}
