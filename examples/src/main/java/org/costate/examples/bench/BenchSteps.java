package org.costate.examples.bench;

import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.layerNorm;
import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.tanh;

import org.costate.graph.Initializer;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// The steps that are timed and are in no library: a cell written by a user, and two robots.
public final class BenchSteps {
  private BenchSteps() {}

  /// A minimal gated unit (Zhou et al. 2016) with layer normalisation of its candidate, as a user
  /// would write it.
  ///
  ///     f = σ(W_f x + U_f h + b_f)     c = tanh(LN(W_c x + U_c (f ⊙ h) + b_c))     h′ = h + f ⊙ (c − h)
  ///
  /// @param inputs the size of x
  /// @param hidden the size of h
  /// @return the step, with output `h`
  public static StepGraph minimalGatedUnit(int inputs, int hidden) {
    return StepGraph.define(
        "MinimalGatedUnit",
        s -> {
          Value x = s.input("x", inputs);
          Value h = s.carry("h", hidden);
          Value forget = sigmoid(affine(s, "f", x, h));
          Value gain = s.shared("gain", Initializer.ones(), hidden);
          Value bias = s.shared("bias", Initializer.zeros(), hidden);
          Value sum = affine(s, "c", x, forget.hadamard(h));
          Value candidate = tanh(layerNorm(sum, gain, bias, 1e-5));
          Value next = h.plus(forget.hadamard(candidate.minus(h)));
          s.next(h, next);
          s.output("h", next);
        });
  }

  private static Value affine(StepBuilder s, String name, Value x, Value h) {
    int hidden = h.shape().size();
    Value w = s.shared("W_" + name, Initializer.glorotUniform(), hidden, x.shape().size());
    Value u = s.shared("U_" + name, Initializer.orthogonal(), hidden, hidden);
    return w.times(x).plus(u.times(h)).plus(s.shared("b_" + name, Initializer.zeros(), hidden));
  }

  /// A cart-pole under a force, by the classical Runge–Kutta method, with a quadratic stage cost.
  /// State `x` = (position m, angle from upright rad, velocity m/s, angular velocity rad/s); input
  /// `u` (N); output `cost`.
  ///
  /// @param seconds the time step
  /// @return the step
  public static StepGraph cartPole(double seconds) {
    return StepGraph.define(
        "CartPole",
        s -> {
          Value x = s.carry("x", 4);
          Value u = s.input("u");
          Value k1 = cartPoleRate(x, u);
          Value k2 = cartPoleRate(x.plus(k1.times(seconds / 2)), u);
          Value k3 = cartPoleRate(x.plus(k2.times(seconds / 2)), u);
          Value k4 = cartPoleRate(x.plus(k3.times(seconds)), u);
          s.next(x, x.plus(k1.plus(k2.times(2)).plus(k3.times(2)).plus(k4).times(seconds / 6)));
          Value upright = cos(x.at(1)).negate().plus(1);
          s.output(
              "cost",
              upright
                  .times(10)
                  .plus(x.at(0).hadamard(x.at(0)))
                  .plus(x.at(2).hadamard(x.at(2)).times(0.1))
                  .plus(x.at(3).hadamard(x.at(3)).times(0.1))
                  .plus(u.hadamard(u).times(0.01)));
        });
  }

  /// (m_c + m_p) p̈ + m_p l (θ̈ cos θ − θ̇² sin θ) = u, l θ̈ + p̈ cos θ = g sin θ.
  private static Value cartPoleRate(Value x, Value u) {
    double cart = 1;
    double pole = 0.1;
    double length = 0.5;
    double gravity = 9.81;
    Value sine = sin(x.at(1));
    Value cosine = cos(x.at(1));
    Value swing = x.at(3).hadamard(x.at(3)).hadamard(sine).times(pole * length);
    Value denominator = sine.hadamard(sine).times(pole).plus(cart);
    Value acceleration =
        u.plus(swing).minus(sine.hadamard(cosine).times(pole * gravity)).over(denominator);
    Value angular = sine.times(gravity).minus(acceleration.hadamard(cosine)).times(1 / length);
    return concat(
        x.at(2).reshape(1), x.at(3).reshape(1), acceleration.reshape(1), angular.reshape(1));
  }

  /// An arm of revolute joints whose axes alternate between z and ±x, moved by torques:
  /// articulated-body recursion (Featherstone 2008, table 7.1) with spatial vectors, angular part
  /// first, and semi-implicit Euler. States `q` (rad) and `v` (rad/s), input `torque` (N m), output
  /// `cost`.
  ///
  /// @param joints the number of joints
  /// @param seconds the time step
  /// @return the step
  public static StepGraph arm(int joints, double seconds) {
    return StepGraph.define(
        "Arm" + joints,
        s -> {
          Value q = s.carry("q", joints);
          Value v = s.carry("v", joints);
          Value torque = s.input("torque", joints);
          Value next = v.plus(acceleration(s, q, v, torque).times(seconds));
          s.next(v, next);
          s.next(q, q.plus(next.times(seconds)));
          s.output(
              "cost",
              q.hadamard(q)
                  .sum(-1)
                  .plus(v.hadamard(v).sum(-1).times(0.1))
                  .plus(torque.hadamard(torque).sum(-1).times(0.001)));
        });
  }

  private static Value acceleration(StepBuilder s, Value q, Value v, Value torque) {
    int joints = q.shape().size();
    Value[] transform = new Value[joints];
    Value[] velocity = new Value[joints];
    Value[] bias = new Value[joints];
    Value[] inertia = new Value[joints];
    Value[] force = new Value[joints];
    Value axis = s.constant(new double[] {0, 0, 1, 0, 0, 0});
    for (int i = 0; i < joints; i++) {
      transform[i] = transform(s, q.at(i), i == 0 ? 0 : i % 2 == 0 ? 1 : -1, i == 0 ? 0.1 : 0.25);
      Value joint = axis.times(v.at(i));
      velocity[i] = i == 0 ? joint : transform[i].times(velocity[i - 1]).plus(joint);
      bias[i] = crossMotion(velocity[i], joint);
      inertia[i] = inertia(s, 3.0 - 0.3 * i, 0.12);
      force[i] = crossForce(velocity[i], inertia[i].times(velocity[i]));
    }
    Value[] column = new Value[joints];
    Value[] inverse = new Value[joints];
    Value[] rest = new Value[joints];
    for (int i = joints - 1; i >= 0; i--) {
      column[i] = inertia[i].times(axis);
      inverse[i] = column[i].at(2).reciprocal();
      rest[i] = torque.at(i).minus(force[i].at(2));
      if (i > 0) {
        Value scaled = column[i].times(inverse[i]);
        Value articulated = inertia[i].minus(column[i].outer(scaled));
        Value carried = force[i].plus(articulated.times(bias[i])).plus(scaled.times(rest[i]));
        Value back = transform[i].transpose();
        inertia[i - 1] = inertia[i - 1].plus(back.times(articulated.times(transform[i])));
        force[i - 1] = force[i - 1].plus(back.times(carried));
      }
    }
    Value[] result = new Value[joints];
    Value before = s.constant(new double[] {0, 0, 0, 0, 0, 9.81});
    for (int i = 0; i < joints; i++) {
      Value free = transform[i].times(before).plus(bias[i]);
      Value own = rest[i].minus(column[i].hadamard(free).sum(-1)).hadamard(inverse[i]);
      before = free.plus(axis.times(own));
      result[i] = own.reshape(1);
    }
    return concat(result);
  }

  /// From the parent's frame to the link's: a step along the parent's z, a quarter turn about x,
  /// and the joint's angle about z.
  private static Value transform(StepBuilder s, Value angle, int turn, double along) {
    Value c = cos(angle);
    Value d = sin(angle);
    Value zero = s.constant(0);
    Value one = s.constant(1);
    Value quarter = s.constant(turn);
    // E = Rz(angle)ᵀ Rx(turn · 90°)ᵀ
    Value[] e =
        turn == 0
            ? new Value[] {c, d, zero, d.negate(), c, zero, zero, zero, one}
            : new Value[] {
              c,
              zero,
              d.hadamard(quarter),
              d.negate(),
              zero,
              c.hadamard(quarter),
              zero,
              quarter.negate(),
              zero
            };
    // −E r× with r = (0, 0, along): r× = [[0, −a, 0], [a, 0, 0], [0, 0, 0]]
    Value[] all = new Value[36];
    for (int row = 0; row < 3; row++) {
      for (int col = 0; col < 3; col++) {
        all[row * 6 + col] = e[row * 3 + col];
        all[row * 6 + 3 + col] = zero;
        all[(row + 3) * 6 + 3 + col] = e[row * 3 + col];
      }
      all[(row + 3) * 6] = e[row * 3 + 1].times(-along);
      all[(row + 3) * 6 + 1] = e[row * 3].times(along);
      all[(row + 3) * 6 + 2] = zero;
    }
    return matrix(all);
  }

  private static Value matrix(Value[] all) {
    Value[] flat = new Value[all.length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = all[i].reshape(1);
    }
    return concat(flat).reshape(6, 6);
  }

  /// A rod of some mass (kg) whose centre is `centre` (m) along z.
  private static Value inertia(StepBuilder s, double mass, double centre) {
    double around = 0.02 + mass * centre * centre;
    double offset = mass * centre;
    double[] values = new double[36];
    values[0] = around;
    values[7] = around;
    values[14] = 0.01;
    values[21] = mass;
    values[28] = mass;
    values[35] = mass;
    // m c× with c = (0, 0, centre), and its transpose below
    values[4] = -offset;
    values[9] = offset;
    values[19] = offset;
    values[24] = -offset;
    return s.constant(values).reshape(6, 6);
  }

  private static Value cross(Value a, Value b) {
    Value x = a.at(1).hadamard(b.at(2)).minus(a.at(2).hadamard(b.at(1)));
    Value y = a.at(2).hadamard(b.at(0)).minus(a.at(0).hadamard(b.at(2)));
    Value z = a.at(0).hadamard(b.at(1)).minus(a.at(1).hadamard(b.at(0)));
    return concat(x.reshape(1), y.reshape(1), z.reshape(1));
  }

  private static Value crossMotion(Value a, Value b) {
    Value w = a.slice(0, 3);
    Value angular = b.slice(0, 3);
    return concat(cross(w, angular), cross(w, b.slice(3, 6)).plus(cross(a.slice(3, 6), angular)));
  }

  private static Value crossForce(Value a, Value f) {
    Value w = a.slice(0, 3);
    Value linear = f.slice(3, 6);
    return concat(cross(w, f.slice(0, 3)).plus(cross(a.slice(3, 6), linear)), cross(w, linear));
  }
}
