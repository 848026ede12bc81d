package org.costate.control.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.costate.control.solve.ReferenceProblems.effort;
import static org.costate.control.solve.ReferenceProblems.squares;

import java.util.List;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Outcome;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.system.DoubleIntegrator;
import org.costate.control.system.Pendulum;
import org.costate.graph.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InteriorPointTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  @ParameterizedTest
  @MethodSource("org.costate.control.solve.ReferenceProblems#all")
  void reachesTheStatedOptimum(ReferenceProblems.Case reference) {
    CompiledProblem problem = CompiledProblem.of(reference.problem());
    Solution solution = new InteriorPoint().solve(problem, reference.guess());
    assertThat(solution.outcome().converged()).as(solution.outcome().advice()).isTrue();
    assertThat(solution.cost())
        .isCloseTo(
            reference.optimum(), within(reference.relative() * Math.abs(reference.optimum())));
    assertThat(solution.optimality().feasibility()).isLessThan(1e-7);
    Verification check = Verification.of(problem, solution);
    assertThat(check.wrongSigns()).isZero();
    double largest = 0;
    for (double[] row : solution.costates()) {
      for (double number : row) {
        largest = Math.max(largest, Math.abs(number));
      }
    }
    assertThat(check.tape()).isLessThan(1e-6 * Math.max(1, largest));
    // Unsteered, trajax's acrobot multiplies any difference at the start by more than doubles hold.
    assertThat(check.differences()).isLessThan(reference.name().equals("20") ? 1 : 1e-3);
  }

  @Test
  void lqrInOneIterationWithRiccatiCostates() {
    Solution solution = new InteriorPoint().solve(ReferenceProblems.lqr());
    assertThat(solution.outcome()).isEqualTo(new Outcome.Converged(1));
    assertThat(solution.costates()[0][0]).isCloseTo(26.63486550102152, within(1e-11));
    assertThat(solution.costates()[0][1]).isCloseTo(6.403265840509743, within(1e-11));
    assertThat(solution.trajectory().controls()[0][0]).isCloseTo(-2.585761282729334, within(1e-12));
    assertThat(solution.trajectory().controls()[49][0])
        .isCloseTo(0.02529880637169901, within(1e-13));
    assertThat(solution.trajectory().states()[50])
        .containsExactly(new double[] {0.008422787143105, -0.002951019994325}, within(1e-14));
  }

  @Test
  void costatesOfClosedForms() {
    Solution energy = new InteriorPoint().solve(ReferenceProblems.doubleIntegrator(500));
    assertThat(energy.costates()[0]).containsExactly(new double[] {-24, -12}, within(1e-3));
    double[] h = energy.hamiltonian();
    assertThat(h[0]).isCloseTo(h[499], within(1e-9));
    Solution hager = new InteriorPoint().solve(ReferenceProblems.hager(80));
    assertThat(hager.costates()[0][0]).isCloseTo(1.728328995538226, within(1e-3));
    assertThat(hager.trajectory().states()[80][0]).isCloseTo(0.608772485712049, within(1e-4));
    Solution limited = new InteriorPoint().solve(ReferenceProblems.brysonDenham(120, 1 / 9.0));
    assertThat(limited.costates()[0]).containsExactly(new double[] {18, 6}, within(0.05));
    Solution zermelo =
        new InteriorPoint()
            .solve(
                ReferenceProblems.zermelo(200),
                Trajectory.straightLine(ReferenceProblems.zermelo(200), new double[2], 2.67));
    assertThat(zermelo.costates()[0]).containsExactly(new double[] {0.5, -1.8660254}, within(1e-3));
    Solution fall =
        new InteriorPoint()
            .solve(
                ReferenceProblems.brachistochrone(100),
                Trajectory.straightLine(
                    ReferenceProblems.brachistochrone(100), new double[] {10, 5, 9}));
    assertThat(fall.costates()[0])
        .containsExactly(
            new double[] {-0.0992876974341, -0.0184150826229, -0.10197162}, within(1e-3));
  }

  /// The error of the discrete costate falls with h² where the control is constant over a step.
  @Test
  void hagersOrder() {
    double[] errors = new double[3];
    for (int i = 0; i < 3; i++) {
      Solution solution = new InteriorPoint().solve(ReferenceProblems.hager(20 << i));
      errors[i] = Math.abs(solution.costates()[0][0] - 1.728328995538226);
    }
    assertThat(errors[0] / errors[1]).isBetween(3.5, 4.5);
    assertThat(errors[1] / errors[2]).isBetween(3.5, 4.5);
  }

  @Test
  void breakwellAndTheOtherRegimesOfBrysonAndDenham() {
    assertThat(new InteriorPoint().solve(ReferenceProblems.brysonDenham(400, 0.1)).cost())
        .isCloseTo(40 / 9.0, within(2e-3));
    assertThat(new InteriorPoint().solve(ReferenceProblems.brysonDenham(400, 0.2)).cost())
        .isCloseTo(2.24, within(2e-3));
    assertThat(new InteriorPoint().solve(ReferenceProblems.brysonDenham(400, 0.3)).cost())
        .isCloseTo(2, within(1e-4));
  }

  /// A multiplier is the slope of the cost against the constraint it belongs to.
  @Test
  void multipliersAreSensitivities() {
    double e = 1e-3;
    double up = new InteriorPoint().solve(ReferenceProblems.brysonDenham(60, 0.1 - e)).cost();
    double down = new InteriorPoint().solve(ReferenceProblems.brysonDenham(60, 0.1 + e)).cost();
    Solution at = new InteriorPoint().solve(ReferenceProblems.brysonDenham(60, 0.1));
    double sum = 0;
    for (double[] row : at.multipliers().get("state bounds")) {
      sum += row[0];
    }
    assertThat(sum).isCloseTo((up - down) / (2 * e), within(0.01 * sum));
    Solution end =
        new InteriorPoint()
            .solve(ReferenceProblems.doubleIntegrator(100).endingAt(Double.NaN, Double.NaN));
    double further =
        new InteriorPoint().solve(target(1 + e)).cost()
            - new InteriorPoint().solve(target(1 - e)).cost();
    // ψ = x_N − 1: the multiplier is ∂J*/∂ε of ψ = −ε, minus the slope against the target.
    assertThat(end.multipliers().get("final position")[0][0])
        .isCloseTo(-further / (2 * e), within(1e-4));
  }

  private static OptimalControlProblem target(double x) {
    return OptimalControlProblem.of(new DoubleIntegrator())
        .horizon(100)
        .duration(1)
        .runningCost(effort())
        .endingAt(x, 0);
  }

  @Test
  void saysWhatIsInfeasible() {
    for (double bound : new double[] {3.9, 3, 2}) {
      Solution solution =
          new InteriorPoint()
              .solve(ReferenceProblems.doubleIntegrator(100).controlBounds(-bound, bound));
      assertThat(solution.outcome()).isInstanceOf(Outcome.Infeasible.class);
      var infeasible = (Outcome.Infeasible) solution.outcome();
      assertThat(infeasible.constraint()).startsWith("final ");
      assertThat(infeasible.time()).isEqualTo(1);
      assertThat(solution.outcome().advice()).contains("Relax it");
    }
  }

  @Test
  void freeInitialStateAndParameters() {
    // min ∫ (x − 3)² + p²-ish: the free start goes to 3; the parameter is the rate that is needed.
    var plant =
        org.costate.control.Dynamics.of(
            "drift",
            org.costate.control.Dynamics.named("x"),
            org.costate.control.Dynamics.named("u"),
            at -> at.parameters().plus(at.control()));
    OptimalControlProblem problem =
        OptimalControlProblem.of(plant)
            .horizon(20)
            .duration(1)
            .parameter("rate", 0, -10, 10)
            .startingAt(Double.NaN)
            .endingAt(5)
            .runningCost(at -> squares(at.control()).plus(squares(at.state().minus(3))));
    Solution solution = new InteriorPoint().solve(problem);
    assertThat(solution.outcome().converged()).isTrue();
    assertThat(solution.costates()[0][0]).isCloseTo(0, within(1e-8));
    double better = Double.POSITIVE_INFINITY;
    for (double rate = -4; rate <= 4; rate += 0.25) {
      double fixed = rate;
      Solution given =
          new InteriorPoint()
              .solve(
                  OptimalControlProblem.of(
                          org.costate.control.Dynamics.of(
                              "drift",
                              org.costate.control.Dynamics.named("x"),
                              org.costate.control.Dynamics.named("u"),
                              at -> at.control().plus(fixed)))
                      .horizon(20)
                      .duration(1)
                      .startingAt(Double.NaN)
                      .endingAt(5)
                      .runningCost(at -> squares(at.control()).plus(squares(at.state().minus(3)))));
      better = Math.min(better, given.cost());
    }
    assertThat(solution.cost()).isBetween(better - 0.05, better + 1e-8);
  }

  @Test
  void pathEqualityHolds() {
    OptimalControlProblem problem =
        ReferenceProblems.doubleIntegrator(50)
            .pathEquality("coasting", at -> at.u(0).hadamard(coastingWindow(at.time())));
    Solution solution = new InteriorPoint().solve(problem);
    assertThat(solution.outcome().converged()).isTrue();
    for (int k = 20; k < 30; k++) {
      assertThat(solution.trajectory().controls()[k][0]).isCloseTo(0, within(1e-7));
    }
    assertThat(solution.cost()).isGreaterThan(12.0048);
  }

  private static Value coastingWindow(Value t) {
    return org.costate.graph.Functions.greaterOrEqual(t, t.times(0).plus(0.399))
        .hadamard(org.costate.graph.Functions.greater(t.times(0).plus(0.599), t));
  }

  @Test
  void badInputIsOneSentence() {
    OptimalControlProblem problem = ReferenceProblems.kelly(10);
    assertThatThrownBy(() -> problem.horizon(0)).hasMessageContaining("at least 1 step, got 0");
    assertThatThrownBy(() -> problem.controlBounds(1, -1)).hasMessageContaining("low < high");
    assertThatThrownBy(() -> problem.startingAt(0, 0)).hasMessageContaining("has 4 of them");
    assertThatThrownBy(() -> problem.startingAt(INF, 0, 0, 0))
        .hasMessageContaining("position must be finite");
    assertThatThrownBy(() -> problem.stateBounds("altitude", 0, 1))
        .hasMessageContaining("there is no state 'altitude'");
    assertThatThrownBy(() -> CompiledProblem.of(problem).startingAt(Double.NaN, 0, 0, 0))
        .hasMessageContaining("must be finite, got NaN");
    Trajectory guess = Trajectory.standing(problem);
    guess.controls()[3][0] = Double.NaN;
    assertThatThrownBy(() -> new InteriorPoint().solve(problem, guess))
        .hasMessageContaining("force at step 3 must be finite");
    assertThatThrownBy(() -> CompiledProblem.of(OptimalControlProblem.of(new Pendulum())))
        .hasMessageContaining("needs a final time");
    assertThatThrownBy(() -> new Ddp().solve(problem)).hasMessageContaining("InteriorPoint");
    assertThatThrownBy(() -> problem.freeDuration(1, 2, 3)).hasMessageContaining("low ≤ guess");
    assertThatThrownBy(() -> CompiledProblem.of(problem.terminalCost(at -> at.u(0))))
        .hasMessageContaining("there is no control here");
    assertThatThrownBy(() -> CompiledProblem.of(problem.stateInequality("s", at -> at.u(0))))
        .hasMessageContaining("there is no control here");
    assertThatThrownBy(() -> CompiledProblem.of(problem.runningCost(at -> at.p(0))))
        .hasMessageContaining("no parameters");
    assertThatThrownBy(() -> CompiledProblem.of(problem.runningCost(at -> at.state())))
        .hasMessageContaining("running cost must be a scalar, got [4]");
    assertThatThrownBy(() -> problem.endingAt(INF, 0, 0, 0)).hasMessageContaining("finite");
    assertThatThrownBy(
            () -> CompiledProblem.of(problem).gradient(Trajectory.standing(problem.horizon(7))))
        .hasMessageContaining("the problem has 10 steps, got 7");
    assertThatThrownBy(
            () ->
                new MultiStart(new InteriorPoint(), 3, new double[0], 1)
                    .solve(problem, Trajectory.standing(problem)))
        .hasMessageContaining("1 controls and needs as many spreads, got 0");
    assertThatThrownBy(
            () ->
                Lqr.stationary(
                    new double[2][2], new double[1][1], new double[2][2], new double[][] {{1}}))
        .hasMessageContaining("B must be [2, 1], got [1, 1]");
    var shortRate =
        org.costate.control.Dynamics.of(
            "short",
            org.costate.control.Dynamics.named("a", "b"),
            org.costate.control.Dynamics.named("u"),
            at -> at.control());
    assertThatThrownBy(() -> CompiledProblem.of(OptimalControlProblem.of(shortRate).duration(1)))
        .hasMessageContaining("ẋ must be [2] like the state, got [1]");
  }

  @Test
  void divergenceNamesTheStateAndTheStep() {
    var plant =
        org.costate.control.Dynamics.of(
            "explosion",
            org.costate.control.Dynamics.named("size"),
            org.costate.control.Dynamics.named("u"),
            at -> org.costate.graph.Functions.exp(at.state().times(100)).plus(at.control()));
    OptimalControlProblem problem =
        OptimalControlProblem.of(plant)
            .horizon(10)
            .duration(10)
            .startingAt(5)
            .runningCost(effort());
    assertThat(new InteriorPoint().solve(problem).outcome().advice())
        .contains("State 'size' became non-finite");
  }

  /// x₀ is given, so constraints on states hold from k = 1 on, also where x₀ violates them.
  @Test
  void stateConstraintsBeginAfterTheFirstState() {
    var plant =
        new org.costate.control.DiscretePlant(
            "sum",
            org.costate.control.Dynamics.named("x"),
            org.costate.control.Dynamics.named("u"),
            at -> at.state().plus(at.control()));
    OptimalControlProblem problem =
        OptimalControlProblem.of(plant)
            .horizon(5)
            .startingAt(1)
            .stateInequality("at most a half", at -> at.x(0).minus(0.5))
            .stageCost(effort());
    for (Solver solver : new Solver[] {new InteriorPoint(), new AugmentedLagrangian()}) {
      Solution solution = solver.solve(problem);
      assertThat(solution.outcome().converged()).as(solution.outcome().advice()).isTrue();
      assertThat(solution.cost()).isCloseTo(0.25, within(1e-6));
      assertThat(solution.trajectory().states()[1][0]).isCloseTo(0.5, within(1e-6));
    }
  }

  @Test
  void aWarmStartIsShort() {
    CompiledProblem compiled = CompiledProblem.of(ReferenceProblems.kelly(100));
    Solution first =
        new InteriorPoint()
            .solve(
                compiled,
                Trajectory.straightLine(compiled.problem(), new double[] {1, Math.PI, 0, 0}));
    Solution again =
        new InteriorPoint().warm().solve(compiled.startingAt(0.02, 0.02, 0, 0), first.trajectory());
    assertThat(again.outcome().converged()).isTrue();
    assertThat(again.iterations().size()).isLessThan(first.iterations().size() - 4);
  }

  /// Twenty random starts of the cart-pole end in the stated minimum or one as good.
  @Test
  void randomStarts() {
    OptimalControlProblem problem = ReferenceProblems.kelly(100);
    List<Solution> all =
        new MultiStart(new InteriorPoint(), 20, new double[] {2}, 1)
            .solve(problem, Trajectory.straightLine(problem, new double[] {1, Math.PI, 0, 0}));
    assertThat(all).filteredOn(s -> s.cost() < 58.8883360 * (1 + 1e-6)).hasSizeGreaterThan(17);
  }
}
