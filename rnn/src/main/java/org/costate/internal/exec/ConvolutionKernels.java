package org.costate.internal.exec;

import org.costate.graph.Convolution;
import org.costate.graph.Shape;

/// Direct convolution of one lane and its two adjoints. All three visit the same index pairs; each
/// adds to its result.
final class ConvolutionKernels {
  private ConvolutionKernels() {}

  /// What to do with one index pair.
  private interface Visit {
    void at(int y, int kernel, int x);
  }

  private static void each(Shape x, Shape k, Shape y, Convolution g, Visit visit) {
    int channels = x.dim(0);
    int height = x.dim(1);
    int width = x.dim(2);
    for (int o = 0; o < y.dim(0); o++) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < k.dim(2); p++) {
          for (int q = 0; q < k.dim(3); q++) {
            int kernel = ((o * channels + c) * k.dim(2) + p) * k.dim(3) + q;
            for (int i = 0; i < y.dim(1); i++) {
              int row = i * g.strideHeight() - g.paddingHeight() + p * g.dilationHeight();
              if (row < 0 || row >= height) {
                continue;
              }
              for (int j = 0; j < y.dim(2); j++) {
                int column = j * g.strideWidth() - g.paddingWidth() + q * g.dilationWidth();
                if (column >= 0 && column < width) {
                  visit.at(
                      (o * y.dim(1) + i) * y.dim(2) + j,
                      kernel,
                      (c * height + row) * width + column);
                }
              }
            }
          }
        }
      }
    }
  }

  static void result(
      double[] x,
      int xBase,
      double[] k,
      int kBase,
      double[] y,
      int yBase,
      Shape xs,
      Shape ks,
      Shape ys,
      Convolution g) {
    each(xs, ks, ys, g, (yi, ki, xi) -> y[yBase + yi] += k[kBase + ki] * x[xBase + xi]);
  }

  static void input(
      double[] y,
      int yBase,
      double[] k,
      int kBase,
      double[] x,
      int xBase,
      Shape xs,
      Shape ks,
      Shape ys,
      Convolution g) {
    each(xs, ks, ys, g, (yi, ki, xi) -> x[xBase + xi] += k[kBase + ki] * y[yBase + yi]);
  }

  static void kernel(
      double[] x,
      int xBase,
      double[] y,
      int yBase,
      double[] k,
      int kBase,
      Shape xs,
      Shape ks,
      Shape ys,
      Convolution g) {
    each(xs, ks, ys, g, (yi, ki, xi) -> k[kBase + ki] += y[yBase + yi] * x[xBase + xi]);
  }
}
