package org.costate.train;

/// Is told what a training run does. Listeners change nothing of the run.
public interface TrainingListener {
  /// After each update.
  ///
  /// @param update what happened
  default void onUpdate(Update update) {}

  /// After each validation.
  ///
  /// @param batches the number of batches trained on so far
  /// @param score the validation score
  /// @param best whether it is the best so far
  default void onValidation(long batches, double score, boolean best) {}
}
