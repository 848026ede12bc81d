package org.costate.examples.splice;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.costate.examples.Experiment;
import org.costate.genomics.metric.RankingCurve;
import org.costate.genomics.model.SpliceModel;
import org.costate.genomics.variant.WindowVariants;
import org.costate.genomics.variant.WindowVariants.Loss;
import org.costate.io.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Scores variants of which only windows are known.
@Command(
    name = "windows",
    description = {
      "Score variants of single sites of which only windows are known.",
      "A column 'class' (1 for harmful) is compared with the scores, never used for them."
    },
    mixinStandardHelpOptions = true)
public final class ScoreWindows extends Experiment {
  @Parameters(
      paramLabel = "TABLE",
      description = "Comma-separated, with columns ref.sequence and alt.sequence.")
  private Path table;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "A trained model (default: the general one in the jar).")
  private Path model;

  /// For the command line.
  public ScoreWindows() {}

  @Override
  protected String name() {
    return "splice-windows";
  }

  @Override
  protected void execute(Run run) throws IOException {
    WindowVariants windows = WindowVariants.read(table);
    run.folder().recordData(table);
    SpliceModel used = model == null ? SpliceModel.shipped() : GenomeOptions.model(model);
    List<Loss> losses = windows.losses(used);
    var csv = new StringBuilder("class,network,windows,total\n");
    for (int i = 0; i < losses.size(); i++) {
      Loss loss = losses.get(i);
      csv.append(
          String.format(
              Locale.ROOT,
              "%s,%.5f,%.5f,%.5f%n",
              windows.rows().get(i).label(),
              loss.network(),
              loss.windows(),
              loss.total()));
    }
    AtomicFiles.writeString(run.folder().file("losses.csv"), csv.toString());
    String site = windows.site().name().toLowerCase(Locale.ROOT);
    run.text().printf("%d variants of %ss%n", losses.size(), site);
    run.result("site", site);
    run.result("variants", losses.size());
    boolean labelled = windows.rows().stream().allMatch(row -> row.label().matches("[01]"));
    if (labelled) {
      var opinions = new LinkedHashMap<String, ToDoubleFunction<Loss>>();
      opinions.put("network", Loss::network);
      opinions.put("Markov chain of the windows", Loss::windows);
      opinions.put("sum of both", Loss::total);
      opinions.forEach((name, opinion) -> compare(run, windows, losses, name, opinion));
    }
  }

  private static void compare(
      Run run,
      WindowVariants windows,
      List<Loss> losses,
      String name,
      ToDoubleFunction<Loss> opinion) {
    var curve = new RankingCurve();
    for (int i = 0; i < losses.size(); i++) {
      curve.add(
          (float) opinion.applyAsDouble(losses.get(i)), windows.rows().get(i).label().equals("1"));
    }
    run.text()
        .printf(
            "%-28s AUROC %.4f  average precision %.4f%n",
            name, curve.areaUnderRoc(), curve.averagePrecision());
    run.result(
        name, Map.of("auroc", curve.areaUnderRoc(), "average_precision", curve.averagePrecision()));
  }
}
