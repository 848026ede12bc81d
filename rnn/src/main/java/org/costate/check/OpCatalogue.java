package org.costate.check;

import static org.costate.graph.Functions.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.costate.graph.BinaryFunction;
import org.costate.graph.Convolution;
import org.costate.graph.ForeignFunction;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepBuilder;
import org.costate.graph.StepGraph;
import org.costate.graph.UnaryFunction;
import org.costate.graph.Value;

/// Every primitive op and every function and loss composed of them. Each is applied to a step
/// input, to a parameter and to a carry, so all three kinds of cotangent are checked.
public final class OpCatalogue implements CatalogueProvider {
  private static final Catalogue.Domain ORDINARY = Catalogue.Domain.uniform(-1.2, 1.2);
  private static final Catalogue.Domain POSITIVE = Catalogue.Domain.uniform(0.3, 2);
  private static final Catalogue.Domain FRACTION = Catalogue.Domain.uniform(-0.7, 0.7);

  /// For the service loader.
  public OpCatalogue() {}

  /// Uniform in ±[0.1, 1.2): away from kinks at zero.
  private static final Catalogue.Domain OFF_ZERO =
      (_, random) -> (random.nextDouble() < 0.5 ? -1 : 1) * random.nextDouble(0.1, 1.2);

  /// Multiples of 1/7, shifted differently for each operand, so that no two are near each other or
  /// near zero.
  private static final Catalogue.Domain APART =
      (operand, random) ->
          (random.nextInt(17) - 8) / 7.0 + 0.01 + 0.045 * "xph".indexOf(operand.charAt(0));

  private final List<Catalogue.Entry> entries = new ArrayList<>();

  @Override
  public List<Catalogue.Entry> entries() {
    if (entries.isEmpty()) {
      for (UnaryFunction f : UnaryFunction.values()) {
        unary(f.toString(), domain(f), x -> x.apply(f));
      }
      for (BinaryFunction f : BinaryFunction.values()) {
        binary(f.toString(), domain(f), (a, b) -> a.apply(f, b));
      }
      composed();
      products();
      structure();
      losses();
      convolutions();
    }
    return List.copyOf(entries);
  }

  private static Catalogue.Domain domain(UnaryFunction f) {
    return switch (f) {
      case LOG, SQRT -> POSITIVE;
      case LOG1P, ASIN, ACOS -> FRACTION;
      case RELU, ABS, SIGN, STEP -> OFF_ZERO;
      case NEGATE, EXP, EXPM1, SIN, COS, TAN, ATAN, TANH, SIGMOID, SOFTPLUS, ERF -> ORDINARY;
    };
  }

  private static Catalogue.Domain domain(BinaryFunction f) {
    return switch (f) {
      case POWER, DIVIDE -> POSITIVE;
      case ATAN2, HYPOT -> OFF_ZERO;
      case ADD, SUBTRACT, MULTIPLY -> ORDINARY;
      case MINIMUM, MAXIMUM, GREATER, GREATER_OR_EQUAL, EQUAL -> APART;
    };
  }

  private void add(
      String name, Catalogue.Domain domain, java.util.function.Consumer<StepBuilder> body) {
    entries.add(new Catalogue.Entry(name, StepGraph.define(name, body), domain));
  }

  /// y = f(x) for a step input, a parameter and a carry; the carry stays as it is, and so in the
  /// domain.
  private void unary(String name, Catalogue.Domain domain, UnaryOperator<Value> f) {
    add(
        name,
        domain,
        s -> {
          Value x = s.input("x", 4);
          Value h = s.carry("h", 4);
          s.output("y", f.apply(x).plus(f.apply(s.shared("p", Initializer.zeros(), 4))));
          s.output("z", f.apply(h));
          s.next(h, h);
        });
  }

  private void binary(String name, Catalogue.Domain domain, BinaryOperator<Value> f) {
    add(
        name,
        domain,
        s -> {
          Value x = s.input("x", 3);
          Value h = s.carry("h", 3);
          Value p = s.shared("p", Initializer.zeros(), 3);
          s.output("y", f.apply(x, p).plus(f.apply(p, h)));
          s.next(h, h);
        });
  }

  private void composed() {
    unary("exp", ORDINARY, x -> exp(x));
    unary("log", POSITIVE, x -> log(x));
    unary("log1p", FRACTION, x -> log1p(x));
    unary("expm1", ORDINARY, x -> expm1(x));
    unary("sqrt", POSITIVE, x -> sqrt(x));
    unary("square", ORDINARY, x -> square(x));
    unary("pow", POSITIVE, x -> pow(x, 2.5));
    unary("sin", ORDINARY, x -> sin(x));
    unary("cos", ORDINARY, x -> cos(x));
    unary("tan", ORDINARY, x -> tan(x));
    unary("asin", FRACTION, x -> asin(x));
    unary("acos", FRACTION, x -> acos(x));
    unary("atan", ORDINARY, x -> atan(x));
    unary("tanh", ORDINARY, x -> tanh(x));
    unary("sigmoid", ORDINARY, x -> sigmoid(x));
    unary("relu", OFF_ZERO, x -> relu(x));
    unary("leakyRelu", OFF_ZERO, x -> leakyRelu(x, 0.01));
    unary("elu", OFF_ZERO, x -> elu(x, 1.3));
    unary("gelu", ORDINARY, x -> gelu(x));
    unary("geluTanh", ORDINARY, x -> geluTanh(x));
    unary("silu", ORDINARY, x -> silu(x));
    unary("softplus", ORDINARY, x -> softplus(x));
    unary("erf", ORDINARY, x -> erf(x));
    unary("abs", OFF_ZERO, x -> abs(x));
    unary("sign", OFF_ZERO, x -> sign(x));
    unary("clamp", APART, x -> clamp(x, -0.617, 0.453));
    unary("norm", ORDINARY, x -> norm(x));
    unary("logSumExp", ORDINARY, x -> logSumExp(x));
    unary("softmax", ORDINARY, x -> softmax(x));
    unary("logSoftmax", ORDINARY, x -> logSoftmax(x));
    binary("atan2", OFF_ZERO, (a, b) -> atan2(a, b));
    binary("min", APART, (a, b) -> min(a, b));
    binary("max", APART, (a, b) -> max(a, b));
    binary("hypot", OFF_ZERO, (a, b) -> hypot(a, b));
    binary("greater", APART, (a, b) -> greater(a, b).hadamard(a));
    binary("greaterOrEqual", APART, (a, b) -> greaterOrEqual(a, b).hadamard(b));
    binary("equal", APART, (a, b) -> equal(a, b).plus(a));
    binary("select", APART, (a, b) -> select(greater(a, b), a.hadamard(a), b.times(2)));
    binary("straightThrough", ORDINARY, (a, b) -> straightThrough(tanh(a), tanh(a)).plus(b));
    binary("stopGradient", ORDINARY, (a, b) -> a.plus(greater(b, b.minus(1)).stopGradient()));
    add(
        "layerNorm",
        ORDINARY,
        s -> {
          Value x = s.input("x", 5);
          Value h = s.carry("h", 5);
          Value gain = s.shared("gain", Initializer.ones(), 5);
          Value bias = s.shared("bias", Initializer.zeros(), 5);
          s.next(h, tanh(layerNorm(x.plus(h), gain, bias, 1e-5)));
        });
  }

  private void products() {
    add(
        "matrixVector",
        ORDINARY,
        s -> {
          Value x = s.input("x", 3);
          Value h = s.carry("h", 4);
          Value w = s.shared("W", Initializer.zeros(), 4, 3);
          Value batchedMatrix = x.outer(h);
          s.output("y", batchedMatrix.times(h));
          s.output("z", batchedMatrix.transpose().times(x));
          s.next(h, tanh(w.times(x).plus(h)));
        });
    add(
        "matrixMatrix",
        ORDINARY,
        s -> {
          Value x = s.input("X", 3, 2);
          Value h = s.carry("H", 2, 3);
          Value w = s.shared("W", Initializer.zeros(), 2, 2);
          s.output("y", x.times(w));
          s.output("z", w.transpose().times(h).transpose().times(h));
          s.next(h, tanh(w.times(h.times(x)).times(h)));
        });
    add(
        "outer dot transpose",
        ORDINARY,
        s -> {
          Value x = s.input("x", 3);
          Value p = s.shared("p", Initializer.zeros(), 2);
          Value h = s.carry("h", 3);
          s.output("y", p.outer(x).transpose());
          s.output("z", x.dot(h).plus(p.dot(p)));
          s.next(h, tanh(h.plus(x.times(p.at(1)))));
        });
  }

  private void structure() {
    add(
        "sum mean max",
        ORDINARY,
        s -> {
          Value x = s.input("X", 3, 4);
          Value p = s.shared("P", Initializer.zeros(), 3, 4);
          Value y = x.plus(p);
          s.output("a", y.sum(0));
          s.output("b", y.mean(1));
          s.output("c", y.max(0));
          s.output("d", y.max(1));
          s.output("e", y.max().plus(y.sum()).plus(p.max()).plus(y.mean()));
        });
    add(
        "slice pad concat stack reshape",
        ORDINARY,
        s -> {
          Value x = s.input("X", 3, 4);
          Value p = s.shared("p", Initializer.zeros(), 4);
          Value h = s.carry("h", 4);
          s.output("a", concat(x.at(1), p, h.slice(1, 3)));
          s.output("b", concat(1, x, x.slice(1, 1, 3)).reshape(2, 9));
          s.output("c", stack(h, p, x.at(0)));
          s.next(h, x.at(2).hadamard(p).plus(h));
        });
    add(
        "broadcast repeat",
        ORDINARY,
        s -> {
          Value x = s.input("x", 3);
          Value p = s.shared("p", Initializer.zeros());
          s.output("a", x.repeat(0, 2).hadamard(x.repeat(0, 2)));
          s.output("b", x.repeat(1, 2).times(p));
          s.output("c", p.broadcast(Shape.of(2, 2)));
        });
    entries.add(
        new Catalogue.Entry(
            "gather",
            StepGraph.define(
                "gather",
                s -> {
                  Value table = s.shared("table", Initializer.zeros(), 5, 3);
                  Value index = s.input("index");
                  Value two = concat(index.reshape(1), index.reshape(1));
                  s.output("row", tanh(table.gather(index)));
                  s.output("rows", table.gather(two));
                  s.output("element", table.transpose().at(1).gather(index));
                }),
            (operand, random) ->
                operand.equals("index") ? random.nextInt(5) : random.nextDouble(-1, 1),
            List.of("index")));
    add(
        "foreign",
        ORDINARY,
        s ->
            s.output(
                "y",
                s.foreign(new Sines(), s.input("x", 3), s.shared("p", Initializer.zeros(), 3))));
  }

  private void losses() {
    binary("softmaxCrossEntropy", POSITIVE, (a, b) -> softmaxCrossEntropy(a, b));
    binary("sigmoidCrossEntropy", POSITIVE, (a, b) -> sigmoidCrossEntropy(a, b));
    binary("squaredError", ORDINARY, (a, b) -> squaredError(a, b));
    binary("halfSquaredError", ORDINARY, (a, b) -> halfSquaredError(a, b));
    binary("huber", APART, (a, b) -> huber(a, b, 0.517));
    entries.add(
        new Catalogue.Entry(
            "softmaxCrossEntropyOfClass",
            StepGraph.define(
                "softmaxCrossEntropyOfClass",
                s ->
                    s.output(
                        "loss",
                        softmaxCrossEntropyOfClass(
                            s.input("z", 4).plus(s.shared("p", Initializer.zeros(), 4)),
                            s.input("class")))),
            (operand, random) ->
                operand.equals("class") ? random.nextInt(4) : random.nextDouble(-1, 1),
            List.of("class")));
  }

  private void convolutions() {
    add(
        "convolve1d",
        ORDINARY,
        s -> {
          Value x = s.input("x", 2, 7);
          Value k = s.shared("k", Initializer.zeros(), 3, 2, 3);
          s.output("y", convolve1d(x, k, Convolution.PLAIN.stride(2).padding(1)));
        });
    add(
        "convolve2d",
        ORDINARY,
        s -> {
          Value x = s.input("x", 2, 5, 4);
          Value k = s.shared("k", Initializer.zeros(), 2, 2, 2, 2);
          s.output("y", convolve2d(x, k, Convolution.PLAIN.dilation(2).padding(1)));
          s.output(
              "z",
              convolve2d(
                  x, x.slice(1, 0, 2).slice(2, 0, 2).reshape(1, 2, 2, 2), Convolution.PLAIN));
        });
    add(
        "convolveTransposed1d",
        ORDINARY,
        s -> {
          Value y = s.input("y", 3, 3);
          Value k = s.shared("k", Initializer.zeros(), 3, 2, 3);
          s.output("x", convolveTransposed1d(y, k, Convolution.PLAIN.stride(2), 7));
        });
    add(
        "convolveTransposed2d",
        ORDINARY,
        s -> {
          Value y = s.input("y", 2, 2, 3);
          Value k = s.shared("k", Initializer.zeros(), 2, 1, 2, 2);
          s.output("x", convolveTransposed2d(y, k, Convolution.PLAIN.stride(2).padding(1), 3, 4));
        });
  }

  /// y = sin(a) b as a black box: the pullback of a is known, that of b by differences.
  private record Sines() implements ForeignFunction {
    @Override
    public String name() {
      return "sines";
    }

    @Override
    public Shape resultShape(List<Shape> operands) {
      return operands.getFirst();
    }

    @Override
    public void forward(double[][] operands, double[] result) {
      for (int i = 0; i < result.length; i++) {
        result[i] = Math.sin(operands[0][i]) * operands[1][i];
      }
    }

    @Override
    public void pullback(double[][] operands, double[] resultBar, int which, double[] operandBar) {
      if (which == 1) {
        ForeignFunction.byDifferences(this, operands, resultBar, which, operandBar);
        return;
      }
      for (int i = 0; i < resultBar.length; i++) {
        operandBar[i] = Math.cos(operands[0][i]) * operands[1][i] * resultBar[i];
      }
    }
  }
}
