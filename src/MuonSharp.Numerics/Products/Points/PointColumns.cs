namespace MuonSharp.Numerics;

/// <summary>C = Aᵀ B of every point: the team writes a run of rows of both factors, then a task adds their product at one point to some columns of C.</summary>
internal static unsafe class PointColumns<R, V, TLeft, TRight>
    where R : struct, IRegister<V>
    where V : struct
    where TLeft : struct, IPointSource
    where TRight : struct, IPointSource
{
    /// <summary>Bytes of both factors that are written at once: they are to be found in the last cache.</summary>
    private const long RunBytes = 8 << 20;

    /// <summary>Longest run of k: a panel of B and a tile's columns of A are read again and again.</summary>
    private const int MaximumRun = 384;

    /// <summary>Rows that a task writes.</summary>
    private const int FilledRows = 16;

    /// <summary>Tasks that the products of a run are cut into where there are enough columns.</summary>
    private const int DesiredTasks = 32;

    /// <summary>Multiplies.</summary>
    /// <param name="team">Workers, or null.</param>
    /// <param name="points">Number of points.</param>
    /// <param name="a">[k, m] for each point.</param>
    /// <param name="b">[k, n] for each point.</param>
    /// <param name="c">Out: [points, m, n].</param>
    public static void Multiply(WorkerTeam? team, int points, TLeft a, TRight b, float* c)
    {
        int stride = PointPanels.RowStride(a.Columns), width = Whole(b.Columns, PointPanels.Width);
        long row = (long)points * (stride + width);
        int run = (int)Math.Clamp(RunBytes / sizeof(float) / row / FilledRows * FilledRows, FilledRows, MaximumRun);
        run = Math.Min(run, Whole(a.Rows, FilledRows));
        int panels = width / PointPanels.Width, groups = Math.Clamp(DesiredTasks / points, 1, panels), panelsOfTask = (panels + groups - 1) / groups;
        nint left = ((nint)run * stride) + LaneDispatch.Count, right = (nint)run * PointPanels.Width;
        long floats = points * (left + (panels * right));
        float* scratch = team is null ? ThreadScratch.Columns(floats) : team.RentScratch(floats);
        var fill = new FillJob { A = a, B = b, ToA = scratch, ToB = scratch + (points * left), Stride = stride, PointA = left, PanelB = points * right, PointB = right };
        var job = new ProductJob
        {
            A = fill.ToA,
            B = new(fill.ToB, points, run, b.Columns),
            C = c,
            Rows = a.Columns,
            Stride = stride,
            PointA = left,
            Columns = panelsOfTask * PointPanels.Width,
            Groups = (panels + panelsOfTask - 1) / panelsOfTask,
        };
        for (int step = 0; step < a.Rows; step += run)
        {
            fill.First = step;
            fill.Rows = job.Depth = Math.Min(run, a.Rows - step);
            job.Accumulate = step > 0;
            TeamRunner.Run(team, 2 * fill.Tasks, ref fill);
            TeamRunner.Run(team, points * job.Groups, ref job);
        }
    }

    private static int Whole(int length, int size) => (length + size - 1) / size * size;

    /// <summary>Writes rows of A or of B.</summary>
    private struct FillJob : ITeamJob
    {
        public TLeft A;
        public TRight B;
        public float* ToA;
        public float* ToB;
        public int Stride;
        public nint PointA;
        public nint PanelB;
        public nint PointB;
        public int First;
        public int Rows;

        public readonly int Tasks => (Rows + FilledRows - 1) / FilledRows;

        public readonly void Run(int task, int worker)
        {
            int row = task / 2 * FilledRows, rows = Math.Min(FilledRows, Rows - row);
            if (task % 2 == 0)
            {
                A.Fill(First + row, rows, ToA + ((nint)row * Stride), Stride, 0, PointA);
            }
            else
            {
                B.Fill(First + row, rows, ToB + ((nint)row * PointPanels.Width), PointPanels.Width, PanelB, PointB);
            }
        }
    }

    /// <summary>Adds the product of a run at one point to some columns of C.</summary>
    private struct ProductJob : ITeamJob
    {
        public float* A;
        public PointPanels B;
        public float* C;
        public int Rows;
        public int Stride;
        public nint PointA;
        public int Columns;
        public int Groups;
        public int Depth;
        public bool Accumulate;

        public readonly void Run(int task, int worker)
        {
            (int point, int group) = Math.DivRem(task, Groups);
            int first = group * Columns, end = Math.Min(B.Columns, first + Columns);
            float* a = A + (point * PointA), c = C + ((nint)point * Rows * B.Columns);
            for (int column = first; column < end; column += TileKernel<R, V>.Columns)
            {
                float* panel = B.At(point, 0, column);
                int columns = Math.Min(TileKernel<R, V>.Columns, end - column);
                for (int i = 0; i < Rows;)
                {
                    // A tile that reaches over the last row or column reads what lies there; nothing of it is kept.
                    int panelRows = TileKernel<R, V>.PanelRows(Rows - i), rows = Math.Min(panelRows, Rows - i);
                    TileKernel<R, V>.Run(
                        Depth, a + i, 1, Stride, panel, PointPanels.Width, c + ((nint)i * B.Columns) + column, B.Columns, 1, rows, columns, Accumulate);
                    i += panelRows;
                }
            }
        }
    }
}
