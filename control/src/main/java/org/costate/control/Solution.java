package org.costate.control;

import java.util.List;
import java.util.Map;

/// What a solver found.
///
/// The sign of every multiplier is one: λₖ = ∂J*/∂xₖ, and the multiplier of a constraint g ≤ 0 (or
/// = 0) is ∂J*/∂ε for g ≤ −ε: how much the cost rises when the constraint is tightened.
///
/// @param problem the problem
/// @param trajectory states, controls, parameters, final time
/// @param cost J
/// @param costates λₖ = ∂J*/∂xₖ `[N+1][n]`
/// @param multipliers of each constraint by name `[rows][size]`, a row for each k where it holds, a
///   terminal constraint one row; of `control bounds` and `state bounds`, positive where the upper
///   bound is active and negative where the lower one is
/// @param gains Kₖ of the feedback u = uₖ + Kₖ (x − xₖ) around the trajectory `[N][m·n]`,
///   row-major, or empty where the method has none
/// @param hamiltonian ℓ + λᵀf at each k < N: for continuous dynamics constant along an optimal
///   trajectory whose formulas do not contain t; for a discrete plant ℓₖ + λₖ₊₁ᵀxₖ₊₁
/// @param optimality how well the conditions hold
/// @param iterations what each iteration did
/// @param outcome why it stopped
/// @param seconds how long it took
public record Solution(
    OptimalControlProblem problem,
    Trajectory trajectory,
    double cost,
    double[][] costates,
    Map<String, double[][]> multipliers,
    double[][] gains,
    double[] hamiltonian,
    Optimality optimality,
    List<Iteration> iterations,
    Outcome outcome,
    double seconds) {

  /// How well the first-order conditions hold, largest absolute values; unscaled.
  ///
  /// @param stationarity of ∂L/∂(x, u)
  /// @param feasibility of the violation of dynamics and constraints
  /// @param complementarity of multiplier times slack
  public record Optimality(double stationarity, double feasibility, double complementarity) {}

  /// One iteration.
  ///
  /// @param cost J
  /// @param feasibility the largest violation
  /// @param stationarity the largest |∂L/∂(x, u)|
  /// @param barrier the barrier or penalty parameter, 0 without
  /// @param regularisation what was added to the Hessian, 0 without
  /// @param step the part of the step that was taken
  public record Iteration(
      double cost,
      double feasibility,
      double stationarity,
      double barrier,
      double regularisation,
      double step) {}
}
