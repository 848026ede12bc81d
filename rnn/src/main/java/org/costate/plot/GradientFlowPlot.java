package org.costate.plot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.train.GradientFlow;
import org.costate.train.Update;

/// The figures and the table of a [GradientFlow].
public final class GradientFlowPlot {
  private GradientFlowPlot() {}

  /// ‖λₜ‖ of each scan over time, in the last frame; a scan that runs backward is drawn at its own
  /// times.
  ///
  /// @param flow the record
  /// @return the figure
  public static Figure overTime(GradientFlow flow) {
    var profiles = new LinkedHashMap<String, double[]>();
    flow.frames()
        .getLast()
        .flow()
        .forEach(
            (scan, norms) ->
                profiles.put(
                    scan, norms.reversed() ? reversed(norms.costateNorm()) : norms.costateNorm()));
    return Figures.normOverTime(
        "Gradient flow over time (after %d updates)".formatted(flow.frames().getLast().update()),
        profiles);
  }

  private static double[] reversed(double[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[values.length - 1 - i];
    }
    return out;
  }

  /// log₁₀ ‖λₜ‖ of one scan, time against training.
  ///
  /// @param flow the record
  /// @param scan the name of the scan
  /// @return the figure
  public static Figure heatMap(GradientFlow flow, String scan) {
    List<GradientFlow.Frame> frames = flow.frames();
    int horizon =
        frames.stream().mapToInt(f -> f.flow().get(scan).costateNorm().length).min().orElseThrow();
    double[][] values = new double[frames.size()][horizon];
    var rows = new ArrayList<String>();
    for (int i = 0; i < values.length; i++) {
      rows.add(Long.toString(frames.get(i).update()));
      double[] norms = frames.get(i).flow().get(scan).costateNorm();
      norms = frames.get(i).flow().get(scan).reversed() ? reversed(norms) : norms;
      for (int t = 0; t < horizon; t++) {
        values[i][t] = norms[t] > 0 ? Math.log10(norms[t]) : Double.NaN;
      }
    }
    var columns = new ArrayList<Integer>();
    for (int t = 0; t < horizon; t++) {
      columns.add(t);
    }
    return Figures.heatMap(
        "log10 of the costate norm, " + scan, "time step t", "update", columns, rows, values);
  }

  /// Norms of every parameter in the last frame.
  ///
  /// @param flow the record
  /// @return rows `parameter, weight, gradient, update/weight, zero gradients`
  public static List<List<String>> table(GradientFlow flow) {
    var rows = new ArrayList<List<String>>();
    for (Map.Entry<String, Update.ParameterNorms> entry :
        flow.frames().getLast().parameters().entrySet()) {
      Update.ParameterNorms n = entry.getValue();
      rows.add(
          List.of(
              entry.getKey(),
              "%.4g".formatted(n.weight()),
              "%.3g".formatted(n.gradient()),
              "%.2g".formatted(n.ratio()),
              Integer.toString(n.zeros())));
    }
    return rows;
  }

  /// The heads of [#table].
  ///
  /// @return the heads
  public static List<String> tableHeads() {
    return List.of(
        "parameter", "weight norm", "gradient norm", "update / weight", "zero gradients");
  }
}
