package org.costate.internal.code;

import java.util.Optional;

/// Finds out, once, whether vector kernels can run here.
///
/// The kernels are generated and use `jdk.incubator.vector` through bytecode alone, so nothing is
/// compiled against that module and it may be absent. Then the same kernels are generated with
/// scalar arithmetic, and one line says so.
public final class Simd {
  private static final String MODULE = "jdk.incubator.vector";
  private static final int BITS = probe();

  private Simd() {}

  private static int probe() {
    if (Boolean.getBoolean("org.costate.scalar")) {
      return 0;
    }
    Optional<Module> module = ModuleLayer.boot().findModule(MODULE);
    if (module.isEmpty()) {
      System.getLogger("org.costate")
          .log(
              System.Logger.Level.INFO,
              "Vector kernels are off; start Java with --add-modules {0} for about five times the"
                  + " speed.",
              MODULE);
      return 0;
    }
    Simd.class.getModule().addReads(module.get());
    try {
      Object species =
          Class.forName(module.get(), "jdk.incubator.vector.FloatVector")
              .getField("SPECIES_PREFERRED")
              .get(null);
      return (int)
          Class.forName(module.get(), "jdk.incubator.vector.VectorSpecies")
              .getMethod("vectorBitSize")
              .invoke(species);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The module " + MODULE + " is not as expected.", e);
    }
  }

  /// Whether kernels use vector instructions.
  public static boolean available() {
    return BITS > 0;
  }

  /// The width of the machine's vectors, or 0 without.
  public static int bits() {
    return BITS;
  }

  /// Whether vectors fill a row of a length.
  public static boolean whole(Element element, int row) {
    return row % length(element) == 0;
  }

  /// How many elements one vector holds; 1 without vectors.
  public static int length(Element element) {
    return BITS == 0 ? 1 : BITS / 8 / element.bytes();
  }
}
