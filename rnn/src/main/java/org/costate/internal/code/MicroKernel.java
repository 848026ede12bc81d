package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;

/// A tile of a matrix product that stays in registers:
///
///     c[i, j] (+)= Σ_k a[i, k] · b[k, j]       0 ≤ i < rows, 0 ≤ j < columns
///
/// A tile is always whole: what is beyond the edge of C goes to scratch memory of the caller.
///
/// `b` is packed in panels of [Shape#width] columns: row k of a panel is contiguous. One chain of
/// multiply–adds for each element, k ascending, whatever the tile, so an element's value does not
/// depend on the elements beside it.
public interface MicroKernel {
  /// @param a A; element (i, k) is at `aBase + i·aStep + k`, or, by columns, `aBase + k·aStep + i`
  /// @param aBase where the tile's rows begin
  /// @param aStep the distance of rows or columns
  /// @param b the panels
  /// @param bBase where the first panel begins
  /// @param bPanel the distance of panels
  /// @param depth the number of k
  /// @param c C, row-major
  /// @param cBase where the tile begins
  /// @param cRow the distance of rows
  void run(
      Object a,
      int aBase,
      int aStep,
      Object b,
      int bBase,
      int bPanel,
      int depth,
      Object c,
      int cBase,
      int cRow);

  /// The form of a tile.
  ///
  /// @param element the element type
  /// @param rows the number of rows
  /// @param vectors the number of vectors in a row of a panel
  /// @param panels the number of panels side by side
  /// @param columns whether A is given by columns
  /// @param add whether C is added to, as the first term of the chain
  record Shape(Element element, int rows, int vectors, int panels, boolean columns, boolean add) {
    /// The columns of one panel.
    int width() {
      return vectors * lanes();
    }

    private int lanes() {
      return Simd.available() ? Simd.length(element) : 1;
    }
  }

  /// The kernel of a form, generated when it is first needed.
  static MicroKernel of(Shape shape) {
    return HiddenClasses.instance(shape, MicroKernel.class, () -> new Generator(shape).define());
  }

  /// Emits one kernel.
  final class Generator {
    private final Shape shape;
    private final Element element;
    private final int length;

    private Generator(Shape shape) {
      this.shape = shape;
      this.element = shape.element;
      this.length = shape.lanes();
    }

    private MicroKernel define() {
      String name =
          "Gemm_%s_%dx%dx%d%s"
              .formatted(
                  element,
                  shape.rows,
                  shape.vectors,
                  shape.panels,
                  (shape.columns ? "_columns" : "") + (shape.add ? "_add" : ""));
      return HiddenClasses.define(
          name,
          MicroKernel.class,
          builder ->
              builder.withMethodBody(
                  "run",
                  HiddenClasses.type(
                      void.class,
                      Object.class,
                      int.class,
                      int.class,
                      Object.class,
                      int.class,
                      int.class,
                      int.class,
                      Object.class,
                      int.class,
                      int.class),
                  java.lang.classfile.ClassFile.ACC_PUBLIC,
                  this::body));
    }

    private void body(CodeBuilder code) {
      var numbers = new Numbers(code, element, Simd.available());
      int a = array(code, 1);
      int aBase = 2;
      int aStep = 3;
      int b = array(code, 4);
      int bBase = 5;
      int bPanel = 6;
      int depth = 7;
      int c = array(code, 8);
      int cBase = 9;
      int cRow = 10;
      int columns = shape.vectors * shape.panels;
      int[] row = new int[shape.rows];
      for (int i = 0; i < shape.rows; i++) {
        row[i] = shape.columns ? aBase : sum(code, aBase, aStep, i);
      }
      int[] panel = new int[shape.panels];
      for (int p = 0; p < shape.panels; p++) {
        panel[p] = sum(code, bBase, bPanel, p);
      }
      int[] out = new int[shape.rows];
      for (int i = 0; i < shape.rows; i++) {
        out[i] = sum(code, cBase, cRow, i);
      }
      int zero = shape.add ? -1 : numbers.constant(0);
      int[][] total = new int[shape.rows][columns];
      for (int i = 0; i < shape.rows; i++) {
        for (int j = 0; j < columns; j++) {
          total[i][j] =
              shape.add ? numbers.load(c, index(code, out[i], j * length), -1) : numbers.copy(zero);
        }
      }
      int k = code.allocateLocal(TypeKind.INT);
      code.iconst_0();
      code.istore(k);
      Label loop = code.newLabel();
      Label end = code.newLabel();
      code.labelBinding(loop);
      code.iload(k);
      code.iload(depth);
      code.if_icmpge(end);
      int[] right = new int[columns];
      for (int j = 0; j < columns; j++) {
        int start = panel[j / shape.vectors];
        int offset = j % shape.vectors * length;
        right[j] =
            numbers.load(
                b,
                () -> {
                  code.iload(start);
                  code.iload(k);
                  code.loadConstant(shape.width());
                  code.imul();
                  code.iadd();
                  addConstant(code, offset);
                },
                -1);
      }
      for (int i = 0; i < shape.rows; i++) {
        int start = row[i];
        int lane = i;
        int left =
            numbers.broadcastElement(
                a,
                () -> {
                  code.iload(start);
                  code.iload(k);
                  if (shape.columns) {
                    code.iload(aStep);
                    code.imul();
                    code.iadd();
                    addConstant(code, lane);
                  } else {
                    code.iadd();
                  }
                });
        for (int j = 0; j < columns; j++) {
          numbers.accumulate(left, right[j], total[i][j]);
        }
      }
      code.iinc(k, 1);
      code.goto_(loop);
      code.labelBinding(end);
      for (int i = 0; i < shape.rows; i++) {
        for (int j = 0; j < columns; j++) {
          numbers.store(total[i][j], c, index(code, out[i], j * length), -1);
        }
      }
      code.return_();
    }

    private int array(CodeBuilder code, int parameter) {
      int local = code.allocateLocal(TypeKind.REFERENCE);
      code.aload(parameter);
      code.checkcast(element.arrayType());
      code.astore(local);
      return local;
    }

    /// base + i · step, in a local.
    private static int sum(CodeBuilder code, int base, int step, int i) {
      if (i == 0) {
        return base;
      }
      int local = code.allocateLocal(TypeKind.INT);
      code.iload(base);
      code.iload(step);
      code.loadConstant(i);
      code.imul();
      code.iadd();
      code.istore(local);
      return local;
    }

    private static Runnable index(CodeBuilder code, int base, int offset) {
      return () -> {
        code.iload(base);
        addConstant(code, offset);
      };
    }

    private static void addConstant(CodeBuilder code, int value) {
      if (value != 0) {
        code.loadConstant(value);
        code.iadd();
      }
    }
  }
}
