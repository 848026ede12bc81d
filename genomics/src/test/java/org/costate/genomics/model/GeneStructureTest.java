package org.costate.genomics.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.costate.check.Catalogue;
import org.costate.graph.Shape;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Rollout;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Unroll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GeneStructureTest {
  private static final int STATES = GeneStructure.STATES;

  static List<Catalogue.Entry> entries() {
    return new SpliceCatalogue().entries();
  }

  @ParameterizedTest
  @MethodSource("entries")
  void gradientsAgreeWithDifferences(Catalogue.Entry entry) {
    entry.problem(Precision.DOUBLE, 2, 4, 7).check(Precision.DOUBLE).require(1e-6);
  }

  private static Sequences scores(int length, long seed) {
    var random = new Random(seed);
    double[][] score = new double[length][GeneStructure.CLASSES];
    double[][] first = new double[length][1];
    first[0][0] = 1;
    for (double[] row : score) {
      for (int i = 0; i < row.length; i++) {
        row[i] = random.nextDouble(0.05, 1);
      }
    }
    return Sequences.of(1, length)
        .with("score", new Series(Shape.of(GeneStructure.CLASSES), 1, score))
        .with("first", new Series(Shape.SCALAR, 1, first));
  }

  /// The weight of every path of a length, by enumeration, added to each of its states.
  private static double[][] enumerate(double[][] a, double[][] score) {
    int length = score.length;
    double[][] mass = new double[length + 1][STATES];
    int[] path = new int[length];
    walk(a, score, path, 0, 1.0 / STATES, mass);
    return mass;
  }

  private static void walk(
      double[][] a, double[][] score, int[] path, int t, double weight, double[][] mass) {
    if (t == path.length) {
      for (int i = 0; i < t; i++) {
        mass[i][path[i]] += weight;
      }
      mass[t][0] += weight;
      return;
    }
    for (int next = 0; next < STATES; next++) {
      double into = 0;
      if (t == 0) {
        for (int from = 0; from < STATES; from++) {
          into += a[next][from];
        }
      } else {
        into = a[next][path[t - 1]];
      }
      path[t] = next;
      double own = score[t][GeneStructure.classOf(next).ordinal()];
      walk(a, score, path, t + 1, weight * into * own, mass);
    }
  }

  private static double[][] transitions(Parameters parameters) {
    double[] w = parameters.get("transitions");
    double[][] a = new double[STATES][STATES];
    double[][] allowed = allowed();
    for (int i = 0; i < STATES; i++) {
      for (int j = 0; j < STATES; j++) {
        a[i][j] = allowed[i][j] * Math.exp(w[i * STATES + j]) + 1e-6;
      }
    }
    return a;
  }

  /// The grammar, written down a second time: to, from.
  private static double[][] allowed() {
    double[][] to = new double[STATES][STATES];
    int[][] pairs = {
      {0, 0}, {1, 0}, {4, 0}, {2, 1}, {3, 2}, {1, 3}, {0, 3}, {5, 1}, {6, 2}, {7, 3}, {8, 4},
      {9, 5}, {10, 6}, {11, 7}, {8, 8}, {9, 9}, {10, 10}, {11, 11}, {12, 8}, {13, 9}, {14, 10},
      {15, 11}, {0, 12}, {1, 12}, {2, 13}, {3, 14}, {1, 15}, {0, 15}
    };
    for (int[] pair : pairs) {
      to[pair[0]][pair[1]] = 1;
    }
    return to;
  }

  @Test
  void theNormaliserAndThePosteriorAreSumsOverPaths() {
    Unroll unroll = Unroll.of(GeneStructure.unlabelled(), Precision.DOUBLE, Set.of("score"));
    Parameters parameters = Parameters.initialise(unroll.layout(), 1);
    Sequences inputs = scores(4, 5);
    double[][] score = inputs.input("score").steps();
    double[][] mass = enumerate(transitions(parameters), score);
    double z = mass[4][0];
    Rollout rollout = unroll.evaluate(parameters, unroll.zeroState(1), inputs);
    assertThat(rollout.sum("normaliser")).isCloseTo(Math.log(z), within(1e-12));
    double[][] posterior = new StructurePosterior(parameters.values()).of(inputs);
    for (int t = 0; t < 4; t++) {
      double[] expected = new double[GeneStructure.CLASSES];
      for (int k = 0; k < STATES; k++) {
        expected[GeneStructure.classOf(k).ordinal()] += mass[t][k] / z;
      }
      assertThat(posterior[t]).containsExactly(expected, within(1e-5));
    }
  }

  @Test
  void theLossIsTheProbabilityOfTheLabels() {
    Unroll unroll = Unroll.of(GeneStructure.labelled(), Precision.DOUBLE);
    Parameters parameters = Parameters.initialise(unroll.layout(), 1);
    Sequences inputs = scores(3, 9);
    int[] sets = {
      GeneStructure.ANY, GeneStructure.DONOR, GeneStructure.within(GeneStructure.INTRON, 2 | 4)
    };
    double[][] allowed = new double[3][STATES];
    double[][] a = transitions(parameters);
    double[][] score = inputs.input("score").steps();
    for (int t = 0; t < 3; t++) {
      for (int k = 0; k < STATES; k++) {
        allowed[t][k] = sets[t] >> k & 1;
      }
    }
    double right = 0;
    double all = 0;
    for (int i = 0; i < STATES; i++) {
      double into = 0;
      for (double weight : a[i]) {
        into += weight / STATES;
      }
      for (int j = 0; j < STATES; j++) {
        for (int k = 0; k < STATES; k++) {
          double weight =
              into
                  * a[j][i]
                  * a[k][j]
                  * score[0][GeneStructure.classOf(i).ordinal()]
                  * score[1][GeneStructure.classOf(j).ordinal()]
                  * score[2][GeneStructure.classOf(k).ordinal()];
          all += weight;
          right += weight * allowed[0][i] * allowed[1][j] * allowed[2][k];
        }
      }
    }
    Rollout rollout =
        unroll.evaluate(
            parameters,
            unroll.zeroState(1),
            inputs.with("allowed", new Series(Shape.of(STATES), 1, allowed)));
    assertThat(rollout.sum("loss")).isCloseTo(-Math.log(right / all), within(1e-10));
  }

  @Test
  void labelsThatBreakTheGrammarStayPossible() {
    Unroll unroll = Unroll.of(GeneStructure.labelled(), Precision.FLOAT, Set.of());
    Parameters parameters = Parameters.initialise(unroll.layout(), 1);
    double[][] allowed = new double[40][STATES];
    for (int t = 0; t < 40; t++) {
      allowed[t][t % 2 == 0 ? 4 : 12] = 1;
    }
    double loss =
        unroll
            .evaluate(
                parameters,
                unroll.zeroState(1),
                scores(40, 2).with("allowed", new Series(Shape.of(STATES), 1, allowed)))
            .sum("loss");
    assertThat(loss).isFinite().isGreaterThan(100);
  }

  @Test
  void seedsOfTheNormaliserGiveProbabilities() {
    Sequences inputs = scores(200, 3);
    Unroll unroll = Unroll.of(GeneStructure.unlabelled(), Precision.DOUBLE, Set.of("score"));
    Parameters parameters = Parameters.initialise(unroll.layout(), 1);
    Series bar =
        unroll
            .forward(parameters, unroll.zeroState(1), inputs)
            .backward(Seeds.of("normaliser", 1))
            .input("score");
    for (int t = 0; t < 200; t++) {
      double sum = 0;
      for (int i = 0; i < GeneStructure.CLASSES; i++) {
        sum += bar.get(t, 0, i) * inputs.input("score").get(t, 0, i);
      }
      assertThat(sum).isCloseTo(1, within(1e-9));
    }
  }
}
