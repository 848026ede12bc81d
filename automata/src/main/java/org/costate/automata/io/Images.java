package org.costate.automata.io;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.costate.automata.Lattice;
import org.costate.plot.AnimatedGif;

/// Lattices as pictures: PNG, and animated GIF.
public final class Images {
  private static final int GIF_END = 0x3b;
  private static final int LARGEST_SIDE = 512;

  private Images() {}

  /// Cells drawn as squares.
  ///
  /// @param lattice the lattice
  /// @param palette the colours
  /// @param cellSize the side of a square in pixels
  /// @return the image
  public static BufferedImage draw(Lattice lattice, Palette palette, int cellSize) {
    int states = Math.max(2, lattice.largestState() + 1);
    int[] colours = new int[Math.min(256, states + 1)];
    for (int s = 0; s < colours.length; s++) {
      colours[s] = palette.colour(s == states ? Lattice.UNKNOWN : s);
    }
    var model =
        new IndexColorModel(
            8, colours.length, colours, 0, false, -1, java.awt.image.DataBuffer.TYPE_BYTE);
    var image =
        new BufferedImage(
            lattice.width() * cellSize,
            lattice.height() * cellSize,
            BufferedImage.TYPE_BYTE_INDEXED,
            model);
    byte[] row = new byte[lattice.width() * cellSize];
    for (int y = 0; y < lattice.height(); y++) {
      for (int x = 0; x < row.length; x++) {
        int state = lattice.get(y, x / cellSize);
        row[x] = (byte) (state == Lattice.UNKNOWN ? states : state);
      }
      for (int i = 0; i < cellSize; i++) {
        image.getRaster().setDataElements(0, y * cellSize + i, row.length, 1, row);
      }
    }
    return image;
  }

  /// A cell size at which a lattice is well seen.
  ///
  /// @param height the number of rows
  /// @param width the number of columns
  /// @return pixels, 1 … 16
  public static int cellSize(int height, int width) {
    return Math.clamp(LARGEST_SIDE / Math.max(height, width), 1, 16);
  }

  /// The history of a lattice of one dimension as one lattice, time downward.
  ///
  /// @param frames the frames, one row each
  /// @return the space–time diagram
  public static Lattice spaceTime(List<Lattice> frames) {
    int width = frames.getFirst().width();
    byte[] cells = new byte[frames.size() * width];
    for (int t = 0; t < frames.size(); t++) {
      System.arraycopy(frames.get(t).toArray(), 0, cells, t * width, width);
    }
    return Lattice.of(frames.size(), width, cells);
  }

  /// A picture as a PNG file.
  ///
  /// @param image the picture
  /// @return the bytes
  /// @throws IOException if it cannot be encoded
  public static byte[] png(BufferedImage image) throws IOException {
    var bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  /// Frames as an animated GIF that repeats for ever.
  ///
  /// @param frames the frames, of one size
  /// @param palette the colours
  /// @param cellSize the side of a cell in pixels
  /// @param milliseconds how long a frame is shown, in steps of 10
  /// @return the bytes
  /// @throws IOException if it cannot be encoded
  public static byte[] gif(List<Lattice> frames, Palette palette, int cellSize, int milliseconds)
      throws IOException {
    return AnimatedGif.bytes(
        frames.stream().map(frame -> draw(frame, palette, cellSize)).toList(), milliseconds);
  }

  /// Reads all pictures of a file: one of a PNG, every frame of an animated GIF as it is seen, with
  /// its disposal methods and transparent places.
  ///
  /// @param file the file
  /// @return the pictures
  /// @throws IOException if the file is no picture
  public static List<BufferedImage> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new java.nio.file.NoSuchFileException(file.toString());
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      var readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new FormatException(file.toString(), "this is no PNG or GIF picture.");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in);
        boolean gif = reader.getFormatName().equalsIgnoreCase("gif");
        if (gif) {
          in.seek(Files.size(file) - 1);
          boolean whole = in.read() == GIF_END;
          in.seek(0);
          if (!whole) {
            throw new IOException("it has no end mark, so the file is cut off");
          }
        }
        return gif ? animation(reader) : List.of(reader.read(0));
      } catch (IOException | RuntimeException e) {
        throw new FormatException(
            file.toString(), "the picture cannot be decoded: %s.".formatted(e.getMessage()));
      } finally {
        reader.dispose();
      }
    }
  }

  private static List<BufferedImage> animation(ImageReader reader) throws IOException {
    int n = reader.getNumImages(true);
    int width = 1;
    int height = 1;
    for (int i = 0; i < n; i++) {
      IIOMetadataNode place =
          AnimatedGif.child(
              (IIOMetadataNode) reader.getImageMetadata(i).getAsTree(AnimatedGif.METADATA),
              "ImageDescriptor");
      width = Math.max(width, number(place, "imageLeftPosition") + reader.getWidth(i));
      height = Math.max(height, number(place, "imageTopPosition") + reader.getHeight(i));
    }
    var canvas = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
    var frames = new ArrayList<BufferedImage>();
    for (int i = 0; i < n; i++) {
      var root = (IIOMetadataNode) reader.getImageMetadata(i).getAsTree(AnimatedGif.METADATA);
      IIOMetadataNode place = AnimatedGif.child(root, "ImageDescriptor");
      String disposal =
          AnimatedGif.child(root, "GraphicControlExtension").getAttribute("disposalMethod");
      BufferedImage image = reader.read(i);
      int x = number(place, "imageLeftPosition");
      int y = number(place, "imageTopPosition");
      BufferedImage before = copy(canvas);
      Graphics2D graphics = canvas.createGraphics();
      graphics.drawImage(image, x, y, null);
      graphics.dispose();
      frames.add(copy(canvas));
      if (disposal.equals("restoreToPrevious")) {
        canvas = before;
      } else if (disposal.equals("restoreToBackgroundColor")) {
        Graphics2D clear = canvas.createGraphics();
        clear.setComposite(java.awt.AlphaComposite.Clear);
        clear.fillRect(x, y, image.getWidth(), image.getHeight());
        clear.dispose();
      }
    }
    return frames;
  }

  private static int number(IIOMetadataNode node, String attribute) {
    String value = node.getAttribute(attribute);
    return value.isEmpty() ? 0 : Integer.parseInt(value);
  }

  private static BufferedImage copy(BufferedImage image) {
    var copy = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = copy.createGraphics();
    graphics.drawImage(image, 0, 0, null);
    graphics.dispose();
    return copy;
  }
}
