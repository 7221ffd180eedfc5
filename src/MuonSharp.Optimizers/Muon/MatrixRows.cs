namespace MuonSharp.Optimizers;

/// <summary>How an elementwise stage cuts a matrix: whole rows, about a chunk of elements a task, by the shape alone.</summary>
internal readonly struct MatrixRows
{
    /// <summary>Elements per task, about.</summary>
    private const int Chunk = 1 << 14;

    /// <summary>Tasks at most, so that partial results fit on the stack.</summary>
    public const int MaximumTasks = 256;

    public MatrixRows(in MatrixSlice slice)
    {
        int rowsOfChunk = Math.Max(1, Chunk / slice.Columns);
        Rows = slice.Rows;
        RowsPerTask = Math.Max(rowsOfChunk, ((slice.Rows - 1) / MaximumTasks) + 1);
    }

    public int Rows { get; }

    public int RowsPerTask { get; }

    public int Tasks => ((Rows - 1) / RowsPerTask) + 1;

    public (int Start, int End) Of(int task) => (task * RowsPerTask, Math.Min(Rows, (task + 1) * RowsPerTask));
}
