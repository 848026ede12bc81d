package org.costate.automata.io;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;

/// A GIF of three frames: a red row of four pixels; a blue pixel at 2 that is taken away again; a
/// blue pixel at 1.
final class GifWithDisposal {
  private GifWithDisposal() {}

  static byte[] bytes() throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    var out = new ByteArrayOutputStream();
    try (var stream = ImageIO.createImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.prepareWriteSequence(null);
      write(writer, row(4, 0), 0, "none");
      write(writer, row(1, 1), 2, "restoreToPrevious");
      write(writer, row(1, 1), 1, "none");
      writer.endWriteSequence();
    }
    return out.toByteArray();
  }

  private static BufferedImage row(int width, int index) {
    var model =
        new IndexColorModel(
            1,
            2,
            new int[] {0xff0000, 0x0000ff},
            0,
            false,
            -1,
            java.awt.image.DataBuffer.TYPE_BYTE);
    var image = new BufferedImage(width, 1, BufferedImage.TYPE_BYTE_BINARY, model);
    for (int x = 0; x < width; x++) {
      image.getRaster().setSample(x, 0, 0, index);
    }
    return image;
  }

  private static void write(ImageWriter writer, BufferedImage image, int left, String disposal)
      throws IOException {
    IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null);
    String format = "javax_imageio_gif_image_1.0";
    var root = (IIOMetadataNode) metadata.getAsTree(format);
    var place = (IIOMetadataNode) root.getElementsByTagName("ImageDescriptor").item(0);
    place.setAttribute("imageLeftPosition", Integer.toString(left));
    var control = (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
    control.setAttribute("disposalMethod", disposal);
    metadata.setFromTree(format, root);
    writer.writeToSequence(new IIOImage(image, null, metadata), null);
  }
}
