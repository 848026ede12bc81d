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

/// A flying body in a vertical plane with two rotors: m ẍ = −(u₁ + u₂) sin θ, m z̈ = (u₁ + u₂) cos
/// θ − m g, I θ̈ = r (u₂ − u₁).
///
/// @param mass m, kg
/// @param inertia I, kg m²
/// @param arm r, from the centre to a rotor, m
/// @param gravity g, m/s²
public record PlanarQuadrotor(double mass, double inertia, double arm, double gravity)
    implements Mechanical, Drawing.Drawable {
  /// 1 kg, with r / I = 25 /(kg m).
  public PlanarQuadrotor() {
    this(1, 0.01, 0.25, 9.81);
  }

  @Override
  public String name() {
    return "planar quadrotor";
  }

  @Override
  public List<Quantity> states() {
    return List.of(
        new Quantity("x", "m"),
        new Quantity("z", "m"),
        new Quantity("pitch", "rad"),
        new Quantity("x velocity", "m/s"),
        new Quantity("z velocity", "m/s"),
        new Quantity("pitch rate", "rad/s"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("left thrust", "N"), new Quantity("right thrust", "N"));
  }

  @Override
  public Value rate(Instant at) {
    Value thrust = at.u(0).plus(at.u(1)).over(mass);
    return Instant.vector(
        at.x(3),
        at.x(4),
        at.x(5),
        thrust.hadamard(sin(at.x(2))).negate(),
        thrust.hadamard(cos(at.x(2))).minus(gravity),
        at.u(1).minus(at.u(0)).times(arm / inertia));
  }

  @Override
  public Value energy(Instant at) {
    return square(at.x(3))
        .plus(square(at.x(4)))
        .times(0.5 * mass)
        .plus(square(at.x(5)).times(0.5 * inertia))
        .plus(at.x(1).times(mass * gravity));
  }

  @Override
  public Drawing draw(double[] x) {
    double c = Math.cos(x[2]);
    double s = Math.sin(x[2]);
    return new Drawing.Pen()
        .box(x[0], x[1], 2 * arm, 0.12 * arm, x[2])
        .box(
            x[0] - arm * c - 0.1 * arm * s,
            x[1] - arm * s + 0.1 * arm * c,
            0.5 * arm,
            0.06 * arm,
            x[2])
        .box(
            x[0] + arm * c - 0.1 * arm * s,
            x[1] + arm * s + 0.1 * arm * c,
            0.5 * arm,
            0.06 * arm,
            x[2])
        .drawing();
  }
}
