using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>The steps of <see cref="PositiveDefiniteInverse"/> with the registers of one width.</summary>
internal static unsafe class InverseEngine<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    /// <summary>Rows up to which a team is not worth its forks.</summary>
    private const int SerialSize = 64;

    /// <summary>result = (source + shift I)^-1.</summary>
    /// <param name="team">Workers, or null.</param>
    /// <param name="source">Square; its lower triangle is read.</param>
    /// <param name="shift">Added to the diagonal.</param>
    /// <param name="result">May be the source.</param>
    /// <param name="scratch">As <see cref="PositiveDefiniteInverse.ScratchLength"/> says.</param>
    /// <param name="mirror">Whether the upper triangle is written too.</param>
    /// <returns>-1, or the row of the first pivot that is not above zero.</returns>
    public static int Invert(WorkerTeam? team, Matrix source, float shift, Matrix result, float* scratch, bool mirror)
    {
        int blocks = PanelMatrix.BlocksOf(source.Rows);
        team = source.Rows <= SerialSize ? null : team;
        var panels = new PanelMatrix(scratch, blocks);
        float* negated = scratch + ((long)blocks * blocks * PanelMatrix.BlockLength);
        float* nextNegated = negated + (blocks * PanelMatrix.BlockLength);
        float* factor = nextNegated + (blocks * PanelMatrix.BlockLength);
        var load = new InverseLoadJob(source, shift, panels);
        TeamRunner.Run(team, blocks, ref load);
        int failed = -1;
        InverseStepJob<R, V>.Diagonal(panels, 0, negated, factor, &failed);
        for (int step = 0; failed < 0 && step < blocks; step++)
        {
            var job = new InverseStepJob<R, V>(panels, negated, nextNegated, factor, &failed, step);
            TeamRunner.Run(team, job.Tasks, ref job);
            float* free = negated;
            negated = nextNegated;
            nextNegated = free;
        }

        if (failed < 0)
        {
            var square = new InverseSquareJob<R, V>(panels, result, mirror);
            TeamRunner.Run(team, square.Tasks, ref square);
        }

        return failed;
    }
}

/// <summary>Products of blocks of 32 by 32 that lie in panels: nothing is packed, every tile exists as a whole.</summary>
internal static unsafe class BlockProduct<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    private const int Width = PanelMatrix.Width;

    /// <summary>C = [C +] Aᵀ B for two panels.</summary>
    /// <param name="depth">Rows of the panels.</param>
    /// <param name="a">Panel of rows of 32.</param>
    /// <param name="b">Panel of rows of 32.</param>
    /// <param name="c">32 rows of 32 columns.</param>
    /// <param name="stride">Floats between rows of C.</param>
    /// <param name="accumulate">Whether the sums start from C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfPanels(int depth, float* a, float* b, float* c, nint stride, bool accumulate)
    {
        for (int column = 0; column < Width; column += TileKernel<R, V>.Columns)
        {
            for (int row = 0; row < Width; row += R.TileRows)
            {
                TileKernel<R, V>.Dispatch(
                    depth, a + row, 1, Width, b + column, Width, c + (row * stride) + column, stride, Math.Min(R.TileRows, Width - row), TileKernel<R, V>.Columns, accumulate);
            }
        }
    }

    /// <summary>B = D B in place for a lower triangular block D: the last rows first, each as deep as D reaches.</summary>
    /// <param name="d">Rows of 32, zeros above the diagonal.</param>
    /// <param name="b">A block in its panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Triangular(float* d, float* b)
    {
        for (int column = 0; column < Width; column += TileKernel<R, V>.Columns)
        {
            for (int row = (Width - 1) / R.TileRows * R.TileRows; row >= 0; row -= R.TileRows)
            {
                int rows = Math.Min(R.TileRows, Width - row);
                TileKernel<R, V>.Dispatch(
                    row + rows, d + (row * Width), Width, 1, b + column, Width, b + (row * Width) + column, Width, rows, TileKernel<R, V>.Columns, accumulate: false);
            }
        }
    }
}

/// <summary>A square matrix in panels of 32 columns, each row-major and without gaps: what the micro-kernel reads on either side without packing.</summary>
/// <remarks>Sizes are filled up to a multiple of 32. A block is 32 rows of one panel: 1024 adjacent floats.</remarks>
internal readonly unsafe struct PanelMatrix(float* data, int blocks)
{
    /// <summary>Columns of a panel, rows of a block: a multiple of every tile's columns.</summary>
    public const int Width = 32;

    /// <summary>Floats of a block.</summary>
    public const int BlockLength = Width * Width;

    /// <summary>Number of blocks in a row.</summary>
    public int Blocks { get; } = blocks;

    /// <summary>Blocks in a row that a size needs.</summary>
    /// <param name="size">Rows of the matrix.</param>
    /// <returns>The number of blocks.</returns>
    public static int BlocksOf(int size) => (size + Width - 1) / Width;

    /// <summary>One block; the blocks below it in its panel follow.</summary>
    /// <param name="row">Row of blocks.</param>
    /// <param name="panel">Panel.</param>
    /// <returns>The address of its first element.</returns>
    public float* Block(int row, int panel) => data + (((panel * (long)Blocks) + row) * BlockLength);
}
