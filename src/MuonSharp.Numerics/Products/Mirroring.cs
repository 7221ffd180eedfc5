using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Copies a part of a matrix's lower triangle to its place in the upper one.</summary>
/// <remarks>Squares of sixteen, so that the lines that are written across are complete before they leave the nearest cache.</remarks>
internal static unsafe class Mirroring
{
    private const int Square = Transposition.Square;

    /// <summary>C[j, i] = C[i, j] for the elements of a block that lie below the diagonal.</summary>
    /// <param name="c">Square, any strides.</param>
    /// <param name="row">First row of the block.</param>
    /// <param name="column">First column of the block.</param>
    /// <param name="rows">Rows of the block.</param>
    /// <param name="columns">Columns of the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Block(Matrix c, int row, int column, int rows, int columns)
    {
        for (int i = row; i < row + rows; i += Square)
        {
            for (int j = column; j < Math.Min(column + columns, i + Square); j += Square)
            {
                int height = Math.Min(Square, row + rows - i);
                int width = Math.Min(Square, column + columns - j);
                bool whole = height == Square && width == Square && c.ColumnStride == 1 && Transposition.IsAccelerated;
                if (whole && i == j)
                {
                    Diagonal(c.Data + (i * c.RowStride) + i, c.RowStride);
                }
                else if (whole && j + Square <= i + 1)
                {
                    Transposition.SquareBlock(c.Data + (i * c.RowStride) + j, c.RowStride, c.Data + (j * c.RowStride) + i, c.RowStride);
                }
                else
                {
                    Part(c, i, j, height, width);
                }
            }
        }
    }

    private static void Diagonal(float* square, nint stride)
    {
        float* transposed = stackalloc float[Square * Square];
        Transposition.SquareBlock(square, stride, transposed, Square);
        Vector512<float> column = Vector512<float>.Indices;
        for (int row = 0; row < Square; row++, square += stride)
        {
            var right = Vector512.GreaterThan(column, Vector512.Create((float)row));
            Vector512.ConditionalSelect(right, Vector512.Load(transposed + (row * Square)), Vector512.Load(square)).Store(square);
        }
    }

    private static void Part(Matrix c, int row, int column, int rows, int columns)
    {
        for (int i = row; i < row + rows; i++)
        {
            for (int j = column; j < Math.Min(column + columns, i); j++)
            {
                c.Data[(j * c.RowStride) + (i * c.ColumnStride)] = c.Data[(i * c.RowStride) + (j * c.ColumnStride)];
            }
        }
    }
}

/// <summary>Copies the lower triangle of a matrix onto the upper one: a task is a strip of rows of the lower triangle.</summary>
internal readonly struct MirrorJob(Matrix c) : ITeamJob
{
    /// <summary>Rows in a strip.</summary>
    public const int Strip = 64;

    /// <summary>Number of strips.</summary>
    /// <param name="rows">Rows of the matrix.</param>
    /// <returns>The number of tasks.</returns>
    public static int Tasks(int rows) => (rows + Strip - 1) / Strip;

    public void Run(int task, int worker)
    {
        // The longest strips come first.
        int first = (Tasks(c.Rows) - 1 - task) * Strip;
        int end = Math.Min(c.Rows, first + Strip);
        Mirroring.Block(c, first, 0, end - first, end);
    }
}
