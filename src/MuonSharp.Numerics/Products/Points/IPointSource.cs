namespace MuonSharp.Numerics;

/// <summary>Matrices of one shape, one for each of some points, that lie nowhere: their rows are written for all points at once when a product needs them, as the transformed tiles of
/// images that a convolution by Winograd's method multiplies.</summary>
/// <remarks>Implemented by structs, so that the compiler specializes the product for it. Several workers fill rows at once.</remarks>
public interface IPointSource
{
    /// <summary>Number of rows of each matrix.</summary>
    int Rows { get; }

    /// <summary>Number of columns of each matrix.</summary>
    int Columns { get; }

    /// <summary>Writes some rows of all matrices: element (i, j) of point p goes to <c>to[p * pointStride + j / width * panelStride + i * width + j % width]</c>.</summary>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="to">Out: the first row of point 0.</param>
    /// <param name="width">Columns of a panel, a multiple of <see cref="LaneDispatch.Count"/>, and floats from one of its rows to the next. Where it is not less than the columns, rows
    /// are whole.</param>
    /// <param name="panelStride">Floats from one panel to the next.</param>
    /// <param name="pointStride">Floats from one point to the next.</param>
    unsafe void Fill(int row, int rows, float* to, int width, nint panelStride, nint pointStride);
}

/// <summary>What takes the products of all points, some rows and columns at a time, and makes the result of them.</summary>
/// <remarks>Implemented by structs. Several workers bring products at once, of different rows.</remarks>
public interface IPointTarget
{
    /// <summary>Takes the products of some rows and columns: element (i, j) of point p is <c>products[p * pointStride + i * rowStride + j]</c>.</summary>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="column">First column.</param>
    /// <param name="columns">Number of columns, at most <see cref="PointPanels.Width"/>. What lies behind them, up to the width, may be read.</param>
    /// <param name="products">The products.</param>
    /// <param name="rowStride">Floats from one row to the next.</param>
    /// <param name="pointStride">Floats from one point to the next.</param>
    unsafe void Take(int row, int rows, int column, int columns, float* products, nint rowStride, nint pointStride);
}
