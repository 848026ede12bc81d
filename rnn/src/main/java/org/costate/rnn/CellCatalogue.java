package org.costate.rnn;

import java.util.ArrayList;
import java.util.List;
import org.costate.check.Catalogue;
import org.costate.check.CatalogueProvider;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// Every cell in every variant, and every loss on a readout.
public final class CellCatalogue implements CatalogueProvider {
  private static final Catalogue.Domain WEIGHTS = Catalogue.Domain.uniform(-0.8, 0.8);

  /// For the service loader.
  public CellCatalogue() {}

  @Override
  public List<Catalogue.Entry> entries() {
    var entries = new ArrayList<Catalogue.Entry>();
    cell(entries, "ElmanCell tanh", ElmanCell.of(4));
    cell(entries, "ElmanCell sigmoid", ElmanCell.of(4).activation(ElmanCell.Activation.SIGMOID));
    // The rectifier's kink is checked by the op itself; here the sum stays positive.
    entries.add(
        new Catalogue.Entry(
            "ElmanCell relu", ElmanCell.identity(3).step(2), Catalogue.Domain.uniform(0.05, 0.5)));
    cell(entries, "ElmanCell layer norm", ElmanCell.of(4).layerNorm());
    cell(entries, "ElmanCell dropout", ElmanCell.of(4).dropout(0.5));
    cell(entries, "LstmCell", LstmCell.of(4));
    cell(entries, "LstmCell peephole", LstmCell.of(4).withPeephole());
    cell(entries, "LstmCell layer norm", LstmCell.of(4).layerNorm());
    cell(entries, "LstmCell dropout", LstmCell.of(4).dropout(0.5));
    cell(entries, "GruCell", GruCell.of(4));
    cell(entries, "GruCell reset before", GruCell.of(4).resetBefore());
    cell(entries, "GruCell layer norm", GruCell.of(4).layerNorm());
    cell(entries, "GruCell dropout", GruCell.of(4).dropout(0.5));
    loss(entries, "Loss.Softmax", new Loss.Softmax(3));
    loss(entries, "Loss.Binary", new Loss.Binary(3));
    loss(entries, "Loss.Squared", new Loss.Squared(3));
    loss(entries, "Loss.Huber", new Loss.Huber(3, 0.5));
    return entries;
  }

  private static void cell(List<Catalogue.Entry> entries, String name, Cell cell) {
    entries.add(new Catalogue.Entry(name, cell.step(3), WEIGHTS));
  }

  private static void loss(List<Catalogue.Entry> entries, String name, Loss loss) {
    StepGraph step =
        StepGraph.define(
            name,
            s -> {
              Value readout =
                  s.shared("W", Initializer.zeros(), loss.outputs(), 2).times(s.input("h", 2));
              s.output("loss", loss.value(readout, s.input("target", loss.target().toArray())));
              s.output("prediction", loss.prediction(readout));
            });
    entries.add(
        new Catalogue.Entry(
            name,
            step,
            (operand, random) ->
                operand.equals("target") ? random.nextInt(2) : random.nextDouble(-0.6, 0.6),
            List.of("target")));
  }
}
