package org.costate.control.solve;

import org.costate.internal.control.Graphs;

/// Which second derivatives a method uses.
public enum Curvature {
  /// Those of the Hamiltonian: Newton's method, quadratic convergence.
  EXACT,
  /// Those of the cost alone, as if the dynamics were linear (Gauss and Newton; with DDP this is
  /// iLQR): cheaper a step, linear convergence, and the only choice where a plant is a black box.
  GAUSS_NEWTON;

  Graphs.Curvature ofGraphs() {
    return this == EXACT ? Graphs.Curvature.EXACT : Graphs.Curvature.COST;
  }
}
