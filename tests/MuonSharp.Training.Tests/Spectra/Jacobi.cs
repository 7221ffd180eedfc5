namespace MuonSharp.Training.Tests.Spectra;

/// <summary>Singular values by rotating pairs of columns until all are orthogonal (one-sided Jacobi), in double precision: another algorithm than the library's, on the matrix itself.</summary>
internal static class Jacobi
{
    public static double[] SingularValues(float[] matrix, int rows, int columns)
    {
        (int size, int length) = (Math.Min(rows, columns), Math.Max(rows, columns));
        double[][] vectors = [.. Enumerable.Range(0, size).Select(i => Enumerable.Range(0, length).Select(j => (double)(rows < columns ? matrix[(i * columns) + j] : matrix[(j * columns) + i])).ToArray())];
        for (double turned = 1; turned > 1e-15;)
        {
            turned = 0;
            for (int i = 0; i < size; i++)
            {
                for (int j = i + 1; j < size; j++)
                {
                    turned = Math.Max(turned, Rotate(vectors[i], vectors[j]));
                }
            }
        }

        return [.. vectors.Select(vector => Math.Sqrt(Dot(vector, vector))).OrderDescending()];
    }

    /// <summary>Makes two vectors orthogonal; gives the cosine that was between them.</summary>
    private static double Rotate(double[] x, double[] y)
    {
        (double xx, double yy, double xy) = (Dot(x, x), Dot(y, y), Dot(x, y));
        double cosine = xx * yy == 0 ? 0 : Math.Abs(xy) / Math.Sqrt(xx * yy);
        if (cosine < 1e-15)
        {
            return 0;
        }

        double zeta = (yy - xx) / (2 * xy);
        double tangent = Math.CopySign(1, zeta) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        double c = 1 / Math.Sqrt(1 + (tangent * tangent)), s = c * tangent;
        for (int k = 0; k < x.Length; k++)
        {
            (x[k], y[k]) = ((c * x[k]) - (s * y[k]), (s * x[k]) + (c * y[k]));
        }

        return cosine;
    }

    private static double Dot(double[] x, double[] y)
    {
        double sum = 0;
        for (int k = 0; k < x.Length; k++)
        {
            sum += x[k] * y[k];
        }

        return sum;
    }
}
