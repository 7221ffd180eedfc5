namespace MuonSharp.Numerics;

/// <summary>C = [C +] Aᵀ B with an implicit B: for each run of k the team packs A, then a task writes some panels of B and multiplies all rows of A with each while it is in its
/// nearest cache.</summary>
internal static unsafe class ImplicitColumns<R, V, TSource>
    where R : struct, IRegister<V>
    where V : struct
    where TSource : struct, IPanelSource
{
    /// <summary>Most panels of B in a task.</summary>
    private const int MaximumPanels = 4;

    /// <summary>Tasks that a run of k is cut into where it is large enough.</summary>
    private const int DesiredTasks = 8;

    /// <summary>Strips of A that are packed by a task.</summary>
    private const int PackedStrips = 4;

    /// <summary>C = [C +] Aᵀ B.</summary>
    /// <param name="team">Workers, or null.</param>
    /// <param name="a">[k, m], columns adjacent.</param>
    /// <param name="b">[k, n].</param>
    /// <param name="c">[m, n], columns adjacent.</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    public static void Multiply(WorkerTeam? team, Matrix a, TSource b, Matrix c, bool accumulate)
    {
        var plan = new ProductPlan(c.Rows, c.Columns, a.Rows, R.TileRows, TileKernel<R, V>.Columns, lowerOnly: false);
        team = plan.IsSerial ? null : team;
        int strips = Pieces(c.Rows, R.TileRows), panels = Pieces(c.Columns, TileKernel<R, V>.Columns);
        long floats = strips * PanelStride(plan.Depth);
        int panelsOfTask = Math.Clamp(Pieces(panels, DesiredTasks), 1, MaximumPanels);
        int columnTasks = Pieces(panels, panelsOfTask);
        var job = new ColumnsJob
        {
            A = a,
            PackedA = team is null ? ThreadScratch.Columns(floats) : team.RentScratch(floats),
            B = b,
            C = c,
            Columns = panelsOfTask * TileKernel<R, V>.Columns,
            ColumnTasks = columnTasks,
            Strips = Pieces(strips, Math.Min(strips, Pieces(DesiredTasks, columnTasks))),
        };
        for (job.Step = 0; job.Step < a.Rows; job.Step += plan.Depth)
        {
            job.Depth = Math.Min(plan.Depth, a.Rows - job.Step);
            job.Accumulate = accumulate || job.Step > 0;
            var pack = new PackRowsJob(a.Block(job.Step, 0, job.Depth, a.Columns), job.PackedA);
            TeamRunner.Run(team, Pieces(strips, PackedStrips), ref pack);
            TeamRunner.Run(team, columnTasks * Pieces(strips, job.Strips), ref job);
        }
    }

    private static int Pieces(int length, int size) => (length + size - 1) / size;

    /// <summary>Floats from one packed strip of A to the next: one line more than it holds, or strips of some depths would all lie in the same cache set.</summary>
    private static nint PanelStride(int depth) => ((nint)depth * R.TileRows) + 16;

    /// <summary>Packs the rows of Aᵀ in strips of a full tile, the last one filled up with zeros.</summary>
    private readonly struct PackRowsJob(Matrix a, float* packed) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            int strip = task * PackedStrips, whole = Math.Clamp((a.Columns / R.TileRows) - strip, 0, PackedStrips);
            nint stride = PanelStride(a.Rows);
            PanelPacker.PackStrips(a.Data + ((nint)strip * R.TileRows), a.RowStride, a.Rows, whole, R.TileRows, packed + (strip * stride), stride);
            int row = (strip + whole) * R.TileRows;
            if (whole < PackedStrips && row < a.Columns)
            {
                PanelPacker.Pack(a.Data + row, a.RowStride, 1, a.Rows, a.Columns - row, R.TileRows, 1, packed + ((strip + whole) * stride));
            }
        }
    }

    private struct ColumnsJob : ITeamJob
    {
        public Matrix A;
        public float* PackedA;
        public TSource B;
        public Matrix C;
        public int Columns;
        public int ColumnTasks;
        public int Strips;
        public int Step;
        public int Depth;
        public bool Accumulate;

        public readonly void Run(int task, int worker)
        {
            (int group, int part) = Math.DivRem(task, ColumnTasks);
            int width = TileKernel<R, V>.Columns, first = part * Columns, columns = Math.Min(Columns, C.Columns - first);
            int row = group * Strips * R.TileRows, end = Math.Min(C.Rows, row + (Strips * R.TileRows));
            nint panelStride = (nint)width * Depth;
            float* panel = ThreadScratch.Rows(Columns * (long)Depth);
            B.Fill(Step, Depth, first, columns, panel, width, panelStride);
            for (int j = 0; j < columns; j += width, panel += panelStride)
            {
                int tileColumns = Math.Min(width, columns - j);
                for (int i = row; i < end; i += R.TileRows)
                {
                    float* a = PackedA + (i / R.TileRows * PanelStride(Depth));

                    // A tile that reaches over the last column reads what the panel held before; nothing of it is kept.
                    TileKernel<R, V>.Run(
                        Depth, a, 1, R.TileRows, panel, width, C.Data + (i * C.RowStride) + first + j, C.RowStride, 1, Math.Min(R.TileRows, end - i), tileColumns, Accumulate);
                }
            }
        }
    }
}
