namespace MuonSharp.Numerics;

/// <summary>Matrices [rows, columns] of one shape, one for each of some points, in the order in which products read them: panels of <see cref="Width"/> columns, in a panel one point after
/// the other, in a point one row after the other.</summary>
/// <param name="data">The first float of <see cref="Length"/>.</param>
/// <param name="points">Number of matrices.</param>
/// <param name="rows">Rows of each.</param>
/// <param name="columns">Columns of each. The last panel has room for <see cref="Width"/>; whole groups of <see cref="LaneDispatch.Count"/> are read.</param>
public readonly unsafe struct PointPanels(float* data, int points, int rows, int columns)
{
    /// <summary>Columns of a panel: two registers, or sixteen where those are fewer.</summary>
    public static int Width => VectorWidth.Bits == 512 ? 2 * LaneDispatch.Count : LaneDispatch.Count;

    /// <summary>The first float.</summary>
    public float* Data => data;

    /// <summary>Number of matrices.</summary>
    public int Points => points;

    /// <summary>Rows of each matrix.</summary>
    public int Rows => rows;

    /// <summary>Columns of each matrix.</summary>
    public int Columns => columns;

    /// <summary>Floats between rows that are stored whole: the lanes that they fill and a line more, or rows of some lengths would all lie in the same set of the nearest cache.</summary>
    /// <param name="columns">Columns of a row.</param>
    internal static int RowStride(int columns) => ((columns + LaneDispatch.Count - 1) / LaneDispatch.Count * LaneDispatch.Count) + LaneDispatch.Count;

    /// <summary>Floats that so many matrices take.</summary>
    /// <param name="points">Number of matrices.</param>
    /// <param name="rows">Rows of each.</param>
    /// <param name="columns">Columns of each.</param>
    public static long Length(int points, int rows, int columns) => (long)points * rows * ((columns + Width - 1) / Width * Width);

    /// <summary>Address of an element; those of the columns up to the next multiple of <see cref="Width"/> follow it.</summary>
    /// <param name="point">The point.</param>
    /// <param name="row">The row.</param>
    /// <param name="column">The column.</param>
    public float* At(int point, int row, int column)
    {
        (int panel, int inPanel) = Math.DivRem(column, Width);
        return data + (((((nint)panel * points) + point) * rows) + row) * Width + inPanel;
    }
}
