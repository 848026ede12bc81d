package org.costate.automata.learn;

import java.util.Arrays;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Recording;

/// What is to be learned, and what was remarked on the way.
///
/// @param recording the frames
/// @param options how
/// @param states the number of states
/// @param remarks what a user should know; it grows
record Problem(Recording recording, Learner.Options options, int states, List<String> remarks) {
  /// The classes that are considered, in order.
  List<RuleClass> classes() {
    return options.classes().isEmpty()
        ? RuleClass.ladder(recording.dimensions(), states)
        : options.classes();
  }

  /// The boundary that was said, or null.
  Boundary given() {
    return Boundaries.candidates(states).get(options.boundary());
  }

  static long total(long[][] counts) {
    return Arrays.stream(counts).mapToLong(c -> Arrays.stream(c).sum()).sum();
  }
}
