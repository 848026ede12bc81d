package org.costate.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import org.costate.graph.Forward;
import org.costate.graph.Op;
import org.costate.graph.Role;
import org.costate.graph.StepGraph;
import org.costate.random.RandomStream;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Layout;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Recurrence;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Sweep;
import org.costate.unroll.Truncation;
import org.costate.unroll.Unroll;
import org.costate.unroll.Windows;

/// Compares the gradients of a step, a model or a truncated window with finite differences.
///
/// The difference is the fourth-order central one, `(8 (f(x+ε) − f(x−ε)) − (f(x+2ε) − f(x−2ε))) /
/// 12ε`. In double ε is 10⁻³ of the value's size and the error near 10⁻¹¹; in float ε is 5·10⁻² and
/// tolerances below 10⁻² mean nothing.
///
/// ```java
/// GradientCheck.of(unroll, theta, unroll.zeroState(3), batch, Seeds.of("loss", 1)).require(1e-6);
/// ```
public final class GradientCheck {
  private static final int MOST_ELEMENTS = 200;

  private GradientCheck() {}

  /// One compared derivative.
  ///
  /// @param operand the parameter, state or input
  /// @param index the element, row-major; for a state or an input within its lane
  /// @param time the time step of an input, 0 for a state, −1 for a parameter
  /// @param lane the lane, −1 for a parameter
  /// @param analytic what the backward pass says
  /// @param numeric what the difference says
  /// @param error |analytic − numeric|, relative to the larger of the two or to a hundredth of the
  ///   operand's largest derivative
  public record Derivative(
      String operand,
      int index,
      int time,
      int lane,
      double analytic,
      double numeric,
      double error) {
    @Override
    public String toString() {
      String where = lane < 0 ? "" : " at t = %d, lane %d".formatted(time, lane);
      return "%s[%d]%s: gradient %.9g, finite difference %.9g, relative error %.2g"
          .formatted(operand, index, where, analytic, numeric, error);
    }
  }

  /// The outcome: the worst derivative of each operand, the worst operand first.
  ///
  /// @param operands one entry for each operand
  public record Report(List<Derivative> operands) {
    /// The worst of all.
    ///
    /// @return the derivative with the largest error
    public Derivative worst() {
      return operands.getFirst();
    }

    /// Whether every error is within a tolerance.
    ///
    /// @param tolerance the largest relative error
    /// @return whether all are
    public boolean passes(double tolerance) {
      return worst().error() <= tolerance;
    }

    /// Throws unless every error is within a tolerance.
    ///
    /// @param tolerance the largest relative error
    /// @throws AssertionError naming the worst operand, index and time step
    public void require(double tolerance) {
      if (!passes(tolerance)) {
        throw new AssertionError(
            "gradient check failed at tolerance %.1g:%n%s".formatted(tolerance, this));
      }
    }

    @Override
    public String toString() {
      return operands.stream().map(Derivative::toString).collect(Collectors.joining("\n"));
    }
  }

  /// Checks θ̄, λ₀ and the kept ū of a step or a model in double precision.
  ///
  /// @param recurrence the step or model
  /// @param parameters θ
  /// @param initial x₀
  /// @param batch u
  /// @param seeds what is differentiated
  /// @return the report
  public static Report of(
      Recurrence recurrence, Parameters parameters, State initial, Sequences batch, Seeds seeds) {
    return of(recurrence, parameters, initial, batch, seeds, Precision.DOUBLE);
  }

  /// Checks θ̄, λ₀ and the kept ū of a step or a model.
  ///
  /// @param recurrence the step or model
  /// @param parameters θ
  /// @param initial x₀
  /// @param batch u
  /// @param seeds what is differentiated
  /// @param precision the element type the recurrence was made with, which sets ε
  /// @return the report
  public static Report of(
      Recurrence recurrence,
      Parameters parameters,
      State initial,
      Sequences batch,
      Seeds seeds,
      Precision precision) {
    Cotangents bar = recurrence.forward(parameters, initial, batch).backward(seeds);
    return compare(recurrence, parameters, initial, batch, seeds, bar, precision);
  }

  /// Checks every window of truncated backpropagation: its θ̄ must be the derivative of the
  /// window's losses with the state `lookback` steps back held fixed.
  ///
  /// @param recurrence the step or model
  /// @param truncation advance and lookback, with lookback at least advance
  /// @param parameters θ
  /// @param initial x₀
  /// @param batch u
  /// @param seeds what is differentiated, with constant weights
  /// @return the report over all windows
  public static Report window(
      Recurrence recurrence,
      Truncation.Window truncation,
      Parameters parameters,
      State initial,
      Sequences batch,
      Seeds seeds) {
    if (truncation.lookback() < truncation.advance()) {
      throw new IllegalArgumentException(
          "GradientCheck.window: with lookback %d below advance %d the truncated gradient is not the derivative of one function."
              .formatted(truncation.lookback(), truncation.advance()));
    }
    var worst = new LinkedHashMap<String, Derivative>();
    var windows = new Windows(recurrence, truncation, initial);
    var all = recurrence.forward(parameters, initial, batch);
    for (int t = 0; t < batch.horizon(); t += truncation.advance()) {
      int end = Math.min(batch.horizon(), t + truncation.advance());
      Windows.Result result = windows.next(parameters, batch.window(t, end), seeds, Sweep.full());
      int start = t - result.lookbackSteps();
      Sequences seen = batch.window(start, end);
      Report report =
          compare(
              recurrence,
              parameters,
              all.state(start),
              seen,
              seeds.since(t - start),
              result.cotangents(),
              Precision.DOUBLE);
      report
          .operands()
          .forEach(d -> worst.merge(d.operand(), d, (a, b) -> a.error() >= b.error() ? a : b));
    }
    return sorted(new ArrayList<>(worst.values()));
  }

  private static Report compare(
      Recurrence recurrence,
      Parameters parameters,
      State initial,
      Sequences batch,
      Seeds seeds,
      Cotangents bar,
      Precision precision) {
    var found = new ArrayList<Derivative>();
    for (Layout.Entry entry : parameters.layout().entries()) {
      var list = new ArrayList<Derivative>();
      for (int i : sample(entry.size(), entry.name())) {
        double[] values = parameters.values().clone();
        var moved = new Parameters(parameters.layout(), values);
        int at = entry.offset() + i;
        double numeric =
            difference(
                values[at],
                precision,
                v -> {
                  values[at] = v;
                  return seeds.objective(recurrence.evaluate(moved, initial, batch), batch);
                });
        list.add(
            new Derivative(entry.name(), i, -1, -1, bar.parameters().values()[at], numeric, 0));
      }
      add(found, list);
    }
    for (var entry : initial.values().entrySet()) {
      var list = new ArrayList<Derivative>();
      double[] copy = entry.getValue().clone();
      int size = copy.length / batch.lanes();
      for (int i : sample(copy.length, entry.getKey())) {
        double numeric =
            difference(
                entry.getValue()[i],
                precision,
                v -> {
                  copy[i] = v;
                  double f =
                      seeds.objective(
                          recurrence.evaluate(
                              parameters, initial.with(entry.getKey(), copy), batch),
                          batch);
                  copy[i] = entry.getValue()[i];
                  return f;
                });
        list.add(
            new Derivative(
                "initial " + entry.getKey(),
                i % size,
                0,
                i / size,
                bar.initialState().get(entry.getKey())[i],
                numeric,
                0));
      }
      add(found, list);
    }
    bar.inputs()
        .forEach(
            (name, series) ->
                add(
                    found,
                    inputs(
                        recurrence, parameters, initial, batch, seeds, name, series, precision)));
    return sorted(found);
  }

  private static List<Derivative> inputs(
      Recurrence recurrence,
      Parameters parameters,
      State initial,
      Sequences batch,
      Seeds seeds,
      String name,
      Series bar,
      Precision precision) {
    var list = new ArrayList<Derivative>();
    Series given = batch.input(name);
    double[][] steps = given.steps().clone();
    int size = given.shape().size();
    Sequences moved = batch.with(name, new Series(given.shape(), given.lanes(), steps));
    for (int k : sample(given.horizon() * batch.lanes() * size, name)) {
      int t = k / (batch.lanes() * size);
      int i = k % (batch.lanes() * size);
      double numeric =
          difference(
              given.steps()[t][i],
              precision,
              v -> {
                steps[t] = given.steps()[t].clone();
                steps[t][i] = v;
                double f = seeds.objective(recurrence.evaluate(parameters, initial, moved), batch);
                steps[t] = given.steps()[t];
                return f;
              });
      list.add(
          new Derivative("input " + name, i % size, t, i / size, bar.steps()[t][i], numeric, 0));
    }
    return list;
  }

  /// Adds the worst derivative of one operand.
  private static void add(List<Derivative> found, List<Derivative> operand) {
    double largest =
        operand.stream()
            .mapToDouble(d -> Math.max(Math.abs(d.analytic()), Math.abs(d.numeric())))
            .max()
            .orElse(0);
    Derivative worst = null;
    for (Derivative d : operand) {
      double scale =
          Math.max(
              1e-6,
              Math.max(largest / 100, Math.max(Math.abs(d.analytic()), Math.abs(d.numeric()))));
      double error = Math.abs(d.analytic() - d.numeric()) / scale;
      error = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
      if (worst == null || error > worst.error()) {
        worst =
            new Derivative(
                d.operand(), d.index(), d.time(), d.lane(), d.analytic(), d.numeric(), error);
      }
    }
    if (worst != null) {
      found.add(worst);
    }
  }

  private static Report sorted(List<Derivative> found) {
    found.sort((a, b) -> Double.compare(b.error(), a.error()));
    return new Report(List.copyOf(found));
  }

  /// All elements of a small operand; a fixed random sample of a large one.
  private static int[] sample(int size, String name) {
    int[] order = RandomStream.of(0, "gradient check " + name).permutation(size);
    return java.util.Arrays.copyOf(order, Math.min(size, MOST_ELEMENTS));
  }

  private static double difference(double x, Precision precision, DoubleUnaryOperator f) {
    double epsilon = (precision == Precision.DOUBLE ? 1e-3 : 5e-2) * Math.max(1, Math.abs(x));
    double near = f.applyAsDouble(x + epsilon) - f.applyAsDouble(x - epsilon);
    double far = f.applyAsDouble(x + 2 * epsilon) - f.applyAsDouble(x - 2 * epsilon);
    return (8 * near - far) / (12 * epsilon);
  }

  /// The dot-product test of forward against reverse mode over a whole unroll: with random tangents
  /// and cotangents, ⟨ȳ, J ẋ⟩ and ⟨Jᵀ ȳ, ẋ⟩ must be one number. It needs no finite difference, so
  /// it holds to rounding.
  ///
  /// @param step the step; all its operands are moved
  /// @param parameters θ
  /// @param initial x₀
  /// @param batch u
  /// @param seed the seed of tangents and cotangents
  /// @return |difference| / (|first| + |second|)
  public static double dotProduct(
      StepGraph step, Parameters parameters, State initial, Sequences batch, long seed) {
    Unroll forward = Unroll.of(Forward.of(step));
    Unroll reverse = Unroll.of(step);
    RandomStream random = RandomStream.of(seed, "dot product");
    Parameters moved = Parameters.initialise(forward.layout(), 0);
    State state = forward.zeroState(batch.lanes());
    Sequences inputs = batch;
    double[] thetaDot = gaussian(parameters.values().length, random);
    for (Layout.Entry entry : parameters.layout().entries()) {
      moved.set(entry.name(), parameters.get(entry.name()));
      moved.set(
          entry.name() + "Dot",
          java.util.Arrays.copyOfRange(thetaDot, entry.offset(), entry.offset() + entry.size()));
    }
    var stateDot = new LinkedHashMap<String, double[]>();
    for (var entry : initial.values().entrySet()) {
      stateDot.put(entry.getKey(), gaussian(entry.getValue().length, random));
      state =
          state
              .with(entry.getKey(), entry.getValue())
              .with(entry.getKey() + "Dot", stateDot.get(entry.getKey()));
    }
    var inputDot = new LinkedHashMap<String, Series>();
    for (int id : step.inputs(Role.STEP)) {
      String name = ((Op.Input) step.ops().get(id)).name();
      Series dot = randomSeries(batch.input(name), random);
      inputDot.put(name, dot);
      inputs = inputs.with(name + "Dot", dot);
    }
    Rollout pushed = forward.evaluate(moved, state, inputs);
    Seeds seeds = Seeds.none();
    double first = 0;
    for (String name : step.outputs().keySet()) {
      Series bar = randomSeries(pushed.output(name), random);
      seeds = seeds.with(name, bar);
      first += dot(bar, pushed.output(name + "Dot"), batch);
    }
    var finalBar = new LinkedHashMap<String, double[]>();
    for (String name : initial.values().keySet()) {
      double[] bar = gaussian(initial.get(name).length, random);
      finalBar.put(name, bar);
      first += dot(bar, pushed.finalState().get(name + "Dot"));
    }
    Cotangents bar =
        reverse
            .forward(parameters, initial, batch)
            .backward(seeds.finalState(new State(batch.lanes(), finalBar)));
    double second = dot(bar.parameters().values(), thetaDot);
    for (String name : stateDot.keySet()) {
      second += dot(bar.initialState().get(name), stateDot.get(name));
    }
    for (String name : inputDot.keySet()) {
      second += dot(bar.input(name), inputDot.get(name), batch);
    }
    double scale = Math.abs(first) + Math.abs(second);
    return scale == 0 ? 0 : Math.abs(first - second) / scale;
  }

  private static double[] gaussian(int n, RandomStream random) {
    double[] values = new double[n];
    java.util.Arrays.setAll(values, _ -> random.nextGaussian());
    return values;
  }

  private static Series randomSeries(Series like, RandomStream random) {
    double[][] steps = new double[like.horizon()][];
    for (int t = 0; t < steps.length; t++) {
      steps[t] = gaussian(like.steps()[t].length, random);
    }
    return new Series(like.shape(), like.lanes(), steps);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double dot(Series a, Series b, Sequences batch) {
    double sum = 0;
    int size = a.shape().size();
    for (int t = 0; t < a.horizon(); t++) {
      for (int lane = 0; lane < a.lanes(); lane++) {
        for (int i = 0; i < size; i++) {
          sum += batch.active(t, lane) ? a.get(t, lane, i) * b.get(t, lane, i) : 0;
        }
      }
    }
    return sum;
  }
}
