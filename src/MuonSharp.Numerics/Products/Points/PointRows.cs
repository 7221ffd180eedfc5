namespace MuonSharp.Numerics;

/// <summary>target takes A B of every point: a task has some rows of A written for all points, multiplies them panel by panel of B, and hands a panel's products over while they are in its
/// cache.</summary>
internal static unsafe class PointRows<R, V, TSource, TTarget>
    where R : struct, IRegister<V>
    where V : struct
    where TSource : struct, IPointSource
    where TTarget : struct, IPointTarget
{
    /// <summary>Most tiles below each other in a task.</summary>
    private const int MaximumStrips = 8;

    /// <summary>Floats between the ends of points, so that they do not share a set of the nearest cache.</summary>
    private const int Gap = LaneDispatch.Count;

    /// <summary>Multiplies.</summary>
    /// <param name="team">Workers, or null.</param>
    /// <param name="a">[m, k] for each point.</param>
    /// <param name="b">[k, n] for each point.</param>
    /// <param name="target">What takes the products.</param>
    public static void Multiply(WorkerTeam? team, TSource a, PointPanels b, TTarget target)
    {
        // What a task has written takes half of the second cache where it can: B and the products need the rest.
        long strip = (long)b.Points * R.TileRows * PointPanels.RowStride(b.Rows) * sizeof(float);
        int strips = (int)Math.Clamp(CacheSize.SecondLevel / 2 / strip, 1, MaximumStrips);
        var job = new RowsJob { A = a, B = b, Target = target, BlockRows = strips * R.TileRows };
        TeamRunner.Run(team, (a.Rows + job.BlockRows - 1) / job.BlockRows, ref job);
    }

    private struct RowsJob : ITeamJob
    {
        public TSource A;
        public PointPanels B;
        public TTarget Target;
        public int BlockRows;

        public readonly void Run(int task, int worker)
        {
            int row = task * BlockRows, rows = Math.Min(BlockRows, A.Rows - row), stride = PointPanels.RowStride(B.Rows);
            nint point = ((nint)BlockRows * stride) + Gap, productPoint = ((nint)BlockRows * PointPanels.Width) + Gap;
            float* block = ThreadScratch.Rows(B.Points * (point + productPoint)), products = block + (B.Points * point);
            A.Fill(row, rows, block, stride, 0, point);
            for (int column = 0; column < B.Columns; column += PointPanels.Width)
            {
                int columns = Math.Min(PointPanels.Width, B.Columns - column);
                for (int p = 0; p < B.Points; p++)
                {
                    Panel(rows, columns, block + (p * point), stride, B.At(p, 0, column), products + (p * productPoint));
                }

                Target.Take(row, rows, column, columns, products, PointPanels.Width, productPoint);
            }
        }

        /// <summary>The products of a panel at one point. Tiles are whole: what reaches over the last row or column is never taken.</summary>
        private readonly void Panel(int rows, int columns, float* a, int stride, float* b, float* products)
        {
            for (int j = 0; j < columns; j += TileKernel<R, V>.Columns)
            {
                int tileColumns = TileKernel<R, V>.PanelColumns(columns - j);
                for (int i = 0; i < rows; i += R.TileRows)
                {
                    TileKernel<R, V>.Dispatch(
                        B.Rows,
                        a + ((nint)i * stride),
                        stride,
                        1,
                        b + j,
                        PointPanels.Width,
                        products + ((nint)i * PointPanels.Width) + j,
                        PointPanels.Width,
                        TileKernel<R, V>.PanelRows(rows - i),
                        tileColumns,
                        accumulate: false);
                }
            }
        }
    }
}
