package org.costate.automata.io;

import java.util.List;
import org.costate.automata.Lattice;

/// A lattice with what a pattern file says about it.
///
/// @param lattice the cells
/// @param rule the rule as text with its grid, or null
/// @param comments the comments
/// @param top the row of the first cell
/// @param left the column of the first cell
/// @param generation the generation
public record Pattern(
    Lattice lattice, String rule, List<String> comments, int top, int left, long generation) {
  /// A pattern at the origin.
  ///
  /// @param lattice the cells
  /// @param rule the rule, or null
  public Pattern(Lattice lattice, String rule) {
    this(lattice, rule, List.of(), 0, 0, 0);
  }
}
