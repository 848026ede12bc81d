package org.costate.genomics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The genes of a genome, and introns that were seen in RNA.
///
/// @param genes the genes in the order of the file
/// @param supported how many reads cross each intron that was seen in RNA
/// @param notes how often something was read, dropped or repaired, by what it was
public record Annotation(
    List<Gene> genes, Map<SeenIntron, Double> supported, Map<String, Integer> notes) {
  /// An intron on a strand of a contig.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @param place the intron
  public record SeenIntron(String contig, Strand strand, Interval place) {}

  /// Copies the collections.
  public Annotation {
    genes = List.copyOf(genes);
    supported = Map.copyOf(supported);
    notes = java.util.Collections.unmodifiableMap(new TreeMap<>(notes));
  }

  /// The contigs that have genes.
  ///
  /// @return their names
  public Set<String> contigs() {
    var names = new LinkedHashSet<String>();
    genes.forEach(gene -> names.add(gene.contig()));
    return names;
  }

  /// This annotation with its contigs named as those of a genome: by a given mapping, else by equal
  /// names, else by adding or removing `chr`, else by M, MT and mitochondrial names.
  ///
  /// @param genome the names of the genome
  /// @param mapping names of the annotation to names of the genome; may be empty
  /// @return the annotation, without what is on contigs that the genome lacks, and notes on them
  public Annotation named(Set<String> genome, Map<String, String> mapping) {
    var to = new HashMap<String, String>();
    for (String name : allContigs()) {
      to.put(name, ContigNames.match(name, genome, mapping));
    }
    var kept = new ArrayList<Gene>();
    var more = new TreeMap<>(notes);
    for (Gene gene : genes) {
      String name = to.get(gene.contig());
      if (name == null) {
        more.merge(
            "dropped: genes on '%s', which the genome lacks".formatted(gene.contig()),
            1,
            Integer::sum);
      } else {
        kept.add(gene.on(name));
      }
    }
    var introns = new LinkedHashMap<SeenIntron, Double>();
    supported.forEach(
        (intron, reads) -> {
          String name = to.get(intron.contig());
          if (name != null) {
            introns.put(new SeenIntron(name, intron.strand(), intron.place()), reads);
          }
        });
    to.forEach(
        (from, name) -> {
          if (name != null && !from.equals(name)) {
            more.put("renamed: contig '%s' to '%s'".formatted(from, name), 1);
          }
        });
    for (String name : genome) {
      if (!to.containsValue(name)) {
        more.put("no genes: contig '%s' of the genome".formatted(name), 1);
      }
    }
    return new Annotation(kept, introns, more);
  }

  private Set<String> allContigs() {
    var names = new LinkedHashSet<>(contigs());
    supported.keySet().forEach(intron -> names.add(intron.contig()));
    return names;
  }
}
