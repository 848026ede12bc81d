package org.costate.control.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Trajectory;
import org.costate.plot.AnimatedGif;

/// A plant in motion: an animated GIF, and a strip of some of its frames over one another.
public final class RobotAnimation {
  private static final int SIZE = 480;
  private static final double FRAMES_PER_SECOND = 25;
  private static final int MOST_FRAMES = 150;

  private final Drawing.Drawable plant;
  private final Trajectory trajectory;
  private final List<OptimalControlProblem.Disc> obstacles;
  private double left = Double.POSITIVE_INFINITY;
  private double bottom = Double.POSITIVE_INFINITY;
  private double right = Double.NEGATIVE_INFINITY;
  private double top = Double.NEGATIVE_INFINITY;

  /// An animation.
  ///
  /// @param plant what moves
  /// @param trajectory how
  /// @param obstacles what is drawn beside it
  public RobotAnimation(
      Drawing.Drawable plant, Trajectory trajectory, List<OptimalControlProblem.Disc> obstacles) {
    this.plant = plant;
    this.trajectory = trajectory;
    this.obstacles = List.copyOf(obstacles);
    for (double[] x : trajectory.states()) {
      plant.draw(x).strokes().forEach(this::include);
    }
    for (OptimalControlProblem.Disc disc : obstacles) {
      include(stroke(disc));
    }
    double margin = 0.05 * Math.max(right - left, top - bottom);
    left -= margin;
    right += margin;
    bottom -= margin;
    top += margin;
  }

  private static Drawing.Stroke stroke(OptimalControlProblem.Disc disc) {
    return new Drawing.Pen().disc(disc.x(), disc.y(), disc.radius()).drawing().strokes().getFirst();
  }

  private void include(Drawing.Stroke stroke) {
    for (int i = 0; i < stroke.x().length; i++) {
      left = Math.min(left, stroke.x()[i]);
      right = Math.max(right, stroke.x()[i]);
      bottom = Math.min(bottom, stroke.y()[i]);
      top = Math.max(top, stroke.y()[i]);
    }
  }

  /// The motion at its own speed.
  ///
  /// @return the bytes of a GIF
  /// @throws IOException if it cannot be encoded
  public byte[] gif() throws IOException {
    int count = (int) Math.clamp(trajectory.duration() * FRAMES_PER_SECOND, 20, MOST_FRAMES);
    var frames = new ArrayList<BufferedImage>();
    for (int i = 0; i <= count; i++) {
      BufferedImage image = canvas();
      Graphics2D g = pen(image);
      draw(g, state((double) i / count), Color.DARK_GRAY);
      g.dispose();
      frames.add(image);
    }
    // The end is shown for a second.
    for (int i = 0; i < 20; i++) {
      frames.add(frames.getLast());
    }
    int pace = (int) Math.clamp(1000 * trajectory.duration() / count, 20, 200);
    return AnimatedGif.bytes(frames, pace);
  }

  /// Some moments over one another, the earlier ones paler.
  ///
  /// @param moments how many
  /// @return the picture
  public BufferedImage strip(int moments) {
    BufferedImage image = canvas();
    Graphics2D g = pen(image);
    for (int i = 0; i < moments; i++) {
      double part = moments == 1 ? 1 : (double) i / (moments - 1);
      int shade = (int) (220 - 170 * part);
      draw(g, state(part), new Color(shade, shade, Math.min(255, shade + 30)));
    }
    g.dispose();
    return image;
  }

  private double[] state(double part) {
    double at = part * trajectory.horizon();
    int k = Math.min((int) at, trajectory.horizon() - 1);
    double rest = at - k;
    double[] x = trajectory.states()[k].clone();
    for (int i = 0; i < x.length; i++) {
      x[i] += rest * (trajectory.states()[k + 1][i] - x[i]);
    }
    return x;
  }

  private double scale() {
    return SIZE / Math.max(right - left, top - bottom);
  }

  private BufferedImage canvas() {
    int width = Math.max(80, (int) Math.ceil((right - left) * scale()));
    int height = Math.max(80, (int) Math.ceil((top - bottom) * scale()));
    return new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
  }

  private Graphics2D pen(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setColor(new Color(0xd62728));
    for (OptimalControlProblem.Disc disc : obstacles) {
      g.fill(path(stroke(disc)));
    }
    return g;
  }

  private Path2D path(Drawing.Stroke stroke) {
    var path = new Path2D.Double();
    for (int i = 0; i < stroke.x().length; i++) {
      double x = (stroke.x()[i] - left) * scale();
      double y = (top - stroke.y()[i]) * scale();
      if (i == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    return path;
  }

  private void draw(Graphics2D g, double[] x, Color colour) {
    g.setColor(colour);
    for (Drawing.Stroke stroke : plant.draw(x).strokes()) {
      if (stroke.filled()) {
        Path2D area = path(stroke);
        area.closePath();
        g.fill(area);
      } else {
        g.setStroke(
            new BasicStroke(
                (float) Math.max(1, stroke.width() * scale()),
                BasicStroke.CAP_ROUND,
                BasicStroke.JOIN_ROUND));
        g.draw(path(stroke));
      }
    }
  }
}
