package org.costate.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.unroll.Layout;
import org.costate.unroll.Parameters;

/// Parameters in a safetensors file, one tensor for each.
public final class ModelFile {
  private ModelFile() {}

  /// The parameters as tensors.
  ///
  /// @param parameters θ
  /// @param type the element type in the file
  /// @return the tensors by full name
  public static Map<String, Tensor> tensors(Parameters parameters, Tensor.Type type) {
    var tensors = new LinkedHashMap<String, Tensor>();
    for (Layout.Entry entry : parameters.layout().entries()) {
      tensors.put(
          entry.name(),
          new Tensor(type, entry.parameter().shape().toArray(), parameters.get(entry.name())));
    }
    return tensors;
  }

  /// Writes parameters.
  ///
  /// @param file the file
  /// @param parameters θ
  /// @param metadata texts to go with them
  /// @throws IOException if it cannot be written
  public static void write(Path file, Parameters parameters, Map<String, String> metadata)
      throws IOException {
    new Safetensors(tensors(parameters, Tensor.Type.F64), metadata).write(file);
  }

  /// Reads parameters of a layout.
  ///
  /// @param file the file
  /// @param layout the layout of the model
  /// @return the parameters
  /// @throws IOException if the file is not valid, or lacks a parameter, or has one of another
  ///   shape
  public static Parameters read(Path file, Layout layout) throws IOException {
    return parameters(file.toString(), Safetensors.read(file).tensors(), layout);
  }

  /// Takes the parameters of a layout out of tensors.
  ///
  /// @param where where the tensors are from, for messages
  /// @param tensors the tensors by full name
  /// @param layout the layout of the model
  /// @return the parameters
  /// @throws IOException if a parameter is missing or has another shape
  public static Parameters parameters(String where, Map<String, Tensor> tensors, Layout layout)
      throws IOException {
    var parameters = new Parameters(layout, new double[layout.size()]);
    for (Layout.Entry entry : layout.entries()) {
      Tensor tensor = tensors.get(entry.name());
      if (tensor == null) {
        throw new IOException(
            "%s has no parameter '%s'; it is of another model (it has %s)."
                .formatted(where, entry.name(), tensors.keySet()));
      }
      int[] expected = entry.parameter().shape().toArray();
      if (!java.util.Arrays.equals(tensor.dimensions(), expected)) {
        throw new IOException(
            "%s: parameter '%s' must have shape %s, got %s; it is of a model with other sizes."
                .formatted(
                    where,
                    entry.name(),
                    java.util.Arrays.toString(expected),
                    java.util.Arrays.toString(tensor.dimensions())));
      }
      parameters.set(entry.name(), tensor.values());
    }
    return parameters;
  }
}
