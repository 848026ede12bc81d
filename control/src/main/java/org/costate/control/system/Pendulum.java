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

/// A point mass on a rod, moved by a torque: m l² q̈ = u − b q̇ − m g l sin q; the angle q (rad) is
/// 0 hanging.
///
/// @param mass m, kg
/// @param length l, m
/// @param friction b, N m s
/// @param gravity g, m/s²
public record Pendulum(double mass, double length, double friction, double gravity)
    implements Mechanical, Drawing.Drawable {
  /// 1 kg on 1 m, without friction.
  public Pendulum() {
    this(1, 1, 0, 9.81);
  }

  @Override
  public String name() {
    return "pendulum";
  }

  @Override
  public List<Quantity> states() {
    return List.of(new Quantity("angle", "rad"), new Quantity("angular velocity", "rad/s"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("torque", "N m"));
  }

  @Override
  public Value rate(Instant at) {
    Value torque =
        at.u(0).minus(at.x(1).times(friction)).minus(sin(at.x(0)).times(mass * gravity * length));
    return Instant.vector(at.x(1), torque.over(mass * length * length));
  }

  @Override
  public Value energy(Instant at) {
    return square(at.x(1))
        .times(0.5 * mass * length * length)
        .minus(cos(at.x(0)).times(mass * gravity * length));
  }

  @Override
  public Drawing draw(double[] x) {
    double px = length * Math.sin(x[0]);
    double py = -length * Math.cos(x[0]);
    return new Drawing.Pen()
        .line(0.03 * length, 0, 0, px, py)
        .disc(px, py, 0.1 * length)
        .disc(0, 0, 0.03 * length)
        .drawing();
  }
}
