package org.costate.io;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.unroll.Parameters;

/// Weights of PyTorch's LSTM, GRU and Linear modules, by PyTorch's names and gate orders.
///
/// PyTorch has two biases where Costate has one: their sum is imported, and on export the second is
/// zero (except the GRU's b_hn, which is Costate's c_n). Gate orders agree: i, f, g, o and r, z, n.
/// Directions are `""` and `"_reverse"`.
public final class TorchWeights {
  private TorchWeights() {}

  /// Imports layer `layer` of an `nn.LSTM` into an [org.costate.rnn.LstmCell].
  ///
  /// @param tensors the state dictionary, for example `weight_ih_l0`
  /// @param prefix what comes before the names, for example `"lstm."`
  /// @param suffix layer and direction, for example `"l0"` or `"l1_reverse"`
  /// @param into the parameters to set
  /// @param node the name of the cell's node, for example `"layer0"`
  public static void importLstm(
      Map<String, Tensor> tensors, String prefix, String suffix, Parameters into, String node) {
    into.set(node + ".W", get(tensors, prefix + "weight_ih_" + suffix));
    into.set(node + ".U", get(tensors, prefix + "weight_hh_" + suffix));
    into.set(
        node + ".b",
        sum(
            get(tensors, prefix + "bias_ih_" + suffix),
            get(tensors, prefix + "bias_hh_" + suffix)));
  }

  /// Exports an [org.costate.rnn.LstmCell] as a layer of an `nn.LSTM`.
  ///
  /// @param from the parameters
  /// @param node the name of the cell's node
  /// @param prefix what comes before the names
  /// @param suffix layer and direction
  /// @return the tensors
  public static Map<String, Tensor> exportLstm(
      Parameters from, String node, String prefix, String suffix) {
    var tensors = new LinkedHashMap<String, Tensor>();
    copy(from, node + ".W", tensors, prefix + "weight_ih_" + suffix);
    copy(from, node + ".U", tensors, prefix + "weight_hh_" + suffix);
    copy(from, node + ".b", tensors, prefix + "bias_ih_" + suffix);
    int size = from.get(node + ".b").length;
    tensors.put(
        prefix + "bias_hh_" + suffix,
        new Tensor(Tensor.Type.F32, new int[] {size}, new double[size]));
    return tensors;
  }

  /// Imports a layer of an `nn.GRU` into an [org.costate.rnn.GruCell] whose reset gate comes after
  /// the product.
  ///
  /// @param tensors the state dictionary
  /// @param prefix what comes before the names
  /// @param suffix layer and direction
  /// @param into the parameters to set
  /// @param node the name of the cell's node
  public static void importGru(
      Map<String, Tensor> tensors, String prefix, String suffix, Parameters into, String node) {
    double[] input = get(tensors, prefix + "bias_ih_" + suffix);
    double[] state = get(tensors, prefix + "bias_hh_" + suffix);
    int n = input.length / 3;
    double[] recurrent = get(tensors, prefix + "weight_hh_" + suffix);
    into.set(node + ".W", get(tensors, prefix + "weight_ih_" + suffix));
    into.set(node + ".U_rz", Arrays.copyOfRange(recurrent, 0, 2 * n * n));
    into.set(node + ".U_n", Arrays.copyOfRange(recurrent, 2 * n * n, 3 * n * n));
    double[] bias = sum(input, state);
    System.arraycopy(input, 2 * n, bias, 2 * n, n);
    into.set(node + ".b", bias);
    into.set(node + ".c_n", Arrays.copyOfRange(state, 2 * n, 3 * n));
  }

  /// Exports an [org.costate.rnn.GruCell] whose reset gate comes after the product as a layer of an
  /// `nn.GRU`.
  ///
  /// @param from the parameters
  /// @param node the name of the cell's node
  /// @param prefix what comes before the names
  /// @param suffix layer and direction
  /// @return the tensors
  public static Map<String, Tensor> exportGru(
      Parameters from, String node, String prefix, String suffix) {
    var tensors = new LinkedHashMap<String, Tensor>();
    copy(from, node + ".W", tensors, prefix + "weight_ih_" + suffix);
    double[] gates = from.get(node + ".U_rz");
    double[] candidate = from.get(node + ".U_n");
    int n = from.get(node + ".c_n").length;
    double[] recurrent = Arrays.copyOf(gates, 3 * n * n);
    System.arraycopy(candidate, 0, recurrent, 2 * n * n, n * n);
    tensors.put(
        prefix + "weight_hh_" + suffix,
        new Tensor(Tensor.Type.F32, new int[] {3 * n, n}, recurrent));
    copy(from, node + ".b", tensors, prefix + "bias_ih_" + suffix);
    double[] state = new double[3 * n];
    System.arraycopy(from.get(node + ".c_n"), 0, state, 2 * n, n);
    tensors.put(
        prefix + "bias_hh_" + suffix, new Tensor(Tensor.Type.F32, new int[] {3 * n}, state));
    return tensors;
  }

  /// Imports an `nn.Linear` into a node with parameters W and b, such as `readout`.
  ///
  /// @param tensors the state dictionary
  /// @param prefix what comes before `weight` and `bias`
  /// @param into the parameters to set
  /// @param node the name of the node
  public static void importLinear(
      Map<String, Tensor> tensors, String prefix, Parameters into, String node) {
    into.set(node + ".W", get(tensors, prefix + "weight"));
    into.set(node + ".b", get(tensors, prefix + "bias"));
  }

  /// Exports a node with parameters W and b as an `nn.Linear`.
  ///
  /// @param from the parameters
  /// @param node the name of the node
  /// @param prefix what comes before `weight` and `bias`
  /// @return the tensors
  public static Map<String, Tensor> exportLinear(Parameters from, String node, String prefix) {
    var tensors = new LinkedHashMap<String, Tensor>();
    copy(from, node + ".W", tensors, prefix + "weight");
    copy(from, node + ".b", tensors, prefix + "bias");
    return tensors;
  }

  private static void copy(Parameters from, String name, Map<String, Tensor> to, String torchName) {
    int[] shape = from.layout().entry(name).parameter().shape().toArray();
    to.put(torchName, new Tensor(Tensor.Type.F32, shape, from.get(name)));
  }

  private static double[] get(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "TorchWeights: there is no tensor '%s'; there are %s. Is the prefix right?"
              .formatted(name, tensors.keySet()));
    }
    return tensor.values();
  }

  private static double[] sum(double[] a, double[] b) {
    double[] out = a.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] += b[i];
    }
    return out;
  }
}
