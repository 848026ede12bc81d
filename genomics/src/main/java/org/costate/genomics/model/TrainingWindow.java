package org.costate.genomics.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.costate.genomics.Bases;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.graph.Shape;
import org.costate.random.RandomStream;
import org.costate.train.BatchSource;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;

/// A stretch of a transcribed strand with what is known of each of its bases.
///
/// @param bases `length + 2 reach` letters
/// @param allowed `length` sets of [GeneStructure] states
/// @param support `length` weights of sites, of 1 for sites and everything else together; ½ where
///   nothing is known but the sets
public record TrainingWindow(byte[] bases, int[] allowed, double[] support) {

  /// Where windows are drawn from.
  @FunctionalInterface
  public interface Source {
    /// Draws a window.
    ///
    /// @param length the number of labelled bases
    /// @param reach how many bases beyond them on each side
    /// @param random the draws
    /// @return the window
    /// @throws IOException if a genome cannot be read
    TrainingWindow draw(int length, int reach, RandomStream random) throws IOException;
  }

  /// Windows of a genome: most from the bodies of its coding genes, in proportion to their lengths,
  /// the rest from anywhere.
  ///
  /// @param labels the labels
  /// @param contigs the contigs
  /// @param background the fraction of windows from anywhere
  /// @return the source
  public static Source of(Labels labels, List<String> contigs, double background) {
    record Place(String contig, Strand strand, Interval interval) {}
    var places = new ArrayList<Place>();
    var all = new ArrayList<Place>();
    for (String contig : contigs) {
      for (Strand strand : Strand.values()) {
        labels.bodies(contig, strand).forEach(body -> places.add(new Place(contig, strand, body)));
        all.add(new Place(contig, strand, new Interval(0, labels.genome().length(contig))));
      }
    }
    if (places.isEmpty()) {
      throw new IllegalArgumentException(
          "Training: contigs %s have no genes that code for proteins.".formatted(contigs));
    }
    var byBases = cumulated(places.stream().map(Place::interval).toList());
    var anywhere = cumulated(all.stream().map(Place::interval).toList());
    return (length, reach, random) -> {
      boolean outside = random.nextDouble() < background;
      Map.Entry<Long, Integer> drawn = draw(outside ? anywhere : byBases, random);
      Place chosen = (outside ? all : places).get(drawn.getValue());
      int middle =
          chosen.interval().start() + (int) (random.nextDouble() * chosen.interval().length());
      int start = middle - length / 2;
      return new TrainingWindow(
          labels
              .genome()
              .padded(chosen.contig(), chosen.strand(), start - reach, start + length + reach),
          labels.states(chosen.contig(), chosen.strand(), start, start + length),
          labels.support(chosen.contig(), chosen.strand(), start, start + length));
    };
  }

  /// Numbers of intervals by how many bases the intervals before them have.
  private static NavigableMap<Long, Integer> cumulated(List<Interval> intervals) {
    var starts = new TreeMap<Long, Integer>();
    long before = 0;
    for (int i = 0; i < intervals.size(); i++) {
      starts.put(before, i);
      before += intervals.get(i).length();
    }
    starts.put(before, -1);
    return starts;
  }

  /// Draws an interval in proportion to its bases.
  private static Map.Entry<Long, Integer> draw(
      NavigableMap<Long, Integer> cumulated, RandomStream random) {
    long total = cumulated.lastKey();
    return cumulated.floorEntry(Math.min(total - 1, (long) (random.nextDouble() * total)));
  }

  /// Windows that are strings of exon, intron, exon, one after another.
  static Source ofStrings(List<ExonIntronExon> strings) {
    return (length, reach, random) -> {
      byte[] bases = new byte[length + 2 * reach];
      int[] allowed = new int[length + 2 * reach];
      int at = -(int) (random.nextDouble() * 200);
      while (at < bases.length) {
        ExonIntronExon string = strings.get((int) (random.nextDouble() * strings.size()));
        at = string.paint(bases, allowed, at);
      }
      double[] support = new double[length];
      java.util.Arrays.fill(support, 0.5);
      return new TrainingWindow(
          bases, java.util.Arrays.copyOfRange(allowed, reach, reach + length), support);
    };
  }

  /// Two sources of which one is drawn.
  static Source mixed(List<Source> sources, double[] weights) {
    double total = java.util.Arrays.stream(weights).sum();
    return (length, reach, random) -> {
      double left = random.nextDouble() * total;
      int i = 0;
      while (i < weights.length - 1 && left >= weights[i]) {
        left -= weights[i++];
      }
      return sources.get(i).draw(length, reach, random);
    };
  }

  /// Batches of windows, each drawn for its number and lane.
  static BatchSource batches(Source source, int lanes, int length, int reach, long seed) {
    return index -> {
      var windows = new ArrayList<TrainingWindow>();
      for (int lane = 0; lane < lanes; lane++) {
        try {
          windows.add(source.draw(length, reach, RandomStream.of(seed, "window", index, lane)));
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }
      return collate(windows, length, reach);
    };
  }

  /// Windows of equal length side by side.
  static Sequences collate(List<TrainingWindow> windows, int length, int reach) {
    return inputs(windows.stream().map(TrainingWindow::bases).toList(), length, reach)
        .with("allowed", allowed(windows));
  }

  /// The labels of windows of equal length: 0 for each state that is not allowed; of those that
  /// are, splice sites and others in the ratio of their support, the greater of the two 1.
  ///
  /// @param windows the windows
  /// @return `[T, B, 16]`
  public static Series allowed(List<TrainingWindow> windows) {
    int lanes = windows.size();
    double[][] allowed =
        new double[windows.getFirst().allowed.length][lanes * GeneStructure.STATES];
    for (int t = 0; t < allowed.length; t++) {
      for (int lane = 0; lane < lanes; lane++) {
        int set = windows.get(lane).allowed[t];
        double site = windows.get(lane).support[t];
        for (int k = 0; k < GeneStructure.STATES; k++) {
          boolean isSite = (1 << k & (GeneStructure.DONOR | GeneStructure.ACCEPTOR)) != 0;
          double weight = (isSite ? site : 1 - site) / Math.max(site, 1 - site);
          allowed[t][lane * GeneStructure.STATES + k] = (set >> k & 1) * weight;
        }
      }
    }
    return new Series(Shape.of(GeneStructure.STATES), lanes, allowed);
  }

  /// The inputs of the network for stretches of `length + 2 reach` letters.
  static Sequences inputs(List<byte[]> stretches, int length, int reach) {
    int lanes = stretches.size();
    int features = 4 * (2 * reach + 1);
    double[][] x = new double[length][lanes * features];
    double[][] first = new double[length][lanes];
    java.util.Arrays.fill(first[0], 1);
    for (int lane = 0; lane < lanes; lane++) {
      byte[] bases = stretches.get(lane);
      for (int i = 0; i < bases.length; i++) {
        float[] fractions = Bases.fractions(bases[i]);
        for (int k = 0; k < 4; k++) {
          if (fractions[k] != 0) {
            int from = Math.max(0, i - 2 * reach);
            int to = Math.min(length - 1, i);
            for (int t = from; t <= to; t++) {
              x[t][lane * features + 4 * (i - t) + k] = fractions[k];
            }
          }
        }
      }
    }
    return Sequences.of(lanes, length)
        .with("x", new Series(Shape.of(features), lanes, x))
        .with("first", new Series(Shape.SCALAR, lanes, first));
  }
}
