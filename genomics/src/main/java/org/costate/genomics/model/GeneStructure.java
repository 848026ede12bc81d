package org.costate.genomics.model;

import static org.costate.graph.Functions.exp;
import static org.costate.graph.Functions.log;

import java.util.Arrays;
import org.costate.graph.Initializer;
import org.costate.graph.StepGraph;
import org.costate.graph.Value;

/// The grammar of genes: which state of a base can follow which. A chain of 16 hidden states over the
/// transcribed strand, with the position in the codon, which an intron must keep:
///
/// | states | meaning |
/// |---|---|
/// | `N` | between genes, or an untranslated exon |
/// | `C0 C1 C2` | coding base at position 0, 1, 2 of its codon |
/// | `D?` | first base of an intron (donor) |
/// | `I?` | inside an intron |
/// | `A?` | last base of an intron (acceptor) |
///
/// where `?` is what stood before the intron: n (untranslated) or the position in the codon, 0, 1, 2.
///
/// With scores sₜ ≥ 0 of the states at base t and weights A ≥ 0 of the transitions, one step of the
/// forward recursion and the logarithm of its normaliser are
///
///     α′ = (A α) ⊙ sₜ     zₜ = Σ α′     αₜ = α′ / zₜ     log Z = Σₜ log zₜ
///
/// so the posterior of a state is a gradient: P(state k at t) = sₜₖ ∂ log Z / ∂sₜₖ. The forward–backward
/// algorithm is this step, unrolled, and its reverse sweep. With scores that a network makes it is a
/// conditional random field (Lafferty et al. 2001); with likelihoods, a hidden Markov model.
public final class GeneStructure {
  /// What a network or a likelihood scores: several states share a class.
  public enum BaseClass {
    /// Between genes, or an untranslated exon.
    UNTRANSLATED,
    /// First position of a codon.
    CODON_0,
    /// Second position of a codon.
    CODON_1,
    /// Third position of a codon.
    CODON_2,
    /// First base of an intron.
    DONOR,
    /// Inside an intron.
    INTRON,
    /// Last base of an intron.
    ACCEPTOR
  }

  /// The number of states.
  public static final int STATES = 16;

  /// The number of classes.
  public static final int CLASSES = BaseClass.values().length;

  /// A set of states that has all of them: nothing is known.
  public static final int ANY = (1 << STATES) - 1;

  /// The set of state N.
  public static final int UNTRANSLATED = 1;

  /// The set of all exon states.
  public static final int EXON = 0xf;

  private static final int DONORS = 4;
  private static final int INTRONS = 8;
  private static final int ACCEPTORS = 12;

  /// The set of the donor states of every context.
  public static final int DONOR = 0xf << DONORS;

  /// The set of the states inside introns.
  public static final int INTRON = 0xf << INTRONS;

  /// The set of the acceptor states.
  public static final int ACCEPTOR = 0xf << ACCEPTORS;

  /// The weight of a transition that the grammar does not have, so that no labels are impossible.
  private static final double FORBIDDEN = 1e-6;

  private static final double[][] ALLOWED = allowed();

  private GeneStructure() {}

  /// The set of a coding base.
  ///
  /// @param position 0, 1 or 2 in its codon
  /// @return a set of one state
  public static int codon(int position) {
    return 2 << position;
  }

  /// The set of a donor, of bases inside an intron, or of an acceptor after a base of an exon.
  ///
  /// @param kind DONOR, INTRON or ACCEPTOR
  /// @param exon the set of the last base of the exon before the intron
  /// @return the states of the same contexts
  public static int within(int kind, int exon) {
    return kind & (exon << DONORS | exon << INTRONS | exon << ACCEPTORS);
  }

  /// The class of a state.
  static BaseClass classOf(int state) {
    return state < DONORS
        ? BaseClass.values()[state]
        : state < INTRONS
            ? BaseClass.DONOR
            : state < ACCEPTORS ? BaseClass.INTRON : BaseClass.ACCEPTOR;
  }

  /// Typical probabilities `[to][from]`; 0 where the grammar has no transition.
  private static double[][] allowed() {
    double[][] to = new double[STATES][STATES];
    to[0][0] = 0.997;
    to[1][0] = 0.002;
    to[DONORS][0] = 0.001;
    for (int position = 0; position < 3; position++) {
      int codon = 1 + position;
      int following = 1 + (position + 1) % 3;
      boolean last = position == 2;
      to[following][codon] = last ? 0.994 : 0.996;
      to[0][codon] = last ? 0.002 : 0;
      to[DONORS + codon][codon] = 0.004;
      to[following][ACCEPTORS + codon] = last ? 0.98 : 1;
      to[0][ACCEPTORS + codon] = last ? 0.02 : 0;
    }
    to[0][ACCEPTORS] = 0.8;
    to[1][ACCEPTORS] = 0.2;
    for (int context = 0; context < 4; context++) {
      to[INTRONS + context][DONORS + context] = 1;
      to[INTRONS + context][INTRONS + context] = 0.99;
      to[ACCEPTORS + context][INTRONS + context] = 0.01;
    }
    return to;
  }

  /// One step of the grammar.
  ///
  /// Inputs: `score` `[7]`, a score ≥ 0 of each class; `allowed` `[16]`, 1 for the states that the
  /// labels allow; `first`, 1 at the first base, else 0. Parameter `transitions` `[16, 16]`, log A
  /// from column to row. Outputs: `normaliser` = log zₜ over all states; `loss` = log zₜ − log zₜ
  /// over the allowed ones, whose sum is −log P(labels), where labels may leave open what is not
  /// known.
  ///
  /// @return the step
  public static StepGraph labelled() {
    return StepGraph.define(
        "gene structure",
        s -> {
          var chain = new Chain(s);
          Value all = chain.advance("forward");
          Value allowed = chain.advance("labelled forward", s.input("allowed", STATES));
          s.output("normaliser", all);
          s.output("loss", all.minus(allowed));
        });
  }

  /// One step of the grammar without labels: inputs `score` and `first`, output `normaliser`.
  ///
  /// @return the step
  public static StepGraph unlabelled() {
    return StepGraph.define(
        "gene structure", s -> s.output("normaliser", new Chain(s).advance("forward")));
  }

  private static final class Chain {
    private final org.costate.graph.StepBuilder s;
    private final Value transitions;
    private final Value scores;
    private final Value start;

    private Chain(org.costate.graph.StepBuilder s) {
      this.s = s;
      double[][] mask = new double[STATES][STATES];
      double[][] rest = new double[STATES][STATES];
      double[][] shared = new double[STATES][CLASSES];
      for (int i = 0; i < STATES; i++) {
        shared[i][classOf(i).ordinal()] = 1;
        for (int j = 0; j < STATES; j++) {
          mask[i][j] = ALLOWED[i][j] > 0 ? 1 : 0;
          rest[i][j] = FORBIDDEN;
        }
      }
      Initializer typical =
          (values, _, _) -> {
            for (int i = 0; i < values.length; i++) {
              double p = ALLOWED[i / STATES][i % STATES];
              values[i] = p > 0 ? Math.log(p) : 0;
            }
          };
      transitions =
          exp(s.shared("transitions", typical, STATES, STATES))
              .hadamard(s.constant(mask))
              .plus(s.constant(rest));
      scores = s.constant(shared).times(s.input("score", CLASSES));
      double[] uniform = new double[STATES];
      Arrays.fill(uniform, 1.0 / STATES);
      start = s.constant(uniform).times(s.input("first"));
    }

    private Value advance(String name, Value... allowed) {
      Value before = s.carry(name, STATES);
      Value next = transitions.times(before.plus(start)).hadamard(scores);
      for (Value set : allowed) {
        next = next.hadamard(set);
      }
      Value total = next.sum();
      s.next(before, next.over(total));
      return log(total);
    }
  }
}
