package org.costate.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.ServiceLoader;
import org.costate.graph.Op;
import org.costate.graph.Role;
import org.costate.graph.StepGraph;
import org.costate.random.RandomStream;
import org.costate.unroll.Layout;
import org.costate.unroll.Parameters;
import org.costate.unroll.Precision;
import org.costate.unroll.Seeds;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.State;
import org.costate.unroll.Unroll;

/// Everything that has a derivative, each with a problem to check it on, so that a new op, cell or
/// loss cannot escape the checks: tests compare the catalogue with the sealed types themselves.
public final class Catalogue {
  private Catalogue() {}

  /// How the numbers of an operand are drawn.
  @FunctionalInterface
  public interface Domain {
    /// One number.
    ///
    /// @param operand the name of the operand
    /// @param random the stream
    /// @return a value in the interior of the function's domain, away from kinks
    double draw(String operand, RandomStream random);

    /// Uniform in [low, high) for every operand.
    ///
    /// @param low the lower end
    /// @param high the upper end
    /// @return the domain
    static Domain uniform(double low, double high) {
      return (_, random) -> random.nextDouble(low, high);
    }
  }

  /// One thing to check.
  ///
  /// @param name what it is, for example `"tanh"` or `"LstmCell peephole"`
  /// @param step a step that uses it
  /// @param domain how its operands are drawn
  /// @param fixed the names of step inputs that have no derivative, such as an index
  public record Entry(String name, StepGraph step, Domain domain, List<String> fixed) {
    /// An entry with a derivative for every operand.
    ///
    /// @param name what it is
    /// @param step a step that uses it
    /// @param domain how its operands are drawn
    public Entry(String name, StepGraph step, Domain domain) {
      this(name, step, domain, List.of());
    }

    /// A random problem over some steps.
    ///
    /// @param precision the element type
    /// @param lanes the number of lanes
    /// @param horizon the number of steps
    /// @param seed the seed
    /// @return the problem
    public Problem problem(Precision precision, int lanes, int horizon, long seed) {
      RandomStream random = RandomStream.of(seed, "catalogue " + name);
      var wanted = new java.util.LinkedHashSet<String>();
      Sequences batch = Sequences.of(lanes, horizon);
      for (int id : step.inputs(Role.STEP)) {
        String input = ((Op.Input) step.ops().get(id)).name();
        double[][] steps = new double[horizon][lanes * step.shape(id).size()];
        for (double[] values : steps) {
          java.util.Arrays.setAll(values, _ -> domain.draw(input, random));
        }
        batch = batch.with(input, new Series(step.shape(id), lanes, steps));
        if (!fixed.contains(input)) {
          wanted.add(input);
        }
      }
      Unroll unroll = Unroll.of(step, precision, wanted);
      Parameters parameters = Parameters.initialise(unroll.layout(), seed);
      for (Layout.Entry entry : unroll.layout().entries()) {
        double[] values = new double[entry.size()];
        java.util.Arrays.setAll(values, _ -> domain.draw(entry.name(), random));
        parameters.set(entry.name(), values);
      }
      State initial = unroll.zeroState(lanes);
      var finalBar = new LinkedHashMap<String, double[]>();
      for (StepGraph.Carry carry : step.carries()) {
        double[] values = new double[lanes * carry.shape().size()];
        java.util.Arrays.setAll(values, _ -> domain.draw(carry.name(), random));
        initial = initial.with(carry.name(), values);
        double[] bar = new double[values.length];
        java.util.Arrays.setAll(bar, _ -> random.nextGaussian());
        finalBar.put(carry.name(), bar);
      }
      Seeds seeds = Seeds.none().finalState(new State(lanes, finalBar));
      for (var output : step.outputs().entrySet()) {
        double[][] steps = new double[horizon][lanes * step.shape(output.getValue()).size()];
        for (double[] values : steps) {
          java.util.Arrays.setAll(values, _ -> random.nextGaussian());
        }
        seeds =
            seeds.with(output.getKey(), new Series(step.shape(output.getValue()), lanes, steps));
      }
      return new Problem(unroll, parameters, initial, batch, seeds);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /// An entry with numbers.
  ///
  /// @param unroll the unrolled step
  /// @param parameters θ
  /// @param initial x₀
  /// @param batch u
  /// @param seeds ȳ and λ_T
  public record Problem(
      Unroll unroll, Parameters parameters, State initial, Sequences batch, Seeds seeds) {
    /// Compares with finite differences.
    ///
    /// @param precision the element type of the problem
    /// @return the report
    public GradientCheck.Report check(Precision precision) {
      return GradientCheck.of(unroll, parameters, initial, batch, seeds, precision);
    }
  }

  /// All entries of all providers.
  ///
  /// @return the entries
  public static List<Entry> entries() {
    var all = new ArrayList<Entry>();
    ServiceLoader.load(CatalogueProvider.class).forEach(provider -> all.addAll(provider.entries()));
    return all;
  }
}
