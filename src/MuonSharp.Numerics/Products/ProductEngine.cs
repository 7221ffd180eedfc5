namespace MuonSharp.Numerics;

/// <summary>The blocked product: packs panels of B, then lets tasks compute blocks of C, once per run of k.</summary>
internal static unsafe class ProductEngine<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    /// <summary>C = epilogue([C +] (alphaA A) (alphaB B)), or its lower triangle.</summary>
    /// <typeparam name="TEpilogue">An elementwise operation on finished tiles.</typeparam>
    /// <param name="team">Workers, or null.</param>
    /// <param name="a">Shape [m, k], k above 0.</param>
    /// <param name="b">Shape [k, n].</param>
    /// <param name="c">Shape [m, n].</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    /// <param name="alphaA">Factor of A's elements.</param>
    /// <param name="alphaB">Factor of B's elements.</param>
    /// <param name="lowerOnly">Whether tiles above the diagonal are left out and copied from below.</param>
    /// <param name="epilogue">The operation.</param>
    public static void Multiply<TEpilogue>(
        WorkerTeam? team, Matrix a, Matrix b, Matrix c, bool accumulate, float alphaA, float alphaB, bool lowerOnly, TEpilogue epilogue)
        where TEpilogue : struct, ITileEpilogue
    {
        var plan = new ProductPlan(c.Rows, c.Columns, a.Columns, R.TileRows, TileKernel<R, V>.Columns, lowerOnly);
        team = plan.IsSerial ? null : team;
        if (!lowerOnly && alphaA == 1 && alphaB == 1 && ThinProduct<R, V>.Fits(a, b, c))
        {
            ThinProduct<R, V>.Multiply(team, a, b, c, accumulate, epilogue);
            return;
        }

        long floats = (long)plan.Depth * (Math.Min(plan.Breadth, c.Columns) + TileKernel<R, V>.Columns);
        float* packed = team is null ? ThreadScratch.Columns(floats) : team.RentScratch(floats);
        for (int column = 0; column < c.Columns; column += plan.Breadth)
        {
            int columns = Math.Min(plan.Breadth, c.Columns - column);
            for (int step = 0; step < a.Columns; step += plan.Depth)
            {
                int depth = Math.Min(plan.Depth, a.Columns - step);
                var pack = new PackJob<R, V>(b.Block(step, column, depth, columns), packed, alphaB);
                TeamRunner.Run(team, PackJob<R, V>.Tasks(columns), ref pack);
                var job = new ProductJob<R, V, TEpilogue>
                {
                    A = a.Block(0, step, a.Rows, depth),
                    PackedB = packed,
                    C = c.Block(0, column, c.Rows, columns),
                    Column = column,
                    BlockRows = plan.BlockRows,
                    BlockColumns = plan.BlockColumns,
                    RowBlocks = (c.Rows + plan.BlockRows - 1) / plan.BlockRows,
                    Alpha = alphaA,
                    Accumulate = accumulate || step > 0,
                    IsLast = step + depth == a.Columns,
                    Whole = c,
                    LowerOnly = lowerOnly,
                    Prefetches = plan.Prefetches,
                    PacksTransposed = plan.PacksTransposed,
                    Epilogue = epilogue,
                };
                TeamRunner.Run(team, job.RowBlocks * ((columns + plan.BlockColumns - 1) / plan.BlockColumns), ref job);
            }
        }
    }
}

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
        int column = task * Panels * TileKernel<R, V>.Columns;
        int end = Math.Min(b.Columns, column + (Panels * TileKernel<R, V>.Columns));
        if (b.ColumnStride == 1 && alpha == 1)
        {
            int panels = (end - column) / TileKernel<R, V>.Columns;
            nint length = (nint)b.Rows * TileKernel<R, V>.Columns;
            PanelPacker.PackStrips(
                b.Data + column, b.RowStride, b.Rows, panels, TileKernel<R, V>.Columns, packed + ((long)column * b.Rows), length);
            column += panels * TileKernel<R, V>.Columns;
        }

        while (column < end)
        {
            int width = TileKernel<R, V>.PanelColumns(b.Columns - column);
            int lines = Math.Min(width, b.Columns - column);
            PanelPacker.Pack(
                b.Data + (column * b.ColumnStride), b.RowStride, b.ColumnStride, b.Rows, lines, width, alpha, packed + ((long)column * b.Rows));
            column += width;
        }
    }
}
