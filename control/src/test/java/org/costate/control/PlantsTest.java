package org.costate.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.costate.graph.Functions.square;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.costate.control.plot.ControlFigures;
import org.costate.control.plot.RobotAnimation;
import org.costate.control.solve.Ddp;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.solve.Stability;
import org.costate.control.solve.Verification;
import org.costate.control.system.CartPole;
import org.costate.control.system.DoubleIntegrator;
import org.costate.control.system.Pendulum;
import org.costate.graph.ForeignFunction;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.unroll.Layout;
import org.costate.unroll.Parameters;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Sweep;
import org.junit.jupiter.api.Test;

/// Plants that are no formulas, checks of solutions, and pictures.
class PlantsTest {
  /// The double integrator as somebody else's simulator.
  private static final class Simulator implements ForeignFunction {
    private final boolean ownPullback;

    Simulator(boolean ownPullback) {
      this.ownPullback = ownPullback;
    }

    @Override
    public String name() {
      return "simulator";
    }

    @Override
    public Shape resultShape(List<Shape> operands) {
      return Shape.of(2);
    }

    @Override
    public void forward(double[][] operands, double[] result) {
      double[] x = operands[0];
      double u = operands[1][0];
      result[0] = x[0] + 0.1 * x[1] + 0.005 * u;
      result[1] = x[1] + 0.1 * u;
    }

    @Override
    public void pullback(double[][] operands, double[] bar, int which, double[] operandBar) {
      if (!ownPullback) {
        ForeignFunction.byDifferences(this, operands, bar, which, operandBar);
      } else if (which == 0) {
        operandBar[0] = bar[0];
        operandBar[1] = 0.1 * bar[0] + bar[1];
      } else {
        operandBar[0] = 0.005 * bar[0] + 0.1 * bar[1];
      }
    }
  }

  @Test
  void aBlackBoxIsAPlant() {
    for (boolean ownPullback : new boolean[] {true, false}) {
      var plant =
          new DiscretePlant(
              "simulator",
              Dynamics.named("x", "v"),
              Dynamics.named("u"),
              at -> at.graph().foreign(new Simulator(ownPullback), at.state(), at.control()));
      OptimalControlProblem problem =
          OptimalControlProblem.of(plant)
              .horizon(50)
              .startingAt(1, 0)
              .stageCost(
                  at -> at.state().dot(at.state()).plus(at.control().dot(at.control()).times(0.1)))
              .terminalCost(at -> at.state().dot(at.state()).times(10));
      Solution solution = Ddp.ilqr().solve(problem);
      assertThat(solution.outcome().converged()).isTrue();
      assertThat(solution.cost()).isCloseTo(13.31743275051076, within(1e-8));
      assertThatThrownBy(() -> new Ddp().solve(problem)).hasMessageContaining("simulator");
    }
  }

  @Test
  void aNetworkIsAPlant() {
    StepGraph step =
        StepGraph.define(
            "net",
            s -> {
              var h = s.carry("h", 3);
              var u = s.input("u", 2);
              var w = s.shared("W", Initializer.glorotUniform(), 3, 3);
              var v = s.shared("V", Initializer.glorotUniform(), 3, 2);
              s.next(h, org.costate.graph.Functions.tanh(w.times(h).plus(v.times(u))));
            });
    Layout layout = org.costate.unroll.Unroll.of(step).layout();
    Parameters theta = Parameters.initialise(layout, 3);
    OptimalControlProblem problem =
        OptimalControlProblem.of(DiscretePlant.of(step))
            .weights(theta)
            .horizon(10)
            .startingAt(0.5, -0.5, 0.2)
            .stageCost(at -> at.control().dot(at.control()).times(0.01))
            .terminalCost(
                at ->
                    at.state()
                        .minus(at.graph().constant(0.3, 0.1, -0.2))
                        .dot(at.state().minus(at.graph().constant(0.3, 0.1, -0.2))));
    assertThat(problem.plant().states()).extracting(Quantity::name).contains("h[2]");
    CompiledProblem compiled = CompiledProblem.of(problem);
    Solution newton = new Ddp().solve(compiled, Trajectory.standing(problem));
    Solution inner = new InteriorPoint().solve(compiled, Trajectory.standing(problem));
    assertThat(newton.outcome().converged()).isTrue();
    assertThat(newton.cost()).isCloseTo(inner.cost(), within(1e-9));
    CompiledProblem.Gradient gradient = compiled.gradient(newton.trajectory());
    double e = 1e-6;
    double[] moved = theta.values().clone();
    moved[4] += e;
    double up =
        CompiledProblem.of(problem.weights(new Parameters(layout, moved)))
            .rollout(newton.trajectory())
            .cost();
    moved[4] -= 2 * e;
    double down =
        CompiledProblem.of(problem.weights(new Parameters(layout, moved)))
            .rollout(newton.trajectory())
            .cost();
    assertThat(gradient.weights().values()[4]).isCloseTo((up - down) / (2 * e), within(1e-7));
  }

  @Test
  void gradientByParametersAndFinalTime() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(
                Dynamics.of(
                    "drag",
                    Dynamics.named("v"),
                    Dynamics.named("u"),
                    at -> at.control().minus(at.state().hadamard(at.parameters()))))
            .horizon(20)
            .parameter("drag", 0.5, 0, 2)
            .freeDuration(1.5, 0.1, 5)
            .startingAt(1)
            .runningCost(at -> square(at.x(0)))
            .terminalCost(at -> square(at.x(0)).times(3).plus(at.time()));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.standing(problem, 0.3);
    double[] gradient = compiled.gradient(guess).parameters();
    for (int i = 0; i < 2; i++) {
      double e = 1e-6;
      double[] plus = guess.parameters().clone();
      double[] minus = plus.clone();
      plus[i] += e;
      minus[i] -= e;
      double difference =
          (compiled.rollout(new Trajectory(guess.states(), guess.controls(), plus, 0)).cost()
                  - compiled
                      .rollout(new Trajectory(guess.states(), guess.controls(), minus, 0))
                      .cost())
              / (2 * e);
      assertThat(gradient[i]).isCloseTo(difference, within(1e-8));
    }
  }

  @Test
  void verificationSeesASolutionAndAWrongOne() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole())
            .horizon(200)
            .duration(2)
            .runningCost(at -> at.control().dot(at.control()))
            .terminalCost(
                at -> square(at.x(1).minus(Math.PI)).plus(square(at.x(3)).times(0.1)).times(100));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Solution solution =
        new InteriorPoint()
            .solve(compiled, Trajectory.straightLine(problem, new double[] {0, Math.PI, 0, 0}));
    Verification good = Verification.of(compiled, solution);
    assertThat(good.simulation()).isLessThan(1e-5);
    assertThat(good.cost()).isLessThan(1e-6);
    assertThat(good.controlSlope()).isLessThan(1e-6);
    assertThat(good.tape()).isLessThan(1e-6);
    assertThat(good.continuous()).isLessThan(1e-4);
    assertThat(good.differences()).isLessThan(1e-5);
    assertThat(good.table()).hasSize(9);
    solution.trajectory().controls()[50][0] += 1;
    solution.costates()[10][1] *= 1.1;
    Verification bad = Verification.of(compiled, solution);
    assertThat(bad.simulation()).isGreaterThan(1e-3);
    assertThat(bad.controlSlope()).isGreaterThan(1e-3);
    assertThat(bad.tape()).isGreaterThan(0.1);
  }

  @Test
  void constraintsAreSeenBetweenTheSteps() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new DoubleIntegrator())
            .horizon(7)
            .duration(1)
            .startingAt(0, 1)
            .endingAt(0, -1)
            .runningCost(at -> square(at.u(0)))
            .stateInequality("ceiling", at -> at.x(0).minus(0.12));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Solution solution = new InteriorPoint().solve(compiled, Trajectory.standing(problem));
    assertThat(solution.outcome().converged()).isTrue();
    Verification check = Verification.of(compiled, solution);
    assertThat(check.between()).isBetween(1e-5, 0.05);
    assertThat(check.betweenName()).isEqualTo("ceiling");
  }

  @Test
  void stabilityWarnsOfEulerAndNotOfRungeKutta() {
    for (Integrator method : List.of(new Integrator.ExplicitEuler(), new Integrator.Rk4())) {
      OptimalControlProblem problem =
          OptimalControlProblem.of(new Pendulum())
              .integrator(method)
              .horizon(100)
              .duration(5)
              .startingAt(0.1, 0)
              .terminalCost(at -> square(at.x(0)));
      CompiledProblem compiled = CompiledProblem.of(problem);
      CompiledProblem.Gradient gradient = compiled.gradient(Trajectory.standing(problem));
      Stability stability = Stability.of(compiled, gradient.trajectory());
      if (method instanceof Integrator.Rk4) {
        assertThat(stability.warning()).isEmpty();
      } else {
        assertThat(stability.worst()).isCloseTo(Math.sqrt(1 + 0.05 * 0.05 * 9.81), within(1e-3));
        assertThat(stability.warning().orElseThrow()).contains("exploding gradient");
      }
    }
  }

  @Test
  void longHorizonsWithCheckpoints() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole())
            .horizon(20_000)
            .duration(200)
            .startingAt(0, 0.5, 0, 0)
            .runningCost(at -> square(at.x(1)).times(0.01));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.standing(problem);
    CompiledProblem.Gradient all = compiled.gradient(guess);
    CompiledProblem.Gradient some =
        compiled.gradient(guess, new SavePolicy.Every(150), Sweep.full());
    assertThat(some.costates()[0]).containsExactly(all.costates()[0]);
    assertThat(some.cost()).isEqualTo(all.cost());
  }

  @Test
  void picturesAreDrawn() throws IOException {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new CartPole())
            .horizon(20)
            .duration(1)
            .runningCost(at -> square(at.u(0)))
            .endingAt(0.5, 0, 0, 0);
    Solution solution = new InteriorPoint().solve(problem);
    for (var figure :
        List.of(
            ControlFigures.states(solution),
            ControlFigures.controls(solution),
            ControlFigures.costates(solution),
            ControlFigures.gradientFlow(Map.of("a", solution.costates())),
            ControlFigures.hamiltonian(solution),
            ControlFigures.convergence(solution),
            ControlFigures.phasePortrait(solution, "angle", "angular velocity"))) {
      assertThat(figure.png()).hasSizeGreaterThan(5000);
    }
    var animation = new RobotAnimation(new CartPole(), solution.trajectory(), List.of());
    BufferedImage frame = ImageIO.read(new ByteArrayInputStream(animation.gif()));
    BufferedImage strip = animation.strip(5);
    assertThat(frame.getWidth()).isEqualTo(strip.getWidth());
    int dark = 0;
    for (int x = 0; x < strip.getWidth(); x++) {
      for (int y = 0; y < strip.getHeight(); y++) {
        dark += (strip.getRGB(x, y) & 0xff) < 200 ? 1 : 0;
      }
    }
    assertThat(dark).isBetween(500, strip.getWidth() * strip.getHeight() / 2);
  }
}
