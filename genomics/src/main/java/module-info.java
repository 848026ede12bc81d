/// Splice-site prediction over DNA.
module org.costate.genomics {
  requires biojava.core;
  requires htsjdk;
  requires java.net.http;
  requires transitive org.costate.rnn;

  exports org.costate.genomics;
  exports org.costate.genomics.baseline;
  exports org.costate.genomics.io;
  exports org.costate.genomics.metric;
  exports org.costate.genomics.model;
  exports org.costate.genomics.track;
  exports org.costate.genomics.variant;

  provides org.costate.check.CatalogueProvider with
      org.costate.genomics.model.SpliceCatalogue;
}
