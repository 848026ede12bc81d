/// Adjoint-based trajectory optimisation of simulated robots.
module org.costate.control {
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires commons.math3;
  requires java.xml;
  requires transitive java.desktop;
  requires transitive org.costate.rnn;

  exports org.costate.control;
  exports org.costate.control.io;
  exports org.costate.control.plot;
  exports org.costate.control.solve;
  exports org.costate.control.system;

  provides org.costate.check.CatalogueProvider with
      org.costate.control.system.ControlCatalogue;
}
