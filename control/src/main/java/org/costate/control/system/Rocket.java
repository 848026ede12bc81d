package org.costate.control.system;

import static org.costate.graph.Functions.exp;
import static org.costate.graph.Functions.square;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// Goddard's rocket, rising straight up through thinning air and weakening gravity (COPS 3.0,
/// problem 10), in units of the planet's radius and the surface's gravity:
///
///     ḣ = v,   v̇ = (u − D)/m − 1/h²,   ṁ = −u/c,   D = d v² e^{−β (h − 1)}
///
/// @param drag d
/// @param decay β
/// @param exhaust c, the exhaust velocity
public record Rocket(double drag, double decay, double exhaust)
    implements Dynamics, Drawing.Drawable {
  /// The data of COPS.
  public Rocket() {
    this(310, 500, 0.5);
  }

  @Override
  public String name() {
    return "Goddard's rocket";
  }

  @Override
  public List<Quantity> states() {
    return Dynamics.named("height", "velocity", "mass");
  }

  @Override
  public List<Quantity> controls() {
    return Dynamics.named("thrust");
  }

  @Override
  public Value rate(Instant at) {
    Value h = at.x(0);
    Value v = at.x(1);
    Value air = square(v).hadamard(exp(h.minus(1).times(-decay))).times(drag);
    return Instant.vector(
        v,
        at.u(0).minus(air).over(at.x(2)).minus(square(h).reciprocal()),
        at.u(0).times(-1 / exhaust));
  }

  @Override
  public Drawing draw(double[] x) {
    double h = (x[0] - 1) * 100;
    return new Drawing.Pen()
        .line(0, -1, 0, 1, 0)
        .area(-0.05, h, 0.05, h, 0.05, h + 0.2, 0, h + 0.3, -0.05, h + 0.2)
        .drawing();
  }
}
