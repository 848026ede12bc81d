package org.costate.automata.learn;

import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Lattice;
import org.costate.automata.Recording;
import org.costate.automata.World;

/// Runs a learned table from visible frames and compares with what was seen.
///
/// @param exact whether every compared cell agrees
/// @param history the first history that differs, or −1
/// @param frame the first of its frames that differs, or −1
/// @param row the row of its first cell that differs, or −1
/// @param column the column of that cell, or −1
/// @param compared how many cells were compared
/// @param wrong how many of them differ
public record Replay(
    boolean exact, int history, int frame, int row, int column, long compared, long wrong) {
  /// The machine of one lattice size: neighbours are looked up once.
  static final class Machine {
    private final RuleClass ruleClass;
    private final int[] neighbours;
    private final int n;
    private final int outside;
    private final int size;
    private final boolean[] inner;
    private final int[] of;
    private final int[] states;

    /// @param steps how many steps will be done; without a boundary, cells that the edge could
    ///   reach in them are not compared
    Machine(RuleClass ruleClass, Boundary boundary, int height, int width, int steps) {
      this.ruleClass = ruleClass;
      this.n = ruleClass.cells().size();
      this.neighbours =
          World.neighbours(
              ruleClass.cells(),
              boundary == null ? new Boundary.Fixed(0) : boundary,
              height,
              width);
      this.outside = boundary == null ? 0 : boundary.outside();
      this.size = height * width;
      this.of = ruleClass.order() == 1 ? ruleClass.entryOfIndex() : null;
      this.states = new int[n];
      this.inner = new boolean[size];
      int margin = boundary == null ? steps * ruleClass.cells().radius() : 0;
      int rows = ruleClass.cells().isLine() ? 0 : margin;
      for (int i = 0; i < size; i++) {
        int y = i / width;
        int x = i % width;
        inner[i] = y >= rows && y < height - rows && x >= margin && x < width - margin;
      }
    }

    boolean inner(int cell) {
      return inner[cell];
    }

    /// One step.
    void step(byte[] past, byte[] now, int[] outputs, byte[] next) {
      int k = ruleClass.states();
      for (int i = 0; i < size; i++) {
        int base = i * n;
        if (of != null) {
          int index = 0;
          for (int j = 0; j < n; j++) {
            int from = neighbours[base + j];
            index = index * k + (from < 0 ? outside : now[from]);
          }
          next[i] = (byte) outputs[of[index]];
        } else {
          for (int j = 0; j < n; j++) {
            int from = neighbours[base + j];
            states[j] = from < 0 ? outside : now[from];
          }
          next[i] = (byte) outputs[ruleClass.entry(states, past[i])];
        }
      }
    }

    /// One step in which what depends on something unknown becomes unknown.
    void stepKnown(byte[] past, byte[] now, int[] outputs, byte[] next) {
      for (int i = 0; i < size; i++) {
        boolean known = ruleClass.order() == 1 || (past[i] & 0xff) != Lattice.UNKNOWN;
        for (int j = 0; j < n && known; j++) {
          int from = neighbours[i * n + j];
          states[j] = from < 0 ? outside : now[from] & 0xff;
          known = states[j] != Lattice.UNKNOWN;
        }
        int output = known ? outputs[entry(past[i] & 0xff)] : -1;
        next[i] = (byte) (output < 0 ? Lattice.UNKNOWN : output);
      }
    }

    private int entry(int previous) {
      if (of == null) {
        return ruleClass.entry(states, previous);
      }
      int index = 0;
      for (int s : states) {
        index = index * ruleClass.states() + s;
      }
      return of[index];
    }

    /// The number of cells that differ after so many steps, stopping after the first if only that
    /// is wanted.
    int differences(byte[] before, byte[] after, int[] outputs, int steps, boolean firstOnly) {
      byte[] now = before.clone();
      byte[] next = new byte[size];
      for (int t = 0; t < steps; t++) {
        step(now, now, outputs, next);
        byte[] swap = now;
        now = next;
        next = swap;
      }
      int wrong = 0;
      for (int i = 0; i < size; i++) {
        if (inner[i] && (after[i] & 0xff) != Lattice.UNKNOWN && now[i] != after[i]) {
          wrong++;
          if (firstOnly) {
            return wrong;
          }
        }
      }
      return wrong;
    }
  }

  /// Replays a recording: each history from its first frame (of second order, its first two).
  ///
  /// An entry whose output is not known ends the comparison of the cells it reaches.
  ///
  /// @param recording the frames
  /// @param boundary what lies beyond the edge, or null if that is not known: then every frame is
  ///   replayed from the one before it, inside
  /// @param ruleClass the class
  /// @param outputs the next state of each entry, −1 if not known
  /// @param gap steps between frames
  /// @return the comparison
  public static Replay of(
      Recording recording, Boundary boundary, RuleClass ruleClass, int[] outputs, int gap) {
    long compared = 0;
    long wrong = 0;
    int[] first = {-1, -1, -1, -1};
    for (int h = 0; h < recording.histories().size(); h++) {
      List<Lattice> frames = recording.histories().get(h);
      int order = ruleClass.order();
      if (frames.size() <= order) {
        continue;
      }
      int width = frames.getFirst().width();
      var machine = new Machine(ruleClass, boundary, frames.getFirst().height(), width, gap);
      byte[] past = frames.getFirst().toArray();
      byte[] now = frames.get(order - 1).toArray();
      for (int t = order; t < frames.size(); t++) {
        boolean restart = boundary == null || frames.get(t - 1).count(Lattice.UNKNOWN) > 0;
        if (restart) {
          past = frames.get(Math.max(0, t - 2)).toArray();
          now = frames.get(t - 1).toArray();
        }
        for (int step = 0; step < gap; step++) {
          byte[] next = new byte[now.length];
          machine.stepKnown(past, now, outputs, next);
          past = now;
          now = next;
        }
        Lattice seen = frames.get(t);
        for (int i = 0; i < now.length; i++) {
          int predicted = now[i] & 0xff;
          if (!machine.inner(i) || predicted == Lattice.UNKNOWN || seen.get(i) == Lattice.UNKNOWN) {
            continue;
          }
          compared++;
          if (predicted != seen.get(i)) {
            wrong++;
            if (first[0] < 0) {
              first = new int[] {h, t, i / width, i % width};
            }
          }
        }
      }
    }
    return new Replay(wrong == 0, first[0], first[1], first[2], first[3], compared, wrong);
  }
}
