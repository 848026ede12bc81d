package org.costate.genomics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.random.RandomStream;

/// A made-up genome for tests and for machines without data: genes of coding exons with biased
/// codons, and introns with a donor GTATGT (with errors), a branch point CTAAC some 10 to 20 bases
/// before the end, and an AG. Not real DNA; nothing that is learnt from it holds for an organism.
///
/// @param genome the sequences
/// @param annotation the genes
public record SimulatedGenome(Genome genome, Annotation annotation) {
  private static final String[] CODONS = {
    "GCT", "GCC", "GAT", "GAC", "GAA", "TTC", "GGT", "CAC", "ATC", "AAG", "CTT", "TTG", "AAC",
    "CCA", "CAA", "CGT", "TCT", "ACC", "GTC", "GTT", "TAC", "TGG", "ATG", "TCC"
  };
  private static final int LONGEST_GAP = 300;

  /// Draws a genome.
  ///
  /// @param seed the seed
  /// @param contigs the number of contigs, called `sim1`, `sim2` …
  /// @param genes the number of genes on each
  /// @return the genome
  public static SimulatedGenome draw(long seed, int contigs, int genes) {
    var sequences = new LinkedHashMap<String, byte[]>();
    var annotated = new ArrayList<Gene>();
    for (int c = 1; c <= contigs; c++) {
      RandomStream random = RandomStream.of(seed, "simulated genome", c, 0);
      String contig = "sim" + c;
      var text = new StringBuilder();
      for (int g = 1; g <= genes; g++) {
        noise(text, 50 + next(random, LONGEST_GAP), random);
        var exons = new ArrayList<Interval>();
        String gene = gene(random, exons);
        boolean forward = random.nextDouble() < 0.5;
        int start = text.length();
        int length = gene.length();
        List<Interval> placed =
            exons.stream()
                .map(
                    e ->
                        forward
                            ? new Interval(start + e.start(), start + e.end())
                            : new Interval(start + length - e.end(), start + length - e.start()))
                .sorted()
                .toList();
        byte[] letters = Bases.of(gene);
        text.append(
            new String(
                forward ? letters : Bases.reverseComplement(letters),
                java.nio.charset.StandardCharsets.US_ASCII));
        String id = contig + ".gene" + g;
        annotated.add(
            new Gene(
                id,
                id,
                contig,
                forward ? Strand.FORWARD : Strand.REVERSE,
                new Interval(start, start + length),
                true,
                List.of(new Transcript(id + ".1", placed, placed))));
      }
      noise(text, LONGEST_GAP, random);
      sequences.put(contig, Bases.of(text.toString()));
    }
    return new SimulatedGenome(
        Genome.of(sequences),
        new Annotation(annotated, Map.of(), Map.of("simulated: genes", annotated.size())));
  }

  private static int next(RandomStream random, int bound) {
    return (int) (random.nextDouble() * bound);
  }

  private static void noise(StringBuilder to, int length, RandomStream random) {
    for (int i = 0; i < length; i++) {
      double p = random.nextDouble();
      to.append(p < 0.32 ? 'A' : p < 0.64 ? 'T' : p < 0.82 ? 'C' : 'G');
    }
  }

  /// A gene from ATG to a stop codon; introns are put between any two bases of it.
  private static String gene(RandomStream random, List<Interval> exons) {
    var coding = new StringBuilder("ATG");
    int codons = 90 + next(random, 150);
    for (int i = 0; i < codons; i++) {
      coding.append(CODONS[next(random, CODONS.length)]);
    }
    coding.append("TAA");
    var text = new StringBuilder();
    int done = 0;
    int introns = next(random, 4);
    for (int i = 0; i <= introns; i++) {
      int end = i == introns ? coding.length() : (i + 1) * coding.length() / (introns + 1);
      end -= i == introns ? 0 : next(random, 9);
      int start = text.length();
      text.append(coding, done, end);
      exons.add(new Interval(start, text.length()));
      done = end;
      if (i < introns) {
        intron(text, random);
      }
    }
    return text.toString();
  }

  private static void intron(StringBuilder to, RandomStream random) {
    to.append("GT");
    for (char letter : "ATGT".toCharArray()) {
      to.append(random.nextDouble() < 0.85 ? letter : "ACGT".charAt(next(random, 4)));
    }
    noise(to, 15 + next(random, 60), random);
    to.append("CTAAC");
    for (int i = 10 + next(random, 10); i > 0; i--) {
      // No AG between the branch point and the end.
      to.append("TTCTATC".charAt(next(random, 7)));
    }
    to.append("AG");
  }
}
