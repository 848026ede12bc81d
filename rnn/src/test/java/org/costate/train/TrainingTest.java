package org.costate.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.costate.graph.Initializer;
import org.costate.graph.Shape;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;
import org.costate.optim.Clipping;
import org.costate.optim.Optimizer;
import org.costate.optim.Schedule;
import org.costate.random.RandomStream;
import org.costate.rnn.ElmanCell;
import org.costate.rnn.GruCell;
import org.costate.rnn.Loss;
import org.costate.rnn.LstmCell;
import org.costate.rnn.SequenceModel;
import org.costate.unroll.Objective;
import org.costate.unroll.Parameters;
import org.costate.unroll.SavePolicy;
import org.costate.unroll.Sequences;
import org.costate.unroll.Series;
import org.costate.unroll.Truncation;
import org.costate.unroll.Unroll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {
  @TempDir private Path folder;

  private static SequenceModel model() {
    return SequenceModel.builder()
        .features(2)
        .layer(LstmCell.of(5).dropout(0.2))
        .layer(GruCell.of(4))
        .loss(new Loss.Squared(1))
        .build();
  }

  /// Random inputs; the target is the running mean of the first feature.
  private static Sequences batch(long index, int lanes, int horizon) {
    RandomStream random = RandomStream.of(2, "data", index, 0);
    double[][] x = new double[horizon][2 * lanes];
    double[][] y = new double[horizon][lanes];
    for (int lane = 0; lane < lanes; lane++) {
      double sum = 0;
      for (int t = 0; t < horizon; t++) {
        x[t][2 * lane] = random.nextGaussian();
        x[t][2 * lane + 1] = random.nextGaussian();
        sum += x[t][2 * lane];
        y[t][lane] = sum / (t + 1);
      }
    }
    return Sequences.of(lanes, horizon)
        .with("x", new Series(Shape.of(2), lanes, x))
        .with("target", new Series(Shape.of(1), lanes, y));
  }

  private Trainer trainer(Trainer.Settings settings) {
    SequenceModel model = model();
    return new Trainer(model, index -> batch(index, 6, 11), model.initialise(1), settings);
  }

  private static Trainer.Settings settings() {
    return Trainer.Settings.adam(0.01).schedule(new Schedule.WarmupCosine(0.01, 5, 60)).seed(9);
  }

  private void resumesBitForBit(Trainer.Settings settings, int stepsBefore, int stepsAfter)
      throws IOException {
    Path file = folder.resolve("snapshot.safetensors");
    double[] expected;
    try (Trainer whole = trainer(settings)) {
      for (int i = 0; i < stepsBefore + stepsAfter; i++) {
        whole.step();
      }
      expected = whole.parameters().values().clone();
    }
    try (Trainer first = trainer(settings)) {
      for (int i = 0; i < stepsBefore; i++) {
        first.step();
      }
      Snapshot.save(first, file);
    }
    try (Trainer second = trainer(settings)) {
      Snapshot.restore(second, file);
      for (int i = 0; i < stepsAfter; i++) {
        second.step();
      }
      assertThat(second.parameters().values()).isEqualTo(expected);
    }
  }

  @Test
  void fullBackpropagationResumesBitForBit() throws IOException {
    resumesBitForBit(settings(), 7, 6);
    resumesBitForBit(settings().accumulate(3).optimizer(new Optimizer.Nesterov(0.9)), 7, 6);
  }

  @Test
  void truncatedTrainingResumesInTheMiddleOfABatchBitForBit() throws IOException {
    resumesBitForBit(settings().truncation(new Truncation.Window(3, 3), false), 6, 9);
    resumesBitForBit(settings().truncation(new Truncation.Window(3, 7), true), 6, 9);
  }

  @Test
  void aSnapshotOfAnotherRunIsRefused() throws IOException {
    Path file = folder.resolve("snapshot.safetensors");
    try (Trainer trainer = trainer(settings())) {
      Snapshot.save(trainer, file);
    }
    try (Trainer other = trainer(settings().seed(1))) {
      assertThatThrownBy(() -> Snapshot.restore(other, file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("resume with the same settings");
    }
    try (Trainer other = trainer(settings().optimizer(new Optimizer.Adagrad(1e-8)).seed(9))) {
      Snapshot.restore(other, file);
    }
    try (Trainer plain = trainer(settings().optimizer(new Optimizer.Sgd()))) {
      Snapshot.save(plain, file);
      try (Trainer adam = trainer(settings())) {
        assertThatThrownBy(() -> Snapshot.restore(adam, file))
            .hasMessageContaining("another optimiser");
      }
    }
  }

  @Test
  void checkpointingDoesNotChangeTraining() {
    try (Trainer all = trainer(settings());
        Trainer few = trainer(settings().save(new SavePolicy.Binomial(3)))) {
      assertThat(all.until(5).parameters().values()).isEqualTo(few.until(5).parameters().values());
    }
  }

  @Test
  void slicesOnlyChangeTheOrderOfAdditions() {
    try (Trainer one = trainer(settings().slices(1));
        Trainer three = trainer(settings().slices(3));
        Trainer again = trainer(settings().slices(3))) {
      double[] expected = one.until(3).parameters().values();
      double[] sliced = three.until(3).parameters().values();
      assertThat(sliced).containsExactly(expected, org.assertj.core.api.Assertions.within(1e-9));
      assertThat(again.until(3).parameters().values()).isEqualTo(sliced);
    }
  }

  @Test
  void earlyStoppingFollowsItsTrace() {
    double[] scores = {.9, .8, .75, .76, .74, .75, .77, .76};
    var stopping = new EarlyStopping(3);
    int stopped = -1;
    for (int i = 0; i < scores.length && stopped < 0; i++) {
      stopping.observe(scores[i]);
      stopped = stopping.stop() ? i : -1;
    }
    assertThat(stopped).isEqualTo(7);
    assertThat(stopping.bestIndex()).isEqualTo(4);
    assertThat(stopping.best()).isEqualTo(.74);
  }

  @Test
  void theBestParametersAreRestored() {
    var seen = new ArrayList<double[]>();
    double[] scores = {3, 1, 2, 2};
    try (Trainer trainer = trainer(settings().patience(2))) {
      double best =
          trainer.train(
              100,
              2,
              parameters -> {
                seen.add(parameters.values().clone());
                return scores[seen.size() - 1];
              });
      assertThat(best).isEqualTo(1);
      assertThat(seen).hasSize(4);
      assertThat(trainer.parameters().values()).isEqualTo(seen.get(1));
    }
  }

  @Test
  void dropoutIsOffInEvaluationAndOneMaskOverTime() {
    SequenceModel model =
        SequenceModel.builder()
            .features(2)
            .layer(ElmanCell.of(200).dropout(0.5))
            .loss(new Loss.Squared(1))
            .build();
    Sequences noisy = model.withNoise(batch(0, 4, 3), 1, 5);
    double[][] mask = noisy.input("layer0.stateMask").steps();
    assertThat(mask[0]).isSameAs(mask[2]);
    double mean = java.util.Arrays.stream(mask[0]).average().orElseThrow();
    assertThat(mean).isBetween(0.9, 1.1);
    assertThat(model.withNoise(batch(0, 4, 3), 1, 5).input("layer0.stateMask").steps()[0])
        .isEqualTo(mask[0]);
    assertThat(model.withNoise(batch(0, 4, 3), 1, 6).input("layer0.stateMask").steps()[0])
        .isNotEqualTo(mask[0]);
    assertThat(model.withoutNoise(batch(0, 4, 3)).input("layer0.stateMask").steps()[0])
        .containsOnly(1);
  }

  @Test
  void theFlightRecorderNamesTheFirstNonFiniteNode() throws IOException {
    StepGraph step =
        StepGraph.define(
            "logarithm",
            s -> {
              Value x = s.carry("x");
              Value w = s.shared("w", Initializer.constant(0.01));
              s.next(x, x.plus(w.times(s.input("u"))));
              s.output("loss", org.costate.graph.Functions.log(x.plus(w).named("argument")));
            });
    Unroll unroll = Unroll.of(step);
    Objective objective = Objective.of(unroll);
    BatchSource source =
        index ->
            Sequences.of(2, 4)
                .with(
                    "u", Series.constant(Shape.SCALAR, 2, 4, new double[] {1, index < 2 ? 1 : -1}));
    Parameters theta = Parameters.initialise(unroll.layout(), 1);
    var recorder = new FlightRecorder(objective, source, theta, 0);
    try (var trainer =
        new Trainer(
            objective,
            source,
            theta,
            Trainer.Settings.adam(1e-6)
                .optimizer(new Optimizer.Sgd())
                .schedule(new Schedule.Constant(1e-9))
                .slices(1)
                .listener(recorder))) {
      trainer.until(4);
      assertThat(trainer.updater().skipped()).isEqualTo(2);
    }
    FlightRecorder.Report report = recorder.report().orElseThrow();
    assertThat(report.batch()).isEqualTo(2);
    assertThat(report.origin().orElseThrow().lane()).isEqualTo(1);
    assertThat(report.origin().orElseThrow().time()).isEqualTo(1);
    assertThat(report.toString())
        .contains("log")
        .contains("batch 1 loss")
        .contains("t = 1 of 4, lane 1");
    recorder.save(folder.resolve("bad.safetensors"));
    assertThat(org.costate.io.Safetensors.read(folder.resolve("bad.safetensors")).tensors())
        .containsKeys("w", "batch/u");
  }

  @Test
  void gradientFlowMeasuresDecayAndAdvises() {
    double[] norms = new double[101];
    for (int t = 0; t <= 100; t++) {
      norms[t] = Math.pow(0.5, (100 - t) / 2.0);
    }
    GradientFlow.Decay decay = GradientFlow.decay(norms);
    assertThat(decay.halfLife()).isCloseTo(2, org.assertj.core.api.Assertions.within(1e-9));
    assertThat(decay.reach()).isEqualTo(14);
    assertThat(GradientFlow.decay(new double[] {8, 4, 2, 1}).growth())
        .isCloseTo(2, org.assertj.core.api.Assertions.within(1e-9));

    var flow = new GradientFlow();
    SequenceModel model =
        SequenceModel.builder()
            .features(2)
            .layer(ElmanCell.of(6).recurrent(Initializer.identity(0.5)))
            .pool(SequenceModel.Pooling.LAST)
            .loss(new Loss.Squared(1))
            .build();
    BatchSource source =
        index -> {
          Sequences b = batch(index, 4, 60);
          return b.with("target", Series.constant(Shape.of(1), 4, 60, new double[4]));
        };
    try (var trainer =
        new Trainer(
            model,
            source,
            model.initialise(1),
            Trainer.Settings.adam(1e-4).flowEvery(1).listener(flow))) {
      trainer.until(2);
    }
    assertThat(flow.frames()).hasSize(2);
    assertThat(flow.frames().getFirst().flow().get("layer0").costateNorm()).hasSize(61);
    assertThat(flow.advice(60))
        .anyMatch(line -> line.contains("half-life") && line.contains("targets are 60 steps away"));
  }

  @Test
  void saturatedGatesAreCounted() {
    SequenceModel model =
        SequenceModel.builder()
            .features(2)
            .bidirectional(LstmCell.of(4))
            .loss(new Loss.Squared(1))
            .build();
    Parameters theta = model.initialise(1);
    double[] bias = new double[16];
    java.util.Arrays.fill(bias, 4, 8, 50);
    theta.set("layer0.b", bias);
    var saturation = model.saturation(theta, batch(0, 3, 5));
    assertThat(saturation).hasSize(8).containsEntry("layer0.forget gate", 1.0);
    assertThat(saturation.get("layer0_reverse.forget gate")).isLessThan(0.5);
  }

  @Test
  void lossGoesDownAndGenerationIsDeterministic() {
    int[] cycle = {0, 1, 2, 3};
    SequenceModel model =
        SequenceModel.builder().embed(4, 5).layer(GruCell.of(8)).loss(new Loss.Softmax(4)).build();
    BatchSource source =
        index -> {
          double[][] x = new double[8][2];
          double[][] y = new double[8][2];
          for (int t = 0; t < 8; t++) {
            for (int lane = 0; lane < 2; lane++) {
              x[t][lane] = cycle[(t + lane) % 4];
              y[t][lane] = cycle[(t + lane + 1) % 4];
            }
          }
          return Sequences.of(2, 8)
              .with("x", new Series(Shape.SCALAR, 2, x))
              .with("target", new Series(Shape.SCALAR, 2, y));
        };
    var losses = new ArrayList<Double>();
    Parameters theta = model.initialise(1);
    try (var trainer =
        new Trainer(
            model,
            source,
            theta,
            Trainer.Settings.adam(0.02)
                .clipping(new Clipping.Value(1))
                .listener(
                    new TrainingListener() {
                      @Override
                      public void onUpdate(Update update) {
                        losses.add(update.loss());
                      }
                    }))) {
      trainer.until(200);
    }
    assertThat(losses.getLast()).isLessThan(losses.getFirst() / 20);
    assertThat(model.generate(theta, new int[] {0, 1}, 6, 0, 1)).containsExactly(2, 3, 0, 1, 2, 3);
    assertThat(model.generate(theta, new int[] {0}, 20, 1.5, 7))
        .isEqualTo(model.generate(theta, new int[] {0}, 20, 1.5, 7));
  }

  @Test
  void badExamplesAreSaidInOneSentence() {
    assertThatThrownBy(() -> Example.of(0)).hasMessageContaining("at least one step");
    assertThatThrownBy(() -> Example.of(3).with("x", new double[] {1, Double.NaN, 3}))
        .hasMessageContaining("'x' is NaN at step 1");
    assertThatThrownBy(() -> Example.of(3).with("x", new double[4], 2))
        .hasMessageContaining("must have size = 2 or length · size = 6 values, got 4");
    assertThatThrownBy(() -> BatchSource.shuffled(List.of(), 4, 1))
        .hasMessageContaining("no examples");
    SequenceModel symbols =
        SequenceModel.builder().embed(4, 5).layer(GruCell.of(3)).loss(new Loss.Softmax(4)).build();
    Sequences outside =
        Sequences.of(1, 1).with("x", new Series(Shape.SCALAR, 1, new double[][] {{4}}));
    assertThatThrownBy(() -> symbols.predict(symbols.initialise(1), outside))
        .hasMessageContaining("index 4.0 of lane 0 is outside the table of 4 rows");
  }
}
