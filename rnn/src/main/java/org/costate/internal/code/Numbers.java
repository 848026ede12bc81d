package org.costate.internal.code;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;

/// Emits arithmetic on numbers of one element type, either one at a time or a whole vector at a
/// time. A number is named by the local variable that holds it, so what a kernel computes is
/// written once for float and double, scalar and vector.
final class Numbers {
  enum Comparison {
    GT,
    GE,
    EQ,
    NE,
    LT
  }

  private static final String PACKAGE = "jdk.incubator.vector";
  private static final ClassDesc VECTOR = ClassDesc.of(PACKAGE, "Vector");
  private static final ClassDesc SPECIES = ClassDesc.of(PACKAGE, "VectorSpecies");
  private static final ClassDesc SHUFFLE = ClassDesc.of(PACKAGE, "VectorShuffle");
  private static final ClassDesc MASK = ClassDesc.of(PACKAGE, "VectorMask");
  private static final ClassDesc ASSOCIATIVE = ClassDesc.of(PACKAGE, "VectorOperators$Associative");
  private static final ClassDesc OPERATORS = ClassDesc.of(PACKAGE, "VectorOperators");
  private static final ClassDesc MATH = ClassDesc.of("java.lang", "Math");

  private final CodeBuilder code;
  private final Element element;
  private final boolean vector;
  private final ClassDesc self;
  private final ClassDesc integers;
  private final ClassDesc integer;

  Numbers(CodeBuilder code, Element element, boolean vector) {
    this.code = code;
    this.element = element;
    this.vector = vector;
    boolean single = element == Element.FLOAT;
    this.self = ClassDesc.of(PACKAGE, single ? "FloatVector" : "DoubleVector");
    this.integers = ClassDesc.of(PACKAGE, single ? "IntVector" : "LongVector");
    this.integer = single ? ConstantDescs.CD_int : ConstantDescs.CD_long;
  }

  boolean vector() {
    return vector;
  }

  Element element() {
    return element;
  }

  CodeBuilder code() {
    return code;
  }

  private TypeKind kind() {
    return vector ? TypeKind.REFERENCE : element.kind();
  }

  private int stored() {
    int local = code.allocateLocal(kind());
    code.storeLocal(kind(), local);
    return local;
  }

  void read(int number) {
    code.loadLocal(kind(), number);
  }

  /// Assigns to a local that exists.
  void set(int target, int number) {
    read(number);
    code.storeLocal(kind(), target);
  }

  /// The array of this element type that a parameter of the method is.
  int array(int parameter) {
    code.aload(parameter);
    code.checkcast(element.arrayType());
    return storedReference();
  }

  /// A local of its own with the value of another.
  int copy(int number) {
    read(number);
    return stored();
  }

  private void species() {
    code.getstatic(self, "SPECIES_PREFERRED", SPECIES);
  }

  private void number(double value) {
    if (element == Element.FLOAT) {
      code.loadConstant((float) value);
    } else {
      code.loadConstant(value);
    }
  }

  int constant(double value) {
    if (vector) {
      species();
      number(value);
      code.invokestatic(self, "broadcast", MethodTypeDesc.of(self, SPECIES, element.type()));
    } else {
      number(value);
    }
    return stored();
  }

  /// The scalar in a local, in every lane.
  int broadcast(int scalarLocal) {
    if (!vector) {
      return scalarLocal;
    }
    species();
    code.loadLocal(element.kind(), scalarLocal);
    code.invokestatic(self, "broadcast", MethodTypeDesc.of(self, SPECIES, element.type()));
    return stored();
  }

  /// The element of an array in every lane; the index is on the stack after `index` ran.
  int broadcastElement(int array, Runnable index) {
    if (vector) {
      species();
    }
    code.aload(array);
    index.run();
    code.arrayLoad(element.kind());
    if (vector) {
      code.invokestatic(self, "broadcast", MethodTypeDesc.of(self, SPECIES, element.type()));
    }
    return stored();
  }

  /// Pushes an index: an int in a local, and a distance from it.
  Runnable index(int local, int distance) {
    return () -> {
      code.iload(local);
      if (distance != 0) {
        code.loadConstant(distance);
        code.iadd();
      }
    };
  }

  /// Array elements from an index on; with a mask, only those it has, the others being zero.
  int load(int array, Runnable index, int mask) {
    if (!vector) {
      code.aload(array);
      index.run();
      code.arrayLoad(element.kind());
      return stored();
    }
    species();
    code.aload(array);
    index.run();
    if (mask < 0) {
      code.invokestatic(
          self,
          "fromArray",
          MethodTypeDesc.of(self, SPECIES, element.arrayType(), ConstantDescs.CD_int));
    } else {
      code.aload(mask);
      code.invokestatic(
          self,
          "fromArray",
          MethodTypeDesc.of(self, SPECIES, element.arrayType(), ConstantDescs.CD_int, MASK));
    }
    return stored();
  }

  void store(int number, int array, Runnable index, int mask) {
    if (!vector) {
      code.aload(array);
      index.run();
      read(number);
      code.arrayStore(element.kind());
      return;
    }
    read(number);
    code.aload(array);
    index.run();
    if (mask < 0) {
      code.invokevirtual(
          self,
          "intoArray",
          MethodTypeDesc.of(ConstantDescs.CD_void, element.arrayType(), ConstantDescs.CD_int));
    } else {
      code.aload(mask);
      code.invokevirtual(
          self,
          "intoArray",
          MethodTypeDesc.of(
              ConstantDescs.CD_void, element.arrayType(), ConstantDescs.CD_int, MASK));
    }
  }

  /// The mask of the first lanes, as many as the int in a local says.
  int firstLanes(int count) {
    species();
    code.iconst_0();
    code.iload(count);
    code.invokeinterface(
        SPECIES,
        "indexInRange",
        MethodTypeDesc.of(MASK, ConstantDescs.CD_int, ConstantDescs.CD_int));
    int local = code.allocateLocal(TypeKind.REFERENCE);
    code.astore(local);
    return local;
  }

  private int binary(String name, Opcode floatOp, Opcode doubleOp, int a, int b) {
    read(a);
    read(b);
    if (vector) {
      code.invokevirtual(self, name, MethodTypeDesc.of(self, VECTOR));
    } else {
      code.with(
          java.lang.classfile.instruction.OperatorInstruction.of(
              element == Element.FLOAT ? floatOp : doubleOp));
    }
    return stored();
  }

  int add(int a, int b) {
    return binary("add", Opcode.FADD, Opcode.DADD, a, b);
  }

  int subtract(int a, int b) {
    return binary("sub", Opcode.FSUB, Opcode.DSUB, a, b);
  }

  int multiply(int a, int b) {
    return binary("mul", Opcode.FMUL, Opcode.DMUL, a, b);
  }

  int divide(int a, int b) {
    return binary("div", Opcode.FDIV, Opcode.DDIV, a, b);
  }

  /// a · b + c; fused with vectors, rounded twice without.
  int multiplyAdd(int a, int b, int c) {
    if (!vector) {
      return add(multiply(a, b), c);
    }
    fused(a, b, c);
    return stored();
  }

  /// c ← a · b + c.
  void accumulate(int a, int b, int c) {
    if (vector) {
      fused(a, b, c);
    } else {
      read(multiplyAdd(a, b, c));
    }
    code.storeLocal(kind(), c);
  }

  private void fused(int a, int b, int c) {
    read(a);
    read(b);
    read(c);
    code.invokevirtual(self, "fma", MethodTypeDesc.of(self, VECTOR, VECTOR));
  }

  int negate(int a) {
    read(a);
    if (vector) {
      code.invokevirtual(self, "neg", MethodTypeDesc.of(self));
    } else if (element == Element.FLOAT) {
      code.fneg();
    } else {
      code.dneg();
    }
    return stored();
  }

  int absolute(int a) {
    return vector ? unary("abs", a) : math("abs", true, a);
  }

  int squareRoot(int a) {
    return vector ? unary("sqrt", a) : math("sqrt", false, a);
  }

  private int unary(String name, int a) {
    read(a);
    code.invokevirtual(self, name, MethodTypeDesc.of(self));
    return stored();
  }

  int minimum(int a, int b) {
    return extreme("min", a, b);
  }

  int maximum(int a, int b) {
    return extreme("max", a, b);
  }

  private int extreme(String name, int a, int b) {
    read(a);
    read(b);
    if (vector) {
      code.invokevirtual(self, name, MethodTypeDesc.of(self, VECTOR));
    } else {
      code.invokestatic(
          MATH, name, MethodTypeDesc.of(element.type(), element.type(), element.type()));
    }
    return stored();
  }

  /// A function of `java.lang.Math` (scalar only), of doubles unless it has a float form.
  int math(String name, boolean hasFloat, int... arguments) {
    ClassDesc type = hasFloat ? element.type() : ConstantDescs.CD_double;
    return call(MATH, name, type, arguments);
  }

  /// A static function of doubles (scalar only).
  int call(ClassDesc owner, String name, ClassDesc type, int... arguments) {
    boolean widen = element == Element.FLOAT && type.equals(ConstantDescs.CD_double);
    ClassDesc[] types = new ClassDesc[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      read(arguments[i]);
      if (widen) {
        code.f2d();
      }
      types[i] = type;
    }
    code.invokestatic(owner, name, MethodTypeDesc.of(type, types));
    if (widen) {
      code.d2f();
    }
    return stored();
  }

  /// x where `a ? b` holds, else y.
  int choose(Comparison comparison, int a, int b, int x, int y) {
    if (vector) {
      read(y);
      read(x);
      compare(comparison, a, b);
      code.invokevirtual(self, "blend", MethodTypeDesc.of(self, VECTOR, MASK));
      return stored();
    }
    int result = code.allocateLocal(kind());
    Label otherwise = code.newLabel();
    Label end = code.newLabel();
    read(a);
    read(b);
    boolean less = comparison == Comparison.LT;
    if (element == Element.FLOAT) {
      if (less) {
        code.fcmpg();
      } else {
        code.fcmpl();
      }
    } else if (less) {
      code.dcmpg();
    } else {
      code.dcmpl();
    }
    switch (comparison) {
      case GT -> code.ifle(otherwise);
      case GE -> code.iflt(otherwise);
      case EQ -> code.ifne(otherwise);
      case NE -> code.ifeq(otherwise);
      case LT -> code.ifge(otherwise);
    }
    read(x);
    code.storeLocal(kind(), result);
    code.goto_(end);
    code.labelBinding(otherwise);
    read(y);
    code.storeLocal(kind(), result);
    code.labelBinding(end);
    return result;
  }

  private void compare(Comparison comparison, int a, int b) {
    read(a);
    code.getstatic(
        OPERATORS, comparison.name(), ClassDesc.of(PACKAGE, "VectorOperators$Comparison"));
    read(b);
    code.invokevirtual(
        self,
        "compare",
        MethodTypeDesc.of(MASK, ClassDesc.of(PACKAGE, "VectorOperators$Comparison"), VECTOR));
  }

  /// The largest of all lanes, as a scalar local (vectors only).
  int largestLane(int number) {
    read(number);
    code.getstatic(OPERATORS, "MAX", ASSOCIATIVE);
    code.invokevirtual(self, "reduceLanes", MethodTypeDesc.of(element.type(), ASSOCIATIVE));
    return scalar();
  }

  /// The sum of all lanes, as a scalar local (vectors only), always by halves: the Vector API's own
  /// sum has no fixed order, and gives other last digits once a kernel has been compiled. Two
  /// halvings are done at once where that needs no more time, because moving lanes takes longest.
  int sumOfLanes(int number) {
    int sum = number;
    int lanes = Simd.length(element);
    while (lanes > 4) {
      int part = lanes >= 16 ? lanes / 4 : lanes / 2;
      int first = add(sum, rotated(sum, lanes / 2));
      sum = part < lanes / 2 ? add(first, add(rotated(sum, part), rotated(sum, 3 * part))) : first;
      lanes = part;
    }
    lane(sum, 0);
    if (lanes > 1) {
      lane(sum, lanes / 2);
      plus();
    }
    if (lanes > 2) {
      lane(sum, 1);
      lane(sum, 3);
      plus();
      plus();
    }
    return scalar();
  }

  /// The sums of all lanes of some vectors in their order, one vector of sums after the other
  /// (vectors only; as many vectors as a vector has lanes, or a multiple). They are what
  /// [#sumOfLanes] gives, but two vectors share each move: of a pair, the halves that stay are one
  /// vector, and those that are added to them another.
  int[] sumsOfLanes(int[] numbers) {
    int lanes = Simd.length(element);
    int[] sums = new int[numbers.length / lanes];
    for (int i = 0; i < sums.length; i++) {
      int[] open = Arrays.copyOfRange(numbers, i * lanes, (i + 1) * lanes);
      for (int half = lanes / 2; half > 0; half /= 2) {
        int upper = upperHalves(half);
        int[] pairs = new int[open.length / 2];
        for (int k = 0; k < pairs.length; k++) {
          int x = open[k];
          int y = open[k + pairs.length];
          int own = masked(upper, y, x);
          int other = masked(upper, x, y);
          int below = rotated(other, half);
          int moved =
              2 * half == lanes ? below : masked(upper, rotated(other, lanes - half), below);
          pairs[k] = add(own, moved);
        }
        open = pairs;
      }
      sums[i] = open[0];
    }
    return sums;
  }

  /// The mask of every second so many lanes.
  private int upperHalves(int half) {
    long bits = 0;
    for (int lane = 0; lane < Simd.length(element); lane++) {
      bits |= (lane & half) != 0 ? 1L << lane : 0;
    }
    species();
    code.loadConstant(bits);
    code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, ConstantDescs.CD_long));
    int local = code.allocateLocal(TypeKind.REFERENCE);
    code.astore(local);
    return local;
  }

  /// The lanes from one on, then those before it.
  private int rotated(int number, int first) {
    read(number);
    species();
    code.loadConstant(first);
    code.iconst_1();
    code.iconst_1();
    code.invokestatic(
        SHUFFLE,
        "iota",
        MethodTypeDesc.of(
            SHUFFLE,
            SPECIES,
            ConstantDescs.CD_int,
            ConstantDescs.CD_int,
            ConstantDescs.CD_boolean));
    code.invokevirtual(self, "rearrange", MethodTypeDesc.of(self, SHUFFLE));
    return stored();
  }

  /// Pushes one lane.
  private void lane(int number, int which) {
    read(number);
    code.loadConstant(which);
    code.invokevirtual(self, "lane", MethodTypeDesc.of(element.type(), ConstantDescs.CD_int));
  }

  /// Adds the two scalars that were pushed.
  private void plus() {
    if (element == Element.FLOAT) {
      code.fadd();
    } else {
      code.dadd();
    }
  }

  private int scalar() {
    int local = code.allocateLocal(element.kind());
    code.storeLocal(element.kind(), local);
    return local;
  }

  /// The lanes of a mask from x, the others from y (vectors only).
  int masked(int mask, int x, int y) {
    read(y);
    read(x);
    code.aload(mask);
    code.invokevirtual(self, "blend", MethodTypeDesc.of(self, VECTOR, MASK));
    return stored();
  }

  /// The result where |x| is below a limit; elsewhere, which is rare, a function of
  /// `java.lang.Math` (vectors only).
  int replaceFar(int x, double limit, int result, String function) {
    int near = absolute(x);
    int most = constant(limit);
    int lanes = Simd.length(element);
    int chosen = copy(result);
    Label done = code.newLabel();
    compare(Comparison.LT, near, most);
    code.invokevirtual(MASK, "allTrue", MethodTypeDesc.of(ConstantDescs.CD_boolean));
    code.ifne(done);
    int numbers = code.allocateLocal(TypeKind.REFERENCE);
    code.loadConstant(lanes);
    code.newarray(element.kind());
    code.astore(numbers);
    store(x, numbers, code::iconst_0, -1);
    var one = new Numbers(code, element, false);
    for (int i = 0; i < lanes; i++) {
      int lane = i;
      int value = one.load(numbers, () -> code.loadConstant(lane), -1);
      one.store(one.math(function, false, value), numbers, () -> code.loadConstant(lane), -1);
    }
    set(chosen, choose(Comparison.LT, near, most, result, load(numbers, code::iconst_0, -1)));
    code.labelBinding(done);
    return chosen;
  }

  // ---- bits, for the exponent of a number (vectors only)

  /// The bits of a number as a local with integers.
  int bits(int number) {
    read(number);
    code.invokevirtual(
        VECTOR,
        element == Element.FLOAT ? "reinterpretAsInts" : "reinterpretAsLongs",
        MethodTypeDesc.of(integers));
    return storedReference();
  }

  int number(int bits) {
    code.aload(bits);
    code.invokevirtual(
        VECTOR,
        element == Element.FLOAT ? "reinterpretAsFloats" : "reinterpretAsDoubles",
        MethodTypeDesc.of(self));
    return stored();
  }

  int shift(String operator, int bits, int by) {
    code.aload(bits);
    ClassDesc binaryOperator = ClassDesc.of(PACKAGE, "VectorOperators$Binary");
    code.getstatic(OPERATORS, operator, binaryOperator);
    integer(by);
    code.invokevirtual(integers, "lanewise", MethodTypeDesc.of(integers, binaryOperator, integer));
    return storedReference();
  }

  int addBits(int bits, long constant) {
    code.aload(bits);
    integer(constant);
    code.invokevirtual(integers, "add", MethodTypeDesc.of(integers, integer));
    return storedReference();
  }

  int combineBits(String operation, int a, int b) {
    code.aload(a);
    code.aload(b);
    code.invokevirtual(integers, operation, MethodTypeDesc.of(integers, VECTOR));
    return storedReference();
  }

  private void integer(long value) {
    if (element == Element.FLOAT) {
      code.loadConstant((int) value);
    } else {
      code.loadConstant(value);
    }
  }

  private int storedReference() {
    int local = code.allocateLocal(TypeKind.REFERENCE);
    code.astore(local);
    return local;
  }
}
