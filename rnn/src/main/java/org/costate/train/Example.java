package org.costate.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.Shape;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;

/// One sequence of a data set.
///
/// @param length the number of steps, at least 1
/// @param fields the inputs by name: `[length · size]` for a value at each step, `[size]` for one
///   of the whole sequence
/// @param sizes the shape of each input at one step
public record Example(int length, Map<String, double[]> fields, Map<String, Shape> sizes) {
  /// Checks the lengths and that every number is finite.
  public Example {
    if (length < 1) {
      throw new IllegalArgumentException(
          "Example: a sequence needs at least one step; drop empty sequences.");
    }
    for (var field : fields.entrySet()) {
      int size = sizes.get(field.getKey()).size();
      int n = field.getValue().length;
      if (n != size && n != length * size) {
        throw new IllegalArgumentException(
            "Example: '%s' must have size = %d or length · size = %d values, got %d."
                .formatted(field.getKey(), size, length * size, n));
      }
      for (int i = 0; i < n; i++) {
        if (!Double.isFinite(field.getValue()[i])) {
          throw new IllegalArgumentException(
              "Example: '%s' is %s at step %d; clean the data or mask the step with weight 0."
                  .formatted(field.getKey(), field.getValue()[i], i / size));
        }
      }
    }
  }

  /// A sequence without inputs yet.
  ///
  /// @param length the number of steps
  /// @return the example
  public static Example of(int length) {
    return new Example(length, Map.of(), Map.of());
  }

  /// This example with one more input.
  ///
  /// @param name its name
  /// @param values `[length · size]`, or `[size]` for the whole sequence
  /// @param dimensions its shape at one step; none for a scalar
  /// @return the example
  public Example with(String name, double[] values, int... dimensions) {
    var newFields = new LinkedHashMap<>(fields);
    var newSizes = new LinkedHashMap<>(sizes);
    newFields.put(name, values);
    newSizes.put(name, Shape.of(dimensions));
    return new Example(length, newFields, newSizes);
  }

  /// Puts examples side by side, padded to the longest.
  ///
  /// @param examples the examples, with the same inputs
  /// @return the batch
  public static Sequences collate(List<Example> examples) {
    int lanes = examples.size();
    int horizon = examples.stream().mapToInt(Example::length).max().orElseThrow();
    Sequences batch =
        Sequences.of(lanes, horizon).lengths(examples.stream().mapToInt(Example::length).toArray());
    for (var input : examples.getFirst().sizes.entrySet()) {
      String name = input.getKey();
      int size = input.getValue().size();
      boolean whole = examples.stream().allMatch(e -> e.fields.get(name).length == size);
      double[][] steps = new double[whole ? 1 : horizon][lanes * size];
      for (int lane = 0; lane < lanes; lane++) {
        Example example = examples.get(lane);
        for (int t = 0; t < (whole ? 1 : example.length); t++) {
          System.arraycopy(example.fields.get(name), t * size, steps[t], lane * size, size);
        }
      }
      batch =
          batch.with(
              name,
              whole
                  ? Series.constant(input.getValue(), lanes, horizon, steps[0])
                  : new Series(input.getValue(), lanes, steps));
    }
    return batch;
  }
}
