package org.costate.control;

import java.util.List;

/// Something to be controlled: in continuous time ([Dynamics]) or step by step ([DiscretePlant]).
public sealed interface Plant permits Dynamics, DiscretePlant {
  /// What it is called in messages and figures.
  ///
  /// @return the name
  String name();

  /// The components of the state x.
  ///
  /// @return their names and units
  List<Quantity> states();

  /// The components of the control u.
  ///
  /// @return their names and units
  List<Quantity> controls();

  /// The index of a state.
  ///
  /// @param name its name
  /// @return the index
  default int state(String name) {
    for (int i = 0; i < states().size(); i++) {
      if (states().get(i).name().equals(name)) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "%s: there is no state '%s'; there are %s."
            .formatted(name(), name, states().stream().map(Quantity::name).toList()));
  }
}
