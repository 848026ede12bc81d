package org.costate.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.costate.io.RunFolder;
import org.costate.plot.Figure;
import org.costate.plot.GradientFlowPlot;
import org.costate.plot.HtmlReport;
import org.costate.train.FlightRecorder;
import org.costate.train.GradientFlow;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/// One experiment of the command line: options, a run folder, a report, and results as text or
/// JSON.
public abstract class Experiment implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of everything that is random (default ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Where the run is written (default out/NAME).")
  private Path out;

  @Option(names = "--json", description = "End standard output with one line of JSON.")
  private boolean json;

  /// For subclasses.
  protected Experiment() {}

  /// What an experiment works with.
  public static final class Run {
    private final RunFolder folder;
    private final PrintWriter text;
    private final PrintWriter progress;
    private final HtmlReport report;
    private final long seed;
    private final Map<String, Object> results = new LinkedHashMap<>();

    Run(RunFolder folder, PrintWriter text, PrintWriter progress, HtmlReport report, long seed) {
      this.folder = folder;
      this.text = text;
      this.progress = progress;
      this.report = report;
      this.seed = seed;
    }

    /// The folder of the run.
    ///
    /// @return the folder
    public RunFolder folder() {
      return folder;
    }

    /// The page of the run.
    ///
    /// @return the report
    public HtmlReport report() {
      return report;
    }

    /// The seed.
    ///
    /// @return the seed
    public long seed() {
      return seed;
    }

    /// Where results are printed as text.
    ///
    /// @return standard output
    public PrintWriter text() {
      return text;
    }

    /// Starts a progress bar, or lines where there is no terminal.
    ///
    /// @param task what is being done
    /// @param steps how many steps it has
    /// @return the progress
    public Progress progress(String task, long steps) {
      return new Progress(progress, task, steps);
    }

    /// Adds the part of the page that says how gradients flowed: advice, figures, and tables of
    /// parameters and gates.
    ///
    /// @param flow the record
    /// @param lag how far back the answer lies, in steps
    /// @param saturation the saturation of the gates
    /// @throws IOException if a figure cannot be written
    public void gradientFlow(GradientFlow flow, int lag, Map<String, Double> saturation)
        throws IOException {
      List<String> advice = flow.advice(lag);
      advice.forEach(line -> text.println("advice: " + line));
      report.heading("Gradient flow").advice(advice);
      figure(
          "flow",
          GradientFlowPlot.overTime(flow),
          "Norm of the costate at each time step, at the last recorded update.");
      for (String scan : flow.frames().getLast().flow().keySet()) {
        figure(
            "flow-heat-map-" + scan,
            GradientFlowPlot.heatMap(flow, scan),
            "Time step against training, " + scan + ".");
      }
      report.table(GradientFlowPlot.tableHeads(), GradientFlowPlot.table(flow));
      report.paragraph(
          "%.0f %% of the updates were clipped, %d were skipped because the gradient was not finite."
              .formatted(100 * flow.clipRate(), flow.skipped()));
      report.table(
          List.of("gate", "saturated"),
          saturation.entrySet().stream()
              .map(e -> List.of(e.getKey(), "%.1f %%".formatted(100 * e.getValue())))
              .toList());
    }

    /// Says where a number stopped being finite, if one did, and saves the batch.
    ///
    /// @param recorder the recorder of the training
    /// @throws IOException if it cannot be written
    public void explain(FlightRecorder recorder) throws IOException {
      if (recorder.report().isPresent()) {
        String found = recorder.report().get().toString();
        text.println("not finite: " + found);
        report.advice(List.of(found));
        recorder.save(folder.file("not-finite.safetensors"));
      }
    }

    /// Sets one result.
    ///
    /// @param key the key in the JSON
    /// @param value the value
    public void result(String key, Object value) {
      results.put(key, value);
    }

    /// Saves a figure and adds it to the page.
    ///
    /// @param name the name of the files
    /// @param figure the figure
    /// @param caption what it shows
    /// @throws IOException if it cannot be written
    public void figure(String name, Figure figure, String caption) throws IOException {
      figure.save(folder.file(name).getParent(), name);
      report.figure(figure, caption);
    }
  }

  /// The name of the experiment.
  ///
  /// @return the name on the command line
  protected String name() {
    return spec.name();
  }

  /// Does the experiment.
  ///
  /// @param run folder, report, progress
  /// @throws IOException if something cannot be read or written
  protected abstract void execute(Run run) throws IOException;

  @Override
  public final Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    Map<String, Object> results =
        perform(
            text, spec.commandLine().getErr(), out == null ? Path.of("out", name()) : out, seed);
    if (json) {
      text.println(new ObjectMapper().writeValueAsString(results));
      text.flush();
    }
    return 0;
  }

  /// Runs the experiment into a folder.
  ///
  /// @param text where results are printed
  /// @param progress where progress is printed
  /// @param where the folder
  /// @param seedOfRun the seed
  /// @return the results
  /// @throws IOException if something cannot be read or written
  Map<String, Object> perform(PrintWriter text, PrintWriter progress, Path where, long seedOfRun)
      throws IOException {
    long start = System.nanoTime();
    var run =
        new Run(
            new RunFolder(where, name()),
            text,
            progress,
            new HtmlReport("Costate: " + name()),
            seedOfRun);
    run.folder.record("costate", Costate.Version.read());
    run.folder.record("seed", seedOfRun);
    run.folder.record("options", options());
    execute(run);
    run.result("seconds", Math.round((System.nanoTime() - start) / 1e8) / 10.0);
    run.report.write(run.folder.file("report.html"));
    run.folder.finish(run.results);
    text.println("Written: " + where.resolve("report.html"));
    text.flush();
    lastReport = run.report;
    return run.results;
  }

  private HtmlReport lastReport;

  HtmlReport lastReport() {
    return lastReport;
  }

  private Map<String, String> options() {
    var options = new LinkedHashMap<String, String>();
    if (spec != null) {
      spec.options()
          .forEach(
              option -> options.put(option.longestName(), Objects.toString(option.getValue())));
    }
    return options;
  }
}
