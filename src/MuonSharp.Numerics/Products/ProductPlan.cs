namespace MuonSharp.Numerics;

/// <summary>How a product is cut into blocks: a function of its shape and the tile size alone.</summary>
/// <remarks>The cut decides speed only. The order of additions is the same for every cut.</remarks>
internal readonly struct ProductPlan
{
    /// <summary>Longest run of k whose panels are packed at once: a panel of B, 2 x 16 lanes, then fills the nearest cache.</summary>
    private const int MaximumDepth = 320;

    /// <summary>Most columns of B that are packed at once.</summary>
    private const int MaximumBreadth = 3072;

    /// <summary>Tasks that a product is cut into where it is large enough: so many that the last ones even out the load.</summary>
    private const int DesiredTasks = 16;

    /// <summary>Multiply-adds below which a product is not worth waking another worker for.</summary>
    private const long SerialLimit = 48L * 48 * 48;

    /// <summary>Plans a product.</summary>
    /// <param name="rows">Rows of C.</param>
    /// <param name="columns">Columns of C.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="tileRows">Rows of a full tile.</param>
    /// <param name="tileColumns">Columns of a full tile.</param>
    public ProductPlan(int rows, int columns, int depth, int tileRows, int tileColumns)
    {
        IsSerial = (long)rows * columns * depth <= SerialLimit;
        Depth = EvenBlock(depth, MaximumDepth, 8);
        Breadth = EvenBlock(columns, MaximumBreadth, tileColumns);
        var maximumRows = 16 * tileRows;
        var strips = (rows + tileRows - 1) / tileRows;

        // Rows are cut first, since a block's rows of A are packed by the task that needs them; columns when rows are too few.
        BlockRows = Math.Min(maximumRows, tileRows * Math.Max(1, (strips + DesiredTasks - 1) / DesiredTasks));
        BlockRows = Math.Max(BlockRows, Math.Min(2, strips) * tileRows);
        var rowBlocks = (rows + BlockRows - 1) / BlockRows;
        var columnBlocks = rowBlocks >= DesiredTasks ? 1 : (DesiredTasks + rowBlocks - 1) / rowBlocks;
        var panels = (Math.Min(columns, Breadth) + tileColumns - 1) / tileColumns;
        BlockColumns = tileColumns * Math.Max(1, Math.Max(Math.Min(4, panels), (panels + columnBlocks - 1) / columnBlocks));
    }

    /// <summary>Whether one thread does it all.</summary>
    public bool IsSerial { get; }

    /// <summary>Steps of k between two visits to an element of C.</summary>
    public int Depth { get; }

    /// <summary>Columns of B that are packed at once.</summary>
    public int Breadth { get; }

    /// <summary>Rows of C in a task.</summary>
    public int BlockRows { get; }

    /// <summary>Columns of C in a task.</summary>
    public int BlockColumns { get; }

    private static int EvenBlock(int size, int maximum, int multiple)
    {
        var blocks = Math.Max(1, (size + maximum - 1) / maximum);
        var block = (size + blocks - 1) / blocks;
        return Math.Max(multiple, (block + multiple - 1) / multiple * multiple);
    }
}
