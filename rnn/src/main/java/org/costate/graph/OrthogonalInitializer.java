package org.costate.graph;

import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.QRDecomposition;
import org.costate.random.RandomStream;

/// Orthonormal blocks: the Q of a Gaussian matrix, with the signs of R's diagonal so that it is
/// uniform (Mezzadri 2007).
enum OrthogonalInitializer implements Initializer {
  INSTANCE;

  @Override
  public void fill(double[] values, Shape shape, RandomStream random) {
    if (shape.rank() != 2) {
      throw new ShapeException(
          "Initializer.orthogonal: needs a matrix [rows, columns], got %s.".formatted(shape));
    }
    int rows = shape.dim(0);
    int columns = shape.dim(1);
    int block = rows > columns && rows % columns == 0 ? columns : rows;
    for (int first = 0; first < rows; first += block) {
      fillBlock(values, first, block, columns, random);
    }
  }

  private static void fillBlock(
      double[] values, int first, int rows, int columns, RandomStream random) {
    int tall = Math.max(rows, columns);
    int thin = Math.min(rows, columns);
    double[][] gaussian = new double[tall][thin];
    for (double[] row : gaussian) {
      for (int j = 0; j < thin; j++) {
        row[j] = random.nextGaussian();
      }
    }
    var decomposition = new QRDecomposition(MatrixUtils.createRealMatrix(gaussian));
    double[][] q = decomposition.getQ().getData();
    double[][] r = decomposition.getR().getData();
    for (int i = 0; i < tall; i++) {
      for (int j = 0; j < thin; j++) {
        double value = q[i][j] * Math.signum(r[j][j]);
        int row = rows >= columns ? i : j;
        int column = rows >= columns ? j : i;
        values[(first + row) * columns + column] = value;
      }
    }
  }
}
