namespace MuonSharp.Numerics;

/// <summary>U and L^-1 in panels: every worker does one unit of some panel after another, in the order that <see cref="PanelOrder"/> says.</summary>
/// <remarks>Unit 0 of a panel copies it from the matrix, negated, so that what is subtracted from it can be added; unit k + 1 is its block in row k of blocks.</remarks>
/// <param name="source">Square; its lower triangle is read.</param>
/// <param name="shift">Added to its diagonal.</param>
/// <param name="panels">Out: U on and above the diagonal, L^-1 below, with D on it.</param>
/// <param name="factor">Scratch of one block, and of one for each panel.</param>
/// <param name="order">Which units are done.</param>
internal readonly unsafe struct InversePanelJob<R, V>(Matrix source, float shift, PanelMatrix panels, float* factor, PanelOrder order) : ITeamJob
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Width = PanelMatrix.Width;

    /// <summary>Works until nothing is left: the first task that a worker takes does all that it can, the others find nothing to do.</summary>
    public void Run(int task, int worker)
    {
        while (order.Take(worker, out int panel, out int unit))
        {
            if (unit == 0)
            {
                Load(panel);
            }
            else if (unit <= panel)
            {
                Upper(unit - 1, panel);
            }
            else
            {
                Inverse(unit - 1, panel);
            }

            if (unit == panel && Diagonal(panel) is >= 0 and int row)
            {
                order.Fail((panel * Width) + row);
                return;
            }

            order.Done(panel, unit);
        }
    }

    private void Load(int panel)
    {
        for (int row = 0; row <= panel; row++)
        {
            Load(row, panel, panels.Block(row, panel));
        }

        float* diagonal = panels.Block(panel, panel);
        for (int i = 0; i < Width; i++)
        {
            diagonal[i * (Width + 1)] = (panel * Width) + i < source.Rows ? diagonal[i * (Width + 1)] + shift : 1;
        }

        var negation = new Negation(panels.Block(0, panel), panels.Block(0, panel), (panel + 1) * PanelMatrix.BlockLength);
        LaneDispatch.Run(ref negation);
    }

    /// <summary>A block of the lower triangle, transposed. What lies beyond the matrix becomes the identity, whose inverse is itself.</summary>
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

    /// <summary>D of a diagonal block, and -D, the left factor of the rest of its row. Returns -1, or the row of a pivot that is not above zero.</summary>
    private int Diagonal(int step)
    {
        float* block = panels.Block(step, step);
        BlockProduct<R, V>.OfPanels(step * Width, panels.Block(0, step), panels.Block(0, step), block, Width, accumulate: true);
        var negation = new Negation(block, factor, PanelMatrix.BlockLength);
        LaneDispatch.Run(ref negation);
        int row = -1;
        var kernel = new DiagonalBlockKernel(factor, block, &row);
        LaneDispatch.Run(ref kernel);
        negation = new Negation(block, Left(step), PanelMatrix.BlockLength);
        LaneDispatch.Run(ref negation);
        return row;
    }

    /// <summary>U[step, panel] = -D (sum of U[p, step]ᵀ U[p, panel] - A).</summary>
    private void Upper(int step, int panel)
    {
        float* block = panels.Block(step, panel);
        BlockProduct<R, V>.OfPanels(step * Width, panels.Block(0, step), panels.Block(0, panel), block, Width, accumulate: true);
        BlockProduct<R, V>.Triangular(Left(step), block);
    }

    /// <summary>L^-1[step, panel] = -D sum of U[p, step]ᵀ L^-1[p, panel], p from the panel's first row that is not zero.</summary>
    private void Inverse(int step, int panel)
    {
        float* block = panels.Block(step, panel);
        BlockProduct<R, V>.OfPanels((step - panel) * Width, panels.Block(panel, step), panels.Block(panel, panel), block, Width, accumulate: false);
        BlockProduct<R, V>.Triangular(Left(step), block);
    }

    private float* Left(int step) => factor + ((step + 1) * PanelMatrix.BlockLength);

    private readonly struct Negation(float* from, float* to, int count) : ILaneKernel
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
