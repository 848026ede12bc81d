package org.costate.control.system;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.costate.control.system.RigidBodies.Body;
import org.costate.control.system.RigidBodies.Joint;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/// Reads robots from URDF, the Unified Robot Description Format of ROS: links with inertias, joints
/// of type `revolute`, `continuous`, `prismatic` and `fixed`, with limits and viscous damping. What
/// is only seen or collided with is skipped; other joints are an error.
public final class Urdf {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private final String source;
  private final Map<String, Element> links = new LinkedHashMap<>();
  private final List<Element> joints = new ArrayList<>();

  private Urdf(String source) {
    this.source = source;
  }

  /// Reads a file.
  ///
  /// @param file the file
  /// @return the robot, its root fixed in the world
  /// @throws IOException if it cannot be read
  public static RigidBodies read(Path file) throws IOException {
    return parse(file.getFileName().toString(), Files.readAllBytes(file));
  }

  /// Reads bytes.
  ///
  /// @param source what to call them in messages
  /// @param bytes the document
  /// @return the robot
  public static RigidBodies parse(String source, byte[] bytes) {
    return new Urdf(source).robot(bytes);
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("URDF %s: %s".formatted(source, what));
  }

  private RigidBodies robot(byte[] bytes) {
    Element root;
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      var builder = factory.newDocumentBuilder();
      builder.setErrorHandler(null);
      root = builder.parse(new ByteArrayInputStream(bytes)).getDocumentElement();
    } catch (SAXException e) {
      throw wrong("it is not well-formed XML: " + e.getMessage());
    } catch (ParserConfigurationException | IOException e) {
      throw new IllegalStateException(e);
    }
    if (!root.getTagName().equals("robot")) {
      throw wrong("the outermost element must be <robot>, got <%s>.".formatted(root.getTagName()));
    }
    for (Element link : children(root, "link")) {
      if (links.put(link.getAttribute("name"), link) != null) {
        throw wrong("there are two links '%s'.".formatted(link.getAttribute("name")));
      }
    }
    joints.addAll(children(root, "joint"));
    String name = root.hasAttribute("name") ? root.getAttribute("name") : "robot";
    return new RigidBodies(name, bodies(), 9.81);
  }

  private List<Body> bodies() {
    var parentOf = new LinkedHashMap<String, Element>();
    for (Element joint : joints) {
      String child = linkOf(joint, "child");
      linkOf(joint, "parent");
      if (parentOf.put(child, joint) != null) {
        throw wrong(
            "link '%s' is the child of two joints; only trees can be read.".formatted(child));
      }
    }
    List<String> roots = links.keySet().stream().filter(l -> !parentOf.containsKey(l)).toList();
    if (roots.size() != 1) {
      throw wrong(
          "exactly one link must have no parent, got %s; are the joints a loop?".formatted(roots));
    }
    var order = new ArrayList<String>(roots);
    var bodies = new ArrayList<Body>();
    for (int i = 0; i < order.size(); i++) {
      for (Element joint : joints) {
        if (linkOf(joint, "parent").equals(order.get(i))) {
          // The root is the world, body −1.
          bodies.add(body(joint, i - 1));
          order.add(linkOf(joint, "child"));
        }
      }
    }
    if (order.size() != links.size()) {
      var unreached = new ArrayList<>(links.keySet());
      unreached.removeAll(order);
      throw wrong("links %s are not connected to '%s'.".formatted(unreached, roots.getFirst()));
    }
    return bodies;
  }

  private String linkOf(Element joint, String role) {
    Element reference = child(joint, role);
    String name = reference == null ? "" : reference.getAttribute("link");
    if (!links.containsKey(name)) {
      throw wrong(
          "joint '%s' has the %s link '%s', which does not exist; there are %s."
              .formatted(joint.getAttribute("name"), role, name, links.keySet()));
    }
    return name;
  }

  private Body body(Element joint, int parent) {
    String name = joint.getAttribute("name");
    Joint kind =
        switch (joint.getAttribute("type")) {
          case "revolute", "continuous" -> Joint.REVOLUTE;
          case "prismatic" -> Joint.PRISMATIC;
          case "fixed" -> Joint.FIXED;
          default ->
              throw wrong(
                  "joint '%s' has type '%s'; revolute, continuous, prismatic and fixed can be read."
                      .formatted(name, joint.getAttribute("type")));
        };
    double[] axis = numbers(child(joint, "axis"), "xyz", 1, 0, 0);
    double length = Math.sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    if (kind != Joint.FIXED && !(length > 1e-9)) {
      throw wrong("the axis of joint '%s' must not be zero.".formatted(name));
    }
    for (int i = 0; i < 3; i++) {
      axis[i] /= length;
    }
    Element origin = child(joint, "origin");
    Element inertial = child(links.get(linkOf(joint, "child")), "inertial");
    double mass = inertial == null ? 0 : number(child(inertial, "mass"), "value", 0);
    double[] centre = {0, 0, 0};
    double[] inertia = new double[9];
    if (inertial != null) {
      Element own = child(inertial, "origin");
      centre = numbers(own, "xyz", 0, 0, 0);
      inertia = inertia(child(inertial, "inertia"), rotation(numbers(own, "rpy", 0, 0, 0)));
    }
    Element limit = child(joint, "limit");
    boolean bounded = limit != null && !joint.getAttribute("type").equals("continuous");
    return new Body(
        name,
        parent,
        kind,
        axis,
        numbers(origin, "xyz", 0, 0, 0),
        rotation(numbers(origin, "rpy", 0, 0, 0)),
        mass,
        centre,
        inertia,
        number(child(joint, "dynamics"), "damping", 0),
        new double[] {
          bounded ? number(limit, "lower", 0) : -INFINITE,
          bounded ? number(limit, "upper", 0) : INFINITE,
          number(limit, "velocity", INFINITE),
          number(limit, "effort", INFINITE)
        });
  }

  /// R I Rᵀ.
  private double[] inertia(Element element, double[] r) {
    double xy = number(element, "ixy", 0);
    double xz = number(element, "ixz", 0);
    double yz = number(element, "iyz", 0);
    double[] own = {
      number(element, "ixx", 0),
      xy,
      xz,
      xy,
      number(element, "iyy", 0),
      yz,
      xz,
      yz,
      number(element, "izz", 0)
    };
    double[] turned = new double[9];
    for (int i = 0; i < 9; i++) {
      for (int k = 0; k < 9; k++) {
        turned[i] += r[i / 3 * 3 + k / 3] * own[k] * r[i % 3 * 3 + k % 3];
      }
    }
    return turned;
  }

  /// R_z(yaw) R_y(pitch) R_x(roll).
  private static double[] rotation(double[] rpy) {
    double cr = Math.cos(rpy[0]);
    double sr = Math.sin(rpy[0]);
    double cp = Math.cos(rpy[1]);
    double sp = Math.sin(rpy[1]);
    double cy = Math.cos(rpy[2]);
    double sy = Math.sin(rpy[2]);
    return new double[] {
      cy * cp,
      cy * sp * sr - sy * cr,
      cy * sp * cr + sy * sr,
      sy * cp,
      sy * sp * sr + cy * cr,
      sy * sp * cr - cy * sr,
      -sp,
      cp * sr,
      cp * cr
    };
  }

  private static List<Element> children(Element parent, String tag) {
    var list = new ArrayList<Element>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(tag)) {
        list.add(element);
      }
    }
    return list;
  }

  private static Element child(Element parent, String tag) {
    return children(parent, tag).stream().findFirst().orElse(null);
  }

  private double number(Element element, String attribute, double otherwise) {
    return element == null || !element.hasAttribute(attribute)
        ? otherwise
        : numbers(element, attribute, otherwise)[0];
  }

  private double[] numbers(Element element, String attribute, double... otherwise) {
    if (element == null || !element.hasAttribute(attribute)) {
      return otherwise;
    }
    String text = element.getAttribute(attribute).strip();
    String[] parts = text.split("\\s+");
    double[] values = new double[otherwise.length];
    if (parts.length != values.length) {
      throw wrong(
          "<%s %s> must have %d numbers, got '%s'."
              .formatted(element.getTagName(), attribute, values.length, text));
    }
    for (int i = 0; i < values.length; i++) {
      try {
        values[i] = Double.parseDouble(parts[i]);
      } catch (NumberFormatException e) {
        throw wrong(
            "<%s %s> must be a number, got '%s'."
                .formatted(element.getTagName(), attribute, parts[i]));
      }
      if (!Double.isFinite(values[i])) {
        throw wrong(
            "<%s %s> must be finite, got '%s'."
                .formatted(element.getTagName(), attribute, parts[i]));
      }
    }
    return values;
  }
}
