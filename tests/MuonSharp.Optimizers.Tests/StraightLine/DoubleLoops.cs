using System.Numerics;
using System.Runtime.InteropServices;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Matrices as row-major arrays of doubles, by plain loops: nothing here is the library's.</summary>
internal static class DoubleLoops
{
    /// <summary>A B for A [rows, inner], B [inner, columns]; the innermost loop takes a vector of columns at a time, of four rows.</summary>
    public static double[] Product(double[] a, double[] b, int rows, int inner, int columns)
    {
        double[] c = new double[rows * columns];
        for (int first = 0; first < rows; first += 4)
        {
            int count = Math.Min(4, rows - first);
            for (int k = 0; k < inner; k++)
            {
                ReadOnlySpan<double> source = b.AsSpan(k * columns, columns);
                for (int i = first; i < first + count; i++)
                {
                    AddMultiple(a[(i * inner) + k], source, c.AsSpan(i * columns, columns));
                }
            }
        }

        return c;
    }

    public static double[] Transpose(double[] a, int rows, int columns)
    {
        double[] t = new double[a.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                t[(j * rows) + i] = a[(i * columns) + j];
            }
        }

        return t;
    }

    public static double Norm(double[] a)
    {
        double sum = 0;
        foreach (double value in a)
        {
            sum += value * value;
        }

        return Math.Sqrt(sum);
    }

    private static void AddMultiple(double factor, ReadOnlySpan<double> source, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> sources = MemoryMarshal.Cast<double, Vector<double>>(source);
        Span<Vector<double>> targets = MemoryMarshal.Cast<double, Vector<double>>(target);
        var factors = new Vector<double>(factor);
        for (int j = 0; j < targets.Length; j++)
        {
            targets[j] += factors * sources[j];
        }

        for (int j = targets.Length * Vector<double>.Count; j < target.Length; j++)
        {
            target[j] += factor * source[j];
        }
    }
}
