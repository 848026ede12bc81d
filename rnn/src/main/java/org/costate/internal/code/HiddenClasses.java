package org.costate.internal.code;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Makes generated classes: each implements one interface and has no state. A class is made once
/// for each key, so a hundred models of one shape share theirs.
///
/// With `-Dorg.costate.dump=FOLDER` every class file is also written there; read it with `javap
/// -c`.
final class HiddenClasses {
  /// How the names of classes without vectors begin; all compilers may have those.
  static final String SCALAR = "Scalars";

  private static final ConcurrentHashMap<Object, Object> KNOWN = new ConcurrentHashMap<>();
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final String DUMP = System.getProperty("org.costate.dump");

  private HiddenClasses() {}

  /// The instance for a key, made when it is first asked for.
  static <T> T instance(Object key, Class<T> type, Supplier<T> maker) {
    Object known = KNOWN.get(key);
    if (known == null) {
      T made = maker.get();
      known = KNOWN.putIfAbsent(key, made);
      known = known == null ? made : known;
    }
    return type.cast(known);
  }

  /// Defines a class with a constructor without arguments and makes an instance of it. Its format
  /// is the last one without stack maps: with the hundreds of locals of a kernel, a tenth of the
  /// time until a first training step is done went into them.
  static <T> T define(String name, Class<T> type, Consumer<ClassBuilder> body) {
    String simple = (name.startsWith(SCALAR) ? "Generated" : "Generated_") + name;
    ClassDesc self = ClassDesc.of(HiddenClasses.class.getPackageName(), simple);
    byte[] bytes =
        ClassFile.of(ClassFile.StackMapsOption.DROP_STACK_MAPS)
            .build(
                self,
                builder -> {
                  builder.withVersion(ClassFile.JAVA_5_VERSION, 0);
                  builder.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
                  builder.withInterfaceSymbols(type.describeConstable().orElseThrow());
                  builder.withMethodBody(
                      ConstantDescs.INIT_NAME,
                      ConstantDescs.MTD_void,
                      0,
                      code ->
                          code.aload(0)
                              .invokespecial(
                                  ConstantDescs.CD_Object,
                                  ConstantDescs.INIT_NAME,
                                  ConstantDescs.MTD_void)
                              .return_());
                  body.accept(builder);
                });
    if (DUMP != null) {
      dump(simple, bytes);
    }
    try {
      Class<?> made = MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass();
      return type.cast(made.getDeclaredConstructor().newInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The generated class " + simple + " cannot be used.", e);
    }
  }

  /// The descriptor of the one abstract method of a kernel interface.
  static MethodTypeDesc type(Class<?> kernel) {
    Method method =
        Arrays.stream(kernel.getMethods())
            .filter(m -> Modifier.isAbstract(m.getModifiers()))
            .findFirst()
            .orElseThrow();
    return MethodType.methodType(method.getReturnType(), method.getParameterTypes())
        .describeConstable()
        .orElseThrow();
  }

  private static void dump(String simple, byte[] bytes) {
    try {
      Path folder = Files.createDirectories(Path.of(DUMP));
      Files.write(folder.resolve(simple + "_" + COUNT.incrementAndGet() + ".class"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("-Dorg.costate.dump=" + DUMP + " cannot be written.", e);
    }
  }
}
