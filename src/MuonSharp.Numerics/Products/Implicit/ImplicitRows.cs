namespace MuonSharp.Numerics;

/// <summary>C = epilogue([C +] A B) with an implicit A: a task writes its rows of A, a run of k at a time, and multiplies them while they are in its cache.</summary>
/// <remarks>All of B is packed first, so that one job does the whole product, and a task's rows of C stay in its cache from one run of k to the next.</remarks>
internal static unsafe class ImplicitRows<R, V, TSource, TEpilogue>
    where R : struct, IRegister<V>
    where V : struct
    where TSource : struct, IPanelSource
    where TEpilogue : struct, ITileEpilogue
{
    /// <summary>Tiles below each other in a task: the fewer, the more of the second cache is left for B.</summary>
    private const int Strips = 8;

    /// <summary>Floats between the ends of rows of a block, so that they do not share a set of the nearest cache.</summary>
    private const int Gap = 16;

    /// <summary>C = epilogue([C +] A B).</summary>
    /// <param name="team">Workers, or null.</param>
    /// <param name="a">[m, k].</param>
    /// <param name="b">[k, n].</param>
    /// <param name="c">[m, n], columns adjacent.</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    /// <param name="epilogue">The operation.</param>
    public static void Multiply(WorkerTeam? team, TSource a, Matrix b, Matrix c, bool accumulate, TEpilogue epilogue)
    {
        var plan = new ProductPlan(c.Rows, c.Columns, b.Rows, R.TileRows, TileKernel<R, V>.Columns, lowerOnly: false);
        team = plan.IsSerial ? null : team;
        int padded = (c.Columns + R.Count - 1) / R.Count * R.Count;
        long floats = (long)b.Rows * padded;
        float* packed = team is null ? ThreadScratch.Columns(floats) : team.RentScratch(floats);
        for (int step = 0; step < b.Rows; step += plan.Depth)
        {
            var pack = new PackJob<R, V>(b.Block(step, 0, Math.Min(plan.Depth, b.Rows - step), b.Columns), packed + ((nint)step * padded), 1);
            TeamRunner.Run(team, PackJob<R, V>.Tasks(b.Columns), ref pack);
        }

        var job = new RowsJob
        {
            A = a,
            PackedB = packed,
            Padded = padded,
            C = c,
            Depth = plan.Depth,
            Accumulate = accumulate,
            Epilogue = epilogue,
        };
        TeamRunner.Run(team, (c.Rows + BlockRows - 1) / BlockRows, ref job);
    }

    private static int BlockRows => Strips * R.TileRows;

    private struct RowsJob : ITeamJob
    {
        public TSource A;
        public float* PackedB;
        public int Padded;
        public Matrix C;
        public int Depth;
        public bool Accumulate;
        public TEpilogue Epilogue;

        public readonly void Run(int task, int worker)
        {
            int row = task * BlockRows, rows = Math.Min(BlockRows, C.Rows - row), stride = Depth + Gap;
            float* block = ThreadScratch.Rows((long)BlockRows * stride);
            for (int step = 0; step < A.Columns; step += Depth)
            {
                int depth = Math.Min(Depth, A.Columns - step);
                A.Fill(row, rows, step, depth, block, stride, 0);
                Tiles(row, rows, block, stride, PackedB + ((nint)step * Padded), depth, Accumulate || step > 0, step + depth == A.Columns);
            }
        }

        private readonly void Tiles(int row, int rows, float* block, int stride, float* panelB, int depth, bool accumulate, bool isLast)
        {
            for (int j = 0; j < C.Columns;)
            {
                int panelColumns = TileKernel<R, V>.PanelColumns(C.Columns - j);
                int tileColumns = Math.Min(panelColumns, C.Columns - j);
                for (int i = 0; i < rows; i += R.TileRows)
                {
                    int tileRows = Math.Min(R.TileRows, rows - i);
                    float* c = C.Data + ((row + i) * C.RowStride) + j;

                    // A tile that reaches over the last row reads what the block held before; nothing of it is kept.
                    TileKernel<R, V>.Run(
                        depth, block + ((nint)i * stride), stride, 1, panelB, panelColumns, c, C.RowStride, 1, tileRows, tileColumns, accumulate);
                    if (isLast)
                    {
                        Epilogue.Apply(c, C.RowStride, tileRows, tileColumns, row + i, j);
                    }
                }

                panelB += (nint)panelColumns * depth;
                j += panelColumns;
            }
        }
    }
}
