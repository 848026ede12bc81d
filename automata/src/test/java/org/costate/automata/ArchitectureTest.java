package org.costate.automata;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// Simulation knows nothing of files and learning, learning nothing of files and figures; loops
/// over time with a gradient are the core's.
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.costate.automata");

  @Test
  void floorsUseOnlyWhatIsBelow() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("automata")
        .definedBy("org.costate.automata")
        .layer("io")
        .definedBy("org.costate.automata.io..")
        .layer("learn")
        .definedBy("org.costate.automata.learn..")
        .layer("plot")
        .definedBy("org.costate.automata.plot..")
        .whereLayer("automata")
        .mayOnlyBeAccessedByLayers("io", "learn", "plot")
        .whereLayer("io")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("learn")
        .mayOnlyBeAccessedByLayers("plot")
        .whereLayer("plot")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void onlyTheCoreIsUsed() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.costate.internal..", "org.costate.examples..")
        .check(CLASSES);
  }
}
