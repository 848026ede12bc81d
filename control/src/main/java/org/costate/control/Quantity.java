package org.costate.control;

/// A component of a state or control: what it is called, and its unit.
///
/// @param name the name, for example `"cart position"`
/// @param unit the SI unit, for example `"m"`; `""` without dimension
public record Quantity(String name, String unit) {
  /// The name with its unit, as an axis label.
  ///
  /// @return for example `cart position, m`
  public String label() {
    return unit.isEmpty() ? name : name + ", " + unit;
  }
}
