package org.costate.control.system;

import java.util.List;
import org.costate.control.Drawing;
import org.costate.control.Dynamics;
import org.costate.control.Instant;
import org.costate.control.Quantity;
import org.costate.graph.Value;

/// A unit mass on a line, pushed by a force: ẋ = v, v̇ = u. Position m, velocity m/s, acceleration
/// m/s².
public record DoubleIntegrator() implements Dynamics, Drawing.Drawable {
  @Override
  public String name() {
    return "double integrator";
  }

  @Override
  public List<Quantity> states() {
    return List.of(new Quantity("position", "m"), new Quantity("velocity", "m/s"));
  }

  @Override
  public List<Quantity> controls() {
    return List.of(new Quantity("acceleration", "m/s²"));
  }

  @Override
  public Value rate(Instant at) {
    return Instant.vector(at.x(1), at.u(0));
  }

  @Override
  public Drawing draw(double[] x) {
    return new Drawing.Pen().line(0, -2, 0, 2, 0).box(x[0], 0.1, 0.3, 0.2, 0).drawing();
  }
}
