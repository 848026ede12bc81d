package org.costate.genomics.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenomeDownloadTest {
  @TempDir Path folder;
  private final byte[] content = new byte[300_000];
  private final List<String> ranges = new CopyOnWriteArrayList<>();
  private ServerSocket server;
  private URI address;

  @BeforeEach
  void serve() throws IOException {
    new Random(1).nextBytes(content);
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    address = URI.create("http://localhost:%d/genome.fa.gz".formatted(server.getLocalPort()));
    Thread.ofVirtual()
        .start(
            () -> {
              while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                  answer(client);
                } catch (IOException e) {
                  assertThat(server.isClosed()).as(e.toString()).isTrue();
                }
              }
            });
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  /// A web server of one file that knows ranges.
  private void answer(Socket client) throws IOException {
    var request =
        new BufferedReader(
            new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
    String path = request.readLine().split(" ")[1];
    String range = null;
    for (String line = request.readLine(); !line.isEmpty(); line = request.readLine()) {
      range = line.regionMatches(true, 0, "Range: ", 0, 7) ? line.substring(7) : range;
    }
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    boolean known = path.equals("/genome.fa.gz");
    if (known) {
      ranges.add(range == null ? "all" : range);
    }
    String status =
        !known
            ? "404 Not Found"
            : from >= content.length
                ? "416 Range Not Satisfiable"
                : range == null ? "200 OK" : "206 Partial Content";
    int length = status.startsWith("2") ? content.length - from : 0;
    OutputStream out = client.getOutputStream();
    out.write(
        "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(status, length)
            .getBytes(StandardCharsets.US_ASCII));
    out.write(content, content.length - length, length);
    out.flush();
  }

  @Test
  void downloadsOnceAndKeepsTheChecksum() throws IOException {
    var download = new GenomeDownload(folder);
    Path file = download.fetch(address, null, _ -> {});
    assertThat(file).hasBinaryContent(content);
    assertThat(folder.resolve("genome.fa.gz.sha256")).content().contains("genome.fa.gz");
    download.fetch(address, null, _ -> {});
    assertThat(ranges).containsExactly("all");
    Files.write(file, new byte[] {1});
    assertThatThrownBy(() -> download.fetch(address, null, _ -> {}))
        .hasMessageContaining("has SHA-256")
        .hasMessageContaining("download");
  }

  @Test
  void goesOnWhereItStopped() throws IOException {
    Files.write(folder.resolve("genome.fa.gz.part"), Arrays.copyOf(content, 123_456));
    Path file = new GenomeDownload(folder).fetch(address, null, _ -> {});
    assertThat(ranges).containsExactly("bytes=123456-");
    assertThat(file).hasBinaryContent(content);
    assertThat(folder.resolve("genome.fa.gz.part")).doesNotExist();
  }

  @Test
  void aCompletePartIsKept() throws IOException {
    Files.write(folder.resolve("genome.fa.gz.part"), content);
    assertThat(new GenomeDownload(folder).fetch(address, null, _ -> {})).hasBinaryContent(content);
  }

  @Test
  void aWrongChecksumAndAMissingFileAreSaid() throws IOException {
    var download = new GenomeDownload(folder);
    assertThatThrownBy(() -> download.fetch(address, "00ff", _ -> {}))
        .hasMessageContaining("expected 00ff");
    assertThatThrownBy(() -> download.fetch(URI.create(address + ".none"), null, _ -> {}))
        .hasMessageContaining("the server answered 404");
    int free;
    try (var nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = nobody.getLocalPort();
    }
    URI silent = URI.create("http://localhost:%d/genome.fa.gz".formatted(free));
    assertThatThrownBy(() -> new GenomeDownload(folder.resolve("x")).fetch(silent, null, _ -> {}))
        .hasMessageContaining("no connection");
  }

  @Test
  void presetsAreAddresses() {
    GenomeDownload.presets()
        .forEach(
            (_, preset) -> {
              assertThat(preset.genome().getPath()).endsWith(".fa.gz");
              assertThat(preset.annotation().getPath()).endsWith(".gff3.gz");
            });
    assertThat(GenomeDownload.presets()).containsKeys("pombe", "human", "human-gencode");
  }
}
