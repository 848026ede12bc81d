package org.costate.examples.splice;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.costate.examples.Experiment;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;
import org.costate.genomics.Strand;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteExplanation;
import org.costate.genomics.model.SiteScorer;
import org.costate.genomics.model.SpliceModel;
import org.costate.genomics.variant.DeltaScore;
import org.costate.genomics.variant.Variant;
import org.costate.genomics.variant.VariantScorer;
import org.costate.io.AtomicFiles;
import org.costate.plot.Figures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Explains a site, or what a variant does to the site that it changes most.
@Command(
    name = "explain",
    description = {
      "Explain a site (CONTIG:POSITION:STRAND) or a variant (CONTIG:POSITION:REF>ALT):",
      "in-silico mutagenesis, input × gradient, and how far the gradient flowed."
    },
    mixinStandardHelpOptions = true)
public final class ExplainSite extends Experiment {
  private static final Pattern LOCUS = Pattern.compile("(.+):(\\d+):([+-])");
  private static final Pattern VARIANT =
      Pattern.compile("(.+):(\\d+):([ACGTNacgtn]+)>([ACGTNacgtn]+)");
  private static final int NEAR = 20;

  @Mixin private GenomeOptions inputs;

  @Parameters(
      paramLabel = "LOCUS",
      description = "II:12345:+ or II:12345:A>G; positions from 1, on the forward strand.")
  private String locus;

  @Option(
      names = "--site",
      description =
          "Explain a donor or an acceptor (default: the likelier one within 20 bases of the"
              + " locus).")
  private Site site;

  @Option(
      names = "--shown",
      defaultValue = "60",
      description = "Bases on each side of the site (default ${DEFAULT-VALUE}).")
  private int shown;

  /// For the command line.
  public ExplainSite() {}

  @Override
  protected String name() {
    return "splice-explain";
  }

  @Override
  protected void execute(Run run) throws IOException {
    try (Genome genome = inputs.open(null, run.text()).genome()) {
      SpliceModel model = inputs.model(genome, run.text());
      Matcher place = LOCUS.matcher(locus);
      Matcher variant = VARIANT.matcher(locus);
      if (place.matches()) {
        int position = position(genome, place.group(1), place.group(2));
        Strand strand = place.group(3).equals("+") ? Strand.FORWARD : Strand.REVERSE;
        explain(run, model, genome, place.group(1), position, strand, null, "site");
      } else if (variant.matches()) {
        variant(run, model, genome, variant);
      } else {
        throw new IllegalArgumentException(
            "explain: '%s' is neither CONTIG:POSITION:STRAND (II:12345:+) nor CONTIG:POSITION:REF>ALT."
                .formatted(locus));
      }
    }
  }

  private static int position(Genome genome, String contig, String text) {
    long position = Long.parseLong(text) - 1;
    if (position < 0 || position >= genome.length(contig)) {
      throw new IllegalArgumentException(
          "explain: base %s is not on contig '%s', which has %d bases."
              .formatted(text, contig, genome.length(contig)));
    }
    return (int) position;
  }

  private void variant(Run run, SpliceModel model, Genome genome, Matcher given)
      throws IOException {
    String contig = given.group(1);
    int position = position(genome, contig, given.group(2));
    byte[] reference = Bases.of(given.group(3));
    byte[] alternative = Bases.of(given.group(4));
    int end = Math.min(genome.length(contig), position + reference.length);
    String there = new String(genome.bases(contig, position, end), StandardCharsets.US_ASCII);
    if (!there.equalsIgnoreCase(given.group(3))) {
      throw new IllegalArgumentException(
          "explain: the genome has %s at %s:%s, not %s."
              .formatted(there, contig, given.group(2), given.group(3)));
    }
    var change = new Variant(contig, position, reference, alternative);
    var scorer = new VariantScorer(genome, model, 50);
    DeltaScore best = null;
    Strand strand = Strand.FORWARD;
    for (Strand each : Strand.values()) {
      DeltaScore score = scorer.score(List.of(new VariantScorer.Query(change, each))).getFirst();
      run.text().printf("strand %c: %s%n", each.symbol(), score.fields());
      run.result("delta " + each.symbol(), score.fields());
      if (best == null || score.largest() > best.largest()) {
        best = score;
        strand = each;
      }
    }
    int at = position + mostChanged(best);
    explain(run, model, genome, contig, at, strand, null, "before");
    explain(run, model, genome, contig, at, strand, change, "after");
  }

  private int mostChanged(DeltaScore score) {
    double[] sizes = {
      score.acceptorGain(), score.acceptorLoss(), score.donorGain(), score.donorLoss()
    };
    int[] places = {
      score.acceptorGainAt(), score.acceptorLossAt(), score.donorGainAt(), score.donorLossAt()
    };
    int most = 0;
    for (int i = 1; i < 4; i++) {
      most = sizes[i] > sizes[most] ? i : most;
    }
    site = most < 2 ? Site.ACCEPTOR : Site.DONOR;
    return places[most];
  }

  /// Explains the site at a position, in the genome as it is or with a variant.
  private void explain(
      Run run,
      SpliceModel model,
      Genome genome,
      String contig,
      int position,
      Strand strand,
      Variant change,
      String name)
      throws IOException {
    int around = shown + model.context();
    byte[] bases = changed(genome, contig, position - around, 2 * around + 1, change);
    byte[] stretch = strand == Strand.FORWARD ? bases : Bases.reverseComplement(bases);
    int middle = site == null ? likeliest(model, stretch, around) : around;
    SiteExplanation explanation = SiteExplanation.of(model, stretch, middle, site, shown);
    int moved = strand == Strand.FORWARD ? middle - around : around - middle;
    report(run, explanation, contig + ":" + (position + 1 + moved) + strand.symbol(), name);
  }

  /// So many bases of the forward strand from a place on, after a variant if there is one.
  private static byte[] changed(Genome genome, String contig, int start, int length, Variant change)
      throws IOException {
    if (change == null) {
      return genome.padded(contig, Strand.FORWARD, start, start + length);
    }
    int removed = change.reference().length;
    byte[] inserted = change.alternative();
    byte[] before = genome.padded(contig, Strand.FORWARD, start, start + length + removed);
    int at = change.position() - start;
    byte[] after = new byte[length];
    System.arraycopy(before, 0, after, 0, at);
    int fits = Math.min(inserted.length, length - at);
    System.arraycopy(inserted, 0, after, at, fits);
    System.arraycopy(before, at + removed, after, at + fits, length - at - fits);
    return after;
  }

  /// Chooses the kind of site, and the base near the middle that is the likeliest.
  private int likeliest(SpliceModel model, byte[] stretch, int around) {
    SiteScorer.SiteScores scores = model.score(List.of(stretch)).getFirst();
    int offset = model.context();
    int best = around;
    double most = -1;
    for (Site kind : Site.values()) {
      for (int i = around - Math.min(NEAR, shown); i <= around + Math.min(NEAR, shown); i++) {
        float p = scores.of(kind)[i - offset];
        if (p > most) {
          most = p;
          best = i;
          site = kind;
        }
      }
    }
    return best;
  }

  /// Figures and a table of numbers of an explanation.
  static void report(Run run, SiteExplanation explanation, String where, String name)
      throws IOException {
    String kind = explanation.site().name().toLowerCase(Locale.ROOT);
    run.text()
        .printf("%s %s: probability %.4f (%s)%n", kind, where, explanation.probability(), name);
    run.result(
        name, Map.of("site", kind, "where", where, "probability", explanation.probability()));
    run.report()
        .heading(
            "%s %s (%s): probability %.4f".formatted(kind, where, name, explanation.probability()));
    var positions = new ArrayList<String>();
    for (int i = 0; i < explanation.bases().length; i++) {
      int relative = i - explanation.at();
      positions.add((char) explanation.bases()[i] + (relative == 0 ? "*" : "" + relative));
    }
    run.figure(
        name + "-mutagenesis",
        Figures.differenceMap(
            "In-silico mutagenesis: change of the log₂ odds of the " + kind,
            "base and position from the site (*)",
            "instead",
            positions,
            List.of("A", "C", "G", "T"),
            explanation.mutagenesis()),
        "Each base changed into each other one, scored again with the whole model.");
    run.figure(
        name + "-gradient",
        Figures.bars(
            "Input × gradient of the log-odds of the " + kind,
            "position from the site",
            "contribution, nats",
            positions,
            Map.of(kind, explanation.inputTimesGradient())),
        "What each base contributes to first order, in nats.");
    run.figure(
        name + "-flow",
        Figures.normOverTime(
            "How far the gradient of log P(" + kind + ") flowed", explanation.flow()),
        "Norms of the costates of each layer along the shown bases; the site is in the middle.");
    csv(run, explanation, name);
  }

  private static void csv(Run run, SiteExplanation explanation, String name) throws IOException {
    var csv = new StringBuilder("position,base,input_x_gradient,to_A,to_C,to_G,to_T");
    var flow = new LinkedHashMap<>(explanation.flow());
    flow.keySet().forEach(scan -> csv.append(",costate_").append(scan));
    csv.append('\n');
    for (int i = 0; i < explanation.bases().length; i++) {
      csv.append(i - explanation.at()).append(',').append((char) explanation.bases()[i]);
      csv.append(',').append(explanation.inputTimesGradient()[i]);
      for (double[] row : explanation.mutagenesis()) {
        csv.append(',').append(row[i]);
      }
      for (double[] norms : flow.values()) {
        csv.append(',').append(norms[i]);
      }
      csv.append('\n');
    }
    AtomicFiles.writeString(run.folder().file(name + ".csv"), csv.toString());
  }
}
