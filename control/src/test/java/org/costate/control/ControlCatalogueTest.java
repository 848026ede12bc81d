package org.costate.control;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.costate.check.Catalogue;
import org.costate.control.system.ControlCatalogue;
import org.costate.unroll.Executor;
import org.costate.unroll.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ControlCatalogueTest {
  static List<Catalogue.Entry> entries() {
    return new ControlCatalogue().entries();
  }

  @ParameterizedTest
  @MethodSource("entries")
  void everyGradientAgreesWithDifferences(Catalogue.Entry entry) {
    entry.problem(Precision.DOUBLE, 2, 3, 7).check(Precision.DOUBLE).require(1e-6);
  }

  @ParameterizedTest
  @MethodSource("entries")
  void bothExecutorsAgree(Catalogue.Entry entry) {
    Catalogue.Problem problem = entry.problem(Precision.DOUBLE, 2, 3, 7);
    var compiled =
        problem
            .unroll()
            .forward(problem.parameters(), problem.initial(), problem.batch())
            .backward(problem.seeds());
    var reference =
        problem
            .unroll()
            .on(Executor.REFERENCE)
            .forward(problem.parameters(), problem.initial(), problem.batch())
            .backward(problem.seeds());
    double[] a = compiled.initialState().get("z");
    double[] b = reference.initialState().get("z");
    for (int i = 0; i < a.length; i++) {
      assertThat(a[i])
          .isCloseTo(b[i], org.assertj.core.data.Offset.offset(1e-9 * (1 + Math.abs(b[i]))));
    }
  }

  @Test
  void theSystemsAreInTheCatalogue() {
    assertThat(Catalogue.entries())
        .extracting(Catalogue.Entry::name)
        .contains("cart-pole", "quadrotor", "hopper", "pendulum by trapezoid");
  }

  @Test
  void controlKnowsNoOtherDomain() {
    var classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.costate.control", "org.costate.internal.control");
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.costate.automata..",
            "org.costate.examples..",
            "org.costate.internal.exec..",
            "org.costate.internal.code..")
        .check(classes);
    noClasses()
        .that()
        .resideInAnyPackage("org.costate.control.solve..", "org.costate.internal.control..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.costate.control.plot..")
        .check(classes);
  }
}
