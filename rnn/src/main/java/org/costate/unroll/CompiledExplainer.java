package org.costate.unroll;

import org.costate.graph.StepGraph;

/// Explains steps by the plan of the compiled executor.
public final class CompiledExplainer implements StepGraph.Explainer {
  /// For the service loader.
  public CompiledExplainer() {}

  @Override
  public String explain(StepGraph step) {
    return Unroll.of(step, Precision.FLOAT).explain();
  }
}
