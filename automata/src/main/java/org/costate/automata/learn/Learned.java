package org.costate.automata.learn;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.costate.automata.CountRule;
import org.costate.automata.Notation;
import org.costate.automata.Rule;
import org.costate.automata.SecondOrderRule;
import org.costate.automata.StochasticRule;
import org.costate.automata.TableRule;

/// What frames say about a rule, and what they do not.
///
/// @param method how it was found
/// @param ruleClass the smallest class that explains the frames
/// @param solutions for each gap that fits, tables of which every completion explains the frames;
///   −1 marks an entry that the frames leave open. More than one table, or more than one gap, is an
///   equivalence class that no more thinking can split
/// @param likeliest for noisy or partly seen frames the most likely outputs, open entries among
///   them, else null
/// @param counts how often each entry was followed by each state, where transitions were visible;
///   null if they were hidden
/// @param probability for a stochastic rule the estimated probability of each next state, else null
/// @param standardError for a stochastic rule or noisy frames the standard error of the probability
///   of each entry's output, else null
/// @param noise the fraction of flipped cells, 0 if there is none
/// @param boundaries the names of the boundaries that fit
/// @param replay the comparison of the rule with the frames
/// @param heldOut the rule learned from the first half of the frames, compared with the second half
///   from its own first frame; null where that was not done
/// @param atLeast whether there may be more rules than the tables say, because they were found by
///   gradient descent and not by search
/// @param remarks what a user should know
/// @param seconds how long it took
public record Learned(
    String method,
    RuleClass ruleClass,
    Map<Integer, List<int[]>> solutions,
    int[] likeliest,
    long[][] counts,
    double[][] probability,
    double[] standardError,
    double noise,
    List<String> boundaries,
    Replay replay,
    Replay heldOut,
    boolean atLeast,
    List<String> remarks,
    double seconds) {
  /// The most rules that are written out.
  public static final int MOST_LISTED = 64;

  private static final double CERTAIN = 0.95;

  /// The gaps that fit.
  ///
  /// @return steps between frames, in order
  public List<Integer> gaps() {
    return List.copyOf(solutions.keySet());
  }

  /// Whether the rule is stochastic.
  ///
  /// @return whether probabilities were estimated
  public boolean stochastic() {
    return probability != null;
  }

  /// The outputs on which all rules that fit agree.
  ///
  /// @return the next state of each entry, −1 where they do not
  public int[] outputs() {
    int[] common = null;
    for (List<int[]> tables : solutions.values()) {
      for (int[] table : tables) {
        if (common == null) {
          common = table.clone();
        }
        for (int e = 0; e < common.length; e++) {
          common[e] = common[e] == table[e] ? common[e] : -1;
        }
      }
    }
    return common;
  }

  /// The entries that the frames say nothing about: they are open in every table.
  ///
  /// @return their names
  public List<String> unseen() {
    return names(
        e -> solutions.values().stream().flatMap(List::stream).allMatch(table -> table[e] < 0));
  }

  /// The entries on which the rules that fit do not agree, unseen ones among them.
  ///
  /// @return their names
  public List<String> open() {
    int[] outputs = outputs();
    return names(e -> outputs[e] < 0);
  }

  private List<String> names(java.util.function.IntPredicate which) {
    return java.util.stream.IntStream.range(0, ruleClass.entries())
        .filter(which)
        .mapToObj(ruleClass::entryName)
        .toList();
  }

  private static int free(int[] table) {
    return (int) Arrays.stream(table).filter(o -> o < 0).count();
  }

  private BigInteger completions(int[] table) {
    BigInteger product = BigInteger.ONE;
    for (int e = 0; e < table.length; e++) {
      product =
          table[e] < 0
              ? product.multiply(BigInteger.valueOf(ruleClass.choices(e).length))
              : product;
    }
    return product;
  }

  /// The number of rules that fit. A rule that fits at two gaps counts once.
  ///
  /// @return the number
  public BigInteger consistent() {
    if (solutions.size() > 1) {
      int most =
          solutions.values().stream().flatMap(List::stream).mapToInt(Learned::free).max().orElse(0);
      if (most <= 18) {
        return BigInteger.valueOf(completions(Integer.MAX_VALUE).size());
      }
    }
    BigInteger sum = BigInteger.ZERO;
    for (List<int[]> tables : solutions.values()) {
      for (int[] table : tables) {
        sum = sum.add(completions(table));
      }
    }
    return sum;
  }

  /// The number of rules that fit as a number, or as a power of the number of states where it is
  /// large.
  ///
  /// @return for example 256, or `2^499`
  public Object consistentShort() {
    BigInteger n = consistent();
    if (n.bitLength() <= 31) {
      return n.longValue();
    }
    BigInteger k = BigInteger.valueOf(ruleClass.states());
    int exponent =
        (int) Math.round((n.bitLength() - 1) / (Math.log(ruleClass.states()) / Math.log(2)));
    return k.pow(exponent).equals(n) ? ruleClass.states() + "^" + exponent : n.toString();
  }

  private Set<List<Integer>> completions(int limit) {
    var all = new LinkedHashSet<List<Integer>>();
    for (List<int[]> tables : solutions.values()) {
      for (int[] table : tables) {
        if (free(table) > 18) {
          return Set.of();
        }
        for (int[] one : ExhaustiveSearch.complete(table, ruleClass)) {
          all.add(Arrays.stream(one).boxed().toList());
          if (all.size() > limit) {
            return Set.of();
          }
        }
      }
    }
    return all;
  }

  /// Every rule that fits, the most likely one first.
  ///
  /// @return the rules; empty if there are more than [#MOST_LISTED], or if the rule is stochastic
  public List<Rule> rules() {
    if (stochastic()) {
      return List.of();
    }
    return completions(MOST_LISTED).stream()
        .map(o -> o.stream().mapToInt(Integer::intValue).toArray())
        .sorted(
            java.util.Comparator.comparing(
                (int[] o) -> likeliest != null && !Arrays.equals(o, likeliest)))
        .map(ruleClass::rule)
        .toList();
  }

  /// One rule that fits: entries that were left open get the first state that the class allows.
  ///
  /// @return the rule
  public Rule anyRule() {
    if (stochastic()) {
      int[] of = ruleClass.entryOfIndex();
      double[][] p = new double[of.length][];
      for (int i = 0; i < of.length; i++) {
        p[i] = probability[of[i]];
      }
      return new StochasticRule(ruleClass.states(), ruleClass.cells(), p);
    }
    int[] first = likeliest != null ? likeliest : solutions.values().iterator().next().getFirst();
    int[] outputs = first.clone();
    Arrays.setAll(outputs, e -> first[e] < 0 ? ruleClass.choices(e)[0] : first[e]);
    return ruleClass.rule(outputs);
  }

  /// The notations of every rule that fits.
  ///
  /// @return the texts; empty if there are too many, or if there is no notation for the class
  public List<String> notation() {
    return rules().stream().filter(Learned::hasNotation).map(Notation::of).toList();
  }

  private static boolean hasNotation(Rule rule) {
    return switch (rule) {
      case TableRule t -> Notation.wolfram(t).isPresent() || Notation.map(t).isPresent();
      case CountRule c ->
          Notation.generations(c).isPresent()
              || Notation.totalistic(c).isPresent()
              || Notation.of(c).startsWith("R");
      case SecondOrderRule s -> s.toString().endsWith("R");
      default -> false;
    };
  }

  /// The Wolfram codes of every rule that fits, on a line of radius 1.
  ///
  /// @return the codes, in order; empty in other classes
  public List<BigInteger> wolfram() {
    if (!ruleClass.cells().isLine() || ruleClass.cells().radius() != 1 || ruleClass.order() != 1) {
      return List.of();
    }
    return rules().stream()
        .map(TableRule::of)
        .flatMap(t -> Notation.wolfram(t).stream())
        .sorted()
        .toList();
  }

  /// The totalistic code, if one rule fits and it has one; of a two-state Moore rule the
  /// outer-totalistic one.
  ///
  /// @return the code, 777 or 224 for example, or null
  public BigInteger totalistic() {
    List<Rule> rules = rules();
    if (rules.size() != 1) {
      return null;
    }
    return switch (rules.getFirst()) {
      case TableRule table when Notation.outerTotalistic(table).isPresent() ->
          Notation.outerTotalistic(table).get();
      case TableRule table -> Notation.totalistic(table).orElse(null);
      case CountRule count -> Notation.totalistic(count).orElse(null);
      default -> null;
    };
  }

  /// How sure an entry's output is: with n transitions, all alike, the lower end of the 95 %
  /// confidence interval of the probability of that output, 0.05^(1/n); for a stochastic rule or
  /// noisy frames, the normal approximation.
  ///
  /// @param entry the entry
  /// @return 0 … 1; 0 for an entry that was not seen
  public double confidence(int entry) {
    int output = outputs()[entry];
    if (standardError != null) {
      double p = stochastic() ? Arrays.stream(probability[entry]).max().orElse(0) : 1;
      return Math.clamp(p - 1.645 * standardError[entry], 0, 1);
    }
    if (output < 0) {
      return 0;
    }
    if (counts == null) {
      return 1;
    }
    long n = Arrays.stream(counts[entry]).sum();
    return n == 0 ? 0 : Math.pow(0.05, 1.0 / n);
  }

  /// Everything as a tree for JSON.
  ///
  /// @return `class`, `radius`, `order`, `notation`, `wolfram`, `totalistic`, `consistent`,
  ///   `unseen`, `open`, `entries`, `gap`, `noise`, `boundary`, `replay`, `seconds` and what
  ///   belongs to them
  public Map<String, Object> toMap() {
    var map = new LinkedHashMap<String, Object>();
    map.put("class", stochastic() ? "stochastic " + ruleClass.name() : ruleClass.name());
    map.put("method", method);
    map.put("states", ruleClass.states());
    map.put("neighbourhood", ruleClass.cells().name());
    map.put("radius", ruleClass.cells().radius());
    map.put("order", ruleClass.order());
    map.put("stochastic", stochastic());
    map.put("notation", notation());
    map.put("most_likely", likeliest == null ? null : ruleClass.notation(likeliest));
    map.put("wolfram", wolfram());
    map.put("totalistic", totalistic());
    map.put("consistent", stochastic() ? null : consistentShort());
    map.put("at_least", atLeast);
    map.put("unseen", unseen());
    map.put("open", open());
    map.put("entries", entries());
    map.put("gap", gaps().size() == 1 ? gaps().getFirst() : gaps());
    map.put("noise", noise);
    map.put("boundary", boundaries.size() == 1 ? boundaries.getFirst() : "undetermined");
    map.put("boundaries", boundaries);
    map.put("replay", map(replay));
    map.put("held_out", heldOut == null ? null : map(heldOut));
    map.put("remarks", remarks);
    map.put("seconds", Math.round(seconds * 1e4) / 1e4);
    return map;
  }

  private static Map<String, Object> map(Replay replay) {
    var map = new LinkedHashMap<String, Object>();
    map.put("exact", replay.exact());
    map.put("compared", replay.compared());
    map.put("wrong", replay.wrong());
    if (!replay.exact()) {
      map.put("history", replay.history());
      map.put("frame", replay.frame());
      map.put("cell", List.of(replay.row(), replay.column()));
    }
    return map;
  }

  private List<Map<String, Object>> entries() {
    var list = new ArrayList<Map<String, Object>>();
    int[] outputs = outputs();
    for (int e = 0; e < outputs.length; e++) {
      var entry = new LinkedHashMap<String, Object>();
      entry.put("entry", ruleClass.entryName(e));
      entry.put("output", outputs[e] < 0 ? null : outputs[e]);
      entry.put("count", counts == null ? null : Arrays.stream(counts[e]).sum());
      entry.put("confidence", confidence(e));
      entry.put("known", outputs[e] >= 0 && (!stochastic() || confidence(e) > CERTAIN));
      if (stochastic()) {
        entry.put("probability", probability[e]);
      }
      if (standardError != null) {
        double error = standardError[e];
        entry.put("standard_error", Double.isFinite(error) ? error : null);
      }
      list.add(entry);
    }
    return list;
  }
}
