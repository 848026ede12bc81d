package org.costate.rnn;

import org.costate.graph.Functions;
import org.costate.graph.Shape;
import org.costate.graph.Value;

/// What a sequence model predicts, and how wrong it is at one step.
public sealed interface Loss {
  /// The number of outputs of the readout.
  ///
  /// @return n
  int outputs();

  /// The shape of the target at one step.
  ///
  /// @return the shape
  Shape target();

  /// The prediction that belongs to the readout.
  ///
  /// @param readout the linear outputs `[n]`
  /// @return the prediction `[n]`
  Value prediction(Value readout);

  /// The loss of one step of one example.
  ///
  /// @param readout the linear outputs `[n]`
  /// @param target the target
  /// @return the scalar
  Value value(Value readout, Value target);

  /// Cross-entropy against a class index, in nats; the prediction is the softmax.
  ///
  /// @param classes n
  record Softmax(int classes) implements Loss {
    @Override
    public int outputs() {
      return classes;
    }

    @Override
    public Shape target() {
      return Shape.SCALAR;
    }

    @Override
    public Value prediction(Value readout) {
      return Functions.softmax(readout);
    }

    @Override
    public Value value(Value readout, Value target) {
      return Functions.softmaxCrossEntropyOfClass(readout, target);
    }
  }

  /// Binary cross-entropy of each output, summed, in nats; the prediction is the sigmoid.
  ///
  /// @param outputs n
  record Binary(int outputs) implements Loss {
    @Override
    public Shape target() {
      return Shape.of(outputs);
    }

    @Override
    public Value prediction(Value readout) {
      return Functions.sigmoid(readout);
    }

    @Override
    public Value value(Value readout, Value target) {
      return Functions.sigmoidCrossEntropy(readout, target);
    }
  }

  /// The squared error, averaged over the outputs; the prediction is the readout.
  ///
  /// @param outputs n
  record Squared(int outputs) implements Loss {
    @Override
    public Shape target() {
      return Shape.of(outputs);
    }

    @Override
    public Value prediction(Value readout) {
      return readout;
    }

    @Override
    public Value value(Value readout, Value target) {
      return Functions.squaredError(readout, target).times(1.0 / outputs);
    }
  }

  /// Huber's loss, averaged over the outputs; the prediction is the readout.
  ///
  /// @param outputs n
  /// @param delta where the parabola becomes a line
  record Huber(int outputs, double delta) implements Loss {
    @Override
    public Shape target() {
      return Shape.of(outputs);
    }

    @Override
    public Value prediction(Value readout) {
      return readout;
    }

    @Override
    public Value value(Value readout, Value target) {
      return Functions.huber(readout, target, delta).times(1.0 / outputs);
    }
  }
}
