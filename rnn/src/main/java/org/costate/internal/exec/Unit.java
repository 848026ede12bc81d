package org.costate.internal.exec;

/// Something to be scheduled: a node, one part of a concatenation, or the copy of a value to where
/// the next state or costate is.
///
/// @param node the node
/// @param part the part of a concatenation, or −1
/// @param target the input that a copy is for, the carry or its costate, or −1
record Unit(int node, int part, int target) {
  static Unit of(int node) {
    return new Unit(node, -1, -1);
  }
}
