package org.costate.genomics.io;

import htsjdk.samtools.SAMException;
import htsjdk.samtools.reference.FastaSequenceIndex;
import htsjdk.samtools.reference.ReferenceSequenceFile;
import htsjdk.samtools.reference.ReferenceSequenceFileFactory;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipException;
import org.costate.genomics.Bases;
import org.costate.genomics.Genome;

/// A genome in a FASTA file. With its index beside it (`.fai`, and `.gzi` for a bgzipped file) it
/// is read in place. Without, it is unpacked once into a temporary file, one byte a base, whatever
/// its compression, line lengths and line ends. A contig's name is the first word of its header.
public final class FastaFile implements Genome {
  private final Path file;
  private final Map<String, Integer> contigs;
  private final ReferenceSequenceFile indexed;
  private final FileChannel unpacked;
  private final Map<String, Long> offsets;

  private FastaFile(
      Path file,
      Map<String, Integer> contigs,
      ReferenceSequenceFile indexed,
      FileChannel unpacked,
      Map<String, Long> offsets) {
    this.file = file;
    this.contigs = Collections.unmodifiableMap(contigs);
    this.indexed = indexed;
    this.unpacked = unpacked;
    this.offsets = offsets;
  }

  /// Opens a file.
  ///
  /// @param file FASTA; plain, gzip or bgzip
  /// @return the genome
  /// @throws IOException if it cannot be read or is no FASTA of DNA
  public static FastaFile open(Path file) throws IOException {
    TextLines.open(file).close();
    Path index = beside(file, ".fai");
    boolean packed = isGzip(file);
    if (Files.exists(index) && (!packed || Files.exists(beside(file, ".gzi")))) {
      return indexed(file, index);
    }
    return unpacked(file);
  }

  private static Path beside(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  private static boolean isGzip(Path file) throws IOException {
    try (InputStream stream = Files.newInputStream(file)) {
      return stream.read() == 0x1f && stream.read() == 0x8b;
    }
  }

  private static FastaFile indexed(Path file, Path index) throws IOException {
    try {
      var lengths = new LinkedHashMap<String, Integer>();
      for (var entry : new FastaSequenceIndex(index)) {
        if (entry.getSize() > Integer.MAX_VALUE - 16) {
          throw tooLong(file, entry.getContig());
        }
        lengths.put(entry.getContig(), (int) entry.getSize());
      }
      return new FastaFile(
          file, lengths, ReferenceSequenceFileFactory.getReferenceSequenceFile(file), null, null);
    } catch (SAMException e) {
      throw new IOException(
          "%s: its index cannot be used (%s); delete %s and run again."
              .formatted(file, e.getMessage(), index.getFileName()),
          e);
    }
  }

  private static IOException tooLong(Path file, String contig) {
    return new IOException(
        "%s: contig '%s' is longer than 2 Gb, the longest that can be read; split it."
            .formatted(file, contig));
  }

  /// One pass over the letters, keeping one byte a base.
  private static FastaFile unpacked(Path file) throws IOException {
    Path copy = Files.createTempFile("costate-genome", ".bases");
    boolean finished = false;
    try {
      var unpacking = new Unpacking(file);
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(copy), 1 << 16);
          InputStream in = TextLines.open(file)) {
        unpacking.copy(in, out);
      } catch (EOFException | ZipException e) {
        throw TextLines.damaged(file, e);
      }
      FileChannel channel =
          FileChannel.open(copy, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
      finished = true;
      return new FastaFile(file, unpacking.lengths, null, channel, unpacking.offsets);
    } finally {
      if (!finished) {
        Files.delete(copy);
      }
    }
  }

  private static final class Unpacking {
    private final Path file;
    private final Map<String, Integer> lengths = new LinkedHashMap<>();
    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final StringBuilder header = new StringBuilder();
    private boolean inHeader;
    private boolean atLineStart = true;
    private String contig;
    private long written;
    private long line = 1;
    private int last;

    private Unpacking(Path file) {
      this.file = file;
    }

    private void copy(InputStream in, OutputStream out) throws IOException {
      byte[] block = new byte[1 << 16];
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        for (int i = 0; i < n; i++) {
          letter(block[i], out);
        }
      }
      endContig();
      if (lengths.isEmpty()) {
        throw new IOException(
            "%s has no sequences; a FASTA file has lines '>name' followed by bases."
                .formatted(file));
      }
    }

    private void letter(byte letter, OutputStream out) throws IOException {
      if (letter == '\n' || letter == '\r') {
        line += letter == '\n' && last == '\r' ? 0 : 1;
        if (inHeader) {
          startContig();
        }
        inHeader = false;
        atLineStart = true;
      } else if (inHeader) {
        if (header.length() < 10_000) {
          header.append((char) letter);
        }
      } else if (atLineStart && letter == '>') {
        endContig();
        inHeader = true;
        header.setLength(0);
      } else if (letter != ' ' && letter != '\t') {
        atLineStart = false;
        byte base = Bases.upper(letter);
        if (base == 0 || contig == null) {
          throw new IOException(
              contig == null
                  ? "%s does not begin with '>'; it is no FASTA file.".formatted(file)
                  : "%s, line %d: '%c' is no letter of DNA; is this a protein?"
                      .formatted(file, line, (char) (letter & 0xff)));
        }
        out.write(base);
        written++;
      }
      last = letter;
    }

    private void startContig() throws IOException {
      contig = header.toString().trim().split("\\s", 2)[0];
      if (contig.isEmpty() || offsets.containsKey(contig)) {
        throw new IOException(
            contig.isEmpty()
                ? "%s, line %d: a sequence without a name.".formatted(file, line - 1)
                : "%s: two sequences are called '%s'; rename one.".formatted(file, contig));
      }
      offsets.put(contig, written);
    }

    private void endContig() throws IOException {
      if (contig != null) {
        long length = written - offsets.get(contig);
        if (length > Integer.MAX_VALUE - 16) {
          throw tooLong(file, contig);
        }
        lengths.put(contig, (int) length);
      }
    }
  }

  @Override
  public Map<String, Integer> contigs() {
    return contigs;
  }

  @Override
  public byte[] bases(String contig, int start, int end) throws IOException {
    int length = length(contig);
    if (start < 0 || end > length || start >= end) {
      throw new IOException(
          "%s: bases %d to %d of '%s' were asked for, which has %d."
              .formatted(file, start + 1, end, contig, length));
    }
    byte[] bases;
    if (indexed != null) {
      try {
        synchronized (indexed) {
          bases = indexed.getSubsequenceAt(contig, start + 1L, end).getBases();
        }
      } catch (SAMException e) {
        throw new IOException(
            "%s: bases %d to %d of '%s' cannot be read (%s); if the file was changed, delete its index."
                .formatted(file, start + 1, end, contig, e.getMessage()),
            e);
      }
    } else {
      ByteBuffer buffer = ByteBuffer.allocate(end - start);
      long at = offsets.get(contig) + start;
      while (buffer.hasRemaining()) {
        if (unpacked.read(buffer, at + buffer.position()) < 0) {
          throw new IOException("%s: its unpacked copy was cut off.".formatted(file));
        }
      }
      bases = buffer.array();
    }
    for (int i = 0; i < bases.length; i++) {
      byte base = Bases.upper(bases[i]);
      if (base == 0) {
        throw new IOException(
            "%s: '%c' at base %d of '%s' is no letter of DNA; is this a protein?"
                .formatted(file, (char) (bases[i] & 0xff), start + i + 1, contig));
      }
      bases[i] = base;
    }
    return bases;
  }

  @Override
  public void close() throws IOException {
    if (indexed != null) {
      indexed.close();
    } else {
      unpacked.close();
    }
  }
}
