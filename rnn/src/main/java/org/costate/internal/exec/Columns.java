package org.costate.internal.exec;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.costate.graph.BinaryFunction;
import org.costate.internal.code.Element;
import org.costate.internal.code.RowKernel;
import org.costate.internal.code.RowKernel.Instruction;

/// A long program of single numbers, evaluated for many rows at once: one operation after the
/// other, each for a column of rows.
///
/// As straight-line code such a program (the Jacobian of a robot with seven axes has 74,000
/// operations) neither fits into the cache of instructions nor is it compiled soon, and it has no
/// use for vectors. Here every operation is a short [RowKernel] over the rows, which is compiled
/// once for all programs. Numbers are in *registers*: columns of scratch memory, used again once
/// their last reader is done.
final class Columns {
  /// The bytes that the registers should take together: most of a usual second cache.
  private static final int REGISTER_BYTES = 768 * 1024;

  private static final int LEAST_ROWS = 16;
  private static final int MOST_REGISTERS = 5;

  /// The length of the array that [#run] works with.
  static final int PLACES = 2 * MOST_REGISTERS;

  private static final int MOST_ROWS = 128;

  private sealed interface Step {
    /// Reads a register from a column of an operand.
    record Load(int register, int operand, int column) implements Step {}

    /// Writes a register to a column of an operand.
    record Store(int register, int operand, int column) implements Step {}

    /// Computes the last register from the others.
    record Operation(RowKernel kernel, int[] registers) implements Step {}
  }

  /// A register with one number for all rows, from the program or, if `operand` is not −1, from the
  /// weights.
  private record Fixed(int register, double value, int operand, int column) {}

  private final RowKernel.Code code;
  private final RowKernel copy;
  private final Step[] steps;
  private final Fixed[] fixed;
  private final int registers;
  private final int width;

  /// @param code a program of single numbers
  Columns(RowKernel.Code code) {
    this.code = code;
    this.copy =
        kernel(List.of(new Instruction.LoadOne(0, 0, false), new Instruction.Store(1, 0, 0)), 2);
    var list = new ArrayList<Step>();
    var numbers = new ArrayList<Fixed>();
    this.registers = allocate(list, numbers);
    this.steps = list.toArray(Step[]::new);
    this.fixed = numbers.toArray(Fixed[]::new);
    int fitting = REGISTER_BYTES / code.element().bytes() / registers;
    this.width = Math.clamp(fitting / LEAST_ROWS * LEAST_ROWS, LEAST_ROWS, MOST_ROWS);
  }

  private RowKernel kernel(List<Instruction> instructions, int operands) {
    boolean wide = instructions.getFirst() instanceof Instruction.Load;
    return RowKernel.of(
        new RowKernel.Code(
            code.element(),
            instructions,
            Collections.nCopies(instructions.size(), wide),
            operands));
  }

  /// An operation of some columns; products that only it reads are part of it.
  ///
  /// @param operation the operation
  /// @param products which of its operands are products of two columns
  private RowKernel kernel(Instruction operation, boolean[] products) {
    var instructions = new ArrayList<Instruction>();
    int columns = 0;
    int[] operands = new int[products.length];
    for (int i = 0; i < products.length; i++) {
      instructions.add(new Instruction.Load(columns++, false));
      if (products[i]) {
        instructions.add(new Instruction.Load(columns++, false));
        int second = instructions.size() - 1;
        instructions.add(new Instruction.Binary(BinaryFunction.MULTIPLY, second - 1, second));
      }
      operands[i] = instructions.size() - 1;
    }
    instructions.add(
        switch (operation) {
          case Instruction.Unary(var f, _) -> new Instruction.Unary(f, operands[0]);
          case Instruction.Binary(var f, _, _) ->
              new Instruction.Binary(f, operands[0], operands[1]);
          case Instruction.Select _ ->
              new Instruction.Select(operands[0], operands[1], operands[2]);
          default -> throw new IllegalStateException(operation + " is no operation");
        });
    instructions.add(new Instruction.Store(columns, 0, instructions.size() - 1));
    return kernel(instructions, columns + 1);
  }

  /// The products that a sum or difference is the only reader of: they need no register.
  private boolean[] inlined() {
    List<Instruction> instructions = code.instructions();
    int[] readers = new int[instructions.size()];
    boolean[] summed = new boolean[readers.length];
    for (Instruction instruction : instructions) {
      for (int operand : instruction.operands()) {
        readers[operand]++;
        summed[operand] =
            instruction instanceof Instruction.Binary(var f, _, _)
                && (f == BinaryFunction.ADD || f == BinaryFunction.SUBTRACT);
      }
    }
    boolean[] inlined = new boolean[readers.length];
    for (int i = 0; i < inlined.length; i++) {
      inlined[i] =
          readers[i] == 1
              && summed[i]
              && instructions.get(i) instanceof Instruction.Binary(var f, _, _)
              && f == BinaryFunction.MULTIPLY;
    }
    return inlined;
  }

  /// Gives every value a register, and makes the list of what to do.
  private int allocate(List<Step> list, List<Fixed> numbers) {
    List<Instruction> instructions = code.instructions();
    boolean[] inlined = inlined();
    var reads = new ArrayList<int[]>();
    int[] lastUse = new int[inlined.length];
    for (int i = 0; i < lastUse.length; i++) {
      reads.add(
          Arrays.stream(instructions.get(i).operands())
              .flatMap(x -> inlined[x] ? Arrays.stream(reads.get(x)) : IntStream.of(x))
              .toArray());
      for (int operand : inlined[i] ? new int[0] : reads.get(i)) {
        lastUse[operand] = i;
      }
    }
    int[] register = new int[lastUse.length];
    var free = new ArrayDeque<Integer>();
    int count = 0;
    for (int i = 0; i < lastUse.length; i++) {
      Instruction instruction = instructions.get(i);
      if (inlined[i]) {
        continue;
      }
      int[] in = Arrays.stream(reads.get(i)).map(x -> register[x]).toArray();
      for (int operand : Arrays.stream(reads.get(i)).distinct().toArray()) {
        if (lastUse[operand] == i && !isFixed(instructions.get(operand))) {
          free.push(register[operand]);
        }
      }
      if (instruction instanceof Instruction.Store(int operand, int column, _)) {
        list.add(new Step.Store(in[0], operand, column));
        continue;
      }
      int own = isFixed(instruction) || free.isEmpty() ? count++ : free.pop();
      register[i] = own;
      switch (instruction) {
        case Instruction.Number(double value) -> numbers.add(new Fixed(own, value, -1, 0));
        case Instruction.LoadOne(int operand, int column, boolean shared) -> {
          if (shared) {
            numbers.add(new Fixed(own, 0, operand, column));
          } else {
            list.add(new Step.Load(own, operand, column));
          }
        }
        default -> {
          int[] operands = instruction.operands();
          boolean[] products = new boolean[operands.length];
          for (int k = 0; k < products.length; k++) {
            products[k] = inlined[operands[k]];
          }
          int[] all = Arrays.copyOf(in, in.length + 1);
          all[in.length] = own;
          list.add(new Step.Operation(kernel(instruction, products), all));
        }
      }
    }
    return count;
  }

  private static boolean isFixed(Instruction instruction) {
    return instruction instanceof Instruction.Number
        || instruction instanceof Instruction.LoadOne(_, _, boolean shared) && shared;
  }

  /// The numbers of scratch memory.
  int scratch() {
    return registers * width;
  }

  /// Evaluates the program.
  ///
  /// @param arena what differs between rows
  /// @param weights what does not
  /// @param at for each operand where it begins and the distance of its rows
  /// @param rows the number of rows
  /// @param scratch where scratch memory begins in the arena
  /// @param places [#PLACES] numbers to work with, so that nothing is allocated
  void run(Object arena, Object weights, int[] at, int rows, int scratch, int[] places) {
    Element element = code.element();
    for (Fixed o : fixed) {
      double value =
          o.operand < 0 ? o.value : element.number(weights, at[2 * o.operand] + o.column);
      element.fill(arena, scratch + o.register * width, width, value);
    }
    for (int first = 0; first < rows; first += width) {
      int count = Math.min(width, rows - first);
      for (Step step : steps) {
        switch (step) {
          case Step.Load o -> {
            int row = at[2 * o.operand + 1];
            places[0] = at[2 * o.operand] + first * row + o.column;
            places[1] = row;
            places[2] = scratch + o.register * width;
            places[3] = 1;
            copy.run(arena, weights, places, count, 1);
          }
          case Step.Store o -> {
            int row = at[2 * o.operand + 1];
            places[0] = scratch + o.register * width;
            places[1] = 1;
            places[2] = at[2 * o.operand] + first * row + o.column;
            places[3] = row;
            copy.run(arena, weights, places, count, 1);
          }
          case Step.Operation o -> {
            for (int i = 0; i < o.registers.length; i++) {
              places[2 * i] = scratch + o.registers[i] * width;
            }
            o.kernel.run(arena, weights, places, 1, count);
          }
        }
      }
    }
  }
}
