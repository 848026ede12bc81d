package org.costate.genomics.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.costate.io.AtomicFiles;
import org.costate.io.Checksums;

/// Downloads genomes and annotations into a folder: an interrupted download goes on where it
/// stopped, and the SHA-256 of what came is compared with the one that is expected, or else with
/// the one of the first time, which is kept beside the file.
public final class GenomeDownload {
  /// A genome and its annotation.
  ///
  /// @param genome where the FASTA file is
  /// @param annotation where the GFF3 file is
  public record Preset(URI genome, URI annotation) {}

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Path folder;
  private final HttpClient client =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NORMAL)
          .connectTimeout(TIMEOUT)
          .build();

  /// Downloads into a folder.
  ///
  /// @param folder the folder, which is made if need be
  /// @throws IOException if it cannot be made
  public GenomeDownload(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /// Releases that are known by name.
  ///
  /// @return the presets by name
  public static Map<String, Preset> presets() {
    var presets = new TreeMap<String, Preset>();
    String fungi = "https://ftp.ensemblgenomes.ebi.ac.uk/pub/fungi/release-60/";
    presets.put(
        "pombe",
        preset(
            fungi
                + "fasta/schizosaccharomyces_pombe/dna/Schizosaccharomyces_pombe.ASM294v2.dna.toplevel.fa.gz",
            "https://www.pombase.org/data/genome_sequence_and_features/gff3/Schizosaccharomyces_pombe_all_chromosomes.gff3.gz"));
    for (List<String> vertebrate :
        List.of(
            List.of("human", "homo_sapiens", "Homo_sapiens.GRCh38"),
            List.of("mouse", "mus_musculus", "Mus_musculus.GRCm39"),
            List.of("fly", "drosophila_melanogaster", "Drosophila_melanogaster.BDGP6.46"),
            List.of("worm", "caenorhabditis_elegans", "Caenorhabditis_elegans.WBcel235"))) {
      String ensembl = "https://ftp.ensembl.org/pub/release-113/";
      String species = vertebrate.get(1);
      String assembly = vertebrate.get(2);
      boolean primary = vertebrate.get(0).equals("human") || vertebrate.get(0).equals("mouse");
      presets.put(
          vertebrate.get(0),
          preset(
              ensembl
                  + "fasta/%s/dna/%s.dna.%s.fa.gz"
                      .formatted(species, assembly, primary ? "primary_assembly" : "toplevel"),
              ensembl + "gff3/%s/%s.113.gff3.gz".formatted(species, assembly)));
    }
    String gencode = "https://ftp.ebi.ac.uk/pub/databases/gencode/Gencode_human/release_47/";
    presets.put(
        "human-gencode",
        preset(
            gencode + "GRCh38.primary_assembly.genome.fa.gz",
            gencode + "gencode.v47.primary_assembly.annotation.gff3.gz"));
    String plants = "https://ftp.ensemblgenomes.ebi.ac.uk/pub/plants/release-60/";
    presets.put(
        "arabidopsis",
        preset(
            plants
                + "fasta/arabidopsis_thaliana/dna/Arabidopsis_thaliana.TAIR10.dna.toplevel.fa.gz",
            plants + "gff3/arabidopsis_thaliana/Arabidopsis_thaliana.TAIR10.60.gff3.gz"));
    return presets;
  }

  private static Preset preset(String genome, String annotation) {
    return new Preset(URI.create(genome), URI.create(annotation));
  }

  /// Downloads a file, unless it is there.
  ///
  /// @param from where it is
  /// @param sha256 the expected SHA-256 in hexadecimal, or null
  /// @param progress is told how many bytes are there
  /// @return the file in the folder
  /// @throws IOException if it cannot be had, or its SHA-256 is another
  public Path fetch(URI from, String sha256, LongConsumer progress) throws IOException {
    String path = from.getPath();
    String name = path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
    if (name.isEmpty() || from.getScheme() == null) {
      throw new IOException("'%s' is no address of a file (https://…/name).".formatted(from));
    }
    Path target = folder.resolve(name);
    if (!Files.exists(target)) {
      Path part = folder.resolve(name + ".part");
      download(from, part, progress);
      move(part, target);
    }
    verify(from, target, sha256);
    return target;
  }

  private void download(URI from, Path part, LongConsumer progress) throws IOException {
    long have = Files.exists(part) ? Files.size(part) : 0;
    HttpRequest.Builder request = HttpRequest.newBuilder(from).timeout(TIMEOUT);
    if (have > 0) {
      request.header("Range", "bytes=" + have + "-");
    }
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        int status = response.statusCode();
        boolean complete = status == 416 && have > 0;
        if (complete) {
          return;
        }
        if (status != 200 && status != 206) {
          throw new IOException(
              "%s: the server answered %d; check the address.".formatted(from, status));
        }
        boolean resumed = status == 206;
        long expected = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        long before = resumed ? have : 0;
        long got = copy(body, part, resumed, before, progress);
        if (expected >= 0 && got < expected) {
          throw new IOException(
              "%s: the connection ended after %d of %d bytes; run again to go on from there."
                  .formatted(from, before + got, before + expected));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The download of " + from + " was interrupted; run again to go on.", e);
    } catch (java.net.ConnectException e) {
      throw new IOException("%s: no connection; check the network.".formatted(from), e);
    }
  }

  private static long copy(
      InputStream body, Path part, boolean append, long before, LongConsumer progress)
      throws IOException {
    long got = 0;
    try (OutputStream out =
        append
            ? Files.newOutputStream(part, StandardOpenOption.APPEND)
            : Files.newOutputStream(part)) {
      byte[] block = new byte[1 << 16];
      for (int n = body.read(block); n >= 0; n = body.read(block)) {
        out.write(block, 0, n);
        got += n;
        progress.accept(before + got);
      }
    } catch (java.io.EOFException e) {
      throw new IOException(
          "The connection ended after %d bytes; run again to go on from there."
              .formatted(before + got),
          e);
    }
    return got;
  }

  private static void move(Path part, Path target) throws IOException {
    try {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(part, target);
    }
  }

  private static void verify(URI from, Path file, String expected) throws IOException {
    String actual = Checksums.sha256(file);
    Path kept = file.resolveSibling(file.getFileName() + ".sha256");
    String wanted =
        expected != null
            ? expected.toLowerCase(Locale.ROOT)
            : Files.exists(kept) ? Files.readString(kept).split("\\s")[0] : actual;
    if (!wanted.equals(actual)) {
      throw new IOException(
          "%s has SHA-256 %s, expected %s; delete it and download %s again."
              .formatted(file, actual, wanted, from));
    }
    AtomicFiles.writeString(kept, actual + "  " + file.getFileName() + "\n");
  }
}
