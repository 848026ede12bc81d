package org.costate.genomics.model;

import java.util.List;
import org.costate.check.Catalogue;
import org.costate.check.CatalogueProvider;

/// The steps of genomics that have derivatives: the grammar of genes, with labels and without.
public final class SpliceCatalogue implements CatalogueProvider {
  /// For the service loader.
  public SpliceCatalogue() {}

  @Override
  public List<Catalogue.Entry> entries() {
    return List.of(
        new Catalogue.Entry(
            "gene structure, labelled",
            GeneStructure.labelled(),
            (operand, random) ->
                switch (operand) {
                  case "transitions" -> random.nextDouble(-3, 0);
                  case "allowed" -> random.nextInt(4) > 0 ? 1 : 0;
                  default -> random.nextDouble(0.1, 1);
                },
            List.of("allowed")),
        new Catalogue.Entry(
            "gene structure",
            GeneStructure.unlabelled(),
            (operand, random) ->
                operand.equals("transitions")
                    ? random.nextDouble(-3, 0)
                    : random.nextDouble(0.1, 1),
            List.of()));
  }
}
