package org.costate.automata.io;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The colour of each state.
///
/// @param colours 0xRRGGBB by state
/// @param unknown the colour of cells that were not observed
public record Palette(List<Integer> colours, int unknown) {
  /// White for 0, near black for 1, then hues; grey for unknown.
  public static final Palette DEFAULT = standard();

  /// Copies the list.
  public Palette {
    colours = List.copyOf(colours);
  }

  private static Palette standard() {
    var colours =
        new ArrayList<>(
            List.of(
                0xffffff, 0x1f2430, 0xd62728, 0xffb000, 0x2ca02c, 0x1f77b4, 0x9467bd, 0x8c564b,
                0x17becf, 0xe377c2));
    for (int s = colours.size(); s < 255; s++) {
      float hue = (float) (s * 0.618033988749895 % 1);
      colours.add(
          java.awt.Color.HSBtoRGB(hue, 0.4f + 0.2f * (s % 4), 0.5f + 0.12f * (s % 5)) & 0xffffff);
    }
    return new Palette(colours, 0xc8c8d0);
  }

  /// The colour of a state.
  ///
  /// @param state the state, or unknown
  /// @return 0xRRGGBB
  public int colour(int state) {
    return state < colours.size() ? colours.get(state) : unknown;
  }

  /// This palette with other colours for some states.
  ///
  /// @param changed 0xRRGGBB by state
  /// @return the palette
  public Palette with(Map<Integer, Integer> changed) {
    var copy = new ArrayList<>(colours);
    changed.forEach((state, colour) -> copy.set(state, colour));
    return new Palette(copy, unknown);
  }

  /// The state of each colour.
  ///
  /// @return states by 0xRRGGBB
  public Map<Integer, Integer> states() {
    var states = new HashMap<Integer, Integer>();
    states.put(unknown, org.costate.automata.Lattice.UNKNOWN);
    for (int s = colours.size() - 1; s >= 0; s--) {
      states.put(colours.get(s), s);
    }
    return states;
  }
}
