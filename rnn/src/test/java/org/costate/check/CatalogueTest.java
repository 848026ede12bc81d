package org.costate.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.costate.graph.Functions;
import org.costate.graph.Op;
import org.costate.graph.Reverse;
import org.costate.unroll.Cotangents;
import org.costate.unroll.Precision;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Sweep;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Everything that has a derivative, against finite differences, against forward mode, and against
/// every other way to run it.
class CatalogueTest {
  static List<Catalogue.Entry> entries() {
    return Catalogue.entries();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void everyGradientAgreesWithDifferencesInDouble(Catalogue.Entry entry) {
    entry.problem(Precision.DOUBLE, 3, 4, 7).check(Precision.DOUBLE).require(1e-6);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void everyGradientInFloatIsNearTheOneInDouble(Catalogue.Entry entry) {
    Cotangents exact =
        backward(entry.problem(Precision.DOUBLE, 2, 3, 8), new SavePolicy.All(), Sweep.full());
    Cotangents single =
        backward(entry.problem(Precision.FLOAT, 2, 3, 8), new SavePolicy.All(), Sweep.full());
    double scale =
        Math.max(1, Arrays.stream(exact.parameters().values()).map(Math::abs).max().orElse(0));
    for (int i = 0; i < exact.parameters().values().length; i++) {
      assertThat(single.parameters().values()[i] / scale)
          .isCloseTo(
              exact.parameters().values()[i] / scale, org.assertj.core.data.Offset.offset(2e-5));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void forwardAndReverseModeAreAdjoint(Catalogue.Entry entry) {
    boolean foreign = entry.step().ops().stream().anyMatch(Op.Foreign.class::isInstance);
    if (foreign || !entry.fixed().isEmpty()) {
      return;
    }
    Catalogue.Problem p = entry.problem(Precision.DOUBLE, 2, 5, 9);
    double error =
        GradientCheck.dotProduct(entry.step(), p.parameters(), p.initial(), p.batch(), 1);
    assertThat(error).isLessThan(1e-12);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void checkpointingIsBitwiseTheSame(Catalogue.Entry entry) {
    Cotangents full =
        backward(entry.problem(Precision.DOUBLE, 2, 9, 10), new SavePolicy.All(), Sweep.full());
    for (SavePolicy policy :
        List.of(
            new SavePolicy.Every(4), new SavePolicy.Binomial(2), new SavePolicy.Budget(1 << 20))) {
      Cotangents other = backward(entry.problem(Precision.DOUBLE, 2, 9, 10), policy, Sweep.full());
      assertThat(other.parameters().values())
          .as("%s", policy)
          .containsExactly(full.parameters().values());
      full.inputs()
          .forEach(
              (name, series) ->
                  assertThat(other.input(name).steps()).isDeepEqualTo(series.steps()));
    }
  }

  private static Cotangents backward(Catalogue.Problem p, SavePolicy policy, Sweep sweep) {
    return p.unroll()
        .forward(p.parameters(), p.initial(), p.batch(), policy)
        .backward(p.seeds(), sweep);
  }

  @Test
  void everyOpIsInTheCatalogue() {
    var used = new TreeSet<String>();
    for (Catalogue.Entry entry : entries()) {
      Reverse.of(entry.step()).graph().ops().forEach(op -> used.add(op.getClass().getSimpleName()));
    }
    Set<String> all =
        Arrays.stream(Op.class.getPermittedSubclasses())
            .map(Class::getSimpleName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(used).isEqualTo(all);
  }

  @Test
  void everyFunctionIsInTheCatalogue() {
    String names = entries().stream().map(Catalogue.Entry::name).collect(Collectors.joining(" "));
    for (var method : Functions.class.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers())) {
        assertThat(names)
            .as("an entry for Functions.%s", method.getName())
            .containsPattern("\\b" + method.getName() + "\\b");
      }
    }
  }
}
