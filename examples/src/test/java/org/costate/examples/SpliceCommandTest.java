package org.costate.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `costate splice` on a simulated genome, as a user meets it.
class SpliceCommandTest {
  @TempDir private static Path folder;
  private static Path genome;
  private static Path genes;
  private static Path model;
  private static String training;

  private record Outcome(int code, String out, String err) {
    JsonNode json() throws IOException {
      return new ObjectMapper()
          .readTree(out.strip().lines().reduce((_, last) -> last).orElseThrow());
    }
  }

  private static Outcome run(Object... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    CommandLine command =
        Costate.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    var words = new ArrayList<String>(List.of("splice"));
    for (Object arg : args) {
      words.add(arg.toString());
    }
    int code = command.execute(words.toArray(String[]::new));
    return new Outcome(code, out.toString(), err.toString());
  }

  @BeforeAll
  static void train() {
    assertThat(run("simulate", "--out", folder, "--genes", 60).code).isZero();
    genome = folder.resolve("genome.fa");
    genes = folder.resolve("genes.gff3");
    model = folder.resolve("run/model.safetensors");
    Outcome outcome =
        run(
            "train",
            "--genome",
            genome,
            "--annotation",
            genes,
            "--validate",
            "sim2",
            "--hidden",
            16,
            "--layers",
            1,
            "--batches",
            200,
            "--lanes",
            16,
            "--window",
            192,
            "--rate",
            0.01,
            "--validate-every",
            50,
            "--out",
            folder.resolve("run"),
            "--json");
    assertThat(outcome.err).doesNotContain("costate:");
    assertThat(outcome.code).isZero();
    training = outcome.out;
  }

  @Test
  void trainingReportsOnTheValidationContig() throws IOException {
    JsonNode results = new Outcome(0, training, "").json();
    assertThat(results.at("/donor/auprc").doubleValue()).isGreaterThan(0.7);
    assertThat(results.at("/acceptor/sites").intValue()).isGreaterThan(30);
    assertThat(training).contains("kept: introns", "validation loss");
    assertThat(folder.resolve("run/learning.png")).exists();
    assertThat(folder.resolve("run/snapshot.safetensors")).exists();
  }

  @Test
  void evaluatesBesideTheBaselines() throws IOException {
    Outcome outcome =
        run(
            "evaluate",
            "--genome",
            genome,
            "--annotation",
            genes,
            "--model",
            model,
            "--contigs",
            "sim2",
            "--out",
            folder.resolve("evaluation"),
            "--json");
    JsonNode results = outcome.json();
    for (String site : List.of("donor", "acceptor")) {
      assertThat(results.at("/" + site + "/auprc").doubleValue()).isGreaterThan(0.7);
      assertThat(results.at("/" + site + "/ece").doubleValue()).isLessThan(0.02);
      assertThat(results.at("/" + site + "/topk").isNumber()).isTrue();
      assertThat(results.at("/" + site + "/auroc").doubleValue()).isGreaterThan(0.99);
    }
    assertThat(results.at("/baselines").properties())
        .extracting(java.util.Map.Entry::getKey)
        .containsExactly(
            "position weight matrix",
            "first-order Markov",
            "logistic regression",
            "hidden Markov model");
    assertThat(results.at("/baselines/hidden Markov model/donor/auprc").doubleValue())
        .isGreaterThan(results.at("/baselines/position weight matrix/donor/auprc").doubleValue());
    assertThat(folder.resolve("evaluation/precision-donor.svg")).exists();
  }

  @Test
  void predictsInThreeFormatsAndScoresAndExplains() throws IOException {
    Path bed = folder.resolve("sites.bed");
    Outcome predicted = run("predict", genome, "--model", model, "--out", bed, "--threshold", 0.5);
    assertThat(predicted.code).isZero();
    List<String> lines =
        Files.readAllLines(bed).stream().filter(line -> !line.startsWith("#")).toList();
    assertThat(lines).hasSizeGreaterThan(200);
    String[] donor =
        lines.stream()
            .map(line -> line.split("\t"))
            .filter(c -> c[3].equals("donor") && c[5].equals("+"))
            .max(java.util.Comparator.comparing(c -> Double.parseDouble(c[6])))
            .orElseThrow();
    String letters =
        String.join("", Files.readAllLines(genome))
            .split(">sim\\d simulated")[donor[0].equals("sim1") ? 1 : 2];
    int at = Integer.parseInt(donor[1]);
    assertThat(letters.substring(at, at + 2)).isEqualTo("GT");
    Path gff = folder.resolve("sites.gff3");
    assertThat(run("predict", "--genome", genome, "--model", model, "--out", gff).code).isZero();
    assertThat(AnnotationLines.count(gff)).isGreaterThan(200);
    String locus = donor[0] + ":" + (at + 1) + ":";
    Path vcf =
        Files.writeString(
            folder.resolve("in.vcf"),
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n%s\t%d\t.\t%s\t%s\t.\t.\t.\n"
                .formatted(
                    donor[0], at, letters.substring(at - 1, at + 8), letters.charAt(at - 1)));
    Path scored = folder.resolve("scored.vcf");
    assertThat(
            run(
                    "score",
                    vcf,
                    "--genome",
                    genome,
                    "--annotation",
                    genes,
                    "--model",
                    model,
                    "--out",
                    scored)
                .code)
        .isZero();
    String record = Files.readAllLines(scored).getLast();
    String[] fields = record.split("CostateSplice=")[1].split(",")[0].split("\\|");
    assertThat(Double.parseDouble(fields[5])).isGreaterThan(0.4);
    assertThat(fields[9]).isEqualTo("1");
    Path explained = folder.resolve("explained");
    Outcome outcome =
        run(
            "explain",
            locus + "+",
            "--genome",
            genome,
            "--model",
            model,
            "--shown",
            20,
            "--out",
            explained);
    assertThat(outcome.out).contains("donor " + donor[0] + ":" + (at + 1) + "+: probability ");
    assertThat(Files.readAllLines(explained.resolve("site.csv"))).hasSize(42);
    Outcome variant =
        run(
            "explain",
            locus + "G>A",
            "--genome",
            genome,
            "--model",
            model,
            "--shown",
            20,
            "--out",
            explained);
    assertThat(variant.code).isZero();
    assertThat(explained.resolve("after-mutagenesis.png")).exists();
  }

  private static final class AnnotationLines {
    static long count(Path file) throws IOException {
      return Files.readAllLines(file).stream()
          .filter(line -> line.contains("_prime_cis_splice_site"))
          .count();
    }
  }

  @Test
  void theShippedModelKnowsASite() throws IOException {
    var shipped = org.costate.genomics.model.SpliceModel.shipped();
    assertThat(shipped.card()).containsKeys("name", "trained on", "licence", "limits", "seed");
    assertThat(shipped.card().get("trained on")).doesNotContain("HS3D", "hs3d", "SpliceAI");
  }

  private static void refused(String why, Object... args) throws IOException {
    Path out = Files.createTempDirectory(folder, "refused");
    var all = new ArrayList<>(List.of(args));
    if (!all.contains("fetch")) {
      all.addAll(List.of("--out", out.resolve("result.bed")));
    }
    Outcome outcome = run(all.toArray());
    assertThat(outcome.code).as(outcome.err + outcome.out).isEqualTo(1);
    assertThat(outcome.err.strip()).startsWith("costate: ").contains(why).hasLineCount(1);
    try (var left = Files.walk(out)) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void badInputGetsOneSentence() throws IOException {
    Path protein = Files.writeString(folder.resolve("protein.fa"), ">p\nMKVLEF\n");
    refused("is this a protein?", "predict", protein);
    refused("Name the genome", "predict");
    refused("There is no file", "predict", folder.resolve("absent.fa"));
    refused("there is no contig 'sim9'", "predict", genome, "--contigs", "sim9");
    refused("--threshold must be from 0 to 1", "predict", genome, "--threshold", 7);
    refused("is not a splice model", "predict", genome, "--model", folderModel());
    Path empty = Files.writeString(folder.resolve("empty.gff3"), "##gff-version 3\n");
    refused("has no transcripts", "evaluate", "--genome", genome, "--annotation", empty);
    Path other =
        Files.writeString(folder.resolve("other.gff3"), "zz\tx\texon\t1\t20\t.\t+\t.\tParent=a\n");
    refused("map the names with --rename", "evaluate", "--genome", genome, "--annotation", other);
    Path beyond =
        Files.writeString(
            folder.resolve("beyond.gff3"), "sim1\tx\texon\t1\t99999999\t.\t+\t.\tParent=a\n");
    refused(
        "is the annotation of another assembly?",
        "evaluate",
        "--genome",
        genome,
        "--annotation",
        beyond);
    Path vcf = Files.writeString(folder.resolve("no.vcf"), "sim1\t1\t.\tA\tC\t.\t.\t.\n");
    refused("is this a VCF file?", "score", vcf, "--genome", genome);
    refused("is neither CONTIG:POSITION:STRAND", "explain", "sim1", "--genome", genome);
    refused("is not on contig 'sim1'", "explain", "sim1:99999999:+", "--genome", genome);
    refused("the genome has", "explain", "sim1:5:" + "NNN>A", "--genome", genome);
    refused("neither an address nor one of", "fetch", "unicorn");
  }

  private static Path folderModel() throws IOException {
    Path file = folder.resolve("other.safetensors");
    new org.costate.io.Safetensors(java.util.Map.of(), java.util.Map.of()).write(file);
    return file;
  }
}
