package org.costate.control.system;

import static org.costate.graph.Functions.softplus;
import static org.costate.graph.Functions.square;
import static org.costate.graph.Functions.tanh;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Instant;
import org.costate.control.Mechanical;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// A hopping robot in a vertical plane: a body, a foot, and a leg between them whose length is driven
/// by a force along it and which is turned by a hip torque. The ground pushes smoothly,
///
///     N = k s log(1 + e^{−y/s}) · (1 − b ẏ),   friction −μ N tanh(ẋ / v₀)      at the foot (x, y)
///
/// with softness s (m): N is nearly 0 above the ground and k |y| below it. In flight and with the leg
/// locked by no force, energy is conserved.
///
/// @param bodyMass kg
/// @param footMass kg
/// @param stiffness k of the ground, N/m
/// @param softness s, m
/// @param damping b of the ground, s/m
/// @param friction μ
/// @param gravity g, m/s²
public record Hopper(
    double bodyMass,
    double footMass,
    double stiffness,
    double softness,
    double damping,
    double friction,
    double gravity)
    implements Mechanical, Drawing.Drawable {
  private static final double SLIDING_SPEED = 0.05;

  /// 3 kg on a foot of 0.3 kg.
  public Hopper() {
    this(3, 0.3, 4000, 0.01, 0.3, 1, 9.81);
  }

  @Override
  public String name() {
    return "hopper";
  }

  @Override
  public List<Quantity> states() {
    return List.of(
        new Quantity("body x", "m"),
        new Quantity("body y", "m"),
        new Quantity("foot x", "m"),
        new Quantity("foot y", "m"),
        new Quantity("body x velocity", "m/s"),
        new Quantity("body y velocity", "m/s"),
        new Quantity("foot x velocity", "m/s"),
        new Quantity("foot y velocity", "m/s"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("leg force", "N"), new Quantity("hip torque", "N m"));
  }

  /// The force of the ground on the foot.
  ///
  /// @param at the state
  /// @return N, N
  public Value groundForce(Instant at) {
    Value depth = softplus(at.x(3).times(-1 / softness)).times(softness * stiffness);
    return depth.hadamard(tanh(at.x(7).times(damping)).negate().plus(1));
  }

  @Override
  public Value rate(Instant at) {
    Value dx = at.x(0).minus(at.x(2));
    Value dy = at.x(1).minus(at.x(3));
    Value square = square(dx).plus(square(dy));
    Value length = org.costate.graph.Functions.sqrt(square.plus(1e-6));
    // Along the leg from foot to body, and across it by the torque over the length.
    Value along = at.u(0).over(length);
    Value across = at.u(1).over(square.plus(1e-6));
    Value fx = along.hadamard(dx).minus(across.hadamard(dy));
    Value fy = along.hadamard(dy).plus(across.hadamard(dx));
    Value normal = groundForce(at);
    Value sliding = tanh(at.x(6).over(SLIDING_SPEED)).hadamard(normal).times(-friction);
    return Instant.vector(
        at.x(4),
        at.x(5),
        at.x(6),
        at.x(7),
        fx.over(bodyMass),
        fy.over(bodyMass).minus(gravity),
        sliding.minus(fx).over(footMass),
        normal.minus(fy).over(footMass).minus(gravity));
  }

  @Override
  public Value energy(Instant at) {
    return square(at.x(4))
        .plus(square(at.x(5)))
        .times(0.5 * bodyMass)
        .plus(square(at.x(6)).plus(square(at.x(7))).times(0.5 * footMass))
        .plus(at.x(1).times(bodyMass * gravity))
        .plus(at.x(3).times(footMass * gravity));
  }

  @Override
  public Drawing draw(double[] x) {
    return new Drawing.Pen()
        .line(0, x[0] - 3, 0, x[0] + 3, 0)
        .line(0.03, x[0], x[1], x[2], x[3])
        .disc(x[0], x[1], 0.12)
        .disc(x[2], x[3], 0.04)
        .drawing();
  }
}
