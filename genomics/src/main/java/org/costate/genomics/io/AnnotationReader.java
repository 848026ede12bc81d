package org.costate.genomics.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.costate.genomics.Annotation;
import org.costate.genomics.Gene;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.Transcript;

/// Reads GFF3 and GTF as they are found: lines in any order, several parents, attributes that end
/// in `;`, no exon lines (the exons are then the coding parts and the untranslated parts), no gene
/// lines.
///
/// A gene codes for a protein if one of its transcripts (mRNA in GFF3, transcript in GTF) has
/// coding parts. Its body is that of its own line, or else reaches from the first to the last base
/// of its transcripts. Lines of type `intron` without a parent are introns seen in RNA, with their
/// reads in the score column or in `mult=`.
public final class AnnotationReader {
  private static final Set<String> UNTRANSLATED =
      Set.of("five_prime_utr", "three_prime_utr", "utr", "5utr", "3utr");
  private static final Set<String> IGNORED =
      Set.of("protein", "polypeptide", "start_codon", "stop_codon", "chromosome", "region");

  /// What a transcript that codes for a protein is called.
  private static final Set<String> CODING = Set.of("mrna", "transcript");

  private record Feature(String type, String contig, Strand strand, Interval place) {}

  private static final class Parts {
    private final List<Interval> exons = new ArrayList<>();
    private final List<Interval> coding = new ArrayList<>();
    private final List<Interval> untranslated = new ArrayList<>();
    private String contig;
    private Strand strand;
    private boolean torn;
  }

  private final Path file;
  private final Map<String, Feature> features = new LinkedHashMap<>();
  private final Map<String, String> geneOf = new HashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final Map<String, Parts> transcripts = new LinkedHashMap<>();
  private final Map<Annotation.SeenIntron, Double> seen = new LinkedHashMap<>();
  private final Map<String, Integer> notes = new TreeMap<>();

  private AnnotationReader(Path file) {
    this.file = file;
  }

  /// Reads an annotation.
  ///
  /// @param file GFF3 or GTF, plain or compressed
  /// @return the genes, the introns seen in RNA, and notes on what was dropped
  /// @throws IOException if the file cannot be read or is no annotation
  public static Annotation read(Path file) throws IOException {
    var reader = new AnnotationReader(file);
    boolean[] sequence = new boolean[1];
    TextLines.read(
        file,
        (number, line) -> {
          sequence[0] |= line.startsWith("##FASTA");
          if (!sequence[0] && !line.isBlank() && !line.startsWith("#")) {
            reader.line(number, line);
          }
        });
    return reader.finish();
  }

  private void note(String what) {
    notes.merge(what, 1, Integer::sum);
  }

  private void line(long number, String line) throws IOException {
    String[] columns = line.split("\t", -1);
    if (columns.length < 9) {
      if (number < 4 && line.startsWith(">")) {
        throw new IOException(
            "%s is a FASTA file, not an annotation; give it as --genome.".formatted(file));
      }
      note("dropped: lines with fewer than nine columns");
      return;
    }
    Interval place;
    try {
      place =
          new Interval(
              Integer.parseInt(columns[3].trim()) - 1, Integer.parseInt(columns[4].trim()));
    } catch (IllegalArgumentException _) {
      note("dropped: lines whose start and end are no interval");
      return;
    }
    Map<String, String> attributes = attributes(columns[8]);
    String type = columns[2].toLowerCase(Locale.ROOT);
    Strand strand =
        switch (columns[6]) {
          case "+" -> Strand.FORWARD;
          case "-" -> Strand.REVERSE;
          default -> null;
        };
    if (strand == null) {
      note("dropped: lines without a strand");
      return;
    }
    note("read: lines of type " + columns[2]);
    feature(columns, type, new Feature(type, columns[0], strand, place), attributes);
  }

  private void feature(
      String[] columns, String type, Feature feature, Map<String, String> attributes) {
    String parents = attributes.get("Parent");
    String id = attributes.get("ID");
    if (type.equals("intron")) {
      if (parents == null) {
        seen(columns, feature, attributes);
      }
      return;
    }
    boolean part = type.equals("exon") || type.equals("cds") || UNTRANSLATED.contains(type);
    String transcript = attributes.get("transcript_id");
    if (part) {
      String owners = parents != null ? parents : transcript != null ? transcript : id;
      if (owners == null) {
        note("dropped: parts without a parent");
        return;
      }
      for (String owner : owners.split(",")) {
        part(owner.trim(), type, feature);
      }
      if (parents == null && transcript != null && attributes.containsKey("gene_id")) {
        String gene = attributes.get("gene_id");
        geneOf.put(transcript, gene);
        String name = attributes.get("gene_name");
        if (name != null) {
          names.put(gene, name);
        }
      }
      return;
    }
    String own = id != null ? id : transcript != null ? transcript : attributes.get("gene_id");
    boolean ownLine =
        id != null || type.contains("gene") || type.endsWith("transcript") || type.endsWith("rna");
    if (own == null || !ownLine) {
      return;
    }
    features.put(own, feature);
    String gene = parents != null ? parents.split(",")[0] : attributes.get("gene_id");
    if (gene != null && !gene.equals(own)) {
      geneOf.put(own, gene);
    }
    String name = attributes.getOrDefault("Name", attributes.get("gene_name"));
    if (name != null) {
      names.put(own, name);
    }
  }

  private void seen(String[] columns, Feature feature, Map<String, String> attributes) {
    double reads = 1;
    String mult = attributes.getOrDefault("mult", columns[5]).replaceAll("[^0-9.].*", "");
    if (!mult.isEmpty() && !mult.equals(".")) {
      reads = Double.parseDouble(mult);
    }
    seen.merge(
        new Annotation.SeenIntron(feature.contig(), feature.strand(), feature.place()),
        reads,
        Math::max);
  }

  private void part(String owner, String type, Feature feature) {
    Parts parts = transcripts.computeIfAbsent(owner, _ -> new Parts());
    if (parts.contig == null) {
      parts.contig = feature.contig();
      parts.strand = feature.strand();
    }
    parts.torn |= !parts.contig.equals(feature.contig()) || parts.strand != feature.strand();
    switch (type) {
      case "exon" -> parts.exons.add(feature.place());
      case "cds" -> parts.coding.add(feature.place());
      default -> parts.untranslated.add(feature.place());
    }
  }

  /// The attributes of GFF3 (`key=value;`) or GTF (`key "value";`).
  private static Map<String, String> attributes(String column) {
    var attributes = new HashMap<String, String>();
    for (String pair : column.split(";")) {
      String text = pair.trim();
      int equals = text.indexOf('=');
      int space = text.indexOf(' ');
      if (equals > 0 && (space < 0 || equals < space || text.indexOf('"') < 0)) {
        attributes.putIfAbsent(text.substring(0, equals), text.substring(equals + 1));
      } else if (space > 0) {
        attributes.putIfAbsent(
            text.substring(0, space), text.substring(space + 1).replace("\"", "").trim());
      }
    }
    return attributes;
  }

  private Annotation finish() throws IOException {
    boolean hasTranscriptLines =
        features.values().stream().anyMatch(feature -> CODING.contains(feature.type()));
    var owned = new LinkedHashMap<String, List<String>>();
    transcripts.forEach(
        (id, parts) -> {
          Feature own = features.get(id);
          if (own == null ? hasTranscriptLines : IGNORED.contains(own.type())) {
            note("dropped: parts of what has no line of its own, or is a protein");
            return;
          }
          if (parts.torn) {
            note("dropped: transcripts on two strands or contigs");
            return;
          }
          String gene = geneOf.getOrDefault(id, id);
          owned.computeIfAbsent(gene, _ -> new ArrayList<>()).add(id);
        });
    var genes = new ArrayList<Gene>();
    owned.forEach((gene, ids) -> genes.add(gene(gene, ids)));
    if (genes.isEmpty() && seen.isEmpty()) {
      throw new IOException(
          "%s has no transcripts (no lines of type exon or CDS in nine columns); is it GFF3 or GTF?"
              .formatted(file));
    }
    return new Annotation(genes, seen, notes);
  }

  private Gene gene(String id, List<String> ids) {
    var built = new ArrayList<Transcript>();
    boolean coding = false;
    Set<String> structures = new LinkedHashSet<>();
    int start = Integer.MAX_VALUE;
    int end = 0;
    for (String name : ids) {
      Parts parts = transcripts.get(name);
      if (parts.exons.isEmpty()) {
        note("repaired: transcripts without exon lines (exons from coding and untranslated parts)");
      }
      var all = new ArrayList<Interval>(parts.exons.isEmpty() ? parts.coding : parts.exons);
      if (parts.exons.isEmpty()) {
        all.addAll(parts.untranslated);
      }
      if (all.isEmpty()) {
        continue;
      }
      Feature line = features.get(name);
      boolean codes = !parts.coding.isEmpty() && (line == null || CODING.contains(line.type()));
      var transcript =
          new Transcript(
              name, Transcript.joined(all), codes ? Transcript.joined(parts.coding) : List.of());
      coding |= codes;
      start = Math.min(start, transcript.exons().getFirst().start());
      end = Math.max(end, transcript.exons().getLast().end());
      if (structures.add(transcript.exons() + "|" + transcript.coding())) {
        built.add(transcript);
      } else {
        note("dropped: transcripts equal to another of their gene");
      }
    }
    Parts first = transcripts.get(ids.getFirst());
    Feature own = features.get(id);
    Interval body =
        own != null && own.type().contains("gene") ? own.place() : new Interval(start, end);
    note(coding ? "read: genes that code for a protein" : "read: other genes");
    return new Gene(
        id, names.getOrDefault(id, id), first.contig, first.strand, body, coding, built);
  }
}
