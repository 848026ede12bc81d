package org.costate.plot;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.w3c.dom.Node;

/// Pictures as an animated GIF.
public final class AnimatedGif {
  /// The name of the metadata of a GIF frame.
  public static final String METADATA = "javax_imageio_gif_image_1.0";

  private AnimatedGif() {}

  /// Frames as an animated GIF that repeats for ever.
  ///
  /// @param frames the frames, of one size
  /// @param milliseconds how long a frame is shown, in steps of 10
  /// @return the bytes
  /// @throws IOException if it cannot be encoded
  public static byte[] bytes(List<BufferedImage> frames, int milliseconds) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    var bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (BufferedImage image : frames) {
        IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(image), null);
        var root = (IIOMetadataNode) metadata.getAsTree(METADATA);
        IIOMetadataNode control = child(root, "GraphicControlExtension");
        control.setAttribute("disposalMethod", "none");
        control.setAttribute("userInputFlag", "FALSE");
        control.setAttribute("transparentColorFlag", "FALSE");
        control.setAttribute("transparentColorIndex", "0");
        control.setAttribute("delayTime", Integer.toString(Math.max(1, milliseconds / 10)));
        var repeat = new IIOMetadataNode("ApplicationExtension");
        repeat.setAttribute("applicationID", "NETSCAPE");
        repeat.setAttribute("authenticationCode", "2.0");
        repeat.setUserObject(new byte[] {1, 0, 0});
        child(root, "ApplicationExtensions").appendChild(repeat);
        metadata.setFromTree(METADATA, root);
        writer.writeToSequence(new IIOImage(image, null, metadata), null);
      }
      writer.endWriteSequence();
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /// A part of a frame's metadata, made if it is missing.
  ///
  /// @param root the metadata
  /// @param name the name of the part
  /// @return the part
  public static IIOMetadataNode child(IIOMetadataNode root, String name) {
    for (Node node = root.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(name)) {
        return (IIOMetadataNode) node;
      }
    }
    var made = new IIOMetadataNode(name);
    root.appendChild(made);
    return made;
  }
}
