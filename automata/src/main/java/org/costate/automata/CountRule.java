package org.costate.automata;

import java.util.Arrays;

/// A rule that looks at the centre and at a count over the other cells: how many of them are in one
/// state (Life-like rules, Generations, Larger than Life, Wireworld), or the sum of their states
/// (outer-totalistic and, if the centre is added, totalistic rules).
///
///     x′ = outputs[x][n]      n = #{j ≠ centre : xⱼ = counted}   or   n = Σ_{j ≠ centre} xⱼ
public final class CountRule implements Rule {
  /// Count the sum of the states instead of the cells in one state.
  public static final int SUM = -1;

  private final int states;
  private final Neighbourhood neighbourhood;
  private final int counted;
  private final byte[][] outputs;
  private final int centre;

  /// A rule of given outputs.
  ///
  /// @param states k
  /// @param neighbourhood the cells it looks at
  /// @param counted the state that is counted, or [#SUM]
  /// @param outputs `[k][largest count + 1]`; copied
  public CountRule(int states, Neighbourhood neighbourhood, int counted, byte[][] outputs) {
    int counts = counts(states, neighbourhood, counted);
    if (outputs.length != states || Arrays.stream(outputs).anyMatch(o -> o.length != counts)) {
      throw new IllegalArgumentException(
          "CountRule: outputs must be [states][counts] = [%d][%d].".formatted(states, counts));
    }
    this.states = states;
    this.neighbourhood = neighbourhood;
    this.counted = counted;
    this.outputs = new byte[states][];
    for (int c = 0; c < states; c++) {
      this.outputs[c] = outputs[c].clone();
    }
    this.centre = neighbourhood.centre();
  }

  /// Wireworld: electron heads (1) become tails (2), tails become wire (3), and wire becomes a head
  /// if one or two of its neighbours are heads.
  ///
  /// @return the rule
  public static CountRule wireworld() {
    byte[][] outputs = new byte[4][9];
    Arrays.fill(outputs[1], (byte) 2);
    Arrays.fill(outputs[2], (byte) 3);
    Arrays.fill(outputs[3], (byte) 3);
    outputs[3][1] = 1;
    outputs[3][2] = 1;
    return new CountRule(4, Neighbourhood.moore(1), 1, outputs);
  }

  /// The number of different counts.
  ///
  /// @param states k
  /// @param neighbourhood the cells
  /// @param counted the state that is counted, or [#SUM]
  /// @return n, or (n − 1)(k − 1) + 1 for sums
  public static int counts(int states, Neighbourhood neighbourhood, int counted) {
    int others = neighbourhood.size() - 1;
    return (counted == SUM ? others * (states - 1) : others) + 1;
  }

  /// The totalistic rule of a Wolfram code: its digit in base k at the sum of all cells, the centre
  /// included.
  ///
  /// @param code the code
  /// @param states k
  /// @param neighbourhood the cells
  /// @return the rule
  public static CountRule totalistic(
      java.math.BigInteger code, int states, Neighbourhood neighbourhood) {
    int sums = neighbourhood.size() * (states - 1) + 1;
    String digits = code.toString(Math.min(states, Character.MAX_RADIX));
    if (states > Character.MAX_RADIX || code.signum() < 0 || digits.length() > sums) {
      throw new IllegalArgumentException(
          "Totalistic code %s: with %d states and %d cells a code has at most %d digits in base %d."
              .formatted(code, states, neighbourhood.size(), sums, states));
    }
    byte[][] outputs = new byte[states][counts(states, neighbourhood, SUM)];
    for (int c = 0; c < states; c++) {
      for (int n = 0; n < outputs[c].length; n++) {
        int at = digits.length() - 1 - (c + n);
        outputs[c][n] = at < 0 ? 0 : (byte) Character.digit(digits.charAt(at), states);
      }
    }
    return new CountRule(states, neighbourhood, SUM, outputs);
  }

  @Override
  public int states() {
    return states;
  }

  @Override
  public Neighbourhood neighbourhood() {
    return neighbourhood;
  }

  /// What is counted.
  ///
  /// @return a state, or [#SUM]
  public int counted() {
    return counted;
  }

  /// One output.
  ///
  /// @param state the state of the centre
  /// @param count the count over the others
  /// @return the next state
  public int output(int state, int count) {
    return outputs[state][count] & 0xff;
  }

  @Override
  public int next(int[] cells, int previous, double uniform) {
    int n = 0;
    for (int i = 0; i < cells.length; i++) {
      n += i == centre ? 0 : counted == SUM ? cells[i] : cells[i] == counted ? 1 : 0;
    }
    return outputs[cells[centre]][n] & 0xff;
  }

  /// The notation of the rule.
  @Override
  public String toString() {
    return Notation.of(this);
  }
}
