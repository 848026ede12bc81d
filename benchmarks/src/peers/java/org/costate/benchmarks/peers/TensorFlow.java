package org.costate.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;
import org.costate.benchmarks.Comparison;
import org.costate.examples.bench.TrainingSteps;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.BlockLSTM;
import org.tensorflow.op.nn.BlockLSTMGrad;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/// The LSTM training steps of [TrainingSteps] on TensorFlow's native CPU library, next to the same
/// on Costate, in one run: `BlockLSTM` and `BlockLSTMGrad`, the whole sequence in one kernel each,
/// which is the fastest LSTM that TensorFlow has on a CPU. It has no such kernel for the other
/// cells.
public final class TensorFlow {
  private TensorFlow() {}

  /// @param arguments a part of the names of the rows that are wanted; all if there is none
  public static void main(String[] arguments) {
    Comparison.print(
        "tensorflow", arguments, List.of(TrainingSteps.Cell.LSTM), (_, sizes) -> peer(sizes));
  }

  private static double peer(TrainingSteps.Sizes sizes) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      var initial = new ArrayList<Op>();
      Operand<TFloat32> x = drawn(tf, initial, sizes.horizon(), sizes.lanes(), sizes.inputs());
      List<Op> gradients = new ArrayList<>(lstm(tf, initial, x, sizes));
      if (sizes.both()) {
        gradients.addAll(lstm(tf, initial, tf.reverse(x, tf.constant(new int[] {0})), sizes));
      }
      try (Session session = new Session(graph)) {
        for (Op assignment : initial) {
          session.runner().addTarget(assignment).run().close();
        }
        return Comparison.milliseconds(
            () -> {
              Session.Runner runner = session.runner();
              gradients.forEach(runner::addTarget);
              runner.run().close();
            });
      }
    }
  }

  /// A variable with normal numbers of standard deviation 0.1, drawn once.
  private static Operand<TFloat32> drawn(Ops tf, List<Op> initial, long... shape) {
    Operand<TFloat32> variable =
        tf.variable(org.tensorflow.ndarray.Shape.of(shape), TFloat32.class);
    Operand<TFloat32> normal = tf.random.randomStandardNormal(tf.constant(shape), TFloat32.class);
    initial.add(tf.assign(variable, tf.math.mul(normal, tf.constant(0.1f))));
    return variable;
  }

  /// Forward, and the gradients of the sum of h with respect to the input and all parameters.
  private static List<Op> lstm(
      Ops tf, List<Op> initial, Operand<TFloat32> x, TrainingSteps.Sizes sizes) {
    long lanes = sizes.lanes();
    long hidden = sizes.hidden();
    Operand<TInt64> steps = tf.constant((long) sizes.horizon());
    Operand<TFloat32> zeros = tf.zeros(tf.constant(new long[] {lanes, hidden}), TFloat32.class);
    Operand<TFloat32> peephole = tf.zeros(tf.constant(new long[] {hidden}), TFloat32.class);
    Operand<TFloat32> w = drawn(tf, initial, sizes.inputs() + hidden, 4 * hidden);
    Operand<TFloat32> b = drawn(tf, initial, 4 * hidden);
    BlockLSTM<TFloat32> forward =
        tf.nn.blockLSTM(steps, x, zeros, zeros, w, peephole, peephole, peephole, b);
    long[] all = {sizes.horizon(), lanes, hidden};
    Operand<TFloat32> ones = tf.fill(tf.constant(all), tf.constant(1f));
    Operand<TFloat32> nothing = tf.zeros(tf.constant(all), TFloat32.class);
    BlockLSTMGrad<TFloat32> backward =
        tf.nn.blockLSTMGrad(
            steps,
            x,
            zeros,
            zeros,
            w,
            peephole,
            peephole,
            peephole,
            b,
            forward.i(),
            forward.cs(),
            forward.f(),
            forward.o(),
            forward.ci(),
            forward.co(),
            forward.h(),
            nothing,
            ones,
            false);
    return List.of(backward);
  }
}
