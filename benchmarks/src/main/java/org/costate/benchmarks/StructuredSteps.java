package org.costate.benchmarks;

import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.convolve2d;
import static org.costate.graph.Functions.exp;
import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.softmax;
import static org.costate.graph.Functions.tanh;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.costate.graph.Convolution;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Executor;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
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

/// Training steps of cells that are more than gates and products with parameters: what differs
/// between lanes is a matrix, a picture or a row of a table. Float, compiled and by the reference
/// executor, which works in double.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class StructuredSteps {
  private static final Initializer INITIALIZER = Initializer.normal(0.1);

  /// A cell, and the size of its batch.
  public enum Cell {
    /// A table of 1,000 rows of 64 numbers before a recurrent layer of 64.
    EMBEDDING(32, 100, StructuredSteps::embedding),
    /// A matrix of fast weights that is carried along: A′ = 0.95 A + 0.5 h hᵀ (Ba et al. 2016).
    FAST_WEIGHTS(16, 50, StructuredSteps::fastWeights),
    /// Attention of a query to 32 rows of a memory that is carried along.
    ATTENTION(16, 50, StructuredSteps::attention),
    /// Self-attention among 16 rows of 32 numbers.
    SLOTS(16, 20, StructuredSteps::slots),
    /// A convolutional minimal gated unit: eight channels of 16 × 16, kernels of 3 × 3.
    CONVOLUTION(8, 20, StructuredSteps::convolution);

    private final int lanes;
    private final int horizon;
    private final Function<StepBuilder, Value> step;

    Cell(int lanes, int horizon, Function<StepBuilder, Value> step) {
      this.lanes = lanes;
      this.horizon = horizon;
      this.step = step;
    }
  }

  /// The cell.
  @Param public Cell cell;

  /// What runs it.
  @Param({"COMPILED", "REFERENCE"})
  public Executor executor;

  private Unroll unroll;
  private Parameters theta;
  private org.costate.unroll.State initial;
  private Sequences batch;

  private static Value embedding(StepBuilder s) {
    Value h = s.carry("h", 64);
    Value row = s.shared("table", INITIALIZER, 1000, 64).gather(s.input("x"));
    Value next =
        tanh(
            s.shared("input", INITIALIZER, 64, 64)
                .times(row)
                .plus(s.shared("recurrent", INITIALIZER, 64, 64).times(h)));
    s.next(h, next);
    return next;
  }

  private static Value fastWeights(StepBuilder s) {
    Value h = s.carry("h", 64);
    Value fast = s.carry("fast", 64, 64);
    Value next =
        tanh(s.shared("input", INITIALIZER, 64, 16).times(s.input("x", 16)).plus(fast.times(h)));
    s.next(h, next);
    s.next(fast, fast.times(0.95).plus(next.outer(next).times(0.5)));
    return next;
  }

  private static Value attention(StepBuilder s) {
    Value h = s.carry("h", 64);
    Value memory = s.carry("memory", 32, 64);
    Value attended = memory.transpose().times(softmax(memory.times(h)));
    Value next =
        tanh(
            s.shared("w", INITIALIZER, 64, 64 + 64 + 16)
                .times(concat(h, attended, s.input("x", 16))));
    s.next(h, next);
    s.next(memory, memory);
    return next;
  }

  private static Value slots(StepBuilder s) {
    Value rows = s.carry("rows", 16, 32);
    Value queries = rows.times(s.shared("query", INITIALIZER, 32, 32));
    Value keys = rows.times(s.shared("key", INITIALIZER, 32, 32));
    Value scores = exp(queries.times(keys.transpose()).times(1 / Math.sqrt(32)));
    Value weights = scores.over(scores.sum(1).repeat(1, 16));
    Value next =
        tanh(
            weights
                .times(rows.times(s.shared("value", INITIALIZER, 32, 32)))
                .plus(s.input("x", 32).repeat(0, 16)));
    s.next(rows, next);
    return next;
  }

  private static Value convolution(StepBuilder s) {
    Convolution same = Convolution.PLAIN.padding(1);
    Value h = s.carry("h", 8, 16, 16);
    Value x = s.input("x", 1, 16, 16);
    Value forget =
        sigmoid(
            convolve2d(x, s.shared("xf", INITIALIZER, 8, 1, 3, 3), same)
                .plus(convolve2d(h, s.shared("hf", INITIALIZER, 8, 8, 3, 3), same)));
    Value candidate =
        tanh(
            convolve2d(x, s.shared("xc", INITIALIZER, 8, 1, 3, 3), same)
                .plus(
                    convolve2d(h.hadamard(forget), s.shared("hc", INITIALIZER, 8, 8, 3, 3), same)));
    Value next = h.plus(forget.hadamard(candidate.minus(h)));
    s.next(h, next);
    return next;
  }

  /// Draws weights, states and inputs.
  @Setup
  public void draw() {
    StepGraph step =
        StepGraph.define(
            cell.name().toLowerCase(java.util.Locale.ROOT), s -> s.output("y", cell.step.apply(s)));
    unroll = Unroll.of(step, Precision.FLOAT, Set.of()).on(executor);
    theta = Parameters.initialise(unroll.layout(), 1);
    RandomStream random = RandomStream.of(1, "benchmark");
    initial = unroll.zeroState(cell.lanes);
    initial.values().values().forEach(v -> Arrays.setAll(v, _ -> 0.1 * random.nextGaussian()));
    Shape shape = step.shape(step.input("x"));
    double[][] x = new double[cell.horizon][cell.lanes * shape.size()];
    for (double[] row : x) {
      Arrays.setAll(
          row, _ -> cell == Cell.EMBEDDING ? random.nextInt(1000) : random.nextGaussian());
    }
    batch = Sequences.of(cell.lanes, cell.horizon).with("x", new Series(shape, cell.lanes, x));
  }

  /// Forward and backward.
  ///
  /// @return the gradient
  @Benchmark
  public Cotangents step() {
    return unroll.forward(theta, initial, batch, new SavePolicy.All()).backward(Seeds.of("y", 1));
  }
}
