package org.costate.benchmarks;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.costate.graph.Shape;
import org.costate.random.RandomStream;
import org.costate.rnn.LstmCell;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Rollout;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Sweep;
import org.costate.unroll.Unroll;
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

/// What a gradient costs, as multiples of a forward pass: an LSTM over 100 steps of a batch of 32,
/// one thread, in double. Five warm-up iterations are enough for HotSpot to settle; a second each
/// averages over garbage collections.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
public class LstmSweep {
  private static final int LANES = 32;
  private static final int HORIZON = 100;
  private static final int INPUT = 64;

  /// Hidden units.
  @Param({"64", "256"})
  public int hidden;

  private Unroll unroll;
  private Parameters theta;
  private Sequences batch;

  /// Draws weights and inputs.
  @Setup
  public void draw() {
    unroll = Unroll.of(LstmCell.of(hidden).step(INPUT), Precision.DOUBLE, Set.of());
    theta = Parameters.initialise(unroll.layout(), 1);
    RandomStream random = RandomStream.of(1, "benchmark");
    double[][] x = new double[HORIZON][LANES * INPUT];
    for (double[] row : x) {
      java.util.Arrays.setAll(row, _ -> random.nextGaussian());
    }
    batch = Sequences.of(LANES, HORIZON).with("x", new Series(Shape.of(INPUT), LANES, x));
  }

  /// Forward only.
  ///
  /// @return the outputs
  @Benchmark
  public Rollout forward() {
    return unroll.evaluate(theta, unroll.zeroState(LANES), batch);
  }

  private Cotangents gradient(SavePolicy save, Sweep sweep) {
    return unroll
        .forward(theta, unroll.zeroState(LANES), batch, save)
        .backward(Seeds.of("h", 1), sweep);
  }

  /// Forward and backward, everything saved.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents gradient() {
    return gradient(new SavePolicy.All(), Sweep.full());
  }

  /// The same, recording gradient flow.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents gradientWithFlow() {
    return gradient(new SavePolicy.All(), Sweep.full().withFlow());
  }

  /// The same with ten states of a hundred kept, and the rest computed again once.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents gradientWithCheckpoints() {
    return gradient(new SavePolicy.Every(10), Sweep.full());
  }
}
