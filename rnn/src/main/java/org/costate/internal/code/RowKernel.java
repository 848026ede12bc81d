package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.List;
import org.costate.graph.BinaryFunction;
import org.costate.graph.UnaryFunction;

/// A fused loop over rows: everything element-wise, and the reductions along a row, of one group of
/// nodes. Each row goes once through the loops of its levels: level 0 computes what needs no
/// reduction, level 1 what needs a reduction of level 0, and so on; a row stays in the nearest
/// cache meanwhile.
public interface RowKernel {
  /// @param arena values that differ between rows
  /// @param weights values that are shared by all rows
  /// @param at for each operand where it begins and the distance of its rows
  /// @param moves for each operand how far it moves with each step
  /// @param step how many steps to move
  /// @param rows the number of rows; if it is negative, nothing is done (see [Compilation])
  /// @param n the length of a row
  void run(Object arena, Object weights, int[] at, int[] moves, int step, int rows, int n);

  /// The same where nothing moves.
  default void run(Object arena, Object weights, int[] at, int rows, int n) {
    run(arena, weights, at, at, 0, rows, n);
  }

  /// One instruction; operands are indices of earlier instructions.
  sealed interface Instruction {
    /// A row of an operand.
    record Load(int operand, boolean shared) implements Instruction {}

    /// One number of an operand for the row, at a column.
    record LoadOne(int operand, int column, boolean shared) implements Instruction {}

    /// A number.
    record Number(double value) implements Instruction {}

    record Unary(UnaryFunction function, int x) implements Instruction {}

    record Binary(BinaryFunction function, int a, int b) implements Instruction {}

    record Select(int condition, int a, int b) implements Instruction {}

    /// The sum or the largest along the row.
    record Reduce(boolean sum, int x) implements Instruction {}

    /// Writes a row, or one number at a column, to an operand.
    record Store(int operand, int column, int x) implements Instruction {}

    default int[] operands() {
      return switch (this) {
        case Load _, LoadOne _, Number _ -> new int[0];
        case Unary o -> new int[] {o.x};
        case Binary o -> new int[] {o.a, o.b};
        case Select o -> new int[] {o.condition, o.a, o.b};
        case Reduce o -> new int[] {o.x};
        case Store o -> new int[] {o.x};
      };
    }
  }

  /// What a kernel computes; equal programs share one class.
  ///
  /// @param element the element type
  /// @param instructions the instructions, each after its operands
  /// @param wide which of them have a value for each element of the row
  /// @param operands the number of operands
  /// @param whole whether rows are whole vectors, so that there is no code for the rest of a row
  record Code(
      Element element,
      List<Instruction> instructions,
      List<Boolean> wide,
      int operands,
      boolean whole) {
    /// For rows of any length.
    public Code(Element element, List<Instruction> instructions, List<Boolean> wide, int operands) {
      this(element, instructions, wide, operands, false);
    }

    /// Keeps its own lists.
    public Code {
      instructions = List.copyOf(instructions);
      wide = List.copyOf(wide);
    }

    /// The loop in which each instruction runs: wide ones in loop `level`, others after it; −1 is
    /// before the first loop.
    int[] levels() {
      int[] level = new int[instructions.size()];
      for (int i = 0; i < level.length; i++) {
        int most = wide.get(i) ? 0 : -1;
        for (int operand : instructions.get(i).operands()) {
          boolean widens = wide.get(i) && !wide.get(operand);
          most = Math.max(most, level[operand] + (widens ? 1 : 0));
        }
        level[i] = most;
      }
      return level;
    }

    /// Whether its loops work on vectors.
    boolean onVectors() {
      return Simd.available() && wide.contains(true) && vectorised();
    }

    /// Whether every function has a vector form.
    private boolean vectorised() {
      for (int i = 0; i < instructions.size(); i++) {
        boolean possible =
            switch (instructions.get(i)) {
              case Instruction.Unary o -> Elementary.vectorised(o.function());
              case Instruction.Binary o -> Elementary.vectorised(o.function());
              default -> true;
            };
        if (wide.get(i) && !possible) {
          return false;
        }
      }
      return true;
    }
  }

  /// The values that are computed in one loop and read in a later one; they need a place to be in
  /// between.
  static boolean[] crossing(Code code) {
    int[] level = code.levels();
    boolean[] crossing = new boolean[level.length];
    for (int i = 0; i < level.length; i++) {
      for (int operand : code.instructions().get(i).operands()) {
        crossing[operand] |=
            code.wide().get(i) && code.wide().get(operand) && level[i] > level[operand];
      }
    }
    return crossing;
  }

  /// The kernel of a program, generated when it is first needed.
  static RowKernel of(Code code) {
    return HiddenClasses.instance(code, RowKernel.class, () -> new Generator(code).define());
  }

  /// Has the kernel of a program compiled before it is used.
  ///
  /// @param rows the number of rows it will have, about
  /// @param n their length
  static void compile(Code code, int rows, int n) {
    if (!code.onVectors()) {
      return;
    }
    RowKernel kernel = of(code);
    // As many rows of this length as are a sample, or one that is shorter with the same rest; and
    // all as one row, with a rest if there is code for it.
    int length = n > Compilation.NUMBERS ? Compilation.NUMBERS + n % Compilation.NUMBERS : n;
    int count = Math.clamp(Compilation.NUMBERS / length, 1, rows);
    int rest = code.whole() ? 0 : 1;
    int columns = count * length + rest;
    for (Instruction instruction : code.instructions()) {
      columns =
          switch (instruction) {
            case Instruction.LoadOne(_, int column, _) -> Math.max(columns, column + 1);
            case Instruction.Store(_, int column, _) -> Math.max(columns, column + 1);
            default -> columns;
          };
    }
    Object zeros = code.element().array(columns);
    int[] at = new int[2 * code.operands()];
    Compilation.of(
        kernel,
        negative -> kernel.run(null, null, null, null, 0, negative, 0),
        () -> {
          kernel.run(zeros, zeros, at, count, length);
          kernel.run(zeros, zeros, at, 1, count * length + rest);
        });
  }

  /// Emits one kernel.
  final class Generator {
    private static final int AT = 3;
    private static final int MOVES = 4;
    private static final int STEP = 5;
    private static final int ROWS = 6;

    private final Code program;
    private final boolean vector;
    private final int[] level;
    private final int[] storedAt;
    private CodeBuilder code;
    private int arena;
    private int weights;
    private int[] base;
    private int n;

    private Generator(Code program) {
      this.program = program;
      this.vector = program.onVectors();
      this.level = program.levels();
      this.storedAt = new int[level.length];
      java.util.Arrays.fill(storedAt, -1);
      for (Instruction instruction : program.instructions()) {
        if (instruction instanceof Instruction.Store(int operand, _, int x)) {
          storedAt[x] = operand;
        }
      }
    }

    private RowKernel define() {
      return HiddenClasses.define(
          "%s_%s_%08x"
              .formatted(
                  vector ? "Rows" : HiddenClasses.SCALAR, program.element(), program.hashCode()),
          RowKernel.class,
          builder ->
              builder.withMethodBody(
                  "run",
                  HiddenClasses.type(RowKernel.class),
                  java.lang.classfile.ClassFile.ACC_PUBLIC,
                  this::body));
    }

    private void body(CodeBuilder builder) {
      this.code = builder;
      Compilation.emitEmptyLoop(code, ROWS);
      var arrays = new Numbers(code, program.element(), false);
      arena = arrays.array(1);
      weights = arrays.array(2);
      n = 7;
      int count = program.operands();
      base = new int[count];
      int[] stride = new int[count];
      for (int i = 0; i < count; i++) {
        base[i] = begin(i);
        stride[i] = entry(AT, 2 * i + 1);
      }
      int row = code.allocateLocal(TypeKind.INT);
      code.iconst_0();
      code.istore(row);
      Label next = code.newLabel();
      Label end = code.newLabel();
      code.labelBinding(next);
      code.iload(row);
      code.iload(ROWS);
      code.if_icmpge(end);
      var scalars = new int[level.length];
      int levels = java.util.Arrays.stream(level).max().orElse(0);
      boolean anyWide = program.wide().contains(true);
      emitScalars(-1, scalars);
      for (int l = 0; anyWide && l <= levels; l++) {
        emitLoop(l, scalars);
        emitScalars(l, scalars);
      }
      for (int i = 0; i < count; i++) {
        code.iload(base[i]);
        code.iload(stride[i]);
        code.iadd();
        code.istore(base[i]);
      }
      code.iinc(row, 1);
      code.goto_(next);
      code.labelBinding(end);
      code.return_();
    }

    /// Where an operand begins at this step.
    private int begin(int operand) {
      int place = entry(AT, 2 * operand);
      int move = entry(MOVES, operand);
      code.iload(place);
      code.iload(move);
      code.iload(STEP);
      code.imul();
      code.iadd();
      code.istore(place);
      return place;
    }

    private int entry(int array, int index) {
      int local = code.allocateLocal(TypeKind.INT);
      code.aload(array);
      code.loadConstant(index);
      code.iaload();
      code.istore(local);
      return local;
    }

    /// The numbers of the row that are known after loop `at`.
    private void emitScalars(int at, int[] scalars) {
      var numbers = new Numbers(code, program.element(), false);
      var functions = new Elementary(numbers);
      for (int i = 0; i < level.length; i++) {
        if (program.wide().get(i) || level[i] != at) {
          continue;
        }
        switch (program.instructions().get(i)) {
          case Instruction.LoadOne(int operand, int column, boolean shared) ->
              scalars[i] = numbers.load(shared ? weights : arena, () -> at(operand, column), -1);
          case Instruction.Number(double value) -> scalars[i] = numbers.constant(value);
          case Instruction.Unary(var f, int x) -> scalars[i] = functions.unary(f, scalars[x]);
          case Instruction.Binary(var f, int a, int b) ->
              scalars[i] = functions.binary(f, scalars[a], scalars[b]);
          case Instruction.Select(int c, int a, int b) ->
              scalars[i] = functions.select(scalars[c], scalars[a], scalars[b]);
          case Instruction.Store(int operand, int column, int x) ->
              numbers.store(scalars[x], arena, () -> at(operand, column), -1);
          case Instruction.Reduce _ -> {
            // its loop has left it in scalars[i]
          }
          case Instruction.Load _ -> throw new IllegalStateException("a row is not one number");
        }
      }
    }

    /// The instructions that loop `at` runs for every element, and those of earlier loops that it
    /// reads again.
    private List<Integer> loop(int at) {
      var list = new ArrayList<Integer>();
      for (int i = 0; i < level.length; i++) {
        boolean reduces = program.instructions().get(i) instanceof Instruction.Reduce;
        if (level[i] == at && (program.wide().get(i) || reduces)) {
          list.add(i);
        }
      }
      return list;
    }

    private void emitLoop(int at, int[] scalars) {
      List<Integer> instructions = loop(at);
      if (instructions.isEmpty()) {
        return;
      }
      var numbers = new Numbers(code, program.element(), vector);
      var plain = new Numbers(code, program.element(), false);
      int[] totals = new int[level.length];
      int[] spread = new int[level.length];
      for (int i : instructions) {
        if (program.instructions().get(i) instanceof Instruction.Reduce(boolean sum, _)) {
          totals[i] = numbers.constant(nothing(sum));
        }
        for (int operand : program.instructions().get(i).operands()) {
          if (!program.wide().get(operand) && program.wide().get(i)) {
            spread[operand] = numbers.broadcast(scalars[operand]);
          }
        }
      }
      int length = vector ? Simd.length(program.element()) : 1;
      int j = code.allocateLocal(TypeKind.INT);
      code.iconst_0();
      code.istore(j);
      int bound = code.allocateLocal(TypeKind.INT);
      code.iload(n);
      boolean rest = vector && !program.whole();
      if (rest) {
        code.loadConstant(-length);
        code.iand();
      }
      code.istore(bound);
      Label again = code.newLabel();
      Label end = code.newLabel();
      code.labelBinding(again);
      code.iload(j);
      code.iload(bound);
      code.if_icmpge(end);
      emitElements(instructions, numbers, j, -1, totals, spread);
      code.iinc(j, length);
      code.goto_(again);
      code.labelBinding(end);
      if (rest) {
        Label done = code.newLabel();
        code.iload(j);
        code.iload(n);
        code.if_icmpge(done);
        int left = code.allocateLocal(TypeKind.INT);
        code.iload(n);
        code.iload(j);
        code.isub();
        code.istore(left);
        int mask = numbers.firstLanes(left);
        emitElements(instructions, numbers, j, mask, totals, spread);
        code.labelBinding(done);
      }
      for (int i : instructions) {
        if (program.instructions().get(i) instanceof Instruction.Reduce(boolean sum, _)) {
          scalars[i] =
              !vector
                  ? plain.copy(totals[i])
                  : sum ? numbers.sumOfLanes(totals[i]) : numbers.largestLane(totals[i]);
        }
      }
    }

    private void emitElements(
        List<Integer> instructions, Numbers numbers, int j, int mask, int[] totals, int[] spread) {
      var functions = new Elementary(numbers);
      int[] value = new int[level.length];
      java.util.Arrays.fill(value, -1);
      for (int i : instructions) {
        Instruction instruction = program.instructions().get(i);
        int[] operands = instruction.operands();
        int[] in = new int[operands.length];
        for (int k = 0; k < in.length; k++) {
          int operand = operands[k];
          if (!program.wide().get(operand)) {
            in[k] = spread[operand];
          } else {
            if (value[operand] < 0) {
              value[operand] = again(operand, numbers, j, mask);
            }
            in[k] = value[operand];
          }
        }
        switch (instruction) {
          case Instruction.Load _ -> value[i] = again(i, numbers, j, mask);
          case Instruction.Number(double number) -> value[i] = numbers.constant(number);
          case Instruction.Unary(var f, _) -> value[i] = functions.unary(f, in[0]);
          case Instruction.Binary(var f, _, _) -> value[i] = functions.binary(f, in[0], in[1]);
          case Instruction.Select _ -> value[i] = functions.select(in[0], in[1], in[2]);
          case Instruction.Store(int operand, _, _) ->
              numbers.store(in[0], arena, () -> element(operand, j), mask);
          case Instruction.Reduce(boolean sum, _) -> {
            int term =
                mask < 0 ? in[0] : numbers.masked(mask, in[0], numbers.constant(nothing(sum)));
            // The term first: HotSpot knows its class, and that of a total only once it knows what
            // the operation returns.
            numbers.set(
                totals[i], sum ? numbers.add(term, totals[i]) : numbers.maximum(term, totals[i]));
          }
          case Instruction.LoadOne _ -> throw new IllegalStateException("one number is not a row");
        }
      }
    }

    /// What changes no sum, not even one of negative zeros, or is below everything.
    private static double nothing(boolean sum) {
      return sum ? -0.0 : Double.NEGATIVE_INFINITY;
    }

    /// The value of an instruction of this or an earlier loop from where it is kept.
    private int again(int i, Numbers numbers, int j, int mask) {
      return switch (program.instructions().get(i)) {
        case Instruction.Load(int operand, boolean shared) ->
            numbers.load(shared ? weights : arena, () -> element(operand, j), mask);
        case Instruction.Number(double number) -> numbers.constant(number);
        default -> {
          if (storedAt[i] < 0) {
            throw new IllegalStateException("a value that crosses loops has no place");
          }
          yield numbers.load(arena, () -> element(storedAt[i], j), mask);
        }
      };
    }

    private void at(int operand, int column) {
      code.iload(base[operand]);
      if (column != 0) {
        code.loadConstant(column);
        code.iadd();
      }
    }

    private void element(int operand, int j) {
      code.iload(base[operand]);
      code.iload(j);
      code.iadd();
    }
  }
}
