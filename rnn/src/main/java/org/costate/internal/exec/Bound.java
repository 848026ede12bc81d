package org.costate.internal.exec;

import java.util.ArrayList;
import java.util.Arrays;

/// Parameters in the form in which the kernels of one program read them. Taken with
/// [CompiledProgram#bind] and given back with [CompiledProgram#release]; until then its numbers
/// stay as they are.
public final class Bound {
  private final CompiledProgram program;
  private final double[][] shared;
  private final double[][] values;
  private final Object weights;
  private int users;

  /// @param program the program
  /// @param sizes the numbers of each parameter
  Bound(CompiledProgram program, int[] sizes) {
    this.program = program;
    this.shared = Arrays.stream(sizes).mapToObj(double[]::new).toArray(double[][]::new);
    this.values = program.valuesOf(shared);
    this.weights = program.element().array(program.weightsSize());
  }

  void take() {
    users++;
  }

  void release() {
    users--;
  }

  boolean inUse() {
    return users > 0;
  }

  /// Whether these are some parameters, number by number.
  boolean isOf(double[] parameters, int[] at) {
    for (int i = 0; i < shared.length; i++) {
      int length = shared[i].length;
      if (!Arrays.equals(shared[i], 0, length, parameters, at[i], at[i] + length)) {
        return false;
      }
    }
    return true;
  }

  /// Takes other parameters.
  void fill(double[] parameters, int[] at) {
    long numbers = 0;
    var pieces = new ArrayList<Runnable>();
    for (int i = 0; i < shared.length; i++) {
      double[] own = shared[i];
      int begin = at[i];
      numbers += own.length;
      for (int first = 0; first < own.length; first += Parallel.PIECE) {
        int from = first;
        int count = Math.min(Parallel.PIECE, own.length - from);
        pieces.add(() -> System.arraycopy(parameters, begin + from, own, from, count));
      }
    }
    Parallel.copy(pieces, numbers, Runnable::run);
    program.pack(values, weights);
  }

  /// Every node that depends on parameters only, in double.
  double[][] values() {
    return values;
  }

  /// Rows and packed matrices, in the element type.
  Object weights() {
    return weights;
  }
}
