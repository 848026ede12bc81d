package org.costate.control.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.costate.check.Catalogue;
import org.costate.check.CatalogueProvider;
import org.costate.control.CompiledProblem;
import org.costate.control.Dynamics;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.graph.StepGraph;

/// Every system with Runge–Kutta steps, and every integrator on a pendulum and an oscillator, for
/// the checks of derivatives.
public final class ControlCatalogue implements CatalogueProvider {
  private static final Catalogue.Domain SMALL = Catalogue.Domain.uniform(0.2, 0.9);

  /// For the service loader.
  public ControlCatalogue() {}

  /// One of every system of this package.
  ///
  /// @return the systems
  public static List<Dynamics> systems() {
    return List.of(
        new DoubleIntegrator(),
        new VanDerPol(1),
        new Pendulum(),
        new CartPole(),
        PlanarArm.acrobot(),
        PlanarArm.doublePendulum(),
        PlanarArm.rods(3, 1, 0.5),
        new Unicycle(),
        new KinematicCar(),
        new KinematicCar(2.7, 3),
        new PlanarQuadrotor(),
        new Quadrotor(),
        new Rocket(),
        new Hopper(),
        RigidBodies.sevenAxisArm());
  }

  @Override
  public List<Catalogue.Entry> entries() {
    var entries = new ArrayList<Catalogue.Entry>();
    for (Dynamics system : systems()) {
      // Where the rocket's numbers are drawn, its own air would be as dense as e⁴⁰⁰.
      entries.add(
          entry(
              system.name(),
              system instanceof Rocket ? new Rocket(1, 1, 0.5) : system,
              new Integrator.Rk4(),
              0.01));
    }
    Map<String, Integrator> methods =
        Map.of(
            "explicit Euler", new Integrator.ExplicitEuler(),
            "midpoint", new Integrator.Midpoint(),
            "implicit Euler", new Integrator.ImplicitEuler(),
            "implicit midpoint", new Integrator.ImplicitMidpoint(),
            "trapezoid", new Integrator.Trapezoid(),
            "substeps", new Integrator.Rk4().substeps(2));
    methods.forEach(
        (name, method) -> {
          entries.add(entry("pendulum by " + name, new Pendulum(), method, 0.1));
          entries.add(entry("oscillator by " + name, new VanDerPol(2), method, 0.1));
        });
    return entries;
  }

  private static Catalogue.Entry entry(
      String name, Dynamics system, Integrator method, double step) {
    OptimalControlProblem problem =
        OptimalControlProblem.of(system)
            .integrator(method)
            .horizon(10)
            .duration(10 * step)
            .runningCost(
                at ->
                    at.state()
                        .hadamard(at.state())
                        .sum()
                        .plus(at.control().hadamard(at.control()).sum()));
    StepGraph graph = CompiledProblem.of(problem).step();
    return new Catalogue.Entry(name, graph, SMALL, List.of("k"));
  }
}
