namespace MuonSharp.Numerics;

/// <summary>Copies the lower triangle of a matrix, transposed, into panels, and adds to its diagonal: a task is one panel.</summary>
/// <remarks>What lies beyond the matrix becomes the identity, whose inverse is itself.</remarks>
internal readonly unsafe struct InverseLoadJob(Matrix source, float shift, PanelMatrix panels) : ITeamJob
{
    private const int Width = PanelMatrix.Width;

    public void Run(int task, int worker)
    {
        for (int block = 0; block <= task; block++)
        {
            Load(block, task, panels.Block(block, task));
        }

        float* diagonal = panels.Block(task, task);
        for (int i = 0; i < Width; i++)
        {
            diagonal[i * (Width + 1)] = (task * Width) + i < source.Rows ? diagonal[i * (Width + 1)] + shift : 1;
        }
    }

    private void Load(int row, int column, float* to)
    {
        int lines = Math.Min(Width, source.Rows - (column * Width));
        int steps = Math.Min(Width, source.Rows - (row * Width));
        if (steps < Width)
        {
            new Span<float>(to, PanelMatrix.BlockLength).Clear();
        }

        Matrix from = source.Block(column * Width, row * Width, lines, steps);
        PanelPacker.Pack(from.Data, from.ColumnStride, from.RowStride, steps, lines, Width, 1, to);
    }
}

/// <summary>One row of blocks of U and of L^-1, panel by panel: a task is one panel.</summary>
/// <remarks>Task 0 is the panel that the next row starts from: it goes on to that row's diagonal block, so that nobody waits for it.</remarks>
internal unsafe struct InverseStepJob<R, V>(PanelMatrix panels, float* negated, float* nextNegated, float* factor, int* failed, int step) : ITeamJob
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Width = PanelMatrix.Width;

    /// <summary>Number of tasks: every panel but the step's own.</summary>
    public readonly int Tasks => panels.Blocks - 1;

    public readonly void Run(int task, int worker)
    {
        int right = panels.Blocks - 1 - step;
        if (task >= right)
        {
            Inverse(task - right);
            return;
        }

        Upper(step + 1 + task);
        if (task == 0)
        {
            Diagonal(panels, step + 1, nextNegated, factor, failed);
        }
    }

    /// <summary>D of a diagonal block, and its panel above it negated: the left factor of the whole row of blocks.</summary>
    /// <param name="panels">The panels; rows above are finished.</param>
    /// <param name="step">The row of blocks.</param>
    /// <param name="negated">Out: the negated panel.</param>
    /// <param name="factor">Scratch of one block.</param>
    /// <param name="failed">Out: the row of the first pivot that is not above zero.</param>
    public static void Diagonal(PanelMatrix panels, int step, float* negated, float* factor, int* failed)
    {
        float* above = panels.Block(0, step);
        float* block = panels.Block(step, step);
        var negate = new Negate(above, negated, step * PanelMatrix.BlockLength);
        LaneDispatch.Run(ref negate);
        BlockProduct<R, V>.OfPanels(step * Width, negated, above, block, Width, accumulate: true);
        new ReadOnlySpan<float>(block, PanelMatrix.BlockLength).CopyTo(new Span<float>(factor, PanelMatrix.BlockLength));
        int row = -1;
        var kernel = new DiagonalBlockKernel(factor, block, &row);
        LaneDispatch.Run(ref kernel);
        *failed = row < 0 ? -1 : (step * Width) + row;
    }

    /// <summary>U[step, panel] = D (A - sum of U[p, step]ᵀ U[p, panel]).</summary>
    private readonly void Upper(int panel)
    {
        float* block = panels.Block(step, panel);
        BlockProduct<R, V>.OfPanels(step * Width, negated, panels.Block(0, panel), block, Width, accumulate: true);
        BlockProduct<R, V>.Triangular(panels.Block(step, step), block);
    }

    /// <summary>L^-1[step, panel] = -D sum of U[p, step]ᵀ L^-1[p, panel], p from the panel's first row that is not zero.</summary>
    private readonly void Inverse(int panel)
    {
        float* block = panels.Block(step, panel);
        int first = panel * PanelMatrix.BlockLength;
        BlockProduct<R, V>.OfPanels((step - panel) * Width, negated + first, panels.Block(panel, panel), block, Width, accumulate: false);
        BlockProduct<R, V>.Triangular(panels.Block(step, step), block);
    }

    private readonly struct Negate(float* from, float* to, int count) : ILaneKernel
    {
        public void Run<L, TVector>()
            where L : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector minus = L.Broadcast(-1);
            for (int i = 0; i < count; i += LaneDispatch.Count)
            {
                L.Store(to + i, L.Multiply(L.Load(from + i), minus));
            }
        }
    }
}

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
        // The rows in the middle are the longest work; those at the ends even out what is left.
        int place = task / Parts;
        int middle = panels.Blocks / 2;
        int row = (place & 1) == 0 ? middle + (place / 2) : middle - 1 - (place / 2);
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
