package org.costate.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Neighbourhood;
import org.costate.automata.Notation;
import org.costate.automata.Recording;
import org.costate.automata.TableRule;
import org.costate.automata.World;
import org.costate.automata.learn.RuleClass;
import org.costate.automata.learn.Transitions;
import org.costate.random.RandomStream;
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

/// Cell updates and counted transitions per microsecond, one thread, on a torus of 4096 × 4096
/// cells (that is, millions a second). Rules of growing complexity: by count, isotropic, a random
/// table.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class Automata {
  private static final int SIDE = 4096;

  /// The rule; `random` is a table of 512 random entries.
  @Param({"B3/S23", "B2-a/S12", "random"})
  private String rule;

  private World world;
  private Recording recording;

  /// Makes a board and its successor.
  @Setup
  public void prepare() {
    TableRule table;
    if (rule.equals("random")) {
      RandomStream random = RandomStream.of(1, "table");
      byte[] outputs = new byte[512];
      for (int i = 0; i < outputs.length; i++) {
        outputs[i] = (byte) random.nextInt(2);
      }
      table = new TableRule(2, Neighbourhood.moore(1), outputs);
    } else {
      table = (TableRule) Notation.rule(rule);
    }
    Lattice start = World.random(SIDE, SIDE, 2, 0.5, RandomStream.of(1, "board"));
    world = new World(table, new Boundary.Torus(), start);
    recording =
        Recording.of(
            List.of(start, new World(table, new Boundary.Torus(), start).step().lattice()));
  }

  /// One step of the whole board.
  ///
  /// @return the world
  @Benchmark
  @OperationsPerInvocation(SIDE * SIDE)
  public World step() {
    return world.step();
  }

  /// Counting one transition of the whole board.
  ///
  /// @return the counts
  @Benchmark
  @OperationsPerInvocation(SIDE * SIDE)
  public long[][] count() {
    return Transitions.count(recording, new Boundary.Torus(), RuleClass.lifeLike());
  }
}
