package org.costate.unroll;

import org.costate.graph.Parameter;
import org.costate.random.RandomStream;

/// The values of all parameters θ in one contiguous array, with named views.
///
/// @param layout where each parameter is
/// @param values the values; shared with the caller, so that an optimiser can update them in place
public record Parameters(Layout layout, double[] values) {
  /// Checks the size.
  public Parameters {
    if (values.length != layout.size()) {
      throw new IllegalArgumentException(
          "Parameters: the layout has %d values, got %d.".formatted(layout.size(), values.length));
    }
  }

  /// Draws first values: each parameter from its own stream, named after it, so adding one does not
  /// change the others.
  ///
  /// @param layout the layout
  /// @param seed the seed of the run
  /// @return the parameters
  public static Parameters initialise(Layout layout, long seed) {
    var parameters = new Parameters(layout, new double[layout.size()]);
    for (Layout.Entry entry : layout.entries()) {
      double[] view = new double[entry.size()];
      Parameter parameter = entry.parameter();
      parameter
          .initializer()
          .fill(view, parameter.shape(), RandomStream.of(seed, "initialise " + entry.name()));
      System.arraycopy(view, 0, parameters.values, entry.offset(), view.length);
    }
    return parameters;
  }

  /// The values of one parameter.
  ///
  /// @param name its full name
  /// @return a copy, row-major
  public double[] get(String name) {
    return slice(layout.entry(name));
  }

  /// The values of one parameter.
  ///
  /// @param parameter the parameter
  /// @return a copy, row-major
  public double[] get(Parameter parameter) {
    return slice(layout.entry(parameter));
  }

  private double[] slice(Layout.Entry entry) {
    return java.util.Arrays.copyOfRange(values, entry.offset(), entry.offset() + entry.size());
  }

  /// Sets the values of one parameter.
  ///
  /// @param name its full name
  /// @param given the values, row-major
  /// @throws IllegalArgumentException if there are too few or too many
  public void set(String name, double... given) {
    Layout.Entry entry = layout.entry(name);
    if (given.length != entry.size()) {
      throw new IllegalArgumentException(
          "Parameters: '%s' has shape %s and %d values, got %d."
              .formatted(name, entry.parameter().shape(), entry.size(), given.length));
    }
    System.arraycopy(given, 0, values, entry.offset(), given.length);
  }

  /// An independent copy.
  ///
  /// @return the copy
  public Parameters copy() {
    return new Parameters(layout, values.clone());
  }
}
