package org.costate.genomics.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.costate.genomics.Annotation;
import org.costate.genomics.Bases;
import org.costate.genomics.Gene;
import org.costate.genomics.GeneIndex;
import org.costate.genomics.Genome;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.Transcript;

/// What an annotation says about each base of a strand.
///
/// A donor is the first base of an intron, an acceptor the last. An intron counts if it has at
/// least 20 bases, begins with GT or GC and ends with AG; every transcript of a gene that codes for
/// a protein counts.
public final class Labels {
  /// No intron is shorter; what is, repairs a frame shift.
  public static final int SHORTEST_INTRON = 20;

  /// The two kinds of splice sites.
  public enum Site {
    /// First base of an intron.
    DONOR,
    /// Last base of an intron.
    ACCEPTOR
  }

  private record Key(String contig, Strand strand) {}

  private static final class Track {
    private final List<Gene> genes = new ArrayList<>();
    private GeneIndex index;
    private final List<TreeSet<Integer>> sites = List.of(new TreeSet<>(), new TreeSet<>());
    private final Set<Interval> introns = new TreeSet<>();

    /// Introns that only RNA shows, with the number of reads across each.
    private final Map<Interval, Double> seen = new TreeMap<>();
  }

  private final Genome genome;
  private final Map<Key, Track> tracks = new HashMap<>();
  private final Map<String, Integer> notes = new TreeMap<>();
  private final Map<String, Boolean> usable = new HashMap<>();
  private final double reads;

  /// Indexes an annotation.
  ///
  /// @param genome the genome
  /// @param annotation its genes, on contigs named as in the genome
  /// @throws IOException if the genome cannot be read
  public Labels(Genome genome, Annotation annotation) throws IOException {
    this(genome, annotation, Double.POSITIVE_INFINITY);
  }

  /// Indexes an annotation, and weighs for training what RNA shows besides it: an intron that is
  /// not annotated but crossed by r reads is r : `reads` as likely as what the annotation says
  /// there. Such introns do not become true sites.
  ///
  /// @param genome the genome
  /// @param annotation its genes and the introns seen in RNA
  /// @param reads how many reads weigh as much as the annotation; infinite for the annotation alone
  /// @throws IOException if the genome cannot be read
  public Labels(Genome genome, Annotation annotation, double reads) throws IOException {
    if (!(reads > 0)) {
      throw new IllegalArgumentException(
          "Labels: the number of reads that weigh as much as the annotation must be positive, got "
              + reads
              + ".");
    }
    this.genome = genome;
    this.reads = reads;
    for (Gene gene : annotation.genes()) {
      if (gene.body().end() > genome.length(gene.contig())) {
        throw new IOException(
            "Gene '%s' ends at base %d of '%s', which has %d; is the annotation of another assembly?"
                .formatted(
                    gene.id(), gene.body().end(), gene.contig(), genome.length(gene.contig())));
      }
      Track track = tracks.computeIfAbsent(new Key(gene.contig(), gene.strand()), _ -> new Track());
      track.genes.add(gene);
      for (Transcript transcript : gene.transcripts()) {
        for (Interval intron : transcript.introns()) {
          if (check(gene, intron) && gene.coding() && track.introns.add(intron)) {
            boolean forward = gene.strand() == Strand.FORWARD;
            track.sites.get(0).add(forward ? intron.start() : intron.end() - 1);
            track.sites.get(1).add(forward ? intron.end() - 1 : intron.start());
          }
        }
      }
    }
    tracks.values().forEach(track -> track.index = new GeneIndex(track.genes));
    for (var entry : annotation.supported().entrySet()) {
      Annotation.SeenIntron seen = entry.getKey();
      Track track = tracks.get(new Key(seen.contig(), seen.strand()));
      if (track != null
          && Double.isFinite(reads)
          && entry.getValue() > 0
          && seen.place().end() <= genome.length(seen.contig())
          && !track.introns.contains(seen.place())
          && problem(seen.contig(), seen.strand(), seen.place()) == null) {
        track.seen.put(seen.place(), entry.getValue());
        notes.merge("weighed: introns that only RNA shows", 1, Integer::sum);
      }
    }
  }

  private static String key(Gene gene, Interval intron) {
    return gene.contig() + gene.strand().symbol() + intron.start() + "-" + intron.end();
  }

  private boolean check(Gene gene, Interval intron) throws IOException {
    Boolean known = usable.get(key(gene, intron));
    if (known != null) {
      return known;
    }
    String why = problem(gene.contig(), gene.strand(), intron);
    if (gene.coding()) {
      notes.merge(why == null ? "kept: introns" : why, 1, Integer::sum);
    }
    usable.put(key(gene, intron), why == null);
    return why == null;
  }

  /// Why an intron does not count, or null.
  private String problem(String contig, Strand strand, Interval intron) throws IOException {
    if (intron.length() < SHORTEST_INTRON) {
      return "dropped: introns shorter than 20 bases";
    }
    byte[] bases = genome.padded(contig, strand, intron.start(), intron.end());
    boolean counts =
        (Bases.isPair(bases, 0, "GT") || Bases.isPair(bases, 0, "GC"))
            && Bases.isPair(bases, bases.length - 2, "AG");
    return counts ? null : "dropped: introns that are not GT–AG or GC–AG";
  }

  /// What was kept and dropped.
  ///
  /// @return how often, by reason
  public Map<String, Integer> notes() {
    return Collections.unmodifiableMap(notes);
  }

  /// The genome.
  ///
  /// @return the genome
  public Genome genome() {
    return genome;
  }

  /// The positions of true sites of a strand.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @param site the kind
  /// @return positions on the forward strand from 0, ascending
  public TreeSet<Integer> sites(String contig, Strand strand, Site site) {
    Track track = tracks.get(new Key(contig, strand));
    return track == null ? new TreeSet<>() : track.sites.get(site.ordinal());
  }

  /// The introns that count, of all transcripts of a strand.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @return the introns, ascending
  public Set<Interval> introns(String contig, Strand strand) {
    Track track = tracks.get(new Key(contig, strand));
    return track == null ? Set.of() : Collections.unmodifiableSet(track.introns);
  }

  /// The genes of a strand that code for proteins.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @return the genes, ascending
  public List<Gene> codingGenes(String contig, Strand strand) {
    Track track = tracks.get(new Key(contig, strand));
    return track == null ? List.of() : track.index.genes().stream().filter(Gene::coding).toList();
  }

  /// The bodies of coding genes of a strand, overlapping ones joined.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @return the intervals, ascending
  public List<Interval> bodies(String contig, Strand strand) {
    return Transcript.joined(codingGenes(contig, strand).stream().map(Gene::body).toList());
  }

  /// How many bases of both strands of a contig lie in bodies of coding genes.
  ///
  /// @param contig the contig
  /// @return the number of bases
  public long codingBases(String contig) {
    long bases = 0;
    for (Strand strand : Strand.values()) {
      bases += bodies(contig, strand).stream().mapToLong(Interval::length).sum();
    }
    return bases;
  }

  /// The sets of [GeneStructure] states that the annotation allows for bases of a strand: what
  /// different transcripts say is joined; an intron that does not count leaves everything open.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @param start the first base on the forward strand
  /// @param end one past the last; both may lie beyond the contig
  /// @return `end − start` sets, in the direction of the strand
  public int[] states(String contig, Strand strand, int start, int end) {
    int[] sets = new int[end - start];
    Track track = tracks.get(new Key(contig, strand));
    if (track != null) {
      var wanted = new Interval(Math.max(0, start), Math.max(1, end));
      for (Gene gene : track.index.overlapping(wanted)) {
        for (Transcript transcript : gene.transcripts()) {
          new Painter(gene, transcript, start, sets).paint();
        }
      }
    }
    for (int i = 0; i < sets.length; i++) {
      sets[i] = sets[i] == 0 ? GeneStructure.UNTRANSLATED : sets[i];
    }
    if (track != null) {
      track.seen.keySet().forEach(intron -> open(intron, strand, start, sets));
    }
    if (strand == Strand.REVERSE) {
      for (int i = 0, j = sets.length - 1; i < j; i++, j--) {
        int swapped = sets[i];
        sets[i] = sets[j];
        sets[j] = swapped;
      }
    }
    return sets;
  }

  /// How much RNA speaks for a splice site at bases of a strand where the annotation has none: with
  /// r reads √r / (√r + √reads), so that the two ends of an intron together weigh r : reads; ½,
  /// which says nothing, everywhere else.
  ///
  /// @param contig the contig
  /// @param strand the strand
  /// @param start the first base on the forward strand
  /// @param end one past the last; both may lie beyond the contig
  /// @return `end − start` numbers between 0 and 1, in the direction of the strand
  public double[] support(String contig, Strand strand, int start, int end) {
    double[] support = new double[end - start];
    Track track = tracks.get(new Key(contig, strand));
    if (track != null) {
      track.seen.forEach(
          (intron, count) -> {
            for (int site : new int[] {intron.start(), intron.end() - 1}) {
              boolean known = track.sites.stream().anyMatch(sites -> sites.contains(site));
              if (site >= start && site < end && !known) {
                support[strand == Strand.FORWARD ? site - start : end - 1 - site] += count;
              }
            }
          });
    }
    for (int i = 0; i < support.length; i++) {
      double root = Math.sqrt(support[i]);
      support[i] = root == 0 ? 0.5 : root / (root + Math.sqrt(reads));
    }
    return support;
  }

  /// Adds the states of an intron of any context.
  private static void open(Interval intron, Strand strand, int start, int[] sets) {
    for (int i = Math.max(0, intron.start() - start);
        i < Math.min(sets.length, intron.end() - start);
        i++) {
      boolean low = start + i == intron.start();
      boolean high = start + i == intron.end() - 1;
      boolean forward = strand == Strand.FORWARD;
      sets[i] |=
          low && forward || high && !forward
              ? GeneStructure.DONOR
              : low || high ? GeneStructure.ACCEPTOR : GeneStructure.INTRON;
    }
  }

  /// Adds the states of one transcript, walking in the direction of its strand.
  private final class Painter {
    private final Gene gene;
    private final Transcript transcript;
    private final int start;
    private final int[] sets;

    private Painter(Gene gene, Transcript transcript, int start, int[] sets) {
      this.gene = gene;
      this.transcript = transcript;
      this.start = start;
      this.sets = sets;
    }

    private void add(int position, int set) {
      int i = position - start;
      if (i >= 0 && i < sets.length) {
        sets[i] |= set;
      }
    }

    private void paint() {
      boolean forward = gene.strand() == Strand.FORWARD;
      int codingBases = transcript.coding().stream().mapToInt(Interval::length).sum();
      boolean framed = codingBases % 3 == 0;
      int anyCodon = GeneStructure.codon(0) | GeneStructure.codon(1) | GeneStructure.codon(2);
      int codingStart = codingBases == 0 ? -1 : transcript.coding().getFirst().start();
      int codingEnd = codingBases == 0 ? -1 : transcript.coding().getLast().end();
      int count = transcript.exons().size();
      int read = 0;
      int last = GeneStructure.UNTRANSLATED;
      for (int e = 0; e < count; e++) {
        Interval exon = transcript.exons().get(forward ? e : count - 1 - e);
        for (int i = 0; i < exon.length(); i++) {
          int position = forward ? exon.start() + i : exon.end() - 1 - i;
          boolean codes = position >= codingStart && position < codingEnd;
          last =
              !codes
                  ? GeneStructure.UNTRANSLATED
                  : framed ? GeneStructure.codon(read % 3) : anyCodon;
          read += codes ? 1 : 0;
          add(position, last);
        }
        if (e + 1 < count) {
          Interval next = transcript.exons().get(forward ? e + 1 : count - 2 - e);
          intron(
              forward
                  ? new Interval(exon.end(), next.start())
                  : new Interval(next.end(), exon.start()),
              last,
              forward);
        }
      }
    }

    private void intron(Interval intron, int before, boolean forward) {
      if (!usable.getOrDefault(key(gene, intron), false)) {
        for (int position = intron.start(); position < intron.end(); position++) {
          add(position, GeneStructure.ANY);
        }
        return;
      }
      int first = forward ? intron.start() : intron.end() - 1;
      int finish = forward ? intron.end() - 1 : intron.start();
      for (int position = intron.start() + 1; position < intron.end() - 1; position++) {
        add(position, GeneStructure.within(GeneStructure.INTRON, before));
      }
      add(first, GeneStructure.within(GeneStructure.DONOR, before));
      add(finish, GeneStructure.within(GeneStructure.ACCEPTOR, before));
    }
  }
}
