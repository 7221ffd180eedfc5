namespace MuonSharp.Numerics;

/// <summary>How a product is cut into blocks: a function of its shape, the tile size and the machine's caches.</summary>
/// <remarks>The cut decides speed only. The order of additions is the same for every cut.</remarks>
internal readonly struct ProductPlan
{
    /// <summary>Most columns of B that are packed at once: with the longest run of k some three megabytes.</summary>
    private const int MaximumBreadth = 1024;

    /// <summary>Tasks that a product is cut into where it is large enough: so many that the last ones even out the load.</summary>
    private const int DesiredTasks = 16;

    /// <summary>Multiply-adds below which a product is not worth waking another worker for.</summary>
    private const long SerialLimit = 48L * 48 * 48;

    /// <summary>Columns of C from which packing a transposed A pays.</summary>
    private const int TransposedPackColumns = 256;

    /// <summary>Rows of the square blocks that a triangle is cut into, about.</summary>
    private const int TriangleRows = 96;

    /// <summary>Squares in a row below which those off the diagonal are cut into strips of columns, so that the last tasks even out the load.</summary>
    private const int FewSquares = 9;

    /// <summary>Bytes of a C that is not worth asking for: it is written as a whole in a few microseconds.</summary>
    private const long SmallResult = 1 << 16;

    /// <summary>Plans a product.</summary>
    /// <param name="rows">Rows of C.</param>
    /// <param name="columns">Columns of C.</param>
    /// <param name="depth">Length of the sums.</param>
    /// <param name="tileRows">Rows of a full tile.</param>
    /// <param name="tileColumns">Columns of a full tile.</param>
    /// <param name="lowerOnly">Whether only a triangle is computed: blocks are then squares on the grid of full tiles.</param>
    public ProductPlan(int rows, int columns, int depth, int tileRows, int tileColumns, bool lowerOnly)
    {
        IsSerial = (long)rows * columns * depth <= SerialLimit;
        Depth = EvenBlock(depth, MaximumDepth, 8);
        Prefetches = (long)rows * columns * sizeof(float) > SmallResult;
        if (lowerOnly)
        {
            int unit = tileRows * tileColumns / GreatestCommonDivisor(tileRows, tileColumns);
            BlockRows = unit * Math.Max(1, TriangleRows / unit);
            int squares = (rows + BlockRows - 1) / BlockRows;
            BlockColumns = squares <= FewSquares ? tileColumns : BlockRows;
            Breadth = EvenBlock(columns, MaximumBreadth, BlockRows);
            return;
        }

        PacksTransposed = columns >= TransposedPackColumns && (long)rows * depth * sizeof(float) > CacheSize.SecondLevel;
        Breadth = EvenBlock(columns, MaximumBreadth, tileColumns);
        int maximumRows = 16 * tileRows;
        int strips = (rows + tileRows - 1) / tileRows;

        // Rows are cut first, since a block's rows of A are packed by the task that needs them; columns when rows are too few.
        BlockRows = Math.Min(maximumRows, tileRows * Math.Max(1, (strips + DesiredTasks - 1) / DesiredTasks));
        BlockRows = Math.Max(BlockRows, Math.Min(2, strips) * tileRows);
        int rowBlocks = (rows + BlockRows - 1) / BlockRows;
        int columnBlocks = rowBlocks >= DesiredTasks ? 1 : (DesiredTasks + rowBlocks - 1) / rowBlocks;
        int panels = (Math.Min(columns, Breadth) + tileColumns - 1) / tileColumns;
        BlockColumns = tileColumns * Math.Max(1, Math.Max(Math.Min(4, panels), (panels + columnBlocks - 1) / columnBlocks));
    }

    /// <summary>Whether one thread does it all.</summary>
    public bool IsSerial { get; }

    /// <summary>Whether each tile of C is fetched while the one before is computed: in a step of a network a result was last touched a step ago and lies far, however small it is.</summary>
    public bool Prefetches { get; }

    /// <summary>Whether an A that is stored transposed is packed: it comes from far away, and would once for every panel of B. Not for a triangle,
    /// whose squares would pack the same rows again and again.</summary>
    public bool PacksTransposed { get; }

    /// <summary>Steps of k between two visits to an element of C.</summary>
    public int Depth { get; }

    /// <summary>Columns of B that are packed at once.</summary>
    public int Breadth { get; }

    /// <summary>Rows of C in a task.</summary>
    public int BlockRows { get; }

    /// <summary>Columns of C in a task.</summary>
    public int BlockColumns { get; }

    /// <summary>Longest run of k: sixteen tiles' rows of A and a panel of B, 192 + 32 lines, then fill two thirds of the second cache.</summary>
    private static int MaximumDepth { get; } = (int)Math.Clamp(CacheSize.SecondLevel / 1365, 256, 768);

    private static int EvenBlock(int size, int maximum, int multiple)
    {
        int blocks = Math.Max(1, (size + maximum - 1) / maximum);
        int block = (size + blocks - 1) / blocks;
        return Math.Max(multiple, (block + multiple - 1) / multiple * multiple);
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
