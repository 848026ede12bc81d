package org.costate.train;

import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.costate.random.RandomStream;
import org.costate.unroll.Sequences;

/// Where training batches come from: a pure function of the number of the batch, so that a run can
/// be resumed anywhere.
@FunctionalInterface
public interface BatchSource {
  /// One batch.
  ///
  /// @param index its number, from 0
  /// @return the batch
  Sequences batch(long index);

  /// Mini-batches of a data set in a new random order in each epoch; the last of an epoch may be
  /// smaller.
  ///
  /// @param examples the examples
  /// @param batchSize the largest number of lanes
  /// @param seed the seed of the order
  /// @return the source
  static BatchSource shuffled(List<Example> examples, int batchSize, long seed) {
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("BatchSource: there are no examples.");
    }
    int perEpoch = batchesPerEpoch(examples.size(), batchSize);
    return index -> {
      int[] order =
          RandomStream.of(seed, "shuffle", index / perEpoch, 0).permutation(examples.size());
      int from = (int) (index % perEpoch) * batchSize;
      int to = Math.min(examples.size(), from + batchSize);
      return Example.collate(
          java.util.Arrays.stream(order, from, to).mapToObj(examples::get).toList());
    };
  }

  /// The number of mini-batches in an epoch.
  ///
  /// @param examples the number of examples
  /// @param batchSize the largest number of lanes
  /// @return the number
  static int batchesPerEpoch(int examples, int batchSize) {
    return (examples + batchSize - 1) / batchSize;
  }

  /// The examples in order, in batches, once.
  ///
  /// @param examples the examples
  /// @param batchSize the largest number of lanes
  /// @return the batches
  static List<Sequences> inOrder(List<Example> examples, int batchSize) {
    Iterator<Long> starts =
        LongStream.iterate(0, i -> i < examples.size(), i -> i + batchSize).iterator();
    var batches = new java.util.ArrayList<Sequences>();
    starts.forEachRemaining(
        from ->
            batches.add(
                Example.collate(
                    examples.subList(
                        from.intValue(), Math.min(examples.size(), from.intValue() + batchSize)))));
    return batches;
  }
}
