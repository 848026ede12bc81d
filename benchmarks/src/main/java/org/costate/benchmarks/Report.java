package org.costate.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.costate.examples.bench.TrainingSteps;
import org.costate.unroll.Machine;
import org.costate.unroll.Precision;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Runs [TrainingStep] under JMH and writes `training.csv` and `training.png`: median time, rate,
/// the fraction of the rate of a 1024³ product timed in the same run, bytes allocated by a step,
/// and the gradient's time over the forward pass's.
public final class Report {
  private Report() {}

  /// @param arguments the folder to write to; `target` if there is none
  /// @throws RunnerException if JMH cannot run
  /// @throws IOException if the folder cannot be written
  public static void main(String[] arguments) throws RunnerException, IOException {
    Path folder = Files.createDirectories(Path.of(arguments.length > 0 ? arguments[0] : "target"));
    double peak = Machine.productRate(Precision.FLOAT, 1024, Machine.threads(), 5);
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(TrainingStep.class.getName())
                    .addProfiler(GCProfiler.class)
                    .build())
            .run();
    var forward = new TreeMap<String, Double>();
    var step = new TreeMap<String, RunResult>();
    for (RunResult result : results) {
      String key = result.getParams().getParam("cell") + " " + result.getParams().getParam("sizes");
      if (result.getParams().getBenchmark().endsWith("forward")) {
        forward.put(key, median(result));
      } else {
        step.put(key, result);
      }
    }
    var lines = new ArrayList<String>();
    lines.add(
        "name,threads,ms,gflops,product_gflops,fraction,gradient_over_forward,bytes_allocated");
    var bars = new TreeMap<String, Map<String, Double>>();
    for (var entry : step.entrySet()) {
      String[] key = entry.getKey().split(" ");
      var cell = TrainingSteps.Cell.valueOf(key[0]);
      var sizes = TrainingSteps.Sizes.ALL.get(Integer.parseInt(key[1]));
      var run = new TrainingSteps(cell, sizes);
      double ms = median(entry.getValue());
      double rate = run.flops() / ms / 1e6;
      double before = forward.get(entry.getKey());
      double bytes = entry.getValue().getSecondaryResults().get("gc.alloc.rate.norm").getScore();
      lines.add(
          String.format(
              Locale.ROOT,
              "%s,%d,%.4f,%.1f,%.1f,%.3f,%.2f,%.0f",
              run.name(),
              Machine.threads(),
              ms,
              rate,
              peak,
              rate / peak,
              (ms - before) / before,
              bytes));
      bars.computeIfAbsent(key[0], _ -> new TreeMap<>()).put(sizes.toString(), rate / peak);
    }
    Files.write(folder.resolve("training.csv"), lines);
    figure(bars, folder.resolve("training.png"));
    lines.forEach(System.out::println);
  }

  /// The median of the iterations: a machine that is shared makes single ones several times as
  /// long.
  private static double median(RunResult result) {
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  private static void figure(Map<String, Map<String, Double>> bars, Path file) throws IOException {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(1300)
            .height(500)
            .title("Training step: fraction of the machine's own 1024³ product")
            .xAxisTitle("batch, steps, inputs, hidden")
            .yAxisTitle("fraction")
            .build();
    List<String> sizes = TrainingSteps.Sizes.ALL.stream().map(Object::toString).toList();
    bars.forEach(
        (cell, values) ->
            chart.addSeries(
                cell, sizes, sizes.stream().map(s -> values.getOrDefault(s, 0.0)).toList()));
    Files.write(file, ChartEncoder.getBytes(chart, "png"));
  }
}
