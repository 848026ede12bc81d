package org.costate.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.costate.control.system.CartPole;
import org.costate.control.system.ControlCatalogue;
import org.costate.control.system.Hopper;
import org.costate.control.system.KinematicCar;
import org.costate.control.system.Pendulum;
import org.costate.control.system.PlanarArm;
import org.costate.control.system.PlanarQuadrotor;
import org.costate.control.system.Quadrotor;
import org.costate.control.system.RigidBodies;
import org.costate.control.system.Unicycle;
import org.costate.control.system.Urdf;
import org.costate.control.system.VanDerPol;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.unroll.Loop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SystemsTest {
  private static final List<Integrator> METHODS =
      List.of(
          new Integrator.ExplicitEuler(),
          new Integrator.Midpoint(),
          new Integrator.Rk4(),
          new Integrator.ImplicitEuler(),
          new Integrator.ImplicitMidpoint(),
          new Integrator.Trapezoid(),
          new Integrator.Rk4().substeps(3));

  static Stream<Mechanical> mechanical() {
    return ControlCatalogue.systems().stream()
        .filter(Mechanical.class::isInstance)
        .map(Mechanical.class::cast);
  }

  static Stream<Dynamics> systems() {
    return ControlCatalogue.systems().stream();
  }

  private static double[] evaluate(String output, Dynamics system, double[] x, double[] u) {
    StepGraph graph =
        StepGraph.define(
            "point",
            s -> {
              var at =
                  new Instant(
                      s, s.input("x", x.length), s.input("u", u.length), null, s.constant(0));
              Value value =
                  output.equals("rate")
                      ? system.rate(at)
                      : ((Mechanical) system).energy(at).reshape(1);
              s.output("y", value);
            });
    Loop loop = Loop.of(graph, DiscretePlant.none(), 1);
    System.arraycopy(x, 0, loop.input("x")[0], 0, x.length);
    System.arraycopy(u, 0, loop.input("u")[0], 0, u.length);
    loop.run();
    return loop.output("y")[0].clone();
  }

  /// A state in free motion: a quaternion has length 1, and what may touch the ground is above it.
  private static double[] someState(Dynamics system) {
    RandomStream random = RandomStream.of(3, system.name());
    double[] x = new double[system.states().size()];
    Arrays.setAll(x, _ -> random.nextDouble(-0.6, 0.6));
    if (system instanceof Quadrotor) {
      double norm = Math.sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5] + x[6] * x[6]);
      for (int i = 3; i < 7; i++) {
        x[i] /= norm;
      }
    }
    if (system instanceof Hopper) {
      x[1] = 60;
      x[3] = 59.5;
    }
    return x;
  }

  private static double drift(Mechanical system, Integrator method, int steps) {
    double[] x = someState(system);
    OptimalControlProblem problem =
        OptimalControlProblem.of(system)
            .integrator(method)
            .horizon(steps)
            .duration(0.5)
            .startingAt(x);
    Trajectory free =
        CompiledProblem.of(problem).rollout(Trajectory.standing(problem)).trajectory();
    double[] u = new double[system.controls().size()];
    double before = evaluate("energy", system, x, u)[0];
    return Math.abs(evaluate("energy", system, free.states()[steps], u)[0] - before);
  }

  /// Nothing drives the systems, so their energy stays, up to the error of the integrator.
  @ParameterizedTest
  @MethodSource("mechanical")
  void energyIsConservedToTheOrderOfTheIntegrator(Mechanical system) {
    double coarse = drift(system, new Integrator.Rk4(), 40);
    double fine = drift(system, new Integrator.Rk4(), 80);
    assertThat(fine).isLessThan(1e-3);
    assertThat(coarse < 1e-9 || coarse / fine > 10).as("%s %s", coarse, fine).isTrue();
    double euler = drift(system, new Integrator.ExplicitEuler(), 200);
    double finer = drift(system, new Integrator.ExplicitEuler(), 400);
    assertThat(euler < 1e-9 || euler / finer > 1.6 && euler / finer < 2.5)
        .as("%s %s", euler, finer)
        .isTrue();
  }

  @Test
  void everyMethodHasItsOrder() {
    double[] x = {0.4, 1};
    double[] exact = end(new Integrator.Rk4(), 4000, x);
    for (Integrator method : METHODS) {
      double coarse = Math.abs(end(method, 40, x)[0] - exact[0]);
      double fine = Math.abs(end(method, 80, x)[0] - exact[0]);
      assertThat(Math.log(coarse / fine) / Math.log(2))
          .as("%s", method)
          .isCloseTo(method.order(), within(0.25));
    }
  }

  private static double[] end(Integrator method, int steps, double[] x) {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new Pendulum())
            .integrator(method)
            .horizon(steps)
            .duration(1)
            .startingAt(x);
    return CompiledProblem.of(problem)
        .rollout(Trajectory.standing(problem))
        .trajectory()
        .states()[steps];
  }

  @Test
  void implicitMethodsAgreeWithTheirEquations() {
    OptimalControlProblem problem =
        OptimalControlProblem.of(new VanDerPol(5))
            .integrator(new Integrator.ImplicitEuler())
            .horizon(1)
            .duration(0.1)
            .startingAt(0.5, 1);
    double[] next =
        CompiledProblem.of(problem).rollout(Trajectory.standing(problem)).trajectory().states()[1];
    double[] rate = evaluate("rate", new VanDerPol(5), next, new double[1]);
    assertThat(next[0]).isCloseTo(0.5 + 0.1 * rate[0], within(1e-13));
    assertThat(next[1]).isCloseTo(1 + 0.1 * rate[1], within(1e-13));
  }

  @Test
  void amplificationIsThatOfTheStep() {
    var plant =
        Dynamics.of(
            "mode",
            Dynamics.named("re", "im"),
            Dynamics.named("u"),
            at ->
                Instant.vector(
                    at.x(0).times(-1.5).minus(at.x(1).times(2)),
                    at.x(0).times(2).minus(at.x(1).times(1.5))));
    for (Integrator method : METHODS) {
      OptimalControlProblem problem =
          OptimalControlProblem.of(plant)
              .integrator(method)
              .horizon(1)
              .duration(0.7)
              .startingAt(1, 0);
      double[] x =
          CompiledProblem.of(problem)
              .rollout(Trajectory.standing(problem))
              .trajectory()
              .states()[1];
      assertThat(method.amplification(-1.05, 1.4))
          .as("%s", method)
          .isCloseTo(Math.hypot(x[0], x[1]), within(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("systems")
  void hasAPictureAndNames(Dynamics system) {
    assertThat(system).isInstanceOf(Drawing.Drawable.class);
    Drawing drawing = ((Drawing.Drawable) system).draw(someState(system));
    assertThat(drawing.strokes()).isNotEmpty();
    for (Drawing.Stroke stroke : drawing.strokes()) {
      assertThat(Arrays.stream(stroke.x()).allMatch(Double::isFinite)).isTrue();
      assertThat(stroke.x()).hasSameSizeAs(stroke.y());
    }
    assertThat(system.states()).extracting(Quantity::name).doesNotHaveDuplicates();
  }

  /// The check values of reference problem 25.
  @Test
  void sevenAxisArm() {
    double[] x = new double[14];
    for (int i = 0; i < 7; i++) {
      x[i] = 0.3 + 0.25 * i;
      x[7 + i] = 0.5 - 0.2 * i;
    }
    RigidBodies arm = RigidBodies.sevenAxisArm();
    double[] rate = evaluate("rate", arm, x, new double[7]);
    assertThat(Arrays.copyOfRange(rate, 7, 14))
        .containsExactly(
            new double[] {
              -8.775016548025,
              11.571355608648,
              15.814330491991,
              20.988636006279,
              -5.141427511416,
              1.588184464973,
              -24.545788007759
            },
            within(1e-11));
    assertThat(evaluate("energy", arm, x, new double[7])[0]).isCloseTo(97.915419, within(1e-6));
  }

  /// The tree of rigid bodies agrees with the chain in the plane.
  @Test
  void rigidBodiesAgreeWithThePlanarArm() {
    double inertia = 1 * 0.25 / 12;
    double[] axis = {0, -1, 0};
    var bodies =
        List.of(
            RigidBodies.Body.turning(
                "a",
                -1,
                axis,
                new double[3],
                1,
                new double[] {0, 0, -0.25},
                new double[] {inertia, inertia, 0}),
            RigidBodies.Body.turning(
                "b",
                0,
                axis,
                new double[] {0, 0, -0.5},
                1,
                new double[] {0, 0, -0.25},
                new double[] {inertia, inertia, 0}));
    var tree = new RigidBodies("tree", bodies, 9.81);
    double a = 0.3;
    double b = -0.7;
    double[] relative = {a, b - a, 1.1, -0.4 - 1.1};
    double[] absolute = {a, b, 1.1, -0.4};
    double[] ofTree = evaluate("rate", tree, relative, new double[] {0.5, -0.2});
    double[] ofArm =
        evaluate("rate", PlanarArm.rods(2, 1, 0.5), absolute, new double[] {0.5, -0.2});
    assertThat(ofTree[2]).isCloseTo(ofArm[2], within(1e-11));
    assertThat(ofTree[3]).isCloseTo(ofArm[3] - ofArm[2], within(1e-11));
  }

  // ---- URDF

  static final String PENDULUM =
      """
      <?xml version="1.0"?>
      <robot name="two links">
        <link name="world"/>
        <link name="upper"><inertial><origin xyz="0 0 -0.25" rpy="0 0 0"/><mass value="1"/>
          <inertia ixx="0.0208333333333333" ixy="0" ixz="0" iyy="0.0208333333333333" iyz="0" izz="0"/></inertial></link>
        <link name="lower"><inertial><origin xyz="0 0 -0.25"/><mass value="1"/>
          <inertia ixx="0.0208333333333333" ixy="0" ixz="0" iyy="0.0208333333333333" iyz="0" izz="0"/></inertial></link>
        <link name="tool"/>
        <joint name="shoulder" type="continuous"><parent link="world"/><child link="upper"/><axis xyz="0 -1 0"/></joint>
        <joint name="elbow" type="revolute"><parent link="upper"/><child link="lower"/>
          <origin xyz="0 0 -0.5"/><axis xyz="0 -2 0"/><limit lower="-2" upper="2" effort="10" velocity="5"/></joint>
        <joint name="tip" type="fixed"><parent link="lower"/><child link="tool"/><origin xyz="0 0 -0.5"/></joint>
      </robot>
      """;

  private static RigidBodies parse(String text) {
    return Urdf.parse("test", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void urdfGivesTheSameRobot() {
    RigidBodies robot = parse(PENDULUM);
    assertThat(robot.states()).extracting(Quantity::name).contains("shoulder", "elbow velocity");
    double[] x = {0.3, -1, 1.1, -1.5};
    double[] ofRobot = evaluate("rate", robot, x, new double[] {0.5, -0.2});
    double[] ofArm =
        evaluate(
            "rate",
            PlanarArm.rods(2, 1, 0.5),
            new double[] {0.3, -0.7, 1.1, -0.4},
            new double[] {0.5, -0.2});
    assertThat(ofRobot[2]).isCloseTo(ofArm[2], within(1e-10));
    assertThat(robot.bodies().get(1).limits()).containsExactly(-2, 2, 5, 10);
    assertThat(robot.bodies().get(2).joint()).isEqualTo(RigidBodies.Joint.FIXED);
  }

  /// A slider under a turned frame falls along its axis.
  @Test
  void prismaticJointInATurnedFrame() {
    RigidBodies slide =
        parse(
            """
            <robot name="slide"><link name="base"/>
            <link name="block"><inertial><mass value="2"/><inertia ixx="1" iyy="1" izz="1"/></inertial></link>
            <joint name="rail" type="prismatic"><parent link="base"/><child link="block"/>
            <origin xyz="0 0 1" rpy="0 0.5235987755982988 0"/><axis xyz="0 0 1"/><dynamics damping="4"/></joint></robot>
            """);
    double[] rate = evaluate("rate", slide, new double[] {0.2, 0.5}, new double[] {1});
    assertThat(rate[1]).isCloseTo(-9.81 * Math.cos(Math.PI / 6) + 0.5 - 1, within(1e-12));
  }

  @Test
  void badUrdfIsOneSentence() {
    assertThatThrownBy(() -> parse("<robot>")).hasMessageContaining("not well-formed");
    assertThatThrownBy(() -> parse("<sdf/>")).hasMessageContaining("must be <robot>");
    assertThatThrownBy(() -> parse(PENDULUM.replace("type=\"revolute\"", "type=\"ball\"")))
        .hasMessageContaining("joint 'elbow' has type 'ball'");
    assertThatThrownBy(
            () -> parse(PENDULUM.replace("parent link=\"upper\"", "parent link=\"arm\"")))
        .hasMessageContaining("'arm', which does not exist");
    assertThatThrownBy(() -> parse(PENDULUM.replace("0 -2 0", "0 x 0")))
        .hasMessageContaining("must be a number, got 'x'");
    assertThatThrownBy(() -> parse(PENDULUM.replace("0 -2 0", "0 0 0")))
        .hasMessageContaining("must not be zero");
    assertThatThrownBy(
            () -> parse(PENDULUM.replace("parent link=\"world\"", "parent link=\"lower\"")))
        .hasMessageContaining("not connected to 'world'");
    assertThatThrownBy(() -> parse(PENDULUM.replace("mass value=\"1\"", "mass value=\"0\"")))
        .hasMessageContaining("moves nothing that has mass");
  }

  @Test
  void carAndQuadrotorInvariants() {
    double[] x = someState(new KinematicCar(2.7, 3));
    double[] rate = evaluate("rate", new KinematicCar(2.7, 3), x, new double[2]);
    // Rolling without slipping: no velocity across the rear axle, nor across the trailer's.
    assertThat(-rate[0] * Math.sin(x[2]) + rate[1] * Math.cos(x[2])).isCloseTo(0, within(1e-14));
    double tx = rate[0] + 3 * rate[5] * Math.sin(x[5]);
    double ty = rate[1] - 3 * rate[5] * Math.cos(x[5]);
    assertThat(-tx * Math.sin(x[5]) + ty * Math.cos(x[5])).isCloseTo(0, within(1e-14));
    double[] q = someState(new Quadrotor());
    double[] turning = evaluate("rate", new Quadrotor(), q, new double[] {1, 2, 3, 4});
    double norm = 0;
    for (int i = 3; i < 7; i++) {
      norm += q[i] * turning[i];
    }
    assertThat(norm).isCloseTo(0, within(1e-14));
    assertThat(Unicycle.wheelSpeeds(1, 2, 0.1, 0.5)).containsExactly(15, 5);
    assertThat(new CartPole().state("angle")).isEqualTo(1);
    assertThat(new PlanarQuadrotor().controls()).hasSize(2);
  }
}
