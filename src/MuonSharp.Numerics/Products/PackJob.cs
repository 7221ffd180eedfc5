namespace MuonSharp.Numerics;

/// <summary>Packs columns of B: a task is a few neighbouring panels.</summary>
internal unsafe struct PackJob<R, V>(Matrix b, float* packed, float alpha) : ITeamJob
    where R : struct, IRegister<V>
    where V : struct
{
    /// <summary>Panels in a task.</summary>
    public const int Panels = 4;

    /// <summary>Number of tasks for so many columns.</summary>
    /// <param name="columns">Columns of B.</param>
    /// <returns>The number of tasks.</returns>
    public static int Tasks(int columns) => (columns + (Panels * TileKernel<R, V>.Columns) - 1) / (Panels * TileKernel<R, V>.Columns);

    public readonly void Run(int task, int worker)
    {
        var column = task * Panels * TileKernel<R, V>.Columns;
        var end = Math.Min(b.Columns, column + (Panels * TileKernel<R, V>.Columns));
        if (b.ColumnStride == 1 && alpha == 1)
        {
            var panels = (end - column) / TileKernel<R, V>.Columns;
            var length = (nint)b.Rows * TileKernel<R, V>.Columns;
            PanelPacker.PackStrips(
                b.Data + column, b.RowStride, b.Rows, panels, TileKernel<R, V>.Columns, packed + ((long)column * b.Rows), length);
            column += panels * TileKernel<R, V>.Columns;
        }

        while (column < end)
        {
            var width = TileKernel<R, V>.PanelColumns(b.Columns - column);
            var lines = Math.Min(width, b.Columns - column);
            PanelPacker.Pack(
                b.Data + (column * b.ColumnStride), b.RowStride, b.ColumnStride, b.Rows, lines, width, alpha, packed + ((long)column * b.Rows));
            column += width;
        }
    }
}
