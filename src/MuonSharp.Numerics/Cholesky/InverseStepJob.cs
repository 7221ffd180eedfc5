namespace MuonSharp.Numerics;

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
        var right = panels.Blocks - 1 - step;
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
        var above = panels.Block(0, step);
        var block = panels.Block(step, step);
        var negate = new Negate(above, negated, step * PanelMatrix.BlockLength);
        LaneDispatch.Run(ref negate);
        BlockProduct<R, V>.OfPanels(step * Width, negated, above, block, Width, accumulate: true);
        new ReadOnlySpan<float>(block, PanelMatrix.BlockLength).CopyTo(new Span<float>(factor, PanelMatrix.BlockLength));
        var row = -1;
        var kernel = new DiagonalBlockKernel(factor, block, &row);
        LaneDispatch.Run(ref kernel);
        *failed = row < 0 ? -1 : (step * Width) + row;
    }

    /// <summary>U[step, panel] = D (A - sum of U[p, step]ᵀ U[p, panel]).</summary>
    private readonly void Upper(int panel)
    {
        var block = panels.Block(step, panel);
        BlockProduct<R, V>.OfPanels(step * Width, negated, panels.Block(0, panel), block, Width, accumulate: true);
        BlockProduct<R, V>.Triangular(panels.Block(step, step), block);
    }

    /// <summary>L^-1[step, panel] = -D sum of U[p, step]ᵀ L^-1[p, panel], p from the panel's first row that is not zero.</summary>
    private readonly void Inverse(int panel)
    {
        var block = panels.Block(step, panel);
        var first = panel * PanelMatrix.BlockLength;
        BlockProduct<R, V>.OfPanels((step - panel) * Width, negated + first, panels.Block(panel, panel), block, Width, accumulate: false);
        BlockProduct<R, V>.Triangular(panels.Block(step, step), block);
    }

    private readonly struct Negate(float* from, float* to, int count) : ILaneKernel
    {
        public void Run<L, TVector>()
            where L : struct, ILanes<TVector>
            where TVector : struct
        {
            var minus = L.Broadcast(-1);
            for (var i = 0; i < count; i += LaneDispatch.Count)
            {
                L.Store(to + i, L.Multiply(L.Load(from + i), minus));
            }
        }
    }
}
