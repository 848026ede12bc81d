package org.costate.rnn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.random.RandomStream;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Recurrence;
import org.costate.unroll.Rollout;
import org.costate.unroll.SequenceGraph;
import org.costate.unroll.SequenceGraph.Reduction;
import org.costate.unroll.SequenceGraph.SequenceValue;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;

/// A recurrent network from its input to its loss: embedding or one-hot, stacked cells, readout,
/// loss.
///
/// ```java
/// SequenceModel model = SequenceModel.builder().features(4)
///     .bidirectional(GruCell.of(64)).pool(Pooling.LAST).loss(new Loss.Softmax(3)).build();
/// Parameters theta = model.initialise(1);
/// ```
///
/// The batch has input `x` (`[n]` features, or a scalar index), and for training `target` and
/// optionally `weight` (a scalar; 1 where it is absent). Of a pooled model target and weight are
/// one for each lane.
public final class SequenceModel implements Objective {
  /// How a many-to-one model reads the sequence.
  public enum Pooling {
    /// Many-to-many: a prediction at every step.
    NONE,
    /// The last real step; of a bidirectional layer, the end of each direction.
    LAST,
    /// The mean over time.
    MEAN,
    /// The maximum over time.
    MAX
  }

  private record Layer(Cell cell, boolean bidirectional, boolean residual) {}

  private final Builder settings;
  private final Map<String, StepGraph> steps = new LinkedHashMap<>();
  private final SequenceGraph training;
  private final SequenceGraph predictor;

  private SequenceModel(Builder settings) {
    this.settings = settings;
    describeSteps();
    this.training = SequenceGraph.define(settings.precision, g -> compose(g, true, false));
    this.predictor = SequenceGraph.define(settings.precision, g -> compose(g, false, false));
  }

  /// A new model's settings.
  ///
  /// @return the builder
  public static Builder builder() {
    return new Builder();
  }

  /// Collects the settings of a model.
  public static final class Builder {
    private int features;
    private int vocabulary;
    private int embedding;
    private final List<Layer> layers = new ArrayList<>();
    private Pooling pooling = Pooling.NONE;
    private Loss loss;
    private Precision precision = Precision.DOUBLE;

    private Builder() {}

    /// The input is a vector at each step.
    ///
    /// @param size its size
    /// @return this
    public Builder features(int size) {
      features = size;
      return this;
    }

    /// The input is an index, seen as a one-hot vector.
    ///
    /// @param size the number of symbols
    /// @return this
    public Builder oneHot(int size) {
      vocabulary = size;
      embedding = 0;
      return this;
    }

    /// The input is an index, seen as a learned vector.
    ///
    /// @param symbols the number of symbols
    /// @param size the size of a vector
    /// @return this
    public Builder embed(int symbols, int size) {
      vocabulary = symbols;
      embedding = size;
      return this;
    }

    /// Adds a layer that runs forward in time.
    ///
    /// @param cell its cell
    /// @return this
    public Builder layer(Cell cell) {
      layers.add(new Layer(cell, false, false));
      return this;
    }

    /// Adds a layer that runs in both directions and concatenates the two states.
    ///
    /// @param cell its cell
    /// @return this
    public Builder bidirectional(Cell cell) {
      layers.add(new Layer(cell, true, false));
      return this;
    }

    /// Adds to the output of the last layer its input, which must have its size.
    ///
    /// @return this
    public Builder residual() {
      Layer last = layers.removeLast();
      layers.add(new Layer(last.cell(), last.bidirectional(), true));
      return this;
    }

    /// Makes one prediction for each sequence.
    ///
    /// @param how how the sequence is read
    /// @return this
    public Builder pool(Pooling how) {
      pooling = how;
      return this;
    }

    /// Sets what is predicted.
    ///
    /// @param what the loss
    /// @return this
    public Builder loss(Loss what) {
      loss = what;
      return this;
    }

    /// Sets the element type.
    ///
    /// @param type the precision
    /// @return this
    public Builder precision(Precision type) {
      precision = type;
      return this;
    }

    /// Builds the model.
    ///
    /// @return the model
    /// @throws IllegalArgumentException if something is missing
    public SequenceModel build() {
      if (features == 0 && vocabulary == 0 || layers.isEmpty() || loss == null) {
        throw new IllegalArgumentException(
            "SequenceModel: an input (features, oneHot or embed), at least one layer and a loss are"
                + " needed.");
      }
      return new SequenceModel(this);
    }
  }

  private int inputSize() {
    return settings.vocabulary == 0
        ? settings.features
        : settings.embedding == 0 ? settings.vocabulary : settings.embedding;
  }

  private void describeSteps() {
    if (settings.vocabulary > 0) {
      steps.put("embedding", embeddingStep());
    }
    int size = inputSize();
    for (int i = 0; i < settings.layers.size(); i++) {
      Layer layer = settings.layers.get(i);
      steps.put(name(i, false), layer.cell().step(size));
      if (layer.bidirectional()) {
        steps.put(name(i, true), layer.cell().step(size));
      }
      int result = layer.cell().hidden() * (layer.bidirectional() ? 2 : 1);
      if (layer.residual()) {
        int given = size;
        if (given != result) {
          throw new IllegalArgumentException(
              "SequenceModel: residual layer %d turns size %d into %d; make them equal."
                  .formatted(i, given, result));
        }
        steps.put(
            "residual" + i,
            StepGraph.define(
                "residual", s -> s.output("sum", s.input("a", given).plus(s.input("b", given)))));
      }
      size = result;
    }
    int width = size;
    steps.put(
        "readout",
        StepGraph.define(
            "readout",
            s -> {
              Value w = s.shared("W", Initializer.glorotUniform(), settings.loss.outputs(), width);
              Value y =
                  w.times(s.input("h", width))
                      .plus(s.shared("b", Initializer.zeros(), settings.loss.outputs()));
              s.output("readout", y);
              s.output("prediction", settings.loss.prediction(y));
            }));
    steps.put(
        "loss",
        StepGraph.define(
            "loss",
            s -> {
              Value target = s.input("target", settings.loss.target().toArray());
              Value value =
                  settings.loss.value(s.input("readout", settings.loss.outputs()), target);
              s.output("loss", value.times(s.input("weight")));
            }));
  }

  private StepGraph embeddingStep() {
    int n = settings.vocabulary;
    return StepGraph.define(
        "embedding",
        s -> {
          Value table;
          if (settings.embedding == 0) {
            double[][] identity = new double[n][n];
            for (int i = 0; i < n; i++) {
              identity[i][i] = 1;
            }
            table = s.constant(identity);
          } else {
            table =
                s.shared(
                    "table",
                    Initializer.normal(1 / Math.sqrt(settings.embedding)),
                    n,
                    settings.embedding);
          }
          s.output("x", table.gather(s.input("index")));
        });
  }

  private static String name(int layer, boolean reversed) {
    return "layer" + layer + (reversed ? "_reverse" : "");
  }

  private void compose(SequenceGraph.Builder g, boolean withLoss, boolean exposed) {
    SequenceValue x =
        settings.vocabulary > 0
            ? g.map("embedding", steps.get("embedding"), Map.of("index", g.input("x"))).output("x")
            : g.differentiableInput("x", settings.features);
    SequenceValue ends = null;
    for (int i = 0; i < settings.layers.size(); i++) {
      Layer layer = settings.layers.get(i);
      SequenceValue below = x;
      SequenceValue forward = scan(g, i, false, x, exposed);
      ends = settings.pooling == Pooling.LAST ? g.reduce(Reduction.LAST, forward) : null;
      x = forward;
      if (layer.bidirectional()) {
        SequenceValue backward = scan(g, i, true, below, exposed);
        x = g.concat(forward, backward);
        ends = ends == null ? null : g.concat(ends, g.reduce(Reduction.FIRST, backward));
      }
      if (layer.residual()) {
        x =
            g.map("residual" + i, steps.get("residual" + i), Map.of("a", x, "b", below))
                .output("sum");
        ends = ends == null ? null : g.reduce(Reduction.LAST, x);
      }
    }
    SequenceValue read =
        switch (settings.pooling) {
          case NONE -> x;
          case LAST -> ends;
          case MEAN -> g.reduce(Reduction.MEAN, x);
          case MAX -> g.reduce(Reduction.MAX, x);
        };
    var readout = g.map("readout", steps.get("readout"), Map.of("h", read));
    g.output("readout", readout.output("readout"));
    g.output("prediction", readout.output("prediction"));
    if (withLoss) {
      int[] targetShape = settings.loss.target().toArray();
      SequenceValue target =
          read.overTime() ? g.input("target", targetShape) : g.finalInput("target", targetShape);
      SequenceValue weight = read.overTime() ? g.input("weight") : g.finalInput("weight");
      g.output(
          "loss",
          g.map(
                  "loss",
                  steps.get("loss"),
                  Map.of("readout", readout.output("readout"), "target", target, "weight", weight))
              .output("loss"));
    }
  }

  private SequenceValue scan(
      SequenceGraph.Builder g, int i, boolean reversed, SequenceValue x, boolean exposed) {
    Cell cell = settings.layers.get(i).cell();
    String name = name(i, reversed);
    StepGraph step = steps.get(name);
    if (exposed) {
      step =
          step.exposing(cell.squashed().stream().map(Cell.Squashed::label).toArray(String[]::new));
    }
    var sources = new LinkedHashMap<String, SequenceValue>();
    sources.put("x", x);
    if (cell.dropout() > 0) {
      sources.put("inputMask", g.input(name + ".inputMask", x.shape().size()));
      sources.put("stateMask", g.input(name + ".stateMask", cell.hidden()));
    }
    var results = reversed ? g.scanReversed(name, step, sources) : g.scan(name, step, sources);
    if (exposed) {
      cell.squashed().forEach(s -> g.output(name + "." + s.label(), results.output(s.label())));
    }
    return results.output("h");
  }

  /// The parameters, drawn for a seed.
  ///
  /// @param seed the seed
  /// @return the parameters
  public Parameters initialise(long seed) {
    return Parameters.initialise(training.layout(), seed);
  }

  @Override
  public Recurrence recurrence() {
    return training;
  }

  /// The model without its loss; same parameters.
  ///
  /// @return the graph with outputs `readout` and `prediction`
  public SequenceGraph predictor() {
    return predictor;
  }

  /// The model without its loss, with the gates of every cell as outputs, for looking inside.
  ///
  /// @return the graph with outputs such as `layer0.forget gate`
  public SequenceGraph exposed() {
    return SequenceGraph.define(settings.precision, g -> compose(g, false, true));
  }

  /// The fraction of each gate's values that are saturated, over the real steps of a batch.
  ///
  /// @param parameters θ
  /// @param batch the input `x`
  /// @return 0 … 1 by names such as `layer0.forget gate`
  public Map<String, Double> saturation(Parameters parameters, Sequences batch) {
    SequenceGraph graph = exposed();
    Rollout rollout =
        graph.evaluate(parameters, graph.zeroState(batch.lanes()), withMasks(batch, null, 0, 0));
    var saturation = new LinkedHashMap<String, Double>();
    for (int i = 0; i < settings.layers.size(); i++) {
      Layer layer = settings.layers.get(i);
      for (boolean reversed :
          layer.bidirectional() ? new boolean[] {false, true} : new boolean[] {false}) {
        for (Cell.Squashed gate : layer.cell().squashed()) {
          String name = name(i, reversed) + "." + gate.label();
          saturation.put(name, saturated(rollout.output(name), gate, batch));
        }
      }
    }
    return saturation;
  }

  private static double saturated(Series values, Cell.Squashed gate, Sequences batch) {
    int size = values.shape().size();
    long saturated = 0;
    for (int lane = 0; lane < batch.lanes(); lane++) {
      for (int t = 0; t < batch.length(lane); t++) {
        for (int i = 0; i < size; i++) {
          saturated += gate.saturated(values.get(t, lane, i)) ? 1 : 0;
        }
      }
    }
    return saturated / (double) (batch.activeSteps() * size);
  }

  /// Whether a prediction is made for each sequence, not for each step.
  ///
  /// @return whether the model is many-to-one
  public boolean pooled() {
    return settings.pooling != Pooling.NONE;
  }

  /// The loss.
  ///
  /// @return the loss
  public Loss loss() {
    return settings.loss;
  }

  /// Predicts.
  ///
  /// @param parameters θ
  /// @param batch the input `x`
  /// @return the outputs `readout` and `prediction`, and the final state
  public Rollout predict(Parameters parameters, Sequences batch) {
    return predictor.evaluate(
        parameters, predictor.zeroState(batch.lanes()), withMasks(batch, null, 0, 0));
  }

  @Override
  public double totalWeight(Sequences batch) {
    if (!batch.inputs().containsKey("weight")) {
      return pooled() ? batch.lanes() : batch.activeSteps();
    }
    Series weight = batch.input("weight");
    double sum = 0;
    for (int lane = 0; lane < batch.lanes(); lane++) {
      for (int t = 0; t < (pooled() ? 1 : batch.length(lane)); t++) {
        sum += weight.get(t, lane, 0);
      }
    }
    return sum > 0 ? sum : 1;
  }

  @Override
  public Sequences withNoise(Sequences batch, long seed, long step) {
    return withMasks(withWeights(batch), "dropout", seed, step);
  }

  @Override
  public Sequences withoutNoise(Sequences batch) {
    return withMasks(withWeights(batch), null, 0, 0);
  }

  private static Sequences withWeights(Sequences batch) {
    if (batch.inputs().containsKey("weight")) {
      return batch;
    }
    double[] ones = new double[batch.lanes()];
    java.util.Arrays.fill(ones, 1);
    return batch.with(
        "weight", Series.constant(Shape.SCALAR, batch.lanes(), batch.horizon(), ones));
  }

  /// Adds the masks of all cells with dropout: zeros with the cell's probability, else 1 / (1 − p);
  /// all ones without a purpose.
  private Sequences withMasks(Sequences batch, String purpose, long seed, long step) {
    Sequences all = batch;
    for (var input : training.inputs().entrySet()) {
      if (!input.getKey().endsWith("Mask")) {
        continue;
      }
      String layer = input.getKey().substring(0, input.getKey().indexOf('.'));
      double drop =
          settings.layers.get(Integer.parseInt(layer.replaceAll("\\D", ""))).cell().dropout();
      int size = input.getValue().size();
      double[] mask = new double[batch.lanes() * size];
      for (int lane = 0; lane < batch.lanes(); lane++) {
        RandomStream random = RandomStream.of(seed, purpose + input.getKey(), step, lane);
        for (int i = 0; i < size; i++) {
          mask[lane * size + i] =
              purpose == null ? 1 : random.nextDouble() < drop ? 0 : 1 / (1 - drop);
        }
      }
      all =
          all.with(
              input.getKey(),
              Series.constant(input.getValue(), batch.lanes(), batch.horizon(), mask));
    }
    return all;
  }

  /// Continues a sequence of symbols, drawing each from the model's prediction of the next.
  ///
  /// @param parameters θ
  /// @param prompt the first symbols, at least one
  /// @param count how many symbols to draw
  /// @param temperature divides the logits; 0 takes the likeliest symbol
  /// @param seed the seed of the draws
  /// @return the drawn symbols
  public int[] generate(
      Parameters parameters, int[] prompt, int count, double temperature, long seed) {
    if (settings.vocabulary == 0
        || !(settings.loss instanceof Loss.Softmax)
        || pooled()
        || predictor.looksAhead()) {
      throw new IllegalArgumentException(
          "SequenceModel.generate: needs a forward model of symbols with a softmax at every step.");
    }
    RandomStream random = RandomStream.of(seed, "generate");
    State state = predictor.zeroState(1);
    int[] drawn = new int[count];
    int last = prompt[0];
    for (int t = 0; t < prompt.length + count - 1; t++) {
      Sequences step =
          Sequences.of(1, 1).with("x", new Series(Shape.SCALAR, 1, new double[][] {{last}}));
      Rollout rollout = predictor.evaluate(parameters, state, withMasks(step, null, 0, 0));
      state = rollout.finalState();
      if (t + 1 < prompt.length) {
        last = prompt[t + 1];
      } else {
        last = draw(rollout.output("readout").steps()[0], temperature, random);
        drawn[t + 1 - prompt.length] = last;
      }
    }
    return drawn;
  }

  private static int draw(double[] logits, double temperature, RandomStream random) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    if (temperature == 0) {
      return best;
    }
    double total = 0;
    double[] weights = new double[logits.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.exp((logits[i] - logits[best]) / temperature);
      total += weights[i];
    }
    double left = random.nextDouble() * total;
    for (int i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    return best;
  }
}
