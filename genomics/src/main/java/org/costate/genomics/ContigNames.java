package org.costate.genomics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The names that different files have for a contig.
public final class ContigNames {
  private static final List<String> MITOCHONDRIA =
      List.of("M", "MT", "Mt", "mitochondrial", "mitochondrion_genome", "MtDNA");

  private ContigNames() {}

  /// A genome's name of a contig: by a given mapping, else the same name, else with or without
  /// `chr`, else one of the names of mitochondria.
  ///
  /// @param name the name in another file
  /// @param genome the names of the genome
  /// @param mapping names of other files to names of the genome; may be empty
  /// @return the name in the genome, or null if it has none
  public static String match(String name, Set<String> genome, Map<String, String> mapping) {
    String given = mapping.get(name);
    if (given != null) {
      return genome.contains(given) ? given : null;
    }
    String bare = name.regionMatches(true, 0, "chr", 0, 3) ? name.substring(3) : name;
    var candidates = new ArrayList<>(List.of(name, bare, "chr" + bare, "Chr" + bare));
    if (MITOCHONDRIA.contains(bare)) {
      for (String one : MITOCHONDRIA) {
        candidates.addAll(List.of(one, "chr" + one, "Chr" + one));
      }
    }
    return candidates.stream().filter(genome::contains).findFirst().orElse(null);
  }
}
