package org.costate.internal.control;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.control.CompiledProblem;
import org.costate.control.Dynamics;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Quantity;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.unroll.Loop;

/// Puts the numbers of a solver into a [Solution].
public final class Solutions {
  private Solutions() {}

  /// Checks that a guess fits a problem and is finite.
  public static void check(CompiledProblem compiled, Trajectory guess) {
    checkSizes(compiled, guess);
    checkFinite(guess.states(), compiled.problem().plant().states());
    checkFinite(guess.controls(), compiled.problem().plant().controls());
  }

  /// Checks that a trajectory fits a problem.
  public static void checkSizes(CompiledProblem compiled, Trajectory guess) {
    OptimalControlProblem problem = compiled.problem();
    if (guess.horizon() != problem.horizon()) {
      throw new IllegalArgumentException(
          "Guess: the problem has %d steps, got %d controls."
              .formatted(problem.horizon(), guess.horizon()));
    }
    if (guess.parameters().length != problem.free().size()) {
      throw new IllegalArgumentException(
          "Guess: the problem has parameters %s, got %d values."
              .formatted(
                  problem.free().stream().map(OptimalControlProblem.Free::name).toList(),
                  guess.parameters().length));
    }
    checkSizes("states", guess.states(), problem.plant().states());
    checkSizes("controls", guess.controls(), problem.plant().controls());
  }

  private static void checkSizes(String what, double[][] rows, List<Quantity> of) {
    for (int k = 0; k < rows.length; k++) {
      if (rows[k].length != of.size()) {
        throw new IllegalArgumentException(
            "Guess: %s must have %d components, got %d at step %d."
                .formatted(what, of.size(), rows[k].length, k));
      }
    }
  }

  private static void checkFinite(double[][] rows, List<Quantity> of) {
    for (int k = 0; k < rows.length; k++) {
      for (int i = 0; i < rows[k].length; i++) {
        if (!Double.isFinite(rows[k][i])) {
          throw new IllegalArgumentException(
              "Guess: %s at step %d must be finite, got %s; replace it, or start with Trajectory.standing."
                  .formatted(of.get(i).name(), k, rows[k][i]));
        }
      }
    }
  }

  /// The solution of an interior point search.
  public static Solution of(
      CompiledProblem compiled,
      InteriorPointSearch search,
      InteriorPointSearch.Found found,
      double seconds) {
    BarrierProblem at = search.point();
    int n = compiled.initialState().length;
    var multipliers = new LinkedHashMap<String, double[][]>();
    rows(at, true, at.y, multipliers);
    rows(at, false, at.v, multipliers);
    double[][] control = new double[at.horizon][at.m];
    double[][] state = new double[at.horizon + 1][n];
    for (int k = 0; k <= at.horizon; k++) {
      for (int i = 0; k < at.horizon && i < at.m; i++) {
        control[k][i] = (at.highDual[k][at.n + i] - at.lowDual[k][at.n + i]) / at.scale;
      }
      for (int i = 0; i < n; i++) {
        state[k][i] = (at.highDual[k][i] - at.lowDual[k][i]) / at.scale;
      }
    }
    multipliers.put("control bounds", control);
    multipliers.put("state bounds", state);
    double[][] costates = new double[at.horizon + 1][n];
    for (int k = 0; k <= at.horizon; k++) {
      for (int i = 0; i < n; i++) {
        costates[k][i] = at.lambda[k][i] / at.scale;
      }
    }
    Trajectory trajectory = trajectory(compiled.problem(), at.w, at.n);
    return new Solution(
        compiled.problem(),
        trajectory,
        at.derivatives.cost(),
        costates,
        multipliers,
        gains(search.gains(), n, at.n, at.m),
        hamiltonian(compiled, trajectory, costates),
        found.optimality(),
        found.log(),
        found.outcome(),
        seconds);
  }

  /// The solution of a DDP search.
  public static Solution of(
      CompiledProblem compiled,
      DdpSearch.Found found,
      Map<String, double[][]> multipliers,
      double seconds) {
    Trajectory trajectory = trajectory(compiled.problem(), found.w(), found.lambda()[0].length);
    return new Solution(
        compiled.problem(),
        trajectory,
        found.cost(),
        found.lambda(),
        multipliers,
        found.gains(),
        hamiltonian(compiled, trajectory, found.lambda()),
        found.optimality(),
        found.log(),
        found.outcome(),
        seconds);
  }

  /// The first n columns of every gain.
  static double[][] gains(double[][] all, int n, int columns, int m) {
    return Arrays.stream(all)
        .map(
            gain -> {
              double[] own = new double[m * n];
              for (int i = 0; i < m; i++) {
                System.arraycopy(gain, i * columns, own, i * n, n);
              }
              return own;
            })
        .toArray(double[][]::new);
  }

  private static void rows(
      BarrierProblem at, boolean equality, double[][] duals, Map<String, double[][]> to) {
    for (boolean end : new boolean[] {false, true}) {
      List<String> names = at.stages.names(end, equality);
      for (int r = 0; r < names.size(); r++) {
        int row = r;
        double[][] values =
            end
                ? new double[][] {{duals[at.horizon][row] / at.scale}}
                : Arrays.stream(duals, 0, at.horizon)
                    .map(dual -> new double[] {dual[row] / at.scale})
                    .toArray(double[][]::new);
        if (!end && r < at.stages.stateInequalities && !equality) {
          values[0][0] = 0;
        }
        // A constraint of the state has rows at the stages and one more at the end.
        to.merge(names.get(r), values, Solutions::then);
      }
    }
  }

  private static double[][] then(double[][] a, double[][] b) {
    double[][] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  /// Rows (z, u) as a trajectory.
  public static Trajectory trajectory(OptimalControlProblem problem, double[][] w, int size) {
    int n = problem.plant().states().size();
    int horizon = w.length - 1;
    double[][] x = new double[horizon + 1][];
    double[][] u = new double[horizon][];
    for (int k = 0; k <= horizon; k++) {
      x[k] = Arrays.copyOf(w[k], n);
      if (k < horizon) {
        u[k] = Arrays.copyOfRange(w[k], size, w[k].length);
      }
    }
    double[] parameters = Arrays.copyOfRange(w[0], n, size);
    double duration =
        problem.hasFreeDuration() ? parameters[parameters.length - 1] : problem.duration();
    return new Trajectory(x, u, parameters, duration);
  }

  /// The Hamiltonian at each step.
  public static double[] hamiltonian(
      CompiledProblem compiled, Trajectory trajectory, double[][] costates) {
    OptimalControlProblem problem = compiled.problem();
    int n = problem.plant().states().size();
    int horizon = trajectory.horizon();
    double[] h = new double[horizon];
    boolean continuous = problem.plant() instanceof Dynamics;
    Loop loop = compiled.stages().rates();
    double[] p = trajectory.parameters();
    for (int k = 0; k < horizon; k++) {
      System.arraycopy(trajectory.states()[k], 0, loop.input("z")[k], 0, n);
      System.arraycopy(p, 0, loop.input("z")[k], n, p.length);
      double[] u = trajectory.controls()[k];
      System.arraycopy(u, 0, loop.input("u")[k], 0, u.length);
      loop.input(continuous ? "t" : "k")[k][0] =
          continuous ? k * trajectory.duration() / horizon : k;
    }
    loop.run();
    for (int k = 0; k < horizon; k++) {
      h[k] = loop.output("cost")[k][0];
      double[] f = loop.output(continuous ? "rate" : "next")[k];
      for (int i = 0; i < n; i++) {
        h[k] += costates[continuous ? k : k + 1][i] * f[i];
      }
    }
    return h;
  }
}
