package org.costate.benchmarks;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.costate.graph.Shape;
import org.costate.random.RandomStream;
import org.costate.rnn.LstmCell;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Tape;
import org.costate.unroll.Unroll;
import org.openjdk.jmh.annotations.AuxCounters;
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

/// An LSTM with 64 units over long sequences: time must grow like T, and memory by the save policy.
/// The column `states` is what was saved, in states over √T. The outputs of 100,000 steps are 204
/// MB that live until the pass is over, so the young generation is larger than elsewhere: a smaller
/// one is copied in the middle of it, to pages that nothing has touched yet.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = LongSequence.ITERATIONS, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=1g"
    })
public class LongSequence {
  static final int ITERATIONS = 4;

  private static final int HIDDEN = 64;
  private static final int LANES = 8;

  /// T.
  @Param({"100", "1000", "10000", "100000"})
  public int horizon;

  /// Whether everything is saved, or a state in so many steps.
  @Param({"true", "false"})
  public boolean saveAll;

  private Unroll unroll;
  private Parameters theta;
  private Sequences batch;

  /// What was saved.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.EVENTS)
  public static class Saved {
    /// In states over √T.
    public double states;
  }

  /// Draws weights and inputs.
  @Setup
  public void draw() {
    unroll = Unroll.of(LstmCell.of(HIDDEN).step(4), Precision.FLOAT, Set.of());
    theta = Parameters.initialise(unroll.layout(), 1);
    RandomStream random = RandomStream.of(1, "benchmark");
    double[][] x = new double[horizon][LANES * 4];
    for (double[] row : x) {
      java.util.Arrays.setAll(row, _ -> random.nextGaussian());
    }
    batch = Sequences.of(LANES, horizon).with("x", new Series(Shape.of(4), LANES, x));
  }

  /// Forward and backward.
  ///
  /// @param saved what was saved
  /// @return the gradient
  @Benchmark
  public Cotangents step(Saved saved) {
    // Kept steps cost 2.5 states each beside the state: k steps and T / k states are fewest here.
    SavePolicy policy =
        saveAll
            ? new SavePolicy.All()
            : new SavePolicy.Every((int) Math.round(Math.sqrt(horizon / 3.5)));
    Tape tape = unroll.forward(theta, unroll.zeroState(LANES), batch, policy);
    // JMH adds such a counter up over the iterations.
    double state = 2 * HIDDEN * Float.BYTES * LANES;
    saved.states = tape.savedBytes() / (Math.sqrt(horizon) * state) / ITERATIONS;
    return tape.backward(Seeds.of("h", 1));
  }
}
