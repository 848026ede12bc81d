package org.costate.examples.splice;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.costate.examples.Experiment.Run;
import org.costate.genomics.Genome;
import org.costate.genomics.baseline.GeneHmm;
import org.costate.genomics.baseline.WindowScorer;
import org.costate.genomics.metric.Evaluation;
import org.costate.genomics.metric.RankingCurve;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteScorer;
import org.costate.io.RunFolder;
import org.costate.plot.Figures;

/// Tables and figures on how scorers do.
final class SpliceReport {
  /// A curve with more points is drawn through so many of them.
  private static final int DRAWN = 400;

  private SpliceReport() {}

  /// Evaluates a model beside all baselines, which are trained on other contigs where there are
  /// any.
  static void compare(
      Run run, SiteScorer model, Labels labels, List<String> contigs, List<String> baselineContigs)
      throws IOException {
    var all = new ArrayList<Evaluation>();
    all.add(Evaluation.of("network", model, labels, contigs));
    List<String> training = baselineContigs;
    if (training.isEmpty()) {
      training =
          labels.genome().contigs().keySet().stream()
              .filter(c -> !contigs.contains(c) && labels.codingBases(c) > 0)
              .toList();
    }
    boolean flattered = training.isEmpty();
    if (flattered) {
      training = contigs;
    }
    String trained =
        "Baselines were trained on %s%s."
            .formatted(
                Genome.some(training),
                flattered ? ", the contigs they are evaluated on, which flatters them" : "");
    run.text().println(trained);
    for (var baseline : WindowScorer.all(labels, training, run.seed()).entrySet()) {
      all.add(Evaluation.of(baseline.getKey(), baseline.getValue(), labels, contigs));
    }
    all.add(
        Evaluation.of(
            "hidden Markov model", new GeneHmm(labels, training, run.seed()), labels, contigs));
    run.report()
        .paragraph(
            "Every base of every body of a coding gene on the transcribed strand of "
                + Genome.some(contigs)
                + ". A donor is the first base of an intron, an acceptor the last; introns shorter"
                + " than 20 bases or not GT/GC–AG do not count, all transcripts do. "
                + trained);
    table(run, all);
    results(run, all);
    details(run, all);
    for (Site site : Site.values()) {
      figures(run, all, site);
    }
  }

  private static void results(Run run, List<Evaluation> all) {
    var baselines = new LinkedHashMap<String, Object>();
    for (Evaluation evaluation : all) {
      var numbers = new LinkedHashMap<String, Object>();
      for (Site site : Site.values()) {
        numbers.put(word(site), evaluation.numbers(site));
      }
      if (evaluation == all.getFirst()) {
        numbers.forEach(run::result);
      } else {
        baselines.put(evaluation.scorer(), numbers);
      }
    }
    run.result("baselines", baselines);
  }

  private static String word(Site site) {
    return site.name().toLowerCase(Locale.ROOT);
  }

  /// Prints the numbers of several scorers, and adds them to the page.
  static void table(Run run, List<Evaluation> all) {
    List<String> heads =
        List.of("scorer", "site", "sites", "AUPRC", "top-k", "AUROC", "P at R 0.9", "ECE");
    var rows = new ArrayList<List<String>>();
    for (Evaluation evaluation : all) {
      for (Site site : Site.values()) {
        var curve = evaluation.curve(site);
        rows.add(
            List.of(
                evaluation.scorer(),
                word(site),
                Long.toString(curve.sites()),
                "%.4f".formatted(curve.averagePrecision()),
                "%.4f".formatted(curve.topK()),
                "%.5f".formatted(curve.areaUnderRoc()),
                "%.3f".formatted(curve.precisionAtRecall(0.9)),
                "%.5f".formatted(evaluation.calibration(site).expectedError())));
      }
    }
    String format = "%-24s %-9s %7s %7s %7s %8s %11s %8s%n";
    run.text().printf(format, heads.toArray());
    rows.forEach(row -> run.text().printf(format, row.toArray()));
    run.text().flush();
    run.report().table(heads, rows);
  }

  /// By contig and by length of the intron, a column for each scorer.
  private static void details(Run run, List<Evaluation> all) {
    Evaluation network = all.getFirst();
    var rows = new ArrayList<List<String>>();
    var byContig = new LinkedHashMap<String, Object>();
    network
        .byContig()
        .forEach(
            (contig, curves) -> {
              var numbers = new LinkedHashMap<String, Object>();
              curves.forEach(
                  (site, curve) -> {
                    if (curve.sites() == 0) {
                      return;
                    }
                    var row =
                        new ArrayList<>(List.of(contig, word(site), Long.toString(curve.sites())));
                    for (Evaluation one : all) {
                      RankingCurve own = one.byContig().get(contig).get(site);
                      row.add("%.4f".formatted(own.averagePrecision()));
                    }
                    rows.add(row);
                    numbers.put(
                        word(site),
                        RunFolder.row(
                            "sites", curve.sites(),
                            "auprc", curve.averagePrecision(),
                            "topk", curve.topK()));
                  });
              if (!numbers.isEmpty()) {
                byContig.put(contig, numbers);
              }
            });
    run.result("contigs", byContig);
    columns(run, all, "AUPRC by contig", "contig", "sites", rows);
    var lengths = new ArrayList<List<String>>();
    for (Site site : Site.values()) {
      network
          .recallByLength(site)
          .forEach(
              (longest, recall) -> {
                var row =
                    new ArrayList<>(
                        List.of(
                            longest == Integer.MAX_VALUE ? "longer" : "≤ " + longest,
                            word(site),
                            "%.0f".formatted(recall[1])));
                for (Evaluation one : all) {
                  row.add("%.4f".formatted(one.recallByLength(site).get(longest)[0]));
                }
                lengths.add(row);
              });
    }
    columns(run, all, "Recall at top-k by length of the intron", "length", "introns", lengths);
  }

  /// Prints a table with a column for each scorer, and adds it to the page.
  private static void columns(
      Run run,
      List<Evaluation> all,
      String title,
      String key,
      String count,
      List<List<String>> rows) {
    var heads = new ArrayList<>(List.of(key, "site", count));
    all.forEach(evaluation -> heads.add(evaluation.scorer()));
    run.report().heading(title).table(heads, rows);
    run.text().println(title + ":");
    String format = "%-10s %-9s %7s" + "  %22s".repeat(all.size()) + "%n";
    run.text().printf(format, heads.toArray());
    rows.forEach(row -> run.text().printf(format, row.toArray()));
    run.text().flush();
  }

  private static void figures(Run run, List<Evaluation> all, Site site) throws IOException {
    var precision = new LinkedHashMap<String, double[][]>();
    var roc = new LinkedHashMap<String, double[][]>();
    for (Evaluation evaluation : all) {
      List<double[]> points = thinned(evaluation.curve(site).points());
      precision.put(evaluation.scorer(), columns(points, 0, 1));
      roc.put(evaluation.scorer(), columns(points, 2, 0));
    }
    run.figure(
        "precision-" + word(site),
        Figures.curves(
            "Precision and recall, " + word(site) + "s", "recall", "precision", precision, false),
        "Over all bases of bodies of coding genes.");
    run.figure(
        "roc-" + word(site),
        Figures.curves(
            "Receiver operating characteristic, " + word(site) + "s",
            "false-positive rate",
            "recall",
            roc,
            false),
        "With one site in about 2,000 bases this curve hides what precision shows.");
    var calibration = new LinkedHashMap<String, double[][]>();
    calibration.put("perfect", new double[][] {{0, 1}, {0, 1}});
    double[][] bins = all.getFirst().calibration(site).bins();
    calibration.put("network", columns(List.of(bins), 0, 1));
    run.figure(
        "calibration-" + word(site),
        Figures.curves(
            "Calibration, " + word(site) + "s",
            "predicted probability",
            "fraction that is true",
            calibration,
            false),
        "Candidates (GT, GC or AG) in ten equal bins of the probability, from the lowest: "
            + counts(bins)
            + ". A bin of few says little.");
  }

  private static String counts(double[][] bins) {
    return String.join(", ", Arrays.stream(bins).map(bin -> Long.toString((long) bin[2])).toList());
  }

  private static List<double[]> thinned(List<double[]> points) {
    var some = new ArrayList<double[]>();
    double last = -1;
    for (double[] point : points) {
      if (point[0] - last >= 1.0 / DRAWN) {
        some.add(point);
        last = point[0];
      }
    }
    return some;
  }

  private static double[][] columns(List<double[]> points, int x, int y) {
    return new double[][] {
      points.stream().mapToDouble(p -> p[x]).toArray(),
      points.stream().mapToDouble(p -> p[y]).toArray()
    };
  }
}
