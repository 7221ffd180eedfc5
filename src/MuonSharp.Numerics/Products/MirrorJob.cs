namespace MuonSharp.Numerics;

/// <summary>Copies the lower triangle of a matrix onto the upper one: a task is a strip of rows of the lower triangle.</summary>
internal readonly unsafe struct MirrorJob(Matrix c) : ITeamJob
{
    /// <summary>Rows in a strip.</summary>
    public const int Strip = 64;

    /// <summary>Number of strips.</summary>
    /// <param name="rows">Rows of the matrix.</param>
    /// <returns>The number of tasks.</returns>
    public static int Tasks(int rows) => (rows + Strip - 1) / Strip;

    public void Run(int task, int worker)
    {
        var first = task * Strip;
        var end = Math.Min(c.Rows, first + Strip);
        for (var row = first; row < end; row += 4)
        {
            for (var column = 0; column < Math.Min(end, row + 4); column += 4)
            {
                Mirror(row, column, Math.Min(4, end - row), Math.Min(4, end - column));
            }
        }
    }

    private void Mirror(int row, int column, int rows, int columns)
    {
        var from = c.Data + (row * c.RowStride) + (column * c.ColumnStride);
        var to = c.Data + (column * c.RowStride) + (row * c.ColumnStride);
        if (row != column && rows == 4 && columns == 4 && c.ColumnStride == 1 && Transposition.IsAccelerated)
        {
            Transposition.FourByFour(from, c.RowStride, to, c.RowStride);
            return;
        }

        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns && column + j < row + i; j++)
            {
                to[(j * c.RowStride) + (i * c.ColumnStride)] = from[(i * c.RowStride) + (j * c.ColumnStride)];
            }
        }
    }
}
