/// The unrolled-graph core, and recurrent networks.
module org.costate.rnn {
  requires commons.math3;

  exports org.costate.graph;
  exports org.costate.random;
}
