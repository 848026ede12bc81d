package org.costate.control.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.costate.control.solve.ReferenceProblems.away;

import java.util.Arrays;
import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Sweep;
import org.junit.jupiter.api.Test;

/// DDP, first-order methods, Newton-CG, the augmented Lagrangian, LQR and MPC against reference
/// problems and each other.
class SolversTest {
  private static Trajectory straight(OptimalControlProblem problem, double... to) {
    return Trajectory.straightLine(problem, to);
  }

  private static void reaches(Solution solution, double optimum, double relative) {
    assertThat(solution.outcome().converged()).as(solution.outcome().advice()).isTrue();
    assertThat(solution.cost()).isCloseTo(optimum, within(relative * Math.abs(optimum)));
  }

  @Test
  void ddpSolvesLqrInOneIteration() {
    for (Ddp ddp : new Ddp[] {new Ddp(), Ddp.ilqr(), new Ddp().withMultipleShooting()}) {
      Solution solution = ddp.solve(ReferenceProblems.lqr());
      assertThat(solution.outcome()).isEqualTo(new Outcome.Converged(1));
      reaches(solution, 13.31743275051076, 1e-12);
      assertThat(solution.gains()[0])
          .containsExactly(new double[] {-2.585761282729334, -3.443}, within(1e-3));
    }
  }

  @Test
  void ddpReachesReferenceOptima() {
    reaches(new Ddp().solve(ReferenceProblems.crocoddylUnicycle(20)), 249.560897931, 1e-10);
    reaches(Ddp.ilqr().solve(ReferenceProblems.crocoddylUnicycle(200)), 250.104608347, 1e-10);
    reaches(
        new Ddp().solve(ReferenceProblems.vanDerPol(100, Double.NEGATIVE_INFINITY)),
        2.87562869,
        1e-8);
    OptimalControlProblem catalyst = ReferenceProblems.catalyst(100);
    reaches(new Ddp().solve(catalyst, Trajectory.standing(catalyst, 0.5)), -.0480556122, 2e-7);
    OptimalControlProblem cartPole = ReferenceProblems.penaltyCartPole(100);
    for (Ddp ddp : new Ddp[] {Ddp.ilqr(), new Ddp()}) {
      reaches(
          ddp.withMultipleShooting().solve(cartPole, straight(cartPole, 1, Math.PI, 0, 0)),
          58.829870062,
          1e-8);
    }
    OptimalControlProblem acrobot = ReferenceProblems.trajax();
    reaches(
        Ddp.ilqr().withMultipleShooting().solve(acrobot, straight(acrobot, Math.PI, Math.PI, 0, 0)),
        40.4240096447,
        1e-9);
  }

  /// Reference problem 25; most of the time goes into compiling its Jacobian.
  @Test
  void sevenAxisArm() {
    Solution solution =
        new Ddp(Curvature.GAUSS_NEWTON, false, 1e-8, 500).solve(ReferenceProblems.sevenAxisArm());
    reaches(solution, 1.92066376625, 1e-8);
    assertThat(solution.trajectory().controls()[0])
        .containsExactly(
            new double[] {
              9.0613317, -67.266315, 8.0951826, .47684454, 2.1890259, 7.7139005, .34619832
            },
            within(5e-3));
  }

  @Test
  void gradientFixtures() {
    OptimalControlProblem problem = ReferenceProblems.penaltyCartPole(100);
    double[][] u = new double[100][1];
    Arrays.setAll(u, k -> new double[] {0.5 * Math.sin(0.1 * k)});
    Trajectory guess = new Trajectory(new double[101][4], u, new double[0], 2);
    CompiledProblem compiled = CompiledProblem.of(problem);
    assertThat(compiled.gradient(guess).cost()).isCloseTo(11828.84379, within(1e-5));
    CompiledProblem acrobot = CompiledProblem.of(ReferenceProblems.trajax());
    assertThat(acrobot.rollout(Trajectory.standing(acrobot.problem())).cost())
        .isCloseTo(4959.476212, within(1e-6));
    for (int horizon : new int[] {20, 200}) {
      CompiledProblem unicycle = CompiledProblem.of(ReferenceProblems.crocoddylUnicycle(horizon));
      assertThat(unicycle.rollout(Trajectory.standing(unicycle.problem())).cost())
          .isCloseTo(horizon == 20 ? 3150 : 30150, within(1e-9));
    }
  }

  @Test
  void gradientAndHessianAgreeWithDifferences() {
    for (Integrator method :
        List.of(
            new Integrator.Rk4(),
            new Integrator.ImplicitEuler(),
            new Integrator.ImplicitMidpoint(),
            new Integrator.Trapezoid())) {
      derivativesAgree(ReferenceProblems.penaltyCartPole(20).integrator(method));
    }
  }

  private static void derivativesAgree(OptimalControlProblem problem) {
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory at = Trajectory.standing(problem);
    double[][] v = new double[20][1];
    for (int k = 0; k < 20; k++) {
      at.controls()[k][0] = Math.sin(k);
      v[k][0] = Math.cos(2 * k);
    }
    CompiledProblem.Gradient gradient = compiled.gradient(at);
    double[][] product = compiled.hessianVector(at, v);
    double e = 1e-5;
    CompiledProblem.Gradient plus = compiled.gradient(moved(at, e, v));
    CompiledProblem.Gradient minus = compiled.gradient(moved(at, -e, v));
    double slope = 0;
    for (int k = 0; k < 20; k++) {
      slope += gradient.controls()[k][0] * v[k][0];
      double second = (plus.controls()[k][0] - minus.controls()[k][0]) / (2 * e);
      assertThat(product[k][0]).isCloseTo(second, within(1e-5 * (1 + Math.abs(second))));
    }
    assertThat(slope)
        .isCloseTo((plus.cost() - minus.cost()) / (2 * e), within(1e-6 * Math.abs(slope)));
    CompiledProblem.Gradient saved = compiled.gradient(at, new SavePolicy.Every(4), Sweep.full());
    assertThat(saved.controls()).isDeepEqualTo(gradient.controls());
  }

  /// λₖ of the tape is 2 Pₖ xₖ along the optimum of the regulator, at every step.
  @Test
  void costatesOfTheTapeAreThoseOfRiccati() {
    CompiledProblem compiled = CompiledProblem.of(ReferenceProblems.lqr());
    Solution solution = new Ddp().solve(compiled, Trajectory.standing(compiled.problem()));
    double[][] tape = compiled.gradient(solution.trajectory()).costates();
    Lqr.Finite regulator = Lqr.finite(A, B, Q, R, new double[][] {{10, 0}, {0, 10}}, 50);
    for (int k = 0; k <= 50; k++) {
      double[] x = solution.trajectory().states()[k];
      for (int i = 0; i < 2; i++) {
        double expected =
            2 * (regulator.value()[k][i][0] * x[0] + regulator.value()[k][i][1] * x[1]);
        assertThat(tape[k][i]).isCloseTo(expected, within(1e-12));
        assertThat(solution.costates()[k][i]).isCloseTo(expected, within(1e-12));
      }
    }
  }

  private static Trajectory moved(Trajectory at, double e, double[][] v) {
    double[][] u = new double[v.length][];
    Arrays.setAll(u, k -> new double[] {at.controls()[k][0] + e * v[k][0]});
    return new Trajectory(at.states(), u, at.parameters(), at.duration());
  }

  /// Truncating the adjoint after K steps leaves out what it must: reference problem 26, last part.
  @Test
  void truncatedAdjointIsARecedingHorizon() {
    double a = 0.9;
    double b = 0.5;
    var plant =
        new org.costate.control.DiscretePlant(
            "scalar",
            org.costate.control.Dynamics.named("x"),
            org.costate.control.Dynamics.named("u"),
            at -> at.state().times(a).plus(at.control().times(b)));
    int horizon = 30;
    OptimalControlProblem problem =
        OptimalControlProblem.of(plant)
            .horizon(horizon)
            .startingAt(1)
            .terminalCost(at -> at.x(0).hadamard(at.x(0)).times(0.5));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Trajectory guess = Trajectory.standing(problem, 0.1);
    CompiledProblem.Gradient full = compiled.gradient(guess);
    double end = full.trajectory().states()[horizon][0];
    double square = 0;
    for (int k = 0; k < horizon; k++) {
      assertThat(full.controls()[k][0])
          .isCloseTo(Math.pow(a, horizon - 1 - k) * b * end, within(1e-14));
      square += full.controls()[k][0] * full.controls()[k][0];
    }
    for (int window : new int[] {1, 5, 20}) {
      CompiledProblem.Gradient part =
          compiled.gradient(guess, new SavePolicy.All(), Sweep.full().lookback(window));
      double error = 0;
      for (int k = 0; k < horizon; k++) {
        double difference = part.controls()[k][0] - full.controls()[k][0];
        error += difference * difference;
        assertThat(part.controls()[k][0] == 0).isEqualTo(k < horizon - window);
      }
      double expected =
          (Math.pow(a, 2 * window) - Math.pow(a, 2 * horizon)) / (1 - Math.pow(a, 2 * horizon));
      assertThat(error / square).isCloseTo(expected, within(1e-13));
    }
  }

  @Test
  void firstOrderMethodsAndNewtonCgAgreeWithDdp() {
    OptimalControlProblem hager = ReferenceProblems.hager(40);
    reaches(GradientMethod.lbfgs().solve(hager), .864248259549, 1e-9);
    reaches(new NewtonCg().solve(hager), .864248259549, 1e-11);
    OptimalControlProblem unicycle = ReferenceProblems.crocoddylUnicycle(20);
    reaches(GradientMethod.lbfgs().solve(unicycle), 249.560897931, 1e-8);
    reaches(new NewtonCg().solve(unicycle), 249.560897931, 1e-10);
    OptimalControlProblem bounded = ReferenceProblems.hager(40).controlBounds(-0.8, 0.8);
    double optimum = new Ddp().solve(bounded).cost();
    assertThat(optimum).isGreaterThan(.8642 + 0.01);
    reaches(GradientMethod.projected().solve(bounded), optimum, 1e-9);
    Solution adam =
        new GradientMethod(
                new GradientMethod.Method.AdaptiveMoments(0.01, 10),
                1e-4,
                4000,
                Sweep.full(),
                new SavePolicy.All())
            .solve(bounded);
    assertThat(adam.cost()).isCloseTo(optimum, within(1e-5));
    assertThatThrownBy(() -> GradientMethod.lbfgs().solve(bounded))
        .hasMessageContaining("projected gradient");
  }

  @Test
  void augmentedLagrangianAgreesWithInteriorPoint() {
    var solver = new AugmentedLagrangian();
    reaches(solver.solve(ReferenceProblems.doubleIntegrator(50)), 12.00480192, 1e-6);
    OptimalControlProblem limited = ReferenceProblems.brysonDenham(60, 1 / 9.0);
    reaches(solver.solve(limited), 4.00250313, 1e-5);
    OptimalControlProblem pole = ReferenceProblems.altro();
    reaches(solver.solve(pole, Trajectory.standing(pole, 0.01)), 1.48618673127, 1e-5);
    OptimalControlProblem arm = ReferenceProblems.twoLinkArm(100);
    Solution reach = solver.solve(arm);
    reaches(reach, 9.71707695, 1e-6);
    Solution inner = new InteriorPoint().solve(arm, straight(arm, 1.57, 1.57, 0, 0));
    assertThat(reach.multipliers().get("final angle 1")[0][0])
        .isCloseTo(inner.multipliers().get("final angle 1")[0][0], within(1e-3));
    Solution impossible = solver.solve(ReferenceProblems.doubleIntegrator(50).controlBounds(-3, 3));
    assertThat(impossible.outcome()).isInstanceOf(Outcome.Infeasible.class);
  }

  // ---- LQR

  private static final double[][] A = {{1, 0.1}, {0, 1}};
  private static final double[][] B = {{0.005}, {0.1}};
  private static final double[][] Q = {{1, 0}, {0, 1}};
  private static final double[][] R = {{0.1}};

  @Test
  void riccatiRecursionAndStationaryRegulator() {
    Lqr.Finite finite = Lqr.finite(A, B, Q, R, new double[][] {{10, 0}, {0, 10}}, 50);
    assertThat(finite.value()[0][0][0]).isCloseTo(13.31743275051076, within(1e-11));
    assertThat(finite.value()[0][0][1]).isCloseTo(3.201632920254872, within(1e-11));
    assertThat(finite.value()[0][1][1]).isCloseTo(4.603538088265386, within(1e-11));
    Lqr.Stationary stationary = Lqr.stationary(A, B, Q, R);
    assertThat(stationary.gain()[0])
        .containsExactly(new double[] {2.585700896659869, 3.443435917845342}, within(1e-12));
    assertThat(stationary.value()[0][0]).isCloseTo(13.3172244411311, within(1e-11));
    assertThatThrownBy(() -> Lqr.stationary(new double[][] {{2}}, new double[][] {{0}}, R, R))
        .hasMessageContaining("cannot be made stable");
  }

  /// Reference problem 26: the closed loop of windows of several lengths.
  @Test
  void recedingHorizonAgainstInfiniteHorizon() {
    int[] windows = {2, 3, 5, 8, 10, 15, 20, 30, 50};
    double[] costs = {
      106.238125,
      53.302418,
      27.203461,
      17.282137,
      15.108552,
      13.558046,
      13.347785,
      13.317676,
      13.317225
    };
    for (int i = 0; i < windows.length; i++) {
      OptimalControlProblem window =
          ReferenceProblems.lqr().horizon(windows[i]).terminalCost(at -> at.constant(0));
      assertThat(closedLoop(window)).isCloseTo(costs[i], within(2e-6));
    }
    double[][] p = Lqr.stationary(A, B, Q, R).value();
    OptimalControlProblem exact =
        ReferenceProblems.lqr()
            .horizon(3)
            .terminalCost(
                at ->
                    at.x(0)
                        .hadamard(at.x(0))
                        .times(p[0][0])
                        .plus(at.x(0).hadamard(at.x(1)).times(2 * p[0][1]))
                        .plus(at.x(1).hadamard(at.x(1)).times(p[1][1])));
    assertThat(closedLoop(exact)).isCloseTo(13.3172244411311, within(1e-9));
  }

  private static double closedLoop(OptimalControlProblem window) {
    var controller = new Mpc(window, 10);
    double[] x = {1, 0};
    double cost = 0;
    for (int k = 0; k < 4000; k++) {
      double u = controller.step(x)[0];
      cost += x[0] * x[0] + x[1] * x[1] + 0.1 * u * u;
      x = new double[] {x[0] + 0.1 * x[1] + 0.005 * u, x[1] + 0.1 * u};
    }
    return cost;
  }

  /// With bounds on states the window is solved by the interior point method; they hold in the
  /// loop.
  @Test
  void mpcKeepsStateBounds() {
    OptimalControlProblem window =
        ReferenceProblems.lqr().horizon(15).stateBounds("v", -0.3, 0.3).controlBounds(-2, 2);
    var controller = new Mpc(window, 50);
    double[] x = {1, 0};
    for (int k = 0; k < 80; k++) {
      double u = controller.step(x)[0];
      assertThat(controller.outcome().converged()).isTrue();
      x = new double[] {x[0] + 0.1 * x[1] + 0.005 * u, x[1] + 0.1 * u};
      assertThat(Math.abs(x[1])).isLessThan(0.3 + 1e-6);
    }
    assertThat(Math.abs(x[0])).isLessThan(0.02);
    assertThat(controller.plan().horizon()).isEqualTo(15);
    assertThatThrownBy(() -> controller.step(Double.NaN, 0)).hasMessageContaining("got NaN");
    var free = new Mpc(ReferenceProblems.lqr().horizon(5), 5);
    assertThatThrownBy(() -> free.step(Double.NaN, 0)).hasMessageContaining("got NaN");
    free.step(1, 0);
    assertThat(free.plan().states()[0]).containsExactly(1, 0);
  }

  /// A cart-pole that is pushed off its trajectory comes back with the stabiliser and not without.
  @Test
  void stabiliser() {
    OptimalControlProblem problem =
        ReferenceProblems.penaltyCartPole(100)
            .runningCost(
                at -> away(at, 1, Math.PI, 0, 0).plus(at.u(0).hadamard(at.u(0)).times(0.1)));
    CompiledProblem compiled = CompiledProblem.of(problem);
    Solution solution = new InteriorPoint().solve(compiled, straight(problem, 1, Math.PI, 0, 0));
    double[][] q = new double[4][4];
    for (int i = 0; i < 4; i++) {
      q[i][i] = 10;
    }
    Lqr.Finite regulator =
        Lqr.stabiliser(compiled, solution.trajectory(), q, new double[][] {{0.1}}, q);
    assertThat(endError(compiled, solution, regulator, true))
        .isLessThan(0.2 * endError(compiled, solution, regulator, false));
  }

  private static double endError(
      CompiledProblem compiled, Solution solution, Lqr.Finite regulator, boolean feedback) {
    Trajectory plan = solution.trajectory();
    double[] x = {0.05, 0.05, 0, 0};
    CompiledProblem one = CompiledProblem.of(compiled.problem().horizon(1).duration(0.02));
    for (int k = 0; k < 100; k++) {
      double u = plan.controls()[k][0];
      for (int i = 0; feedback && i < 4; i++) {
        u -= regulator.gain()[k][0][i] * (x[i] - plan.states()[k][i]);
      }
      double[] now = x;
      x =
          one.startingAt(now)
              .rollout(
                  new Trajectory(
                      new double[][] {now, now}, new double[][] {{u}}, new double[0], 0.02))
              .trajectory()
              .states()[1];
    }
    double error = 0;
    for (int i = 0; i < 4; i++) {
      error = Math.max(error, Math.abs(x[i] - plan.states()[100][i]));
    }
    return error;
  }
}
