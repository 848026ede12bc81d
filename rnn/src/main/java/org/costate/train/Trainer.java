package org.costate.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.optim.Updater;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Flow;
import org.costate.unroll.Layout;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.Recurrence;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.State;
import org.costate.unroll.Sweep;
import org.costate.unroll.Tape;
import org.costate.unroll.Truncation;
import org.costate.unroll.Windows;

/// The training loop: batches or windows, gradient, update, validation, early stopping.
///
/// A batch is cut into a fixed number of slices whose gradients are computed in parallel and added
/// in order, so a run depends on its seed and settings only, not on the number of threads.
/// Everything that a run is, is saved by [Snapshot].
public final class Trainer implements AutoCloseable {
  private final Settings settings;
  private final Objective objective;
  private final BatchSource source;
  final Parameters parameters;
  final Updater updater;
  final EarlyStopping stopping;
  final double[] accumulated;
  double[] bestValues;
  Windows windows;
  long batch;
  int windowStart;
  private final ExecutorService threads;

  /// The settings of a run; each method gives a changed copy. To begin with: Adam, clipped to a
  /// global norm of 1, full backpropagation with everything saved, one update for each batch, two
  /// slices, no early stopping, seed 0.
  public static final class Settings implements Cloneable {
    private Optimizer optimizer = new Optimizer.Adam();
    private Schedule schedule;
    private Clipping clipping = new Clipping.GlobalNorm(1);
    private double costateLimit = Double.POSITIVE_INFINITY;
    private double l2;
    private Truncation truncation = new Truncation.None();
    private boolean carryState;
    private SavePolicy save = new SavePolicy.All();
    private int accumulate = 1;
    private int slices = 2;
    private int patience;
    private int flowEvery;
    private long seed;
    private List<TrainingListener> listeners = List.of();

    private Settings(double rate) {
      schedule = new Schedule.Constant(rate);
    }

    /// The settings to begin with.
    ///
    /// @param rate the learning rate
    /// @return the settings
    public static Settings adam(double rate) {
      return new Settings(rate);
    }

    private Settings with(Consumer<Settings> change) {
      try {
        var copy = (Settings) clone();
        change.accept(copy);
        return copy;
      } catch (CloneNotSupportedException e) {
        throw new IllegalStateException(e);
      }
    }

    /// These settings with another update rule.
    ///
    /// @param value the rule
    /// @return the settings
    public Settings optimizer(Optimizer value) {
      return with(s -> s.optimizer = value);
    }

    /// These settings with another learning rate.
    ///
    /// @param value the learning rate
    /// @return the settings
    public Settings schedule(Schedule value) {
      return with(s -> s.schedule = value);
    }

    /// These settings with another limit of the gradient.
    ///
    /// @param value the limit
    /// @return the settings
    public Settings clipping(Clipping value) {
      return with(s -> s.clipping = value);
    }

    /// These settings with a limit of the norm of a lane's costate at each step.
    ///
    /// @param value the largest norm
    /// @return the settings
    public Settings clipCostates(double value) {
      return with(s -> s.costateLimit = value);
    }

    /// These settings with coupled weight decay.
    ///
    /// @param value w, which adds w θ to the clipped gradient
    /// @return the settings
    public Settings l2(double value) {
      return with(s -> s.l2 = value);
    }

    /// These settings with checkpointing.
    ///
    /// @param value what a forward pass keeps
    /// @return the settings
    public Settings save(SavePolicy value) {
      return with(s -> s.save = value);
    }

    /// These settings with one update for several batches.
    ///
    /// @param value the number of batches
    /// @return the settings
    public Settings accumulate(int value) {
      return with(s -> s.accumulate = value);
    }

    /// These settings with another number of slices; it changes the order of additions, so the last
    /// bits.
    ///
    /// @param value the number of slices of a batch
    /// @return the settings
    public Settings slices(int value) {
      return with(s -> s.slices = value);
    }

    /// These settings with early stopping.
    ///
    /// @param value how many validations without improvement stop the run; 0 for never
    /// @return the settings
    public Settings patience(int value) {
      return with(s -> s.patience = value);
    }

    /// These settings recording gradient flow.
    ///
    /// @param value after how many updates; 0 for never
    /// @return the settings
    public Settings flowEvery(int value) {
      return with(s -> s.flowEvery = value);
    }

    /// These settings with another seed of noise such as dropout.
    ///
    /// @param value the seed
    /// @return the settings
    public Settings seed(long value) {
      return with(s -> s.seed = value);
    }

    /// These settings with truncated backpropagation.
    ///
    /// @param window advance and lookback
    /// @param continuing whether the next batch continues the streams of the last
    /// @return the settings
    public Settings truncation(Truncation.Window window, boolean continuing) {
      return with(
          s -> {
            s.truncation = window;
            s.carryState = continuing;
          });
    }

    /// These settings with one more listener.
    ///
    /// @param listener who is told
    /// @return the settings
    public Settings listener(TrainingListener listener) {
      var more = new ArrayList<>(listeners);
      more.add(listener);
      return with(s -> s.listeners = List.copyOf(more));
    }
  }

  /// A run at its beginning.
  ///
  /// @param objective what is minimised
  /// @param source the batches
  /// @param parameters θ, which are trained in place
  /// @param settings the settings
  public Trainer(
      Objective objective, BatchSource source, Parameters parameters, Settings settings) {
    this.objective = objective;
    this.source = source;
    this.parameters = parameters;
    this.settings = settings;
    int size = parameters.values().length;
    this.updater =
        new Updater(settings.optimizer, settings.schedule, settings.clipping, settings.l2, size);
    this.stopping = new EarlyStopping(settings.patience);
    this.accumulated = new double[size];
    this.threads =
        Executors.newFixedThreadPool(
            Math.max(1, Math.min(settings.slices, Runtime.getRuntime().availableProcessors())),
            task -> {
              Thread thread = new Thread(task, "costate-trainer");
              thread.setDaemon(true);
              return thread;
            });
  }

  /// Trains until so many batches have been used; a window counts when its batch is finished.
  ///
  /// @param batches the number of batches since the beginning of the run
  /// @return this
  public Trainer until(long batches) {
    while (batch < batches) {
      step();
    }
    return this;
  }

  /// Trains on one batch or, if truncated, on one window.
  public void step() {
    switch (settings.truncation) {
      case Truncation.None _ -> wholeBatch();
      case Truncation.Window window -> oneWindow(window);
    }
  }

  /// Trains with validation until so many batches or until the score stops improving, and then
  /// restores the best parameters.
  ///
  /// @param batches the most batches since the beginning of the run
  /// @param every after how many batches the score is computed
  /// @param score the validation score of the parameters; smaller is better
  /// @return the best score
  public double train(long batches, long every, ToDoubleFunction<Parameters> score) {
    while (batch < batches
        && !(settings.patience > 0 && stopping.bestIndex() >= 0 && stopping.stop())) {
      until(Math.min(batches, (batch / every + 1) * every));
      double value = score.applyAsDouble(parameters);
      boolean best = stopping.observe(value);
      if (best) {
        bestValues = parameters.values().clone();
      }
      settings.listeners.forEach(listener -> listener.onValidation(batch, value, best));
    }
    restoreBest();
    return stopping.best();
  }

  /// Sets the parameters to the best that were seen by [#train].
  public void restoreBest() {
    if (bestValues != null) {
      System.arraycopy(bestValues, 0, parameters.values(), 0, bestValues.length);
    }
  }

  private record Gradient(double loss, double[] values) {}

  private void wholeBatch() {
    Sequences inputs = objective.withNoise(source.batch(batch), settings.seed, batch);
    double weight = objective.totalWeight(inputs);
    Gradient gradient = gradient(inputs, weight * settings.accumulate);
    for (int i = 0; i < accumulated.length; i++) {
      accumulated[i] += gradient.values[i];
    }
    boolean last = (batch + 1) % settings.accumulate == 0;
    if (last) {
      State zero = recurrence().zeroState(inputs.lanes());
      update(inputs, zero, weight, gradient.loss / weight);
      java.util.Arrays.fill(accumulated, 0);
    }
    batch++;
  }

  private Recurrence recurrence() {
    return objective.recurrence();
  }

  /// The gradient of the mean loss of a batch, slice by slice.
  private Gradient gradient(Sequences inputs, double divisor) {
    int lanes = inputs.lanes();
    int slices = Math.min(settings.slices, lanes);
    var tasks = new ArrayList<Callable<Gradient>>();
    for (int i = 0; i < slices; i++) {
      int from = i * lanes / slices;
      int to = (i + 1) * lanes / slices;
      tasks.add(() -> slice(inputs.slice(from, to), divisor));
    }
    List<Gradient> parts = invoke(tasks);
    double[] total = parts.getFirst().values;
    double loss = parts.getFirst().loss;
    for (Gradient part : parts.subList(1, parts.size())) {
      loss += part.loss;
      for (int i = 0; i < total.length; i++) {
        total[i] += part.values[i];
      }
    }
    return new Gradient(loss, total);
  }

  private List<Gradient> invoke(List<Callable<Gradient>> tasks) {
    try {
      var results = new ArrayList<Gradient>();
      for (Future<Gradient> future : threads.invokeAll(tasks)) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The training was interrupted.", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private Gradient slice(Sequences inputs, double divisor) {
    State zero = recurrence().zeroState(inputs.lanes());
    Tape tape = recurrence().forward(parameters, zero, inputs, settings.save);
    double loss = tape.rollout().sum("loss");
    Cotangents bar = tape.backward(Seeds.of("loss", 1 / divisor), sweep());
    return new Gradient(loss, bar.parameters().values());
  }

  private Sweep sweep() {
    return settings.costateLimit == Double.POSITIVE_INFINITY
        ? Sweep.full()
        : Sweep.full().clipCostates(settings.costateLimit);
  }

  private void oneWindow(Truncation.Window window) {
    Sequences inputs = objective.withNoise(source.batch(batch), settings.seed, batch);
    if (windows == null || windows.state().lanes() != inputs.lanes()) {
      windows = new Windows(recurrence(), window, recurrence().zeroState(inputs.lanes()));
    }
    int end = Math.min(inputs.horizon(), windowStart + window.advance());
    Sequences block = inputs.window(windowStart, end);
    State before = windows.state();
    double weight = objective.totalWeight(block);
    Windows.Result result = windows.next(parameters, block, Seeds.of("loss", 1 / weight), sweep());
    System.arraycopy(
        result.cotangents().parameters().values(), 0, accumulated, 0, accumulated.length);
    update(block, before, weight, result.rollout().sum("loss") / weight);
    java.util.Arrays.fill(accumulated, 0);
    windowStart = end;
    if (windowStart == inputs.horizon()) {
      windowStart = 0;
      batch++;
      if (!settings.carryState) {
        windows = null;
      }
    }
  }

  /// Applies the accumulated gradient; every so often also records how gradients flow, in a pass of
  /// its own.
  private void update(Sequences inputs, State initial, double weight, double loss) {
    boolean recorded = settings.flowEvery > 0 && updater.updates() % settings.flowEvery == 0;
    Map<String, Flow> flow = Map.of();
    double[] before = null;
    double[] gradient = null;
    if (recorded) {
      before = parameters.values().clone();
      gradient = accumulated.clone();
      flow =
          recurrence()
              .forward(parameters, initial, inputs, settings.save)
              .backward(Seeds.of("loss", 1 / weight), sweep().withFlow())
              .flow();
    }
    Updater.Outcome outcome = updater.apply(parameters.values(), accumulated, 1);
    var norms = recorded ? norms(before, gradient) : Map.<String, Update.ParameterNorms>of();
    var update = new Update(batch, updater.updates(), loss, outcome, flow, norms);
    settings.listeners.forEach(listener -> listener.onUpdate(update));
  }

  private Map<String, Update.ParameterNorms> norms(double[] before, double[] gradient) {
    var norms = new LinkedHashMap<String, Update.ParameterNorms>();
    for (Layout.Entry entry : parameters.layout().entries()) {
      double weight = 0;
      double slope = 0;
      double change = 0;
      int zeros = 0;
      for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
        double delta = parameters.values()[i] - before[i];
        weight += before[i] * before[i];
        slope += gradient[i] * gradient[i];
        change += delta * delta;
        zeros += gradient[i] == 0 ? 1 : 0;
      }
      norms.put(
          entry.name(),
          new Update.ParameterNorms(Math.sqrt(weight), Math.sqrt(slope), Math.sqrt(change), zeros));
    }
    return norms;
  }

  /// The parameters in training.
  ///
  /// @return θ, not a copy
  public Parameters parameters() {
    return parameters;
  }

  /// The updates and their counters.
  ///
  /// @return the updater
  public Updater updater() {
    return updater;
  }

  /// The number of batches finished.
  ///
  /// @return the number
  public long batches() {
    return batch;
  }

  /// Where the present batch has got to, with truncation.
  ///
  /// @return the first step of the next window
  public int windowStart() {
    return windowStart;
  }

  Windows windows(int lanes) {
    if (windows == null && settings.truncation instanceof Truncation.Window window) {
      windows = new Windows(recurrence(), window, recurrence().zeroState(lanes));
    }
    return windows;
  }

  long seed() {
    return settings.seed;
  }

  /// Ends the threads.
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
