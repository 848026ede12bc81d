package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;

/// Copies pieces of rows one behind the other: `to[i, j] = from[i, j]` for a fixed number of
/// columns that whole vectors fill. A call of `System.arraycopy` for each takes longer than the
/// copying.
public interface PackKernel {
  /// @param from where the rows are
  /// @param at where the first piece begins
  /// @param step the distance of pieces, which may be negative
  /// @param count the number of pieces; if it is negative, nothing is done (see [Compilation])
  /// @param to where they go
  /// @param toAt where the first one goes
  void run(Object from, int at, int step, int count, Object to, int toAt);

  /// The kernel for pieces of some columns, generated when it is first needed.
  static PackKernel of(Element element, int columns) {
    if (!Simd.available() || columns % Simd.length(element) != 0) {
      return (from, at, step, count, to, toAt) -> {
        for (int i = 0; i < count; i++) {
          System.arraycopy(from, at + i * step, to, toAt + i * columns, columns);
        }
      };
    }
    String name = "Pack_%s_%d".formatted(element, columns);
    return HiddenClasses.instance(
        name,
        PackKernel.class,
        () ->
            HiddenClasses.define(
                name,
                PackKernel.class,
                builder ->
                    builder.withMethodBody(
                        "run",
                        HiddenClasses.type(PackKernel.class),
                        java.lang.classfile.ClassFile.ACC_PUBLIC,
                        code -> body(code, element, columns))));
  }

  /// Has it compiled before it is used.
  ///
  /// @param element the element type
  /// @param columns as for [#of]
  static void compile(Element element, int columns) {
    if (!Simd.available() || columns % Simd.length(element) != 0) {
      return;
    }
    PackKernel kernel = of(element, columns);
    Object zeros = element.array(columns * Compilation.ROWS);
    Compilation.of(
        kernel,
        negative -> kernel.run(null, 0, 0, negative, null, 0),
        () -> kernel.run(zeros, 0, columns, Compilation.ROWS, zeros, 0));
  }

  private static void body(CodeBuilder code, Element element, int columns) {
    Compilation.emitEmptyLoop(code, 4);
    var numbers = new Numbers(code, element, true);
    int from = numbers.array(1);
    int to = numbers.array(5);
    int at = 2;
    int step = 3;
    int left = 4;
    int toAt = 6;
    Label loop = code.newLabel();
    Label end = code.newLabel();
    code.labelBinding(loop);
    code.iload(left);
    code.ifle(end);
    for (int j = 0; j < columns; j += Simd.length(element)) {
      int vector = numbers.load(from, numbers.index(at, j), -1);
      numbers.store(vector, to, numbers.index(toAt, j), -1);
    }
    code.iload(at);
    code.iload(step);
    code.iadd();
    code.istore(at);
    code.iinc(toAt, columns);
    code.iinc(left, -1);
    code.goto_(loop);
    code.labelBinding(end);
    code.return_();
  }
}
