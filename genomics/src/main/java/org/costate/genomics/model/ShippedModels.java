package org.costate.genomics.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.costate.genomics.Genome;
import org.costate.io.Safetensors;
import org.costate.io.Tensor;

/// The trained models in the jar. A model of one species is better at home than one of several, so
/// the model of fission yeast is chosen where the [Composition] of a genome's first million bases
/// is much likelier fission yeast's than a thale cress's, a worm's, a fly's or a human's; else the
/// general one.
public final class ShippedModels {
  /// The model of several species.
  public static final String GENERAL = "general";

  /// The model of fission yeast.
  public static final String FISSION_YEAST = "fission-yeast";

  private static final String YEAST = "S. pombe";

  /// By how much, in nats a base, a genome must be likelier yeast than anything else. Chromosomes
  /// of fission yeast are by 0.011 to 0.013; one of a fly was by 0.001.
  private static final double MARGIN = 0.006;

  private ShippedModels() {}

  /// The names of the models.
  ///
  /// @return the names
  public static List<String> names() {
    return List.of(GENERAL, FISSION_YEAST);
  }

  /// Reads a model.
  ///
  /// @param name its name
  /// @return the model
  /// @throws IOException if it cannot be read
  public static SpliceModel read(String name) throws IOException {
    if (!names().contains(name)) {
      throw new IllegalArgumentException(
          "There is no model '%s' in the jar; there are %s.".formatted(name, names()));
    }
    return unpacked("splice-" + name + ".safetensors", SpliceModel::read);
  }

  /// The name of the model for a genome.
  ///
  /// @param genome the genome
  /// @return the name
  /// @throws IOException if the genome cannot be read
  public static String nameFor(Genome genome) throws IOException {
    double[] counts = Composition.counts(genome, genome.contigs().keySet());
    Map<String, Tensor> chains = unpacked("compositions.safetensors", Safetensors::read).tensors();
    double yeast = 0;
    double other = Double.NEGATIVE_INFINITY;
    for (var chain : chains.entrySet()) {
      double likelihood = Composition.likelihood(counts, chain.getValue().values());
      if (chain.getKey().equals(YEAST)) {
        yeast = likelihood;
      } else {
        other = Math.max(other, likelihood);
      }
    }
    return yeast - other > MARGIN ? FISSION_YEAST : GENERAL;
  }

  private interface Reader<T> {
    T read(Path file) throws IOException;
  }

  private static <T> T unpacked(String resource, Reader<T> reader) throws IOException {
    Path copy = Files.createTempFile("costate-", ".safetensors");
    try (InputStream in = ShippedModels.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("This build lacks the resource " + resource + ".");
      }
      Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
      return reader.read(copy);
    } finally {
      Files.delete(copy);
    }
  }
}
