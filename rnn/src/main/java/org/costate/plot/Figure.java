package org.costate.plot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.costate.io.AtomicFiles;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.SwingWrapper;
import org.knowm.xchart.internal.chartpart.Chart;

/// A finished chart that can be saved, embedded in a page, or shown in a window.
///
/// @param chart the XChart chart
public record Figure(Chart<?, ?> chart) {
  /// Writes `name.png` and `name.svg`.
  ///
  /// @param folder where
  /// @param name the name without an ending
  /// @throws IOException if they cannot be written
  public void save(Path folder, String name) throws IOException {
    byte[] png = png();
    AtomicFiles.write(folder.resolve(name + ".png"), file -> Files.write(file, png));
    byte[] svg = ChartEncoder.getBytes(chart, "svg");
    AtomicFiles.write(folder.resolve(name + ".svg"), file -> Files.write(file, svg));
  }

  /// The figure as a PNG.
  ///
  /// @return the bytes
  /// @throws IOException if it cannot be drawn
  public byte[] png() throws IOException {
    return ChartEncoder.getBytes(chart, "png");
  }

  /// The figure as a `data:` URI for a page.
  ///
  /// @return the URI
  /// @throws IOException if it cannot be drawn
  public String dataUri() throws IOException {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png());
  }

  /// Shows the figure in a window, where there is a display.
  ///
  /// @return whether there is one
  public boolean show() {
    if (java.awt.GraphicsEnvironment.isHeadless()) {
      return false;
    }
    new SwingWrapper<>(chart).displayChart();
    return true;
  }
}
