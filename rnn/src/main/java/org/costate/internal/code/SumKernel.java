package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.List;

/// Adds rows to one: `sum[j] += x[i, j]`, i ascending. The sums of some columns stay in registers
/// while all rows go by, so an addition does not wait for the one before to reach memory.
public interface SumKernel {
  /// @param arena where everything is
  /// @param at where the first row begins
  /// @param step the distance of rows, which may be negative
  /// @param rows the number of rows; if it is negative, nothing is done (see [Compilation])
  /// @param n the length of a row
  /// @param sum where the sum is
  void run(Object arena, int at, int step, int rows, int n, int sum);

  /// The kernel of an element type, generated when it is first needed.
  static SumKernel of(Element element) {
    if (!Simd.available()) {
      return (arena, at, step, rows, n, sum) -> {
        for (int i = 0; i < rows; i++) {
          element.add(arena, at + i * step, arena, sum, n);
        }
      };
    }
    String name = "Sum_" + element;
    return HiddenClasses.instance(name, SumKernel.class, () -> new Generator(element).define(name));
  }

  /// Has the kernel of an element type compiled before it is used.
  ///
  /// @param n the length of its rows, about
  static void compile(Element element, int n) {
    if (!Simd.available()) {
      return;
    }
    SumKernel kernel = of(element);
    Object zeros = element.array(n);
    int vectors = n / Simd.length(element);
    int widest = Generator.STRIPES[0];
    boolean rest = n % Simd.length(element) > 0;
    Compilation.of(
        List.of(kernel, vectors >= widest, vectors % widest, rest),
        negative -> kernel.run(null, 0, 0, negative, 0, 0),
        () -> kernel.run(zeros, 0, 0, Compilation.ROWS, n, 0));
  }

  /// Emits one kernel.
  final class Generator {
    /// Vectors side by side, most first: additions of a column wait for each other, so several
    /// columns are summed meanwhile.
    private static final int[] STRIPES = {8, 4, 2, 1};

    private static final int AT = 2;
    private static final int STEP = 3;
    private static final int ROWS = 4;
    private static final int N = 5;
    private static final int SUM = 6;

    private final Element element;
    private CodeBuilder code;
    private Numbers numbers;
    private int arena;
    private int j;

    private Generator(Element element) {
      this.element = element;
    }

    private SumKernel define(String name) {
      return HiddenClasses.define(
          name,
          SumKernel.class,
          builder ->
              builder.withMethodBody(
                  "run",
                  HiddenClasses.type(SumKernel.class),
                  java.lang.classfile.ClassFile.ACC_PUBLIC,
                  this::body));
    }

    private void body(CodeBuilder builder) {
      code = builder;
      Compilation.emitEmptyLoop(code, ROWS);
      numbers = new Numbers(code, element, true);
      arena = numbers.array(1);
      j = code.allocateLocal(TypeKind.INT);
      code.iconst_0();
      code.istore(j);
      int length = Simd.length(element);
      for (int vectors : STRIPES) {
        Label next = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(next);
        code.iload(j);
        code.loadConstant(vectors * length);
        code.iadd();
        code.iload(N);
        code.if_icmpgt(end);
        stripe(vectors, -1);
        code.iinc(j, vectors * length);
        code.goto_(next);
        code.labelBinding(end);
      }
      Label done = code.newLabel();
      code.iload(j);
      code.iload(N);
      code.if_icmpge(done);
      int left = code.allocateLocal(TypeKind.INT);
      code.iload(N);
      code.iload(j);
      code.isub();
      code.istore(left);
      stripe(1, numbers.firstLanes(left));
      code.labelBinding(done);
      code.return_();
    }

    private void stripe(int vectors, int mask) {
      int[] total = new int[vectors];
      for (int v = 0; v < vectors; v++) {
        total[v] = numbers.load(arena, index(SUM, v), mask);
      }
      int row = code.allocateLocal(TypeKind.INT);
      int at = code.allocateLocal(TypeKind.INT);
      code.iload(AT);
      code.istore(at);
      code.iconst_0();
      code.istore(row);
      Label next = code.newLabel();
      Label end = code.newLabel();
      code.labelBinding(next);
      code.iload(row);
      code.iload(ROWS);
      code.if_icmpge(end);
      for (int v = 0; v < vectors; v++) {
        // The total as the argument: see RowKernel.
        numbers.set(total[v], numbers.add(numbers.load(arena, index(at, v), mask), total[v]));
      }
      code.iload(at);
      code.iload(STEP);
      code.iadd();
      code.istore(at);
      code.iinc(row, 1);
      code.goto_(next);
      code.labelBinding(end);
      for (int v = 0; v < vectors; v++) {
        numbers.store(total[v], arena, index(SUM, v), mask);
      }
    }

    /// The v-th vector of a stripe of a row.
    private Runnable index(int base, int v) {
      return () -> {
        code.iload(base);
        code.iload(j);
        code.iadd();
        code.loadConstant(v * Simd.length(element));
        code.iadd();
      };
    }
  }
}
