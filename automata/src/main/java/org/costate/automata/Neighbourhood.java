package org.costate.automata;

import java.util.ArrayList;
import java.util.List;

/// Which cells the next state of a cell depends on. The centre always belongs to it; cells are in
/// the order in which they are read, row by row: NW N NE W C E SW S SE for [#moore].
///
/// @param name its name
/// @param offsets the cells relative to the centre, in reading order
public record Neighbourhood(String name, List<Offset> offsets) {
  /// A cell relative to the centre.
  ///
  /// @param dy rows down
  /// @param dx columns to the right
  public record Offset(int dy, int dx) {}

  /// Checks order and centre.
  public Neighbourhood {
    offsets = List.copyOf(offsets);
    for (int i = 1; i < offsets.size(); i++) {
      Offset a = offsets.get(i - 1);
      Offset b = offsets.get(i);
      if (a.dy > b.dy || a.dy == b.dy && a.dx >= b.dx) {
        throw new IllegalArgumentException(
            "Neighbourhood '%s': offsets must differ and be in reading order, got %s before %s."
                .formatted(name, a, b));
      }
    }
    if (!offsets.contains(new Offset(0, 0))) {
      throw new IllegalArgumentException(
          "Neighbourhood '%s': the centre (0, 0) must belong to it.".formatted(name));
    }
  }

  private interface Contains {
    boolean test(int dy, int dx);
  }

  private static Neighbourhood of(String name, int rows, int columns, Contains contains) {
    var offsets = new ArrayList<Offset>();
    for (int dy = -rows; dy <= rows; dy++) {
      for (int dx = -columns; dx <= columns; dx++) {
        if (contains.test(dy, dx)) {
          offsets.add(new Offset(dy, dx));
        }
      }
    }
    return new Neighbourhood(name, offsets);
  }

  /// The cells at distance ≤ r on a line.
  ///
  /// @param radius r, 0 … 16
  /// @return the neighbourhood
  public static Neighbourhood line(int radius) {
    check(radius, 16);
    return of("line", 0, radius, (_, _) -> true);
  }

  /// The square `max(|dy|, |dx|) ≤ r`.
  ///
  /// @param radius r, 0 … 16
  /// @return the neighbourhood
  public static Neighbourhood moore(int radius) {
    check(radius, 16);
    return of("Moore", radius, radius, (_, _) -> true);
  }

  /// The diamond `|dy| + |dx| ≤ r`.
  ///
  /// @param radius r, 0 … 16
  /// @return the neighbourhood
  public static Neighbourhood vonNeumann(int radius) {
    check(radius, 16);
    return of("von Neumann", radius, radius, (dy, dx) -> Math.abs(dy) + Math.abs(dx) <= radius);
  }

  /// The disc `dy² + dx² < (r + ½)²` of Larger than Life.
  ///
  /// @param radius r, 0 … 16
  /// @return the neighbourhood
  public static Neighbourhood circle(int radius) {
    check(radius, 16);
    return of(
        "circular", radius, radius, (dy, dx) -> dy * dy + dx * dx <= radius * radius + radius);
  }

  /// Six neighbours on a hexagonal lattice, stored on a square one: the Moore neighbourhood without
  /// NE and SW.
  ///
  /// @return the neighbourhood
  public static Neighbourhood hexagonal() {
    return of("hexagonal", 1, 1, (dy, dx) -> dy + dx != 0 || dy == 0);
  }

  private static void check(int radius, int most) {
    if (radius < 0 || radius > most) {
      throw new IllegalArgumentException(
          "Neighbourhood: the radius must be 0 … %d, got %d.".formatted(most, radius));
    }
  }

  /// The number of cells n, the centre included.
  ///
  /// @return n
  public int size() {
    return offsets.size();
  }

  /// The place of the centre in reading order.
  ///
  /// @return its index
  public int centre() {
    return offsets.indexOf(new Offset(0, 0));
  }

  /// The largest distance along an axis.
  ///
  /// @return r
  public int radius() {
    return offsets.stream()
        .mapToInt(o -> Math.max(Math.abs(o.dy), Math.abs(o.dx)))
        .max()
        .orElseThrow();
  }

  /// Whether all cells lie in one row.
  ///
  /// @return whether the neighbourhood is of one dimension
  public boolean isLine() {
    return offsets.stream().allMatch(o -> o.dy == 0);
  }

  /// The place of a cell in reading order.
  ///
  /// @param dy rows down
  /// @param dx columns to the right
  /// @return its index, or −1 if it does not belong to it
  public int indexOf(int dy, int dx) {
    return offsets.indexOf(new Offset(dy, dx));
  }
}
