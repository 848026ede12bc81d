package org.costate.train;

import java.util.Map;
import org.costate.optim.Updater;
import org.costate.unroll.Flow;

/// One update of the parameters.
///
/// @param batch the number of the batch, from 0
/// @param updates how many updates have been applied
/// @param loss the mean loss of the batch or window before the update
/// @param outcome norm, rate, and whether it was applied and clipped
/// @param flow the norms over time of each scan; empty unless this update is a recorded one
/// @param parameters norms of each parameter; empty unless this update is a recorded one
public record Update(
    long batch,
    long updates,
    double loss,
    Updater.Outcome outcome,
    Map<String, Flow> flow,
    Map<String, ParameterNorms> parameters) {
  /// Norms of one parameter at one update.
  ///
  /// @param weight ‖θ‖ before the update
  /// @param gradient ‖∂J/∂θ‖ before clipping
  /// @param change ‖Δθ‖
  /// @param zeros how many elements of the gradient are exactly zero
  public record ParameterNorms(double weight, double gradient, double change, int zeros) {
    /// The size of an update relative to the weights; about 10⁻³ is usual.
    ///
    /// @return ‖Δθ‖ / ‖θ‖
    public double ratio() {
      return weight == 0 ? 0 : change / weight;
    }
  }
}
