package org.costate.automata;

/// A local rule: the next state of a cell as a function of its neighbourhood.
public sealed interface Rule
    permits TableRule, CountRule, TransitionRule, SecondOrderRule, StochasticRule {
  /// The number of states k.
  ///
  /// @return k, at least 2
  int states();

  /// The cells it looks at.
  ///
  /// @return the neighbourhood
  Neighbourhood neighbourhood();

  /// The next state of a cell.
  ///
  /// @param cells the states of the neighbourhood, in its order
  /// @param previous the state of the cell one step before; only a [SecondOrderRule] uses it
  /// @param uniform a number drawn uniformly from [0, 1); only a [StochasticRule] uses it
  /// @return the next state
  int next(int[] cells, int previous, double uniform);

  /// The next state of a cell under a deterministic rule of first order.
  ///
  /// @param cells the states of the neighbourhood, in its order
  /// @return the next state
  default int next(int... cells) {
    return next(cells, 0, 0);
  }

  /// Whether a lattice of zeros stays so.
  ///
  /// @return whether state 0 is quiescent
  default boolean quiescent() {
    return next(new int[neighbourhood().size()], 0, 0) == 0
        && next(new int[neighbourhood().size()], 0, Math.nextDown(1.0)) == 0;
  }
}
