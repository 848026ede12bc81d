package org.costate.genomics.track;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.costate.genomics.Strand;
import org.costate.genomics.model.GenomeScan;
import org.costate.genomics.model.Labels.Site;
import org.costate.genomics.model.SiteScorer;

/// Writes scored sites as BED, GFF3 or bedGraph.
///
/// A donor is the first base of an intron, an acceptor the last; each file says so. The score of a
/// BED line is the probability in thousandths; its seventh column is the probability. A bedGraph
/// has a track for each kind of site and strand.
public final class SiteWriter implements GenomeScan.Receiver, AutoCloseable {
  /// The formats.
  public enum Format {
    /// One line a site: contig, start, end, name, score, strand, probability.
    BED,
    /// `five_prime_cis_splice_site` and `three_prime_cis_splice_site` of the Sequence Ontology.
    GFF3,
    /// Four tracks of probabilities.
    BEDGRAPH
  }

  private static final String NOTE =
      "donor = first base of the intron, acceptor = last base of the intron, on the transcribed"
          + " strand";

  private record Line(int position, int order, String text) {}

  private final Format format;
  private final double threshold;
  private final Writer out;
  private final List<Writer> tracks = new ArrayList<>();
  private final List<Path> trackFiles = new ArrayList<>();
  private final List<Line> pending = new ArrayList<>();
  private String contig = "";
  private int tile = -1;
  private long written;

  /// Begins a file.
  ///
  /// @param file the file
  /// @param format its format
  /// @param threshold the least probability of what is written
  /// @param source what made the scores, for the header
  /// @throws IOException if it cannot be written
  public SiteWriter(Path file, Format format, double threshold, String source) throws IOException {
    this.format = format;
    this.threshold = threshold;
    this.out = Files.newBufferedWriter(file);
    out.write(format == Format.GFF3 ? "##gff-version 3\n" : "");
    out.write("# " + source + "\n# " + NOTE + "\n");
    if (format == Format.BED) {
      out.write("# contig\tstart\tend\tname\tscore\tstrand\tprobability\n");
    }
    if (format == Format.BEDGRAPH) {
      for (Strand strand : Strand.values()) {
        for (Site site : Site.values()) {
          Path track = Files.createTempFile(file.toAbsolutePath().getParent(), ".track-", "");
          track.toFile().deleteOnExit();
          trackFiles.add(track);
          BufferedWriter writer = Files.newBufferedWriter(track);
          tracks.add(writer);
          String name = site.name().toLowerCase(Locale.ROOT);
          writer.write(
              "track type=bedGraph name=\"%s %c\" description=\"probability of a %s on strand %c; %s\" viewLimits=0:1\n"
                  .formatted(name, strand.symbol(), name, strand.symbol(), NOTE));
        }
      }
    }
  }

  /// The format that a file's name asks for.
  ///
  /// @param file the file
  /// @return the format
  /// @throws IllegalArgumentException if its ending is of none
  public static Format of(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".bed")) {
      return Format.BED;
    }
    if (name.endsWith(".gff3") || name.endsWith(".gff")) {
      return Format.GFF3;
    }
    if (name.endsWith(".bedgraph") || name.endsWith(".bg")) {
      return Format.BEDGRAPH;
    }
    throw new IllegalArgumentException(
        "'%s' should end in .bed, .gff3 or .bedgraph, which says the format.".formatted(file));
  }

  @Override
  public void take(GenomeScan.Tile scored, SiteScorer.SiteScores scores) throws IOException {
    if (!scored.contig().equals(contig) || scored.place().start() != tile) {
      flush();
      contig = scored.contig();
      tile = scored.place().start();
    }
    for (Site site : Site.values()) {
      float[] values = scores.of(site);
      for (int i = 0; i < values.length; i++) {
        if (values[i] >= threshold) {
          add(site, scored.strand(), tile + i, values[i]);
        }
      }
    }
  }

  private void add(Site site, Strand strand, int position, double probability) throws IOException {
    written++;
    String name = site.name().toLowerCase(Locale.ROOT);
    int order = 2 * strand.ordinal() + site.ordinal();
    if (format == Format.BEDGRAPH) {
      tracks
          .get(order)
          .write(
              String.format(
                  Locale.ROOT, "%s\t%d\t%d\t%.5g\n", contig, position, position + 1, probability));
      return;
    }
    String text =
        format == Format.BED
            ? String.format(
                Locale.ROOT,
                "%s\t%d\t%d\t%s\t%d\t%c\t%.6f\n",
                contig,
                position,
                position + 1,
                name,
                Math.round(1000 * probability),
                strand.symbol(),
                probability)
            : String.format(
                Locale.ROOT,
                "%s\tcostate\t%s\t%d\t%d\t%.6f\t%c\t.\tID=%s_%s_%d_%s;Name=%s\n",
                contig,
                site == Site.DONOR ? "five_prime_cis_splice_site" : "three_prime_cis_splice_site",
                position + 1,
                position + 1,
                probability,
                strand.symbol(),
                name,
                contig,
                position + 1,
                strand == Strand.FORWARD ? "plus" : "minus",
                name);
    pending.add(new Line(position, order, text));
  }

  /// Writes the lines of a tile, both strands together, by position.
  private void flush() throws IOException {
    pending.sort(
        (a, b) ->
            a.position != b.position
                ? Integer.compare(a.position, b.position)
                : Integer.compare(a.order, b.order));
    for (Line line : pending) {
      out.write(line.text);
    }
    pending.clear();
  }

  /// The number of sites written.
  ///
  /// @return the number
  public long written() {
    return written;
  }

  @Override
  public void close() throws IOException {
    try (out) {
      flush();
      for (int i = 0; i < tracks.size(); i++) {
        tracks.get(i).close();
        try (var lines = Files.newBufferedReader(trackFiles.get(i))) {
          lines.transferTo(out);
        }
      }
    } finally {
      for (Path track : trackFiles) {
        Files.deleteIfExists(track);
      }
    }
  }
}
