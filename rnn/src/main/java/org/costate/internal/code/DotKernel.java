package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;

/// Dot products of a tile of rows with a tile of rows: `out[i, j] = Σ_k a[i, k] · b[j, k]` for 0 ≤
/// i, j < [#TILE]. Rows beyond the last are given as the last again.
public interface DotKernel {
  /// The rows of a tile.
  int TILE = 4;

  /// @param a the first rows
  /// @param aRows where each of them begins
  /// @param b the second rows
  /// @param bRows where each of them begins
  /// @param n the length of a row
  /// @param out the products, row-major, of the element type
  /// @param at where they begin
  void run(Object a, int[] aRows, Object b, int[] bRows, int n, Object out, int at);

  /// The kernel, generated when it is first needed.
  static DotKernel of(Element element) {
    return HiddenClasses.instance(
        "dot " + element,
        DotKernel.class,
        () ->
            HiddenClasses.define(
                (Simd.available() ? "Dot_" : HiddenClasses.SCALAR + "_Dot_") + element,
                DotKernel.class,
                builder ->
                    builder.withMethodBody(
                        "run",
                        HiddenClasses.type(DotKernel.class),
                        java.lang.classfile.ClassFile.ACC_PUBLIC,
                        code -> new Generator(code, element).body())));
  }

  /// Emits the kernel.
  final class Generator {
    private final CodeBuilder code;
    private final Element element;
    private final Numbers numbers;
    private final int[] aRow = new int[TILE];
    private final int[] bRow = new int[TILE];
    private final int[] total = new int[TILE * TILE];
    private int a;
    private int b;
    private int k;

    private Generator(CodeBuilder code, Element element) {
      this.code = code;
      this.element = element;
      this.numbers = new Numbers(code, element, Simd.available());
    }

    private void body() {
      a = numbers.array(1);
      b = numbers.array(3);
      for (int i = 0; i < TILE; i++) {
        aRow[i] = entry(2, i);
        bRow[i] = entry(4, i);
      }
      int zero = numbers.constant(0);
      for (int i = 0; i < total.length; i++) {
        total[i] = numbers.copy(zero);
      }
      k = code.allocateLocal(TypeKind.INT);
      code.iconst_0();
      code.istore(k);
      int length = Simd.length(element);
      int bound = code.allocateLocal(TypeKind.INT);
      code.iload(5);
      code.loadConstant(-length);
      code.iand();
      code.istore(bound);
      Label loop = code.newLabel();
      Label rest = code.newLabel();
      code.labelBinding(loop);
      code.iload(k);
      code.iload(bound);
      code.if_icmpge(rest);
      accumulate(-1);
      code.iinc(k, length);
      code.goto_(loop);
      code.labelBinding(rest);
      if (numbers.vector()) {
        Label done = code.newLabel();
        int left = code.allocateLocal(TypeKind.INT);
        code.iload(5);
        code.iload(k);
        code.isub();
        code.istore(left);
        code.iload(left);
        code.ifle(done);
        accumulate(numbers.firstLanes(left));
        code.labelBinding(done);
      }
      int out = numbers.array(6);
      if (numbers.vector() && length <= total.length) {
        int[] sums = numbers.sumsOfLanes(total);
        for (int i = 0; i < sums.length; i++) {
          numbers.store(sums[i], out, index(i * length), -1);
        }
      } else {
        var plain = new Numbers(code, element, false);
        for (int i = 0; i < total.length; i++) {
          int sum = numbers.vector() ? numbers.sumOfLanes(total[i]) : total[i];
          plain.store(sum, out, index(i), -1);
        }
      }
      code.return_();
    }

    private Runnable index(int offset) {
      return () -> {
        code.iload(7);
        code.loadConstant(offset);
        code.iadd();
      };
    }

    private void accumulate(int mask) {
      int[] right = new int[TILE];
      for (int j = 0; j < TILE; j++) {
        right[j] = load(b, bRow[j], mask);
      }
      for (int i = 0; i < TILE; i++) {
        int left = load(a, aRow[i], mask);
        for (int j = 0; j < TILE; j++) {
          numbers.accumulate(left, right[j], total[i * TILE + j]);
        }
      }
    }

    private int load(int array, int row, int mask) {
      return numbers.load(
          array,
          () -> {
            code.iload(row);
            code.iload(k);
            code.iadd();
          },
          mask);
    }

    private int entry(int parameter, int index) {
      int local = code.allocateLocal(TypeKind.INT);
      code.aload(parameter);
      code.loadConstant(index);
      code.iaload();
      code.istore(local);
      return local;
    }
  }
}
