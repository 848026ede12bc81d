package org.costate.control.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Integrator;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Quantity;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.control.solve.AugmentedLagrangian;
import org.costate.control.solve.Ddp;
import org.costate.control.solve.GradientMethod;
import org.costate.control.solve.InteriorPoint;
import org.costate.control.solve.NewtonCg;
import org.costate.control.solve.Solver;
import org.costate.control.system.CartPole;
import org.costate.control.system.DoubleIntegrator;
import org.costate.control.system.Hopper;
import org.costate.control.system.KinematicCar;
import org.costate.control.system.Pendulum;
import org.costate.control.system.PlanarArm;
import org.costate.control.system.PlanarQuadrotor;
import org.costate.control.system.Quadrotor;
import org.costate.control.system.RigidBodies;
import org.costate.control.system.Rocket;
import org.costate.control.system.Unicycle;
import org.costate.control.system.Urdf;
import org.costate.control.system.VanDerPol;
import org.costate.graph.Value;

/// A problem in a YAML or JSON file; `docs/control.md` describes every key.
///
/// @param problem the problem
/// @param guess where the solver begins
/// @param solver the solver
public record ProblemFile(OptimalControlProblem problem, Trajectory guess, Solver solver) {
  private static final Set<String> KEYS =
      Set.of(
          "system",
          "urdf",
          "parameters",
          "horizon",
          "duration",
          "integrator",
          "substeps",
          "initial",
          "final",
          "cost",
          "bounds",
          "obstacles",
          "guess",
          "solver");

  /// Reads a file.
  ///
  /// @param file the file
  /// @return the problem
  /// @throws IOException if it cannot be read
  public static ProblemFile read(Path file) throws IOException {
    JsonNode root;
    try {
      root = new YAMLMapper().readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "%s is neither YAML nor JSON: %s (line %d)."
              .formatted(
                  file,
                  e.getOriginalMessage(),
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
          e);
    }
    return new Reader(file).read(root);
  }

  /// Solves it.
  ///
  /// @return the solution
  public Solution solve() {
    return solver.solve(problem, guess);
  }

  private record Reader(Path file) {
    IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException("%s: %s".formatted(file, what));
    }

    ProblemFile read(JsonNode root) throws IOException {
      if (root == null || !root.isObject()) {
        throw wrong("expected a mapping with keys such as 'system' and 'cost'.");
      }
      known("", root, KEYS);
      Dynamics system = system(root);
      OptimalControlProblem problem =
          OptimalControlProblem.of(system)
              .horizon(integer(root, "horizon", 100))
              .integrator(integrator(root));
      problem = duration(problem, root.path("duration"));
      double[] initial = values(root, "initial", system.states(), 0);
      problem = problem.startingAt(initial);
      double[] last = values(root, "final", system.states(), Double.NaN);
      problem = problem.endingAt(last);
      problem = cost(problem, root.path("cost"), last);
      problem = bounds(problem, root.path("bounds"));
      problem = obstacles(problem, root.path("obstacles"));
      return new ProblemFile(problem, guess(problem, root.path("guess"), last), solver(root));
    }

    private void known(String where, JsonNode node, Set<String> keys) {
      node.fieldNames()
          .forEachRemaining(
              key -> {
                if (!keys.contains(key)) {
                  throw wrong(
                      "'%s%s' is not known; known are %s."
                          .formatted(where, key, new TreeSet<>(keys)));
                }
              });
    }

    private int integer(JsonNode root, String key, int otherwise) {
      JsonNode node = root.path(key);
      if (!node.isMissingNode() && !node.isInt()) {
        throw wrong("'%s' must be a whole number, got %s.".formatted(key, node));
      }
      return node.asInt(otherwise);
    }

    private double number(String key, JsonNode node) {
      if (!node.isNumber() || !Double.isFinite(node.asDouble())) {
        throw wrong("'%s' must be a number, got %s.".formatted(key, node));
      }
      return node.asDouble();
    }

    // ---- the system

    private Dynamics system(JsonNode root) throws IOException {
      JsonNode parameters = root.path("parameters");
      if (root.has("urdf") == root.has("system")) {
        throw wrong("give either 'system' or 'urdf'.");
      }
      if (root.has("urdf")) {
        Path base = file.toAbsolutePath().getParent();
        known("parameters.", parameters, Set.of());
        return Urdf.read(base.resolve(root.path("urdf").asText()));
      }
      String name = root.path("system").asText();
      var p = new Given(parameters, new TreeSet<>());
      Dynamics system =
          switch (name) {
            case "double-integrator" -> new DoubleIntegrator();
            case "van-der-pol" -> new VanDerPol(p.get("damping", 1));
            case "pendulum" ->
                new Pendulum(
                    p.get("mass", 1),
                    p.get("length", 1),
                    p.get("friction", 0),
                    p.get("gravity", 9.81));
            case "cart-pole" ->
                new CartPole(
                    p.get("cartMass", 1),
                    p.get("poleMass", 0.3),
                    p.get("length", 0.5),
                    p.get("gravity", 9.81));
            case "acrobot" -> PlanarArm.acrobot();
            case "double-pendulum" -> PlanarArm.doublePendulum();
            case "planar-arm" ->
                PlanarArm.rods((int) p.get("links", 2), p.get("mass", 1), p.get("length", 0.5));
            case "unicycle" -> new Unicycle();
            case "car" -> new KinematicCar(p.get("wheelbase", 2.7), p.get("trailer", 0));
            case "planar-quadrotor" ->
                new PlanarQuadrotor(
                    p.get("mass", 1),
                    p.get("inertia", 0.01),
                    p.get("arm", 0.25),
                    p.get("gravity", 9.81));
            case "quadrotor" -> new Quadrotor();
            case "rocket" -> new Rocket();
            case "hopper" -> new Hopper();
            case "seven-axis-arm" -> RigidBodies.sevenAxisArm();
            default ->
                throw wrong(
                    "there is no system '%s'; there are acrobot, car, cart-pole, double-integrator, double-pendulum, hopper, pendulum, planar-arm, planar-quadrotor, quadrotor, rocket, seven-axis-arm, unicycle, van-der-pol, or give 'urdf'."
                        .formatted(name));
          };
      known("parameters.", parameters, p.asked);
      return system;
    }

    /// Parameters of a system, and which have been asked for.
    private final class Given {
      private final JsonNode node;
      private final Set<String> asked;

      Given(JsonNode node, Set<String> asked) {
        this.node = node;
        this.asked = asked;
      }

      double get(String key, double otherwise) {
        asked.add(key);
        return node.has(key) ? number("parameters." + key, node.path(key)) : otherwise;
      }
    }

    private Integrator integrator(JsonNode root) {
      Integrator method =
          switch (root.path("integrator").asText("rk4")) {
            case "euler" -> new Integrator.ExplicitEuler();
            case "midpoint" -> new Integrator.Midpoint();
            case "rk4" -> new Integrator.Rk4();
            case "implicit-euler" -> new Integrator.ImplicitEuler();
            case "implicit-midpoint" -> new Integrator.ImplicitMidpoint();
            case "trapezoid" -> new Integrator.Trapezoid();
            default ->
                throw wrong(
                    "'integrator' must be euler, midpoint, rk4, implicit-euler, implicit-midpoint or trapezoid, got %s."
                        .formatted(root.path("integrator")));
          };
      int substeps = integer(root, "substeps", 1);
      return substeps == 1 ? method : method.substeps(substeps);
    }

    private OptimalControlProblem duration(OptimalControlProblem problem, JsonNode node) {
      if (node.isObject()) {
        known("duration.", node, Set.of("guess", "low", "high"));
        return problem.freeDuration(
            number("duration.guess", node.path("guess")),
            number("duration.low", node.path("low")),
            number("duration.high", node.path("high")));
      }
      return problem.duration(number("duration", node));
    }

    // ---- numbers by name

    /// A value for each quantity: a list with null where there is none, or a mapping by name.
    private double[] values(JsonNode root, String key, List<Quantity> of, double otherwise) {
      return values(key, root.path(key), of, otherwise);
    }

    private double[] values(String key, JsonNode node, List<Quantity> of, double otherwise) {
      double[] all = new double[of.size()];
      Arrays.fill(all, otherwise);
      if (node.isNumber()) {
        Arrays.fill(all, number(key, node));
      } else if (node.isArray()) {
        if (node.size() != all.length) {
          throw wrong(
              "'%s' must have %d values (%s), got %d."
                  .formatted(key, all.length, names(of), node.size()));
        }
        for (int i = 0; i < all.length; i++) {
          all[i] = node.get(i).isNull() ? Double.NaN : number(key, node.get(i));
        }
      } else if (node.isObject()) {
        node.properties()
            .forEach(
                entry ->
                    all[index(key, entry.getKey(), of)] =
                        entry.getValue().isNull()
                            ? Double.NaN
                            : number(key + "." + entry.getKey(), entry.getValue()));
      } else if (!node.isMissingNode()) {
        throw wrong("'%s' must be a number, a list or a mapping, got %s.".formatted(key, node));
      }
      return all;
    }

    private static List<String> names(List<Quantity> of) {
      return of.stream().map(Quantity::name).toList();
    }

    private int index(String key, String name, List<Quantity> of) {
      int i = names(of).indexOf(name);
      if (i < 0) {
        throw wrong("'%s': there is no '%s'; there are %s.".formatted(key, name, names(of)));
      }
      return i;
    }

    // ---- cost, bounds, obstacles

    private OptimalControlProblem cost(
        OptimalControlProblem problem, JsonNode node, double[] last) {
      known("cost.", node, Set.of("controls", "states", "terminal", "target", "duration"));
      var plant = problem.plant();
      double[] r = values("cost.controls", node.path("controls"), plant.controls(), 0);
      double[] q = values("cost.states", node.path("states"), plant.states(), 0);
      double[] end = values("cost.terminal", node.path("terminal"), plant.states(), 0);
      double[] target = values("cost.target", node.path("target"), plant.states(), Double.NaN);
      for (int i = 0; i < target.length; i++) {
        target[i] = Double.isNaN(target[i]) ? (Double.isNaN(last[i]) ? 0 : last[i]) : target[i];
      }
      double time = node.has("duration") ? number("cost.duration", node.path("duration")) : 0;
      if (time == 0 && sum(r) + sum(q) + sum(end) == 0) {
        throw wrong("'cost' must weigh something: controls, states, terminal or duration.");
      }
      return problem
          .runningCost(
              at ->
                  weighted(at, at.control(), r, new double[r.length])
                      .plus(weighted(at, at.state(), q, target)))
          .terminalCost(at -> weighted(at, at.state(), end, target).plus(at.time().times(time)));
    }

    private static double sum(double[] weights) {
      return Arrays.stream(weights).map(Math::abs).sum();
    }

    private static Value weighted(Instant at, Value x, double[] weights, double[] target) {
      Value sum = at.constant(0);
      for (int i = 0; i < weights.length; i++) {
        if (weights[i] != 0) {
          Value d = x.at(i).minus(target[i]);
          sum = sum.plus(d.hadamard(d).times(weights[i]));
        }
      }
      return sum;
    }

    private OptimalControlProblem bounds(OptimalControlProblem problem, JsonNode node) {
      known("bounds.", node, Set.of("controls", "states"));
      var plant = problem.plant();
      double[][] controls = pairs("bounds.controls", node.path("controls"), plant.controls());
      double[][] states = pairs("bounds.states", node.path("states"), plant.states());
      if (plant instanceof RigidBodies robot) {
        limits(robot, controls, states);
      }
      return problem.controlBounds(controls[0], controls[1]).stateBounds(states[0], states[1]);
    }

    /// The limits of a robot's joints where the file gives none.
    private static void limits(RigidBodies robot, double[][] controls, double[][] states) {
      var moving =
          robot.bodies().stream().filter(b -> b.joint() != RigidBodies.Joint.FIXED).toList();
      int n = moving.size();
      for (int i = 0; i < n; i++) {
        double[] limits = moving.get(i).limits();
        states[0][i] = Math.max(states[0][i], limits[0]);
        states[1][i] = Math.min(states[1][i], limits[1]);
        states[0][n + i] = Math.max(states[0][n + i], -limits[2]);
        states[1][n + i] = Math.min(states[1][n + i], limits[2]);
        controls[0][i] = Math.max(controls[0][i], -limits[3]);
        controls[1][i] = Math.min(controls[1][i], limits[3]);
      }
    }

    private double[][] pairs(String key, JsonNode node, List<Quantity> of) {
      double[][] all = new double[2][of.size()];
      Arrays.fill(all[0], Double.NEGATIVE_INFINITY);
      Arrays.fill(all[1], Double.POSITIVE_INFINITY);
      if (node.isArray()) {
        for (int i = 0; i < of.size(); i++) {
          pair(key, node, all, i);
        }
      } else if (node.isObject()) {
        node.properties()
            .forEach(
                entry ->
                    pair(
                        key + "." + entry.getKey(),
                        entry.getValue(),
                        all,
                        index(key, entry.getKey(), of)));
      } else if (!node.isMissingNode()) {
        throw wrong("'%s' must be [low, high] or a mapping of such.".formatted(key));
      }
      return all;
    }

    private void pair(String key, JsonNode node, double[][] all, int i) {
      if (!node.isArray() || node.size() != 2) {
        throw wrong("'%s' must be [low, high], got %s.".formatted(key, node));
      }
      for (int side = 0; side < 2; side++) {
        if (!node.get(side).isNull()) {
          all[side][i] = number(key, node.get(side));
        }
      }
    }

    private OptimalControlProblem obstacles(OptimalControlProblem problem, JsonNode node) {
      OptimalControlProblem all = problem;
      List<JsonNode> discs = StreamSupport.stream(node.spliterator(), false).toList();
      for (JsonNode disc : discs) {
        known("obstacles.", disc, Set.of("x", "y", "radius"));
        Function<Instant, Value[]> point = point(problem);
        all =
            all.obstacle(
                new OptimalControlProblem.Disc(
                    number("obstacles.x", disc.path("x")),
                    number("obstacles.y", disc.path("y")),
                    number("obstacles.radius", disc.path("radius"))),
                point);
      }
      return all;
    }

    /// The point of a plant that avoids obstacles.
    private Function<Instant, Value[]> point(OptimalControlProblem problem) {
      if (problem.plant() instanceof PlanarArm arm) {
        return arm::tip;
      }
      List<String> names = names(problem.plant().states());
      int x = names.indexOf("x");
      int y = Math.max(names.indexOf("y"), names.indexOf("z"));
      if (x < 0 || y < 0) {
        throw wrong(
            "'obstacles' need a system with a place in the plane; '%s' has %s."
                .formatted(problem.plant().name(), names));
      }
      return at -> new Value[] {at.x(x), at.x(y)};
    }

    // ---- guess and solver

    private Trajectory guess(OptimalControlProblem problem, JsonNode node, double[] last) {
      known("guess.", node, Set.of("states", "controls", "through"));
      double[] u = values("guess.controls", node.path("controls"), problem.plant().controls(), 0);
      double[] to = problem.initialState();
      for (int i = 0; i < to.length; i++) {
        to[i] = Double.isNaN(last[i]) ? to[i] : last[i];
      }
      if (node.has("through")) {
        var ways = new ArrayList<double[]>();
        node.path("through")
            .forEach(
                way -> {
                  double[] x = values("guess.through", way, problem.plant().states(), Double.NaN);
                  for (int i = 0; i < x.length; i++) {
                    x[i] = Double.isNaN(x[i]) ? to[i] : x[i];
                  }
                  ways.add(x);
                });
        ways.add(to);
        return Trajectory.through(problem, ways.toArray(double[][]::new));
      }
      return switch (node.path("states").asText("straight")) {
        case "straight" -> Trajectory.straightLine(problem, to, u);
        case "standing" -> Trajectory.standing(problem, u);
        default ->
            throw wrong(
                "'guess.states' must be straight or standing, got %s."
                    .formatted(node.path("states")));
      };
    }

    private Solver solver(JsonNode root) {
      return switch (root.path("solver").asText("interior-point")) {
        case "interior-point" -> new InteriorPoint();
        case "ddp" -> new Ddp();
        case "ilqr" -> Ddp.ilqr();
        case "augmented-lagrangian" -> new AugmentedLagrangian();
        case "l-bfgs" -> GradientMethod.lbfgs();
        case "projected-gradient" -> GradientMethod.projected();
        case "newton-cg" -> new NewtonCg();
        default ->
            throw wrong(
                "'solver' must be interior-point, ddp, ilqr, augmented-lagrangian, l-bfgs, projected-gradient or newton-cg, got %s."
                    .formatted(root.path("solver")));
      };
    }
  }
}
