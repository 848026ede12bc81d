package org.costate.internal.code;

import java.util.ArrayList;
import java.util.List;

/// All work of a loop over time for one lane: the products of one row and the row loops of each
/// step, for some steps one after the other.
///
/// A step of a small network is a few kernels of 20 to 70 ns. One by one each of them begins with
/// finding its operands, casts, checks and a call through an interface, which takes half as long
/// again; here they are straight-line code, and a value that the next one needs stays in a
/// register. What they compute is the same, bit for bit.
public interface StepKernel {
  /// @param arena values that differ between steps
  /// @param weights values that all steps share
  /// @param at for each operand two numbers, of which the first is where it begins at step 0
  /// @param moves for each operand how far it moves with each step
  /// @param first the first step
  /// @param by 1 forward, −1 backward
  /// @param steps the number of steps; if it is negative, nothing is done (see [Compilation])
  void run(Object arena, Object weights, int[] at, int[] moves, int first, int by, int steps);

  /// Where a value is: a column of an operand.
  record Place(int operand, int column) {}

  /// A piece of the work of a step.
  sealed interface Part {}

  /// A row loop over `n` numbers, 1 if there are only single numbers.
  record Row(RowKernel.Code code, List<Place> operands, int n) implements Part {
    /// Keeps its own list.
    public Row {
      operands = List.copyOf(operands);
    }

    private int vectors() {
      return Math.max(1, n / Simd.length(code.element()));
    }

    /// Vector operations, about.
    private int cost() {
      int cost = 0;
      for (int i = 0; i < code.instructions().size(); i++) {
        int one =
            switch (code.instructions().get(i)) {
              case RowKernel.Instruction.Unary o -> Elementary.operations(o.function());
              case RowKernel.Instruction.Reduce _ -> 10;
              default -> 1;
            };
        cost += code.wide().get(i) ? one * vectors() : one;
      }
      return cost;
    }
  }

  /// One row times a packed matrix, from a start.
  ///
  /// @param left where the row begins
  /// @param matrix the operand that begins with the first panel
  /// @param panels the vectors in a row of each panel
  /// @param depth the numbers k
  /// @param start where the sums begin; null for zeros
  /// @param result where they go
  record Product(Place left, int matrix, List<Integer> panels, int depth, Place start, Place result)
      implements Part {
    /// Keeps its own list.
    public Product {
      panels = List.copyOf(panels);
    }

    int vectors() {
      return panels.stream().mapToInt(Integer::intValue).sum();
    }
  }

  /// What a kernel computes; equal programs share one class.
  ///
  /// @param element the element type
  /// @param parts the work of a step in order
  /// @param operands what they read and write
  record Code(Element element, List<Part> parts, List<Operand> operands) {
    /// Keeps its own lists.
    public Code {
      parts = List.copyOf(parts);
      operands = List.copyOf(operands);
    }
  }

  /// What a part reads or writes.
  ///
  /// @param shared whether it is among the values that all steps share
  /// @param scratch whether nobody reads it after the step
  /// @param awaited whether a product of this or the next step begins with it, so that it is to be
  ///   in memory before anything else is
  record Operand(boolean shared, boolean scratch, boolean awaited) {}

  /// Vector operations of a method, about. HotSpot inlines what they are made of until a method has
  /// 40,000 nodes; beyond that they stay calls, and the method is a hundred times slower.
  int LARGEST = 320;

  /// The most vectors of a row. With four, loops take less time (by a tenth with 512 bits, a
  /// quarter with 256): they do not stay in registers, and code is longer than what it saves.
  int MOST_VECTORS = 3;

  /// Whether a row loop is short enough for straight-line code.
  static boolean fits(RowKernel.Code code, int n) {
    boolean few = n <= MOST_VECTORS * Simd.length(code.element());
    boolean possible = n == 1 || code.onVectors() && code.whole() && few;
    return Simd.available() && possible && new Row(code, List.of(), n).cost() <= LARGEST;
  }

  /// Whether a product is short enough for straight-line code.
  static boolean fits(List<Integer> panels, int depth) {
    int vectors = panels.stream().mapToInt(Integer::intValue).sum();
    return Simd.available() && vectors <= RowProduct.BUSY && depth * vectors <= RowProduct.MOST;
  }

  /// The kernel of a program, generated when it is first needed.
  static StepKernel of(Code code) {
    return HiddenClasses.instance(
        code, StepKernel.class, () -> new StepGenerator(code, methods(code)).define());
  }

  /// The parts of a step, long products in pieces, in methods that are short enough.
  private static List<List<Piece>> methods(Code code) {
    var methods = new ArrayList<List<Piece>>();
    int cost = LARGEST;
    for (Piece piece : pieces(code)) {
      if (cost + piece.cost() > LARGEST) {
        methods.add(new ArrayList<>());
        cost = 0;
      }
      methods.getLast().add(piece);
      cost += piece.cost();
    }
    return methods;
  }

  /// Vector operations of a step, about.
  static int cost(Code code) {
    return pieces(code).stream().mapToInt(Piece::cost).sum();
  }

  private static List<Piece> pieces(Code code) {
    var pieces = new ArrayList<Piece>();
    for (Part part : code.parts) {
      switch (part) {
        case Row _ -> pieces.add(new Piece(part, 0, 0));
        case Product o -> {
          int most = RowProduct.PIECE / o.vectors();
          for (int k = 0; k < o.depth; k += most) {
            pieces.add(new Piece(part, k, Math.min(k + most, o.depth)));
          }
        }
      }
    }
    return pieces;
  }

  /// A part, or some k of a product.
  record Piece(Part part, int from, int to) {
    private int cost() {
      return switch (part) {
        case Row o -> o.cost();
        case Product o -> (to - from) * (1 + 2 * o.vectors());
      };
    }
  }
}
