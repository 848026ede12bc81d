package org.costate.control;

import org.costate.graph.Value;

/// Dynamics with an energy that is conserved while nothing drives or brakes them.
public interface Mechanical extends Dynamics {
  /// Writes the energy.
  ///
  /// @param at the state
  /// @return kinetic and potential energy, J
  Value energy(Instant at);
}
