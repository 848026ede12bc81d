package org.costate.optim;

/// A rule that turns a gradient into an update of all parameters at once. A rule is immutable; its
/// moments are arrays that the caller keeps, so that a run can be saved and resumed.
///
/// Notation: θ parameters, g gradient, η learning rate, k the number of the update from 1.
public sealed interface Optimizer {
  /// How many arrays of the size of θ the rule keeps.
  ///
  /// @return the number of moments
  int moments();

  /// Updates the parameters in place.
  ///
  /// @param theta θ
  /// @param gradient g
  /// @param rate η
  /// @param update k, from 1
  /// @param moments the rule's arrays, zero before the first update
  void update(double[] theta, double[] gradient, double rate, long update, double[][] moments);

  /// Fresh moments.
  ///
  /// @param size the number of parameters
  /// @return zeros
  default double[][] newMoments(int size) {
    return new double[moments()][size];
  }

  /// Gradient descent: θ ← θ − η g.
  record Sgd() implements Optimizer {
    @Override
    public int moments() {
      return 0;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      for (int i = 0; i < theta.length; i++) {
        theta[i] -= rate * gradient[i];
      }
    }
  }

  /// Heavy-ball momentum (Polyak 1964): v ← μ v + g, θ ← θ − η v.
  ///
  /// @param momentum μ, in [0, 1)
  record Momentum(double momentum) implements Optimizer {
    /// Checks μ.
    public Momentum {
      fraction("Momentum", "momentum", momentum);
    }

    @Override
    public int moments() {
      return 1;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      double[] v = moments[0];
      for (int i = 0; i < theta.length; i++) {
        v[i] = momentum * v[i] + gradient[i];
        theta[i] -= rate * v[i];
      }
    }
  }

  /// Nesterov momentum in the form of Sutskever et al. 2013: v ← μ v + g, θ ← θ − η (g + μ v).
  ///
  /// @param momentum μ, in [0, 1)
  record Nesterov(double momentum) implements Optimizer {
    /// Checks μ.
    public Nesterov {
      fraction("Nesterov", "momentum", momentum);
    }

    @Override
    public int moments() {
      return 1;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      double[] v = moments[0];
      for (int i = 0; i < theta.length; i++) {
        v[i] = momentum * v[i] + gradient[i];
        theta[i] -= rate * (gradient[i] + momentum * v[i]);
      }
    }
  }

  /// Adagrad (Duchi et al. 2011): s ← s + g², θ ← θ − η g / (√s + ε).
  ///
  /// @param epsilon ε
  record Adagrad(double epsilon) implements Optimizer {
    @Override
    public int moments() {
      return 1;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      double[] s = moments[0];
      for (int i = 0; i < theta.length; i++) {
        s[i] += gradient[i] * gradient[i];
        theta[i] -= rate * gradient[i] / (Math.sqrt(s[i]) + epsilon);
      }
    }
  }

  /// RMSProp (Tieleman and Hinton 2012): s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + ε).
  ///
  /// @param decay ρ, in [0, 1)
  /// @param epsilon ε
  record RmsProp(double decay, double epsilon) implements Optimizer {
    /// Checks ρ.
    public RmsProp {
      fraction("RmsProp", "decay", decay);
    }

    /// ρ = 0.9, ε = 10⁻⁸.
    public RmsProp() {
      this(0.9, 1e-8);
    }

    @Override
    public int moments() {
      return 1;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      double[] s = moments[0];
      for (int i = 0; i < theta.length; i++) {
        s[i] = decay * s[i] + (1 - decay) * gradient[i] * gradient[i];
        theta[i] -= rate * gradient[i] / (Math.sqrt(s[i]) + epsilon);
      }
    }
  }

  /// Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay (AdamW, Loshchilov and
  /// Hutter 2019) where it is not 0: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η (m̂ /
  /// (√v̂ + ε) + w θ), with m̂ = m / (1 − β₁ᵏ).
  ///
  /// @param beta1 β₁, in [0, 1)
  /// @param beta2 β₂, in [0, 1)
  /// @param epsilon ε
  /// @param weightDecay w
  record Adam(double beta1, double beta2, double epsilon, double weightDecay) implements Optimizer {
    /// Checks β₁ and β₂.
    public Adam {
      fraction("Adam", "beta1", beta1);
      fraction("Adam", "beta2", beta2);
    }

    /// β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸, no weight decay.
    public Adam() {
      this(0.9, 0.999, 1e-8, 0);
    }

    /// AdamW: the same with decoupled weight decay.
    ///
    /// @param weightDecay w
    /// @return the rule
    public static Adam decoupled(double weightDecay) {
      return new Adam(0.9, 0.999, 1e-8, weightDecay);
    }

    @Override
    public int moments() {
      return 2;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      double[] m = moments[0];
      double[] v = moments[1];
      double first = 1 - Math.pow(beta1, update);
      double second = 1 - Math.pow(beta2, update);
      for (int i = 0; i < theta.length; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * gradient[i];
        v[i] = beta2 * v[i] + (1 - beta2) * gradient[i] * gradient[i];
        theta[i] -=
            rate * (m[i] / first / (Math.sqrt(v[i] / second) + epsilon) + weightDecay * theta[i]);
      }
    }
  }

  /// Lion (Chen et al. 2023): θ ← θ − η (sign(β₁ m + (1 − β₁) g) + w θ), m ← β₂ m + (1 − β₂) g.
  ///
  /// @param beta1 β₁, in [0, 1)
  /// @param beta2 β₂, in [0, 1)
  /// @param weightDecay w, decoupled
  record Lion(double beta1, double beta2, double weightDecay) implements Optimizer {
    /// Checks β₁ and β₂.
    public Lion {
      fraction("Lion", "beta1", beta1);
      fraction("Lion", "beta2", beta2);
    }

    /// β₁ = 0.9, β₂ = 0.99, no weight decay.
    public Lion() {
      this(0.9, 0.99, 0);
    }

    @Override
    public int moments() {
      return 1;
    }

    @Override
    public void update(
        double[] theta, double[] gradient, double rate, long update, double[][] moments) {
      double[] m = moments[0];
      for (int i = 0; i < theta.length; i++) {
        theta[i] -=
            rate * (Math.signum(beta1 * m[i] + (1 - beta1) * gradient[i]) + weightDecay * theta[i]);
        m[i] = beta2 * m[i] + (1 - beta2) * gradient[i];
      }
    }
  }

  private static void fraction(String rule, String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(
          "%s: %s must be in [0, 1), got %s.".formatted(rule, name, value));
    }
  }
}
