package org.costate.control.system;

import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.sin;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// A unicycle, or a robot with two driven wheels: ẋ = v cos θ, ẏ = v sin θ, θ̇ = ω. With wheels of
/// radius r at distance b, v = r (ω_r + ω_l)/2 and ω = r (ω_r − ω_l)/b: see [#wheelSpeeds].
public record Unicycle() implements Dynamics, Drawing.Drawable {
  @Override
  public String name() {
    return "unicycle";
  }

  @Override
  public List<Quantity> states() {
    return List.of(new Quantity("x", "m"), new Quantity("y", "m"), new Quantity("heading", "rad"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("speed", "m/s"), new Quantity("turning rate", "rad/s"));
  }

  @Override
  public Value rate(Instant at) {
    return Instant.vector(at.u(0).hadamard(cos(at.x(2))), at.u(0).hadamard(sin(at.x(2))), at.u(1));
  }

  /// The speeds of two driven wheels that give a motion.
  ///
  /// @param speed v, m/s
  /// @param turning ω, rad/s
  /// @param radius r of the wheels, m
  /// @param track b, the distance between them, m
  /// @return the right and the left wheel, rad/s
  public static double[] wheelSpeeds(double speed, double turning, double radius, double track) {
    return new double[] {
      (speed + turning * track / 2) / radius, (speed - turning * track / 2) / radius
    };
  }

  @Override
  public Drawing draw(double[] x) {
    return new Drawing.Pen().disc(x[0], x[1], 0.06).line(0.01, nose(x)).drawing();
  }

  private static double[] nose(double[] x) {
    return new double[] {x[0], x[1], x[0] + 0.12 * Math.cos(x[2]), x[1] + 0.12 * Math.sin(x[2])};
  }
}
