package org.costate.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// The charts that experiments draw, in one style.
public final class Figures {
  private static final Color[] COLOURS = {
    new Color(0x1f77b4), new Color(0xd62728), new Color(0x2ca02c), new Color(0x9467bd),
        new Color(0xff7f0e),
    new Color(0x8c564b), new Color(0x17becf), new Color(0x7f7f7f), new Color(0xbcbd22),
        new Color(0xe377c2)
  };

  /// From dark to light, for a picture; and pale, so that numbers can be read on it.
  private static final Color[] VIVID = {
    new Color(0x0d0887),
    new Color(0x7e03a8),
    new Color(0xcc4778),
    new Color(0xf89540),
    new Color(0xf0f921)
  };

  /// From below zero to above it.
  private static final Color[] DIVERGING = {
    new Color(0x2166ac), new Color(0x92c5de), Color.WHITE, new Color(0xf4a582), new Color(0xb2182b)
  };

  private static final Color[] PALE = {new Color(0xf7fbff), new Color(0x6baed6)};
  private static final int MOST_NUMBERED = 25;
  private static final double SMALLEST = 1e-30;

  private Figures() {}

  private static void style(Styler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setSeriesColors(COLOURS);
    styler.setLegendPosition(Styler.LegendPosition.OutsideE);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setChartPadding(12);
  }

  private static XYChart lines(String title, String x, String y, boolean logarithmic) {
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(480)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(logarithmic ? "log10 of " + y : y)
            .build();
    style(chart.getStyler());
    chart.getStyler().setMarkerSize(0);
    if (logarithmic) {
      chart.getStyler().setYAxisDecimalPattern("0.###");
    }
    chart.getStyler().setPlotGridLinesColor(new Color(0xe0e0e0));
    return chart;
  }

  /// Adds a line; on a logarithmic axis its logarithm, without what has none.
  private static void add(XYChart chart, String name, double[] x, double[] y, boolean logarithmic) {
    var keptX = new ArrayList<Double>();
    var keptY = new ArrayList<Double>();
    for (int i = 0; i < y.length; i++) {
      if (Double.isFinite(y[i]) && (!logarithmic || y[i] > SMALLEST)) {
        keptX.add(x[i]);
        keptY.add(logarithmic ? Math.log10(y[i]) : y[i]);
      }
    }
    if (!keptX.isEmpty()) {
      XYSeries series = chart.addSeries(name, keptX, keptY);
      series.setMarker(SeriesMarkers.NONE);
      series.setLineStyle(new BasicStroke(2f));
    }
  }

  private static double[] index(int n) {
    double[] x = new double[n];
    Arrays.setAll(x, i -> i);
    return x;
  }

  /// Norms over time on a logarithmic axis: the picture of vanishing and exploding gradients.
  ///
  /// @param title the title
  /// @param profiles the norms for t = 0, 1, … by name; zeros and non-finite values are left out
  /// @return the figure
  public static Figure normOverTime(String title, Map<String, double[]> profiles) {
    XYChart chart = lines(title, "time step t", "the costate norm ‖λ(t)‖", true);
    profiles.forEach((name, norms) -> add(chart, name, index(norms.length), norms, true));
    return new Figure(chart);
  }

  /// Curves over a common axis.
  ///
  /// @param title the title
  /// @param x the label of the axis
  /// @param y the label of the values
  /// @param curves by name, points `{x, y}` as two arrays
  /// @param logarithmic whether values are on a logarithmic axis
  /// @return the figure
  public static Figure curves(
      String title, String x, String y, Map<String, double[][]> curves, boolean logarithmic) {
    XYChart chart = lines(title, x, y, logarithmic);
    curves.forEach((name, points) -> add(chart, name, points[0], points[1], logarithmic));
    return new Figure(chart);
  }

  /// A matrix as colours, columns along x; log₁₀ of norms, say.
  ///
  /// @param title the title
  /// @param x the label of the columns
  /// @param y the label of the rows
  /// @param columns the names of the columns
  /// @param rows the names of the rows, the first at the bottom
  /// @param values `[row][column]`
  /// @return the figure
  public static Figure heatMap(
      String title, String x, String y, List<?> columns, List<?> rows, double[][] values) {
    boolean numbered = values.length * values[0].length <= MOST_NUMBERED;
    HeatMapChart chart = map(title, x, y, columns, rows, values);
    chart.getStyler().setRangeColors(numbered ? PALE : VIVID);
    chart.getStyler().setHeatMapValueDecimalPattern("0.##");
    chart.getStyler().setShowValue(numbered);
    double[] finite =
        Arrays.stream(values).flatMapToDouble(Arrays::stream).filter(Double::isFinite).toArray();
    if (!numbered && finite.length > 0) {
      double least = Arrays.stream(finite).min().orElseThrow();
      double largest = Arrays.stream(finite).max().orElseThrow();
      chart.getStyler().setMin(rounded(least, 3, RoundingMode.FLOOR));
      chart.getStyler().setMax(rounded(largest, 3, RoundingMode.CEILING));
    }
    return new Figure(chart);
  }

  /// A matrix of differences as colours: white is 0, red above it, blue below.
  ///
  /// @param title the title
  /// @param x the label of the columns
  /// @param y the label of the rows
  /// @param columns the names of the columns
  /// @param rows the names of the rows, the first at the bottom
  /// @param values `[row][column]`
  /// @return the figure
  public static Figure differenceMap(
      String title, String x, String y, List<?> columns, List<?> rows, double[][] values) {
    double largest =
        Arrays.stream(values).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0);
    double limit = largest == 0 ? 1 : rounded(largest, 2, RoundingMode.UP);
    HeatMapChart chart = map(title, x, y, columns, rows, values);
    chart.getStyler().setRangeColors(DIVERGING);
    chart.getStyler().setMin(-limit);
    chart.getStyler().setMax(limit);
    return new Figure(chart);
  }

  /// An end of a scale with few digits, because the legend shows it as it is.
  private static double rounded(double end, int digits, RoundingMode mode) {
    return new BigDecimal(end).round(new MathContext(digits, mode)).doubleValue();
  }

  private static HeatMapChart map(
      String title, String x, String y, List<?> columns, List<?> rows, double[][] values) {
    var chart =
        new HeatMapChartBuilder()
            .width(900)
            .height(480)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisMaxLabelCount(15);
    var data = new ArrayList<Number[]>();
    for (int i = 0; i < rows.size(); i++) {
      for (int j = 0; j < columns.size(); j++) {
        if (Double.isFinite(values[i][j])) {
          data.add(new Number[] {j, i, values[i][j]});
        }
      }
    }
    chart.addSeries("value", columns, rows, data);
    return chart;
  }

  /// Bars by category, one colour for each series.
  ///
  /// @param title the title
  /// @param x the label of the categories
  /// @param y the label of the values
  /// @param categories the names of the categories
  /// @param series the values by name
  /// @return the figure
  public static Figure bars(
      String title, String x, String y, List<String> categories, Map<String, double[]> series) {
    var chart =
        new CategoryChartBuilder()
            .width(900)
            .height(420)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    style(chart.getStyler());
    chart.getStyler().setPlotGridVerticalLinesVisible(false).setXAxisLabelRotation(0);
    chart.getStyler().setAvailableSpaceFill(0.9);
    if (categories.size() > 20) {
      chart.getStyler().setXAxisMaxLabelCount(13);
    }
    series.forEach(
        (name, values) ->
            chart.addSeries(name, categories, Arrays.stream(values).boxed().toList()));
    return new Figure(chart);
  }
}
