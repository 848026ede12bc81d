package org.costate.automata;

import java.util.ArrayList;
import java.util.List;

/// What was observed of an automaton: histories, each a list of frames that follow each other at
/// equal distances in time.
///
/// @param dimensions 1 if a frame is one row, else 2
/// @param histories the histories; frames of all of them may differ in size, frames of one may not
public record Recording(int dimensions, List<List<Lattice>> histories) {
  /// Checks the frames.
  public Recording {
    histories = histories.stream().map(List::copyOf).toList();
    if (histories.isEmpty() || histories.stream().allMatch(List::isEmpty)) {
      throw new IllegalArgumentException("Recording: there is no frame; give at least two.");
    }
    for (List<Lattice> frames : histories) {
      for (int t = 0; t < frames.size(); t++) {
        Lattice frame = frames.get(t);
        Lattice first = frames.getFirst();
        if (frame.height() != first.height() || frame.width() != first.width()) {
          throw new IllegalArgumentException(
              "Recording: frame %d has %d rows of %d cells, but the first frame of its history has %d of %d; separate histories with a line ---."
                  .formatted(t, frame.height(), frame.width(), first.height(), first.width()));
        }
        if (dimensions == 1 && frame.height() != 1) {
          throw new IllegalArgumentException(
              "Recording: a frame of one dimension has one row, frame %d has %d."
                  .formatted(t, frame.height()));
        }
      }
    }
  }

  /// A recording of one history.
  ///
  /// @param frames the frames
  /// @return the recording; of one dimension if every frame is one row
  public static Recording of(List<Lattice> frames) {
    boolean line = !frames.isEmpty() && frames.stream().allMatch(f -> f.height() == 1);
    return new Recording(line ? 1 : 2, List.of(frames));
  }

  /// This recording and the histories of another one.
  ///
  /// @param other the other recording, of as many dimensions
  /// @return both
  public Recording and(Recording other) {
    if (other.dimensions != dimensions) {
      throw new IllegalArgumentException(
          "Recording: one input has %d dimensions, another %d; learn from one kind at a time."
              .formatted(dimensions, other.dimensions));
    }
    var all = new ArrayList<>(histories);
    all.addAll(other.histories);
    return new Recording(dimensions, all);
  }

  /// The number of states: one more than the largest seen, at least 2.
  ///
  /// @return k
  public int states() {
    int largest = 1;
    for (List<Lattice> frames : histories) {
      for (Lattice frame : frames) {
        largest = Math.max(largest, frame.largestState());
      }
    }
    return largest + 1;
  }

  /// The number of pairs of consecutive frames.
  ///
  /// @return the number
  public int transitions() {
    return histories.stream().mapToInt(frames -> Math.max(0, frames.size() - 1)).sum();
  }

  /// Whether some cell was not observed.
  ///
  /// @return whether there is one
  public boolean hasUnknown() {
    return histories.stream()
        .flatMap(List::stream)
        .anyMatch(frame -> frame.count(Lattice.UNKNOWN) > 0);
  }
}
