package org.costate.internal.code;

import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;

/// The element type of compiled numbers. Arrays of either are passed as `Object`, so that planning
/// and kernels' drivers are written once; generated code casts them.
public enum Element {
  /// 32 bits
  FLOAT,
  /// 64 bits
  DOUBLE;

  private static final int SQUARE = 32;

  /// The type of an array's elements.
  public static Element of(Object array) {
    return array instanceof float[] ? FLOAT : DOUBLE;
  }

  /// A new array of zeros.
  public Object array(int length) {
    return this == FLOAT ? new float[length] : new double[length];
  }

  /// The elements of an array of this type.
  public int length(Object array) {
    return array instanceof float[] floats ? floats.length : ((double[]) array).length;
  }

  /// The bytes of one element.
  public int bytes() {
    return this == FLOAT ? Float.BYTES : Double.BYTES;
  }

  /// Copies between arrays of this type.
  public void copy(Object from, int fromIndex, Object to, int toIndex, int length) {
    System.arraycopy(from, fromIndex, to, toIndex, length);
  }

  /// Copies numbers that lie side by side to every `step`-th place of an array of this type; they
  /// may be doubles whatever this type is.
  public void convert(Object from, int fromIndex, Object to, int toIndex, int step, int length) {
    if (from instanceof double[] && to instanceof float[]) {
      double[] source = (double[]) from;
      float[] target = (float[]) to;
      for (int i = 0; i < length; i++) {
        target[toIndex + i * step] = (float) source[fromIndex + i];
      }
    } else if (step == 1) {
      System.arraycopy(from, fromIndex, to, toIndex, length);
    } else if (from instanceof float[] source) {
      float[] target = (float[]) to;
      for (int i = 0; i < length; i++) {
        target[toIndex + i * step] = source[fromIndex + i];
      }
    } else {
      double[] source = (double[]) from;
      double[] target = (double[]) to;
      for (int i = 0; i < length; i++) {
        target[toIndex + i * step] = source[fromIndex + i];
      }
    }
  }

  /// Copies numbers between arrays of either type.
  public static void copyAny(Object from, int fromIndex, Object to, int toIndex, int length) {
    if (from instanceof double[] source) {
      of(to).put(source, fromIndex, to, toIndex, length);
    } else if (to instanceof double[] target) {
      FLOAT.get(from, fromIndex, target, toIndex, length);
    } else {
      System.arraycopy(from, fromIndex, to, toIndex, length);
    }
  }

  /// Copies doubles into an array of this type.
  public void put(double[] from, int fromIndex, Object to, int toIndex, int length) {
    if (to instanceof float[] floats) {
      for (int i = 0; i < length; i++) {
        floats[toIndex + i] = (float) from[fromIndex + i];
      }
    } else {
      System.arraycopy(from, fromIndex, to, toIndex, length);
    }
  }

  /// Copies an array of this type out as doubles.
  public void get(Object from, int fromIndex, double[] to, int toIndex, int length) {
    if (from instanceof float[] floats) {
      for (int i = 0; i < length; i++) {
        to[toIndex + i] = floats[fromIndex + i];
      }
    } else {
      System.arraycopy(from, fromIndex, to, toIndex, length);
    }
  }

  /// Adds the transpose of some columns of a matrix to doubles, and sets them to zero.
  ///
  /// @param at where the transpose of the whole matrix begins
  public void drain(
      Object from,
      int fromIndex,
      int rows,
      int columns,
      int firstColumn,
      int endColumn,
      double[] to,
      int at) {
    if (rows == 1) {
      add(from, fromIndex + firstColumn, to, at + firstColumn, endColumn - firstColumn);
      fill(from, fromIndex + firstColumn, endColumn - firstColumn, 0);
      return;
    }
    // In squares, so that neither side goes through memory in long strides.
    for (int row = 0; row < rows; row += SQUARE) {
      int lastRow = Math.min(row + SQUARE, rows);
      for (int column = firstColumn; column < endColumn; column += SQUARE) {
        int lastColumn = Math.min(column + SQUARE, endColumn);
        for (int j = column; j < lastColumn; j++) {
          if (from instanceof float[] floats) {
            for (int i = row; i < lastRow; i++) {
              to[at + j * rows + i] += floats[fromIndex + i * columns + j];
            }
          } else {
            double[] doubles = (double[]) from;
            for (int i = row; i < lastRow; i++) {
              to[at + j * rows + i] += doubles[fromIndex + i * columns + j];
            }
          }
        }
      }
    }
    for (int row = 0; row < rows; row++) {
      fill(from, fromIndex + row * columns + firstColumn, endColumn - firstColumn, 0);
    }
  }

  /// One element.
  public double number(Object array, int at) {
    return array instanceof float[] floats ? floats[at] : ((double[]) array)[at];
  }

  /// Adds a range to another, or to doubles.
  public void add(Object from, int fromIndex, Object to, int toIndex, int length) {
    if (from instanceof float[] && to instanceof double[]) {
      float[] source = (float[]) from;
      double[] target = (double[]) to;
      for (int i = 0; i < length; i++) {
        target[toIndex + i] += source[fromIndex + i];
      }
    } else if (from instanceof float[] source) {
      float[] target = (float[]) to;
      for (int i = 0; i < length; i++) {
        target[toIndex + i] += source[fromIndex + i];
      }
    } else {
      double[] source = (double[]) from;
      double[] target = (double[]) to;
      for (int i = 0; i < length; i++) {
        target[toIndex + i] += source[fromIndex + i];
      }
    }
  }

  /// Sets a range to one number.
  public void fill(Object array, int from, int length, double value) {
    if (array instanceof float[] floats) {
      java.util.Arrays.fill(floats, from, from + length, (float) value);
    } else {
      java.util.Arrays.fill((double[]) array, from, from + length, value);
    }
  }

  /// The sum of squares of a range, in double: four sums side by side, so that an addition does not
  /// wait for the one before it.
  public double squares(Object array, int from, int length) {
    double[] sums = new double[4];
    int whole = length & -4;
    if (array instanceof float[] floats) {
      squares(floats, from, from + whole, sums);
      for (int i = from + whole; i < from + length; i++) {
        sums[0] += (double) floats[i] * floats[i];
      }
    } else {
      double[] doubles = (double[]) array;
      squares(doubles, from, from + whole, sums);
      for (int i = from + whole; i < from + length; i++) {
        sums[0] += doubles[i] * doubles[i];
      }
    }
    return sums[0] + sums[1] + (sums[2] + sums[3]);
  }

  private static void squares(float[] x, int from, int end, double[] sums) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int i = from; i < end; i += 4) {
      a += (double) x[i] * x[i];
      b += (double) x[i + 1] * x[i + 1];
      c += (double) x[i + 2] * x[i + 2];
      d += (double) x[i + 3] * x[i + 3];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }

  private static void squares(double[] x, int from, int end, double[] sums) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int i = from; i < end; i += 4) {
      a += x[i] * x[i];
      b += x[i + 1] * x[i + 1];
      c += x[i + 2] * x[i + 2];
      d += x[i + 3] * x[i + 3];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }

  /// Multiplies a range by a factor.
  public void scale(Object array, int from, int length, double factor) {
    if (array instanceof float[] floats) {
      for (int i = from; i < from + length; i++) {
        floats[i] = (float) (floats[i] * factor);
      }
    } else {
      double[] doubles = (double[]) array;
      for (int i = from; i < from + length; i++) {
        doubles[i] *= factor;
      }
    }
  }

  TypeKind kind() {
    return this == FLOAT ? TypeKind.FLOAT : TypeKind.DOUBLE;
  }

  ClassDesc type() {
    return this == FLOAT ? ConstantDescs.CD_float : ConstantDescs.CD_double;
  }

  ClassDesc arrayType() {
    return type().arrayType();
  }
}
