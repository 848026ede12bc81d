/// Learning the rule of a cellular automaton from what was observed.
module org.costate.automata {
  requires java.desktop;
  requires transitive org.costate.rnn;

  exports org.costate.automata;
}
