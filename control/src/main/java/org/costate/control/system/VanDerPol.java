package org.costate.control.system;

import static org.costate.graph.Functions.square;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// Van der Pol's oscillator: ẋ₁ = μ (1 − x₂²) x₁ − x₂ + u, ẋ₂ = x₁; dimensionless. Undriven, it
/// goes to a limit cycle of amplitude near 2.
///
/// @param damping μ
public record VanDerPol(double damping) implements Dynamics, Drawing.Drawable {
  @Override
  public String name() {
    return "Van der Pol oscillator";
  }

  @Override
  public List<Quantity> states() {
    return Dynamics.named("x1", "x2");
  }

  @Override
  public List<Quantity> controls() {
    return Dynamics.named("u");
  }

  @Override
  public Value rate(Instant at) {
    Value growth = square(at.x(1)).negate().plus(1).hadamard(at.x(0)).times(damping);
    return Instant.vector(growth.minus(at.x(1)).plus(at.u(0)), at.x(0));
  }

  @Override
  public Drawing draw(double[] x) {
    return new Drawing.Pen()
        .line(0, -2.5, 0, 2.5, 0)
        .line(0, 0, -2.5, 0, 2.5)
        .disc(x[1], x[0], 0.1)
        .drawing();
  }
}
