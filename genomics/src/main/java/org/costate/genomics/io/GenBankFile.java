package org.costate.genomics.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.biojava.nbio.core.exceptions.CompoundNotFoundException;
import org.biojava.nbio.core.sequence.DNASequence;
import org.biojava.nbio.core.sequence.compound.AmbiguityDNACompoundSet;
import org.biojava.nbio.core.sequence.compound.NucleotideCompound;
import org.biojava.nbio.core.sequence.features.FeatureInterface;
import org.biojava.nbio.core.sequence.features.Qualifier;
import org.biojava.nbio.core.sequence.io.DNASequenceCreator;
import org.biojava.nbio.core.sequence.io.GenbankReader;
import org.biojava.nbio.core.sequence.io.GenericGenbankHeaderParser;
import org.biojava.nbio.core.sequence.location.template.Location;
import org.biojava.nbio.core.sequence.template.AbstractSequence;
import org.costate.genomics.Annotation;
import org.costate.genomics.Bases;
import org.costate.genomics.Gene;
import org.costate.genomics.Genome;
import org.costate.genomics.Interval;
import org.costate.genomics.Strand;
import org.costate.genomics.Transcript;

/// A GenBank file: sequences with their genes, in memory. The transcripts of a gene are its `mRNA`
/// features, or its `CDS` features if it has none.
///
/// @param genome the sequences
/// @param annotation the genes
public record GenBankFile(Genome genome, Annotation annotation) {
  /// Reads a file.
  ///
  /// @param file a GenBank file, plain or compressed
  /// @return its sequences and genes
  /// @throws IOException if it cannot be read or is no GenBank file of DNA
  public static GenBankFile read(Path file) throws IOException {
    Map<String, DNASequence> entries;
    try (InputStream in = TextLines.open(file)) {
      var reader =
          new GenbankReader<DNASequence, NucleotideCompound>(
              in,
              new GenericGenbankHeaderParser<>(),
              new DNASequenceCreator(AmbiguityDNACompoundSet.getDNACompoundSet()));
      entries = reader.process();
    } catch (CompoundNotFoundException | RuntimeException e) {
      throw new IOException(
          "%s is no GenBank file of DNA (%s).".formatted(file, e.getMessage()), e);
    }
    if (entries.isEmpty()) {
      throw new IOException("%s has no GenBank entry.".formatted(file));
    }
    var sequences = new LinkedHashMap<String, byte[]>();
    var genes = new ArrayList<Gene>();
    var notes = new TreeMap<String, Integer>();
    entries.forEach(
        (name, sequence) -> {
          sequences.put(name, Bases.of(sequence.getSequenceAsString()));
          genes.addAll(genes(name, sequence, notes));
        });
    return new GenBankFile(Genome.of(sequences), new Annotation(genes, Map.of(), notes));
  }

  private static final class Parts {
    private final List<List<Interval>> messenger = new ArrayList<>();
    private final List<List<Interval>> coding = new ArrayList<>();
    private Strand strand;
  }

  private static List<Gene> genes(String contig, DNASequence sequence, Map<String, Integer> notes) {
    var byName = new LinkedHashMap<String, Parts>();
    for (var feature : sequence.getFeatures()) {
      String type = feature.getType();
      String name = name(feature);
      if (!type.equals("mRNA") && !type.equals("CDS") || name == null) {
        continue;
      }
      notes.merge("read: features of type " + type, 1, Integer::sum);
      Parts parts = byName.computeIfAbsent(name, _ -> new Parts());
      Location location = feature.getLocations();
      parts.strand =
          location.getStrand() == org.biojava.nbio.core.sequence.Strand.NEGATIVE
              ? Strand.REVERSE
              : Strand.FORWARD;
      (type.equals("CDS") ? parts.coding : parts.messenger).add(intervals(location));
    }
    var genes = new ArrayList<Gene>();
    byName.forEach(
        (name, parts) -> {
          var transcripts = new ArrayList<Transcript>();
          if (parts.messenger.isEmpty()) {
            parts.coding.forEach(c -> transcripts.add(new Transcript(name, c, c)));
          }
          for (int i = 0; i < parts.messenger.size(); i++) {
            List<Interval> coding =
                parts.coding.isEmpty()
                    ? List.of()
                    : parts.coding.get(Math.min(i, parts.coding.size() - 1));
            transcripts.add(new Transcript(name + "." + (i + 1), parts.messenger.get(i), coding));
          }
          int start =
              transcripts.stream().mapToInt(t -> t.exons().getFirst().start()).min().orElseThrow();
          int end =
              transcripts.stream().mapToInt(t -> t.exons().getLast().end()).max().orElseThrow();
          genes.add(
              new Gene(
                  name,
                  name,
                  contig,
                  parts.strand,
                  new Interval(start, end),
                  !parts.coding.isEmpty(),
                  transcripts));
        });
    return genes;
  }

  private static String name(
      FeatureInterface<AbstractSequence<NucleotideCompound>, NucleotideCompound> feature) {
    for (String key : List.of("locus_tag", "gene", "protein_id")) {
      List<Qualifier> values = feature.getQualifiers().get(key);
      if (values != null && !values.isEmpty()) {
        return values.getFirst().getValue();
      }
    }
    return null;
  }

  private static List<Interval> intervals(Location location) {
    List<Location> parts =
        location.getSubLocations().isEmpty() ? List.of(location) : location.getSubLocations();
    return Transcript.joined(
        parts.stream()
            .map(
                part ->
                    new Interval(part.getStart().getPosition() - 1, part.getEnd().getPosition()))
            .toList());
  }
}
