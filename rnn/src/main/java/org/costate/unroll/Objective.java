package org.costate.unroll;

/// Something that can be trained: a recurrence whose output `loss` (a scalar at each step, weights
/// included) is minimised.
public interface Objective {
  /// What is unrolled. Its output `loss` is a scalar.
  ///
  /// @return the recurrence
  Recurrence recurrence();

  /// What the sum of the losses of a batch is divided by, usually the sum of the weights.
  ///
  /// @param batch the batch
  /// @return the divisor, > 0
  double totalWeight(Sequences batch);

  /// The batch with the random inputs of one training step, such as dropout masks, which depend on
  /// nothing but the arguments.
  ///
  /// @param batch the batch as it came from the data
  /// @param seed the seed of the run
  /// @param step the number of the training step
  /// @return the batch with all inputs of the recurrence
  Sequences withNoise(Sequences batch, long seed, long step);

  /// The batch with neutral values for the random inputs, for evaluation.
  ///
  /// @param batch the batch as it came from the data
  /// @return the batch with all inputs of the recurrence
  Sequences withoutNoise(Sequences batch);

  /// A recurrence without random inputs, whose losses are summed over time and averaged over lanes.
  ///
  /// @param recurrence the recurrence
  /// @return the objective
  static Objective of(Recurrence recurrence) {
    return new Objective() {
      @Override
      public Recurrence recurrence() {
        return recurrence;
      }

      @Override
      public double totalWeight(Sequences batch) {
        return batch.lanes();
      }

      @Override
      public Sequences withNoise(Sequences batch, long seed, long step) {
        return batch;
      }

      @Override
      public Sequences withoutNoise(Sequences batch) {
        return batch;
      }
    };
  }
}
