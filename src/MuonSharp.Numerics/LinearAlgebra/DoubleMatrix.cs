using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>A view of a matrix of doubles; it owns nothing. Element (i, j) is at <c>Data[i * RowStride + j * ColumnStride]</c>.</summary>
/// <param name="data">The first element.</param>
/// <param name="rows">Rows, 0 or more.</param>
/// <param name="columns">Columns, 0 or more.</param>
/// <param name="rowStride">Elements from one row to the next.</param>
/// <param name="columnStride">Elements from one column to the next.</param>
#pragma warning disable CA1815 // A view is passed around, never compared.
public readonly unsafe struct DoubleMatrix(double* data, int rows, int columns, nint rowStride, nint columnStride = 1)
#pragma warning restore CA1815
{
    /// <summary>The first element.</summary>
    public double* Data { get; } = data;

    /// <summary>Rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>Columns.</summary>
    public int Columns { get; } = columns;

    /// <summary>Elements from one row to the next.</summary>
    public nint RowStride { get; } = rowStride;

    /// <summary>Elements from one column to the next.</summary>
    public nint ColumnStride { get; } = columnStride;

    /// <summary>The same memory, rows and columns exchanged.</summary>
    public DoubleMatrix Transposed => new(Data, Columns, Rows, ColumnStride, RowStride);

    /// <summary>Rows one after the other without gaps.</summary>
    /// <param name="data">The first element.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <returns>The view.</returns>
    public static DoubleMatrix Dense(double* data, int rows, int columns) => new(data, rows, columns, columns);
}

/// <summary>Dot products and updates of contiguous doubles: eight lanes and one fixed tree, whatever the machine's width.</summary>
internal static unsafe class DoubleVector
{
    private const int Lanes = 8;

    /// <summary>The sum of x_i y_i.</summary>
    public static double Dot(double* x, double* y, int count)
    {
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        int i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            low = Vector256.FusedMultiplyAdd(Vector256.Load(x + i), Vector256.Load(y + i), low);
            high = Vector256.FusedMultiplyAdd(Vector256.Load(x + i + 4), Vector256.Load(y + i + 4), high);
        }

        Vector256<double> sum = low + high;
        double total = (sum[0] + sum[2]) + (sum[1] + sum[3]);
        for (; i < count; i++)
        {
            total = Math.FusedMultiplyAdd(x[i], y[i], total);
        }

        return total;
    }

    /// <summary>y += factor x.</summary>
    public static void Add(double factor, double* x, double* y, int count)
    {
        Vector256<double> f = Vector256.Create(factor);
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            Vector256.FusedMultiplyAdd(f, Vector256.Load(x + i), Vector256.Load(y + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = Math.FusedMultiplyAdd(factor, x[i], y[i]);
        }
    }

    /// <summary>x *= factor.</summary>
    public static void Scale(double factor, double* x, long count)
    {
        for (long i = 0; i < count; i++)
        {
            x[i] *= factor;
        }
    }

    /// <summary>The power of two that brings the greatest magnitude into [0.5, 1), so that no square leaves the range; 1 for zeros.</summary>
    public static double PowerOfTwo(double* x, long count)
    {
        double greatest = 0;
        for (long i = 0; i < count; i++)
        {
            greatest = Math.Max(greatest, Math.Abs(x[i]));
        }

        // A subnormal's inverse would be infinite; what is below is as good as zero once it is scaled this far.
        return greatest == 0 || !double.IsFinite(greatest) ? 1 : Math.ScaleB(1, -Math.Clamp(Math.ILogB(greatest) + 1, -1000, 1000));
    }
}
