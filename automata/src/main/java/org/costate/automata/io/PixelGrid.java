package org.costate.automata.io;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.costate.automata.Lattice;

/// Finds the cells in pictures: lines of a grid, the size of a cell in pixels, where the first cell
/// begins, and which colour is which state.
///
/// The size is the greatest common divisor of the places where the colour changes, over all frames
/// and both axes, and of the sides of the picture if they agree with it. Colours of the given
/// palette are its states; of other colours the most frequent is state 0, the next state 1, and so
/// on.
public final class PixelGrid {
  private static final int MOST_COLOURS = 255;

  /// The share of the rarer of two colours from which on frequency does not tell them apart.
  private static final double CLOSE = 0.35;

  private final int cellSize;
  private final Map<Integer, Integer> states;
  private final List<Lattice> lattices;

  private PixelGrid(int cellSize, Map<Integer, Integer> states, List<Lattice> lattices) {
    this.cellSize = cellSize;
    this.states = states;
    this.lattices = lattices;
  }

  /// The side of a cell in pixels.
  ///
  /// @return the size
  public int cellSize() {
    return cellSize;
  }

  /// The state of each colour that was seen.
  ///
  /// @return states by 0xRRGGBB
  public Map<Integer, Integer> states() {
    return states;
  }

  /// The cells of each picture.
  ///
  /// @return the lattices
  public List<Lattice> lattices() {
    return lattices;
  }

  /// Finds the cells.
  ///
  /// @param images the pictures, of one size
  /// @param palette colours whose states are known
  /// @param source the name of the input in messages
  /// @return what was found
  /// @throws FormatException if sizes differ or there are too many colours
  public static PixelGrid detect(List<BufferedImage> images, Palette palette, String source)
      throws FormatException {
    int width = images.getFirst().getWidth();
    int height = images.getFirst().getHeight();
    var pixels = new ArrayList<int[]>();
    var frequency = new LinkedHashMap<Integer, Long>();
    for (int i = 0; i < images.size(); i++) {
      BufferedImage image = images.get(i);
      if (image.getWidth() != width || image.getHeight() != height) {
        throw new FormatException(
            source,
            "picture %d is %d × %d pixels, but the first one is %d × %d."
                .formatted(i + 1, image.getWidth(), image.getHeight(), width, height));
      }
      int[] argb = image.getRGB(0, 0, width, height, null, 0, width);
      for (int p = 0; p < argb.length; p++) {
        argb[p] = argb[p] >>> 24 < 128 ? 0xffffff : argb[p] & 0xffffff;
        frequency.merge(argb[p], 1L, Long::sum);
        if (frequency.size() > MOST_COLOURS) {
          throw new FormatException(
              source,
              "there are more than %d colours; this is a photograph or was compressed with loss, so cells have no exact colour."
                  .formatted(MOST_COLOURS));
        }
      }
      pixels.add(argb);
    }
    int[] columns = keep(pixels, width, height, true);
    int[] rows = keep(pixels, width, height, false);
    int[] changesX = changes(pixels, columns, rows, width, true);
    int[] changesY = changes(pixels, columns, rows, width, false);
    int step = gcd(gcd(0, differences(changesX)), differences(changesY));
    int whole = gcd(gcd(step, new int[] {columns.length, rows.length}), first(changesX, changesY));
    boolean cropped = whole == 1 && step > 1;
    int size = Math.max(1, cropped ? step : whole);
    int phaseX = cropped && changesX.length > 0 ? changesX[0] % size : 0;
    int phaseY = cropped && changesY.length > 0 ? changesY[0] % size : 0;
    if (cropped && (changesX.length == 0 || changesY.length == 0)) {
      size = 1;
      phaseX = 0;
      phaseY = 0;
    }
    Map<Integer, Integer> states = states(frequency, pixels, columns, rows, width, palette);
    var lattices = new ArrayList<Lattice>();
    for (int[] argb : pixels) {
      lattices.add(lattice(argb, columns, rows, width, size, phaseX, phaseY, states));
    }
    return new PixelGrid(size, states, lattices);
  }

  private static int[] differences(int[] changes) {
    return changes.length == 0 ? changes : Arrays.copyOfRange(changes, 1, changes.length);
  }

  private static int[] first(int[] x, int[] y) {
    return x.length == 0 || y.length == 0 ? new int[0] : new int[] {x[0], y[0]};
  }

  private static int gcd(int seed, int[] values) {
    int g = seed;
    for (int value : values) {
      int a = g;
      int b = value;
      while (b != 0) {
        int rest = a % b;
        a = b;
        b = rest;
      }
      g = a;
    }
    return g;
  }

  /// The columns (or rows) that are not lines of a grid: a line has one colour in every picture,
  /// and that colour is on no pixel outside such lines.
  private static int[] keep(List<int[]> pixels, int width, int height, boolean columns) {
    Integer line = lineColour(pixels, width, height);
    int n = columns ? width : height;
    if (line == null) {
      int[] all = new int[n];
      Arrays.setAll(all, i -> i);
      return all;
    }
    var kept = new ArrayList<Integer>();
    for (int i = 0; i < n; i++) {
      if (!uniform(pixels, width, height, columns, i, line)) {
        kept.add(i);
      }
    }
    return kept.stream().mapToInt(Integer::intValue).toArray();
  }

  private static boolean uniform(
      List<int[]> pixels, int width, int height, boolean column, int i, int colour) {
    for (int[] argb : pixels) {
      for (int j = 0; j < (column ? height : width); j++) {
        if (argb[column ? j * width + i : i * width + j] != colour) {
          return false;
        }
      }
    }
    return true;
  }

  private static Integer lineColour(List<int[]> pixels, int width, int height) {
    int[] argb = pixels.getFirst();
    var candidates = new java.util.LinkedHashSet<Integer>();
    for (int x = 0; x < width; x++) {
      candidates.add(argb[x]);
    }
    for (int colour : candidates) {
      boolean[] column = new boolean[width];
      boolean[] row = new boolean[height];
      int columns = 0;
      int rows = 0;
      for (int x = 0; x < width; x++) {
        column[x] = uniform(pixels, width, height, true, x, colour);
        columns += column[x] ? 1 : 0;
      }
      for (int y = 0; y < height; y++) {
        row[y] = uniform(pixels, width, height, false, y, colour);
        rows += row[y] ? 1 : 0;
      }
      boolean only = columns > 0 && rows > 0 && columns < width && rows < height;
      for (int[] one : pixels) {
        for (int p = 0; p < one.length && only; p++) {
          only = one[p] != colour || column[p % width] || row[p / width];
        }
      }
      if (only) {
        return colour;
      }
    }
    return null;
  }

  /// The places along an axis, counted in kept pixels, where the colour changes.
  private static int[] changes(
      List<int[]> pixels, int[] columns, int[] rows, int width, boolean alongX) {
    int n = alongX ? columns.length : rows.length;
    boolean[] change = new boolean[n];
    for (int[] argb : pixels) {
      for (int y = alongX ? 0 : 1; y < rows.length; y++) {
        for (int x = alongX ? 1 : 0; x < columns.length; x++) {
          int here = argb[rows[y] * width + columns[x]];
          int before =
              alongX
                  ? argb[rows[y] * width + columns[x - 1]]
                  : argb[rows[y - 1] * width + columns[x]];
          change[alongX ? x : y] |= here != before;
        }
      }
    }
    var places = new ArrayList<Integer>();
    for (int i = 0; i < n; i++) {
      if (change[i]) {
        places.add(i);
      }
    }
    // Differences, with the first place itself in front: its remainder is the phase.
    int[] out = new int[places.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = i == 0 ? places.getFirst() : places.get(i) - places.getFirst();
    }
    return out.length > 1 ? out : new int[0];
  }

  private static Map<Integer, Integer> states(
      Map<Integer, Long> frequency,
      List<int[]> pixels,
      int[] columns,
      int[] rows,
      int width,
      Palette palette) {
    var seen = new HashMap<Integer, Long>();
    for (int[] argb : pixels) {
      for (int y : rows) {
        for (int x : columns) {
          seen.merge(argb[y * width + x], 1L, Long::sum);
        }
      }
    }
    Map<Integer, Integer> known = palette.states();
    var states = new LinkedHashMap<Integer, Integer>();
    if (known.keySet().containsAll(seen.keySet())) {
      seen.keySet().stream()
          .sorted(Comparator.comparing(known::get))
          .forEach(colour -> states.put(colour, known.get(colour)));
      return states;
    }
    var order = new ArrayList<>(frequency.keySet());
    order.retainAll(seen.keySet());
    order.sort(Comparator.comparing((Integer colour) -> -seen.get(colour)));
    if (order.size() == 2) {
      long all = seen.get(order.get(0)) + seen.get(order.get(1));
      boolean close = seen.get(order.get(1)) > CLOSE * all;
      if (close && brightness(order.get(0)) < brightness(order.get(1))) {
        java.util.Collections.reverse(order);
      }
    }
    order.forEach(colour -> states.put(colour, states.size()));
    return states;
  }

  private static int brightness(int rgb) {
    return 3 * (rgb >> 16 & 255) + 6 * (rgb >> 8 & 255) + (rgb & 255);
  }

  private static Lattice lattice(
      int[] argb,
      int[] columns,
      int[] rows,
      int width,
      int size,
      int phaseX,
      int phaseY,
      Map<Integer, Integer> states) {
    int startX = phaseX == 0 ? 0 : phaseX - size;
    int startY = phaseY == 0 ? 0 : phaseY - size;
    int w = (columns.length - startX + size - 1) / size;
    int h = (rows.length - startY + size - 1) / size;
    byte[] cells = new byte[w * h];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int px = columns[Math.clamp(startX + x * size + size / 2, 0, columns.length - 1)];
        int py = rows[Math.clamp(startY + y * size + size / 2, 0, rows.length - 1)];
        cells[y * w + x] = (byte) (int) states.get(argb[py * width + px]);
      }
    }
    return Lattice.of(h, w, cells);
  }
}
