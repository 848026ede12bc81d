package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// A tile of a matrix product that stays in registers:
///
///     c[i, j] = s[i, j] + Σ_k a[i, k] · b[k, j]       0 ≤ i < rows, 0 ≤ j < columns
///
/// A tile is always whole: what is beyond the edge of C goes to scratch memory of the caller.
///
/// `b` is packed in panels of a few vectors: row k of a panel is contiguous, and a panel begins where
/// the one before it ends. One chain of multiply–adds for each element, from s on, k ascending,
/// whatever the tile, so an element's value does not depend on the elements beside it.
public interface MicroKernel {
  /// @param a A
  /// @param aBase where the tile begins in it
  /// @param aStep the distance of its rows or columns, see [Left]
  /// @param b the panels
  /// @param bBase where the first panel begins
  /// @param depth the number of k; if it is negative, nothing is done (see [Compilation])
  /// @param s where the sums start: zeros, a row for all, other numbers, or C itself
  /// @param sBase where the tile begins in it
  /// @param sRow the distance of its rows, 0 if all are the same
  /// @param c C, row-major
  /// @param cBase where the tile begins in it
  /// @param cRow the distance of its rows
  void run(
      Object a,
      int aBase,
      int aStep,
      Object b,
      int bBase,
      int depth,
      Object s,
      int sBase,
      int sRow,
      Object c,
      int cBase,
      int cRow);

  /// The descriptor of [#run].
  MethodTypeDesc TYPE = HiddenClasses.type(MicroKernel.class);

  /// The local of A in generated code; where a tile begins in an array is the local after it.
  int A = 1;

  /// The local of B.
  int B = 4;

  /// The local of the number of k.
  int DEPTH = 6;

  /// The local of S.
  int S = 7;

  /// The local of C.
  int C = 10;

  /// How A lies in its array. One distance is 1 and known when a kernel is generated: with two that
  /// are not, each number of A would take a multiplication and a check of its index, three
  /// instructions for the three multiply–adds that it is there for.
  enum Left {
    /// Element (i, k) is at `aBase + i·aStep + k`.
    ROWS,

    /// Element (i, k) is at `aBase + i + k·aStep`.
    COLUMNS
  }

  /// The form of a tile.
  ///
  /// @param element the element type
  /// @param left how A lies in its array
  /// @param rows the number of rows
  /// @param panels the number of vectors in a row of each of the panels side by side
  record Shape(Element element, Left left, int rows, List<Integer> panels) {
    int vectors() {
      return panels.stream().mapToInt(Integer::intValue).sum();
    }
  }

  /// The most rows of a tile.
  int MOST_ROWS = 8;

  /// The registers that hold vectors.
  static int registers() {
    return Simd.bits() >= 512 ? 32 : 16;
  }

  /// The vectors of the widest panel, by which a tile of [#rows] fills the registers.
  static int widest(Left left) {
    int wide = left == Left.ROWS ? 4 : 3;
    return Simd.bits() >= 512 ? wide : wide - 1;
  }

  /// The vectors of the panels in which a matrix of so many vectors is packed, in order, the wider
  /// ones first. Without vectors a panel has up to 256 columns.
  static List<Integer> panels(Left left, int vectors) {
    if (!Simd.available()) {
      return PlainKernel.panels(vectors);
    }
    int count = (vectors + widest(left) - 1) / widest(left);
    var panels = new ArrayList<Integer>();
    for (int panel = 0; panel < count; panel++) {
      panels.add((vectors + count - 1 - panel) / count);
    }
    return panels;
  }

  /// The rows of a tile of so many vectors. Each number of A is read for all columns of a tile and
  /// each of B for all rows, so a tile fills the registers; where A lies in rows, each of them
  /// takes a register for its address too, of which there are few, so it is wide and has few rows.
  static int rows(Left left, int vectors) {
    if (!Simd.available()) {
      return MOST_ROWS;
    }
    boolean wide = left == Left.ROWS && vectors > 2;
    return wide ? 4 : Simd.bits() >= 512 ? MOST_ROWS : 6;
  }

  /// The kernel of a form, generated when it is first needed; without vectors one with arrays of
  /// its own.
  static MicroKernel of(Shape shape) {
    return Simd.available()
        ? HiddenClasses.instance(shape, MicroKernel.class, () -> new Generator(shape).define())
        : new PlainKernel(shape);
  }

  /// The kernel of a product of one row that a step of a loop waits for; its k may be summed in
  /// several chains ([RowProduct]).
  static MicroKernel ofRow(Element element, List<Integer> panels, int depth) {
    return RowProduct.fits(panels, depth)
        ? RowProduct.of(element, panels.getFirst(), depth)
        : of(new Shape(element, Left.ROWS, 1, panels));
  }

  /// Has the kernel of [#ofRow] compiled before it is used.
  static void compileRow(Element element, List<Integer> panels, int depth) {
    if (RowProduct.fits(panels, depth)) {
      RowProduct.compile(element, panels.getFirst(), depth);
    } else {
      compile(new Shape(element, Left.ROWS, 1, panels));
    }
  }

  /// Has the kernel of a form compiled before it is used.
  static void compile(Shape shape) {
    if (!Simd.available()) {
      return;
    }
    MicroKernel kernel = of(shape);
    int width = shape.vectors() * Simd.length(shape.element);
    int depth = Compilation.ROWS;
    Object right = shape.element.array(width * depth);
    Object tile = shape.element.array(shape.rows * width);
    Compilation.of(
        kernel,
        negative -> kernel.run(null, 0, 0, null, 0, negative, null, 0, 0, null, 0, 0),
        () -> kernel.run(right, 0, 0, right, 0, depth, tile, 0, width, tile, 0, width));
  }

  /// Emits one kernel.
  final class Generator {
    private final Shape shape;
    private final Element element;
    private final int length;
    private int beyond;
    private int tests;

    private Generator(Shape shape) {
      this.shape = shape;
      this.element = shape.element;
      this.length = Simd.length(element);
    }

    private MicroKernel define() {
      String panels = shape.panels.stream().map(String::valueOf).collect(Collectors.joining("_"));
      String name = "Gemm_%s_%s_%dx%s".formatted(element, shape.left, shape.rows, panels);
      return HiddenClasses.define(
          name,
          MicroKernel.class,
          builder ->
              builder.withMethodBody(
                  "run", TYPE, java.lang.classfile.ClassFile.ACC_PUBLIC, this::body));
    }

    private void body(CodeBuilder code) {
      Compilation.emitEmptyLoop(code, DEPTH);
      var numbers = new Numbers(code, element, true);
      int a = numbers.array(A);
      int b = numbers.array(B);
      int s = numbers.array(S);
      int[] left = {A + 1};
      if (shape.left == Left.ROWS) {
        left = starts(code, A + 1, A + 2, shape.rows);
      }
      int[] panel = new int[shape.panels.size()];
      for (int p = 0, first = 0; p < panel.length; p++) {
        panel[p] = sum(code, B + 1, DEPTH, first);
        first += shape.panels.get(p) * length;
      }
      int[] start = starts(code, S + 1, S + 2, shape.rows);
      int[][] total = new int[shape.rows][shape.vectors()];
      for (int i = 0; i < shape.rows; i++) {
        for (int j = 0; j < shape.vectors(); j++) {
          total[i][j] = numbers.load(s, numbers.index(start[i], j * length), -1);
        }
      }
      beyond = code.allocateLocal(TypeKind.INT);
      code.aload(b);
      code.arraylength();
      code.istore(beyond);
      int k = code.allocateLocal(TypeKind.INT);
      code.iconst_0();
      code.istore(k);
      Label loop = code.newLabel();
      Label end = code.newLabel();
      code.labelBinding(loop);
      code.iload(k);
      code.iload(DEPTH);
      code.if_icmpge(end);
      accumulate(code, numbers, a, left, b, panel, k, total, end);
      code.iinc(k, 1);
      code.goto_(loop);
      code.labelBinding(end);
      // What is only needed now would take registers from the loop.
      int c = numbers.array(C);
      int[] out = starts(code, C + 1, C + 2, shape.rows);
      for (int i = 0; i < shape.rows; i++) {
        for (int j = 0; j < shape.vectors(); j++) {
          numbers.store(total[i][j], c, numbers.index(out[i], j * length), -1);
        }
      }
      code.return_();
    }

    /// Emits what one k adds.
    ///
    /// @param left where rows of A begin, or its next column
    /// @param panel where panels of B begin
    private void accumulate(
        CodeBuilder code,
        Numbers numbers,
        int a,
        int[] left,
        int b,
        int[] panel,
        int k,
        int[][] total,
        Label end) {
      int together = rowsAtOnce();
      int[] right = new int[shape.vectors()];
      int before = 0;
      for (int p = 0; p < panel.length; p++) {
        int first = panel[p];
        int width = shape.panels.get(p) * length;
        for (int j = 0; j < shape.panels.get(p); j++) {
          int offset = j * length;
          right[before + j] =
              numbers.load(
                  b,
                  () -> {
                    code.iload(first);
                    code.iload(k);
                    code.loadConstant(width);
                    code.imul();
                    code.iadd();
                    addConstant(code, offset);
                  },
                  -1);
        }
        before += shape.panels.get(p);
      }
      for (int i = 0; i < shape.rows; i++) {
        if (i > 0 && i % together == 0) {
          keepOrder(code, k, end);
        }
        int row = i;
        int number =
            numbers.broadcastElement(
                a,
                () -> {
                  if (shape.left == Left.ROWS) {
                    code.iload(left[row]);
                    code.iload(k);
                    code.iadd();
                  } else {
                    code.iload(left[0]);
                    addConstant(code, row);
                  }
                });
        for (int j = 0; j < shape.vectors(); j++) {
          numbers.accumulate(number, right[j], total[i][j]);
        }
      }
      if (shape.left == Left.COLUMNS) {
        code.iload(left[0]);
        code.iload(A + 2);
        code.iadd();
        code.istore(left[0]);
      }
    }

    /// The rows whose numbers of A fit into the registers that sums and B leave, in equal groups.
    private int rowsAtOnce() {
      int left = registers() - (shape.rows + 1) * shape.vectors();
      int groups = 1;
      while ((shape.rows + groups - 1) / groups > Math.max(1, left)) {
        groups++;
      }
      return (shape.rows + groups - 1) / groups;
    }

    /// Emits a test that is never true: B has more numbers than k and this small number, which
    /// differs from one test to the next. HotSpot moves no load over it. Without, it begins with
    /// all loads of one k, for which there are not enough registers; sums then go to the stack and
    /// back, which doubles the time if the stack happens to lie between cache lines.
    private void keepOrder(CodeBuilder code, int k, Label end) {
      code.iload(k);
      addConstant(code, tests++);
      code.iload(beyond);
      code.if_icmpeq(end);
    }

    /// Where rows begin: base + i · step, in locals.
    private static int[] starts(CodeBuilder code, int base, int step, int rows) {
      int[] starts = new int[rows];
      Arrays.setAll(starts, i -> sum(code, base, step, i));
      return starts;
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

    private static void addConstant(CodeBuilder code, int value) {
      if (value != 0) {
        code.loadConstant(value);
        code.iadd();
      }
    }
  }
}
