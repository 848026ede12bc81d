package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.automata.Boundary;
import org.costate.automata.Recording;

/// Which boundary the cells at the edge speak for.
final class Boundaries {
  private Boundaries() {}

  /// The boundaries that are tried, by name.
  static Map<String, Boundary> candidates(int states) {
    var all = new LinkedHashMap<String, Boundary>();
    all.put("torus", new Boundary.Torus());
    all.put("dead", new Boundary.Fixed(0));
    all.put("reflecting", new Boundary.Reflecting());
    for (int s = 1; s < states; s++) {
      all.put(s == 1 && states == 2 ? "alive" : "fixed " + s, new Boundary.Fixed(s));
    }
    return all;
  }

  /// The candidates under which no entry has two outcomes.
  static List<String> withoutConflict(Recording recording, RuleClass ruleClass) {
    var fits = new ArrayList<String>();
    candidates(ruleClass.states())
        .forEach(
            (name, boundary) -> {
              if (conflicts(Transitions.count(recording, boundary, ruleClass), ruleClass) == 0) {
                fits.add(name);
              }
            });
    return fits;
  }

  /// How many transitions disagree with the most frequent outcome of their entry that the class
  /// allows.
  static long conflicts(long[][] counts, RuleClass ruleClass) {
    long conflicts = 0;
    for (int e = 0; e < counts.length; e++) {
      long most = 0;
      for (int s : ruleClass.choices(e)) {
        most = Math.max(most, counts[e][s]);
      }
      conflicts += java.util.Arrays.stream(counts[e]).sum() - most;
    }
    return conflicts;
  }
}
