package org.costate.control.solve;

import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.exp;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.sqrt;
import static org.costate.graph.Functions.square;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.costate.control.DiscretePlant;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.OptimalControlProblem.Disc;
import org.costate.control.Plant;
import org.costate.control.Trajectory;
import org.costate.control.system.CartPole;
import org.costate.control.system.DoubleIntegrator;
import org.costate.control.system.Pendulum;
import org.costate.control.system.PlanarArm;
import org.costate.control.system.PlanarQuadrotor;
import org.costate.control.system.RigidBodies;
import org.costate.control.system.Rocket;
import org.costate.control.system.Unicycle;
import org.costate.control.system.VanDerPol;
import org.costate.graph.Value;

/// Problems with closed forms or published optima; the numbers stand in
/// `shared/reference/control-problems.md`, whose numbering is used here.
final class ReferenceProblems {
  private static final double FREE = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private ReferenceProblems() {}

  /// A problem with its start and its optimum.
  record Case(
      String name,
      OptimalControlProblem problem,
      Trajectory guess,
      double optimum,
      double relative) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Value squares(Value x) {
    return square(x).sum();
  }

  static Function<Instant, Value> effort() {
    return at -> squares(at.control());
  }

  static Value away(Instant at, double... target) {
    return squares(at.state().minus(at.graph().constant(target)));
  }

  static OptimalControlProblem problem(Plant plant, int horizon) {
    return OptimalControlProblem.of(plant).horizon(horizon);
  }

  static OptimalControlProblem doubleIntegrator(int horizon) {
    return problem(new DoubleIntegrator(), horizon)
        .duration(1)
        .runningCost(effort())
        .endingAt(1, 0);
  }

  static OptimalControlProblem lqr() {
    var plant =
        new DiscretePlant(
            "double integrator",
            Dynamics.named("x", "v"),
            Dynamics.named("u"),
            at ->
                Instant.vector(
                    at.x(0).plus(at.x(1).times(0.1)).plus(at.u(0).times(0.005)),
                    at.x(1).plus(at.u(0).times(0.1))));
    return problem(plant, 50)
        .startingAt(1, 0)
        .stageCost(at -> squares(at.state()).plus(squares(at.control()).times(0.1)))
        .terminalCost(at -> squares(at.state()).times(10));
  }

  static OptimalControlProblem hager(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "Hager",
            Dynamics.named("x"),
            Dynamics.named("u"),
            at -> at.state().times(0.5).plus(at.control()));
    return problem(plant, horizon)
        .duration(1)
        .startingAt(1)
        .runningCost(at -> squares(at.control()).plus(squares(at.state()).times(2)).times(0.5));
  }

  static OptimalControlProblem brysonDenham(int horizon, double limit) {
    return problem(new DoubleIntegrator(), horizon)
        .duration(1)
        .startingAt(0, 1)
        .endingAt(0, -1)
        .runningCost(at -> squares(at.control()).times(0.5))
        .stateBounds("position", -INF, limit);
  }

  static OptimalControlProblem brachistochrone(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "brachistochrone",
            Dynamics.named("x", "y", "v"),
            Dynamics.named("theta"),
            at ->
                Instant.vector(
                    at.x(2).hadamard(sin(at.u(0))),
                    at.x(2).hadamard(cos(at.u(0))).negate(),
                    cos(at.u(0)).times(9.80665)));
    return problem(plant, horizon)
        .freeDuration(2, 0.1, 10)
        .startingAt(0, 10, 0)
        .endingAt(10, 5, FREE)
        .controlBounds(0, Math.PI)
        .terminalCost(Instant::time);
  }

  static OptimalControlProblem zermelo(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "Zermelo",
            Dynamics.named("x", "y"),
            Dynamics.named("theta"),
            at -> Instant.vector(cos(at.u(0)).minus(at.x(1)), sin(at.u(0))));
    return problem(plant, horizon)
        .freeDuration(5, 0.1, 100)
        .startingAt(3.658657561961601, -1.863703305156273)
        .endingAt(0, 0)
        .terminalCost(Instant::time);
  }

  static OptimalControlProblem vanDerPol(int horizon, double bound) {
    return problem(new VanDerPol(1), horizon)
        .duration(10)
        .startingAt(0, 1)
        .controlBounds(-1, 1)
        .stateBounds("x1", bound, INF)
        .runningCost(at -> squares(at.state()).plus(squares(at.control())));
  }

  static OptimalControlProblem rocket(int horizon) {
    return problem(new Rocket(), horizon)
        .freeDuration(0.2, 0.01, 1)
        .startingAt(1, 0, 1)
        .endingAt(FREE, FREE, 0.6)
        .controlBounds(0, 3.5)
        .stateBounds(new double[] {1, 0, 0.6}, new double[] {INF, INF, 1})
        .terminalCost(at -> at.x(0).negate());
  }

  static OptimalControlProblem steering(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "particle",
            Dynamics.named("x", "y", "vx", "vy"),
            Dynamics.named("angle"),
            at ->
                Instant.vector(at.x(2), at.x(3), cos(at.u(0)).times(100), sin(at.u(0)).times(100)));
    return problem(plant, horizon)
        .freeDuration(1, 0.01, 10)
        .endingAt(FREE, 5, 45, 0)
        .controlBounds(-Math.PI / 2, Math.PI / 2)
        .terminalCost(Instant::time);
  }

  static OptimalControlProblem robotArm(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "COPS arm",
            Dynamics.named("rho", "theta", "phi", "rhoDot", "thetaDot", "phiDot"),
            Dynamics.named("u1", "u2", "u3"),
            at -> {
              Value rho = at.x(0);
              Value rest = rho.negate().plus(5);
              Value inertia = rest.hadamard(square(rest)).plus(rho.hadamard(square(rho))).over(3);
              return Instant.vector(
                  at.x(3),
                  at.x(4),
                  at.x(5),
                  at.u(0).over(5),
                  at.u(1).over(inertia.hadamard(square(sin(at.x(2))))),
                  at.u(2).over(inertia));
            });
    return problem(plant, horizon)
        .freeDuration(10, 1, 100)
        .startingAt(4.5, 0, Math.PI / 4, 0, 0, 0)
        .endingAt(4.5, 2 * Math.PI / 3, Math.PI / 4, 0, 0, 0)
        .controlBounds(-1, 1)
        .stateBounds(
            new double[] {0, -Math.PI, 0, -INF, -INF, -INF},
            new double[] {5, Math.PI, Math.PI, INF, INF, INF})
        .terminalCost(Instant::time);
  }

  static OptimalControlProblem glider(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "hang glider",
            Dynamics.named("x", "y", "vx", "vy"),
            Dynamics.named("lift"),
            at -> {
              Value r = square(at.x(0).over(100).minus(2.5));
              Value updraft = r.negate().plus(1).hadamard(exp(r.negate())).times(2.5);
              Value w = at.x(3).minus(updraft);
              Value v = sqrt(square(at.x(2)).plus(square(w)));
              Value c = at.u(0);
              Value pressure = square(v).times(0.5 * 1.13 * 14);
              Value drag = square(c).times(0.069662).plus(0.034).hadamard(pressure);
              Value lift = c.hadamard(pressure);
              Value along = at.x(2).over(v);
              Value across = w.over(v);
              return Instant.vector(
                  at.x(2),
                  at.x(3),
                  lift.hadamard(across).plus(drag.hadamard(along)).over(-100),
                  lift.hadamard(along).minus(drag.hadamard(across)).over(100).minus(9.81));
            });
    return problem(plant, horizon)
        .freeDuration(100, 10, 200)
        .startingAt(0, 1000, 13.2275675, -1.28750052)
        .endingAt(FREE, 900, 13.2275675, -1.28750052)
        .controlBounds(0, 1.4)
        .stateBounds(new double[] {0, -INF, 0, -INF}, new double[] {INF, INF, INF, INF})
        .terminalCost(at -> at.x(0).negate());
  }

  static OptimalControlProblem catalyst(int horizon) {
    Dynamics plant =
        Dynamics.of(
            "catalyst",
            Dynamics.named("x1", "x2"),
            Dynamics.named("u"),
            at -> {
              Value exchange = at.u(0).hadamard(at.x(1).times(10).minus(at.x(0)));
              Value rest = at.u(0).negate().plus(1).hadamard(at.x(1));
              return Instant.vector(exchange, exchange.negate().minus(rest));
            });
    return problem(plant, horizon)
        .duration(1)
        .startingAt(1, 0)
        .controlBounds(0, 1)
        .terminalCost(at -> at.x(0).plus(at.x(1)).minus(1));
  }

  static OptimalControlProblem kelly(int horizon) {
    return problem(new CartPole(), horizon)
        .duration(2)
        .runningCost(effort())
        .endingAt(1, Math.PI, 0, 0)
        .controlBounds(-20, 20)
        .stateBounds("position", -2, 2);
  }

  static OptimalControlProblem optimTrajCartPole(int horizon) {
    return problem(new CartPole(2, 0.5, 0.5, 9.81), horizon)
        .duration(2)
        .runningCost(effort())
        .endingAt(0.8, Math.PI, 0, 0)
        .controlBounds(-100, 100)
        .stateBounds("position", -1.6, 1.6);
  }

  static OptimalControlProblem penaltyCartPole(int horizon) {
    return problem(new CartPole(), horizon)
        .duration(2)
        .runningCost(effort())
        .terminalCost(at -> away(at, 1, Math.PI, 0, 0).times(1000));
  }

  static OptimalControlProblem altro() {
    return problem(new CartPole(1, 0.2, 0.5, 9.81), 100)
        .duration(5)
        .stageCost(
            at ->
                away(at, 0, Math.PI, 0, 0)
                    .times(0.01)
                    .plus(squares(at.control()).times(0.1))
                    .times(0.5 * 0.05))
        .terminalCost(at -> away(at, 0, Math.PI, 0, 0).times(50))
        .controlBounds(-3, 3)
        .endingAt(0, Math.PI, 0, 0);
  }

  static OptimalControlProblem pendulum(int horizon) {
    return problem(new Pendulum(1, 1, 0.1, 1), horizon)
        .freeDuration(1.5, 0.5, 2.5)
        .runningCost(effort())
        .controlBounds(-5, 5)
        .endingAt(Math.PI, 0);
  }

  static OptimalControlProblem acrobot(int horizon) {
    return problem(PlanarArm.acrobot(), horizon)
        .duration(2)
        .runningCost(effort())
        .controlBounds(-20, 20)
        .endingAt(Math.PI, Math.PI, 0, 0);
  }

  /// The acrobot of OpenAI Gym in angles of the links themselves, which Euler's method commutes
  /// with.
  static PlanarArm gymAcrobot() {
    var link = new PlanarArm.Link(1, 1, 0.5, 1);
    return new PlanarArm("gym acrobot", List.of(link, link), List.of(1), 9.8);
  }

  private static Value relative(Instant at) {
    return squares(
        Instant.vector(
            at.x(0).minus(Math.PI), at.x(1).minus(at.x(0)), at.x(2), at.x(3).minus(at.x(2))));
  }

  static OptimalControlProblem trajax() {
    return problem(gymAcrobot(), 50)
        .integrator(new Integrator.ExplicitEuler())
        .duration(5)
        .stageCost(at -> relative(at).times(0.05).plus(squares(at.control()).times(0.005)))
        .terminalCost(at -> relative(at).times(500));
  }

  static OptimalControlProblem crocoddylUnicycle(int horizon) {
    return problem(new Unicycle(), horizon)
        .integrator(new Integrator.ExplicitEuler())
        .duration(0.1 * horizon)
        .startingAt(-1, -1, 1)
        .stageCost(at -> squares(at.state()).times(50).plus(squares(at.control()).times(0.5)))
        .terminalCost(at -> squares(at.state()).times(50));
  }

  static OptimalControlProblem unicycleObstacle(int horizon) {
    return problem(new Unicycle(), horizon)
        .duration(2.5)
        .runningCost(at -> away(at, 1, 0, 0).times(0.1).plus(squares(at.control())).times(0.5))
        .controlBounds(-1, 1)
        .endingAt(1, 0, 0)
        .obstacle(new Disc(0.5, 0.01, 0.25), at -> new Value[] {at.x(0), at.x(1)});
  }

  static OptimalControlProblem quadrotor(int horizon) {
    return problem(new PlanarQuadrotor(), horizon)
        .duration(2)
        .runningCost(effort())
        .endingAt(1, 1, 0, 0, 0, 0);
  }

  static OptimalControlProblem twoLinkArm(int horizon) {
    return problem(PlanarArm.rods(2, 1, 0.5), horizon)
        .duration(1)
        .runningCost(effort())
        .endingAt(Math.PI / 2, Math.PI / 2, 0, 0);
  }

  /// Semi-implicit Euler of the seven-axis arm.
  static OptimalControlProblem sevenAxisArm() {
    RigidBodies arm = RigidBodies.sevenAxisArm();
    var plant =
        new DiscretePlant(
            arm.name(),
            arm.states(),
            arm.controls(),
            at -> {
              Value acceleration = arm.rate(at).slice(7, 14);
              Value v = at.state().slice(7, 14).plus(acceleration.times(0.01));
              Value q = at.state().slice(0, 7).plus(v.times(0.01));
              return org.costate.graph.Functions.concat(q, v);
            });
    double[] target = {0.4, 0.8, 0.3, 0.6, 0.2, 0.2, 0.4, 0, 0, 0, 0, 0, 0, 0};
    return problem(plant, 100)
        .startingAt(0, 0.5, 0, 1, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0)
        .stageCost(
            at ->
                away(at, target)
                    .times(0.1)
                    .plus(squares(at.control()).times(0.001))
                    .times(0.5 * 0.01))
        .terminalCost(at -> away(at, target).times(50));
  }

  private static Case straight(
      String name, OptimalControlProblem problem, double optimum, double relative, double... to) {
    return new Case(name, problem, Trajectory.straightLine(problem, to), optimum, relative);
  }

  /// Steering towards the target.
  private static Case heading(String name, OptimalControlProblem problem, double optimum) {
    double[] from = problem.initialState();
    double heading = Math.atan2(-from[1], -from[0]);
    return new Case(
        name, problem, Trajectory.straightLine(problem, new double[2], heading), optimum, 1e-8);
  }

  private static Case standing(
      String name, OptimalControlProblem problem, double optimum, double relative, double... u) {
    return new Case(name, problem, Trajectory.standing(problem, u), optimum, relative);
  }

  /// Everything that the interior point method is to solve.
  static List<Case> all() {
    double pi = Math.PI;
    return Arrays.asList(
        standing("1 LQR", lqr(), 13.31743275051076, 1e-12),
        standing("2 N=10", doubleIntegrator(10), 12.121212121212, 1e-10),
        standing("2 N=500", doubleIntegrator(500), 12.000048000192, 1e-9),
        standing("3 N=50", doubleIntegrator(50).controlBounds(-4.5, 4.5), 12.46041318, 2e-8),
        standing("3 N=200", doubleIntegrator(200).controlBounds(-4.5, 4.5), 12.45606456, 2e-8),
        standing("4 N=10", hager(10), .865505522474, 1e-11),
        standing("4 N=80", hager(80), .864185437554, 1e-11),
        standing("5 N=30", brysonDenham(30, 1 / 9.0), 4.01005025, 1e-7),
        standing("5 N=120", brysonDenham(120, 1 / 9.0), 4.00062520, 1e-7),
        straight("6 N=50", brachistochrone(50), 1.80169554, 1e-8, 10, 5, 9),
        straight("6 N=100", brachistochrone(100), 1.80162622, 1e-8, 10, 5, 9),
        heading("7 N=50", zermelo(50), 5.46455749),
        heading("7 N=200", zermelo(200), 5.46413010),
        standing("8 N=100", vanDerPol(100, -0.25), 3.61879826, 2e-8),
        standing("8 unbounded N=100", vanDerPol(100, -INF), 2.87562869, 2e-8),
        straight("9 N=50", rocket(50), -1.01283654, 1e-6, 1.01, 0.05, 0.6),
        straight("9 N=100", rocket(100), -1.01283686, 1e-6, 1.01, 0.05, 0.6),
        straight("10 N=100", steering(100), .554577024, 1e-8, 12, 5, 45, 0),
        straight("11 N=50", robotArm(50), 9.14336742, 1e-7, 4.5, 2 * pi / 3, pi / 4, 0, 0, 0),
        straight("11 N=100", robotArm(100), 9.14118769, 1e-7, 4.5, 2 * pi / 3, pi / 4, 0, 0, 0),
        new Case(
            "12 N=100",
            glider(100),
            Trajectory.straightLine(
                glider(100), new double[] {1250, 900, 13.2275675, -1.28750052}, 1),
            -1247.69615,
            1e-6),
        standing("13 N=100", catalyst(100), -.0480556122, 1e-6, 0.5),
        straight("14 N=50", kelly(50), 59.1319462, 2e-9, 1, pi, 0, 0),
        straight("14 N=100", kelly(100), 58.8883360, 2e-9, 1, pi, 0, 0),
        straight("15 N=100", optimTrajCartPole(100), 225.852607, 5e-9, 0.8, pi, 0, 0),
        straight("16 N=100", penaltyCartPole(100), 58.829870062, 1e-10, 1, pi, 0, 0),
        standing("17", altro(), 1.48618673127, 1e-6, 0.01),
        straight("18 N=100", pendulum(100), 8.80332161, 1e-7, pi, 0),
        standing("19 N=100", acrobot(100), 35.0017679, 1e-8, 0.1),
        straight("20", trajax(), 40.4240096447, 1e-9, pi, pi, 0, 0),
        standing("21 N=20", crocoddylUnicycle(20), 249.560897931, 1e-10),
        new Case(
            "22 N=100",
            unicycleObstacle(100),
            Trajectory.through(
                unicycleObstacle(100), new double[] {0.5, -0.4, 0}, new double[] {1, 0, 0}),
            1.49670387,
            1e-6),
        straight("22 straight N=100", unicycleObstacle(100), 1.49670387, 1e-6, 1, 0, 0),
        straight("23 N=100", quadrotor(100), 97.9862133123, 1e-10, 1, 1, 0, 0, 0, 0),
        straight("24 N=100", twoLinkArm(100), 9.71707695, 1e-8, pi / 2, pi / 2, 0, 0));
  }
}
