package org.costate.genomics;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// Sequences know nothing of files, files nothing of models, models nothing of what is measured on
/// them.
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.costate.genomics");

  @Test
  void floorsUseOnlyWhatIsBelow() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("genomics")
        .definedBy("org.costate.genomics")
        .layer("io")
        .definedBy("org.costate.genomics.io..")
        .layer("model")
        .definedBy("org.costate.genomics.model..")
        .layer("uses")
        .definedBy(
            "org.costate.genomics.baseline..",
            "org.costate.genomics.metric..",
            "org.costate.genomics.track..",
            "org.costate.genomics.variant..")
        .whereLayer("io")
        .mayOnlyBeAccessedByLayers("model", "uses")
        .whereLayer("model")
        .mayOnlyBeAccessedByLayers("uses")
        .whereLayer("uses")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void onlyTheCoreIsUsed() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.costate.internal..", "org.costate.examples..", "org.costate.control..")
        .check(CLASSES);
  }
}
