package org.costate.genomics.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.costate.genomics.Bases;
import org.costate.io.ModelFile;
import org.costate.io.Safetensors;
import org.costate.io.Tensor;
import org.costate.unroll.Parameters;

/// A trained model: one network or several whose probabilities are averaged, and a temperature for
/// each kind of site that makes the probabilities mean what they say:
///
///     p = σ(logit(p̄) / T)
///
/// ```java
/// SpliceModel model = SpliceModel.shipped();
/// SiteScorer.SiteScores scores = model.score("ACGT…");
/// for (int i = 0; i < scores.donor().length; i++) {
///   if (scores.donor()[i] > 0.5) System.out.println("an intron begins at base " + (i + 1));
/// }
/// ```
public final class SpliceModel implements SiteScorer {
  private final SpliceNetwork network;
  private final List<Parameters> members;
  private final List<NetworkScorer> scorers = new ArrayList<>();
  private final double[] temperatures;
  private final Map<String, String> card;

  /// A model.
  ///
  /// @param network the network
  /// @param members the trained parameters of each member, at least one
  /// @param temperatures of donors and of acceptors; 1 leaves probabilities as they are
  /// @param card what it was trained on and how it did, by topic
  public SpliceModel(
      SpliceNetwork network,
      List<Parameters> members,
      double[] temperatures,
      Map<String, String> card) {
    this.network = network;
    this.members = List.copyOf(members);
    this.temperatures = temperatures.clone();
    this.card = new TreeMap<>(card);
    members.forEach(member -> scorers.add(new NetworkScorer(network, member)));
  }

  /// The general model that comes with Costate.
  ///
  /// @return the model
  /// @throws IOException if it cannot be read
  public static SpliceModel shipped() throws IOException {
    return ShippedModels.read(ShippedModels.GENERAL);
  }

  /// Reads a model.
  ///
  /// @param file the file
  /// @return the model
  /// @throws IOException if it cannot be read or is of another kind
  public static SpliceModel read(Path file) throws IOException {
    Safetensors saved = Safetensors.read(file);
    var card = new TreeMap<>(saved.metadata());
    if (!"costate-splice-1".equals(card.get("format"))) {
      throw new IOException(
          "%s is not a splice model; train one with 'costate splice train'.".formatted(file));
    }
    try {
      var size =
          new SpliceNetwork.Size(
              SpliceNetwork.CellKind.valueOf(card.get("cell")),
              Integer.parseInt(card.get("layers")),
              Integer.parseInt(card.get("hidden")),
              Integer.parseInt(card.get("reach")),
              Double.parseDouble(card.get("dropout")));
      var network = new SpliceNetwork(size);
      var members = new ArrayList<Parameters>();
      for (int i = 0; i < Integer.parseInt(card.get("members")); i++) {
        var own = new LinkedHashMap<String, Tensor>();
        String prefix = i + ".";
        saved
            .tensors()
            .forEach(
                (name, tensor) -> {
                  if (name.startsWith(prefix)) {
                    own.put(name.substring(prefix.length()), tensor);
                  }
                });
        members.add(ModelFile.parameters(file.toString(), own, network.recurrence().layout()));
      }
      double[] temperatures = {
        Double.parseDouble(card.get("donor temperature")),
        Double.parseDouble(card.get("acceptor temperature"))
      };
      return new SpliceModel(network, members, temperatures, card);
    } catch (IllegalArgumentException | NullPointerException e) {
      throw new IOException(
          "%s: its description is incomplete (%s); train the model again."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  /// Writes the model, in single precision.
  ///
  /// @param file the file
  /// @throws IOException if it cannot be written
  public void write(Path file) throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    for (int i = 0; i < members.size(); i++) {
      int member = i;
      ModelFile.tensors(members.get(i), Tensor.Type.F32)
          .forEach((name, tensor) -> tensors.put(member + "." + name, tensor));
    }
    new Safetensors(tensors, card()).write(file);
  }

  /// What the model is: its size, what it was trained on, how it did.
  ///
  /// @return texts by topic
  public Map<String, String> card() {
    SpliceNetwork.Size size = network.size();
    var all = new TreeMap<>(card);
    all.put("format", "costate-splice-1");
    all.put("cell", size.cell().name());
    all.put("layers", Integer.toString(size.layers()));
    all.put("hidden", Integer.toString(size.hidden()));
    all.put("reach", Integer.toString(size.reach()));
    all.put("dropout", Double.toString(size.dropout()));
    all.put("members", Integer.toString(members.size()));
    all.put("donor temperature", Double.toString(temperatures[0]));
    all.put("acceptor temperature", Double.toString(temperatures[1]));
    return all;
  }

  /// The network.
  ///
  /// @return the network
  public SpliceNetwork network() {
    return network;
  }

  /// The trained parameters of the members.
  ///
  /// @return θ of each
  public List<Parameters> members() {
    return members;
  }

  /// This model with other temperatures.
  ///
  /// @param donor of donors
  /// @param acceptor of acceptors
  /// @return the model
  public SpliceModel withTemperatures(double donor, double acceptor) {
    return new SpliceModel(network, members, new double[] {donor, acceptor}, card);
  }

  /// This model with another description.
  ///
  /// @param topics texts by topic, which replace those of the same topic
  /// @return the model
  public SpliceModel describing(Map<String, String> topics) {
    var all = new TreeMap<>(card);
    all.putAll(topics);
    return new SpliceModel(network, members, temperatures, all);
  }

  @Override
  public int context() {
    return scorers.getFirst().context();
  }

  /// Scores a sequence on its own, with nothing known of what surrounds it.
  ///
  /// @param sequence the transcribed strand
  /// @return the probabilities of each of its bases
  public SiteScores score(String sequence) {
    byte[] padded = Bases.unknown(sequence.length() + 2 * context());
    System.arraycopy(Bases.of(sequence), 0, padded, context(), sequence.length());
    return score(List.of(padded)).getFirst();
  }

  @Override
  public List<SiteScores> score(List<byte[]> stretches) {
    List<SiteScores> total = scorers.getFirst().score(stretches);
    for (NetworkScorer other : scorers.subList(1, scorers.size())) {
      List<SiteScores> more = other.score(stretches);
      for (int lane = 0; lane < total.size(); lane++) {
        for (Labels.Site site : Labels.Site.values()) {
          float[] sum = total.get(lane).of(site);
          float[] term = more.get(lane).of(site);
          for (int i = 0; i < sum.length; i++) {
            sum[i] += term[i];
          }
        }
      }
    }
    for (SiteScores scores : total) {
      for (Labels.Site site : Labels.Site.values()) {
        calibrate(scores.of(site), temperatures[site.ordinal()]);
      }
    }
    return total;
  }

  /// The log-odds of a site at one base of stretches that are read alone, with nothing around them:
  /// the mean over members of the log-odds under the grammar and of those of the network's own
  /// scores.
  ///
  /// @param stretches letters of equal length, in the direction of the strand
  /// @param at the base in question
  /// @param site the kind of site
  /// @param smallest probabilities are taken to lie between this and 1 − 100 times this
  /// @return the log-odds of each stretch, before calibration
  public double[] logOddsAlone(List<byte[]> stretches, int at, Labels.Site site, double smallest) {
    double[] odds = new double[stretches.size()];
    int reach = network.size().reach();
    List<byte[]> padded =
        stretches.stream()
            .map(
                stretch -> {
                  byte[] all = Bases.unknown(stretch.length + 2 * reach);
                  System.arraycopy(stretch, 0, all, reach, stretch.length);
                  return all;
                })
            .toList();
    for (NetworkScorer scorer : scorers) {
      double[][] both = scorer.alone(padded, at, site);
      for (double[] probabilities : both) {
        for (int i = 0; i < odds.length; i++) {
          double p = Math.clamp(probabilities[i], smallest, 1 - 100 * smallest);
          odds[i] += Math.log(p / (1 - p)) / (both.length * scorers.size());
        }
      }
    }
    return odds;
  }

  private void calibrate(float[] sums, double temperature) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] = (float) tempered(sums[i] / scorers.size(), temperature);
    }
  }

  /// σ(logit(p) / T), which keeps 0 and 1.
  static double tempered(double p, double temperature) {
    return temperature == 1 || p <= 0 || p >= 1
        ? Math.min(1, p)
        : 1 / (1 + Math.exp(-Math.log(p / (1 - p)) / temperature));
  }
}
