package org.costate.automata.learn;

import java.util.ArrayList;
import java.util.List;
import org.costate.automata.Boundary;
import org.costate.automata.Neighbourhood;
import org.costate.check.Catalogue;
import org.costate.check.CatalogueProvider;
import org.costate.graph.StepGraph;

/// The steps of automata whose rule is a parameter: each kind of class, on a torus and with fixed
/// edges, with soft frames, which finite differences can check.
public final class RuleStepCatalogue implements CatalogueProvider {
  /// For the service loader.
  public RuleStepCatalogue() {}

  @Override
  public List<Catalogue.Entry> entries() {
    var entries = new ArrayList<Catalogue.Entry>();
    var torus = new Boundary.Torus();
    var dead = new Boundary.Fixed(0);
    Neighbourhood moore = Neighbourhood.moore(1);
    add(entries, "elementary", RuleClass.table(2, Neighbourhood.line(1)), torus, 1, 6);
    add(entries, "Life-like", RuleClass.lifeLike(), torus, 3, 4);
    add(entries, "Life-like, dead edges", RuleClass.lifeLike(), dead, 3, 3);
    add(entries, "isotropic", RuleClass.isotropic(), torus, 3, 3);
    add(entries, "hexagonal", RuleClass.table(2, Neighbourhood.hexagonal()), torus, 3, 3);
    var three = new RuleClass("table", 3, Neighbourhood.line(1), new RuleClass.Tie.Full(), 1);
    add(entries, "three states", three, torus, 1, 4);
    add(entries, "three states, dead edges", three, dead, 1, 4);
    var counting = new RuleClass("counting", 3, moore, new RuleClass.Tie.Counting(1), 1);
    add(entries, "counting one of three states", counting, torus, 3, 3);
    return entries;
  }

  private static void add(
      List<Catalogue.Entry> entries,
      String name,
      RuleClass ruleClass,
      Boundary boundary,
      int height,
      int width) {
    StepGraph step = RuleStep.of(ruleClass, boundary, height, width, RuleStep.Frames.SOFT);
    int k = ruleClass.states();
    entries.add(
        new Catalogue.Entry(
            "RuleStep " + name,
            step,
            (operand, random) ->
                switch (operand) {
                  case "target" -> random.nextInt(k);
                  case "x" -> random.nextDouble(0.2, 0.8) / (k == 2 ? 1 : k);
                  default -> random.nextDouble(-0.8, 0.8);
                },
            List.of("target")));
  }
}
