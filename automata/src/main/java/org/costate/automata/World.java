package org.costate.automata;

import java.util.ArrayList;
import java.util.List;
import org.costate.random.RandomStream;

/// A lattice that evolves under a rule.
///
/// Two-state rules of radius 1 on a torus, a plane, or with fixed or reflecting edges are stepped
/// 64 cells at a time. On an unbounded plane the lattice grows with what lives on it; [#top] and
/// [#left] say where its first cell lies.
public final class World {
  private static final int MARGIN = 32;
  private static final int SMALL_TABLE = 1 << 16;

  private final Rule rule;
  private final Boundary boundary;
  private final Updating updating;
  private final long seed;
  private Lattice lattice;
  private Lattice previous;
  private int top;
  private int left;
  private long generation;
  private long roomUntil;
  private BitKernel kernel;
  private BitKernel.Board board;
  private boolean stale;
  private int[] neighbours;

  /// A world whose cells are updated all at once.
  ///
  /// @param rule the rule
  /// @param boundary what lies beyond the edge
  /// @param start the first lattice
  public World(Rule rule, Boundary boundary, Lattice start) {
    this(rule, boundary, start, start, new Updating.Synchronous(), 1);
  }

  /// A world.
  ///
  /// @param rule the rule
  /// @param boundary what lies beyond the edge
  /// @param previous the lattice one step before the start, for a rule of second order
  /// @param start the first lattice
  /// @param updating the order of updates
  /// @param seed the seed of stochastic rules and random orders
  public World(
      Rule rule, Boundary boundary, Lattice previous, Lattice start, Updating updating, long seed) {
    this.rule = rule instanceof TransitionRule && small(rule) ? TableRule.of(rule) : rule;
    this.boundary = boundary;
    this.updating = updating;
    this.seed = seed;
    this.lattice = start;
    this.previous = previous;
    if (start.largestState() >= rule.states() || start.count(Lattice.UNKNOWN) > 0) {
      throw new IllegalArgumentException(
          "World: the rule has %d states, 0 … %d, but the lattice has a cell of %s."
              .formatted(
                  rule.states(),
                  rule.states() - 1,
                  start.count(Lattice.UNKNOWN) > 0
                      ? "unknown state"
                      : "state " + start.largestState()));
    }
    if (boundary instanceof Boundary.Unbounded && !rule.quiescent()) {
      throw new IllegalArgumentException(
          "World: rule %s lets empty space come alive, so it needs a bounded grid; add for example :T%d,%d."
              .formatted(rule, Math.max(64, start.width()), Math.max(64, start.height())));
    }
    if (boundary instanceof Boundary.Sphere && start.height() != start.width()) {
      throw new IllegalArgumentException("World: a sphere has as many rows as columns.");
    }
  }

  /// Whether a table of transitions is better expanded once than matched at every cell.
  private static boolean small(Rule rule) {
    return Math.pow(rule.states(), rule.neighbourhood().size()) <= SMALL_TABLE;
  }

  /// The lattices of the first steps, in one window.
  ///
  /// @param rule the rule
  /// @param boundary what lies beyond the edge
  /// @param start the first lattice
  /// @param steps how many steps follow it
  /// @return steps + 1 lattices of one size
  public static List<Lattice> evolve(Rule rule, Boundary boundary, Lattice start, int steps) {
    return new World(rule, boundary, start).evolve(steps);
  }

  /// The lattice now and after each of the next steps, in one window.
  ///
  /// @param steps how many steps follow
  /// @return steps + 1 lattices of one size
  public List<Lattice> evolve(int steps) {
    var frames = new ArrayList<Lattice>();
    var corners = new ArrayList<int[]>();
    for (int t = 0; t <= steps; t++) {
      if (t > 0) {
        step();
      }
      frames.add(lattice());
      corners.add(new int[] {top, left});
    }
    if (!(boundary instanceof Boundary.Unbounded)) {
      return frames;
    }
    // The plane only grows: the last window holds all.
    int lines = lattice().height();
    int columns = lattice().width();
    for (int t = 0; t <= steps; t++) {
      frames.set(
          t,
          frames.get(t).placed(lines, columns, corners.get(t)[0] - top, corners.get(t)[1] - left));
    }
    return frames;
  }

  /// The lattice now.
  ///
  /// @return the lattice
  public Lattice lattice() {
    if (stale) {
      byte[] cells = new byte[lattice.size()];
      board.store(cells);
      lattice = Lattice.wrap(lattice.height(), lattice.width(), cells);
      stale = false;
    }
    return lattice;
  }

  /// The row of the start at which the lattice now begins; negative once it grew upward.
  ///
  /// @return the row
  public int top() {
    return top;
  }

  /// The column of the start at which the lattice now begins.
  ///
  /// @return the column
  public int left() {
    return left;
  }

  /// How many steps were done.
  ///
  /// @return the generation
  public long generation() {
    return generation;
  }

  /// The number of cells in states other than 0.
  ///
  /// @return the population
  public int population() {
    return lattice().population();
  }

  /// One step.
  ///
  /// @return this
  public World step() {
    if (boundary instanceof Boundary.Unbounded && generation >= roomUntil) {
      makeRoom();
    }
    Boundary here =
        boundary instanceof Boundary.Unbounded && growsColumns() && (growsRows() || isLine())
            ? new Boundary.Fixed(0)
            : boundary;
    boolean parallel = updating instanceof Updating.Synchronous && BitKernel.handles(rule, here);
    if (parallel) {
      if (board == null) {
        kernel = kernel == null ? new BitKernel((TableRule) rule) : kernel;
        board = kernel.new Board(lattice.height(), lattice.width(), here);
        board.load(lattice.cells());
      }
      board.step();
      stale = true;
    } else {
      byte[] before = lattice().cells();
      byte[] past = previous.cells();
      byte[] after = update(before, past);
      previous = lattice;
      lattice = Lattice.wrap(lattice.height(), lattice.width(), after);
    }
    generation++;
    return this;
  }

  /// So many steps.
  ///
  /// @param steps how many
  /// @return this
  public World step(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
    }
    return this;
  }

  private byte[] update(byte[] before, byte[] past) {
    if (neighbours == null) {
      neighbours = neighbours(rule.neighbourhood(), boundary, lattice.height(), lattice.width());
    }
    RandomStream random = RandomStream.of(seed, "automaton", generation, 0);
    byte[] after = before.clone();
    int n = before.length;
    int[] cells = new int[rule.neighbourhood().size()];
    boolean draws = rule instanceof StochasticRule;
    switch (updating) {
      case Updating.Synchronous _ -> {
        for (int i = 0; i < n; i++) {
          after[i] = (byte) next(i, before, past, cells, draws ? random.nextDouble() : 0);
        }
      }
      case Updating.Independent(double probability) -> {
        for (int i = 0; i < n; i++) {
          if (random.nextDouble() < probability) {
            after[i] = (byte) next(i, before, past, cells, draws ? random.nextDouble() : 0);
          }
        }
      }
      case Updating.RandomOrder _ -> {
        for (int i : random.permutation(n)) {
          after[i] = (byte) next(i, after, past, cells, draws ? random.nextDouble() : 0);
        }
      }
      case Updating.Sequential _ -> {
        for (int i = 0; i < n; i++) {
          after[i] = (byte) next(i, after, past, cells, draws ? random.nextDouble() : 0);
        }
      }
    }
    return after;
  }

  private int next(int i, byte[] now, byte[] past, int[] cells, double uniform) {
    int base = i * cells.length;
    for (int j = 0; j < cells.length; j++) {
      int from = neighbours[base + j];
      cells[j] = from < 0 ? boundary.outside() : now[from] & 0xff;
    }
    return rule.next(cells, past[i] & 0xff, uniform);
  }

  private boolean isLine() {
    return rule.neighbourhood().isLine();
  }

  private boolean growsRows() {
    return boundary instanceof Boundary.Unbounded plane && !plane.wrapsRows() && !isLine();
  }

  private boolean growsColumns() {
    return boundary instanceof Boundary.Unbounded plane && !plane.wrapsColumns();
  }

  /// Grows if something is about to reach the edge, and notes for how long there is room now.
  private void makeRoom() {
    int reach = Math.max(1, rule.neighbourhood().radius());
    if (room() < reach) {
      grow();
    }
    roomUntil = generation + room() / reach;
  }

  /// The empty cells between what lives and the nearest edge that can move.
  private int room() {
    int[] box = lattice().boundingBox();
    int rows = growsRows() ? Math.min(box[0], lattice.height() - box[0] - box[2]) : MARGIN;
    int columns = growsColumns() ? Math.min(box[1], lattice.width() - box[1] - box[3]) : MARGIN;
    return box[2] == 0 ? MARGIN : Math.min(rows, columns);
  }

  private void grow() {
    int margin = Math.max(MARGIN, Math.max(lattice.height(), lattice.width()) / 4);
    int rows = growsRows() ? margin : 0;
    int columns = growsColumns() ? margin : 0;
    lattice =
        lattice().placed(lattice.height() + 2 * rows, lattice.width() + 2 * columns, rows, columns);
    previous =
        previous.placed(
            previous.height() + 2 * rows, previous.width() + 2 * columns, rows, columns);
    top -= rows;
    left -= columns;
    board = null;
    neighbours = null;
  }

  /// The cell that each place of each neighbourhood falls on.
  ///
  /// @param cells the neighbourhood
  /// @param boundary what lies beyond the edge
  /// @param height the number of rows
  /// @param width the number of columns
  /// @return `[height · width · n]` cells; −1 for the state outside
  public static int[] neighbours(Neighbourhood cells, Boundary boundary, int height, int width) {
    int n = cells.size();
    int[] table = new int[height * width * n];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int j = 0; j < n; j++) {
          Neighbourhood.Offset o = cells.offsets().get(j);
          table[(y * width + x) * n + j] = boundary.resolve(y + o.dy(), x + o.dx(), height, width);
        }
      }
    }
    return table;
  }

  /// A lattice of random cells.
  ///
  /// @param height the number of rows
  /// @param width the number of columns
  /// @param states k; states other than 0 are equally likely
  /// @param density the probability of a state other than 0
  /// @param random the stream
  /// @return the lattice
  public static Lattice random(
      int height, int width, int states, double density, RandomStream random) {
    byte[] cells = new byte[height * width];
    for (int i = 0; i < cells.length; i++) {
      boolean alive = random.nextDouble() < density;
      cells[i] = (byte) (!alive ? 0 : states == 2 ? 1 : 1 + random.nextInt(states - 1));
    }
    return Lattice.wrap(height, width, cells);
  }
}
