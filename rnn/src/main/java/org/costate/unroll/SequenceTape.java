package org.costate.unroll;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.costate.graph.Parameter;
import org.costate.internal.exec.Parallel;

/// A forward pass of a [SequenceGraph]: the nodes in order, and in reverse order on the way back.
final class SequenceTape implements Tape {
  private final SequenceGraph graph;
  private final Parameters parameters;
  private final Sequences batch;
  private final Series[] values;
  private final List<Tape> tapes = new ArrayList<>();
  private final Rollout rollout;

  SequenceTape(
      SequenceGraph graph, Parameters parameters, State initial, Sequences batch, SavePolicy save) {
    this.graph = graph;
    this.parameters = parameters;
    this.batch = batch;
    this.values = new Series[graph.valueCount()];
    var finalState = new LinkedHashMap<String, double[]>();
    int next = 0;
    int done = 0;
    int[] lastUse = save == null ? lastUses(graph) : null;
    // Values whose rows nobody else has: not inputs, which belong to the caller.
    boolean[] spare = new boolean[graph.valueCount()];
    for (List<SequenceGraph.Node> wave : graph.waves()) {
      switch (wave.getFirst()) {
        case SequenceGraph.Node.Input(String name) -> values[next++] = batch.input(name);
        case SequenceGraph.Node.Reduce reduce -> values[next++] = reduce(reduce);
        case SequenceGraph.Node.Scan _ -> {
          for (Pass pass : sideBySide(wave, i -> run(wave, i, initial, save))) {
            SequenceGraph.Node.Scan scan = pass.scan;
            if (pass.tape != null) {
              tapes.add(pass.tape);
            }
            for (int id : scan.results().values()) {
              values[id] = pass.results.get(id);
              spare[id] = scan.unroll().compiled() != null;
              next++;
            }
            pass.finalState.forEach(
                (name, array) -> finalState.put(scan.name() + "." + name, array));
          }
        }
      }
      done += wave.size();
      for (int id = 0; lastUse != null && id < next; id++) {
        if (values[id] != null && lastUse[id] < done) {
          if (spare[id]) {
            graph.spare().give(values[id].rows());
          }
          values[id] = null;
        }
      }
    }
    var outputs = new LinkedHashMap<String, Series>();
    graph.outputValues().forEach((name, value) -> outputs.put(name, values[value.id()]));
    this.rollout = new Rollout(outputs, new State(batch.lanes(), finalState));
  }

  /// The last node that reads each value: what a forward pass need not keep any longer.
  private static int[] lastUses(SequenceGraph graph) {
    int[] last = new int[graph.valueCount()];
    for (int n = 0; n < graph.nodes().size(); n++) {
      switch (graph.nodes().get(n)) {
        case SequenceGraph.Node.Input _ -> {}
        case SequenceGraph.Node.Scan scan -> {
          for (int source : scan.sources().values()) {
            last[source] = n;
          }
        }
        case SequenceGraph.Node.Reduce reduce -> last[reduce.source()] = n;
      }
    }
    graph.outputValues().values().forEach(value -> last[value.id()] = Integer.MAX_VALUE);
    return last;
  }

  /// The batch that a node sees: one step after a reduction, else all.
  private Sequences inputs(SequenceGraph.Node.Scan scan) {
    Sequences own = Sequences.of(batch.lanes(), scan.overTime() ? batch.horizon() : 1);
    if (scan.overTime() && batch.padded()) {
      int[] lengths = new int[batch.lanes()];
      Arrays.setAll(lengths, batch::length);
      own = own.lengths(lengths);
    }
    if (scan.overTime() && !scan.reversed()) {
      boolean[][] resets = new boolean[batch.horizon()][];
      Arrays.setAll(resets, batch::resets);
      if (Arrays.stream(resets).anyMatch(java.util.Objects::nonNull)) {
        own = own.resets(resets);
      }
    }
    for (var entry : scan.sources().entrySet()) {
      Series series = values[entry.getValue()];
      if (!scan.overTime()) {
        series = series.window(0, 1);
      } else if (scan.reversed()) {
        series = series.reversed(batch);
      }
      own = own.with(entry.getKey(), series);
    }
    return own;
  }

  /// What a forward pass of one scan gave.
  ///
  /// @param results its values, in the order of time, by id
  /// @param tape null if there is no way back
  private record Pass(
      SequenceGraph.Node.Scan scan,
      Map<Integer, Series> results,
      Map<String, double[]> finalState,
      Tape tape) {}

  private Pass run(List<SequenceGraph.Node> wave, int i, State initial, SavePolicy save) {
    var scan = (SequenceGraph.Node.Scan) wave.get(i);
    boolean beside = wave.size() > 1;
    State own = initial.part(scan.name() + ".");
    Tape tape =
        save == null ? null : scan.unroll().forward(parameters, own, inputs(scan), save, beside);
    Rollout result =
        tape == null
            ? scan.unroll().evaluate(parameters, own, inputs(scan), graph.spare(), beside)
            : tape.rollout();
    var results = new HashMap<Integer, Series>();
    scan.results()
        .forEach(
            (name, id) -> {
              Series series = result.output(name);
              results.put(id, scan.reversed() ? series.reversed(batch) : series);
            });
    return new Pass(scan, results, result.finalState().values(), tape);
  }

  /// Does something with the scans of a wave, on several threads if that is worth it.
  private <T> List<T> sideBySide(List<SequenceGraph.Node> wave, IntFunction<T> body) {
    var done = new ArrayList<T>(Collections.nCopies(wave.size(), null));
    List<Integer> all = IntStream.range(0, wave.size()).boxed().toList();
    Consumer<Integer> one = i -> done.set(i, body.apply(i));
    if (wave.stream().allMatch(this::worthThreads)) {
      Parallel.run(all, one);
    } else {
      all.forEach(one);
    }
    return done;
  }

  private boolean worthThreads(SequenceGraph.Node node) {
    return node instanceof SequenceGraph.Node.Scan scan
        && scan.unroll().compiled() != null
        && scan.unroll().compiled().worthThreads(batch.lanes(), batch.horizon());
  }

  private Series reduce(SequenceGraph.Node.Reduce reduce) {
    Series source = values[reduce.source()];
    int size = source.shape().size();
    double[] out = new double[batch.lanes() * size];
    for (int lane = 0; lane < batch.lanes(); lane++) {
      int length = length(source, lane);
      for (int i = 0; i < size; i++) {
        int at = lane * size + i;
        out[at] =
            switch (reduce.reduction()) {
              case FIRST -> source.at(0, at);
              case LAST -> source.at(length - 1, at);
              case MEAN -> {
                double sum = 0;
                for (int t = 0; t < length; t++) {
                  sum += source.at(t, at);
                }
                yield sum / length;
              }
              case MAX -> source.at(largest(source, length, at), at);
            };
      }
    }
    return new Series(source.shape(), batch.lanes(), new double[][] {out});
  }

  private int length(Series source, int lane) {
    int length = Math.min(batch.length(lane), source.horizon());
    if (length == 0) {
      throw new IllegalArgumentException(
          "SequenceGraph: lane %d is empty, so it has no last step, mean or maximum; drop empty sequences."
              .formatted(lane));
    }
    return length;
  }

  private static int largest(Series source, int length, int at) {
    int best = 0;
    for (int t = 1; t < length; t++) {
      if (source.at(t, at) > source.at(best, at)) {
        best = t;
      }
    }
    return best;
  }

  @Override
  public Rollout rollout() {
    return rollout;
  }

  @Override
  public State state(int t) {
    if (t == batch.horizon()) {
      return rollout.finalState();
    }
    var state = new LinkedHashMap<String, double[]>();
    int i = 0;
    for (SequenceGraph.Node node : graph.nodes()) {
      if (node instanceof SequenceGraph.Node.Scan scan) {
        Tape tape = tapes.get(i++);
        if (!scan.unroll().step().carries().isEmpty()) {
          if (scan.reversed()) {
            throw new IllegalStateException(
                "Tape: '%s' runs backward in time, so there is no state of the whole graph at step %d; truncate only models that look back."
                    .formatted(scan.name(), t));
          }
          tape.state(t)
              .values()
              .forEach((name, array) -> state.put(scan.name() + "." + name, array));
        }
      }
    }
    return new State(batch.lanes(), state);
  }

  @Override
  public long savedBytes() {
    return tapes.stream().mapToLong(Tape::savedBytes).sum();
  }

  @Override
  public long forwardSteps() {
    return tapes.stream().mapToLong(Tape::forwardSteps).sum();
  }

  @Override
  public Cotangents backward(Seeds seeds, Sweep sweep) {
    Bars seeded = seedBars(seeds);
    Series[] bars = seeded.arrays;
    double[] total = new double[parameters.values().length];
    var initial = new LinkedHashMap<String, double[]>();
    var costates = new LinkedHashMap<String, Series>();
    var flow = new LinkedHashMap<String, Flow>();
    int left = tapes.size();
    for (List<SequenceGraph.Node> wave : graph.waves().reversed()) {
      switch (wave.getFirst()) {
        case SequenceGraph.Node.Input _ -> {}
        case SequenceGraph.Node.Reduce reduce -> reduceBackward(reduce, bars);
        case SequenceGraph.Node.Scan _ -> {
          left -= wave.size();
          int first = left;
          List<Cotangents> all =
              sideBySide(
                  wave,
                  i -> {
                    var scan = (SequenceGraph.Node.Scan) wave.get(i);
                    return tapes.get(first + i).backward(seeds(scan, seeds, seeded), sweep);
                  });
          for (int i = wave.size() - 1; i >= 0; i--) {
            var scan = (SequenceGraph.Node.Scan) wave.get(i);
            Cotangents bar = all.get(i);
            double[] own = bar.parameters().values();
            for (Parameter parameter : scan.unroll().step().parameters()) {
              Layout.Entry entry = parameters.layout().entry(parameter);
              for (int j = entry.offset(); j < entry.offset() + entry.size(); j++) {
                total[j] += own[j];
              }
            }
            pass(scan, bar, bars);
            bar.initialState()
                .values()
                .forEach((name, array) -> initial.put(scan.name() + "." + name, array));
            bar.costates()
                .forEach((name, series) -> costates.put(scan.name() + "." + name, series));
            if (bar.flow().containsKey("") && !scan.unroll().step().carries().isEmpty()) {
              Flow norms = bar.flow().get("");
              flow.put(
                  scan.name(),
                  new Flow(norms.costateNorm(), norms.parameterNorm(), scan.reversed()));
            }
          }
        }
      }
    }
    return new Cotangents(
        new Parameters(parameters.layout(), total),
        new State(batch.lanes(), initial),
        inputBars(bars),
        costates,
        flow);
  }

  /// The cotangents with which the way back begins, by value: arrays, and numbers that are the same
  /// for every element of every step.
  private record Bars(Series[] arrays, Map<Integer, Double> numbers) {}

  private Bars seedBars(Seeds seeds) {
    var bars = new Bars(new Series[values.length], new HashMap<>());
    for (String name : seeds.outputs()) {
      SequenceGraph.SequenceValue value = graph.outputValues().get(name);
      if (value == null) {
        throw new IllegalArgumentException(
            "SequenceGraph: there is no output '%s'; there are %s."
                .formatted(name, graph.outputValues().keySet()));
      }
      if (seeds.uniform(name, 0) && ofScan(value.id())) {
        bars.numbers.merge(value.id(), seeds.weight(name), Double::sum);
        continue;
      }
      int horizon = values[value.id()].horizon();
      Series bar = Series.zeros(value.shape(), batch.lanes(), horizon);
      Sequences times = value.overTime() ? batch : Sequences.of(batch.lanes(), horizon);
      for (int t = 0; t < horizon; t++) {
        seeds.fill(name, t, times, bar.steps()[t]);
      }
      addTo(bars.arrays, value.id(), bar);
    }
    return bars;
  }

  private boolean ofScan(int id) {
    return graph.nodes().stream()
        .anyMatch(
            node ->
                node instanceof SequenceGraph.Node.Scan scan && scan.results().containsValue(id));
  }

  /// Passes the cotangents of a scan's inputs on to what they are.
  private void pass(SequenceGraph.Node.Scan scan, Cotangents bar, Series[] bars) {
    scan.sources()
        .forEach(
            (input, source) -> {
              if (scan.unroll().wants(input)) {
                Series series = bar.input(input);
                addTo(bars, source, scan.reversed() ? series.reversed(batch) : series);
              }
            });
  }

  private Seeds seeds(SequenceGraph.Node.Scan scan, Seeds all, Bars bars) {
    Seeds own = Seeds.none();
    for (var entry : scan.results().entrySet()) {
      Double number = bars.numbers.get(entry.getValue());
      if (number != null) {
        own = own.with(entry.getKey(), number);
      }
      Series bar = bars.arrays[entry.getValue()];
      if (bar != null) {
        own = own.with(entry.getKey(), scan.reversed() ? bar.reversed(batch) : bar);
      }
    }
    return all.finalState() == null
        ? own
        : own.finalState(all.finalState().part(scan.name() + "."));
  }

  private void reduceBackward(SequenceGraph.Node.Reduce reduce, Series[] bars) {
    Series bar = bars[reduce.result()];
    if (bar == null) {
      return;
    }
    Series source = values[reduce.source()];
    int size = source.shape().size();
    Series out = Series.zeros(source.shape(), batch.lanes(), source.horizon());
    for (int lane = 0; lane < batch.lanes(); lane++) {
      int length = length(source, lane);
      for (int at = lane * size; at < (lane + 1) * size; at++) {
        double g = bar.at(0, at);
        switch (reduce.reduction()) {
          case FIRST -> out.steps()[0][at] = g;
          case LAST -> out.steps()[length - 1][at] = g;
          case MEAN -> {
            for (int t = 0; t < length; t++) {
              out.steps()[t][at] = g / length;
            }
          }
          case MAX -> out.steps()[largest(source, length, at)][at] = g;
        }
      }
    }
    addTo(bars, reduce.source(), out);
  }

  /// Adds to the cotangent of a value; a node that runs once may have read a longer sequence's
  /// first step.
  private static void addTo(Series[] bars, int id, Series bar) {
    bars[id] = bars[id] == null ? bar : bars[id].plus(bar);
  }

  private Map<String, Series> inputBars(Series[] bars) {
    var result = new LinkedHashMap<String, Series>();
    int next = 0;
    for (SequenceGraph.Node node : graph.nodes()) {
      switch (node) {
        case SequenceGraph.Node.Input(String name) -> {
          if (bars[next] != null) {
            result.put(name, bars[next]);
          }
          next++;
        }
        case SequenceGraph.Node.Scan scan -> next += scan.results().size();
        case SequenceGraph.Node.Reduce _ -> next++;
      }
    }
    return result;
  }

  /// Runs node by node and looks at each; in the backward pass likewise.
  static Optional<NonFinite> findNonFinite(
      SequenceGraph graph, Parameters parameters, State initial, Sequences batch, Seeds seeds) {
    var tape = new SequenceTape(graph, parameters, initial, batch, new SavePolicy.All());
    for (SequenceGraph.Node node : graph.nodes()) {
      if (node instanceof SequenceGraph.Node.Scan scan) {
        Optional<NonFinite> found =
            scan.unroll()
                .findNonFinite(
                    parameters, initial.part(scan.name() + "."), tape.inputs(scan), Seeds.none());
        if (found.isPresent()) {
          return found.map(f -> renamed(f, scan.name()));
        }
      }
    }
    Bars seeded = tape.seedBars(seeds);
    Series[] bars = seeded.arrays;
    int at = tape.tapes.size();
    for (SequenceGraph.Node node : graph.nodes().reversed()) {
      if (node instanceof SequenceGraph.Node.Reduce reduce) {
        tape.reduceBackward(reduce, bars);
      } else if (node instanceof SequenceGraph.Node.Scan scan) {
        Seeds own = tape.seeds(scan, seeds, seeded);
        Optional<NonFinite> found =
            scan.unroll()
                .findNonFinite(parameters, initial.part(scan.name() + "."), tape.inputs(scan), own);
        if (found.isPresent()) {
          return found.map(f -> renamed(f, scan.name()));
        }
        tape.pass(scan, tape.tapes.get(--at).backward(own), bars);
      }
    }
    return Optional.empty();
  }

  private static NonFinite renamed(NonFinite found, String name) {
    return new NonFinite(
        name, found.node(), found.time(), found.horizon(), found.lane(), found.backward());
  }
}
