package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/// Has HotSpot compile a kernel before there is work for it.
///
/// HotSpot compiles a method when its interpreter has counted some thousands of calls and some ten
/// thousands of turns of its loops. A turn with vectors takes the interpreter several microseconds,
/// because every operation is a dozen calls there; meanwhile HotSpot compiles what these call, and
/// the kernel has to wait behind it. But a turn of an empty loop counts as much. So a kernel begins
/// with one, and runs it instead of its work if the number of its rows is negative.
final class Compilation {
  /// Rows of a sample of work, or numbers k.
  static final int ROWS = 64;

  /// Numbers of a sample that has rows of any length, about.
  static final int NUMBERS = 1024;

  /// Calls between two samples of work. After about 500 HotSpot begins to write down what branches
  /// and calls of a method do, later if it is busy; a branch that was not taken since is not
  /// compiled.
  private static final int CALLS = 400;

  /// Turns of each call, of which there are twice as many after each [#PATIENCE] rounds. A method
  /// is compiled after 15,000 calls and turns, and after many times as many while others wait.
  private static final int TURNS = 10;

  /// The rounds after which HotSpot seems to be busy.
  private static final int PATIENCE = 10;

  /// How often that is done. Once the kernel is compiled it costs nothing.
  private static final int ROUNDS = 50;

  private static final Set<Object> DONE = ConcurrentHashMap.newKeySet();

  private Compilation() {}

  /// Writes the empty loop: `if (count < 0) { do count++ while (count < 0); return; }`.
  ///
  /// @param count the local of the number of rows
  static void emitEmptyLoop(CodeBuilder code, int count) {
    Label work = code.newLabel();
    Label again = code.newLabel();
    code.iload(count);
    code.ifge(work);
    code.labelBinding(again);
    code.iinc(count, 1);
    code.iload(count);
    code.iflt(again);
    code.return_();
    code.labelBinding(work);
  }

  /// Has a kernel compiled, unless it was asked for before; returns when it is compiled if HotSpot
  /// has taken [CompilerAdvice].
  ///
  /// @param key the kernel, and which of its branches samples take
  /// @param call calls the kernel with a number of rows
  /// @param work has it do something, as a sample of what it will do
  static synchronized void of(Object key, IntConsumer call, Runnable work) {
    if (!DONE.add(key)) {
      return;
    }
    for (int round = 0; round < ROUNDS; round++) {
      count(call, TURNS << round / PATIENCE);
      work.run();
    }
  }

  /// Calls a kernel without work between two samples of it.
  static void count(IntConsumer call) {
    count(call, TURNS);
  }

  private static void count(IntConsumer call, int turns) {
    for (int i = 0; i < CALLS; i++) {
      call.accept(-turns);
    }
  }
}
