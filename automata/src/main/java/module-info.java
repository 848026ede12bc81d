/// Learning the rule of a cellular automaton from what was observed.
module org.costate.automata {
  requires transitive java.desktop;
  requires transitive org.costate.rnn;

  exports org.costate.automata;
  exports org.costate.automata.io;
  exports org.costate.automata.learn;
  exports org.costate.automata.plot;

  provides org.costate.check.CatalogueProvider with
      org.costate.automata.learn.RuleStepCatalogue;
}
