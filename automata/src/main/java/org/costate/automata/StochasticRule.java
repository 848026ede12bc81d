package org.costate.automata;

/// A rule with a distribution of next states for each neighbourhood; entries are numbered as in
/// [TableRule].
public final class StochasticRule implements Rule {
  private final int states;
  private final Neighbourhood neighbourhood;
  private final double[][] probabilities;

  /// A rule of given probabilities.
  ///
  /// @param states k
  /// @param neighbourhood the cells it looks at
  /// @param probabilities `[kⁿ][k]`, each row a distribution; copied
  public StochasticRule(int states, Neighbourhood neighbourhood, double[][] probabilities) {
    int entries = TableRule.entries(states, neighbourhood);
    if (probabilities.length != entries) {
      throw new IllegalArgumentException(
          "StochasticRule: %d entries are needed, got %d."
              .formatted(entries, probabilities.length));
    }
    this.states = states;
    this.neighbourhood = neighbourhood;
    this.probabilities = new double[entries][];
    for (int i = 0; i < entries; i++) {
      double[] row = probabilities[i].clone();
      double sum = 0;
      boolean valid = row.length == states;
      for (double p : row) {
        sum += p;
        valid &= p >= 0;
      }
      if (!valid || Math.abs(sum - 1) > 1e-9) {
        throw new IllegalArgumentException(
            "StochasticRule: entry %d must be a distribution over %d states, got %s."
                .formatted(i, states, java.util.Arrays.toString(row)));
      }
      this.probabilities[i] = row;
    }
  }

  /// A deterministic rule whose result becomes another state, each equally likely, with a
  /// probability.
  ///
  /// @param rule the rule
  /// @param probability the probability of a wrong result
  /// @return the noisy rule
  public static StochasticRule noisy(TableRule rule, double probability) {
    int k = rule.states();
    double[][] p = new double[rule.size()][k];
    for (int i = 0; i < p.length; i++) {
      java.util.Arrays.fill(p[i], probability / (k - 1));
      p[i][rule.output(i)] = 1 - probability;
    }
    return new StochasticRule(k, rule.neighbourhood(), p);
  }

  /// The probability of a next state.
  ///
  /// @param entry the neighbourhood
  /// @param state the next state
  /// @return its probability
  public double probability(int entry, int state) {
    return probabilities[entry][state];
  }

  @Override
  public int states() {
    return states;
  }

  @Override
  public Neighbourhood neighbourhood() {
    return neighbourhood;
  }

  @Override
  public int next(int[] cells, int previous, double uniform) {
    int index = 0;
    for (int cell : cells) {
      index = index * states + cell;
    }
    double left = uniform;
    for (int s = 0; s < states - 1; s++) {
      left -= probabilities[index][s];
      if (left < 0) {
        return s;
      }
    }
    return states - 1;
  }
}
