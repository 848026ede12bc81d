package org.costate.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.costate.examples.splice.SpliceGenome;
import org.costate.plot.HtmlReport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Shows what Costate does, in under a minute: gradient flow, and splice sites of a simulated
/// genome.
@Command(
    name = "demo",
    description = "Gradient flow and splice sites, in under a minute; writes one page.",
    mixinStandardHelpOptions = true)
final class Demo implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of everything that is random (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "out/demo",
      description = "Where the page is written (default ${DEFAULT-VALUE}).")
  private Path out;

  @Option(names = "--json", description = "End standard output with one line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    var page = new HtmlReport("Costate: what the gradient did");
    page.paragraph(
        "Two experiments. The first shows why gradients over time vanish or explode, and what cures"
            + " it. The second trains a bidirectional recurrent network under a grammar of genes to"
            + " find splice sites in DNA.");
    Map<String, Object> results = new LinkedHashMap<>();
    for (Experiment experiment :
        new Experiment[] {new GradientFlowExperiment(), new SpliceGenome()}) {
      text.println("== " + experiment.name() + " ==");
      results.put(
          experiment.name(), experiment.perform(text, err, out.resolve(experiment.name()), seed));
      page.include(experiment.lastReport());
    }
    page.write(out.resolve("index.html"));
    text.println("Open " + out.resolve("index.html"));
    if (json) {
      text.println(new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(results));
    }
    text.flush();
    return 0;
  }
}
