package org.costate.automata.plot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.costate.automata.Lattice;
import org.costate.automata.learn.Learned;
import org.costate.plot.Figure;
import org.costate.plot.Figures;

/// The figures of a learned rule.
public final class AutomatonFigures {
  private static final int MOST_BARS = 102;

  private AutomatonFigures() {}

  /// How often each entry of the rule table was seen: log₁₀ of the count plus one; an entry that
  /// was not seen has no bar.
  ///
  /// @param learned what was learned
  /// @return the figure
  public static Figure coverage(Learned learned) {
    int n = learned.counts().length;
    if (n > MOST_BARS) {
      return grid(learned);
    }
    var names = new ArrayList<String>();
    double[] zero = new double[n];
    double[] one = new double[n];
    for (int e = 0; e < n; e++) {
      names.add(learned.ruleClass().entryName(e));
      long[] counts = learned.counts()[e];
      long rest = 0;
      for (int s = 1; s < counts.length; s++) {
        rest += counts[s];
      }
      zero[e] = Math.log10(1 + counts[0]);
      one[e] = Math.log10(1 + rest);
    }
    var series = new LinkedHashMap<String, double[]>();
    series.put("became 0", zero);
    series.put(learned.ruleClass().states() == 2 ? "became 1" : "became another", one);
    return Figures.bars(
        "Coverage of the rule table", "entry", "log10 of transitions + 1", names, series);
  }

  /// A larger table as a square: log₁₀ of the count, blank where nothing was seen.
  private static Figure grid(Learned learned) {
    int n = learned.counts().length;
    int columns = (int) Math.ceil(Math.sqrt(n));
    int rows = (n + columns - 1) / columns;
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      java.util.Arrays.fill(row, Double.NaN);
    }
    for (int e = 0; e < n; e++) {
      long total = java.util.Arrays.stream(learned.counts()[e]).sum();
      values[e / columns][e % columns] = total == 0 ? Double.NaN : Math.log10(total);
    }
    return Figures.heatMap(
        "Coverage of the rule table: log10 of transitions",
        "entry mod " + columns,
        "entry / " + columns,
        index(columns),
        index(rows),
        values);
  }

  private static List<Integer> index(int n) {
    return java.util.stream.IntStream.range(0, n).boxed().toList();
  }

  /// The learned table beside the true one.
  ///
  /// @param names the names of the entries
  /// @param learned the learned outputs, −1 for open, drawn as −0.5
  /// @param truth the true outputs
  /// @return the figure
  public static Figure learnedAgainstTrue(List<String> names, int[] learned, int[] truth) {
    double[] a = new double[truth.length];
    double[] b = new double[truth.length];
    for (int e = 0; e < truth.length; e++) {
      a[e] = learned[e] < 0 ? -0.5 : learned[e];
      b[e] = truth[e];
    }
    var series = new LinkedHashMap<String, double[]>();
    series.put("learned", a);
    series.put("true", b);
    return Figures.bars("Learned and true rule table", "entry", "next state", names, series);
  }

  /// A history of one dimension as a heat map, time downward.
  ///
  /// @param frames one row each
  /// @param title the title
  /// @return the figure
  public static Figure spaceTime(List<Lattice> frames, String title) {
    int width = frames.getFirst().width();
    double[][] values = new double[frames.size()][width];
    for (int t = 0; t < frames.size(); t++) {
      for (int x = 0; x < width; x++) {
        values[frames.size() - 1 - t][x] = frames.get(t).get(0, x);
      }
    }
    var rows = new ArrayList<Integer>();
    for (int t = frames.size() - 1; t >= 0; t--) {
      rows.add(t);
    }
    return Figures.heatMap(title, "cell", "time step t", index(width), rows, values);
  }
}
