package org.costate.control.system;

import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.square;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.costate.control.Drawing;
import org.costate.control.Instant;
import org.costate.control.Mechanical;
import org.costate.control.Quantity;
import org.costate.graph.Value;
import org.costate.internal.control.LinearSystem;

/// A chain of links in a vertical plane, with motors at some joints: arms, double pendulums,
/// acrobots. Angles θᵢ are those of the links themselves, from the downward vertical (rad); a torque
/// τᵢ acts on link i and reacts on link i − 1:
///
///     Σⱼ aᵢⱼ cos(θᵢ − θⱼ) θ̈ⱼ = τᵢ − τᵢ₊₁ − g bᵢ sin θᵢ − Σⱼ aᵢⱼ sin(θᵢ − θⱼ) θ̇ⱼ²
///     aᵢᵢ = Iᵢ + mᵢ cᵢ² + lᵢ² Σ_{k>i} mₖ,   aᵢⱼ = lᵢ (mⱼ cⱼ + lⱼ Σ_{k>j} mₖ) for i < j,   bᵢ = mᵢ cᵢ + lᵢ Σ_{k>i} mₖ
///
/// @param name what it is called
/// @param links the links, from the fixed end
/// @param motors the joints with motors, from 0
/// @param gravity g, m/s²
public record PlanarArm(String name, List<Link> links, List<Integer> motors, double gravity)
    implements Mechanical, Drawing.Drawable {
  /// A link.
  ///
  /// @param mass m, kg
  /// @param length l, m
  /// @param centre c, the distance of its centre of mass from its joint, m
  /// @param inertia I about its centre of mass, kg m²
  public record Link(double mass, double length, double centre, double inertia) {
    /// A uniform rod.
    ///
    /// @param mass kg
    /// @param length m
    /// @return the link
    public static Link rod(double mass, double length) {
      return new Link(mass, length, length / 2, mass * length * length / 12);
    }

    /// A point mass at the end of a massless rod.
    ///
    /// @param mass kg
    /// @param length m
    /// @return the link
    public static Link point(double mass, double length) {
      return new Link(mass, length, length, 0);
    }
  }

  /// Keeps its own lists.
  public PlanarArm {
    links = List.copyOf(links);
    motors = List.copyOf(motors);
    for (int motor : motors) {
      if (motor < 0 || motor >= links.size()) {
        throw new IllegalArgumentException(
            "PlanarArm '%s': there is no joint %d; it has %d links."
                .formatted(name, motor, links.size()));
      }
    }
  }

  /// An arm of equal rods with a motor at every joint.
  ///
  /// @param count the number of links
  /// @param mass of each, kg
  /// @param length of each, m
  /// @return the arm
  public static PlanarArm rods(int count, double mass, double length) {
    return new PlanarArm(
        "planar arm of " + count + " links",
        IntStream.range(0, count).mapToObj(_ -> Link.rod(mass, length)).toList(),
        IntStream.range(0, count).boxed().toList(),
        9.81);
  }

  /// Two point masses of 1 kg on rods of 0.5 m with a motor between the links (Kelly's acrobot).
  ///
  /// @return the acrobot
  public static PlanarArm acrobot() {
    return new PlanarArm(
        "acrobot", List.of(Link.point(1, 0.5), Link.point(1, 0.5)), List.of(1), 9.81);
  }

  /// Two point masses of 1 kg on rods of 1 m, without motors but for a torque at the first joint.
  ///
  /// @return the double pendulum
  public static PlanarArm doublePendulum() {
    return new PlanarArm(
        "double pendulum", List.of(Link.point(1, 1), Link.point(1, 1)), List.of(0), 9.81);
  }

  @Override
  public List<Quantity> states() {
    var all = new ArrayList<Quantity>();
    for (int i = 1; i <= links.size(); i++) {
      all.add(new Quantity("angle " + i, "rad"));
    }
    for (int i = 1; i <= links.size(); i++) {
      all.add(new Quantity("angular velocity " + i, "rad/s"));
    }
    return all;
  }

  @Override
  public List<Quantity> controls() {
    return motors.stream().map(joint -> new Quantity("torque " + (joint + 1), "N m")).toList();
  }

  private double outerMass(int link) {
    return links.stream().skip(link + 1L).mapToDouble(Link::mass).sum();
  }

  private double coupling(int i, int j) {
    Link inner = links.get(Math.min(i, j));
    Link outer = links.get(Math.max(i, j));
    double further = outerMass(Math.max(i, j));
    return i == j
        ? inner.inertia
            + inner.mass * inner.centre * inner.centre
            + inner.length * inner.length * further
        : inner.length * (outer.mass * outer.centre + outer.length * further);
  }

  private double lever(int i) {
    return links.get(i).mass * links.get(i).centre + links.get(i).length * outerMass(i);
  }

  @Override
  public Value rate(Instant at) {
    int n = links.size();
    Value[] torque = new Value[n + 1];
    for (int i = 0; i <= n; i++) {
      int motor = motors.indexOf(i);
      torque[i] = motor < 0 ? at.constant(0) : at.u(motor);
    }
    Value[][] matrix = new Value[n][n];
    Value[] right = new Value[n];
    for (int i = 0; i < n; i++) {
      right[i] = torque[i].minus(torque[i + 1]).minus(sin(at.x(i)).times(gravity * lever(i)));
      matrix[i][i] = at.constant(coupling(i, i));
      for (int j = 0; j < n; j++) {
        if (i != j) {
          Value difference = at.x(i).minus(at.x(j));
          matrix[i][j] = cos(difference).times(coupling(i, j));
          Value centrifugal = sin(difference).hadamard(square(at.x(n + j)));
          right[i] = right[i].minus(centrifugal.times(coupling(i, j)));
        }
      }
    }
    Value acceleration = LinearSystem.solve(matrix, Instant.vector(right));
    return org.costate.graph.Functions.concat(at.state().slice(n, 2 * n), acceleration);
  }

  @Override
  public Value energy(Instant at) {
    int n = links.size();
    Value sum = at.constant(0);
    for (int i = 0; i < n; i++) {
      sum = sum.minus(cos(at.x(i)).times(gravity * lever(i)));
      for (int j = 0; j < n; j++) {
        Value speeds = at.x(n + i).hadamard(at.x(n + j));
        sum = sum.plus(cos(at.x(i).minus(at.x(j))).hadamard(speeds).times(0.5 * coupling(i, j)));
      }
    }
    return sum;
  }

  /// Where the end of the last link is.
  ///
  /// @param at the state
  /// @return x and y, m
  public Value[] tip(Instant at) {
    Value x = at.constant(0);
    Value y = at.constant(0);
    for (int i = 0; i < links.size(); i++) {
      x = x.plus(sin(at.x(i)).times(links.get(i).length));
      y = y.minus(cos(at.x(i)).times(links.get(i).length));
    }
    return new Value[] {x, y};
  }

  @Override
  public Drawing draw(double[] x) {
    var pen = new Drawing.Pen();
    double px = 0;
    double py = 0;
    for (int i = 0; i < links.size(); i++) {
      double length = links.get(i).length;
      double nx = px + length * Math.sin(x[i]);
      double ny = py - length * Math.cos(x[i]);
      pen.line(0.08 * length, px, py, nx, ny).disc(px, py, 0.06 * length);
      px = nx;
      py = ny;
    }
    return pen.disc(px, py, 0.06 * links.getLast().length).drawing();
  }
}
