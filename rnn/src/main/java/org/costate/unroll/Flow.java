package org.costate.unroll;

import java.util.Map;

/// The norms that a backward sweep leaves behind for one scan: how the gradient flowed over time.
///
/// @param costateNorm ‖λₜ‖ over all lanes and carries, T + 1 values in the order in which the scan
///   ran
/// @param parameterNorm for each parameter the norm of step t's own contribution ‖∂ℓ/∂θ|ₜ‖, T
///   values
/// @param reversed whether the scan ran from the end of the sequence to its beginning
public record Flow(double[] costateNorm, Map<String, double[]> parameterNorm, boolean reversed) {}
