package org.costate.unroll;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// The carried values x of a batch at one time, by name; also the costate λ. A state is a value: it
/// is passed, saved and swapped, and nothing keeps one for you.
///
/// @param lanes the number of lanes
/// @param values `[lanes · size]` for each carry
public record State(int lanes, Map<String, double[]> values) {
  /// Keeps the order of the names.
  public State {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /// The values of one carry.
  ///
  /// @param name its name
  /// @return the array `[lanes · size]`, not a copy
  public double[] get(String name) {
    double[] array = values.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "State: there is no carry '%s'; there are %s.".formatted(name, values.keySet()));
    }
    return array;
  }

  /// This state with other values for one carry.
  ///
  /// @param name its name
  /// @param given `[lanes · size]`
  /// @return the new state
  public State with(String name, double... given) {
    if (get(name).length != given.length) {
      throw new IllegalArgumentException(
          "State: carry '%s' has %d values for %d lanes, got %d."
              .formatted(name, get(name).length, lanes, given.length));
    }
    var copy = new LinkedHashMap<>(values);
    copy.put(name, given.clone());
    return new State(lanes, copy);
  }

  /// The carries whose names begin with a prefix, without it.
  State part(String prefix) {
    var part = new LinkedHashMap<String, double[]>();
    values.forEach(
        (name, array) -> {
          if (name.startsWith(prefix)) {
            part.put(name.substring(prefix.length()), array);
          }
        });
    return new State(lanes, part);
  }

  static double[] roundedToFloat(double[] x) {
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = (float) x[i];
    }
    return out;
  }
}
