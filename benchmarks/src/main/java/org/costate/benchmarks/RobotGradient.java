package org.costate.benchmarks;

import java.util.concurrent.TimeUnit;
import org.costate.examples.bench.Robots;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Rollout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The cost of one trajectory of a robot, and that with its gradient, double.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class RobotGradient {
  /// The robot.
  @Param({"cartpole", "arm"})
  public String robot;

  /// T.
  @Param({"100", "300", "1000"})
  public int horizon;

  private Robots run;

  /// Builds the problem.
  @Setup
  public void build() {
    run = robot.equals("arm") ? Robots.arm(horizon) : Robots.cartPole(horizon);
  }

  /// The cost.
  ///
  /// @return the trajectory
  @Benchmark
  public Rollout value() {
    return run.value();
  }

  /// The cost and its gradient.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents valueAndGradient() {
    return run.valueAndGradient();
  }
}
