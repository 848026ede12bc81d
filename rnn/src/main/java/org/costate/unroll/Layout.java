package org.costate.unroll;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.Parameter;

/// Where each parameter lives in the one contiguous array of all parameters. A parameter that is
/// used in several places has one entry, under the name of its first use.
public final class Layout {
  /// One parameter in the arena.
  ///
  /// @param name its full name, for example `"layer0.W"`
  /// @param parameter the parameter
  /// @param offset the index of its first value
  public record Entry(String name, Parameter parameter, int offset) {
    /// The number of values.
    ///
    /// @return the size
    public int size() {
      return parameter.shape().size();
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private final Map<Parameter, Entry> byParameter = new LinkedHashMap<>();
  private final Map<String, Entry> byName = new LinkedHashMap<>();
  private int size;

  private Layout() {}

  /// The layout of named groups of parameters; a group's name and a dot come before the names
  /// inside it.
  ///
  /// @param groups the parameters of each group; the empty name adds nothing
  /// @return the layout
  public static Layout of(Map<String, List<Parameter>> groups) {
    var layout = new Layout();
    groups.forEach(
        (group, parameters) -> {
          for (Parameter parameter : parameters) {
            layout.add(
                group.isEmpty() ? parameter.name() : group + "." + parameter.name(), parameter);
          }
        });
    return layout;
  }

  private void add(String name, Parameter parameter) {
    if (byParameter.containsKey(parameter)) {
      return;
    }
    var entry = new Entry(name, parameter, size);
    if (byName.put(name, entry) != null) {
      throw new IllegalArgumentException(
          "Layout: two different parameters are called '%s'; name the steps that own them differently."
              .formatted(name));
    }
    entries.add(entry);
    byParameter.put(parameter, entry);
    size = Math.addExact(size, entry.size());
  }

  /// The number of values of all parameters.
  ///
  /// @return the size of the arena
  public int size() {
    return size;
  }

  /// All entries, in the order of the arena.
  ///
  /// @return the entries
  public List<Entry> entries() {
    return List.copyOf(entries);
  }

  /// The entry of a parameter.
  ///
  /// @param parameter the parameter
  /// @return its entry
  public Entry entry(Parameter parameter) {
    Entry entry = byParameter.get(parameter);
    if (entry == null) {
      throw new IllegalArgumentException(
          "Layout: parameter " + parameter + " is not part of this model.");
    }
    return entry;
  }

  /// The entry of a name.
  ///
  /// @param name the full name
  /// @return its entry
  public Entry entry(String name) {
    Entry entry = byName.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(
          "Layout: there is no parameter '%s'; there are %s.".formatted(name, byName.keySet()));
    }
    return entry;
  }

  /// The entry that holds the value at an index of the arena.
  ///
  /// @param index the index
  /// @return its entry
  public Entry at(int index) {
    for (Entry entry : entries) {
      if (index < entry.offset() + entry.size()) {
        return entry;
      }
    }
    throw new IndexOutOfBoundsException("Layout: index %d of %d.".formatted(index, size));
  }
}
