package org.costate.genomics;

import java.util.List;

/// A gene on one strand of a contig.
///
/// @param id its identifier
/// @param name its symbol, or the identifier
/// @param contig the contig
/// @param strand the transcribed strand
/// @param body from the first to the last base of its transcripts
/// @param coding whether it codes for a protein
/// @param transcripts its transcripts
public record Gene(
    String id,
    String name,
    String contig,
    Strand strand,
    Interval body,
    boolean coding,
    List<Transcript> transcripts) {
  /// Copies the list.
  public Gene {
    transcripts = List.copyOf(transcripts);
  }

  /// This gene on another contig.
  ///
  /// @param other the name of the contig
  /// @return the gene
  public Gene on(String other) {
    return new Gene(id, name, other, strand, body, coding, transcripts);
  }
}
