package org.costate.control;

import java.util.Arrays;

/// A trajectory over N steps; also the guess with which a solver begins.
///
/// @param states `[N+1][n]`
/// @param controls `[N][m]`
/// @param parameters the optimised parameters `[q]`; a free final time is the last of them
/// @param duration T, s; for a discrete plant N
public record Trajectory(
    double[][] states, double[][] controls, double[] parameters, double duration) {
  /// Checks the sizes.
  public Trajectory {
    if (states.length != controls.length + 1) {
      throw new IllegalArgumentException(
          "Trajectory: states must be [N+1, n] with N = %d controls, so %d rows, got %d."
              .formatted(controls.length, controls.length + 1, states.length));
    }
  }

  /// The number of steps.
  ///
  /// @return N
  public int horizon() {
    return controls.length;
  }

  /// The time of each state.
  ///
  /// @return N + 1 times, s
  public double[] times() {
    double[] times = new double[states.length];
    Arrays.setAll(times, k -> k * duration / controls.length);
    return times;
  }

  /// One state over time.
  ///
  /// @param i its index
  /// @return N + 1 values
  public double[] state(int i) {
    return Arrays.stream(states).mapToDouble(x -> x[i]).toArray();
  }

  /// One control over time.
  ///
  /// @param i its index
  /// @return N values
  public double[] control(int i) {
    return Arrays.stream(controls).mapToDouble(u -> u[i]).toArray();
  }

  /// A guess: the states on the straight line between two states, all controls alike. Its steps do
  /// not follow the plant, so it is for solvers with multiple shooting.
  ///
  /// @param problem the problem
  /// @param to the last state; the first is that of the problem
  /// @param control the controls
  /// @return the guess
  public static Trajectory straightLine(
      OptimalControlProblem problem, double[] to, double... control) {
    double[] from = problem.initialState();
    if (to.length != from.length) {
      throw new IllegalArgumentException(
          "Trajectory.straightLine: '%s' has %d states, got %d."
              .formatted(problem.plant().name(), from.length, to.length));
    }
    int horizon = problem.horizon();
    double[][] x = new double[horizon + 1][from.length];
    for (int k = 0; k <= horizon; k++) {
      double s = (double) k / horizon;
      int at = k;
      Arrays.setAll(x[at], i -> from[i] + s * (to[i] - from[i]));
    }
    return new Trajectory(x, constant(problem, control), guesses(problem), problem.duration());
  }

  /// A guess: the states on straight lines through given ones, all controls zero; to begin on one
  /// side of an obstacle.
  ///
  /// @param problem the problem
  /// @param through the states to pass, evenly spaced in time, the last one at the end
  /// @return the guess
  public static Trajectory through(OptimalControlProblem problem, double[]... through) {
    int horizon = problem.horizon();
    double[][] x = new double[horizon + 1][];
    for (int k = 0; k <= horizon; k++) {
      double s = (double) k * through.length / horizon;
      int leg = Math.min((int) s, through.length - 1);
      double[] from = leg == 0 ? problem.initialState() : through[leg - 1];
      double[] to = through[leg];
      double part = s - leg;
      x[k] = new double[from.length];
      Arrays.setAll(x[k], i -> from[i] + part * (to[i] - from[i]));
    }
    double[][] u = constant(problem, new double[0]);
    return new Trajectory(x, u, guesses(problem), problem.duration());
  }

  /// A guess: every state the initial one, all controls alike.
  ///
  /// @param problem the problem
  /// @param control the controls; none for zero
  /// @return the guess
  public static Trajectory standing(OptimalControlProblem problem, double... control) {
    return straightLine(problem, problem.initialState(), control);
  }

  private static double[] guesses(OptimalControlProblem problem) {
    return problem.free().stream().mapToDouble(OptimalControlProblem.Free::guess).toArray();
  }

  private static double[][] constant(OptimalControlProblem problem, double[] control) {
    int m = problem.plant().controls().size();
    if (control.length != 0 && control.length != m) {
      throw new IllegalArgumentException(
          "Trajectory: '%s' has %d controls, got %d."
              .formatted(problem.plant().name(), m, control.length));
    }
    double[][] u = new double[problem.horizon()][];
    Arrays.setAll(u, _ -> control.length == 0 ? new double[m] : control.clone());
    return u;
  }

  /// This trajectory a step later, for the next problem of a receding horizon: the last control is
  /// repeated, the last state too.
  ///
  /// @return the shifted trajectory
  public Trajectory shifted() {
    double[][] x = new double[states.length][];
    Arrays.setAll(x, k -> states[Math.min(k + 1, states.length - 1)].clone());
    double[][] u = new double[controls.length][];
    Arrays.setAll(u, k -> controls[Math.min(k + 1, controls.length - 1)].clone());
    return new Trajectory(x, u, parameters.clone(), duration);
  }
}
