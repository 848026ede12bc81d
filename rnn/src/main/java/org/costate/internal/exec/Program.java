package org.costate.internal.exec;

import java.util.Optional;

/// A step and its pullback, compiled for one element type. Immutable and shared; every number lives
/// in a [Session].
///
/// Operands are arrays in the order in which the step declares them: `shared[i]` is parameter i;
/// `carry[i]` and `step[i]` hold `[lanes, size]`, lane by lane.
public interface Program {
  /// How many numbers one lane keeps for the pullback of one step, beside its state and its inputs.
  long residualsPerLane();

  /// A workspace for a batch of `lanes`; not shared by threads.
  Session open(int lanes);

  /// The first value that was not finite, in words.
  record Fault(String what, int lane, boolean backward) {}

  /// What the pullback of one step reads, beside the state and the inputs; `[residual][lanes ·
  /// size]`.
  record Frame(double[][] values) {}

  /// The mutable side of a program.
  interface Session {
    /// Takes the parameters and evaluates what depends on nothing else.
    void bind(double[][] shared);

    /// A new frame.
    Frame frame();

    /// (θ, xₜ, uₜ) → (xₜ₊₁, yₜ); fills the frame.
    void forward(
        double[][] carry, double[][] step, Frame frame, double[][] next, double[][] outputs);

    /// (x̄ₜ₊₁, ȳₜ) → (θ̄ of this step alone, x̄ₜ, ūₜ); a null in `stepBar` is not wanted.
    void pullback(
        double[][] carry,
        double[][] step,
        Frame frame,
        double[][] nextBar,
        double[][] outputBar,
        double[][] sharedBar,
        double[][] carryBar,
        double[][] stepBar);

    /// Starts to look at every value for the first that is not finite.
    void watch();

    /// The first value that was not finite since [#watch].
    Optional<Fault> fault();
  }
}
