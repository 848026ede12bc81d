package org.costate.genomics.variant;

import htsjdk.samtools.util.BlockCompressedOutputStream;
import htsjdk.samtools.util.RuntimeIOException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.costate.genomics.Annotation;
import org.costate.genomics.Bases;
import org.costate.genomics.ContigNames;
import org.costate.genomics.Gene;
import org.costate.genomics.GeneIndex;
import org.costate.genomics.Genome;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.io.TextLines;
import org.costate.genomics.model.SiteScorer;
import org.costate.io.AtomicFiles;

/// Adds delta scores to a VCF file, line by line: what cannot be scored is passed through with the
/// reason, and everything else of a line stays as it was.
///
/// The field has the shape of SpliceAI's,
/// `ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL`, once for each allele and gene.
/// With an annotation, alleles are scored on the strands of the genes that they lie in; without, on
/// both strands, with the strand as symbol. Alleles that replace several bases by several others
/// have dots, as there.
public final class VcfScoring {
  /// The key of the scores.
  public static final String KEY = "CostateSplice";

  /// The key of the reason why a record has no scores.
  public static final String SKIPPED = "CostateSpliceSkipped";

  private static final int RECORDS_AT_ONCE = 64;
  private static final int LONGEST_ALLELE = 10_000;

  private final Genome genome;
  private final VariantScorer scorer;
  private final Map<String, GeneIndex> genes;
  private final Map<String, String> mapping;
  private final Map<String, String> names = new HashMap<>();
  private final int distance;
  private final Map<String, Integer> notes = new TreeMap<>();

  private record Allele(String letters, String symbol, int query) {}

  private static final class Entry {
    private final String line;
    private final List<Allele> alleles = new ArrayList<>();
    private String skipped;

    private Entry(String line) {
      this.line = line;
    }
  }

  /// A scoring to be.
  ///
  /// @param genome the genome
  /// @param annotation its genes, or null to score both strands
  /// @param scorer what scores sequences
  /// @param distance how far from a variant sites are compared, in bases
  /// @param mapping names of contigs in the VCF to names in the genome; may be empty
  public VcfScoring(
      Genome genome,
      Annotation annotation,
      SiteScorer scorer,
      int distance,
      Map<String, String> mapping) {
    this.genome = genome;
    this.scorer = new VariantScorer(genome, scorer, distance);
    this.distance = distance;
    this.mapping = Map.copyOf(mapping);
    if (annotation == null) {
      this.genes = null;
    } else {
      var byContig = new HashMap<String, List<Gene>>();
      annotation
          .genes()
          .forEach(g -> byContig.computeIfAbsent(g.contig(), _ -> new ArrayList<>()).add(g));
      this.genes = new HashMap<>();
      byContig.forEach((contig, own) -> genes.put(contig, new GeneIndex(own)));
    }
  }

  /// Scores a file.
  ///
  /// @param from a VCF file, plain or compressed
  /// @param to the file to write, whole or not at all; compressed by bgzip if it ends in `.gz`
  /// @param progress is told how many records are done
  /// @return how many alleles were scored, and how many records were skipped for which reason
  /// @throws IOException if a file cannot be read or written
  public Map<String, Integer> run(Path from, Path to, LongConsumer progress) throws IOException {
    AtomicFiles.write(
        to,
        file -> {
          OutputStream raw = Files.newOutputStream(file);
          // Closed once, by the outermost: a second close of the compressed stream fails.
          OutputStream bytes =
              to.toString().endsWith(".gz")
                  ? new BlockCompressedOutputStream(raw, (Path) null)
                  : new BufferedOutputStream(raw);
          try (Writer out = new OutputStreamWriter(bytes, StandardCharsets.UTF_8)) {
            convert(from, out, progress);
          } catch (RuntimeIOException e) {
            // what the compressed stream makes of a failed write
            throw new IOException(
                e.getCause() == null ? e.getMessage() : e.getCause().getMessage(), e);
          }
        });
    return notes;
  }

  private void convert(Path from, Writer out, LongConsumer progress) throws IOException {
    var entries = new ArrayList<Entry>();
    var queries = new ArrayList<VariantScorer.Query>();
    boolean[] header = new boolean[1];
    long[] done = new long[1];
    TextLines.read(
        from,
        (number, line) -> {
          if (line.startsWith("#CHROM")) {
            out.write(headerLines());
            header[0] = true;
          }
          if (line.startsWith("#") || line.isBlank()) {
            out.write(line + "\n");
            return;
          }
          if (!header[0]) {
            throw new IOException(
                "%s, line %d: a record before the line '#CHROM …'; is this a VCF file?"
                    .formatted(from, number));
          }
          entries.add(entry(line, queries));
          done[0]++;
          if (entries.size() == RECORDS_AT_ONCE) {
            flush(entries, queries, out);
            progress.accept(done[0]);
          }
        });
    if (!header[0]) {
      throw new IOException("%s has no line '#CHROM …'; is this a VCF file?".formatted(from));
    }
    flush(entries, queries, out);
  }

  private String headerLines() {
    return ("##INFO=<ID=%s,Number=.,Type=String,Description=\"Costate splice variant annotation:"
            + " delta scores (DS) and delta positions (DP) within %d bases for acceptor gain"
            + " (AG), acceptor loss (AL), donor gain (DG) and donor loss (DL). A donor is the"
            + " first base of an intron, an acceptor the last. Format:"
            + " ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL\">\n"
            + "##INFO=<ID=%s,Number=1,Type=String,Description=\"Why the record has no %s\">\n")
        .formatted(KEY, distance, SKIPPED, KEY);
  }

  private Entry entry(String line, List<VariantScorer.Query> queries) throws IOException {
    var entry = new Entry(line);
    String[] columns = line.split("\t", -1);
    entry.skipped = columns.length < 8 ? "fewer than eight columns" : null;
    if (entry.skipped == null) {
      entry.skipped = prepare(columns, entry, queries);
    }
    return entry;
  }

  /// Adds what is to be scored; returns why nothing is.
  private String prepare(String[] columns, Entry entry, List<VariantScorer.Query> queries)
      throws IOException {
    String contig = contig(columns[0]);
    if (contig == null) {
      return "contig is not in the genome";
    }
    int position;
    try {
      position = Integer.parseInt(columns[1]) - 1;
    } catch (NumberFormatException _) {
      return "position is no number";
    }
    String reference = columns[3];
    if (reference.length() > LONGEST_ALLELE) {
      return "reference allele is longer than 10,000 bases";
    }
    if (position < 0 || position + reference.length() > genome.length(contig)) {
      return "beyond the end of the contig";
    }
    if (!isLetters(reference)) {
      return "reference allele is not made of bases";
    }
    byte[] bases = Bases.of(reference);
    byte[] genomic = genome.bases(contig, position, position + bases.length);
    if (!java.util.Arrays.equals(bases, genomic)) {
      String shown = new String(genomic, StandardCharsets.US_ASCII);
      return "reference allele differs from the genome (%s)"
          .formatted(shown.length() > 20 ? shown.substring(0, 20) + "…" : shown);
    }
    Map<String, Strand> symbols = symbols(contig, position, bases.length);
    if (symbols.isEmpty()) {
      return "in no gene of the annotation";
    }
    boolean any = false;
    for (String letters : columns[4].split(",")) {
      if (!isLetters(letters) || letters.length() > LONGEST_ALLELE) {
        continue;
      }
      any = true;
      boolean complex = letters.length() > 1 && bases.length > 1;
      symbols.forEach(
          (symbol, strand) -> {
            entry.alleles.add(new Allele(letters, symbol, complex ? -1 : queries.size()));
            if (!complex) {
              var variant = new Variant(contig, position, bases, Bases.of(letters));
              queries.add(new VariantScorer.Query(variant, strand));
            }
          });
    }
    return any ? null : "no alternative allele is made of bases";
  }

  private static boolean isLetters(String allele) {
    return !allele.isEmpty() && allele.chars().allMatch(c -> "ACGTNacgtn".indexOf(c) >= 0);
  }

  private String contig(String name) {
    return names.computeIfAbsent(
        name, given -> ContigNames.match(given, genome.contigs().keySet(), mapping));
  }

  private Map<String, Strand> symbols(String contig, int position, int length) {
    var symbols = new TreeMap<String, Strand>();
    if (genes == null) {
      symbols.put("+", Strand.FORWARD);
      symbols.put("-", Strand.REVERSE);
    } else if (genes.containsKey(contig)) {
      for (Gene gene : genes.get(contig).overlapping(new Interval(position, position + length))) {
        symbols.put(gene.name().replaceAll("[|;,=\\s]", "_"), gene.strand());
      }
    }
    return symbols;
  }

  private void flush(List<Entry> entries, List<VariantScorer.Query> queries, Writer out)
      throws IOException {
    List<DeltaScore> scores = scorer.score(queries);
    for (Entry entry : entries) {
      if (entry.skipped != null) {
        notes.merge("skipped: " + entry.skipped.replaceAll(" \\(.*", ""), 1, Integer::sum);
        String reason = entry.skipped.replace(' ', '_').replaceAll("[;=,]", "");
        out.write(with(entry.line, SKIPPED + "=" + reason) + "\n");
      } else {
        var texts = new ArrayList<String>();
        for (Allele allele : entry.alleles) {
          String numbers = allele.query < 0 ? ".|.|.|.|.|.|.|." : scores.get(allele.query).fields();
          texts.add(allele.letters + "|" + allele.symbol + "|" + numbers);
          notes.merge(
              allele.query < 0
                  ? "skipped: alleles of several bases for several"
                  : "scored: alleles",
              1,
              Integer::sum);
        }
        out.write(with(entry.line, KEY + "=" + String.join(",", texts)) + "\n");
      }
    }
    entries.clear();
    queries.clear();
  }

  private static String with(String line, String information) {
    String[] columns = line.split("\t", -1);
    if (columns.length < 8) {
      return line;
    }
    columns[7] =
        columns[7].isEmpty() || columns[7].equals(".")
            ? information
            : columns[7] + ";" + information;
    return String.join("\t", columns);
  }
}
