package org.costate.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.costate.genomics.Genome;
import org.costate.genomics.model.GenomeScan;
import org.costate.genomics.model.SpliceModel;
import org.costate.random.RandomStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Bases of a genome, both strands, that the shipped splice model scores in a millisecond
/// (thousands a second), on random DNA in memory.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules",
      "jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:MaxNewSize=256m"
    })
public class SpliceScan {
  private static final int LENGTH = 1 << 19;

  private GenomeScan scan;

  /// Draws a contig.
  @Setup
  public void prepare() throws IOException {
    RandomStream random = RandomStream.of(1, "scan");
    byte[] bases = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      bases[i] = (byte) "ACGT".charAt(random.nextInt(4));
    }
    scan = new GenomeScan(Genome.of(Map.of("c", bases)), SpliceModel.shipped());
  }

  /// Scores the contig.
  @Benchmark
  @OperationsPerInvocation(LENGTH)
  public float[] scan() throws IOException {
    float[] best = new float[1];
    scan.run(
        List.of("c"),
        _ -> true,
        (_, scores) -> {
          for (float p : scores.donor()) {
            best[0] = Math.max(best[0], p);
          }
        });
    return best;
  }
}
