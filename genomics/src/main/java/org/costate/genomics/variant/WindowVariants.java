package org.costate.genomics.variant;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import org.costate.genomics.Bases;
import org.costate.genomics.io.TextLines;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SpliceModel;

/// Variants of single sites of which only a short window is known, such as published tables of
/// windows around donors or acceptors with and without a variant. A label, if there is one, is not
/// used.
///
/// What a variant takes away from the site in the middle is the sum of two opinions, in nats: the
/// network's, log odds(reference) − log odds(variant) with the window between unknown bases; and
/// that of a first-order Markov chain over the distinct reference windows of the table, which knows
/// the species: log P(reference) − log P(variant).
///
/// @param site the kind of site
/// @param rows the windows
public record WindowVariants(Site site, List<Row> rows) {
  /// One variant.
  ///
  /// @param label what the table says of it; empty if nothing
  /// @param reference the window without it
  /// @param variant the window with it
  public record Row(String label, byte[] reference, byte[] variant) {}

  /// What a variant takes away from the site, in nats.
  ///
  /// @param network in the eyes of the network
  /// @param windows in the eyes of the chain over the windows
  public record Loss(double network, double windows) {
    /// The sum of both.
    ///
    /// @return the loss
    public double total() {
      return network + windows;
    }
  }

  private static final int LANES = 128;

  /// Unknown bases on each side of a window; the mean over them is taken.
  private static final int[] PADDING = {20, 40};

  private static final double SMALLEST = 1e-9;

  /// Reads a table with columns `ref.sequence` and `alt.sequence`, and perhaps `class`. Windows are
  /// of donors if most have GT after the middle, of acceptors if most have AG before it.
  ///
  /// @param file the file, comma-separated
  /// @return the windows
  /// @throws IOException if it cannot be read or is another table
  public static WindowVariants read(Path file) throws IOException {
    var rows = new ArrayList<Row>();
    int[] columns = {-1, -1, -1};
    TextLines.read(
        file,
        (number, line) -> {
          List<String> cells = List.of(line.strip().split(","));
          if (number == 1) {
            columns[0] = cells.indexOf("class");
            columns[1] = cells.indexOf("ref.sequence");
            columns[2] = cells.indexOf("alt.sequence");
            if (columns[1] < 0 || columns[2] < 0) {
              throw new IOException(
                  "%s has no columns ref.sequence and alt.sequence; it has %s."
                      .formatted(file, cells));
            }
          } else if (!line.isBlank()) {
            if (cells.size() <= Math.max(columns[1], columns[2])) {
              throw new IOException(
                  "%s, line %d: only %d columns.".formatted(file, number, cells.size()));
            }
            rows.add(row(file, number, cells, columns));
          }
        });
    if (rows.isEmpty()) {
      throw new IOException("%s has no windows.".formatted(file));
    }
    int length = rows.getFirst().reference.length;
    for (Row row : rows) {
      if (row.reference.length != length || row.variant.length != length) {
        throw new IOException(
            "%s: all windows must have the length of the first, %d.".formatted(file, length));
      }
    }
    long donors = rows.stream().filter(r -> Bases.isPair(r.reference, length / 2, "GT")).count();
    return new WindowVariants(2 * donors > rows.size() ? Site.DONOR : Site.ACCEPTOR, rows);
  }

  private static Row row(Path file, long number, List<String> cells, int[] columns)
      throws IOException {
    try {
      return new Row(
          columns[0] < 0 ? "" : cells.get(columns[0]),
          Bases.of(cells.get(columns[1]).toUpperCase(Locale.ROOT)),
          Bases.of(cells.get(columns[2]).toUpperCase(Locale.ROOT)));
    } catch (IllegalArgumentException e) {
      throw new IOException("%s, line %d: %s".formatted(file, number, e.getMessage()), e);
    }
  }

  /// Scores the variants.
  ///
  /// @param model the model
  /// @return the loss of each
  public List<Loss> losses(SpliceModel model) {
    double[] network = new double[rows.size()];
    for (int padding : PADDING) {
      for (int from = 0; from < network.length; from += LANES) {
        int to = Math.min(network.length, from + LANES);
        var stretches = new ArrayList<byte[]>();
        for (Row row : rows.subList(from, to)) {
          stretches.add(padded(row.reference, padding));
          stretches.add(padded(row.variant, padding));
        }
        double[] odds = model.logOddsAlone(stretches, padding + middle(), site, SMALLEST);
        for (int i = from; i < to; i++) {
          network[i] += (odds[2 * (i - from)] - odds[2 * (i - from) + 1]) / PADDING.length;
        }
      }
    }
    var chain = new Chain();
    var losses = new ArrayList<Loss>();
    for (int i = 0; i < network.length; i++) {
      Row row = rows.get(i);
      losses.add(
          new Loss(
              network[i], chain.logProbability(row.reference) - chain.logProbability(row.variant)));
    }
    return losses;
  }

  /// Where the site is in a window.
  private int middle() {
    int half = rows.getFirst().reference.length / 2;
    return site == Site.DONOR ? half : half - 1;
  }

  private static byte[] padded(byte[] window, int by) {
    byte[] padded = Bases.unknown(window.length + 2 * by);
    System.arraycopy(window, 0, padded, by, window.length);
    return padded;
  }

  /// P(window) = ∏ᵢ P(bᵢ | bᵢ₋₁, i), counted over the distinct reference windows.
  private final class Chain {
    private final double[][][] logs;

    private Chain() {
      int length = rows.getFirst().reference.length;
      double[][][] counts = new double[length][5][4];
      for (double[][] place : counts) {
        for (double[] row : place) {
          Arrays.fill(row, 1);
        }
      }
      var distinct = new LinkedHashSet<String>();
      for (Row row : rows) {
        if (distinct.add(new String(row.reference, java.nio.charset.StandardCharsets.US_ASCII))) {
          for (int i = 0; i < length; i++) {
            int base = Bases.index(row.reference[i]);
            if (base >= 0) {
              counts[i][before(row.reference, i)][base]++;
            }
          }
        }
      }
      for (double[][] place : counts) {
        for (double[] row : place) {
          double total = Arrays.stream(row).sum();
          Arrays.setAll(row, k -> Math.log(row[k] / total));
        }
      }
      logs = counts;
    }

    private static int before(byte[] window, int i) {
      int base = i == 0 ? -1 : Bases.index(window[i - 1]);
      return base < 0 ? 4 : base;
    }

    private double logProbability(byte[] window) {
      double sum = 0;
      for (int i = 0; i < window.length; i++) {
        int base = Bases.index(window[i]);
        sum += base < 0 ? 0 : logs[i][before(window, i)][base];
      }
      return sum;
    }
  }
}
