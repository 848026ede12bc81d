package org.costate.internal.control;

import java.util.List;
import org.costate.control.Outcome;

/// Says what stopped being finite, and when.
record Divergence(BarrierProblem at) {
  Outcome outcome() {
    for (int k = 0; k <= at.horizon; k++) {
      for (String output : List.of("next", "cost", "equality", "inequality")) {
        double[] values = at.at(at.derivatives, output, k);
        for (int i = 0; values != null && i < values.length; i++) {
          if (!Double.isFinite(values[i])) {
            return new Outcome.Diverged(k, name(output, i));
          }
        }
      }
    }
    return new Outcome.Diverged(0, "a derivative");
  }

  private String name(String output, int i) {
    var states = at.problem.plant().states();
    return switch (output) {
      case "next" -> i < states.size() ? "State '" + states.get(i).name() + "'" : "A parameter";
      case "cost" -> "The cost";
      default -> "A constraint";
    };
  }
}
