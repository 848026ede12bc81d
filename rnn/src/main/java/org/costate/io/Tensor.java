package org.costate.io;

/// A named array in a file.
///
/// @param type the element type in the file
/// @param dimensions the shape
/// @param values the values, row-major, widened to double
public record Tensor(Type type, int[] dimensions, double[] values) {
  /// The element types of the safetensors format that this library reads.
  public enum Type {
    /// IEEE double.
    F64(8),
    /// IEEE single.
    F32(4),
    /// IEEE half.
    F16(2),
    /// The upper half of a single.
    BF16(2),
    /// 64-bit integer.
    I64(8),
    /// 32-bit integer.
    I32(4);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /// The size of an element.
    ///
    /// @return the bytes
    public int bytes() {
      return bytes;
    }
  }

  /// Checks the size.
  public Tensor {
    long size = 1;
    for (int n : dimensions) {
      size *= n;
    }
    if (size != values.length) {
      throw new IllegalArgumentException(
          "Tensor: shape %s has %d values, got %d."
              .formatted(java.util.Arrays.toString(dimensions), size, values.length));
    }
  }

  /// A double tensor.
  ///
  /// @param values the values
  /// @param dimensions the shape
  /// @return the tensor
  public static Tensor of(double[] values, int... dimensions) {
    return new Tensor(Type.F64, dimensions, values);
  }
}
