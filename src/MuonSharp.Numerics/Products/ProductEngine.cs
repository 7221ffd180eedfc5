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
        var floats = (long)plan.Depth * (Math.Min(plan.Breadth, c.Columns) + TileKernel<R, V>.Columns);
        var packed = team is null ? ThreadScratch.Columns(floats) : team.RentScratch(floats);
        for (var column = 0; column < c.Columns; column += plan.Breadth)
        {
            var columns = Math.Min(plan.Breadth, c.Columns - column);
            for (var step = 0; step < a.Columns; step += plan.Depth)
            {
                var depth = Math.Min(plan.Depth, a.Columns - step);
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
