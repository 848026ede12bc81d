package org.costate.internal.control;

import java.util.List;
import org.costate.control.Instant;
import org.costate.control.system.RigidBodies.Body;
import org.costate.control.system.RigidBodies.Joint;
import org.costate.graph.Functions;
import org.costate.graph.Value;

/// The motion of a tree of rigid bodies, as values of a graph, in world coordinates: every spatial
/// vector is a pair (angular, linear) about the world's origin.
public final class Spatial {
  private final Instant at;
  private final List<Body> bodies;
  private final int joints;
  private final Value zero;
  private final Value[][] rotation;
  private final Value[][] place;
  private final Value[][] angular;
  private final Value[][] linear;
  private final int[] joint;

  /// @param at the state: positions of the moving joints, then velocities
  /// @param bodies the bodies
  public Spatial(Instant at, List<Body> bodies) {
    this.at = at;
    this.bodies = bodies;
    int count = bodies.size();
    zero = at.constant(0);
    rotation = new Value[count][];
    place = new Value[count][];
    angular = new Value[count][];
    linear = new Value[count][];
    joint = new int[count];
    int next = 0;
    for (int i = 0; i < count; i++) {
      joint[i] = bodies.get(i).joint() == Joint.FIXED ? -1 : next++;
      position(i, bodies.get(i));
    }
    joints = next;
  }

  /// The number of moving joints.
  public int joints() {
    return joints;
  }

  private Value[] constants(double... numbers) {
    Value[] all = new Value[numbers.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = at.constant(numbers[i]);
    }
    return all;
  }

  private void position(int i, Body body) {
    boolean root = body.parent() < 0;
    Value[] parent = root ? constants(1, 0, 0, 0, 1, 0, 0, 0, 1) : rotation[body.parent()];
    Value[] from = root ? constants(0, 0, 0) : place[body.parent()];
    Value[] turned = product(parent, constants(body.turn()));
    place[i] = plus(from, apply(parent, constants(body.place())));
    rotation[i] = turned;
    if (body.joint() == Joint.FIXED) {
      return;
    }
    Value q = at.x(joint[i]);
    if (body.joint() == Joint.REVOLUTE) {
      rotation[i] = product(turned, rodrigues(body.axis(), q));
      Value[] axis = apply(turned, constants(body.axis()));
      angular[i] = axis;
      linear[i] = cross(place[i], axis);
    } else {
      Value[] axis = apply(turned, constants(body.axis()));
      place[i] = plus(place[i], scaled(axis, q));
      angular[i] = constants(0, 0, 0);
      linear[i] = axis;
    }
  }

  /// cos q · 1 + sin q · a× + (1 − cos q) a aᵀ.
  private Value[] rodrigues(double[] a, Value q) {
    Value c = Functions.cos(q);
    Value s = Functions.sin(q);
    double[] skew = {0, -a[2], a[1], a[2], 0, -a[0], -a[1], a[0], 0};
    Value[] all = new Value[9];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double outer = a[i] * a[j];
        all[3 * i + j] =
            c.times((i == j ? 1 : 0) - outer).plus(s.times(skew[3 * i + j])).plus(outer);
      }
    }
    return all;
  }

  /// Where a body's frame is.
  public Value[] position(int body) {
    return place[body].clone();
  }

  private record Inertia(Value mass, Value[] moment, Value[] tensor) {}

  /// A body's mass, first moment and inertia about the world's origin.
  private Inertia inertia(int i) {
    Body body = bodies.get(i);
    Value[] r = rotation[i];
    Value[] centre = plus(place[i], apply(r, constants(body.centre())));
    Value mass = at.constant(body.mass());
    Value[] tensor = product(product(r, constants(body.inertia())), transposed(r));
    Value square = dot(centre, centre);
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        Value outer = centre[a].hadamard(centre[b]).negate();
        Value whole = a == b ? square.plus(outer) : outer;
        tensor[3 * a + b] = tensor[3 * a + b].plus(whole.times(body.mass()));
      }
    }
    return new Inertia(mass, scaled(centre, mass), tensor);
  }

  /// Momentum (angular, linear) of a motion.
  private Value[][] momentum(Inertia inertia, Value[] omega, Value[] v) {
    Value[] p = plus(scaled(v, inertia.mass), cross(omega, inertia.moment));
    Value[] h = plus(apply(inertia.tensor, omega), cross(inertia.moment, v));
    return new Value[][] {h, p};
  }

  /// M: the composite rigid body algorithm.
  public Value[][] massMatrix() {
    int count = bodies.size();
    Inertia[] composite = new Inertia[count];
    for (int i = count - 1; i >= 0; i--) {
      Inertia own = inertia(i);
      for (int child = i + 1; child < count; child++) {
        if (bodies.get(child).parent() == i) {
          Inertia other = composite[child];
          own =
              new Inertia(
                  own.mass.plus(other.mass),
                  plus(own.moment, other.moment),
                  plus(own.tensor, other.tensor));
        }
      }
      composite[i] = own;
    }
    Value[][] matrix = new Value[joints][joints];
    for (Value[] row : matrix) {
      java.util.Arrays.fill(row, zero);
    }
    for (int i = 0; i < count; i++) {
      if (joint[i] < 0) {
        continue;
      }
      Value[][] force = momentum(composite[i], angular[i], linear[i]);
      for (int j = i; j >= 0; j = bodies.get(j).parent()) {
        if (joint[j] >= 0) {
          Value entry = dot(angular[j], force[0]).plus(dot(linear[j], force[1]));
          matrix[joint[i]][joint[j]] = entry;
          matrix[joint[j]][joint[i]] = entry;
        }
      }
    }
    return matrix;
  }

  /// The forces of the joints that keep q̈ = 0: recursive Newton–Euler.
  public Value[] bias(double gravity) {
    int count = bodies.size();
    Value[][][] velocity = velocities();
    Value[][][] acceleration = new Value[count][2][];
    Value[][][] force = new Value[count][][];
    for (int i = 0; i < count; i++) {
      int parent = bodies.get(i).parent();
      Value[] alpha = parent < 0 ? constants(0, 0, 0) : acceleration[parent][0];
      Value[] a = parent < 0 ? constants(0, 0, gravity) : acceleration[parent][1];
      Value[] omega = velocity[i][0];
      Value[] v = velocity[i][1];
      if (joint[i] >= 0) {
        Value speed = at.x(joints + joint[i]);
        Value[] own = scaled(angular[i], speed);
        alpha = plus(alpha, cross(omega, own));
        a = plus(a, plus(cross(v, own), cross(omega, scaled(linear[i], speed))));
      }
      acceleration[i] = new Value[][] {alpha, a};
      Inertia inertia = inertia(i);
      Value[][] rate = momentum(inertia, alpha, a);
      Value[][] moving = momentum(inertia, omega, v);
      force[i] =
          new Value[][] {
            plus(rate[0], plus(cross(omega, moving[0]), cross(v, moving[1]))),
            plus(rate[1], cross(omega, moving[1]))
          };
    }
    Value[] bias = new Value[joints];
    for (int i = count - 1; i >= 0; i--) {
      if (joint[i] >= 0) {
        bias[joint[i]] = dot(angular[i], force[i][0]).plus(dot(linear[i], force[i][1]));
      }
      int parent = bodies.get(i).parent();
      if (parent >= 0) {
        force[parent] =
            new Value[][] {
              plus(force[parent][0], force[i][0]), plus(force[parent][1], force[i][1])
            };
      }
    }
    return bias;
  }

  private Value[][][] velocities() {
    Value[][][] velocity = new Value[bodies.size()][2][];
    for (int i = 0; i < velocity.length; i++) {
      int parent = bodies.get(i).parent();
      velocity[i][0] = parent < 0 ? constants(0, 0, 0) : velocity[parent][0];
      velocity[i][1] = parent < 0 ? constants(0, 0, 0) : velocity[parent][1];
      if (joint[i] >= 0) {
        Value speed = at.x(joints + joint[i]);
        velocity[i][0] = plus(velocity[i][0], scaled(angular[i], speed));
        velocity[i][1] = plus(velocity[i][1], scaled(linear[i], speed));
      }
    }
    return velocity;
  }

  /// Kinetic and potential energy.
  public Value energy(double gravity) {
    Value[][][] velocity = velocities();
    Value sum = zero;
    for (int i = 0; i < velocity.length; i++) {
      Inertia inertia = inertia(i);
      Value[][] h = momentum(inertia, velocity[i][0], velocity[i][1]);
      Value kinetic = dot(velocity[i][0], h[0]).plus(dot(velocity[i][1], h[1])).times(0.5);
      sum = sum.plus(kinetic).plus(inertia.moment[2].times(gravity));
    }
    return sum;
  }

  // ---- vectors of three, matrices of nine

  private static Value[] plus(Value[] a, Value[] b) {
    Value[] sum = new Value[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = a[i].plus(b[i]);
    }
    return sum;
  }

  private static Value[] scaled(Value[] a, Value factor) {
    Value[] all = new Value[a.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = a[i].hadamard(factor);
    }
    return all;
  }

  private static Value dot(Value[] a, Value[] b) {
    return a[0].hadamard(b[0]).plus(a[1].hadamard(b[1])).plus(a[2].hadamard(b[2]));
  }

  private static Value[] cross(Value[] a, Value[] b) {
    return new Value[] {
      a[1].hadamard(b[2]).minus(a[2].hadamard(b[1])),
      a[2].hadamard(b[0]).minus(a[0].hadamard(b[2])),
      a[0].hadamard(b[1]).minus(a[1].hadamard(b[0]))
    };
  }

  private static Value[] apply(Value[] matrix, Value[] x) {
    Value[] y = new Value[3];
    for (int i = 0; i < 3; i++) {
      y[i] = dot(new Value[] {matrix[3 * i], matrix[3 * i + 1], matrix[3 * i + 2]}, x);
    }
    return y;
  }

  private static Value[] product(Value[] a, Value[] b) {
    Value[] c = new Value[9];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        c[3 * i + j] =
            dot(
                new Value[] {a[3 * i], a[3 * i + 1], a[3 * i + 2]},
                new Value[] {b[j], b[3 + j], b[6 + j]});
      }
    }
    return c;
  }

  private static Value[] transposed(Value[] a) {
    return new Value[] {a[0], a[3], a[6], a[1], a[4], a[7], a[2], a[5], a[8]};
  }

  // ---- numbers, for drawings

  /// The frame (place, rotation) of a body at a position of its joint.
  public static double[][] frame(Body body, double[][] parent, double q) {
    double[] place = point(parent, body.place());
    double[] turned = product(parent[1], body.turn());
    if (body.joint() == Joint.PRISMATIC) {
      double[] along = point(new double[][] {{0, 0, 0}, turned}, body.axis());
      for (int i = 0; i < 3; i++) {
        place[i] += q * along[i];
      }
    } else if (body.joint() == Joint.REVOLUTE) {
      double[] a = body.axis();
      double c = Math.cos(q);
      double s = Math.sin(q);
      double[] skew = {0, -a[2], a[1], a[2], 0, -a[0], -a[1], a[0], 0};
      double[] own = new double[9];
      for (int i = 0; i < 9; i++) {
        double outer = a[i / 3] * a[i % 3];
        own[i] = c * ((i % 4 == 0 ? 1 : 0) - outer) + s * skew[i] + outer;
      }
      turned = product(turned, own);
    }
    return new double[][] {place, turned};
  }

  /// A point of a body in the world.
  public static double[] point(double[][] frame, double[] x) {
    double[] y = frame[0].clone();
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        y[i] += frame[1][3 * i + j] * x[j];
      }
    }
    return y;
  }

  private static double[] product(double[] a, double[] b) {
    double[] c = new double[9];
    for (int i = 0; i < 9; i++) {
      for (int k = 0; k < 3; k++) {
        c[i] += a[i / 3 * 3 + k] * b[3 * k + i % 3];
      }
    }
    return c;
  }
}
