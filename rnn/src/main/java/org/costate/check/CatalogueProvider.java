package org.costate.check;

import java.util.List;

/// A source of catalogue entries, found with [java.util.ServiceLoader]; each package that has
/// derivatives provides one.
public interface CatalogueProvider {
  /// What is to be checked.
  ///
  /// @return the entries
  List<Catalogue.Entry> entries();
}
