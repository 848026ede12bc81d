/// The unrolled-graph core, and recurrent networks.
module org.costate.rnn {
  requires com.fasterxml.jackson.databind;
  requires commons.math3;
  requires transitive java.desktop;
  requires java.management;
  requires transitive xchart;

  exports org.costate.check;
  exports org.costate.graph;
  exports org.costate.io;
  exports org.costate.optim;
  exports org.costate.plot;
  exports org.costate.random;
  exports org.costate.rnn;
  exports org.costate.train;
  exports org.costate.unroll;

  uses org.costate.check.CatalogueProvider;
  uses org.costate.graph.StepGraph.Explainer;

  provides org.costate.check.CatalogueProvider with
      org.costate.check.OpCatalogue,
      org.costate.rnn.CellCatalogue;
  provides org.costate.graph.StepGraph.Explainer with
      org.costate.unroll.CompiledExplainer;
}
