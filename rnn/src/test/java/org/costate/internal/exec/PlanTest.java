package org.costate.internal.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.costate.graph.Functions;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.internal.code.Element;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.LstmCell;
import org.junit.jupiter.api.Test;

/// What the planner makes of well-known cells: as few loops and products as a hand would write.
class PlanTest {
  private static Plan plan(StepGraph step) {
    return new CompiledProgram(step, Element.FLOAT, Set.of()).plan();
  }

  private static List<String> kinds(Plan plan, Phase phase) {
    return plan.tasks(phase).stream()
        .map(
            task ->
                switch (task) {
                  case Task.Product o -> o.start() == null ? "product" : "product from a start";
                  case Task.Rows o -> "loop " + o.n();
                  default -> task.getClass().getSimpleName();
                })
        .toList();
  }

  @Test
  void anLstmIsAProductAndALoopEachWay() {
    Plan plan = plan(LstmCell.of(32).step(16));
    assertThat(kinds(plan, Phase.BEFORE)).containsExactly("product from a start");
    assertThat(kinds(plan, Phase.STEP)).containsExactly("product from a start", "loop 32");
    assertThat(kinds(plan, Phase.BACK_STEP)).containsExactly("loop 32", "product");
    // The four gates and tanh of the cell state, and the input.
    assertThat(plan.keptPerLane()).isEqualTo(5 * 32 + 16);
  }

  /// A gradient is summed where it is: no lane or step has a matrix of its own.
  @Test
  void memoryOfMatricesDoesNotDependOnLanes() {
    var program = new CompiledProgram(LstmCell.of(256).step(128), Element.FLOAT, Set.of());
    long gradients = Float.BYTES * 1024L * (256 + 128 + 1);
    // What is kept, x and λ, the gates' cotangents of a block and a packed copy of them, the
    // output's.
    long numbers = 5 * 256 + 128 + 2 * 2 * 256 + 2 * 1024 + 256;
    for (int lanes : new int[] {1, 16, 64}) {
      Memory memory = program.memory(lanes, 10, 10, false, false);
      assertThat(memory.bytes())
          .isBetween(gradients, gradients + Float.BYTES * (numbers + 1024) * lanes * 10);
    }
  }

  @Test
  void aGruHasOneLoopForAllItsGates() {
    Plan plan = plan(GruCell.of(32).step(16));
    assertThat(kinds(plan, Phase.STEP))
        .containsExactly("product from a start", "product from a start", "loop 32");
    assertThat(kinds(plan, Phase.BACK_STEP))
        .containsExactly("loop 32", "product from a start", "product from a start");
    // r, z, n and U_n h + c_n, and the input: h − n is computed again.
    assertThat(plan.keptPerLane()).isEqualTo(4 * 32 + 16);
  }

  @Test
  void layerNormKeepsWhatItsProductIsMadeOf() {
    StepGraph step =
        StepGraph.define(
            "norm",
            s -> {
              Value h = s.carry("h", 32);
              Value u = s.shared("U", Initializer.orthogonal(), 32, 32).times(h);
              Value gain = s.shared("gain", Initializer.ones(), 32);
              Value bias = s.shared("bias", Initializer.zeros(), 32);
              Value next = Functions.tanh(Functions.layerNorm(u, gain, bias, 1e-5));
              s.next(h, next);
              s.output("h", next);
            });
    // The sum without its mean, the standard deviation and its reciprocal, not the product with
    // that; tanh is the state.
    assertThat(plan(step).keptPerLane()).isEqualTo(32 + 2);
  }

  @Test
  void aProductOfKeptValuesThatOnlyAGradientReadsIsNotKept() {
    StepGraph step =
        StepGraph.define(
            "reset",
            s -> {
              Value h = s.carry("h", 32);
              Value gate =
                  Functions.sigmoid(s.shared("V", Initializer.orthogonal(), 32, 32).times(h));
              Value u = s.shared("U", Initializer.orthogonal(), 32, 32);
              Value next = Functions.tanh(u.times(gate.hadamard(h)));
              s.next(h, next);
              s.output("h", next);
            });
    // The gate; gate ⊙ h, which the gradient of U needs, is computed again, and tanh is the state.
    Plan plan = plan(step);
    assertThat(plan.keptPerLane()).isEqualTo(32);
    assertThat(kinds(plan, Phase.BACK_BEFORE)).containsExactly("loop 32");
  }

  /// The gradients of W [32, 16] and U [32, 32] are sums over the same packed rows: that of U is
  /// transposed for it.
  @Test
  void sumsPackAnOperandThatTheyShareOnce() {
    List<Task.Accumulate> sums =
        plan(ElmanCell.of(32).step(16)).tasks(Phase.BACK_AFTER).stream()
            .filter(Task.Accumulate.class::isInstance)
            .map(Task.Accumulate.class::cast)
            .toList();
    assertThat(sums).hasSize(2).allMatch(Task.Accumulate::transposed);
    assertThat(sums.getFirst().b()).isEqualTo(sums.getLast().b());
  }

  @Test
  void termsAreAddedInTheOrderInWhichTheyAreKnown() {
    StepGraph step =
        StepGraph.define(
            "elman",
            s -> {
              Value x = s.input("x", 16);
              Value h = s.carry("h", 32);
              Value u = s.shared("U", Initializer.orthogonal(), 32, 32).times(h);
              Value w = s.shared("W", Initializer.glorotUniform(), 32, 16).times(x);
              Value b = s.shared("b", Initializer.zeros(), 32);
              Value next = Functions.tanh(u.plus(w).plus(b));
              s.next(h, next);
              s.output("h", next);
            });
    Plan plan = plan(step);
    assertThat(kinds(plan, Phase.BEFORE)).containsExactly("product from a start");
    assertThat(kinds(plan, Phase.STEP)).containsExactly("product from a start", "loop 32");
    var first = (Task.Product) plan.tasks(Phase.BEFORE).getFirst();
    var second = (Task.Product) plan.tasks(Phase.STEP).getFirst();
    assertThat(first.start().root()).as("b, which all rows share").isEqualTo(-1);
    assertThat(second.start()).isEqualTo(first.result());
    assertThat(second.result().root()).as("in place").isEqualTo(first.result().root());
  }

  @Test
  void whatIsReadSeveralTimesKeepsItsPlace() {
    StepGraph step =
        StepGraph.define(
            "twice",
            s -> {
              Value x = s.input("x", 16);
              Value h = s.carry("h", 32);
              Value w = s.shared("W", Initializer.glorotUniform(), 32, 16).times(x);
              Value sum = s.shared("U", Initializer.orthogonal(), 32, 32).times(h).plus(w);
              s.next(h, Functions.tanh(sum));
              s.output("w", w);
            });
    var product = (Task.Product) plan(step).tasks(Phase.STEP).getFirst();
    assertThat(product.start().root()).isNotEqualTo(product.result().root()).isNotNegative();
  }
}
