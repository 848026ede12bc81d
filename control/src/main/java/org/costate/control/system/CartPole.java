package org.costate.control.system;

import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.square;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Instant;
import org.costate.control.Mechanical;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// A cart with a point mass on a rod, pushed by a force u (Kelly, SIAM Review 59, 2017, section 6);
/// the angle q is 0 hanging:
///
///     p̈ = (u + m₂ g cos q sin q + m₂ l sin q q̇²) / (m₁ + m₂ sin² q)
///     q̈ = −(u cos q + (m₁ + m₂) g sin q + m₂ l cos q sin q q̇²) / (l (m₁ + m₂ sin² q))
///
/// @param cartMass m₁, kg
/// @param poleMass m₂, kg
/// @param length l, m
/// @param gravity g, m/s²
public record CartPole(double cartMass, double poleMass, double length, double gravity)
    implements Mechanical, Drawing.Drawable {
  /// Kelly's cart-pole: 1 kg, 0.3 kg, 0.5 m.
  public CartPole() {
    this(1, 0.3, 0.5, 9.81);
  }

  @Override
  public String name() {
    return "cart-pole";
  }

  @Override
  public List<Quantity> states() {
    return List.of(
        new Quantity("position", "m"),
        new Quantity("angle", "rad"),
        new Quantity("velocity", "m/s"),
        new Quantity("angular velocity", "rad/s"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("force", "N"));
  }

  @Override
  public Value rate(Instant at) {
    Value s = sin(at.x(1));
    Value c = cos(at.x(1));
    Value swing = s.hadamard(square(at.x(3))).times(poleMass * length);
    Value both = square(s).times(poleMass).plus(cartMass);
    Value cart = at.u(0).plus(c.hadamard(s).times(poleMass * gravity)).plus(swing).over(both);
    Value pole =
        at.u(0)
            .hadamard(c)
            .plus(s.times((cartMass + poleMass) * gravity))
            .plus(c.hadamard(swing))
            .over(both.times(-length));
    return Instant.vector(at.x(2), at.x(3), cart, pole);
  }

  @Override
  public Value energy(Instant at) {
    Value c = cos(at.x(1));
    Value kinetic =
        square(at.x(2))
            .times(0.5 * (cartMass + poleMass))
            .plus(at.x(2).hadamard(at.x(3)).hadamard(c).times(poleMass * length))
            .plus(square(at.x(3)).times(0.5 * poleMass * length * length));
    return kinetic.minus(c.times(poleMass * gravity * length));
  }

  @Override
  public Drawing draw(double[] x) {
    double px = x[0] + length * Math.sin(x[1]);
    double py = -length * Math.cos(x[1]);
    return new Drawing.Pen()
        .line(0, x[0] - 4 * length, -0.1 * length, x[0] + 4 * length, -0.1 * length)
        .box(x[0], 0, 0.5 * length, 0.2 * length, 0)
        .line(0.05 * length, x[0], 0, px, py)
        .disc(px, py, 0.1 * length)
        .drawing();
  }
}
