package org.costate.internal.code;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.util.List;

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
  private static final int BUSY = 8;

  /// The most vectors of a piece of B.
  private static final int PIECE = 64;

  /// The most vectors of B.
  private static final int MOST = 4 * PIECE;

  private RowProduct() {}

  /// Whether B is one panel, and short enough for straight-line code.
  static boolean fits(List<Integer> panels, int depth) {
    return Simd.available() && panels.size() == 1 && depth * panels.getFirst() <= MOST;
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
    return (a, aBase, aRow, aColumn, b, bBase, _, s, sBase, sRow, c, cBase, cRow) -> {
      Object from = s;
      int start = sBase;
      for (int k = 0; k < depth; k += most) {
        MicroKernel kernel = depth - k < most ? last : whole;
        int left = aBase + k;
        int right = bBase + k * width;
        kernel.run(a, left, aRow, aColumn, b, right, most, from, start, sRow, c, cBase, cRow);
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
        negative -> kernel.run(null, 0, 0, 0, null, 0, negative, null, 0, 0, null, 0, 0),
        () -> kernel.run(right, 0, 0, 1, right, 0, depth, row, 0, 0, row, 0, 0));
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
    int chains = Math.min(Math.min(CHAINS, BUSY / vectors), depth);
    int[][] total = new int[chains][vectors];
    for (int j = 0; j < vectors; j++) {
      total[0][j] = numbers.load(s, numbers.index(MicroKernel.S + 1, j * length), -1);
    }
    for (int k = 0; k < depth; k++) {
      int left = numbers.broadcastElement(a, numbers.index(MicroKernel.A + 1, k));
      for (int j = 0; j < vectors; j++) {
        int at = (k * vectors + j) * length;
        int right = numbers.load(b, numbers.index(MicroKernel.B + 1, at), -1);
        if (k > 0 && k < chains) {
          total[k][j] = numbers.multiply(left, right);
        } else {
          numbers.accumulate(left, right, total[k % chains][j]);
        }
      }
    }
    int c = numbers.array(MicroKernel.C);
    for (int j = 0; j < vectors; j++) {
      for (int left = chains; left > 1; left = (left + 1) / 2) {
        for (int i = 0; i < left / 2; i++) {
          total[i][j] = numbers.add(total[i + (left + 1) / 2][j], total[i][j]);
        }
      }
      numbers.store(total[0][j], c, numbers.index(MicroKernel.C + 1, j * length), -1);
    }
    code.return_();
  }
}
