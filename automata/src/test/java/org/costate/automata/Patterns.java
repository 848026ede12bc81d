package org.costate.automata;

import java.util.ArrayList;
import java.util.List;
import org.costate.random.RandomStream;

/// Starts that the tests share.
public final class Patterns {
  /// Gosper's glider gun.
  public static final String GUN =
      """
      x = 36, y = 9, rule = B3/S23
      24bo$22bobo$12b2o6b2o12b2o$11bo3bo4b2o12b2o$2o8bo5bo3b2o$2o8bo3bob2o4b
      obo$10bo5bo7bo$11bo3bo$12b2o!
      """;

  private Patterns() {}

  public static Lattice random(int height, int width, double density, long seed) {
    return World.random(height, width, 2, density, RandomStream.of(seed, "test board"));
  }

  public static Lattice row(int width, long seed) {
    return World.random(1, width, 2, 0.5, RandomStream.of(seed, "test row"));
  }

  /// One live cell, in the middle.
  public static Lattice single(int width) {
    return Lattice.zeros(1, width).with(0, width / 2, 1);
  }

  public static Lattice glider(int height, int width) {
    return Lattice.parse(".O.", "..O", "OOO").placed(height, width, height / 3, width / 3);
  }

  /// Every n-th frame.
  public static Recording every(int n, List<Lattice> frames) {
    var kept = new ArrayList<Lattice>();
    for (int t = 0; t < frames.size(); t += n) {
      kept.add(frames.get(t));
    }
    return Recording.of(kept);
  }

  /// Frames in which each cell was changed with a probability: flipped, or made unknown.
  public static List<Lattice> disturbed(
      List<Lattice> frames, double probability, boolean unknown, long seed) {
    var out = new ArrayList<Lattice>();
    for (int t = 0; t < frames.size(); t++) {
      byte[] cells = frames.get(t).toArray();
      RandomStream random = RandomStream.of(seed, "disturbance", t, 0);
      for (int i = 0; i < cells.length; i++) {
        if (random.nextDouble() < probability) {
          cells[i] = (byte) (unknown ? Lattice.UNKNOWN : 1 - cells[i]);
        }
      }
      out.add(Lattice.of(frames.get(t).height(), frames.get(t).width(), cells));
    }
    return out;
  }
}
