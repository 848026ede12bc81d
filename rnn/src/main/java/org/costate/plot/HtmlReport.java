package org.costate.plot;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.costate.io.AtomicFiles;

/// A self-contained page: text, tables, and figures as embedded images.
public final class HtmlReport {
  private static final String STYLE =
      """
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #222 }
      img { max-width: 100%; border: 1px solid #eee; border-radius: 6px }
      figure { margin: 1.5rem 0 } figcaption { color: #555; font-size: .92rem }
      table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: right }
      td:first-child, th:first-child { text-align: left } th { background: #f6f6f6 }
      .advice { background: #fff6e0; border-left: 4px solid #e0a000; padding: .6rem 1rem; margin: .6rem 0 }
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;

  /// A page with its title.
  ///
  /// @param title the title
  public HtmlReport(String title) {
    this.title = title;
    body.append("<h1>").append(escape(title)).append("</h1>\n");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /// Adds a heading.
  ///
  /// @param text the text
  /// @return this
  public HtmlReport heading(String text) {
    body.append("<h2>").append(escape(text)).append("</h2>\n");
    return this;
  }

  /// Adds a paragraph.
  ///
  /// @param text the text
  /// @return this
  public HtmlReport paragraph(String text) {
    body.append("<p>").append(escape(text)).append("</p>\n");
    return this;
  }

  /// Adds advice.
  ///
  /// @param lines the lines
  /// @return this
  public HtmlReport advice(List<String> lines) {
    lines.forEach(
        line -> body.append("<div class=\"advice\">").append(escape(line)).append("</div>\n"));
    return this;
  }

  /// Adds a table.
  ///
  /// @param heads the heads of the columns
  /// @param rows the rows
  /// @return this
  public HtmlReport table(List<String> heads, List<? extends List<String>> rows) {
    body.append("<table><tr>");
    heads.forEach(head -> body.append("<th>").append(escape(head)).append("</th>"));
    body.append("</tr>\n");
    for (List<String> row : rows) {
      body.append("<tr>");
      row.forEach(cell -> body.append("<td>").append(escape(cell)).append("</td>"));
      body.append("</tr>\n");
    }
    body.append("</table>\n");
    return this;
  }

  /// Adds a figure.
  ///
  /// @param figure the figure
  /// @param caption what it shows
  /// @return this
  /// @throws IOException if it cannot be drawn
  public HtmlReport figure(Figure figure, String caption) throws IOException {
    return image(figure.dataUri(), caption);
  }

  /// Adds a picture, for example an animation.
  ///
  /// @param mediaType its type, for example `image/gif`
  /// @param bytes the picture
  /// @param caption what it shows
  /// @return this
  public HtmlReport picture(String mediaType, byte[] bytes, String caption) {
    return image(
        "data:" + mediaType + ";base64," + java.util.Base64.getEncoder().encodeToString(bytes),
        caption);
  }

  private HtmlReport image(String uri, String caption) {
    body.append("<figure><img src=\"")
        .append(uri)
        .append("\" alt=\"")
        .append(escape(caption).replace("\"", "&quot;"))
        .append("\"><figcaption>")
        .append(escape(caption))
        .append("</figcaption></figure>\n");
    return this;
  }

  /// Adds everything of another page, under its title.
  ///
  /// @param other the other page
  /// @return this
  public HtmlReport include(HtmlReport other) {
    body.append("<hr>\n").append(other.body);
    return this;
  }

  /// Writes the page.
  ///
  /// @param file the file
  /// @throws IOException if it cannot be written
  public void write(Path file) throws IOException {
    AtomicFiles.writeString(
        file,
        "<!doctype html>\n"
            + "<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\""
            + " content=\"width=device-width\"><title>"
            + escape(title)
            + "</title>\n<style>\n"
            + STYLE
            + "</style></head>\n<body>\n"
            + body
            + "</body></html>\n");
  }
}
