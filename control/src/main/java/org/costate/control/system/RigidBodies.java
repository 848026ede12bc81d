package org.costate.control.system;

import java.util.ArrayList;
import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Instant;
import org.costate.control.Mechanical;
import org.costate.control.Quantity;
import org.costate.graph.Functions;
import org.costate.graph.Value;
import org.costate.internal.control.LinearSystem;
import org.costate.internal.control.Spatial;

/// A tree of rigid bodies with revolute, prismatic and fixed joints, and a motor at every moving
/// joint: M(q) q̈ + b(q, q̇) = τ − d q̇, where b is the recursive Newton–Euler algorithm at q̈ = 0
/// and M the composite rigid body algorithm (Featherstone, Rigid Body Dynamics Algorithms, 2008,
/// tables 5.1 and 6.2), written in world coordinates. Lengths m, angles rad, masses kg.
///
/// @param name what it is called
/// @param bodies the bodies, each after its parent
/// @param gravity g along −z, m/s²
public record RigidBodies(String name, List<Body> bodies, double gravity)
    implements Mechanical, Drawing.Drawable {
  /// How a body moves against its parent.
  public enum Joint {
    /// Turns about its axis.
    REVOLUTE,
    /// Slides along its axis.
    PRISMATIC,
    /// Not at all.
    FIXED
  }

  /// A body with the joint that carries it.
  ///
  /// @param name the name of the joint
  /// @param parent the index of the parent, −1 for the world
  /// @param joint the kind of joint
  /// @param axis the axis in the body's frame, a unit vector
  /// @param place where the joint is in the parent's frame
  /// @param turn how the body's frame is turned against the parent's at q = 0, `[9]` row-major
  /// @param mass kg
  /// @param centre the centre of mass in the body's frame
  /// @param inertia about the centre of mass, in axes of the body, `[9]` row-major, kg m²
  /// @param friction d, N m s or N s/m
  /// @param limits lower and upper position, greatest speed and force; infinite where there are
  ///   none
  public record Body(
      String name,
      int parent,
      Joint joint,
      double[] axis,
      double[] place,
      double[] turn,
      double mass,
      double[] centre,
      double[] inertia,
      double friction,
      double[] limits) {
    /// A body with axes parallel to its parent's and without friction or limits.
    ///
    /// @param name the name of the joint
    /// @param parent the index of the parent
    /// @param axis the axis about which it turns
    /// @param place where the joint is in the parent's frame
    /// @param mass kg
    /// @param centre the centre of mass
    /// @param moments the three principal moments, kg m²
    /// @return the body
    public static Body turning(
        String name,
        int parent,
        double[] axis,
        double[] place,
        double mass,
        double[] centre,
        double[] moments) {
      double inf = Double.POSITIVE_INFINITY;
      return new Body(
          name,
          parent,
          Joint.REVOLUTE,
          axis,
          place,
          new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1},
          mass,
          centre,
          new double[] {moments[0], 0, 0, 0, moments[1], 0, 0, 0, moments[2]},
          0,
          new double[] {-inf, inf, inf, inf});
    }
  }

  /// Checks the order and that every moving part has mass.
  public RigidBodies {
    bodies = List.copyOf(bodies);
    for (int i = 0; i < bodies.size(); i++) {
      if (bodies.get(i).parent >= i || bodies.get(i).parent < -1) {
        throw new IllegalArgumentException(
            "RigidBodies '%s': body '%s' must come after its parent, got parent %d at %d."
                .formatted(name, bodies.get(i).name, bodies.get(i).parent, i));
      }
    }
    for (int i = 0; i < bodies.size(); i++) {
      if (bodies.get(i).joint != Joint.FIXED && carried(bodies, i) <= 0) {
        throw new IllegalArgumentException(
            "RigidBodies '%s': joint '%s' moves nothing that has mass; give its link an inertia, or make the joint fixed."
                .formatted(name, bodies.get(i).name));
      }
    }
    if (bodies.stream().allMatch(body -> body.joint == Joint.FIXED)) {
      throw new IllegalArgumentException(
          "RigidBodies '%s': there is no joint that moves.".formatted(name));
    }
  }

  private static double carried(List<Body> bodies, int from) {
    double mass = bodies.get(from).mass;
    for (int i = from + 1; i < bodies.size(); i++) {
      if (bodies.get(i).parent == from) {
        mass += carried(bodies, i);
      }
    }
    return mass;
  }

  /// Seven axes z, y, z, y, z, y, z, 1.3 m long and 19.6 kg: a small industrial arm.
  ///
  /// @return the arm
  public static RigidBodies sevenAxisArm() {
    var bodies = new ArrayList<Body>();
    for (int i = 0; i < 7; i++) {
      double mass = 4 - 0.4 * i;
      double moment = mass * 0.04 / 12 + 0.001;
      bodies.add(
          Body.turning(
              "joint " + (i + 1),
              i - 1,
              i % 2 == 0 ? new double[] {0, 0, 1} : new double[] {0, 1, 0},
              new double[] {0, 0, i == 0 ? 0.1 : 0.2},
              mass,
              new double[] {0, 0, 0.1},
              new double[] {moment, moment, 0.005}));
    }
    return new RigidBodies("seven-axis arm", bodies, 9.81);
  }

  private List<Body> moving() {
    return bodies.stream().filter(body -> body.joint != Joint.FIXED).toList();
  }

  @Override
  public List<Quantity> states() {
    var all = new ArrayList<Quantity>();
    for (Body body : moving()) {
      all.add(new Quantity(body.name, body.joint == Joint.REVOLUTE ? "rad" : "m"));
    }
    for (Body body : moving()) {
      all.add(
          new Quantity(body.name + " velocity", body.joint == Joint.REVOLUTE ? "rad/s" : "m/s"));
    }
    return all;
  }

  @Override
  public List<Quantity> controls() {
    return moving().stream()
        .map(
            body ->
                body.joint == Joint.REVOLUTE
                    ? new Quantity(body.name + " torque", "N m")
                    : new Quantity(body.name + " force", "N"))
        .toList();
  }

  @Override
  public Value rate(Instant at) {
    var motion = new Spatial(at, bodies);
    int n = motion.joints();
    Value[] bias = motion.bias(gravity);
    Value[] right = new Value[n];
    List<Body> moving = moving();
    for (int i = 0; i < n; i++) {
      right[i] = at.u(i).minus(bias[i]);
      if (moving.get(i).friction != 0) {
        right[i] = right[i].minus(at.x(n + i).times(moving.get(i).friction));
      }
    }
    Value acceleration = LinearSystem.solve(motion.massMatrix(), Instant.vector(right));
    return Functions.concat(at.state().slice(n, 2 * n), acceleration);
  }

  @Override
  public Value energy(Instant at) {
    return new Spatial(at, bodies).energy(gravity);
  }

  /// Where a body's frame is.
  ///
  /// @param at the state
  /// @param body its index
  /// @return x, y, z in the world, m
  public Value[] position(Instant at, int body) {
    return new Spatial(at, bodies).position(body);
  }

  /// Seen from the side: x and a third of y to the right, z and a fifth of y up.
  @Override
  public Drawing draw(double[] x) {
    var pen = new Drawing.Pen();
    double[][][] frames = new double[bodies.size()][][];
    int joint = 0;
    double size = 0;
    for (Body body : bodies) {
      size += Math.hypot(body.place[0], Math.hypot(body.place[1], body.place[2]));
    }
    for (int i = 0; i < frames.length; i++) {
      Body body = bodies.get(i);
      double[][] parent =
          body.parent < 0
              ? new double[][] {{0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}
              : frames[body.parent];
      double q = body.joint == Joint.FIXED ? 0 : x[joint++];
      frames[i] = Spatial.frame(body, parent, q);
      pen.line(0.03 * size, seen(parent[0], frames[i][0]));
      double[] tip = Spatial.point(frames[i], body.centre);
      pen.line(0.03 * size, seen(frames[i][0], tip));
      double[] at = seen(frames[i][0], tip);
      pen.disc(at[0], at[1], 0.025 * size);
    }
    return pen.drawing();
  }

  private static double[] seen(double[] a, double[] b) {
    return new double[] {a[0] + a[1] / 3, a[2] + a[1] / 5, b[0] + b[1] / 3, b[2] + b[1] / 5};
  }
}
