package org.costate.genomics;

/// Bases `start` … `end` − 1 of a contig, counted from 0 on the forward strand.
///
/// @param start the first base
/// @param end one past the last base
public record Interval(int start, int end) implements Comparable<Interval> {
  /// Checks that the interval is not empty.
  public Interval {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "Interval: bases %d to %d are no interval; the start must be at least 1 and not beyond the end."
              .formatted(start + 1, end));
    }
  }

  /// The number of bases.
  ///
  /// @return the length
  public int length() {
    return end - start;
  }

  /// Whether two intervals share a base.
  ///
  /// @param other the other
  /// @return whether they overlap
  public boolean overlaps(Interval other) {
    return start < other.end && other.start < end;
  }

  @Override
  public int compareTo(Interval other) {
    return start != other.start
        ? Integer.compare(start, other.start)
        : Integer.compare(end, other.end);
  }
}
