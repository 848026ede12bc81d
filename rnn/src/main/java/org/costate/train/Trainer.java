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
/// A batch is cut into a fixed number of slices whose gradients are computed in parallel and added in order, so a run depends on
/// its seed and settings only, not on the number of threads. Everything that a run is, is saved by [Snapshot].
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

  /// The settings of a run.
  ///
  /// @param optimizer the update rule
  /// @param schedule the learning rate
  /// @param clipping the limit of the gradient
  /// @param costateLimit the limit of a lane's costate at each step; +∞ for none
  /// @param l2 the coupled weight decay
  /// @param truncation how far gradients look back
  /// @param carryState with truncation, whether the next batch continues the streams of the last
  /// @param save what a forward pass keeps
  /// @param accumulate how many batches make one update
  /// @param slices into how many slices a batch is cut, at most one for each lane
  /// @param patience how many validations without improvement stop the run; 0 for never
  /// @param flowEvery after how many updates gradient flow is recorded; 0 for never
  /// @param seed the seed of noise such as dropout
  /// @param listeners who is told
  public record Settings(
      Optimizer optimizer, Schedule schedule, Clipping clipping, double costateLimit, double l2, Truncation truncation, boolean carryState,
      SavePolicy save, int accumulate, int slices, int patience, int flowEvery, long seed, List<TrainingListener> listeners) {
    /// Adam at a rate, clipped to a global norm of 1, full backpropagation, two slices.
    ///
    /// @param rate the learning rate
    /// @return the settings
    public static Settings adam(double rate) {
      return new Settings(
          new Optimizer.Adam(), new Schedule.Constant(rate), new Clipping.GlobalNorm(1), Double.POSITIVE_INFINITY, 0,
          new Truncation.None(), false, new SavePolicy.All(), 1, 2, 0, 0, 0, List.of());
    }

    /// These settings with another rule.
    ///
    /// @param rule the update rule
    /// @return the settings
    public Settings optimizer(Optimizer rule) {
      return new Settings(rule, schedule, clipping, costateLimit, l2, truncation, carryState, save, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with another learning rate.
    ///
    /// @param rates the schedule
    /// @return the settings
    public Settings schedule(Schedule rates) {
      return new Settings(optimizer, rates, clipping, costateLimit, l2, truncation, carryState, save, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with another limit of the gradient.
    ///
    /// @param limit the clipping
    /// @return the settings
    public Settings clipping(Clipping limit) {
      return new Settings(optimizer, schedule, limit, costateLimit, l2, truncation, carryState, save, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with a limit of the costate at each step.
    ///
    /// @param limit the largest norm
    /// @return the settings
    public Settings clipCostates(double limit) {
      return new Settings(optimizer, schedule, clipping, limit, l2, truncation, carryState, save, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with coupled weight decay.
    ///
    /// @param decay w
    /// @return the settings
    public Settings l2(double decay) {
      return new Settings(optimizer, schedule, clipping, costateLimit, decay, truncation, carryState, save, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with truncated backpropagation.
    ///
    /// @param window advance and lookback
    /// @param continuing whether the next batch continues the streams of the last
    /// @return the settings
    public Settings truncation(Truncation.Window window, boolean continuing) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, window, continuing, save, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with checkpointing.
    ///
    /// @param policy what a forward pass keeps
    /// @return the settings
    public Settings save(SavePolicy policy) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, policy, accumulate, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with one update for several batches.
    ///
    /// @param batches the number of batches
    /// @return the settings
    public Settings accumulate(int batches) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, save, batches, slices, patience, flowEvery, seed, listeners);
    }

    /// These settings with another number of slices.
    ///
    /// @param count the number of slices
    /// @return the settings
    public Settings slices(int count) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, save, accumulate, count, patience, flowEvery, seed, listeners);
    }

    /// These settings with early stopping.
    ///
    /// @param validations how many validations without improvement stop the run
    /// @return the settings
    public Settings patience(int validations) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, save, accumulate, slices, validations, flowEvery, seed, listeners);
    }

    /// These settings with recording of gradient flow.
    ///
    /// @param updates after how many updates
    /// @return the settings
    public Settings flowEvery(int updates) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, save, accumulate, slices, patience, updates, seed, listeners);
    }

    /// These settings with another seed.
    ///
    /// @param number the seed
    /// @return the settings
    public Settings seed(long number) {
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, save, accumulate, slices, patience, flowEvery, number, listeners);
    }

    /// These settings with one more listener.
    ///
    /// @param listener who is told
    /// @return the settings
    public Settings listener(TrainingListener listener) {
      var more = new ArrayList<>(listeners);
      more.add(listener);
      return new Settings(optimizer, schedule, clipping, costateLimit, l2, truncation, carryState, save, accumulate, slices, patience, flowEvery, seed, List.copyOf(more));
    }
  }

  /// A run at its beginning.
  ///
  /// @param objective what is minimised
  /// @param source the batches
  /// @param parameters θ, which are trained in place
  /// @param settings the settings
  public Trainer(Objective objective, BatchSource source, Parameters parameters, Settings settings) {
    this.objective = objective;
    this.source = source;
    this.parameters = parameters;
    this.settings = settings;
    int size = parameters.values().length;
    this.updater = new Updater(settings.optimizer(), settings.schedule(), settings.clipping(), settings.l2(), size);
    this.stopping = new EarlyStopping(settings.patience());
    this.accumulated = new double[size];
    this.threads =
        Executors.newFixedThreadPool(
            Math.max(1, Math.min(settings.slices(), Runtime.getRuntime().availableProcessors())),
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
    switch (settings.truncation()) {
      case Truncation.None _ -> wholeBatch();
      case Truncation.Window window -> oneWindow(window);
    }
  }

  /// Trains with validation until so many batches or until the score stops improving, and then restores the best parameters.
  ///
  /// @param batches the most batches since the beginning of the run
  /// @param every after how many batches the score is computed
  /// @param score the validation score of the parameters; smaller is better
  /// @return the best score
  public double train(long batches, long every, ToDoubleFunction<Parameters> score) {
    while (batch < batches && !(settings.patience() > 0 && stopping.bestIndex() >= 0 && stopping.stop())) {
      until(Math.min(batches, (batch / every + 1) * every));
      double value = score.applyAsDouble(parameters);
      boolean best = stopping.observe(value);
      if (best) {
        bestValues = parameters.values().clone();
      }
      settings.listeners().forEach(listener -> listener.onValidation(batch, value, best));
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
    Sequences inputs = objective.withNoise(source.batch(batch), settings.seed(), batch);
    double weight = objective.totalWeight(inputs);
    Gradient gradient = gradient(inputs, weight * settings.accumulate());
    for (int i = 0; i < accumulated.length; i++) {
      accumulated[i] += gradient.values[i];
    }
    boolean last = (batch + 1) % settings.accumulate() == 0;
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
    int slices = Math.min(settings.slices(), lanes);
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
    Tape tape = recurrence().forward(parameters, zero, inputs, settings.save());
    double loss = tape.rollout().sum("loss");
    Cotangents bar = tape.backward(Seeds.of("loss", 1 / divisor), sweep());
    return new Gradient(loss, bar.parameters().values());
  }

  private Sweep sweep() {
    return settings.costateLimit() == Double.POSITIVE_INFINITY ? Sweep.full() : Sweep.full().clipCostates(settings.costateLimit());
  }

  private void oneWindow(Truncation.Window window) {
    Sequences inputs = objective.withNoise(source.batch(batch), settings.seed(), batch);
    if (windows == null || windows.state().lanes() != inputs.lanes()) {
      windows = new Windows(recurrence(), window, recurrence().zeroState(inputs.lanes()));
    }
    int end = Math.min(inputs.horizon(), windowStart + window.advance());
    Sequences block = inputs.window(windowStart, end);
    double weight = objective.totalWeight(block);
    Windows.Result result = windows.next(parameters, block, Seeds.of("loss", 1 / weight), sweep());
    System.arraycopy(result.cotangents().parameters().values(), 0, accumulated, 0, accumulated.length);
    update(block, null, weight, result.rollout().sum("loss") / weight);
    java.util.Arrays.fill(accumulated, 0);
    windowStart = end;
    if (windowStart == inputs.horizon()) {
      windowStart = 0;
      batch++;
      if (!settings.carryState()) {
        windows = null;
      }
    }
  }

  /// Applies the accumulated gradient; every so often also records how gradients flow, in a pass of its own.
  private void update(Sequences inputs, State initial, double weight, double loss) {
    boolean recorded = settings.flowEvery() > 0 && updater.updates() % settings.flowEvery() == 0;
    Map<String, Flow> flow = Map.of();
    double[] before = null;
    double[] gradient = null;
    if (recorded) {
      before = parameters.values().clone();
      gradient = accumulated.clone();
      State start = initial != null ? initial : recurrence().zeroState(inputs.lanes());
      flow = recurrence().forward(parameters, start, inputs, settings.save()).backward(Seeds.of("loss", 1 / weight), sweep().withFlow()).flow();
    }
    Updater.Outcome outcome = updater.apply(parameters.values(), accumulated, 1);
    var norms = recorded ? norms(before, gradient) : Map.<String, Update.ParameterNorms>of();
    var update = new Update(batch, updater.updates(), loss, outcome, flow, norms);
    settings.listeners().forEach(listener -> listener.onUpdate(update));
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
      norms.put(entry.name(), new Update.ParameterNorms(Math.sqrt(weight), Math.sqrt(slope), Math.sqrt(change), zeros));
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
    if (windows == null && settings.truncation() instanceof Truncation.Window window) {
      windows = new Windows(recurrence(), window, recurrence().zeroState(lanes));
    }
    return windows;
  }

  long seed() {
    return settings.seed();
  }

  /// Ends the threads.
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
