package org.costate.genomics.baseline;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.model.LabelledScan;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.Labels.Site;
import org.costate.random.RandomStream;

/// Windows of 81 bases around places in bodies of coding genes where a site could be: where GT or
/// GC begins, or AG ends.
///
/// @param site the kind of site
/// @param sites windows around true sites
/// @param others windows around a sample of the other candidates
record CandidateWindows(Site site, List<byte[]> sites, List<byte[]> others) {
  /// How far a window reaches on each side.
  static final int REACH = 40;

  /// The number of bases of a window.
  static final int WIDTH = 2 * REACH + 1;

  private static final int MOST_OTHERS = 60_000;

  /// Collects windows of one kind of site.
  static CandidateWindows of(Labels labels, Collection<String> contigs, Site site, long seed)
      throws IOException {
    var sites = new ArrayList<byte[]>();
    var others = new ArrayList<byte[]>();
    RandomStream random = RandomStream.of(seed, "candidates " + site);
    long seen = 0;
    for (String contig : contigs) {
      for (Strand strand : Strand.values()) {
        NavigableSet<Integer> truth = labels.sites(contig, strand, site);
        for (Interval body : labels.bodies(contig, strand)) {
          byte[] bases =
              labels.genome().padded(contig, strand, body.start() - REACH, body.end() + REACH);
          for (int i = 0; i < body.length(); i++) {
            int position = strand == Strand.FORWARD ? body.start() + i : body.end() - 1 - i;
            boolean isSite = truth.contains(position);
            if (!isSite && !LabelledScan.isCandidate(bases, i + REACH, site)) {
              continue;
            }
            byte[] window = java.util.Arrays.copyOfRange(bases, i, i + WIDTH);
            if (isSite) {
              sites.add(window);
            } else if (others.size() < MOST_OTHERS) {
              others.add(window);
            } else {
              // Every candidate seen so far is kept with the same probability.
              long place = (long) (random.nextDouble() * (seen + 1));
              if (place < MOST_OTHERS) {
                others.set((int) place, window);
              }
            }
            seen += isSite ? 0 : 1;
          }
        }
      }
    }
    if (sites.isEmpty() || others.isEmpty()) {
      throw new IllegalArgumentException(
          "Baselines: contigs %s have %d true sites and %d other candidates; both are needed."
              .formatted(contigs, sites.size(), others.size()));
    }
    return new CandidateWindows(site, sites, others);
  }
}
