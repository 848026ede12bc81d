package org.costate.examples.splice;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.costate.genomics.Gene;
import org.costate.genomics.Interval;
import org.costate.genomics.SimulatedGenome;
import org.costate.genomics.Transcript;
import org.costate.io.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Writes a simulated genome.
@Command(
    name = "simulate",
    description = "Write a made-up genome, genome.fa and genes.gff3, to try the other commands on.",
    mixinStandardHelpOptions = true)
public final class SimulateGenome implements Callable<Integer> {
  private static final int COLUMNS = 60;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--seed", defaultValue = "1", description = "Seed (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--genes",
      defaultValue = "100",
      description = "Genes of each of two contigs (default ${DEFAULT-VALUE}).")
  private int genes;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "out/simulated",
      description = "Where it is written (default ${DEFAULT-VALUE}).")
  private Path out;

  /// For the command line.
  public SimulateGenome() {}

  @Override
  public Integer call() throws IOException {
    SimulatedGenome simulated = SimulatedGenome.draw(seed, 2, genes);
    var fasta = new StringBuilder();
    for (var contig : simulated.genome().contigs().entrySet()) {
      String letters =
          new String(
              simulated.genome().bases(contig.getKey(), 0, contig.getValue()),
              StandardCharsets.US_ASCII);
      fasta.append('>').append(contig.getKey()).append(" simulated\n");
      for (int i = 0; i < letters.length(); i += COLUMNS) {
        fasta.append(letters, i, Math.min(letters.length(), i + COLUMNS)).append('\n');
      }
    }
    var gff = new StringBuilder("##gff-version 3\n");
    for (Gene gene : simulated.annotation().genes()) {
      line(gff, gene, "gene", gene.body(), "ID=" + gene.id());
      for (Transcript transcript : gene.transcripts()) {
        line(gff, gene, "mRNA", gene.body(), "ID=" + transcript.id() + ";Parent=" + gene.id());
        for (Interval exon : transcript.exons()) {
          line(gff, gene, "exon", exon, "Parent=" + transcript.id());
          line(gff, gene, "CDS", exon, "Parent=" + transcript.id());
        }
      }
    }
    AtomicFiles.writeString(out.resolve("genome.fa"), fasta.toString());
    AtomicFiles.writeString(out.resolve("genes.gff3"), gff.toString());
    PrintWriter text = spec.commandLine().getOut();
    text.println("Written: " + out.resolve("genome.fa") + " and genes.gff3, not real DNA.");
    text.flush();
    return 0;
  }

  private static void line(
      StringBuilder to, Gene gene, String type, Interval place, String attributes) {
    to.append(
        "%s\tsimulated\t%s\t%d\t%d\t.\t%c\t.\t%s\n"
            .formatted(
                gene.contig(),
                type,
                place.start() + 1,
                place.end(),
                gene.strand().symbol(),
                attributes));
  }
}
