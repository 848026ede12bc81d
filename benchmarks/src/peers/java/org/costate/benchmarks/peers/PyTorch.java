package org.costate.benchmarks.peers;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import java.util.List;
import org.costate.benchmarks.Comparison;
import org.costate.examples.bench.TrainingSteps;

/// The training steps of [TrainingSteps] on PyTorch's native CPU library through DJL, next to the
/// same on Costate, in one run.
public final class PyTorch {
  private PyTorch() {}

  /// @param arguments a part of the names of the rows that are wanted; all if there is none
  public static void main(String[] arguments) {
    Comparison.print(
        "pytorch",
        arguments,
        List.of(TrainingSteps.Cell.ELMAN, TrainingSteps.Cell.LSTM, TrainingSteps.Cell.GRU),
        PyTorch::peer);
  }

  private static double peer(TrainingSteps.Cell cell, TrainingSteps.Sizes sizes) {
    RecurrentBlock block =
        switch (cell) {
          case LSTM -> sized(LSTM.builder(), sizes).build();
          case GRU -> sized(GRU.builder(), sizes).build();
          case ELMAN, MGU -> sized(RNN.builder(), sizes).setActivation(RNN.Activation.TANH).build();
        };
    try (Model model = Model.newInstance("peer", Device.cpu())) {
      model.setBlock(block);
      var config = new DefaultTrainingConfig(Loss.l2Loss()).optDevices(new Device[] {Device.cpu()});
      try (Trainer trainer = model.newTrainer(config);
          NDManager manager = trainer.getManager().newSubManager()) {
        var shape = new Shape(sizes.horizon(), sizes.lanes(), sizes.inputs());
        trainer.initialize(shape);
        NDArray x = manager.randomNormal(shape);
        // DJL's bidirectional blocks fail; both directions are two runs of one direction.
        return Comparison.milliseconds(() -> step(trainer, manager, x)) * (sizes.both() ? 2 : 1);
      }
    }
  }

  private static <B extends RecurrentBlock.BaseBuilder<B>> B sized(
      B builder, TrainingSteps.Sizes sizes) {
    return builder.setStateSize(sizes.hidden()).setNumLayers(1).optBatchFirst(false);
  }

  private static void step(Trainer trainer, NDManager manager, NDArray x) {
    try (NDManager own = manager.newSubManager();
        GradientCollector collector = trainer.newGradientCollector()) {
      NDArray input = x.duplicate();
      input.attach(own);
      NDArray loss = trainer.forward(new NDList(input)).head().sum();
      loss.attach(own);
      collector.backward(loss);
    }
  }
}
