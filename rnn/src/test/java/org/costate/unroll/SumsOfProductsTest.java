package org.costate.unroll;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.costate.check.Catalogue;
import org.costate.graph.Functions;
import org.costate.graph.Initializer;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Sums of products, biases and element-wise terms of inputs and of carries in any order, read
/// whole, in pieces, or several times: what products start with, what is computed in pieces and
/// what the way back computes again.
@Tag("kernels")
class SumsOfProductsTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void sumsOfProductsAgree(long seed) {
    for (int i = 0; i < 12; i++) {
      var random = new Random(7000 * seed + i);
      StepGraph step = sums(random);
      var entry =
          new Catalogue.Entry("sums " + seed + "/" + i, step, Catalogue.Domain.uniform(-0.2, 0.2));
      int lanes = 1 + random.nextInt(20);
      int horizon = 1 + random.nextInt(12);
      try {
        ExecutorsTest.agree(
            entry.problem(Precision.DOUBLE, lanes, horizon, i), new SavePolicy.All(), 1e-11);
        ExecutorsTest.agree(
            entry.problem(Precision.DOUBLE, lanes, horizon, i),
            new SavePolicy.Every(3),
            Sweep.full().withFlow(),
            1e-11);
        sameWithAndWithoutWayBack(entry.problem(Precision.DOUBLE, lanes, horizon, i));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(entry.name() + " " + step, e);
      }
    }
  }

  /// Without a way back the loop computes tanh itself, with one it is kept: terms must not change
  /// their order for that.
  @Test
  void theWayBackChangesNoBitOfTheWayForward() {
    StepGraph step =
        StepGraph.define(
            "order",
            s -> {
              Value x = s.input("x", 5);
              Value h = s.carry("h", 40);
              Value v = s.shared("v", Initializer.zeros(), 40);
              Value w = s.shared("W", Initializer.glorotUniform(), 40, 5).times(x);
              Value u = s.shared("U", Initializer.glorotUniform(), 40, 40).times(h);
              Value b = s.shared("b", Initializer.zeros(), 40);
              Value known = Functions.tanh(v.times(x.at(0)));
              Value sum = known.plus(h.hadamard(h)).plus(u).plus(w).plus(b);
              s.next(h, Functions.tanh(sum));
              s.output("y", sum);
            });
    var entry = new Catalogue.Entry("order", step, Catalogue.Domain.uniform(-0.9, 0.9));
    sameWithAndWithoutWayBack(entry.problem(Precision.DOUBLE, 7, 9, 1));
  }

  private static void sameWithAndWithoutWayBack(Catalogue.Problem p) {
    Rollout one =
        Unroll.forwardOnly(p.unroll().step()).evaluate(p.parameters(), p.initial(), p.batch());
    Rollout two = p.unroll().forward(p.parameters(), p.initial(), p.batch()).rollout();
    for (String name : two.outputs().keySet()) {
      assertThat(one.output(name).steps())
          .as("%s, bit for bit", name)
          .isDeepEqualTo(two.output(name).steps());
    }
  }

  private static StepGraph sums(Random random) {
    return StepGraph.define(
        "sums",
        s -> {
          int n = 16 * (1 + random.nextInt(3)) + (random.nextBoolean() ? 0 : random.nextInt(7));
          Value x = s.input("x", 5);
          Value h = s.carry("h", n);
          Value g = s.carry("g", n);
          var all = new ArrayList<Value>(List.of(h, g));
          for (int layer = 0; layer < 2 + random.nextInt(2); layer++) {
            int pieces = 1 + random.nextInt(3);
            Value sum = sum(s, random, "s" + layer, pieces * n, x, all);
            switch (random.nextInt(4)) {
              case 0 -> sum = Functions.sigmoid(sum).named("gates");
              case 1 -> sum = Functions.tanh(sum.times(0.5)).hadamard(sum);
              case 2 ->
                  sum =
                      Functions.select(
                          sum,
                          sum,
                          sum.minus(s.shared("d" + layer, Initializer.zeros(), pieces * n)));
              default -> s.output("sum" + layer, sum);
            }
            for (int k = 0; k < pieces; k++) {
              Value piece = sum.slice(k * n, (k + 1) * n);
              all.add(random.nextBoolean() ? piece : Functions.tanh(piece));
            }
          }
          s.next(h, Functions.tanh(all.getLast().plus(all.get(random.nextInt(all.size())))));
          s.next(g, Functions.sigmoid(sum(s, random, "g", n, x, all)));
          s.output("y", all.get(all.size() - 2));
        });
  }

  /// Some terms in some order, added up from the left or from the right.
  private static Value sum(
      StepBuilder s, Random random, String name, int n, Value x, List<Value> others) {
    var terms = new ArrayList<Value>();
    for (int i = 0; i < 2 + random.nextInt(3); i++) {
      Value other = others.get(random.nextInt(others.size()));
      String matrix = name + "M" + i;
      int size = other.shape().size();
      terms.add(
          switch (random.nextInt(5)) {
            case 0 -> s.shared(matrix, Initializer.glorotUniform(), n, 5).times(x);
            case 1 ->
                random.nextBoolean()
                    ? s.shared(matrix, Initializer.zeros(), n)
                    : Functions.tanh(s.shared(matrix, Initializer.zeros(), n).times(x.at(0)));
            case 2 ->
                size == n
                    ? Functions.tanh(other.hadamard(other))
                    : s.constant(new double[n]).plus(0.25);
            default -> s.shared(matrix, Initializer.glorotUniform(), n, size).times(other);
          });
    }
    terms.add(s.shared(name + "U", Initializer.glorotUniform(), n, x.shape().size()).times(x));
    Collections.shuffle(terms, random);
    Value total = terms.getFirst();
    for (Value term : terms.subList(1, terms.size())) {
      total = random.nextBoolean() ? total.plus(term) : term.plus(total);
    }
    return total;
  }
}
