package org.costate.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.costate.graph.Value;
import org.costate.unroll.Parameters;

/// An optimal control problem over N steps:
///
///     minimise   Σₖ [∫ₖ ℓ(x, u, p, t) dt + ℓₖ(xₖ, uₖ)] + Φ(x_N, p, T)          (Bolza; either part may be absent)
///     subject to xₖ₊₁ = F(xₖ, uₖ)            the integrator's step of ẋ = f(x, u, p, t), or a discrete plant
///                x₀ given, in whole or in part
///                u ≤ uₖ ≤ ū (k < N),  x ≤ xₖ ≤ x̄ (1 ≤ k ≤ N)
///                g(xₖ, uₖ) ≤ 0, e(xₖ, uₖ) = 0 (k < N),  s(xₖ) ≤ 0 (1 ≤ k ≤ N),  ψ(x_N) = 0 or ≤ 0
///
/// over the controls uₖ (constant during a step), parameters p with bounds, the free components of
/// x₀, and the final time T if it is free. Immutable: every method gives a new problem.
public final class OptimalControlProblem {
  /// Where a constraint holds.
  public enum Scope {
    /// At k < N, of state and control.
    PATH,
    /// At 1 ≤ k ≤ N, of the state.
    STATE,
    /// At N.
    TERMINAL
  }

  /// A constraint g ≤ 0, or g = 0.
  ///
  /// @param name what it is called in messages
  /// @param scope where it holds
  /// @param equality whether g = 0
  /// @param formula g, a scalar or a vector
  public record Constraint(
      String name, Scope scope, boolean equality, Function<Instant, Value> formula) {}

  /// A parameter that is optimised with the trajectory, such as the mass of a payload; also a final
  /// time.
  ///
  /// @param name its name
  /// @param guess where the solver begins
  /// @param low its least value
  /// @param high its greatest value
  public record Free(String name, double guess, double low, double high) {
    /// Checks the order.
    public Free {
      if (!(low <= guess && guess <= high)) {
        throw new IllegalArgumentException(
            "OptimalControlProblem: '%s' must have low ≤ guess ≤ high, got %s ≤ %s ≤ %s."
                .formatted(name, low, guess, high));
      }
    }
  }

  /// A disc that a point of the plant must not enter.
  ///
  /// @param x its centre
  /// @param y its centre
  /// @param radius its radius, m
  public record Disc(double x, double y, double radius) {}

  private final Plant plant;
  private Integrator integrator = new Integrator.Rk4();
  private int horizon = 100;
  private double duration = Double.NaN;
  private Free freeDuration;
  private Function<Instant, Value> runningCost;
  private Function<Instant, Value> stageCost;
  private Function<Instant, Value> terminalCost;
  private List<Constraint> constraints = List.of();
  private List<Free> parameters = List.of();
  private List<Disc> obstacles = List.of();
  private double[] initial;
  private boolean[] freeInitial;
  private double[] stateLow;
  private double[] stateHigh;
  private double[] controlLow;
  private double[] controlHigh;
  private Parameters weights = DiscretePlant.none();

  private OptimalControlProblem(Plant plant) {
    this.plant = plant;
    int n = plant.states().size();
    int m = plant.controls().size();
    initial = new double[n];
    freeInitial = new boolean[n];
    stateLow = filled(n, Double.NEGATIVE_INFINITY);
    stateHigh = filled(n, Double.POSITIVE_INFINITY);
    controlLow = filled(m, Double.NEGATIVE_INFINITY);
    controlHigh = filled(m, Double.POSITIVE_INFINITY);
  }

  private static double[] filled(int size, double value) {
    double[] all = new double[size];
    Arrays.fill(all, value);
    return all;
  }

  private OptimalControlProblem(OptimalControlProblem o) {
    plant = o.plant;
    integrator = o.integrator;
    horizon = o.horizon;
    duration = o.duration;
    freeDuration = o.freeDuration;
    runningCost = o.runningCost;
    stageCost = o.stageCost;
    terminalCost = o.terminalCost;
    constraints = o.constraints;
    parameters = o.parameters;
    obstacles = o.obstacles;
    initial = o.initial;
    freeInitial = o.freeInitial;
    stateLow = o.stateLow;
    stateHigh = o.stateHigh;
    controlLow = o.controlLow;
    controlHigh = o.controlHigh;
    weights = o.weights;
  }

  private OptimalControlProblem with(java.util.function.Consumer<OptimalControlProblem> change) {
    var copy = new OptimalControlProblem(this);
    change.accept(copy);
    return copy;
  }

  private static <T> List<T> and(List<T> list, T last) {
    var all = new ArrayList<T>(list);
    all.add(last);
    return List.copyOf(all);
  }

  /// A problem that starts at zero and costs nothing yet: 100 Runge–Kutta steps.
  ///
  /// @param plant what is controlled
  /// @return the problem
  public static OptimalControlProblem of(Plant plant) {
    return new OptimalControlProblem(plant);
  }

  /// Sets how continuous dynamics are integrated.
  ///
  /// @param method the method, at first [Integrator.Rk4]
  /// @return the new problem
  public OptimalControlProblem integrator(Integrator method) {
    return with(p -> p.integrator = method);
  }

  /// Sets the number of steps.
  ///
  /// @param steps N, at least 1
  /// @return the new problem
  public OptimalControlProblem horizon(int steps) {
    if (steps < 1) {
      throw new IllegalArgumentException(
          "OptimalControlProblem: the horizon must have at least 1 step, got %d.".formatted(steps));
    }
    return with(p -> p.horizon = steps);
  }

  /// Sets the final time of continuous dynamics.
  ///
  /// @param seconds T > 0
  /// @return the new problem
  public OptimalControlProblem duration(double seconds) {
    if (!(seconds > 0) || Double.isInfinite(seconds)) {
      throw new IllegalArgumentException(
          "OptimalControlProblem: the duration must be positive, got %s s.".formatted(seconds));
    }
    return with(
        p -> {
          p.duration = seconds;
          p.freeDuration = null;
        });
  }

  /// Lets the solver choose the final time.
  ///
  /// @param guess where it begins, s
  /// @param low the least T > 0, s
  /// @param high the greatest T, s
  /// @return the new problem
  public OptimalControlProblem freeDuration(double guess, double low, double high) {
    if (!(low > 0)) {
      throw new IllegalArgumentException(
          "OptimalControlProblem: the least duration must be positive, got %s s.".formatted(low));
    }
    return with(
        p -> {
          p.duration = guess;
          p.freeDuration = new Free("final time", guess, low, high);
        });
  }

  /// Sets ℓ, whose integral is paid (Lagrange form).
  ///
  /// @param cost ℓ(x, u, p, t), a scalar
  /// @return the new problem
  public OptimalControlProblem runningCost(Function<Instant, Value> cost) {
    if (plant instanceof DiscretePlant) {
      throw new IllegalArgumentException(
          "OptimalControlProblem: '%s' is a discrete plant and has no time to integrate over; use stageCost."
              .formatted(plant.name()));
    }
    return with(p -> p.runningCost = cost);
  }

  /// Sets ℓₖ, which is paid at each step.
  ///
  /// @param cost ℓₖ(x, u, p, t), a scalar
  /// @return the new problem
  public OptimalControlProblem stageCost(Function<Instant, Value> cost) {
    return with(p -> p.stageCost = cost);
  }

  /// Sets Φ, which is paid at the end (Mayer form); its instant has no control, and t = T.
  ///
  /// @param cost Φ(x, p, T), a scalar
  /// @return the new problem
  public OptimalControlProblem terminalCost(Function<Instant, Value> cost) {
    return with(p -> p.terminalCost = cost);
  }

  /// Sets the initial state.
  ///
  /// @param x x₀; NaN where it is free, to begin at 0
  /// @return the new problem
  public OptimalControlProblem startingAt(double... x) {
    check("startingAt", x, plant.states());
    boolean[] free = new boolean[x.length];
    double[] start = x.clone();
    for (int i = 0; i < x.length; i++) {
      if (Double.isInfinite(x[i])) {
        throw new IllegalArgumentException(
            "OptimalControlProblem: the initial %s must be finite, got %s."
                .formatted(plant.states().get(i).name(), x[i]));
      }
      free[i] = Double.isNaN(x[i]);
      start[i] = free[i] ? 0 : x[i];
    }
    return with(
        p -> {
          p.initial = start;
          p.freeInitial = free;
        });
  }

  /// Demands a final state.
  ///
  /// @param x x_N; NaN where it is free
  /// @return the new problem
  public OptimalControlProblem endingAt(double... x) {
    check("endingAt", x, plant.states());
    OptimalControlProblem all = this;
    for (int i = 0; i < x.length; i++) {
      if (Double.isInfinite(x[i])) {
        throw new IllegalArgumentException(
            "OptimalControlProblem: the final %s must be finite, or NaN where it is free, got %s."
                .formatted(plant.states().get(i).name(), x[i]));
      }
      if (!Double.isNaN(x[i])) {
        int component = i;
        double target = x[i];
        all =
            all.terminalEquality(
                "final " + plant.states().get(i).name(), at -> at.x(component).minus(target));
      }
    }
    return all;
  }

  /// Bounds every control.
  ///
  /// @param low the least values, one for each control
  /// @param high the greatest values
  /// @return the new problem
  public OptimalControlProblem controlBounds(double[] low, double[] high) {
    checkBounds("controlBounds", low, high, plant.controls());
    return with(
        p -> {
          p.controlLow = low.clone();
          p.controlHigh = high.clone();
        });
  }

  /// Bounds every control alike.
  ///
  /// @param low the least value
  /// @param high the greatest value
  /// @return the new problem
  public OptimalControlProblem controlBounds(double low, double high) {
    int m = plant.controls().size();
    return controlBounds(filled(m, low), filled(m, high));
  }

  /// Bounds the states at k ≥ 1.
  ///
  /// @param low the least values, −∞ where there is none
  /// @param high the greatest values
  /// @return the new problem
  public OptimalControlProblem stateBounds(double[] low, double[] high) {
    checkBounds("stateBounds", low, high, plant.states());
    return with(
        p -> {
          p.stateLow = low.clone();
          p.stateHigh = high.clone();
        });
  }

  /// Bounds one state at k ≥ 1.
  ///
  /// @param state its name
  /// @param low the least value
  /// @param high the greatest value
  /// @return the new problem
  public OptimalControlProblem stateBounds(String state, double low, double high) {
    int i = plant.state(state);
    double[] lows = stateLow.clone();
    double[] highs = stateHigh.clone();
    lows[i] = low;
    highs[i] = high;
    return stateBounds(lows, highs);
  }

  /// Demands g ≤ 0 at k < N.
  ///
  /// @param name what it is called
  /// @param g of state and control, a scalar or a vector
  /// @return the new problem
  public OptimalControlProblem pathInequality(String name, Function<Instant, Value> g) {
    return constraint(new Constraint(name, Scope.PATH, false, g));
  }

  /// Demands e = 0 at k < N.
  ///
  /// @param name what it is called
  /// @param e of state and control, a scalar or a vector
  /// @return the new problem
  public OptimalControlProblem pathEquality(String name, Function<Instant, Value> e) {
    return constraint(new Constraint(name, Scope.PATH, true, e));
  }

  /// Demands s ≤ 0 at 1 ≤ k ≤ N.
  ///
  /// @param name what it is called
  /// @param s of the state, a scalar or a vector
  /// @return the new problem
  public OptimalControlProblem stateInequality(String name, Function<Instant, Value> s) {
    return constraint(new Constraint(name, Scope.STATE, false, s));
  }

  /// Demands ψ = 0 at the end.
  ///
  /// @param name what it is called
  /// @param psi of the state, a scalar or a vector
  /// @return the new problem
  public OptimalControlProblem terminalEquality(String name, Function<Instant, Value> psi) {
    return constraint(new Constraint(name, Scope.TERMINAL, true, psi));
  }

  /// Demands ψ ≤ 0 at the end.
  ///
  /// @param name what it is called
  /// @param psi of the state, a scalar or a vector
  /// @return the new problem
  public OptimalControlProblem terminalInequality(String name, Function<Instant, Value> psi) {
    return constraint(new Constraint(name, Scope.TERMINAL, false, psi));
  }

  private OptimalControlProblem constraint(Constraint constraint) {
    return with(p -> p.constraints = and(p.constraints, constraint));
  }

  /// A disc to be avoided by a point of the plant: r² − |point − centre|² ≤ 0 at k ≥ 1.
  ///
  /// @param disc the disc
  /// @param point the point, m
  /// @return the new problem
  public OptimalControlProblem obstacle(Disc disc, Function<Instant, Value[]> point) {
    OptimalControlProblem all = with(p -> p.obstacles = and(p.obstacles, disc));
    return all.stateInequality(
        "obstacle " + all.obstacles.size(),
        at -> {
          Value[] xy = point.apply(at);
          Value dx = xy[0].minus(disc.x);
          Value dy = xy[1].minus(disc.y);
          return dx.hadamard(dx).plus(dy.hadamard(dy)).negate().plus(disc.radius * disc.radius);
        });
  }

  /// Adds a parameter to be optimised, `at.p(i)` in the order of addition.
  ///
  /// @param name its name
  /// @param guess where the solver begins
  /// @param low its least value
  /// @param high its greatest value
  /// @return the new problem
  public OptimalControlProblem parameter(String name, double guess, double low, double high) {
    var free = new Free(name, guess, low, high);
    return with(p -> p.parameters = and(p.parameters, free));
  }

  /// Sets the values of the weights θ that the plant's graph shares over all steps.
  ///
  /// @param theta the weights of a learned plant
  /// @return the new problem
  public OptimalControlProblem weights(Parameters theta) {
    return with(p -> p.weights = theta);
  }

  private void check(String method, double[] given, List<Quantity> wanted) {
    if (given.length != wanted.size()) {
      throw new IllegalArgumentException(
          "OptimalControlProblem.%s: '%s' has %d of them (%s), got %d."
              .formatted(
                  method,
                  plant.name(),
                  wanted.size(),
                  wanted.stream().map(Quantity::name).toList(),
                  given.length));
    }
  }

  private void checkBounds(String method, double[] low, double[] high, List<Quantity> of) {
    check(method, low, of);
    check(method, high, of);
    for (int i = 0; i < low.length; i++) {
      if (!(low[i] < high[i])) {
        throw new IllegalArgumentException(
            "OptimalControlProblem.%s: the bounds of %s must have low < high, got %s and %s."
                .formatted(method, of.get(i).name(), low[i], high[i]));
      }
    }
  }

  /// The plant.
  ///
  /// @return what is controlled
  public Plant plant() {
    return plant;
  }

  /// The method of integration.
  ///
  /// @return the integrator
  public Integrator integrator() {
    return integrator;
  }

  /// The number of steps.
  ///
  /// @return N
  public int horizon() {
    return horizon;
  }

  /// The final time, or its guess; for a discrete plant the number of steps.
  ///
  /// @return T
  /// @throws IllegalArgumentException if dynamics have none
  public double duration() {
    if (plant instanceof DiscretePlant) {
      return horizon;
    }
    if (Double.isNaN(duration)) {
      throw new IllegalArgumentException(
          "OptimalControlProblem: '%s' is continuous and needs a final time; call duration(seconds) or freeDuration(guess, low, high)."
              .formatted(plant.name()));
    }
    return duration;
  }

  /// The parameters that are optimised; a free final time is the last of them.
  ///
  /// @return the parameters
  public List<Free> free() {
    return freeDuration == null ? parameters : and(parameters, freeDuration);
  }

  /// Whether T is free.
  ///
  /// @return whether it is
  public boolean hasFreeDuration() {
    return freeDuration != null;
  }

  /// ℓ, or null.
  ///
  /// @return the running cost
  public Function<Instant, Value> runningCost() {
    return runningCost;
  }

  /// ℓₖ, or null.
  ///
  /// @return the cost of a step
  public Function<Instant, Value> stageCost() {
    return stageCost;
  }

  /// Φ, or null.
  ///
  /// @return the terminal cost
  public Function<Instant, Value> terminalCost() {
    return terminalCost;
  }

  /// The constraints beside bounds.
  ///
  /// @return the constraints, in order of addition
  public List<Constraint> constraints() {
    return constraints;
  }

  /// The discs given with [#obstacle].
  ///
  /// @return the discs
  public List<Disc> obstacles() {
    return obstacles;
  }

  /// x₀, with 0 where it is free.
  ///
  /// @return a copy
  public double[] initialState() {
    return initial.clone();
  }

  /// Which components of x₀ are free.
  ///
  /// @return a copy
  public boolean[] freeInitial() {
    return freeInitial.clone();
  }

  /// The least states.
  ///
  /// @return a copy
  public double[] stateLow() {
    return stateLow.clone();
  }

  /// The greatest states.
  ///
  /// @return a copy
  public double[] stateHigh() {
    return stateHigh.clone();
  }

  /// The least controls.
  ///
  /// @return a copy
  public double[] controlLow() {
    return controlLow.clone();
  }

  /// The greatest controls.
  ///
  /// @return a copy
  public double[] controlHigh() {
    return controlHigh.clone();
  }

  /// The weights of a learned plant.
  ///
  /// @return θ
  public Parameters weights() {
    return weights;
  }
}
