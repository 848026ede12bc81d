package org.costate.genomics.variant;

/// A change of the genome: the letters `reference` that begin at a base are replaced.
///
/// @param contig the contig
/// @param position the first base that is replaced, from 0
/// @param reference the letters of the genome, at least one
/// @param alternative the letters instead, at least one
public record Variant(String contig, int position, byte[] reference, byte[] alternative) {}
