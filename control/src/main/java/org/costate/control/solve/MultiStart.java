package org.costate.control.solve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.costate.control.CompiledProblem;
import org.costate.control.OptimalControlProblem;
import org.costate.control.Solution;
import org.costate.control.Trajectory;
import org.costate.random.RandomStream;

/// Solves a problem from many starts, on all processors: the guess, and the guess with smooth
/// random controls added. The result does not depend on the number of threads.
///
/// @param solver the method
/// @param starts how many starts
/// @param spread how far controls are moved, one for each control: the standard deviation of the
///   amplitudes of four sines
/// @param seed the seed
public record MultiStart(Solver solver, int starts, double[] spread, long seed) {
  /// Checks the number of starts.
  public MultiStart {
    if (starts < 1) {
      throw new IllegalArgumentException(
          "MultiStart: there must be at least 1 start, got %d.".formatted(starts));
    }
  }

  /// Solves.
  ///
  /// @param problem the problem
  /// @param guess the first start
  /// @return all solutions, those that converged first, by rising cost
  public List<Solution> solve(OptimalControlProblem problem, Trajectory guess) {
    int controls = problem.plant().controls().size();
    if (spread.length != controls) {
      throw new IllegalArgumentException(
          "MultiStart: '%s' has %d controls and needs as many spreads, got %d."
              .formatted(problem.plant().name(), controls, spread.length));
    }
    int threads = Math.min(starts, Runtime.getRuntime().availableProcessors());
    var tasks = new ArrayList<Callable<List<Solution>>>();
    for (int thread = 0; thread < threads; thread++) {
      int first = thread;
      tasks.add(
          () -> {
            CompiledProblem compiled = CompiledProblem.of(problem);
            var own = new ArrayList<Solution>();
            for (int i = first; i < starts; i += threads) {
              own.add(solver.solve(compiled, start(guess, i)));
            }
            return own;
          });
    }
    var all = new ArrayList<Solution>();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      for (var done : pool.invokeAll(tasks)) {
        all.addAll(done.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("MultiStart was interrupted.", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException own) {
        throw own;
      }
      throw new IllegalStateException(e.getCause());
    }
    all.sort(
        Comparator.comparing((Solution s) -> !s.outcome().converged())
            .thenComparingDouble(Solution::cost));
    return all;
  }

  /// The guess of a start.
  private Trajectory start(Trajectory guess, int index) {
    if (index == 0) {
      return guess;
    }
    RandomStream random = RandomStream.of(seed, "start " + index);
    int horizon = guess.horizon();
    double[][] u = new double[horizon][];
    for (int k = 0; k < horizon; k++) {
      u[k] = guess.controls()[k].clone();
    }
    for (int i = 0; i < u[0].length; i++) {
      for (int wave = 1; wave <= 4; wave++) {
        double amplitude = spread[i] * random.nextGaussian();
        double phase = random.nextDouble(0, 2 * Math.PI);
        for (int k = 0; k < horizon; k++) {
          u[k][i] += amplitude * Math.sin(wave * Math.PI * k / horizon + phase);
        }
      }
    }
    return new Trajectory(guess.states(), u, guess.parameters(), guess.duration());
  }
}
