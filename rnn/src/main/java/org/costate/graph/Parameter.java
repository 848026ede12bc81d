package org.costate.graph;

import java.util.Objects;

/// One shared operand θ. A parameter is itself: two steps that use the same object share (tie) it,
/// and its cotangents add up; two parameters of the same name and shape are different ones.
public final class Parameter {
  private final String name;
  private final Shape shape;
  private final Initializer initializer;

  private Parameter(String name, Shape shape, Initializer initializer) {
    this.name = Objects.requireNonNull(name);
    this.shape = Objects.requireNonNull(shape);
    this.initializer = Objects.requireNonNull(initializer);
  }

  /// A new parameter.
  ///
  /// @param name its name inside the step that uses it, for example `"W"`
  /// @param initializer how its first values are drawn
  /// @param dimensions its shape; none for a scalar
  /// @return the parameter
  public static Parameter of(String name, Initializer initializer, int... dimensions) {
    return new Parameter(name, Shape.of(dimensions), initializer);
  }

  /// Its name inside a step.
  ///
  /// @return the name
  public String name() {
    return name;
  }

  /// Its shape.
  ///
  /// @return the shape
  public Shape shape() {
    return shape;
  }

  /// How its first values are drawn.
  ///
  /// @return the initializer
  public Initializer initializer() {
    return initializer;
  }

  @Override
  public String toString() {
    return name + shape;
  }
}
