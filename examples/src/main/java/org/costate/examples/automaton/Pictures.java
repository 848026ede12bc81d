package org.costate.examples.automaton;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.costate.automata.Lattice;
import org.costate.automata.io.Images;
import org.costate.automata.io.Palette;
import org.costate.automata.learn.HiddenFrames;
import org.costate.automata.learn.Learned;
import org.costate.automata.plot.AutomatonFigures;
import org.costate.examples.Experiment;
import org.costate.io.AtomicFiles;
import org.costate.plot.Figures;

/// Pictures of lattices in a run folder and on its page.
final class Pictures {
  private Pictures() {}

  /// A lattice, or a space–time diagram, as a PNG.
  static void lattice(Experiment.Run run, String name, Lattice lattice, String caption)
      throws IOException {
    byte[] png =
        Images.png(
            Images.draw(
                lattice, Palette.DEFAULT, Images.cellSize(lattice.height(), lattice.width())));
    AtomicFiles.write(run.folder().file(name + ".png"), file -> Files.write(file, png));
    run.report().picture("image/png", png, caption);
  }

  /// Frames as an animation.
  static void film(Experiment.Run run, String name, List<Lattice> frames, String caption)
      throws IOException {
    Lattice first = frames.getFirst();
    byte[] gif =
        Images.gif(frames, Palette.DEFAULT, Images.cellSize(first.height(), first.width()), 120);
    AtomicFiles.write(run.folder().file(name + ".gif"), file -> Files.write(file, gif));
    run.report().picture("image/gif", gif, caption);
  }

  /// The middle row of every frame, time downward: a cut through space and time.
  static void spaceTime(Experiment.Run run, List<Lattice> frames) throws IOException {
    var rows = new ArrayList<Lattice>();
    for (Lattice frame : frames) {
      rows.add(frame.placed(1, frame.width(), -(frame.height() / 2), 0));
    }
    lattice(
        run,
        "space-time",
        Images.spaceTime(rows),
        "Space–time diagram of the middle row, time downward.");
  }

  /// The gradient flow of one search through hidden frames.
  static void flow(Experiment.Run run, HiddenFrames.Outcome outcome, String caption)
      throws IOException {
    run.figure(
        "flow",
        Figures.normOverTime(
            "Gradient flow through the hidden frames",
            Map.of("costate", outcome.flow().costateNorm())),
        caption);
  }

  /// What was learned, as text, on the page and as results.
  static void learned(Experiment.Run run, String name, Learned learned) throws IOException {
    String rules =
        learned.notation().isEmpty()
            ? learned.consistentShort() + " rules fit"
            : String.join(", ", learned.notation());
    run.text()
        .printf(
            "%s: class %s, %s, %d of %d entries open, replay %s (%.4f s)%n",
            name,
            learned.ruleClass().name(),
            rules,
            learned.open().size(),
            learned.ruleClass().entries(),
            learned.replay().exact() ? "exact" : "not exact",
            learned.seconds());
    run.report()
        .paragraph(
            "Found by %s: class %s; %s; %s of %d entries open; replay %s."
                .formatted(
                    learned.method(),
                    learned.ruleClass(),
                    rules,
                    learned.open().isEmpty() ? "none" : learned.open().size(),
                    learned.ruleClass().entries(),
                    learned.replay().exact() ? "exact" : "not exact"));
    learned.remarks().forEach(remark -> run.report().paragraph(remark));
    if (learned.counts() != null) {
      run.figure(
          "coverage-" + name.replace(' ', '-'),
          AutomatonFigures.coverage(learned),
          "How often each entry of the table was seen (" + name + ").");
    }
    var result = learned.toMap();
    result.remove("entries");
    run.result(name.replace(' ', '_'), result);
  }
}
