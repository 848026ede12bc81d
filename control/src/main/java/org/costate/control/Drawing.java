package org.costate.control;

import java.util.ArrayList;
import java.util.List;

/// A picture of a plant in one state: lines and areas in the plane, in metres, x to the right and y
/// up.
///
/// @param strokes what is drawn, in order
public record Drawing(List<Stroke> strokes) {
  /// A line through points, or an area.
  ///
  /// @param x the points
  /// @param y the points
  /// @param width the width of the line, m; 0 for a thin one
  /// @param filled whether the area inside is filled
  public record Stroke(double[] x, double[] y, double width, boolean filled) {}

  /// A plant that can be drawn.
  public interface Drawable {
    /// Draws a state.
    ///
    /// @param x the state
    /// @return the picture
    Drawing draw(double[] x);
  }

  /// Builds a drawing.
  public static final class Pen {
    private final List<Stroke> strokes = new ArrayList<>();

    /// An empty drawing.
    public Pen() {}

    /// A line.
    ///
    /// @param width its width, m
    /// @param xy x₁, y₁, x₂, y₂ …
    /// @return this
    public Pen line(double width, double... xy) {
      return add(width, false, xy);
    }

    /// An area.
    ///
    /// @param xy its corners x₁, y₁, x₂, y₂ …
    /// @return this
    public Pen area(double... xy) {
      return add(0, true, xy);
    }

    private Pen add(double width, boolean filled, double[] xy) {
      double[] x = new double[xy.length / 2];
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = xy[2 * i];
        y[i] = xy[2 * i + 1];
      }
      strokes.add(new Stroke(x, y, width, filled));
      return this;
    }

    /// A disc.
    ///
    /// @param x its centre
    /// @param y its centre
    /// @param radius its radius
    /// @return this
    public Pen disc(double x, double y, double radius) {
      double[] xy = new double[48];
      for (int i = 0; i < 24; i++) {
        xy[2 * i] = x + radius * Math.cos(i * Math.PI / 12);
        xy[2 * i + 1] = y + radius * Math.sin(i * Math.PI / 12);
      }
      return area(xy);
    }

    /// A rectangle, turned about its centre.
    ///
    /// @param x its centre
    /// @param y its centre
    /// @param length its length along the direction
    /// @param width its width across
    /// @param angle the direction, rad
    /// @return this
    public Pen box(double x, double y, double length, double width, double angle) {
      double c = Math.cos(angle);
      double s = Math.sin(angle);
      double[] xy = new double[8];
      double[][] corners = {{1, 1}, {1, -1}, {-1, -1}, {-1, 1}};
      for (int i = 0; i < 4; i++) {
        double along = corners[i][0] * length / 2;
        double across = corners[i][1] * width / 2;
        xy[2 * i] = x + c * along - s * across;
        xy[2 * i + 1] = y + s * along + c * across;
      }
      return area(xy);
    }

    /// The drawing.
    ///
    /// @return the picture
    public Drawing drawing() {
      return new Drawing(List.copyOf(strokes));
    }
  }
}
