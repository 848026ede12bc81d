package org.costate.automata;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A symmetry of a rule: permutations of the neighbours that leave the next state unchanged, under
/// the names of the `.rule` format.
///
/// Neighbours are taken in the order of that format, clockwise from the north: N NE E SE S SW W NW,
/// N E S W, N E SE S W NW (hexagonal), or W E (a line).
public enum Symmetry {
  /// Nothing but the identity.
  NONE,
  /// Left and right exchanged.
  REFLECT_HORIZONTAL,
  /// Half turns.
  ROTATE2,
  /// Thirds of a turn, hexagonal.
  ROTATE3,
  /// Quarter turns.
  ROTATE4,
  /// Sixths of a turn, hexagonal.
  ROTATE6,
  /// Eighths of a turn: the ring of eight neighbours moved by one.
  ROTATE8,
  /// Quarter turns and reflections: an isotropic rule.
  ROTATE4REFLECT,
  /// Sixths of a turn and reflections, hexagonal.
  ROTATE6REFLECT,
  /// Eighths of a turn and reflections.
  ROTATE8REFLECT,
  /// Any order of the neighbours.
  PERMUTE;

  private static final Neighbourhood.Offset[] CLOCKWISE = {
    new Neighbourhood.Offset(-1, 0),
    new Neighbourhood.Offset(-1, 1),
    new Neighbourhood.Offset(0, 1),
    new Neighbourhood.Offset(1, 1),
    new Neighbourhood.Offset(1, 0),
    new Neighbourhood.Offset(1, -1),
    new Neighbourhood.Offset(0, -1),
    new Neighbourhood.Offset(-1, -1)
  };

  /// The symmetry of a name in a `.rule` file.
  ///
  /// @param name the name
  /// @return the symmetry, or null if there is none of that name
  public static Symmetry named(String name) {
    for (Symmetry symmetry : values()) {
      if (symmetry.name().equals(name.toUpperCase(Locale.ROOT))) {
        return symmetry;
      }
    }
    return null;
  }

  /// The name in a `.rule` file.
  ///
  /// @return the name
  public String fileName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The neighbours of a neighbourhood of radius 1 in clockwise order.
  ///
  /// @param neighbourhood the neighbourhood
  /// @return the place of each neighbour in reading order
  public static int[] ring(Neighbourhood neighbourhood) {
    if (neighbourhood.radius() > 1) {
      throw new IllegalArgumentException(
          "Symmetry: rings are defined for radius 1; '%s' has radius %d."
              .formatted(neighbourhood.name(), neighbourhood.radius()));
    }
    if (neighbourhood.isLine()) {
      return new int[] {0, 2};
    }
    var ring = new ArrayList<Integer>();
    for (Neighbourhood.Offset offset : CLOCKWISE) {
      int place = neighbourhood.indexOf(offset.dy(), offset.dx());
      if (place >= 0) {
        ring.add(place);
      }
    }
    return ring.stream().mapToInt(Integer::intValue).toArray();
  }

  /// The permutations of a ring, the identity first: neighbour i is taken from place `p[i]`. For
  /// [#PERMUTE] all of them.
  ///
  /// @param size the number of neighbours
  /// @return the permutations
  /// @throws IllegalArgumentException if a ring of that size has no such symmetry
  public List<int[]> permutations(int size) {
    return switch (this) {
      case NONE -> group(size, 1, false);
      case REFLECT_HORIZONTAL -> group(size, 1, true);
      case ROTATE2 -> group(size, 2, false);
      case ROTATE3 -> group(size, 3, false);
      case ROTATE4 -> group(size, 4, false);
      case ROTATE6 -> group(size, 6, false);
      case ROTATE8 -> group(size, 8, false);
      case ROTATE4REFLECT -> group(size, 4, true);
      case ROTATE6REFLECT -> group(size, 6, true);
      case ROTATE8REFLECT -> group(size, 8, true);
      case PERMUTE -> all(size);
    };
  }

  private List<int[]> group(int size, int turns, boolean reflected) {
    if (size % turns != 0) {
      throw new IllegalArgumentException(
          "Symmetry %s does not fit a neighbourhood of %d neighbours.".formatted(fileName(), size));
    }
    var permutations = new ArrayList<int[]>();
    for (int mirror = 0; mirror <= (reflected ? 1 : 0); mirror++) {
      for (int turn = 0; turn < turns; turn++) {
        int[] p = new int[size];
        for (int i = 0; i < size; i++) {
          int at = Math.floorMod((mirror == 1 ? -i : i) + turn * (size / turns), size);
          p[i] = size == 2 && mirror == 1 ? 1 - i : at;
        }
        permutations.add(p);
      }
    }
    return permutations;
  }

  private static List<int[]> all(int size) {
    var permutations = new ArrayList<int[]>();
    permute(new int[size], 0, 0, permutations);
    return permutations;
  }

  private static void permute(int[] p, int at, int used, List<int[]> found) {
    if (at == p.length) {
      found.add(p.clone());
      return;
    }
    for (int i = 0; i < p.length; i++) {
      if ((used & 1 << i) == 0) {
        p[at] = i;
        permute(p, at + 1, used | 1 << i, found);
      }
    }
  }
}
