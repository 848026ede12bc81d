package org.costate.unroll;

/// The first value that was not finite.
///
/// @param step the name of the step graph
/// @param node the node, its value and its operands, in words
/// @param time the time step t
/// @param horizon T
/// @param lane the lane of the batch, or −1 for a value that all lanes share
/// @param backward whether it was in the backward pass
public record NonFinite(
    String step, String node, int time, int horizon, int lane, boolean backward) {
  @Override
  public String toString() {
    return "first non-finite value, in the %s pass of '%s' at t = %d of %d%s: %s"
        .formatted(
            backward ? "backward" : "forward",
            step,
            time,
            horizon,
            lane < 0 ? "" : ", lane " + lane,
            node);
  }
}
