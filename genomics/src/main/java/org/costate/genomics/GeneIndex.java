package org.costate.genomics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Genes of one contig, found by place.
public final class GeneIndex {
  private final List<Gene> genes;
  private final int longest;

  /// Sorts genes.
  ///
  /// @param genes genes of one contig, in any order
  public GeneIndex(Collection<Gene> genes) {
    this.genes = genes.stream().sorted((a, b) -> a.body().compareTo(b.body())).toList();
    this.longest = genes.stream().mapToInt(gene -> gene.body().length()).max().orElse(0);
  }

  /// The genes by their first bases.
  ///
  /// @return the genes, ascending
  public List<Gene> genes() {
    return genes;
  }

  /// The genes whose bodies share a base with an interval.
  ///
  /// @param wanted the interval
  /// @return the genes, ascending
  public List<Gene> overlapping(Interval wanted) {
    int low = 0;
    int high = genes.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (genes.get(middle).body().start() + longest < wanted.start()) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    var found = new ArrayList<Gene>();
    for (int i = low; i < genes.size() && genes.get(i).body().start() < wanted.end(); i++) {
      if (genes.get(i).body().overlaps(wanted)) {
        found.add(genes.get(i));
      }
    }
    return found;
  }
}
