package org.costate.internal.code;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;

/// One row times a packed matrix, for the few columns and k of a small network, as straight-line
/// code:
///
///     c[j] = s[j] + Σ_k a[k] · b[k, j]       0 ≤ k < depth
///
/// A chain of multiply–adds takes four cycles for each k, which a step of one lane has to wait for.
/// So there are up to [#CHAINS] chains, each with every so many k; s begins the first, and in the
/// end the upper half of the chains is added to the lower. Many k are summed in pieces, one after
/// the other.
final class RowProduct {
  private static final int CHAINS = 4;

  /// Vectors of sums that keep the arithmetic busy: two begin in each cycle and take four.
  static final int BUSY = 8;

  /// The most vectors in a row: with more, chains side by side wait little, and the pieces are
  /// many.
  private static final int WIDEST = 3;

  /// The most vectors of a piece of B.
  static final int PIECE = 64;

  /// The most vectors of B.
  static final int MOST = 4 * PIECE;

  private RowProduct() {}

  /// Whether B is one panel, and short enough for straight-line code.
  static boolean fits(List<Integer> panels, int depth) {
    return Simd.available()
        && panels.size() == 1
        && panels.getFirst() <= WIDEST
        && depth * panels.getFirst() <= MOST;
  }

  /// The kernel for so many vectors in a row and so many k, generated when it is first needed. It
  /// takes one row, whose numbers lie side by side.
  static MicroKernel of(Element element, int vectors, int depth) {
    int most = PIECE / vectors;
    if (depth <= most) {
      return piece(element, vectors, depth);
    }
    int width = vectors * Simd.length(element);
    MicroKernel whole = piece(element, vectors, most);
    MicroKernel last = depth % most == 0 ? whole : piece(element, vectors, depth % most);
    return (a, aBase, aStep, b, bBase, _, s, sBase, sRow, c, cBase, cRow) -> {
      Object from = s;
      int start = sBase;
      for (int k = 0; k < depth; k += most) {
        MicroKernel kernel = depth - k < most ? last : whole;
        int left = aBase + k;
        int right = bBase + k * width;
        kernel.run(a, left, aStep, b, right, most, from, start, sRow, c, cBase, cRow);
        from = c;
        start = cBase;
      }
    };
  }

  /// Has the kernel compiled before it is used.
  static void compile(Element element, int vectors, int depth) {
    int most = Math.min(depth, PIECE / vectors);
    compilePiece(element, vectors, most);
    if (depth % most > 0) {
      compilePiece(element, vectors, depth % most);
    }
  }

  private static void compilePiece(Element element, int vectors, int depth) {
    MicroKernel kernel = piece(element, vectors, depth);
    int width = vectors * Simd.length(element);
    Object right = element.array(width * depth);
    Object row = element.array(width);
    Compilation.of(
        kernel,
        negative -> kernel.run(null, 0, 0, null, 0, negative, null, 0, 0, null, 0, 0),
        () -> kernel.run(right, 0, 0, right, 0, depth, row, 0, 0, row, 0, 0));
  }

  private static MicroKernel piece(Element element, int vectors, int depth) {
    String name = "Row_%s_%dx%d".formatted(element, depth, vectors);
    return HiddenClasses.instance(
        name,
        MicroKernel.class,
        () ->
            HiddenClasses.define(
                name,
                MicroKernel.class,
                builder ->
                    builder.withMethodBody(
                        "run",
                        MicroKernel.TYPE,
                        ClassFile.ACC_PUBLIC,
                        code -> body(code, element, vectors, depth))));
  }

  private static void body(CodeBuilder code, Element element, int vectors, int depth) {
    Compilation.emitEmptyLoop(code, MicroKernel.DEPTH);
    var numbers = new Numbers(code, element, true);
    int length = Simd.length(element);
    int s = numbers.array(MicroKernel.S);
    int a = numbers.array(MicroKernel.A);
    int b = numbers.array(MicroKernel.B);
    int[] sums = new int[vectors];
    for (int j = 0; j < vectors; j++) {
      sums[j] = numbers.load(s, numbers.index(MicroKernel.S + 1, j * length), -1);
    }
    emit(
        numbers,
        sums,
        0,
        depth,
        chains(List.of(vectors), depth),
        k -> numbers.broadcastElement(a, numbers.index(MicroKernel.A + 1, k)),
        (k, j) ->
            numbers.load(b, numbers.index(MicroKernel.B + 1, (k * vectors + j) * length), -1));
    int c = numbers.array(MicroKernel.C);
    for (int j = 0; j < vectors; j++) {
      numbers.store(sums[j], c, numbers.index(MicroKernel.C + 1, j * length), -1);
    }
    code.return_();
  }

  /// In how many chains so many k of a product are summed.
  static int chains(List<Integer> panels, int depth) {
    boolean several = panels.size() == 1 && panels.getFirst() <= WIDEST;
    int most = several ? Math.min(CHAINS, BUSY / panels.getFirst()) : 1;
    return Math.min(most, depth);
  }

  /// Emits `sums[j] += Σ_k left(k) · right(k, j)` for the k of a range.
  ///
  /// @param sums locals with a vector each, which are written to
  /// @param left emits a number of the row in every lane
  /// @param right emits a vector of the matrix
  static void emit(
      Numbers numbers,
      int[] sums,
      int from,
      int to,
      int chains,
      IntUnaryOperator left,
      IntBinaryOperator right) {
    int[][] total = new int[chains][sums.length];
    total[0] = sums.clone();
    for (int k = from; k < to; k++) {
      int factor = left.applyAsInt(k);
      int chain = (k - from) % chains;
      for (int j = 0; j < sums.length; j++) {
        int vector = right.applyAsInt(k, j);
        if (k > from && k - from < chains) {
          total[chain][j] = numbers.multiply(factor, vector);
        } else {
          numbers.accumulate(factor, vector, total[chain][j]);
        }
      }
    }
    for (int j = 0; j < sums.length; j++) {
      for (int open = chains; open > 1; open = (open + 1) / 2) {
        for (int i = 0; i < open / 2; i++) {
          total[i][j] = numbers.add(total[i + (open + 1) / 2][j], total[i][j]);
        }
      }
      sums[j] = total[0][j];
    }
  }
}
