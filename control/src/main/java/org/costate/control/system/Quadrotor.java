package org.costate.control.system;

import static org.costate.graph.Functions.square;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Instant;
import org.costate.control.Mechanical;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// A quadrotor in space with its attitude as a unit quaternion q = (w, x, y, z) from body to world
/// and rotors on the body's x and y axes:
///
///     ṗ = v,   m v̇ = R(q) (0, 0, Σ uᵢ) − (0, 0, m g),   q̇ = ½ q ∘ (0, ω) + (1 − |q|²) q,
///     J ω̇ = (r (u₂ − u₄), r (u₃ − u₁), c (u₁ − u₂ + u₃ − u₄)) − ω × J ω
///
/// The second term of q̇ pulls the norm to 1 and vanishes there.
///
/// @param mass m, kg
/// @param inertia J, the three principal moments, kg m²
/// @param arm r, m
/// @param drag c, the yaw torque of a rotor for its thrust, m
/// @param gravity g, m/s²
public record Quadrotor(double mass, double[] inertia, double arm, double drag, double gravity)
    implements Mechanical, Drawing.Drawable {
  /// 0.5 kg, a hand's breadth wide.
  public Quadrotor() {
    this(0.5, new double[] {0.0023, 0.0023, 0.004}, 0.1750, 0.0245, 9.81);
  }

  @Override
  public String name() {
    return "quadrotor";
  }

  @Override
  public List<Quantity> states() {
    return List.of(
        new Quantity("x", "m"),
        new Quantity("y", "m"),
        new Quantity("z", "m"),
        new Quantity("q w", ""),
        new Quantity("q x", ""),
        new Quantity("q y", ""),
        new Quantity("q z", ""),
        new Quantity("x velocity", "m/s"),
        new Quantity("y velocity", "m/s"),
        new Quantity("z velocity", "m/s"),
        new Quantity("roll rate", "rad/s"),
        new Quantity("pitch rate", "rad/s"),
        new Quantity("yaw rate", "rad/s"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(
        new Quantity("thrust 1", "N"),
        new Quantity("thrust 2", "N"),
        new Quantity("thrust 3", "N"),
        new Quantity("thrust 4", "N"));
  }

  @Override
  public Value rate(Instant at) {
    Value w = at.x(3);
    Value x = at.x(4);
    Value y = at.x(5);
    Value z = at.x(6);
    Value a = at.x(10);
    Value b = at.x(11);
    Value c = at.x(12);
    Value[] u = {at.u(0), at.u(1), at.u(2), at.u(3)};
    Value thrust = u[0].plus(u[1]).plus(u[2]).plus(u[3]).over(mass);
    Value square = square(w).plus(square(x)).plus(square(y)).plus(square(z));
    Value pull = square.negate().plus(1);
    Value half = at.constant(0.5);
    return Instant.vector(
        at.x(7),
        at.x(8),
        at.x(9),
        turned(half, x.negate(), a, y.negate(), b, z.negate(), c).plus(pull.hadamard(w)),
        turned(half, w, a, y, c, z.negate(), b).plus(pull.hadamard(x)),
        turned(half, w, b, z, a, x.negate(), c).plus(pull.hadamard(y)),
        turned(half, w, c, x, b, y.negate(), a).plus(pull.hadamard(z)),
        x.hadamard(z).plus(w.hadamard(y)).times(2).hadamard(thrust),
        y.hadamard(z).minus(w.hadamard(x)).times(2).hadamard(thrust),
        square(x).plus(square(y)).times(-2).plus(1).hadamard(thrust).minus(gravity),
        u[1].minus(u[3])
            .times(arm)
            .plus(b.hadamard(c).times(inertia[1] - inertia[2]))
            .over(inertia[0]),
        u[2].minus(u[0])
            .times(arm)
            .plus(a.hadamard(c).times(inertia[2] - inertia[0]))
            .over(inertia[1]),
        u[0].minus(u[1])
            .plus(u[2])
            .minus(u[3])
            .times(drag)
            .plus(a.hadamard(b).times(inertia[0] - inertia[1]))
            .over(inertia[2]));
  }

  private static Value turned(Value half, Value... factors) {
    Value sum = factors[0].hadamard(factors[1]);
    for (int i = 2; i < factors.length; i += 2) {
      sum = sum.plus(factors[i].hadamard(factors[i + 1]));
    }
    return sum.hadamard(half);
  }

  @Override
  public Value energy(Instant at) {
    Value sum = at.x(2).times(mass * gravity);
    for (int i = 0; i < 3; i++) {
      sum = sum.plus(square(at.x(7 + i)).times(0.5 * mass));
      sum = sum.plus(square(at.x(10 + i)).times(0.5 * inertia[i]));
    }
    return sum;
  }

  /// Seen from the side, x and a third of y to the right, z and a fifth of y up.
  @Override
  public Drawing draw(double[] s) {
    double w = s[3];
    double x = s[4];
    double y = s[5];
    double z = s[6];
    double[][] axes = {
      {1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)},
      {2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)}
    };
    var pen = new Drawing.Pen();
    for (double[] axis : axes) {
      double dx = arm * (axis[0] + axis[1] / 3);
      double dy = arm * (axis[2] + axis[1] / 5);
      double px = s[0] + s[1] / 3;
      double py = s[2] + s[1] / 5;
      pen.line(0.06 * arm, px - dx, py - dy, px + dx, py + dy);
      pen.disc(px + dx, py + dy, 0.2 * arm).disc(px - dx, py - dy, 0.2 * arm);
    }
    return pen.drawing();
  }
}
