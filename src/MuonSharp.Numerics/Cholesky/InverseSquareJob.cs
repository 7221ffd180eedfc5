namespace MuonSharp.Numerics;

/// <summary>W = L^-T L^-1, lower triangle, each block mirrored while it is near if the upper one is wanted: a task is a part of a row of blocks.</summary>
internal readonly unsafe struct InverseSquareJob<R, V>(PanelMatrix panels, Matrix result, bool mirror) : ITeamJob
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Width = PanelMatrix.Width;

    /// <summary>Blocks of a row in a task.</summary>
    private const int Part = 8;

    /// <summary>Number of tasks; some of them are empty.</summary>
    public int Tasks => panels.Blocks * Parts;

    private int Parts => (panels.Blocks + Part - 1) / Part;

    public void Run(int task, int worker)
    {
        // Rows stay with who made their panels. Those in the middle are the longest work; those at the ends even out what is left.
        int place = task / Parts;
        int middle = panels.Blocks / 2;
        int row = place < middle ? middle - 1 - place : place;
        int first = task % Parts * Part;
        for (int column = first; column < Math.Min(first + Part, row + 1); column++)
        {
            int rows = Math.Min(Width, result.Rows - (row * Width));
            int columns = Math.Min(Width, result.Columns - (column * Width));
            Block(row, column, rows, columns);
            if (mirror)
            {
                Mirroring.Block(result, row * Width, column * Width, rows, columns);
            }
        }
    }

    private void Block(int row, int column, int rows, int columns)
    {
        int depth = (panels.Blocks - row) * Width;
        Matrix to = result.Block(row * Width, column * Width, rows, columns);
        if (rows == Width && columns == Width && to.ColumnStride == 1)
        {
            BlockProduct<R, V>.OfPanels(depth, panels.Block(row, row), panels.Block(row, column), to.Data, to.RowStride, accumulate: false);
            return;
        }

        float* stage = stackalloc float[PanelMatrix.BlockLength];
        BlockProduct<R, V>.OfPanels(depth, panels.Block(row, row), panels.Block(row, column), stage, Width, accumulate: false);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                to.Data[(i * to.RowStride) + (j * to.ColumnStride)] = stage[(i * Width) + j];
            }
        }
    }
}
