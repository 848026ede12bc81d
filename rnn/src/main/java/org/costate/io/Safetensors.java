package org.costate.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// The safetensors file format: 8 bytes little-endian header length, a JSON header with type, shape
/// and byte range of each tensor, then the bytes. Everything in the header is checked against the
/// file before anything of its size is allocated.
///
/// @param tensors the tensors by name
/// @param metadata texts by name
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LONGEST_HEADER = 100_000_000;

  /// Reads a file.
  ///
  /// @param file the file
  /// @return its contents
  /// @throws IOException if it cannot be read or is not a valid file, in one sentence that names
  ///   the file and the tensor
  public static Safetensors read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw invalid(file, "it has %d bytes, too few for a header".formatted(size));
      }
      long header = bytes(channel, 0, 8).getLong();
      if (header < 2 || header > LONGEST_HEADER || header > size - 8) {
        throw invalid(
            file,
            "it claims a header of %d bytes but has %d; it is cut off or another kind of file"
                .formatted(header, size));
      }
      JsonNode root = header(file, bytes(channel, 8, (int) header));
      var metadata = new TreeMap<String, String>();
      root.properties()
          .forEach(
              field -> {
                if (field.getKey().equals("__metadata__")) {
                  field
                      .getValue()
                      .properties()
                      .forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
                }
              });
      var tensors = new LinkedHashMap<String, Tensor>();
      long data = 8 + header;
      long used = 0;
      for (var field : root.properties()) {
        if (!field.getKey().equals("__metadata__")) {
          Entry entry = entry(file, field.getKey(), field.getValue(), size - data);
          tensors.put(
              field.getKey(),
              decode(entry, bytes(channel, data + entry.begin, (int) (entry.end - entry.begin))));
          used += entry.end - entry.begin;
        }
      }
      if (used != size - data) {
        throw invalid(
            file,
            "its tensors cover %d of %d data bytes; they overlap or leave holes"
                .formatted(used, size - data));
      }
      return new Safetensors(tensors, metadata);
    }
  }

  private record Entry(Tensor.Type type, int[] shape, long begin, long end) {}

  private static JsonNode header(Path file, ByteBuffer bytes) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(StandardCharsets.UTF_8.decode(bytes).toString());
    } catch (IOException e) {
      throw invalid(file, "its header is not JSON");
    }
    if (root == null || !root.isObject()) {
      throw invalid(file, "its header is not a JSON object");
    }
    return root;
  }

  private static Entry entry(Path file, String name, JsonNode node, long available)
      throws IOException {
    Tensor.Type type;
    try {
      type = Tensor.Type.valueOf(node.path("dtype").asText());
    } catch (IllegalArgumentException e) {
      throw invalid(
          file,
          "tensor '%s' has type %s, which is not supported".formatted(name, node.path("dtype")));
    }
    JsonNode dims = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    if (!dims.isArray() || !offsets.isArray() || offsets.size() != 2) {
      throw invalid(file, "tensor '%s' has no valid shape and data_offsets".formatted(name));
    }
    long begin = offsets.get(0).asLong(-1);
    long end = offsets.get(1).asLong(-1);
    if (begin < 0 || end < begin || end > available || end - begin > Integer.MAX_VALUE) {
      throw invalid(
          file, "tensor '%s' claims bytes %d to %d of %d".formatted(name, begin, end, available));
    }
    int[] shape = new int[dims.size()];
    long count = 1;
    for (int i = 0; i < shape.length; i++) {
      long n = dims.get(i).asLong(-1);
      if (n < 0 || n > Integer.MAX_VALUE || n > 0 && count > Integer.MAX_VALUE / n) {
        throw invalid(file, "tensor '%s' has impossible shape %s".formatted(name, dims));
      }
      shape[i] = (int) n;
      count *= n;
    }
    if (count * type.bytes() != end - begin) {
      throw invalid(
          file,
          "tensor '%s' of shape %s and type %s needs %d bytes, not %d"
              .formatted(name, dims, type, count * type.bytes(), end - begin));
    }
    return new Entry(type, shape, begin, end);
  }

  private static Tensor decode(Entry entry, ByteBuffer bytes) {
    double[] values = new double[(int) ((entry.end - entry.begin) / entry.type.bytes())];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (entry.type) {
            case F64 -> bytes.getDouble();
            case F32 -> bytes.getFloat();
            case F16 -> Float.float16ToFloat(bytes.getShort());
            case BF16 -> Float.intBitsToFloat(bytes.getShort() << 16);
            case I64 -> bytes.getLong();
            case I32 -> bytes.getInt();
          };
    }
    return new Tensor(entry.type, entry.shape, values);
  }

  private static ByteBuffer bytes(FileChannel channel, long position, int count)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("The file ended while it was read.");
      }
    }
    return buffer.flip();
  }

  private static IOException invalid(Path file, String why) {
    return new IOException("%s is not a valid safetensors file: %s.".formatted(file, why));
  }

  /// Writes a file atomically.
  ///
  /// @param file the file
  /// @throws IOException if it cannot be written
  public void write(Path file) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject("__metadata__");
      metadata.forEach(texts::put);
    }
    long offset = 0;
    for (var entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      ObjectNode node = root.putObject(entry.getKey());
      node.put("dtype", tensor.type().name());
      var shape = node.putArray("shape");
      for (int n : tensor.dimensions()) {
        shape.add(n);
      }
      long end = offset + (long) tensor.values().length * tensor.type().bytes();
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = JSON.writeValueAsBytes(root);
    int padded = (text.length + 7) / 8 * 8;
    byte[] header = java.util.Arrays.copyOf(text, padded);
    java.util.Arrays.fill(header, text.length, padded, (byte) ' ');
    AtomicFiles.write(
        file,
        temporary -> {
          try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            put(
                channel,
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).flip());
            put(channel, ByteBuffer.wrap(header));
            for (Tensor tensor : tensors.values()) {
              put(channel, encode(tensor));
            }
          }
        });
  }

  private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer encode(Tensor tensor) {
    ByteBuffer bytes =
        ByteBuffer.allocate(tensor.values().length * tensor.type().bytes())
            .order(ByteOrder.LITTLE_ENDIAN);
    for (double value : tensor.values()) {
      switch (tensor.type()) {
        case F64 -> bytes.putDouble(value);
        case F32 -> bytes.putFloat((float) value);
        case F16 -> bytes.putShort(Float.floatToFloat16((float) value));
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits((float) value) >>> 16));
        case I64 -> bytes.putLong((long) value);
        case I32 -> bytes.putInt((int) value);
      }
    }
    return bytes.flip();
  }
}
