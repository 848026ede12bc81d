package org.costate.benchmarks;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.costate.graph.Functions;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Rollout;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Time of one element-wise function of one number, float: twenty in a chain over rows of 1,024, so
/// that reading and writing are a small part. `TAN` has no vector form, so it shows what the others
/// would take without theirs.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class ElementaryRows {
  private static final int LENGTH = 1024;
  private static final int STEPS = 100;
  private static final int CHAIN = 20;

  /// The functions.
  public enum Function {
    /// eˣ
    EXP,
    /// Hyperbolic tangent.
    TANH,
    /// Sine.
    SIN,
    /// Cosine.
    COS,
    /// Tangent.
    TAN;

    Value of(Value x) {
      return switch (this) {
        case EXP -> Functions.exp(x);
        case TANH -> Functions.tanh(x);
        case SIN -> Functions.sin(x);
        case COS -> Functions.cos(x);
        case TAN -> Functions.tan(x);
      };
    }
  }

  /// The function.
  @Param({"EXP", "TANH", "SIN", "COS", "TAN"})
  public Function function;

  private Unroll unroll;
  private Parameters parameters;
  private Sequences inputs;

  /// Draws the numbers.
  @Setup
  public void draw() {
    StepGraph step =
        StepGraph.define(
            "chain",
            s -> {
              Value x = s.input("x", LENGTH);
              Value y = x;
              for (int i = 0; i < CHAIN; i++) {
                // Back to about the range of x, whatever the function.
                y = function.of(y.times(0.5)).plus(x);
              }
              s.output("y", y);
            });
    unroll = Unroll.of(step, Precision.FLOAT, Set.of());
    parameters = new Parameters(unroll.layout(), new double[0]);
    double[][] x = new double[STEPS][LENGTH];
    RandomStream random = RandomStream.of(1, "rows");
    for (double[] row : x) {
      for (int i = 0; i < LENGTH; i++) {
        row[i] = random.nextDouble(-1, 0);
      }
    }
    inputs = Sequences.of(1, STEPS).with("x", new Series(Shape.of(LENGTH), 1, x));
  }

  /// All rows.
  ///
  /// @return the outputs
  @Benchmark
  @OperationsPerInvocation(LENGTH * STEPS * CHAIN)
  public Rollout rows() {
    return unroll.evaluate(parameters, unroll.zeroState(1), inputs);
  }
}
