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
