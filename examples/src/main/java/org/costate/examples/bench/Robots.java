package org.costate.examples.bench;

import java.util.Arrays;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.random.RandomStream;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;

/// The cost of a robot's trajectory and its gradient with respect to all controls, timed.
public final class Robots {
  private final String name;
  private final Unroll unroll;
  private final Parameters none;
  private final Sequences controls;

  private Robots(String name, StepGraph step, String input, Shape shape, int horizon) {
    this.name = name + "-T" + horizon;
    this.unroll = Unroll.of(step);
    this.none = Parameters.initialise(unroll.layout(), 1);
    RandomStream random = RandomStream.of(1, "benchmark");
    double[][] u = new double[horizon][shape.size()];
    for (double[] row : u) {
      Arrays.setAll(row, _ -> random.nextGaussian());
    }
    this.controls = Sequences.of(1, horizon).with(input, new Series(shape, 1, u));
  }

  /// A cart-pole, Runge–Kutta.
  ///
  /// @param horizon T
  /// @return the problem
  public static Robots cartPole(int horizon) {
    return new Robots("cartpole-rk4", BenchSteps.cartPole(0.02), "u", Shape.SCALAR, horizon);
  }

  /// An arm with seven joints.
  ///
  /// @param horizon T
  /// @return the problem
  public static Robots arm(int horizon) {
    return new Robots("arm7", BenchSteps.arm(7, 0.005), "torque", Shape.of(7), horizon);
  }

  /// The cost.
  ///
  /// @return the trajectory
  public Rollout value() {
    return unroll.evaluate(none, unroll.zeroState(1), controls);
  }

  /// The cost and its gradient.
  ///
  /// @return the gradient
  public Cotangents valueAndGradient() {
    return unroll.forward(none, unroll.zeroState(1), controls).backward(Seeds.of("cost", 1));
  }

  /// The name of the row, for example `cartpole-rk4-T100`.
  ///
  /// @return the name
  public String name() {
    return name;
  }
}
