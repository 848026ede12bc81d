package org.costate;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// Each floor of the module uses only those below it.
class ArchitectureTest {
  @Test
  void floorsUseOnlyWhatIsBelow() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.costate");
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("random")
        .definedBy("org.costate.random..")
        .layer("graph")
        .definedBy("org.costate.graph..")
        .layer("code")
        .definedBy("org.costate.internal.code..")
        .layer("exec")
        .definedBy("org.costate.internal.exec..")
        .layer("unroll")
        .definedBy("org.costate.unroll..")
        .layer("check")
        .definedBy("org.costate.check..")
        .layer("optim")
        .definedBy("org.costate.optim..")
        .layer("rnn")
        .definedBy("org.costate.rnn..")
        .layer("io")
        .definedBy("org.costate.io..")
        .layer("train")
        .definedBy("org.costate.train..")
        .layer("plot")
        .definedBy("org.costate.plot..")
        .whereLayer("code")
        .mayOnlyBeAccessedByLayers("exec", "unroll")
        .whereLayer("exec")
        .mayOnlyBeAccessedByLayers("unroll")
        .whereLayer("unroll")
        .mayOnlyBeAccessedByLayers("check", "rnn", "io", "train", "plot")
        .whereLayer("check")
        .mayOnlyBeAccessedByLayers("rnn")
        .whereLayer("optim")
        .mayOnlyBeAccessedByLayers("train")
        .whereLayer("rnn")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("io")
        .mayOnlyBeAccessedByLayers("train", "plot")
        .whereLayer("train")
        .mayOnlyBeAccessedByLayers("plot")
        .whereLayer("plot")
        .mayNotBeAccessedByAnyLayer()
        .check(classes);
  }
}
