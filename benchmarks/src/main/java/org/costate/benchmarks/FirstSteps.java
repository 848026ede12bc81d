package org.costate.benchmarks;

import java.util.concurrent.TimeUnit;
import org.costate.examples.bench.TrainingSteps;
import org.costate.unroll.Cotangents;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The first training steps of a process: the cell is described, planned and compiled, its weights
/// and inputs are drawn, and it is trained. Ten processes each.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(
    value = 10,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class FirstSteps {
  /// The cell.
  @Param({"LSTM", "MGU"})
  public TrainingSteps.Cell cell;

  /// Which of [TrainingSteps.Sizes#ALL].
  @Param({"0", "2", "4"})
  public int sizes;

  /// One step.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents first() {
    return steps(1);
  }

  /// Ten steps.
  ///
  /// @return the last gradient
  @Benchmark
  public Cotangents ten() {
    return steps(10);
  }

  private Cotangents steps(int count) {
    var run = new TrainingSteps(cell, TrainingSteps.Sizes.ALL.get(sizes));
    Cotangents last = run.step();
    for (int i = 1; i < count; i++) {
      last = run.step();
    }
    return last;
  }
}
