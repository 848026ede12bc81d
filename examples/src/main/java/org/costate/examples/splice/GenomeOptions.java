package org.costate.examples.splice;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.costate.genomics.Annotation;
import org.costate.genomics.Genome;
import org.costate.genomics.io.AnnotationReader;
import org.costate.genomics.io.FastaFile;
import org.costate.genomics.io.GenBankFile;
import org.costate.genomics.model.ShippedModels;
import org.costate.genomics.model.SpliceModel;
import picocli.CommandLine.Option;

/// The inputs that the commands on splice sites share.
final class GenomeOptions {
  @Option(
      names = "--genome",
      paramLabel = "FILE",
      description = "FASTA (plain, gzip or bgzip) or GenBank (.gb, .gbk) file of the genome.")
  Path genome;

  @Option(
      names = "--annotation",
      paramLabel = "FILE",
      description = "GFF3 or GTF file of its genes; a GenBank file has its own.")
  Path annotation;

  @Option(
      names = "--contigs",
      split = ",",
      paramLabel = "NAME",
      description = "Contigs to use (default: all).")
  List<String> contigs = List.of();

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description =
          "A trained model, or 'general' or 'fission-yeast' from the jar (default: chosen by the"
              + " composition of the genome).")
  Path model;

  @Option(
      names = "--rename",
      split = ",",
      paramLabel = "FROM=TO",
      description =
          "Names of contigs in the annotation or the variants, and in the genome; 'chr' and names"
              + " of mitochondria are matched without this.")
  Map<String, String> rename = new LinkedHashMap<>();

  /// A genome with the genes that are known.
  record Opened(Genome genome, Annotation annotation) {}

  private static boolean isGenBank(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT).replaceAll("\\.gz$", "");
    return name.endsWith(".gb") || name.endsWith(".gbk") || name.endsWith(".genbank");
  }

  /// Opens a genome and its annotation; the annotation is null where none is given.
  static Opened open(Path genome, Path annotation, Map<String, String> rename, PrintWriter notes)
      throws IOException {
    Genome opened;
    Annotation genes = null;
    if (isGenBank(genome)) {
      GenBankFile file = GenBankFile.read(genome);
      opened = file.genome();
      genes = file.annotation();
    } else {
      opened = FastaFile.open(genome);
    }
    if (annotation != null) {
      genes = AnnotationReader.read(annotation).named(opened.contigs().keySet(), rename);
      if (genes.genes().isEmpty() && genes.supported().isEmpty()) {
        opened.close();
        throw new IOException(
            "%s has no genes on contigs of %s (%s); map the names with --rename FROM=TO."
                .formatted(
                    annotation, genome.getFileName(), Genome.some(opened.contigs().keySet())));
      }
    }
    if (genes != null) {
      genes.notes().forEach((what, count) -> notes.printf("  %s: %d%n", what, count));
    }
    return new Opened(opened, genes);
  }

  Opened open(Path positional, PrintWriter notes) throws IOException {
    Path file = positional != null ? positional : genome;
    if (file == null) {
      throw new IllegalArgumentException("Name the genome: --genome FILE.");
    }
    return open(file, annotation, rename, notes);
  }

  /// The contigs that are asked for, or all.
  List<String> contigs(Genome opened) {
    contigs.forEach(opened::length);
    return contigs.isEmpty() ? new ArrayList<>(opened.contigs().keySet()) : contigs;
  }

  /// The model that is asked for, or the one in the jar that is for such a genome.
  SpliceModel model(Genome opened, PrintWriter notes) throws IOException {
    if (model == null) {
      String name = ShippedModels.nameFor(opened);
      notes.println("model: " + name + ", by the composition of the genome");
      return ShippedModels.read(name);
    }
    return model(model);
  }

  /// A model by the name of one in the jar, or in a file.
  static SpliceModel model(Path given) throws IOException {
    return ShippedModels.names().contains(given.toString())
        ? ShippedModels.read(given.toString())
        : SpliceModel.read(given);
  }
}
