package org.costate.benchmarks.peers;

import java.util.List;
import org.costate.benchmarks.Comparison;
import org.costate.examples.bench.TrainingSteps;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// The LSTM training steps of [TrainingSteps] on Deeplearning4j's native CPU backend, next to the
/// same on Costate, in one run: forward, and the gradients of the sum of h with respect to the
/// input and all parameters.
public final class Deeplearning4j {
  private Deeplearning4j() {}

  /// @param arguments a part of the names of the rows that are wanted; all if there is none
  public static void main(String[] arguments) {
    Comparison.print(
        "deeplearning4j", arguments, List.of(TrainingSteps.Cell.LSTM), (_, sizes) -> peer(sizes));
  }

  private static double peer(TrainingSteps.Sizes sizes) {
    LSTM lstm = new LSTM.Builder().nIn(sizes.inputs()).nOut(sizes.hidden()).build();
    Layer layer = sizes.both() ? new Bidirectional(Bidirectional.Mode.CONCAT, lstm) : lstm;
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .trainingWorkspaceMode(WorkspaceMode.NONE)
            .inferenceWorkspaceMode(WorkspaceMode.NONE)
            .list()
            .layer(layer)
            .build();
    var network = new MultiLayerNetwork(configuration);
    network.init();
    INDArray x = Nd4j.randn(sizes.lanes(), sizes.inputs(), sizes.horizon());
    int outputs = sizes.both() ? 2 * sizes.hidden() : sizes.hidden();
    INDArray ones = Nd4j.ones(sizes.lanes(), outputs, sizes.horizon());
    return Comparison.milliseconds(
        () -> {
          network.setInput(x);
          network.feedForward(true, false);
          network.backpropGradient(ones, LayerWorkspaceMgr.noWorkspaces());
        });
  }
}
