package org.costate.benchmarks;

import java.util.concurrent.TimeUnit;
import org.costate.examples.bench.TrainingSteps;
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

/// Forward and all parameter gradients of a recurrent cell, float, on as many threads as there are
/// processors (`-jvmArgsAppend -Dorg.costate.threads=1` for one).
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class TrainingStep {
  /// The cell.
  @Param({"ELMAN", "LSTM", "GRU", "MGU"})
  public TrainingSteps.Cell cell;

  /// Which of [TrainingSteps.Sizes#ALL].
  @Param({"0", "1", "2", "3", "4", "5"})
  public int sizes;

  private TrainingSteps run;

  /// Draws weights and inputs.
  @Setup
  public void draw() {
    run = new TrainingSteps(cell, TrainingSteps.Sizes.ALL.get(sizes));
  }

  /// Forward only.
  ///
  /// @return the outputs
  @Benchmark
  public Rollout forward() {
    return run.forward();
  }

  /// Forward and backward.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents step() {
    return run.step();
  }
}
