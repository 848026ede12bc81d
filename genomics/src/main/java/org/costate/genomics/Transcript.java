package org.costate.genomics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// One transcript of a gene.
///
/// @param id its name
/// @param exons its exons in the order of the contig, not touching each other
/// @param coding the coding parts in the order of the contig; none for a non-coding transcript
public record Transcript(String id, List<Interval> exons, List<Interval> coding) {
  /// Copies the lists.
  public Transcript {
    exons = List.copyOf(exons);
    coding = List.copyOf(coding);
  }

  /// What lies between exons.
  ///
  /// @return the introns in the order of the contig
  public List<Interval> introns() {
    var introns = new ArrayList<Interval>();
    for (int i = 1; i < exons.size(); i++) {
      introns.add(new Interval(exons.get(i - 1).end(), exons.get(i).start()));
    }
    return introns;
  }

  /// Joins intervals that overlap or touch.
  ///
  /// @param parts intervals in any order
  /// @return the joined ones in order
  public static List<Interval> joined(List<Interval> parts) {
    var sorted = new ArrayList<>(parts);
    Collections.sort(sorted);
    var joined = new ArrayList<Interval>();
    for (Interval part : sorted) {
      Interval last = joined.isEmpty() ? null : joined.getLast();
      if (last != null && part.start() <= last.end()) {
        joined.set(joined.size() - 1, new Interval(last.start(), Math.max(last.end(), part.end())));
      } else {
        joined.add(part);
      }
    }
    return joined;
  }
}
