package org.costate.automata.learn;

import static org.costate.graph.Functions.clamp;
import static org.costate.graph.Functions.concat;
import static org.costate.graph.Functions.greater;
import static org.costate.graph.Functions.log;
import static org.costate.graph.Functions.select;
import static org.costate.graph.Functions.sigmoid;
import static org.costate.graph.Functions.softmax;
import static org.costate.graph.Functions.straightThrough;

import java.util.Arrays;
import org.costate.automata.Boundary;
import org.costate.automata.Neighbourhood;
import org.costate.graph.Initializer;
import org.costate.graph.Parameter;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// The step of an automaton whose rule is the parameter θ.
///
///     T = σ(θ)        p′ = Σ_c T[entry(c)] Π_j (pⱼ if cⱼ = 1, else 1 − pⱼ)
///
/// for two states: the multilinear interpolation of the table on the hypercube of the neighbourhood,
/// exact at its corners. For k states a cell is a distribution, `T = softmax(θ)`, and
/// `p′[s] = Σ_e T[e, s] φ(e)` where φ(e) is the probability that the neighbourhood has entry e; for
/// classes that count, the distribution of the count is found by convolution of those of its parts
/// (the Poisson-binomial recursion).
///
/// The carry is the frame, `x` of shape `[H, W]` (two states) or `[k, H, W]`. Hard steps pass on the
/// thresholded frame and differentiate p′ straight through (Bengio, Léonard and Courville 2013);
/// a cell that was observed is replaced by its observation before the step. The loss is the
/// cross-entropy of p′ at the cells whose weight is not 0, in nats.
public final class RuleStep {
  private static final double SMALLEST = 1e-6;
  private static final int MOST_NEIGHBOURHOODS = 1 << 13;

  private RuleStep() {}

  /// How a step passes its frame on.
  public enum Frames {
    /// Thresholded, differentiated straight through.
    HARD,
    /// As probabilities (mean field).
    SOFT,
    /// As probabilities, with what was observed put in their place; two states.
    PARTIAL
  }

  /// The step of a class.
  ///
  /// Step inputs, all `[H, W]`: `target` (the states afterwards) and `weight` of its cells in the
  /// loss; with partial frames also `observed` (the states before) and `mask` (1 where they were
  /// observed). Parameter `rule` of shape `[entries]`, or `[entries, k]`; outputs `loss` (a number)
  /// and `frame`.
  ///
  /// @param ruleClass the class, of first order; full and symmetric classes of two states, or any
  ///   class that counts one state or has up to 8,192 neighbourhoods
  /// @param boundary a torus or fixed edges
  /// @param height H
  /// @param width W
  /// @param frames what is passed on
  /// @return the step
  public static StepGraph of(
      RuleClass ruleClass, Boundary boundary, int height, int width, Frames frames) {
    return ruleClass.states() == 2
        ? twoStates(ruleClass, boundary, height, width, frames)
        : manyStates(ruleClass, boundary, height, width, frames);
  }

  /// Whether a class can be learned through hidden frames.
  ///
  /// @param ruleClass the class
  /// @return whether [#of] takes it
  public static boolean handles(RuleClass ruleClass) {
    int[] of = ruleClass.entryOfIndex();
    boolean counting = ruleClass.tie() instanceof RuleClass.Tie.Counting;
    return ruleClass.order() == 1
        && (ruleClass.states() > 2 && counting || of != null && of.length <= MOST_NEIGHBOURHOODS);
  }

  /// The parameter of a class: small random logits, so that no output is preferred.
  static Parameter parameter(RuleClass ruleClass) {
    Initializer random =
        (values, _, stream) -> Arrays.setAll(values, _ -> 0.3 * stream.nextGaussian());
    return ruleClass.states() == 2
        ? Parameter.of("rule", random, ruleClass.entries())
        : Parameter.of("rule", random, ruleClass.entries(), ruleClass.states());
  }

  private static StepGraph twoStates(
      RuleClass ruleClass, Boundary boundary, int height, int width, Frames frames) {
    return StepGraph.define(
        "rule of class " + ruleClass.name(),
        s -> {
          Value x = s.carry("x", height, width);
          Value theta = s.shared(parameter(ruleClass));
          Value target = s.input("target", height, width);
          Value weight = s.input("weight", height, width);
          Value table = sigmoid(theta).named("table");
          Value before = x;
          if (frames == Frames.PARTIAL) {
            Value mask = s.input("mask", height, width);
            before = select(greater(mask, s.constant(0.5)), s.input("observed", height, width), x);
          }
          Value soft = interpolate(s, table, ruleClass, before, boundary);
          Value p = clamp(soft, SMALLEST, 1 - SMALLEST);
          Value loss =
              target
                  .hadamard(log(p))
                  .plus(target.negate().plus(1).hadamard(log(p.negate().plus(1))))
                  .negate();
          finish(s, x, soft, loss, weight, frames, greater(soft, s.constant(0.5)));
        });
  }

  private static void finish(
      StepBuilder s, Value x, Value soft, Value loss, Value weight, Frames frames, Value hard) {
    s.output("loss", loss.hadamard(weight).sum());
    Value next = frames == Frames.HARD ? straightThrough(hard, soft) : soft;
    s.output("frame", next);
    s.next(x, next);
  }

  /// The sum over corners, with the product split into two halves, so that the sum is a product of
  /// matrices, 2ᵃ × 2ᵇ times 2ᵇ × cells.
  private static Value interpolate(
      StepBuilder s, Value table, RuleClass ruleClass, Value x, Boundary boundary) {
    Neighbourhood cells = ruleClass.cells();
    int n = cells.size();
    int[] of = ruleClass.entryOfIndex();
    int height = x.shape().dim(0);
    int width = x.shape().dim(1);
    Value[] parts = new Value[n];
    for (int j = 0; j < n; j++) {
      Neighbourhood.Offset o = cells.offsets().get(j);
      parts[j] = shifted(s, x, o.dy(), o.dx(), boundary, 0).reshape(1, height * width);
    }
    int half = n / 2;
    Value left = corners(parts, 0, half);
    Value right = corners(parts, half, n);
    double[] entries = new double[of.length];
    Arrays.setAll(entries, i -> of[i]);
    Value full = table.gather(s.constant(entries)).reshape(1 << half, 1 << (n - half));
    return full.times(right).hadamard(left).sum(0).reshape(height, width);
  }

  private static Value corners(Value[] parts, int from, int to) {
    Value[] products = {parts[from].negate().plus(1), parts[from]};
    for (int j = from + 1; j < to; j++) {
      Value off = parts[j].negate().plus(1);
      Value[] more = new Value[2 * products.length];
      for (int i = 0; i < products.length; i++) {
        more[2 * i] = products[i].hadamard(off);
        more[2 * i + 1] = products[i].hadamard(parts[j]);
      }
      products = more;
    }
    return concat(0, products);
  }

  /// The value of the cell at an offset, for every cell: `[…, H, W]` moved by (dy, dx).
  private static Value shifted(
      StepBuilder s, Value x, int dy, int dx, Boundary boundary, int axis) {
    double outside = boundary instanceof Boundary.Fixed(int state) ? state : 0;
    boolean wraps =
        boundary instanceof Boundary.Torus(int right, int down) && right == 0 && down == 0;
    if (!wraps && !(boundary instanceof Boundary.Fixed)) {
      throw new IllegalArgumentException(
          "RuleStep: the boundary must be a plain torus or fixed, got " + boundary + ".");
    }
    return moved(s, moved(s, x, axis, dy, wraps, outside), axis + 1, dx, wraps, outside);
  }

  private static Value moved(
      StepBuilder s, Value x, int axis, int by, boolean wraps, double outside) {
    int n = x.shape().dim(axis);
    int shift = wraps ? Math.floorMod(by, n) : Math.clamp(by, -n, n);
    if (shift == 0) {
      return x;
    }
    if (wraps) {
      return concat(axis, x.slice(axis, shift, n), x.slice(axis, 0, shift));
    }
    int[] dims = x.shape().toArray();
    dims[axis] = Math.abs(shift);
    Value edge = s.constant(outside).broadcast(Shape.of(dims));
    return Math.abs(shift) == n
        ? edge
        : shift > 0
            ? concat(axis, x.slice(axis, shift, n), edge)
            : concat(axis, edge, x.slice(axis, 0, n + shift));
  }

  private static StepGraph manyStates(
      RuleClass ruleClass, Boundary boundary, int height, int width, Frames frames) {
    int k = ruleClass.states();
    return StepGraph.define(
        "rule of class " + ruleClass.name(),
        s -> {
          Value x = s.carry("x", k, height, width);
          Value theta = s.shared(parameter(ruleClass));
          Value target = s.input("target", height, width);
          Value weight = s.input("weight", height, width);
          Value[] rows = new Value[ruleClass.entries()];
          for (int e = 0; e < rows.length; e++) {
            rows[e] = softmax(theta.at(e)).reshape(1, k);
          }
          Value table = concat(0, rows).named("table");
          Value soft =
              table
                  .transpose()
                  .times(features(s, ruleClass, x, boundary))
                  .reshape(k, height, width);
          Value[] hot = new Value[k];
          Value[] best = new Value[k];
          Value largest = soft.max(0);
          Value taken = s.constant(0).broadcast(Shape.of(height, width));
          for (int c = 0; c < k; c++) {
            hot[c] =
                org.costate.graph.Functions.equal(
                        target, s.constant(c).broadcast(Shape.of(height, width)))
                    .reshape(1, height, width);
            Value is =
                select(
                    taken,
                    taken.times(0),
                    org.costate.graph.Functions.greaterOrEqual(soft.at(c), largest));
            taken = taken.plus(is);
            best[c] = is.reshape(1, height, width);
          }
          Value p = clamp(soft, SMALLEST, 1 - SMALLEST);
          Value loss = concat(0, hot).hadamard(log(p)).sum(0).negate();
          finish(s, x, soft, loss, weight, frames, concat(0, best));
        });
  }

  /// φ(e) for every cell: `[entries, H · W]`.
  private static Value features(StepBuilder s, RuleClass ruleClass, Value x, Boundary boundary) {
    int k = ruleClass.states();
    int height = x.shape().dim(1);
    int width = x.shape().dim(2);
    Neighbourhood cells = ruleClass.cells();
    if (ruleClass.tie() instanceof RuleClass.Tie.Counting(int counted)) {
      Value one = x.at(counted);
      Value[] count = null;
      for (int j = 0; j < cells.size(); j++) {
        if (j == cells.centre()) {
          continue;
        }
        Neighbourhood.Offset o = cells.offsets().get(j);
        Value p = shifted(s, one, o.dy(), o.dx(), new Boundary.Torus(), 0);
        if (!(boundary instanceof Boundary.Torus)) {
          double outside = boundary.outside() == counted ? 1 : 0;
          p = shifted(s, one, o.dy(), o.dx(), new Boundary.Fixed((int) outside), 0);
        }
        count = withOneMore(count, p);
      }
      Value[] rows = new Value[ruleClass.entries()];
      for (int c = 0; c < k; c++) {
        for (int i = 0; i < count.length; i++) {
          rows[c * count.length + i] = x.at(c).hadamard(count[i]).reshape(1, height * width);
        }
      }
      return concat(0, rows);
    }
    int[] of = ruleClass.entryOfIndex();
    if (!handles(ruleClass)) {
      throw new IllegalArgumentException(
          "RuleStep: class %s has too many neighbourhoods; hidden frames of more than two states need a class that counts one state, or at most 8,192 neighbourhoods."
              .formatted(ruleClass));
    }
    Value[] products = {s.constant(1).broadcast(Shape.of(1, height * width))};
    for (Neighbourhood.Offset o : cells.offsets()) {
      Value[] more = new Value[products.length * k];
      for (int c = 0; c < k; c++) {
        Boundary edge =
            boundary instanceof Boundary.Torus
                ? boundary
                : new Boundary.Fixed(boundary.outside() == c ? 1 : 0);
        Value p = shifted(s, x.at(c), o.dy(), o.dx(), edge, 0).reshape(1, height * width);
        for (int i = 0; i < products.length; i++) {
          more[i * k + c] = products[i].hadamard(p);
        }
      }
      products = more;
    }
    Value[] rows = new Value[ruleClass.entries()];
    for (int i = 0; i < products.length; i++) {
      rows[of[i]] = rows[of[i]] == null ? products[i] : rows[of[i]].plus(products[i]);
    }
    return concat(0, rows);
  }

  /// The distribution of a count with one more Bernoulli variable in it.
  private static Value[] withOneMore(Value[] count, Value p) {
    Value off = p.negate().plus(1);
    if (count == null) {
      return new Value[] {off, p};
    }
    Value[] more = new Value[count.length + 1];
    for (int i = 0; i < more.length; i++) {
      Value stays = i < count.length ? count[i].hadamard(off) : null;
      Value grows = i > 0 ? count[i - 1].hadamard(p) : null;
      more[i] = stays == null ? grows : grows == null ? stays : stays.plus(grows);
    }
    return more;
  }
}
