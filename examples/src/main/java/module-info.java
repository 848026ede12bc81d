/// The experiments, and the command line `costate`.
module org.costate.examples {
  requires com.fasterxml.jackson.databind;
  requires commons.math3;
  requires info.picocli;
  requires jdk.management;
  requires org.costate.automata;
  requires org.costate.control;
  requires org.costate.genomics;
  requires org.costate.rnn;
  requires me.tongfei.progressbar;

  opens org.costate.examples to
      info.picocli;
  opens org.costate.examples.automaton to
      info.picocli;
  opens org.costate.examples.bench to
      info.picocli;
  opens org.costate.examples.control to
      info.picocli;
  opens org.costate.examples.splice to
      info.picocli;
  opens org.costate.examples.task to
      info.picocli;
}
