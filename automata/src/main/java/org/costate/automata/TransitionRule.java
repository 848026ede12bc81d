package org.costate.automata;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A rule of a `.rule` file: transitions of which the first that matches counts; a neighbourhood
/// that none matches leaves the cell as it is.
///
/// Inputs of a transition are in the order of the format: centre, then the neighbours clockwise
/// from the north (west and east on a line).
public final class TransitionRule implements Rule {
  /// What one place of a transition accepts.
  ///
  /// @param accepted the states, as a set
  /// @param variable the number of the variable, whose uses in a line are bound to one state, or −1
  public record Place(java.util.BitSet accepted, int variable) {}

  /// One line of the table.
  ///
  /// @param inputs centre and neighbours
  /// @param output the next state, or −1 − v for the state that variable v is bound to
  public record Transition(List<Place> inputs, int output) {}

  private final String name;
  private final int states;
  private final Neighbourhood neighbourhood;
  private final Symmetry symmetry;
  private final List<Transition> transitions;
  private final int[] ring;
  private final List<int[]> permutations;
  private final Map<Key, Integer> known = new HashMap<>();

  private record Key(List<Integer> cells) {}

  /// A rule of its lines.
  ///
  /// @param name its name
  /// @param states the number of states
  /// @param neighbourhood the cells, of radius 1
  /// @param symmetry the permutations under which each line also holds
  /// @param transitions the lines
  public TransitionRule(
      String name,
      int states,
      Neighbourhood neighbourhood,
      Symmetry symmetry,
      List<Transition> transitions) {
    this.name = name;
    this.states = states;
    this.neighbourhood = neighbourhood;
    this.symmetry = symmetry;
    this.transitions = List.copyOf(transitions);
    this.ring = Symmetry.ring(neighbourhood);
    this.permutations =
        symmetry == Symmetry.PERMUTE ? List.of() : symmetry.permutations(ring.length);
  }

  /// The name of the rule.
  ///
  /// @return the name
  public String name() {
    return name;
  }

  @Override
  public int states() {
    return states;
  }

  @Override
  public Neighbourhood neighbourhood() {
    return neighbourhood;
  }

  @Override
  public synchronized int next(int[] cells, int previous, double uniform) {
    return known.computeIfAbsent(
        new Key(java.util.Arrays.stream(cells).boxed().toList()), _ -> find(cells));
  }

  private int find(int[] cells) {
    int centre = cells[neighbourhood.centre()];
    int[] around = new int[ring.length];
    for (Transition transition : transitions) {
      if (!transition.inputs.getFirst().accepted.get(centre)) {
        continue;
      }
      if (symmetry == Symmetry.PERMUTE) {
        int[] bound = bindings(transition, centre);
        if (assign(transition, cells, bound, 0, 0)) {
          return output(transition, bound);
        }
        continue;
      }
      for (int[] p : permutations) {
        for (int i = 0; i < around.length; i++) {
          around[i] = cells[ring[p[i]]];
        }
        int[] bound = bindings(transition, centre);
        boolean matches = true;
        for (int i = 0; i < around.length && matches; i++) {
          matches = bind(transition.inputs.get(i + 1), around[i], bound) != 0;
        }
        if (matches) {
          return output(transition, bound);
        }
      }
    }
    return centre;
  }

  private static int[] bindings(Transition transition, int centre) {
    int largest = transition.inputs.stream().mapToInt(Place::variable).max().orElse(-1);
    int[] bound = new int[Math.max(largest, -1 - transition.output) + 1];
    java.util.Arrays.fill(bound, -1);
    bind(transition.inputs.getFirst(), centre, bound);
    return bound;
  }

  /// 0 if the state is not accepted, 1 if it is, 2 if a variable was bound by it.
  private static int bind(Place place, int state, int[] bound) {
    if (!place.accepted.get(state)) {
      return 0;
    }
    if (place.variable < 0 || bound[place.variable] == state) {
      return 1;
    }
    if (bound[place.variable] >= 0) {
      return 0;
    }
    bound[place.variable] = state;
    return 2;
  }

  /// Tries to give every place of the line a neighbour of its own, in any order.
  private boolean assign(Transition transition, int[] cells, int[] bound, int at, int used) {
    if (at == ring.length) {
      return true;
    }
    Place place = transition.inputs.get(at + 1);
    for (int i = 0; i < ring.length; i++) {
      if ((used & 1 << i) != 0) {
        continue;
      }
      int result = bind(place, cells[ring[i]], bound);
      if (result != 0) {
        if (assign(transition, cells, bound, at + 1, used | 1 << i)) {
          return true;
        }
        if (result == 2) {
          bound[place.variable] = -1;
        }
      }
    }
    return false;
  }

  private static int output(Transition transition, int[] bound) {
    return transition.output >= 0 ? transition.output : bound[-1 - transition.output];
  }

  /// The name of the rule.
  @Override
  public String toString() {
    return name;
  }
}
