package org.costate.graph;

/// The geometry of a convolution over two spatial axes (a 1-D convolution has height 1): stride, dilation and zero padding.
///
///     y[o, i, j] = Σ_c Σ_p Σ_q k[o, c, p, q] · x[c, i·s − P + p·d, j·s′ − P′ + q·d′]
///
/// (cross-correlation, as in every deep-learning library). Shapes: x `[C, H, W]`, k `[O, C, KH, KW]`, y `[O, H′, W′]` with
/// `H′ = ⌊(H + 2P − d·(KH − 1) − 1) / s⌋ + 1`.
///
/// @param strideHeight the stride along the height, at least 1
/// @param strideWidth the stride along the width, at least 1
/// @param dilationHeight the dilation along the height, at least 1
/// @param dilationWidth the dilation along the width, at least 1
/// @param paddingHeight zeros added above and below
/// @param paddingWidth zeros added left and right
public record Convolution(
    int strideHeight,
    int strideWidth,
    int dilationHeight,
    int dilationWidth,
    int paddingHeight,
    int paddingWidth) {
  /// Stride 1, dilation 1, no padding.
  public static final Convolution PLAIN = new Convolution(1, 1, 1, 1, 0, 0);

  /// Checks the geometry.
  public Convolution {
    if (strideHeight < 1 || strideWidth < 1 || dilationHeight < 1 || dilationWidth < 1) {
      throw new ShapeException(
          "Convolution: strides and dilations must be at least 1, got strides %d, %d and dilations %d, %d."
              .formatted(strideHeight, strideWidth, dilationHeight, dilationWidth));
    }
    if (paddingHeight < 0 || paddingWidth < 0) {
      throw new ShapeException(
          "Convolution: padding must not be negative, got %d, %d."
              .formatted(paddingHeight, paddingWidth));
    }
  }

  /// This geometry with another stride on both axes.
  ///
  /// @param stride the stride
  /// @return the geometry
  public Convolution stride(int stride) {
    return new Convolution(
        stride, stride, dilationHeight, dilationWidth, paddingHeight, paddingWidth);
  }

  /// This geometry with another dilation on both axes.
  ///
  /// @param dilation the dilation
  /// @return the geometry
  public Convolution dilation(int dilation) {
    return new Convolution(
        strideHeight, strideWidth, dilation, dilation, paddingHeight, paddingWidth);
  }

  /// This geometry with another padding on both axes.
  ///
  /// @param padding the zeros on each side
  /// @return the geometry
  public Convolution padding(int padding) {
    return new Convolution(
        strideHeight, strideWidth, dilationHeight, dilationWidth, padding, padding);
  }

  /// This geometry along the width only, as a 1-D convolution needs it.
  Convolution alongWidth() {
    return new Convolution(1, strideWidth, 1, dilationWidth, 0, paddingWidth);
  }

  /// The height or width of the result.
  static int extent(String axis, int input, int kernel, int stride, int dilation, int padding) {
    int span = input + 2 * padding - dilation * (kernel - 1) - 1;
    if (span < 0) {
      throw new ShapeException(
          "Convolution: the kernel of %s %d with dilation %d does not fit into input %d with padding %d; pad more or use a smaller kernel."
              .formatted(axis, kernel, dilation, input, padding));
    }
    return span / stride + 1;
  }

  /// The shape `[O, H′, W′]` for input `[C, H, W]` and kernel `[O, C, KH, KW]`.
  Shape resultShape(Shape x, Shape k) {
    if (x.rank() != 3 || k.rank() != 4 || x.dim(0) != k.dim(1)) {
      throw new ShapeException(
          "Convolution: input must be [C, H, W] and kernel [O, C, KH, KW] with equal C, got %s and %s."
              .formatted(x, k));
    }
    return Shape.of(
        k.dim(0),
        extent("height", x.dim(1), k.dim(2), strideHeight, dilationHeight, paddingHeight),
        extent("width", x.dim(2), k.dim(3), strideWidth, dilationWidth, paddingWidth));
  }
}
