package org.costate.unroll;

/// What a save policy means for a horizon.
final class SavePolicies {
  private SavePolicies() {}

  /// The policy as `Every` or `Binomial`.
  static SavePolicy concrete(SavePolicy policy, Unroll unroll, int horizon, int lanes) {
    return switch (policy) {
      case SavePolicy.All _ -> new SavePolicy.Every(horizon);
      case SavePolicy.Every every -> every;
      case SavePolicy.Binomial binomial -> binomial;
      case SavePolicy.Budget(long bytes) -> withinBudget(bytes, unroll, horizon, lanes);
    };
  }

  private static SavePolicy withinBudget(long bytes, Unroll unroll, int horizon, int lanes) {
    long state = Math.max(1, unroll.stateBytes(lanes));
    long frame = unroll.frameBytes(lanes) + state;
    for (long k = horizon; k >= 1; k = k == 1 ? 0 : (k + 1) / 2) {
      if (k * frame + (horizon + k - 1) / k * state <= bytes) {
        return new SavePolicy.Every((int) k);
      }
    }
    long checkpoints = (bytes - frame) / state;
    if (checkpoints < 1) {
      throw new IllegalArgumentException(
          "SavePolicy.Budget: %d bytes do not hold one state and one frame of step '%s' with %d lanes; at least %d are needed."
              .formatted(bytes, unroll.step().name(), lanes, frame + state));
    }
    return new SavePolicy.Binomial((int) Math.min(checkpoints, horizon));
  }

  /// The number of steps whose values are kept at once.
  static int frames(SavePolicy concrete, int horizon) {
    return concrete instanceof SavePolicy.Every(int k) ? Math.min(k, horizon) : 1;
  }

  /// The number of states that are kept beside those.
  static long states(SavePolicy concrete, int horizon) {
    return switch (concrete) {
      case SavePolicy.Every(int k) -> k >= horizon ? 0 : (horizon + k - 1) / k;
      case SavePolicy.Binomial(int c) -> c;
      case SavePolicy.All _, SavePolicy.Budget _ -> throw notConcrete();
    };
  }

  /// Where the binomial schedule puts its next checkpoint after the one at `from`, if steps up to
  /// `end` are to be reversed; −1 for none.
  static int nextSnapshot(
      java.util.NavigableMap<Integer, ?> snapshots, int from, int end, int checkpoints) {
    int left = checkpoints - snapshots.headMap(from, true).size();
    return left < 1 || end - from < 2 ? -1 : from + Revolve.advance(end - from, left + 1);
  }

  static IllegalStateException notConcrete() {
    return new IllegalStateException("the policy was made concrete before");
  }
}
