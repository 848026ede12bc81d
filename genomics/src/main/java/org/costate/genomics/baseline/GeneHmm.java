package org.costate.genomics.baseline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import org.costate.genomics.Bases;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.model.GeneStructure;
import org.costate.genomics.model.GeneStructure.BaseClass;
import org.costate.genomics.model.LabelledScan;
import org.costate.genomics.model.Labels;
import org.costate.genomics.model.SiteScorer;
import org.costate.genomics.model.StructurePosterior;
import org.costate.genomics.model.TrainingWindow;
import org.costate.graph.Shape;
import org.costate.optim.Schedule;
import org.costate.random.RandomStream;
import org.costate.train.Trainer;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;

/// A hidden Markov model of genes on the grammar that the network uses too. A base depends on its class
/// and the four bases before it; donors and acceptors also on their window of 81 bases:
///
///     score(t, class) = P(bₜ | bₜ₋₄ … bₜ₋₁, class) / P(bₜ | bₜ₋₄ … bₜ₋₁, untranslated)
///     score(t, donor) = P(site | window) / P(no site | window), acceptor likewise
///
/// The likelihoods are counted; the transitions are fitted by the gradient of −log P(labels). Every number
/// it uses can be read, so it explains what the network is compared with.
public final class GeneHmm implements SiteScorer {
  private static final int ORDER = 4;
  private static final int CONTEXTS = 1 << 2 * ORDER;
  private static final int MARGIN = 600;
  private static final int FIT_LENGTH = 1024;
  private static final int FIT_LANES = 16;
  private static final int FIT_BATCHES = 80;

  /// log P(base | context, class) − log P(base | context, untranslated), `[class][context · 4 +
  /// base]`.
  private final double[][] logRatios;

  private final WindowScorer.WindowModel donor;
  private final WindowScorer.WindowModel acceptor;
  private final StructurePosterior structure;

  /// Trains the model.
  ///
  /// @param labels the truth
  /// @param contigs the contigs to train on
  /// @param seed the seed of samples
  /// @throws IOException if the genome cannot be read
  public GeneHmm(Labels labels, Collection<String> contigs, long seed) throws IOException {
    donor = new MarkovWindow(CandidateWindows.of(labels, contigs, Labels.Site.DONOR, seed), 1);
    acceptor =
        new MarkovWindow(CandidateWindows.of(labels, contigs, Labels.Site.ACCEPTOR, seed), 1);
    logRatios = count(labels, contigs);
    structure = new StructurePosterior(fit(labels, List.copyOf(contigs), seed));
  }

  private static double[][] count(Labels labels, Collection<String> contigs) throws IOException {
    double[][] counts = new double[GeneStructure.CLASSES][4 * CONTEXTS];
    for (double[] row : counts) {
      Arrays.fill(row, 1);
    }
    for (String contig : contigs) {
      for (Strand strand : Strand.values()) {
        for (Interval body : labels.bodies(contig, strand)) {
          int[] states = labels.states(contig, strand, body.start(), body.end());
          byte[] bases = labels.genome().padded(contig, strand, body.start(), body.end());
          for (int i = ORDER; i < bases.length; i++) {
            int index = index(bases, i);
            BaseClass known = onlyClass(states[i]);
            if (index >= 0 && known != null) {
              counts[known.ordinal()][index]++;
            }
          }
        }
      }
    }
    double[][] logs = new double[GeneStructure.CLASSES][4 * CONTEXTS];
    for (int k = 0; k < counts.length; k++) {
      for (int context = 0; context < CONTEXTS; context++) {
        double[] row =
            WindowScorer.logs(Arrays.copyOfRange(counts[k], 4 * context, 4 * context + 4));
        System.arraycopy(row, 0, logs[k], 4 * context, 4);
      }
    }
    double[] reference = logs[BaseClass.UNTRANSLATED.ordinal()].clone();
    for (double[] row : logs) {
      for (int i = 0; i < row.length; i++) {
        row[i] -= reference[i];
      }
    }
    return logs;
  }

  private static BaseClass onlyClass(int set) {
    return switch (set) {
      case GeneStructure.UNTRANSLATED -> BaseClass.UNTRANSLATED;
      case 2 -> BaseClass.CODON_0;
      case 4 -> BaseClass.CODON_1;
      case 8 -> BaseClass.CODON_2;
      default -> set != 0 && (set & ~GeneStructure.INTRON) == 0 ? BaseClass.INTRON : null;
    };
  }

  /// 4 · context + base, or -1 if a base is unknown.
  private static int index(byte[] bases, int at) {
    int index = 0;
    for (int i = at - ORDER; i <= at; i++) {
      int base = i < 0 ? -1 : Bases.index(bases[i]);
      if (base < 0) {
        return -1;
      }
      index = 4 * index + base;
    }
    return index;
  }

  /// The scores of the classes, for stretches that have the reach of a window on each side.
  private Sequences scores(List<byte[]> stretches, int length) {
    int lanes = stretches.size();
    int classes = GeneStructure.CLASSES;
    int offset = CandidateWindows.REACH;
    double[][] score = new double[length][lanes * classes];
    double[][] first = new double[length][lanes];
    Arrays.fill(first[0], 1);
    for (int lane = 0; lane < lanes; lane++) {
      byte[] bases = stretches.get(lane);
      for (int t = 0; t < length; t++) {
        int index = index(bases, t + offset);
        for (BaseClass kind : BaseClass.values()) {
          int k = kind.ordinal();
          double log =
              switch (kind) {
                case DONOR -> site(donor, bases, t, Labels.Site.DONOR);
                case ACCEPTOR -> site(acceptor, bases, t, Labels.Site.ACCEPTOR);
                default -> index < 0 ? 0 : logRatios[k][index];
              };
          score[t][lane * classes + k] = Math.exp(Math.clamp(log, -20, 20));
        }
      }
    }
    return Sequences.of(lanes, length)
        .with("score", new Series(Shape.of(classes), lanes, score))
        .with("first", new Series(Shape.SCALAR, lanes, first));
  }

  private static double site(
      WindowScorer.WindowModel model, byte[] bases, int t, Labels.Site site) {
    return LabelledScan.isCandidate(bases, t + CandidateWindows.REACH, site)
        ? model.logOdds(bases, t)
        : -20;
  }

  private double[] fit(Labels labels, List<String> contigs, long seed) {
    Unroll unroll = Unroll.of(GeneStructure.labelled(), Precision.FLOAT, java.util.Set.of());
    Parameters transitions = Parameters.initialise(unroll.layout(), seed);
    TrainingWindow.Source source = TrainingWindow.of(labels, contigs, 0);
    try (var trainer =
        new Trainer(
            Objective.of(unroll),
            index -> batch(source, RandomStream.of(seed, "hmm", index, 0)),
            transitions,
            Trainer.Settings.adam(0.05)
                .schedule(new Schedule.WarmupCosine(0.05, 5, FIT_BATCHES))
                .slices(1)
                .seed(seed))) {
      trainer.until(FIT_BATCHES);
    }
    return transitions.values().clone();
  }

  private Sequences batch(TrainingWindow.Source source, RandomStream random) {
    var windows = new ArrayList<TrainingWindow>();
    try {
      for (int lane = 0; lane < FIT_LANES; lane++) {
        windows.add(source.draw(FIT_LENGTH, CandidateWindows.REACH, random));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return scores(windows.stream().map(TrainingWindow::bases).toList(), FIT_LENGTH)
        .with("allowed", TrainingWindow.allowed(windows));
  }

  @Override
  public int context() {
    return MARGIN + CandidateWindows.REACH;
  }

  @Override
  public List<SiteScores> score(List<byte[]> stretches) {
    int length = stretches.getFirst().length - 2 * CandidateWindows.REACH;
    double[][] posterior = structure.of(scores(stretches, length));
    return IntStream.range(0, stretches.size())
        .mapToObj(lane -> StructurePosterior.sites(posterior, lane, MARGIN))
        .toList();
  }
}
