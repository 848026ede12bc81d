package org.costate.automata;

import java.util.Arrays;

/// A rule as a table with one entry for each neighbourhood.
///
/// The entry of the neighbourhood (c₁ … cₙ), read in order, is at the base-k number c₁c₂…cₙ, the
/// first cell most significant. So entry 4L + 2C + R of an elementary rule is bit 4L + 2C + R of
/// its Wolfram code, and the table of a two-state Moore rule is its MAP string.
public final class TableRule implements Rule {
  /// The largest table that is built.
  public static final int MOST_ENTRIES = 1 << 25;

  private final int states;
  private final Neighbourhood neighbourhood;
  private final byte[] outputs;

  /// A rule of given outputs.
  ///
  /// @param states k
  /// @param neighbourhood the cells it looks at
  /// @param outputs kⁿ next states, in the order above; copied
  public TableRule(int states, Neighbourhood neighbourhood, byte[] outputs) {
    if (outputs.length != entries(states, neighbourhood)) {
      throw new IllegalArgumentException(
          "TableRule: %d states and %d cells need %d entries, got %d."
              .formatted(
                  states, neighbourhood.size(), entries(states, neighbourhood), outputs.length));
    }
    for (int i = 0; i < outputs.length; i++) {
      if ((outputs[i] & 0xff) >= states) {
        throw new IllegalArgumentException(
            "TableRule: entry %d is state %d, but there are %d states."
                .formatted(i, outputs[i] & 0xff, states));
      }
    }
    this.states = states;
    this.neighbourhood = neighbourhood;
    this.outputs = outputs.clone();
  }

  /// The number of entries kⁿ of a table.
  ///
  /// @param states k
  /// @param neighbourhood the cells
  /// @return kⁿ
  /// @throws IllegalArgumentException if a table of that size is not built
  public static int entries(int states, Neighbourhood neighbourhood) {
    double n = Math.pow(states, neighbourhood.size());
    if (states < 2 || states > Lattice.LARGEST_STATE + 1 || n > MOST_ENTRIES) {
      throw new IllegalArgumentException(
          "TableRule: %d states and %d cells would need %.3g entries; between 2 and %d states and at"
                  .formatted(states, neighbourhood.size(), n, Lattice.LARGEST_STATE + 1)
              + " most "
              + MOST_ENTRIES
              + " entries are possible.");
    }
    return (int) Math.round(n);
  }

  /// The table of any deterministic rule of first order.
  ///
  /// @param rule the rule
  /// @return its table
  public static TableRule of(Rule rule) {
    if (rule instanceof TableRule table) {
      return table;
    }
    byte[] outputs = new byte[entries(rule.states(), rule.neighbourhood())];
    int[] cells = new int[rule.neighbourhood().size()];
    for (int i = 0; i < outputs.length; i++) {
      digits(i, rule.states(), cells);
      outputs[i] = (byte) rule.next(cells);
    }
    return new TableRule(rule.states(), rule.neighbourhood(), outputs);
  }

  /// The elementary rule of a Wolfram code.
  ///
  /// @param code 0 … 255
  /// @return the rule
  public static TableRule elementary(int code) {
    return wolfram(java.math.BigInteger.valueOf(code), 2, 1);
  }

  /// The rule of a general Wolfram code: its digit in base k at the value of the neighbourhood.
  ///
  /// @param code the code, 0 … k^(k^(2r+1)) − 1
  /// @param states k
  /// @param radius r
  /// @return the rule
  public static TableRule wolfram(java.math.BigInteger code, int states, int radius) {
    Neighbourhood line = Neighbourhood.line(radius);
    byte[] outputs = new byte[entries(states, line)];
    String digits = code.toString(Math.min(states, Character.MAX_RADIX));
    if (states > Character.MAX_RADIX || code.signum() < 0 || digits.length() > outputs.length) {
      throw new IllegalArgumentException(
          "Wolfram code %s: with %d states and radius %d a code has at most %d digits in base %d, and at most 36 states."
              .formatted(code, states, radius, outputs.length, states));
    }
    for (int i = 0; i < digits.length(); i++) {
      outputs[i] = (byte) Character.digit(digits.charAt(digits.length() - 1 - i), states);
    }
    return new TableRule(states, line, outputs);
  }

  /// Writes a number in base k, most significant digit first.
  ///
  /// @param value the number
  /// @param base k
  /// @param digits receives the digits
  public static void digits(int value, int base, int[] digits) {
    int rest = value;
    for (int i = digits.length - 1; i >= 0; i--) {
      digits[i] = rest % base;
      rest /= base;
    }
  }

  @Override
  public int states() {
    return states;
  }

  @Override
  public Neighbourhood neighbourhood() {
    return neighbourhood;
  }

  /// The number of entries.
  ///
  /// @return kⁿ
  public int size() {
    return outputs.length;
  }

  /// One entry.
  ///
  /// @param entry its index
  /// @return the next state
  public int output(int entry) {
    return outputs[entry] & 0xff;
  }

  @Override
  public int next(int[] cells, int previous, double uniform) {
    int index = 0;
    for (int cell : cells) {
      index = index * states + cell;
    }
    return outputs[index] & 0xff;
  }

  /// This rule on a larger neighbourhood, of which it ignores the other cells.
  ///
  /// @param larger the neighbourhood; it holds all cells of this one
  /// @return the same rule
  public TableRule on(Neighbourhood larger) {
    if (larger.equals(neighbourhood)) {
      return this;
    }
    int[] places =
        neighbourhood.offsets().stream().mapToInt(o -> larger.indexOf(o.dy(), o.dx())).toArray();
    byte[] wide = new byte[entries(states, larger)];
    int[] cells = new int[larger.size()];
    int[] own = new int[places.length];
    for (int i = 0; i < wide.length; i++) {
      digits(i, states, cells);
      for (int j = 0; j < own.length; j++) {
        own[j] = cells[places[j]];
      }
      wide[i] = (byte) next(own);
    }
    return new TableRule(states, larger, wide);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TableRule that
        && states == that.states
        && neighbourhood.offsets().equals(that.neighbourhood.offsets())
        && Arrays.equals(outputs, that.outputs);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(outputs);
  }

  /// The shortest notation there is.
  @Override
  public String toString() {
    return Notation.of(this);
  }
}
