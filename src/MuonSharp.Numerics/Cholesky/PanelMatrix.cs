namespace MuonSharp.Numerics;

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
