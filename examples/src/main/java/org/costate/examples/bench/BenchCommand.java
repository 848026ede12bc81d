package org.costate.examples.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.costate.unroll.Machine;
import org.costate.unroll.Precision;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `costate bench`: how fast this machine is, in under a minute a table. The benchmarks with JMH
/// are in the module `benchmarks`.
@Command(
    name = "bench",
    description = "Time matrix products, recurrent training steps and robot gradients here.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "gemm: C = A B of square matrices. rnn: forward and all gradients of a batch, float;",
      "fraction is of this machine's own product of two 1024 x 1024 matrices. control: cost of",
      "T steps (value) and cost with its gradient (gradient), one trajectory, double.",
      "Each time is the best of --seconds, after as long to settle, or three times as long with",
      "one lane, whose steps are compiled as one kernel after a while."
    })
public final class BenchCommand implements Callable<Integer> {
  /// What is timed.
  enum Table {
    GEMM,
    RNN,
    CONTROL
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "TABLE",
      description = "gemm, rnn or control; all three if left out.")
  private Table table;

  @Option(names = "--json", description = "One JSON object a row instead of a table.")
  private boolean json;

  @Option(
      names = "--seconds",
      defaultValue = "0.7",
      description = "How long to time each row (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private PrintWriter out;

  /// For the command line.
  public BenchCommand() {}

  @Override
  public Integer call() throws IOException {
    if (!(seconds > 0 && seconds <= 600)) {
      throw new IllegalArgumentException(
          "bench: --seconds must be positive and at most 600, got " + seconds + ".");
    }
    out = spec.commandLine().getOut();
    if (!json) {
      out.printf(
          "%d threads, %s%n",
          Machine.threads(),
          Machine.vectorBits() == 0
              ? "no vector kernels (start Java with --add-modules jdk.incubator.vector)"
              : "vectors of " + Machine.vectorBits() + " bits");
    }
    for (Table each : table == null ? Table.values() : new Table[] {table}) {
      switch (each) {
        case GEMM -> gemm();
        case RNN -> recurrent();
        case CONTROL -> control();
      }
    }
    return 0;
  }

  private void gemm() throws IOException {
    head("%-12s %8s %10s %10s", "product", "threads", "ms", "GFLOP/s");
    for (Precision precision : Precision.values()) {
      for (int size : new int[] {256, 1024}) {
        for (int threads : threadCounts()) {
          double rate = Machine.productRate(precision, size, threads, seconds);
          String name = (precision == Precision.FLOAT ? "sgemm-" : "dgemm-") + size;
          double each = 2e-6 * size * size * size / rate * threads;
          row(
              "%-12s %8d %10.3f %10.1f",
              fields("name", name, "threads", threads, "ms", each, "gflops", rate));
        }
      }
    }
  }

  private static int[] threadCounts() {
    return Machine.threads() == 1 ? new int[] {1} : new int[] {1, Machine.threads()};
  }

  private void recurrent() throws IOException {
    double peak =
        Machine.productRate(Precision.FLOAT, 1024, Machine.threads(), Math.min(1, seconds));
    head(
        "%-28s %8s %10s %10s %10s %18s %14s",
        "training step",
        "threads",
        "ms",
        "GFLOP/s",
        "fraction",
        "gradient/forward",
        "kB allocated");
    for (TrainingSteps.Sizes sizes : TrainingSteps.Sizes.ALL) {
      for (TrainingSteps.Cell cell : TrainingSteps.Cell.values()) {
        var run = new TrainingSteps(cell, sizes);
        int longer = sizes.lanes() == 1 ? 3 : 1;
        double all = best(run::step, longer * seconds, seconds);
        double forward = best(run::forward, longer * seconds / 4, seconds / 4);
        double rate = run.flops() / all / 1e6;
        row(
            "%-28s %8d %10.3f %10.1f %10.2f %18.2f %14.0f",
            fields(
                "name",
                run.name(),
                "threads",
                Machine.threads(),
                "ms",
                all,
                "gflops",
                rate,
                "fraction",
                rate / peak,
                "gradient_forward",
                (all - forward) / forward,
                "allocated_kb",
                allocated(run::step) / 1024.0));
      }
    }
  }

  private void control() throws IOException {
    head("%-20s %12s %14s %10s", "trajectory", "value us", "gradient us", "ratio");
    for (int horizon : new int[] {100, 1000}) {
      for (Robots run : List.of(Robots.cartPole(horizon), Robots.arm(horizon))) {
        double value = best(run::value, 2 * seconds, 2 * seconds) * 1e3;
        double gradient = best(run::valueAndGradient, 2 * seconds, 2 * seconds) * 1e3;
        row(
            "%-20s %12.1f %14.1f %10.2f",
            fields(
                "name",
                run.name(),
                "value_us",
                value,
                "gradient_us",
                gradient,
                "ratio",
                gradient / value));
      }
    }
  }

  /// The shortest time in milliseconds, after a time for HotSpot to settle.
  private static double best(Runnable body, double settle, double seconds) {
    long settled = System.nanoTime() + (long) (settle * 1e9);
    while (System.nanoTime() < settled) {
      body.run();
    }
    long end = System.nanoTime() + (long) (seconds * 1e9);
    double best = Double.POSITIVE_INFINITY;
    int runs = 0;
    while (System.nanoTime() < end || runs < 3) {
      long start = System.nanoTime();
      body.run();
      best = Math.min(best, (System.nanoTime() - start) / 1e6);
      runs++;
    }
    return best;
  }

  /// The bytes that one run allocates on this thread: arrays for results, none in the loops.
  private static long allocated(Runnable body) {
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    body.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private void head(String format, Object... titles) {
    if (!json) {
      out.printf("%n" + format + "%n", titles);
      out.flush();
    }
  }

  private static Map<String, Object> fields(Object... pairs) {
    var fields = new LinkedHashMap<String, Object>();
    for (int i = 0; i < pairs.length; i += 2) {
      fields.put((String) pairs[i], pairs[i + 1]);
    }
    return fields;
  }

  private void row(String format, Map<String, Object> fields) throws IOException {
    if (json) {
      var rounded = new LinkedHashMap<String, Object>();
      fields.forEach(
          (name, value) ->
              rounded.put(name, value instanceof Double d ? Math.round(d * 1e4) / 1e4 : value));
      out.println(new ObjectMapper().writeValueAsString(rounded));
    } else {
      out.printf(Locale.ROOT, format + "%n", new ArrayList<>(fields.values()).toArray());
    }
    out.flush();
  }
}
