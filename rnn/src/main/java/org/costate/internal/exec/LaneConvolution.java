package org.costate.internal.exec;

import java.util.Arrays;
import org.costate.graph.Convolution;
import org.costate.graph.Op;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.internal.code.DotKernel;

/// A convolution of one lane, or one of its two adjoints, as a product of matrices. A column of the
/// *patches* P of a picture holds what one position of the result reads, zeros where that is
/// padding:
///
///     y = K P(x)          K the kernel as a matrix [O, C·KH·KW]
///     x̄ = K′ P′(ȳ)        K′ the kernel as a matrix [C, O·KH·KW], P′ what each element of x was read by
///     K̄ = ȳ P(x)ᵀ
final class LaneConvolution implements LaneKernel {
  private final Products products;
  private final boolean sharedPicture;
  private final boolean sharedFactor;
  private final Moves patches;
  private final Moves factor;
  private final DotKernel dot;
  private final Sizes sizes;
  private final Panels panels;
  private final int scratch;
  private final int[] left = new int[DotKernel.TILE];
  private final int[] right = new int[DotKernel.TILE];
  private final Object tile;

  /// What is multiplied: the rows of K, K′ or ȳ, and the rows and columns of the patches.
  private record Sizes(int rows, int depth, int positions) {
    static Sizes of(StepGraph graph, int node) {
      Op op = graph.ops().get(node);
      Shape own = graph.shape(node);
      Shape second = graph.shape(op.operands()[1]);
      return switch (op) {
        case Op.Convolve _ ->
            new Sizes(own.dim(0), second.size() / second.dim(0), own.size() / own.dim(0));
        case Op.ConvolveInput _ ->
            new Sizes(own.dim(0), second.size() / second.dim(1), own.size() / own.dim(0));
        case Op.ConvolveKernel _ ->
            new Sizes(own.dim(0), own.size() / own.dim(0), second.size() / second.dim(0));
        default -> throw new IllegalStateException(graph.describe(node) + " is no convolution");
      };
    }
  }

  /// @param graph the graph
  /// @param node a convolution or one of its adjoints
  /// @param products the products, of the element type
  /// @param scratch where scratch memory begins in the arena
  LaneConvolution(StepGraph graph, int node, Products products, int scratch) {
    this.products = products;
    this.scratch = scratch;
    this.tile = products.element().array(DotKernel.TILE * DotKernel.TILE);
    int[] operands = graph.ops().get(node).operands();
    this.sharedPicture = !graph.batched(operands[0]);
    this.sharedFactor = !graph.batched(operands[1]);
    Shape own = graph.shape(node);
    Shape first = graph.shape(operands[0]);
    Shape second = graph.shape(operands[1]);
    this.sizes = Sizes.of(graph, node);
    this.panels = products.panels(sizes.positions);
    switch (graph.ops().get(node)) {
      case Op.Convolve(_, _, Convolution g) -> {
        patches = packed(patches(first, second, own, g));
        factor = null;
        dot = null;
      }
      case Op.ConvolveInput(_, _, Convolution g, _) -> {
        patches = packed(readers(own, second, first, g));
        factor = new Moves(exchanged(second));
        dot = null;
      }
      case Op.ConvolveKernel(_, _, Convolution g, _) -> {
        patches = new Moves(patches(first, own, second, g));
        factor = null;
        dot = DotKernel.of(products.element());
      }
      default -> throw new IllegalStateException(graph.describe(node) + " is no convolution");
    }
  }

  /// Patches as the packed operand of a product.
  private Moves packed(int[] index) {
    int[] order = panels.order(sizes.depth);
    return new Moves(Arrays.stream(order).map(i -> i < 0 ? -1 : index[i]).toArray());
  }

  /// For each element of P, `[C, KH, KW, H′, W′]`, the element of x that it is, or −1.
  private static int[] patches(Shape x, Shape k, Shape y, Convolution g) {
    int[] patches = new int[k.size() / k.dim(0) * y.dim(1) * y.dim(2)];
    Arrays.fill(patches, -1);
    int positions = y.dim(1) * y.dim(2);
    visit(
        x,
        k,
        y,
        g,
        (c, tap, xAt, yAt) ->
            patches[(c * k.dim(2) * k.dim(3) + tap) * positions + yAt] =
                c * x.dim(1) * x.dim(2) + xAt);
    return patches;
  }

  /// For each element of P′, `[O, KH, KW, H, W]`, the element of ȳ that read it, or −1.
  private static int[] readers(Shape x, Shape k, Shape y, Convolution g) {
    int positions = x.dim(1) * x.dim(2);
    int taps = k.dim(2) * k.dim(3);
    int[] readers = new int[y.dim(0) * taps * positions];
    Arrays.fill(readers, -1);
    visit(
        x.dim(0) == 1 ? x : Shape.of(1, x.dim(1), x.dim(2)),
        k,
        y,
        g,
        (_, tap, xAt, yAt) -> {
          for (int o = 0; o < y.dim(0); o++) {
            readers[(o * taps + tap) * positions + xAt] = o * y.dim(1) * y.dim(2) + yAt;
          }
        });
    return readers;
  }

  /// Where the elements of K′ are in K.
  private static int[] exchanged(Shape k) {
    int taps = k.dim(2) * k.dim(3);
    int[] index = new int[k.size()];
    for (int i = 0; i < index.length; i++) {
      int tap = i % taps;
      int o = i / taps % k.dim(0);
      int c = i / taps / k.dim(0);
      index[i] = (o * k.dim(1) + c) * taps + tap;
    }
    return index;
  }

  /// An element of a channel of x that a position of y reads through a tap of the kernel.
  private interface Visit {
    void at(int channel, int tap, int x, int y);
  }

  private static void visit(Shape x, Shape k, Shape y, Convolution g, Visit visit) {
    for (int c = 0; c < x.dim(0); c++) {
      for (int tap = 0; tap < k.dim(2) * k.dim(3); tap++) {
        for (int at = 0; at < y.dim(1) * y.dim(2); at++) {
          int p = tap / k.dim(3) * g.dilationHeight() - g.paddingHeight();
          int q = tap % k.dim(3) * g.dilationWidth() - g.paddingWidth();
          int row = at / y.dim(2) * g.strideHeight() + p;
          int column = at % y.dim(2) * g.strideWidth() + q;
          if (row >= 0 && row < x.dim(1) && column >= 0 && column < x.dim(2)) {
            visit.at(c, tap, row * x.dim(2) + column, at);
          }
        }
      }
    }
  }

  /// The numbers of scratch memory that a node needs.
  static long scratch(StepGraph graph, int node, Products products) {
    Sizes sizes = Sizes.of(graph, node);
    return switch (graph.ops().get(node)) {
      case Op.ConvolveKernel _ -> (long) sizes.depth * sizes.positions;
      case Op.ConvolveInput _ ->
          products.panels(sizes.positions).size(sizes.depth) + (long) sizes.rows * sizes.depth;
      default -> products.panels(sizes.positions).size(sizes.depth);
    };
  }

  @Override
  public void run(Object arena, Object weights, int[] at, int lane) {
    Object other = sharedFactor ? weights : arena;
    int begin = at[1];
    patches.run(sharedPicture ? weights : arena, at[0], arena, scratch);
    if (dot != null) {
      dots(other, begin, arena, at[2]);
      return;
    }
    if (factor != null) {
      int to = scratch + patches.length();
      factor.run(other, begin, arena, to);
      other = arena;
      begin = to;
    }
    int depth = sizes.depth;
    int n = sizes.positions;
    products.multiply(
        other, begin, depth, sizes.rows, depth, arena, scratch, panels, arena, at[2], n);
  }

  /// K̄: products of the rows of ȳ with those of P.
  private void dots(Object y, int begin, Object arena, int to) {
    int rows = sizes.rows;
    int depth = sizes.depth;
    int positions = sizes.positions;
    for (int i = 0; i < rows; i += DotKernel.TILE) {
      for (int j = 0; j < depth; j += DotKernel.TILE) {
        for (int r = 0; r < DotKernel.TILE; r++) {
          left[r] = begin + Math.min(i + r, rows - 1) * positions;
          right[r] = scratch + Math.min(j + r, depth - 1) * positions;
        }
        dot.run(y, left, arena, right, positions, tile, 0);
        for (int r = i; r < Math.min(i + DotKernel.TILE, rows); r++) {
          int count = Math.min(DotKernel.TILE, depth - j);
          products.element().copy(tile, (r - i) * DotKernel.TILE, arena, to + r * depth + j, count);
        }
      }
    }
  }
}
