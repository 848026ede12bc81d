package org.costate.automata;

/// A rule of second order: the next state depends on the neighbourhood now and on the cell itself
/// one step before.
///
///     xₜ₊₁ = f(previous xₜ₋₁, neighbourhood of xₜ)
public final class SecondOrderRule implements Rule {
  private final TableRule[] byPrevious;

  /// A rule for each state one step before.
  ///
  /// @param byPrevious the rules, all of as many states and on one neighbourhood
  public SecondOrderRule(TableRule... byPrevious) {
    if (byPrevious.length == 0 || byPrevious.length != byPrevious[0].states()) {
      throw new IllegalArgumentException(
          "SecondOrderRule: one table for each of the states is needed, got "
              + byPrevious.length
              + ".");
    }
    this.byPrevious = byPrevious.clone();
  }

  /// The reversible rule of Fredkin: `xₜ₊₁ = f(neighbourhood of xₜ) − xₜ₋₁ mod k`.
  ///
  /// @param rule f
  /// @return the rule of second order
  public static SecondOrderRule reversible(TableRule rule) {
    int k = rule.states();
    TableRule[] tables = new TableRule[k];
    for (int p = 0; p < k; p++) {
      byte[] outputs = new byte[rule.size()];
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = (byte) Math.floorMod(rule.output(i) - p, k);
      }
      tables[p] = new TableRule(k, rule.neighbourhood(), outputs);
    }
    return new SecondOrderRule(tables);
  }

  /// The table for one state of the cell one step before.
  ///
  /// @param previous that state
  /// @return the table
  public TableRule table(int previous) {
    return byPrevious[previous];
  }

  @Override
  public int states() {
    return byPrevious.length;
  }

  @Override
  public Neighbourhood neighbourhood() {
    return byPrevious[0].neighbourhood();
  }

  @Override
  public int next(int[] cells, int previous, double uniform) {
    return byPrevious[previous].next(cells);
  }

  /// The notation of f for a reversible rule, with an `R` after it; else the notation of each
  /// table.
  @Override
  public String toString() {
    return reversible(byPrevious[0]).equals(this)
        ? Notation.of(byPrevious[0]) + "R"
        : java.util.Arrays.toString(byPrevious);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecondOrderRule that
        && java.util.Arrays.equals(byPrevious, that.byPrevious);
  }

  @Override
  public int hashCode() {
    return java.util.Arrays.hashCode(byPrevious);
  }
}
