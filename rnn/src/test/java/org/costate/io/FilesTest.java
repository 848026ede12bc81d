package org.costate.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.costate.graph.Shape;
import org.costate.rnn.GruCell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Parameters;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesTest {
  @TempDir private Path folder;

  @Test
  void safetensorsComeBackAsTheyWere() throws IOException {
    Path file = folder.resolve("a.safetensors");
    var tensors = new LinkedHashMap<String, Tensor>();
    double[] values = {1, -2.5, Math.PI, 0, 1e-3, 65504};
    for (Tensor.Type type : Tensor.Type.values()) {
      tensors.put(type.name(), new Tensor(type, new int[] {2, 3}, values));
    }
    tensors.put("scalar", Tensor.of(new double[] {7}));
    new Safetensors(tensors, Map.of("licence", "none")).write(file);
    Safetensors read = Safetensors.read(file);
    assertThat(read.metadata()).containsEntry("licence", "none");
    assertThat(read.tensors().get("F64").values()).isEqualTo(values);
    assertThat(read.tensors().get("F32").values()).containsExactly(values, within(1e-2));
    assertThat(read.tensors().get("F16").values()[2]).isEqualTo(3.140625);
    assertThat(read.tensors().get("I64").values()).containsExactly(1, -2, 3, 0, 0, 65504);
    assertThat(read.tensors().get("scalar").dimensions()).isEmpty();
    byte[] bytes = Files.readAllBytes(file);
    assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
  }

  private Path hostile(long length, String header, int data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + data).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(length < 0 ? text.length : length).put(text);
    return Files.write(folder.resolve("hostile.safetensors"), bytes.array());
  }

  @Test
  void hostileHeadersAreRefusedInOneSentence() throws IOException {
    refused(Files.write(folder.resolve("short"), new byte[3]), "has 3 bytes");
    refused(hostile(Long.MAX_VALUE, "{}", 0), "claims a header of");
    refused(hostile(1L << 40, "{}", 0), "claims a header of");
    refused(hostile(-1, "no json", 0), "not JSON");
    refused(hostile(-1, "[1,2]", 0), "not a JSON object");
    refused(
        hostile(
            -1,
            "{\"a\":{\"dtype\":\"F64\",\"shape\":[1000000000,1000000000],\"data_offsets\":[0,8]}}",
            8),
        "impossible shape");
    refused(
        hostile(-1, "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
        "needs 16 bytes");
    refused(
        hostile(-1, "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,800000000]}}", 8),
        "claims bytes 0 to 800000000 of 8");
    refused(
        hostile(-1, "{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1),
        "type \"F8\"");
    refused(
        hostile(-1, "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 16),
        "cover 8 of 16 data bytes");
    refused(hostile(-1, "{\"a\":{\"dtype\":\"F64\"}}", 16), "no valid shape");
  }

  private static void refused(Path file, String why) {
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why)
        .hasMessageContaining(file.toString());
  }

  @Test
  void modelsGoThroughFilesAndWrongOnesAreNamed() throws IOException {
    SequenceModel model =
        SequenceModel.builder().features(3).layer(GruCell.of(4)).loss(new Loss.Softmax(2)).build();
    Parameters theta = model.initialise(5);
    Path file = folder.resolve("model.safetensors");
    ModelFile.write(file, theta, Map.of());
    assertThat(ModelFile.read(file, theta.layout()).values()).isEqualTo(theta.values());
    SequenceModel larger =
        SequenceModel.builder().features(3).layer(GruCell.of(5)).loss(new Loss.Softmax(2)).build();
    assertThatThrownBy(() -> ModelFile.read(file, larger.initialise(1).layout()))
        .hasMessageContaining("'layer0.W' must have shape [15, 3], got [12, 3]");
  }

  @Test
  void torchWeightsRoundTrip() {
    SequenceModel model =
        SequenceModel.builder()
            .features(3)
            .layer(LstmCell.of(4))
            .layer(GruCell.of(4))
            .loss(new Loss.Softmax(2))
            .build();
    Parameters theta = model.initialise(5);
    var tensors = new LinkedHashMap<String, Tensor>();
    tensors.putAll(TorchWeights.exportLstm(theta, "layer0", "lstm.", "l0"));
    tensors.putAll(TorchWeights.exportGru(theta, "layer1", "gru.", "l0"));
    tensors.putAll(TorchWeights.exportLinear(theta, "readout", "out."));
    assertThat(tensors.keySet())
        .contains("lstm.weight_ih_l0", "lstm.bias_hh_l0", "gru.weight_hh_l0", "out.weight");
    assertThat(tensors.get("gru.weight_hh_l0").dimensions()).containsExactly(12, 4);
    Parameters other = model.initialise(6);
    TorchWeights.importLstm(tensors, "lstm.", "l0", other, "layer0");
    TorchWeights.importGru(tensors, "gru.", "l0", other, "layer1");
    TorchWeights.importLinear(tensors, "out.", other, "readout");
    assertThat(other.values()).isEqualTo(theta.values());
    assertThatThrownBy(() -> TorchWeights.importLinear(tensors, "head.", other, "readout"))
        .hasMessageContaining("no tensor 'head.weight'");
  }

  /// PyTorch's equations for an nn.GRU cell with two biases, written out, against the imported
  /// cell.
  @Test
  void importedGruComputesWhatTorchComputes() {
    SequenceModel model =
        SequenceModel.builder().features(1).layer(GruCell.of(1)).loss(new Loss.Squared(1)).build();
    var tensors = new LinkedHashMap<String, Tensor>();
    tensors.put("weight_ih_l0", Tensor.of(new double[] {.1, .2, .3}, 3, 1));
    tensors.put("weight_hh_l0", Tensor.of(new double[] {.4, .5, .6}, 3, 1));
    tensors.put("bias_ih_l0", Tensor.of(new double[] {.01, .02, .03}, 3));
    tensors.put("bias_hh_l0", Tensor.of(new double[] {.04, .05, .06}, 3));
    Parameters theta = model.initialise(1);
    TorchWeights.importGru(tensors, "", "l0", theta, "layer0");
    double x = 0.7;
    double h = 0.3;
    double r = 1 / (1 + Math.exp(-(.1 * x + .01 + .4 * h + .04)));
    double z = 1 / (1 + Math.exp(-(.2 * x + .02 + .5 * h + .05)));
    double n = Math.tanh(.3 * x + .03 + r * (.6 * h + .06));
    var predictor = model.predictor();
    var state = predictor.zeroState(1).with("layer0.h", h);
    Sequences batch =
        Sequences.of(1, 1).with("x", new Series(Shape.of(1), 1, new double[][] {{x}}));
    assertThat(predictor.evaluate(theta, state, batch).finalState().get("layer0.h")[0])
        .isCloseTo((1 - z) * n + z * h, within(1e-15));
  }

  @Test
  void aFailedWriteLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("kept.txt");
    AtomicFiles.writeString(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    temporary -> {
                      Files.writeString(temporary, "half");
                      throw new IOException("disk full");
                    }))
        .hasMessage("Cannot write %s: disk full".formatted(file));
    assertThat(file).hasContent("old");
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }
}
