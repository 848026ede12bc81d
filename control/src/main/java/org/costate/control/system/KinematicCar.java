package org.costate.control.system;

import static org.costate.graph.Functions.cos;
import static org.costate.graph.Functions.sin;
import static org.costate.graph.Functions.tan;

import java.util.ArrayList;
import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// A car that rolls without slipping, seen at the middle of its rear axle, perhaps with a trailer
/// hitched there (Laumond 1998, section 1):
///
///     ẋ = v cos θ,  ẏ = v sin θ,  θ̇ = v tan δ / l,  v̇ = a,  δ̇ = ω,  and with a trailer ψ̇ = v sin(θ − ψ) / d
///
/// @param wheelbase l, m
/// @param trailer d from hitch to the trailer's axle, m; 0 for none
public record KinematicCar(double wheelbase, double trailer) implements Dynamics, Drawing.Drawable {
  /// A car of 2.7 m wheelbase without trailer.
  public KinematicCar() {
    this(2.7, 0);
  }

  @Override
  public String name() {
    return trailer > 0 ? "car with trailer" : "car";
  }

  @Override
  public List<Quantity> states() {
    var all =
        new ArrayList<>(
            List.of(
                new Quantity("x", "m"),
                new Quantity("y", "m"),
                new Quantity("heading", "rad"),
                new Quantity("speed", "m/s"),
                new Quantity("steering angle", "rad")));
    if (trailer > 0) {
      all.add(new Quantity("trailer heading", "rad"));
    }
    return all;
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("acceleration", "m/s²"), new Quantity("steering rate", "rad/s"));
  }

  @Override
  public Value rate(Instant at) {
    Value v = at.x(3);
    var rates =
        new ArrayList<>(
            List.of(
                v.hadamard(cos(at.x(2))),
                v.hadamard(sin(at.x(2))),
                v.hadamard(tan(at.x(4))).over(wheelbase),
                at.u(0),
                at.u(1)));
    if (trailer > 0) {
      rates.add(v.hadamard(sin(at.x(2).minus(at.x(5)))).over(trailer));
    }
    return Instant.vector(rates.toArray(Value[]::new));
  }

  @Override
  public Drawing draw(double[] x) {
    double c = Math.cos(x[2]);
    double s = Math.sin(x[2]);
    double l = wheelbase;
    var pen = new Drawing.Pen();
    double[] outline = new double[10];
    double[][] corners = {{-0.3, 0.35}, {1.3, 0.35}, {1.3, -0.35}, {-0.3, -0.35}, {-0.3, 0.35}};
    for (int i = 0; i < corners.length; i++) {
      outline[2 * i] = x[0] + l * (c * corners[i][0] - s * corners[i][1]);
      outline[2 * i + 1] = x[1] + l * (s * corners[i][0] + c * corners[i][1]);
    }
    pen.line(0, outline);
    for (double side : new double[] {-0.3, 0.3}) {
      pen.box(x[0] - s * side * l, x[1] + c * side * l, 0.25 * l, 0.08 * l, x[2]);
      pen.box(
          x[0] + c * l - s * side * l,
          x[1] + s * l + c * side * l,
          0.25 * l,
          0.08 * l,
          x[2] + x[4]);
    }
    if (trailer > 0) {
      double tx = x[0] - trailer * Math.cos(x[5]);
      double ty = x[1] - trailer * Math.sin(x[5]);
      pen.line(0.03 * l, x[0], x[1], tx, ty).box(tx, ty, 0.5 * l, 0.6 * l, x[5]);
    }
    return pen.drawing();
  }
}
