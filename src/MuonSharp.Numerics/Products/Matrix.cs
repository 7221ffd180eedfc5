namespace MuonSharp.Numerics;

/// <summary>A strided view of a matrix in memory that somebody else keeps alive: element (i, j) is
/// <c>Data[i * RowStride + j * ColumnStride]</c>.</summary>
/// <remarks>Transposition and sub-matrices only change strides and the start; nothing is copied and nothing is checked. The
/// overloads that take spans check.</remarks>
/// <param name="data">Address of element (0, 0).</param>
/// <param name="rows">Number of rows.</param>
/// <param name="columns">Number of columns.</param>
/// <param name="rowStride">Floats from one row to the next.</param>
/// <param name="columnStride">Floats from one column to the next.</param>
public readonly unsafe struct Matrix(float* data, int rows, int columns, nint rowStride, nint columnStride = 1)
{
    /// <summary>Address of element (0, 0).</summary>
    public float* Data { get; } = data;

    /// <summary>Number of rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>Number of columns.</summary>
    public int Columns { get; } = columns;

    /// <summary>Floats from one row to the next.</summary>
    public nint RowStride { get; } = rowStride;

    /// <summary>Floats from one column to the next.</summary>
    public nint ColumnStride { get; } = columnStride;

    /// <summary>The transpose, as a view of the same memory.</summary>
    public Matrix Transposed => new(Data, Columns, Rows, ColumnStride, RowStride);

    /// <summary>A row-major matrix without gaps.</summary>
    /// <param name="data">Address of element (0, 0).</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <returns>The view.</returns>
    public static Matrix Dense(float* data, int rows, int columns) => new(data, rows, columns, columns);

    /// <summary>A part of the matrix, as a view of the same memory.</summary>
    /// <param name="row">First row.</param>
    /// <param name="column">First column.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <returns>The view.</returns>
    public Matrix Block(int row, int column, int rows, int columns) =>
        new(Data + (row * RowStride) + (column * ColumnStride), rows, columns, RowStride, ColumnStride);
}
