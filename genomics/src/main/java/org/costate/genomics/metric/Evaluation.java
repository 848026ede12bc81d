package org.costate.genomics.metric;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.model.LabelledScan;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteScorer;

/// How a scorer does on every base of every body of a coding gene, on the transcribed strand.
///
/// Donor: first base of the intron; acceptor: last. All transcripts count; introns shorter than 20
/// bases or not GT/GC–AG do not. Calibration is measured on candidates: bases where GT or GC
/// begins, and where AG ends.
public final class Evaluation {
  /// Introns are grouped by length at these bounds, in bases.
  private static final int[] LENGTHS = {60, 100, 200, 500, 1000, 5000};

  private static final int BINS = 10;

  private final String scorer;
  private final Map<Site, RankingCurve> curves = new EnumMap<>(Site.class);
  private final Map<Site, Calibration> calibrations = new EnumMap<>(Site.class);
  private final Map<String, Map<Site, RankingCurve>> byContig = new LinkedHashMap<>();
  private final Map<Site, Map<Integer, List<Float>>> scoresOfSites = new EnumMap<>(Site.class);

  private Evaluation(String scorer) {
    this.scorer = scorer;
    for (Site site : Site.values()) {
      curves.put(site, new RankingCurve());
      calibrations.put(site, new Calibration(BINS));
      scoresOfSites.put(site, new HashMap<>());
    }
  }

  /// Evaluates a scorer.
  ///
  /// @param name what it is called in tables
  /// @param scorer the scorer
  /// @param labels the truth
  /// @param contigs on which contigs
  /// @return the evaluation
  /// @throws IOException if the genome cannot be read
  public static Evaluation of(
      String name, SiteScorer scorer, Labels labels, Collection<String> contigs)
      throws IOException {
    var evaluation = new Evaluation(name);
    for (String contig : contigs) {
      evaluation.contig(scorer, labels, contig);
    }
    return evaluation;
  }

  private void contig(SiteScorer scorer, Labels labels, String contig) throws IOException {
    var own = new EnumMap<Site, RankingCurve>(Site.class);
    for (Site site : Site.values()) {
      own.put(site, new RankingCurve());
    }
    var scored = new HashMap<String, Float>();
    LabelledScan.run(
        scorer,
        labels,
        contig,
        base -> {
          curves.get(base.site()).add(base.score(), base.isSite());
          own.get(base.site()).add(base.score(), base.isSite());
          if (base.isCandidate()) {
            calibrations.get(base.site()).add(Math.clamp(base.score(), 0, 1), base.isSite());
          }
          if (base.isSite()) {
            scored.put(base.strand().symbol() + base.site().name() + base.position(), base.score());
          }
        });
    byContig.put(contig, own);
    for (Strand strand : Strand.values()) {
      for (Interval intron : labels.introns(contig, strand)) {
        for (Site site : Site.values()) {
          boolean atStart = (site == Site.DONOR) == (strand == Strand.FORWARD);
          int position = atStart ? intron.start() : intron.end() - 1;
          Float score = scored.get(strand.symbol() + site.name() + position);
          if (score != null) {
            addLength(site, intron.length(), score);
          }
        }
      }
    }
  }

  private void addLength(Site site, int length, float score) {
    int bound = Integer.MAX_VALUE;
    for (int i = LENGTHS.length - 1; i >= 0; i--) {
      bound = length <= LENGTHS[i] ? LENGTHS[i] : bound;
    }
    scoresOfSites.get(site).computeIfAbsent(bound, _ -> new ArrayList<>()).add(score);
  }

  /// What was evaluated.
  ///
  /// @return the name
  public String scorer() {
    return scorer;
  }

  /// The ranking of all bases.
  ///
  /// @param site the kind of site
  /// @return the curve
  public RankingCurve curve(Site site) {
    return curves.get(site);
  }

  /// The ranking on each contig.
  ///
  /// @return the curves by contig and site
  public Map<String, Map<Site, RankingCurve>> byContig() {
    return byContig;
  }

  /// The calibration on candidates.
  ///
  /// @param site the kind of site
  /// @return the calibration
  public Calibration calibration(Site site) {
    return calibrations.get(site);
  }

  /// For introns up to each length: the fraction of their sites that score at least as high as the
  /// k-th base of all, k being the number of true sites; and how many there are.
  ///
  /// @param site the kind of site
  /// @return recall and count by the largest length, ascending
  public NavigableMap<Integer, double[]> recallByLength(Site site) {
    double threshold = curves.get(site).thresholdOfTopK();
    var recalls = new TreeMap<Integer, double[]>();
    scoresOfSites
        .get(site)
        .forEach(
            (bound, scores) -> {
              double found = scores.stream().filter(score -> score >= threshold).count();
              recalls.put(bound, new double[] {found / scores.size(), scores.size()});
            });
    return recalls;
  }

  /// The numbers of one kind of site.
  ///
  /// @param site the kind
  /// @return `sites`, `auprc`, `topk`, `auroc`, `ece` and precisions at recalls
  public Map<String, Object> numbers(Site site) {
    RankingCurve curve = curves.get(site);
    var numbers = new LinkedHashMap<String, Object>();
    numbers.put("sites", curve.sites());
    numbers.put("bases", curve.sites() + curve.others());
    numbers.put("auprc", curve.averagePrecision());
    numbers.put("topk", curve.topK());
    numbers.put("auroc", curve.areaUnderRoc());
    numbers.put("ece", calibrations.get(site).expectedError());
    numbers.put("precision_at_recall_0.5", curve.precisionAtRecall(0.5));
    numbers.put("precision_at_recall_0.9", curve.precisionAtRecall(0.9));
    return numbers;
  }
}
