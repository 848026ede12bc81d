package org.costate.control;

import java.util.HashMap;
import java.util.Map;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.internal.control.ImplicitEquation;

/// How ẋ = f(x, u, p, t) becomes a step xₖ₊₁ = F(xₖ, uₖ): a transform of graphs, so the derivatives
/// of F are those of the discrete step, exact to rounding. A running cost ∫ℓ dt is integrated with
/// the stages of the same method. The control is constant over a step.
///
/// The implicit methods solve their equation by Newton's method inside the graph: six iterations
/// from an explicit Euler step without derivatives, then two more through which first and second
/// derivatives are exact (each Newton iteration from a solution doubles the order to which it
/// depends correctly on its data). That fits steps for which Newton converges in six iterations:
/// verify the solution, or use substeps.
public sealed interface Integrator {
  /// x′ = x + h f(x); order 1. Stable for |1 + hλ| ≤ 1: an undamped oscillation always grows.
  record ExplicitEuler() implements Integrator {}

  /// x′ = x + h f(x + h/2 f(x)); order 2.
  record Midpoint() implements Integrator {}

  /// The classical Runge–Kutta method; order 4. Stable on the imaginary axis to |hλ| ≤ 2.83, on the
  /// negative real axis to 2.79.
  record Rk4() implements Integrator {}

  /// x′ = x + h f(x′); order 1, A-stable and damping. The running cost is h ℓ(x′).
  record ImplicitEuler() implements Integrator {}

  /// x′ = x + h f((x + x′)/2); order 2, A-stable, keeps quadratic invariants.
  record ImplicitMidpoint() implements Integrator {}

  /// x′ = x + h/2 (f(x) + f(x′)); order 2, A-stable.
  record Trapezoid() implements Integrator {}

  /// Several steps of another method for one control.
  ///
  /// @param method the method
  /// @param count how many
  record Substeps(Integrator method, int count) implements Integrator {
    /// Checks the count.
    public Substeps {
      if (count < 1) {
        throw new IllegalArgumentException(
            "Integrator: there must be at least 1 substep, got %d.".formatted(count));
      }
    }
  }

  /// This method in several steps for one control.
  ///
  /// @param count how many
  /// @return the method
  default Integrator substeps(int count) {
    return new Substeps(this, count);
  }

  /// The order of accuracy.
  ///
  /// @return p, for a global error O(hᵖ)
  default int order() {
    return switch (this) {
      case ExplicitEuler _, ImplicitEuler _ -> 1;
      case Midpoint _, ImplicitMidpoint _, Trapezoid _ -> 2;
      case Rk4 _ -> 4;
      case Substeps(Integrator method, _) -> method.order();
    };
  }

  /// |R(z)|, by which a mode ẋ = λx is multiplied in a step h, z = hλ. Above 1 for a mode that
  /// should decay, the step is outside the region of stability: the trajectory grows, and the
  /// costate, which is multiplied by the same number at each step back, explodes with it.
  ///
  /// @param re the real part of z
  /// @param im the imaginary part of z
  /// @return |R(z)|
  default double amplification(double re, double im) {
    return switch (this) {
      case ExplicitEuler _ -> Math.hypot(1 + re, im);
      case Midpoint _ -> Math.hypot(1 + re + (re * re - im * im) / 2, im + re * im);
      case Rk4 _ -> {
        // 1 + z (1 + z/2 (1 + z/3 (1 + z/4)))
        double a = 1;
        double b = 0;
        for (int k = 4; k >= 1; k--) {
          double c = (a * re - b * im) / k;
          b = (a * im + b * re) / k;
          a = 1 + c;
        }
        yield Math.hypot(a, b);
      }
      case ImplicitEuler _ -> 1 / Math.hypot(1 - re, im);
      case ImplicitMidpoint _, Trapezoid _ ->
          Math.hypot(1 + re / 2, im / 2) / Math.hypot(1 - re / 2, im / 2);
      case Substeps(Integrator method, int n) -> Math.pow(method.amplification(re / n, im / n), n);
    };
  }

  /// What one step gives.
  ///
  /// @param next x′
  /// @param cost ∫ℓ dt over the step
  record Advanced(Value next, Value cost) {}

  /// Writes one step.
  ///
  /// @param rates a graph with step inputs `x`, `u`, `p` (if any), `t` and outputs `rate` and
  ///   `cost`
  /// @param at where the step begins
  /// @param h the length of the step, s
  /// @return x′ and the integral of the cost
  default Advanced advance(StepGraph rates, Instant at, Value h) {
    var f = new Rates(rates, at, h);
    Value x = at.state();
    return switch (this) {
      case ExplicitEuler _ -> f.weighted(x, new double[] {1}, f.at(x, 0));
      case Midpoint _ -> f.weighted(x, new double[] {1}, f.at(f.moved(x, f.at(x, 0), 0.5), 0.5));
      case Rk4 _ -> {
        Slope k1 = f.at(x, 0);
        Slope k2 = f.at(f.moved(x, k1, 0.5), 0.5);
        Slope k3 = f.at(f.moved(x, k2, 0.5), 0.5);
        Slope k4 = f.at(f.moved(x, k3, 1), 1);
        yield f.weighted(x, new double[] {1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0}, k1, k2, k3, k4);
      }
      case ImplicitEuler _ -> {
        Value end = f.implicit(1, f.moved(x, f.at(x, 0), 1), x, 1);
        yield new Advanced(end, f.at(end, 1).cost().hadamard(h));
      }
      case ImplicitMidpoint _ -> {
        Value middle = f.implicit(0.5, f.moved(x, f.at(x, 0), 0.5), x, 0.5);
        yield f.weighted(x, new double[] {1}, f.at(middle, 0.5));
      }
      case Trapezoid _ -> {
        Slope first = f.at(x, 0);
        Value end = f.implicit(0.5, f.moved(x, first, 1), f.moved(x, first, 0.5), 1);
        yield f.weighted(x, new double[] {0.5, 0.5}, first, f.at(end, 1));
      }
      case Substeps(Integrator method, int count) -> {
        Value part = h.over(count);
        Value cost = at.constant(0);
        Instant begin = at;
        for (int i = 0; i < count; i++) {
          Advanced one = method.advance(rates, begin, part);
          cost = cost.plus(one.cost());
          begin =
              new Instant(
                  at.graph(), one.next(), at.control(), at.parameters(), begin.time().plus(part));
        }
        yield new Advanced(begin.state(), cost);
      }
    };
  }

  /// ẋ and ℓ at one stage.
  ///
  /// @param rate ẋ
  /// @param cost ℓ
  record Slope(Value rate, Value cost) {}

  /// f at the stages of one step.
  ///
  /// @param graph the rates
  /// @param begin where the step begins
  /// @param h its length
  record Rates(StepGraph graph, Instant begin, Value h) {
    private Map<String, Value> operands(Value x, double fraction) {
      var operands = new HashMap<String, Value>();
      operands.put("x", x);
      operands.put("u", begin.control());
      operands.put("p", begin.parameters());
      operands.put("t", begin.time().plus(h.times(fraction)));
      return operands;
    }

    private Slope at(Value x, double fraction) {
      var results = begin.graph().apply(graph, operands(x, fraction)).outputs();
      return new Slope(results.get("rate"), results.get("cost"));
    }

    private Value moved(Value x, Slope slope, double fraction) {
      return x.plus(slope.rate().hadamard(h.times(fraction)));
    }

    private Advanced weighted(Value x, double[] weights, Slope... slopes) {
      Value rate = slopes[0].rate().times(weights[0]);
      Value cost = slopes[0].cost().times(weights[0]);
      for (int i = 1; i < slopes.length; i++) {
        rate = rate.plus(slopes[i].rate().times(weights[i]));
        cost = cost.plus(slopes[i].cost().times(weights[i]));
      }
      return new Advanced(x.plus(rate.hadamard(h)), cost.hadamard(h));
    }

    /// y with y = base + γ h f(y).
    private Value implicit(double gamma, Value guess, Value base, double fraction) {
      StepBuilder builder = begin.graph();
      return ImplicitEquation.solve(
          builder, graph, y -> operands(y, fraction), guess, base, h.times(gamma));
    }
  }
}
