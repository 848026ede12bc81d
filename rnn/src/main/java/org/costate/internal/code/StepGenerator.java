package org.costate.internal.code;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Emits a [StepKernel]: one method with the loop over time, which calls one for each part of a
/// step.
final class StepGenerator {
  private static final int ARENA = 1;
  private static final int WEIGHTS = 2;
  private static final int AT = 3;
  private static final int MOVES = 4;
  private static final int FIRST = 5;
  private static final int BY = 6;
  private static final int STEPS = 7;

  private final StepKernel.Code program;
  private final Element element;
  private final List<List<StepKernel.Piece>> methods;
  private final String name;

  StepGenerator(StepKernel.Code program, List<List<StepKernel.Piece>> methods) {
    this.program = program;
    this.element = program.element();
    this.methods = methods;
    this.name = "Steps_%s_%08x".formatted(element, program.hashCode());
  }

  StepKernel define() {
    return HiddenClasses.define(name, StepKernel.class, this::members);
  }

  private void members(ClassBuilder builder) {
    builder.withMethodBody(
        "run", HiddenClasses.type(StepKernel.class), ClassFile.ACC_PUBLIC, this::loop);
    for (int i = 0; i < methods.size(); i++) {
      var method = new Method(methods.get(i));
      builder.withMethodBody(
          method(i), type(method.operands.size()), ClassFile.ACC_STATIC, method::body);
    }
  }

  private static String method(int i) {
    return "part" + i;
  }

  /// Arrays, where operands begin, and a number that is negative if nothing is to be done.
  private MethodTypeDesc type(int operands) {
    var types = new ArrayList<ClassDesc>(List.of(element.arrayType(), element.arrayType()));
    for (int i = 0; i <= operands; i++) {
      types.add(ConstantDescs.CD_int);
    }
    return MethodTypeDesc.of(ConstantDescs.CD_void, types);
  }

  // ---- the loop over time

  private void loop(CodeBuilder code) {
    ClassDesc self = ClassDesc.of(HiddenClasses.class.getPackageName(), "Generated_" + name);
    Label work = code.newLabel();
    code.iload(STEPS);
    code.ifge(work);
    for (int i = 0; i < methods.size(); i++) {
      code.aconst_null();
      code.aconst_null();
      int operands = operands(methods.get(i)).size();
      for (int k = 0; k < operands; k++) {
        code.iconst_0();
      }
      code.iload(STEPS);
      code.invokestatic(self, method(i), type(operands));
    }
    code.labelBinding(work);
    Compilation.emitEmptyLoop(code, STEPS);
    var numbers = new Numbers(code, element, false);
    int arena = numbers.array(ARENA);
    int weights = numbers.array(WEIGHTS);
    int count = program.operands().size();
    int[] base = new int[count];
    int[] move = new int[count];
    for (int i = 0; i < count; i++) {
      base[i] = code.allocateLocal(TypeKind.INT);
      entry(code, AT, 2 * i);
      if (!program.operands().get(i).shared()) {
        move[i] = code.allocateLocal(TypeKind.INT);
        entry(code, MOVES, i);
        code.dup();
        code.iload(BY);
        code.imul();
        code.istore(move[i]);
        code.iload(FIRST);
        code.imul();
        code.iadd();
      }
      code.istore(base[i]);
    }
    int step = code.allocateLocal(TypeKind.INT);
    code.iconst_0();
    code.istore(step);
    Label next = code.newLabel();
    Label end = code.newLabel();
    code.labelBinding(next);
    code.iload(step);
    code.iload(STEPS);
    code.if_icmpge(end);
    for (int i = 0; i < methods.size(); i++) {
      code.aload(arena);
      code.aload(weights);
      List<Integer> operands = operands(methods.get(i));
      operands.forEach(operand -> code.iload(base[operand]));
      code.iconst_0();
      code.invokestatic(self, method(i), type(operands.size()));
    }
    for (int i = 0; i < count; i++) {
      if (!program.operands().get(i).shared()) {
        code.iload(base[i]);
        code.iload(move[i]);
        code.iadd();
        code.istore(base[i]);
      }
    }
    code.iinc(step, 1);
    code.goto_(next);
    code.labelBinding(end);
    code.return_();
  }

  private static void entry(CodeBuilder code, int array, int index) {
    code.aload(array);
    code.loadConstant(index);
    code.iaload();
  }

  /// The operands that some pieces read or write, in order.
  private static List<Integer> operands(List<StepKernel.Piece> pieces) {
    var operands = new TreeSet<Integer>();
    for (StepKernel.Piece piece : pieces) {
      switch (piece.part()) {
        case StepKernel.Row o -> o.operands().forEach(place -> operands.add(place.operand()));
        case StepKernel.Product o -> {
          operands.add(o.left().operand());
          operands.add(o.matrix());
          operands.add(o.result().operand());
          if (o.start() != null && piece.from() == 0) {
            operands.add(o.start().operand());
          }
        }
      }
    }
    return List.copyOf(operands);
  }

  /// The operands that one method alone reads and writes, each number after it was written, and
  /// that nobody reads after the step.
  private Set<Integer> unwritten(List<StepKernel.Piece> pieces) {
    var operands = new TreeSet<>(operands(pieces));
    for (List<StepKernel.Piece> others : methods) {
      if (others != pieces) {
        operands.removeAll(operands(others));
      }
    }
    operands.removeIf(
        operand ->
            !program.operands().get(operand).scratch()
                || program.operands().get(operand).awaited());
    var written = new HashSet<Value>();
    for (StepKernel.Piece piece : pieces) {
      for (Value value : reads(piece)) {
        if (!written.contains(value)) {
          operands.remove(value.place.operand());
        }
      }
      written.addAll(writes(piece));
    }
    return operands;
  }

  /// A vector or a single number in memory.
  private record Value(StepKernel.Place place, int length) {
    boolean overlaps(Value other) {
      return place.operand() == other.place.operand()
          && place.column() < other.place.column() + other.length
          && other.place.column() < place.column() + length;
    }
  }

  /// So many numbers from a place on: vectors, or single numbers.
  private void add(List<Value> to, StepKernel.Place place, int count, boolean wide) {
    int step = wide ? Simd.length(element) : 1;
    for (int j = 0; j < count; j += step) {
      to.add(new Value(moved(place, j), step));
    }
  }

  private static StepKernel.Place moved(StepKernel.Place place, int columns) {
    return new StepKernel.Place(place.operand(), place.column() + columns);
  }

  private List<Value> reads(StepKernel.Piece piece) {
    var reads = new ArrayList<Value>();
    switch (piece.part()) {
      case StepKernel.Row o -> {
        for (RowKernel.Instruction instruction : o.code().instructions()) {
          switch (instruction) {
            case RowKernel.Instruction.Load(int operand, _) ->
                add(reads, o.operands().get(operand), o.n(), true);
            case RowKernel.Instruction.LoadOne(int operand, int column, _) ->
                add(reads, moved(o.operands().get(operand), column), 1, false);
            default -> {
              // no memory is read
            }
          }
        }
      }
      case StepKernel.Product o -> {
        StepKernel.Place start = piece.from() == 0 ? o.start() : o.result();
        if (start != null) {
          add(reads, start, o.vectors() * Simd.length(element), true);
        }
      }
    }
    return reads;
  }

  private List<Value> writes(StepKernel.Piece piece) {
    var writes = new ArrayList<Value>();
    switch (piece.part()) {
      case StepKernel.Row o -> {
        for (int i = 0; i < o.code().instructions().size(); i++) {
          if (o.code().instructions().get(i)
              instanceof RowKernel.Instruction.Store(int operand, int column, _)) {
            boolean wide = o.code().wide().get(i);
            StepKernel.Place place = o.operands().get(operand);
            add(writes, wide ? place : moved(place, column), wide ? o.n() : 1, wide);
          }
        }
      }
      case StepKernel.Product o ->
          add(writes, o.result(), o.vectors() * Simd.length(element), true);
    }
    return writes;
  }

  // ---- the work of a step

  private final class Method {
    private final List<StepKernel.Piece> pieces;
    private final List<Integer> operands;
    private final int length = Simd.length(element);

    /// What is in a local.
    private final Map<Value, Integer> known = new HashMap<>();

    /// What is to be written in the end.
    private final Map<Value, Integer> late = new LinkedHashMap<>();

    /// Operands that are in registers only.
    private final Set<Integer> unwritten;

    private CodeBuilder code;
    private Numbers wide;
    private Numbers narrow;

    Method(List<StepKernel.Piece> pieces) {
      this.pieces = pieces;
      this.operands = operands(pieces);
      this.unwritten = unwritten(pieces);
    }

    void body(CodeBuilder builder) {
      code = builder;
      wide = new Numbers(code, element, true);
      narrow = new Numbers(code, element, false);
      Compilation.emitEmptyLoop(code, 2 + operands.size());
      for (StepKernel.Piece piece : pieces) {
        switch (piece.part()) {
          case StepKernel.Row o -> row(o);
          case StepKernel.Product o -> product(o, piece.from(), piece.to());
        }
      }
      finish();
      code.return_();
    }

    private int array(int operand) {
      return program.operands().get(operand).shared() ? 1 : 0;
    }

    private Runnable index(StepKernel.Place place, int distance) {
      return wide.index(2 + operands.indexOf(place.operand()), place.column() + distance);
    }

    private Numbers numbers(Value value) {
      return value.length == 1 ? narrow : wide;
    }

    private int load(StepKernel.Place place, int count) {
      var value = new Value(place, count);
      Integer local = known.get(value);
      if (local == null) {
        if (unwritten.contains(place.operand())) {
          throw new IllegalStateException("a value that is in registers only is read from memory");
        }
        // Part of it may be about to be written.
        if (late.keySet().stream().anyMatch(value::overlaps)) {
          finish();
        }
        local = numbers(value).load(array(place.operand()), index(place, 0), -1);
        known.put(value, local);
      }
      return local;
    }

    private void store(int local, StepKernel.Place place, int count) {
      var value = new Value(place, count);
      known.put(value, local);
      if (program.operands().get(place.operand()).awaited()) {
        numbers(value).store(local, 0, index(place, 0), -1);
      } else if (!unwritten.contains(place.operand())) {
        late.put(value, local);
      }
    }

    /// Writes what is still to be written.
    private void finish() {
      late.forEach((value, local) -> numbers(value).store(local, 0, index(value.place, 0), -1));
      late.clear();
    }

    // ---- products

    private void product(StepKernel.Product o, int from, int to) {
      int count = o.vectors();
      int[] panelOf = new int[count];
      int[] before = new int[count];
      for (int p = 0, j = 0; p < o.panels().size(); p++) {
        int first = j;
        for (; j < first + o.panels().get(p); j++) {
          panelOf[j] = p;
          before[j] = first;
        }
      }
      StepKernel.Place start = from == 0 ? o.start() : o.result();
      int[] sums = new int[count];
      for (int j = 0; j < count; j++) {
        sums[j] =
            start == null ? wide.constant(0) : wide.copy(load(moved(start, j * length), length));
      }
      var matrix = new StepKernel.Place(o.matrix(), 0);
      RowProduct.emit(
          wide,
          sums,
          from,
          to,
          RowProduct.chains(o.panels(), to - from),
          k -> wide.broadcastElement(array(o.left().operand()), index(o.left(), k)),
          (k, j) -> {
            int width = o.panels().get(panelOf[j]);
            int vector = before[j] * o.depth() + k * width + j - before[j];
            return wide.load(array(o.matrix()), index(matrix, vector * length), -1);
          });
      for (int j = 0; j < count; j++) {
        store(sums[j], moved(o.result(), j * length), length);
      }
    }

    // ---- row loops

    private void row(StepKernel.Row o) {
      RowKernel.Code row = o.code();
      int count = row.instructions().size();
      int[][] value = new int[count][];
      int[] spread = new int[count];
      java.util.Arrays.fill(spread, -1);
      for (int i = 0; i < count; i++) {
        RowKernel.Instruction instruction = row.instructions().get(i);
        boolean isWide = row.wide().get(i);
        value[i] = new int[isWide ? o.n() / length : 1];
        for (int operand : instruction.operands()) {
          if (isWide && !row.wide().get(operand) && spread[operand] < 0) {
            spread[operand] = wide.broadcast(value[operand][0]);
          }
        }
        for (int j = 0; j < value[i].length; j++) {
          int[] in = instruction.operands();
          for (int k = 0; k < in.length; k++) {
            int operand = in[k];
            boolean reduces = instruction instanceof RowKernel.Instruction.Reduce;
            in[k] =
                !isWide
                    ? reduces ? -1 : value[operand][0]
                    : row.wide().get(operand) ? value[operand][j] : spread[operand];
          }
          value[i][j] = emit(o, instruction, isWide, j, in, value);
        }
      }
    }

    private int emit(
        StepKernel.Row o,
        RowKernel.Instruction instruction,
        boolean isWide,
        int j,
        int[] in,
        int[][] value) {
      Numbers numbers = isWide ? wide : narrow;
      return switch (instruction) {
        case RowKernel.Instruction.Load(int operand, _) ->
            load(moved(o.operands().get(operand), j * length), length);
        case RowKernel.Instruction.LoadOne(int operand, int column, _) ->
            load(moved(o.operands().get(operand), column), 1);
        case RowKernel.Instruction.Number(double number) -> numbers.constant(number);
        case RowKernel.Instruction.Unary(var f, _) -> new Elementary(numbers).unary(f, in[0]);
        case RowKernel.Instruction.Binary(var f, _, _) ->
            new Elementary(numbers).binary(f, in[0], in[1]);
        case RowKernel.Instruction.Select _ -> new Elementary(numbers).select(in[0], in[1], in[2]);
        case RowKernel.Instruction.Reduce(boolean sum, int x) -> {
          int total = value[x][0];
          for (int k = 1; k < value[x].length; k++) {
            total = sum ? wide.add(value[x][k], total) : wide.maximum(value[x][k], total);
          }
          yield sum ? wide.sumOfLanes(total) : wide.largestLane(total);
        }
        case RowKernel.Instruction.Store(int operand, int column, _) -> {
          var place = moved(o.operands().get(operand), isWide ? j * length : column);
          store(in[0], place, isWide ? length : 1);
          yield in[0];
        }
      };
    }
  }
}
