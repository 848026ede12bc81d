package org.costate.benchmarks;

import java.util.concurrent.TimeUnit;
import org.costate.control.CompiledProblem;
import org.costate.control.DiscretePlant;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.solve.Mpc;
import org.costate.control.system.CartPole;
import org.costate.control.system.PlanarArm;
import org.costate.control.system.RigidBodies;
import org.costate.control.system.Unicycle;
import org.costate.graph.Functions;
import org.costate.graph.Value;
import org.costate.internal.control.DdpSearch;
import org.costate.internal.control.Graphs;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Solvers of optimal control problems on one thread: whole solves from a cold start, one iteration
/// of DDP (the unicycle of Crocoddyl's tutorial), a Hessian–vector product beside value and
/// gradient, and a step of model predictive control.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class ControlSolvers {
  private static final int ITERATIONS_20 = 12;
  private static final int ITERATIONS_200 = 14;
  private static final int ITERATIONS_ARM = 52;

  private static final double[] BENT = {0, 0.5, 0, 1, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0};

  private CompiledProblem swingUp;
  private Trajectory swingUpGuess;
  private CompiledProblem penalty;
  private Trajectory penaltyGuess;
  private double[][] direction;
  private CompiledProblem arm;
  private Trajectory armGuess;
  private DdpSearch unicycle20;
  private DdpSearch unicycle200;
  private DdpSearch sevenAxes;
  private Trajectory standing;
  private Trajectory rest20;
  private Trajectory rest200;
  private Mpc controller;
  private double angle;

  /// Builds the problems.
  @Setup
  public void build() {
    double[] upright = {1, Math.PI, 0, 0};
    OptimalControlProblem cartPole =
        OptimalControlProblem.of(new CartPole())
            .horizon(100)
            .duration(2)
            .runningCost(at -> at.control().dot(at.control()));
    OptimalControlProblem bounded =
        cartPole.controlBounds(-20, 20).stateBounds("position", -2, 2).endingAt(upright);
    swingUp = CompiledProblem.of(bounded);
    swingUpGuess = Trajectory.straightLine(bounded, upright);
    penalty =
        CompiledProblem.of(
            cartPole.terminalCost(
                at -> {
                  var d = at.state().minus(at.graph().constant(upright));
                  return d.dot(d).times(1000);
                }));
    penaltyGuess = Trajectory.standing(cartPole, 0.1);
    direction = Trajectory.standing(cartPole, 1).controls();
    double[] out = {Math.PI / 2, Math.PI / 2, 0, 0};
    OptimalControlProblem reach =
        OptimalControlProblem.of(PlanarArm.rods(2, 1, 0.5))
            .horizon(100)
            .duration(1)
            .runningCost(at -> at.control().dot(at.control()))
            .endingAt(out);
    arm = CompiledProblem.of(reach);
    armGuess = Trajectory.straightLine(reach, out);
    unicycle20 = new DdpSearch(CompiledProblem.of(unicycle(20)), Graphs.Curvature.COST);
    unicycle200 = new DdpSearch(CompiledProblem.of(unicycle(200)), Graphs.Curvature.COST);
    sevenAxes = new DdpSearch(CompiledProblem.of(sevenAxisArm()), Graphs.Curvature.COST);
    standing = Trajectory.standing(sevenAxisArm());
    rest20 = Trajectory.standing(unicycle(20));
    rest200 = Trajectory.standing(unicycle(200));
    count(unicycleTwenty(), ITERATIONS_20);
    count(unicycleTwoHundred(), ITERATIONS_200);
    count(sevenAxes(), ITERATIONS_ARM);
    controller = new Mpc(balance(), 20);
  }

  private static void count(DdpSearch.Found found, int expected) {
    if (found.log().size() != expected) {
      throw new IllegalStateException(
          "DDP took %d iterations, not %d; correct the constant."
              .formatted(found.log().size(), expected));
    }
  }

  private static OptimalControlProblem unicycle(int horizon) {
    return OptimalControlProblem.of(new Unicycle())
        .integrator(new Integrator.ExplicitEuler())
        .horizon(horizon)
        .duration(0.1 * horizon)
        .startingAt(-1, -1, 1)
        .stageCost(
            at ->
                at.state()
                    .dot(at.state())
                    .times(50)
                    .plus(at.control().dot(at.control()).times(0.5)))
        .terminalCost(at -> at.state().dot(at.state()).times(50));
  }

  /// Semi-implicit Euler, 100 steps of 10 ms.
  private static OptimalControlProblem sevenAxisArm() {
    RigidBodies bodies = RigidBodies.sevenAxisArm();
    var plant =
        new DiscretePlant(
            bodies.name(),
            bodies.states(),
            bodies.controls(),
            at -> {
              Value acceleration = bodies.rate(at).slice(7, 14);
              Value velocity = at.state().slice(7, 14).plus(acceleration.times(0.01));
              return Functions.concat(at.state().slice(0, 7).plus(velocity.times(0.01)), velocity);
            });
    double[] target = {0.4, 0.8, 0.3, 0.6, 0.2, 0.2, 0.4, 0, 0, 0, 0, 0, 0, 0};
    return OptimalControlProblem.of(plant)
        .horizon(100)
        .startingAt(BENT)
        .stageCost(
            at -> {
              Value away = at.state().minus(at.graph().constant(target));
              Value effort = at.control().dot(at.control()).times(0.001);
              return away.dot(away).times(0.1).plus(effort).times(0.5 * 0.01);
            })
        .terminalCost(
            at -> {
              Value away = at.state().minus(at.graph().constant(target));
              return away.dot(away).times(50);
            });
  }

  private static OptimalControlProblem balance() {
    return OptimalControlProblem.of(new CartPole())
        .horizon(30)
        .duration(0.6)
        .controlBounds(-20, 20)
        .stageCost(
            at -> {
              var d = at.state().minus(at.graph().constant(0, Math.PI, 0, 0));
              return d.dot(d).plus(at.control().dot(at.control()).times(0.001));
            })
        .terminalCost(
            at -> {
              var d = at.state().minus(at.graph().constant(0, Math.PI, 0, 0));
              return d.dot(d).times(100);
            });
  }

  /// Kelly's cart-pole swing-up, interior point, from the straight line between the states.
  ///
  /// @return the solution
  @Benchmark
  public Solution swingUp() {
    return new InteriorPoint().solve(swingUp, swingUpGuess);
  }

  /// The two-link arm, interior point.
  ///
  /// @return the solution
  @Benchmark
  public Solution reachArm() {
    return new InteriorPoint().solve(arm, armGuess);
  }

  /// One iteration of iLQR, N = 20.
  ///
  /// @return what was found
  @Benchmark
  @OperationsPerInvocation(ITERATIONS_20)
  public DdpSearch.Found unicycleTwenty() {
    return unicycle20.search(rest20, new double[] {-1, -1, 1}, true, 1e-8, 100);
  }

  /// One iteration of iLQR, N = 200.
  ///
  /// @return what was found
  @Benchmark
  @OperationsPerInvocation(ITERATIONS_200)
  public DdpSearch.Found unicycleTwoHundred() {
    return unicycle200.search(rest200, new double[] {-1, -1, 1}, true, 1e-8, 100);
  }

  /// One iteration of iLQR on a seven-axis arm, 100 steps.
  ///
  /// @return what was found
  @Benchmark
  @OperationsPerInvocation(ITERATIONS_ARM)
  public DdpSearch.Found sevenAxes() {
    return sevenAxes.search(standing, BENT, true, 1e-8, 100);
  }

  /// The cost of 100 steps of the cart-pole.
  ///
  /// @return J
  @Benchmark
  public CompiledProblem.Simulated value() {
    return penalty.rollout(penaltyGuess);
  }

  /// The cost and its gradient.
  ///
  /// @return J and ∂J/∂u
  @Benchmark
  public CompiledProblem.Gradient gradient() {
    return penalty.gradient(penaltyGuess);
  }

  /// The product of the Hessian with a direction.
  ///
  /// @return H v
  @Benchmark
  public double[][] hessianVector() {
    return penalty.hessianVector(penaltyGuess, direction);
  }

  /// A step of a receding horizon of 30 steps, from states that wander.
  ///
  /// @return the control
  @Benchmark
  public double[] mpcStep() {
    angle += 0.1;
    return controller.step(0.02 * Math.sin(angle), Math.PI + 0.05 * Math.sin(1.7 * angle), 0, 0);
  }
}
