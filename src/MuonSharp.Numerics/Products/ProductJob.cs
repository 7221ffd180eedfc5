namespace MuonSharp.Numerics;

/// <summary>The tiles of one block of C, for one run of k.</summary>
/// <remarks>Loops: panels of B outside, so that a panel stays in the nearest cache while the block's rows of A pass by.</remarks>
internal unsafe struct ProductJob<R, V, TEpilogue> : ITeamJob
    where R : struct, IRegister<V>
    where V : struct
    where TEpilogue : struct, ITileEpilogue
{
    public Matrix A;
    public float* PackedB;
    public Matrix C;
    /// <summary>Column of the whole product that <see cref="C"/> starts at.</summary>
    public int Column;
    public int BlockRows;
    public int BlockColumns;
    public int RowBlocks;
    public float Alpha;
    public bool Accumulate;
    public bool IsLast;
    public bool LowerOnly;
    public TEpilogue Epilogue;

    public readonly void Run(int task, int worker)
    {
        // The last rows come first: where only the lower triangle is computed they are the longest.
        var row = (RowBlocks - 1 - (task % RowBlocks)) * BlockRows;
        var column = task / RowBlocks * BlockColumns;
        var rows = Math.Min(BlockRows, C.Rows - row);
        var columns = Math.Min(BlockColumns, C.Columns - column);
        if (!LowerOnly || Column + column <= row + rows - 1)
        {
            Block(row, column, rows, columns);
        }
    }

    private readonly void Block(int row, int column, int rows, int columns)
    {
        // Rows of A whose elements are adjacent are read where they are; only a panel that A does not fill is packed then.
        var direct = (A.ColumnStride == 1 || A.RowStride == 1) && Alpha == 1;
        var depth = A.Columns;
        var packedA = ThreadScratch.Rows((direct ? 1L : rows + R.TileRows) * depth * (direct ? R.TileRows : 1));
        PackRows(row, rows, direct, packedA);
        for (var j = 0; j < columns;)
        {
            var panelColumns = TileKernel<R, V>.PanelColumns(columns - j);
            var tileColumns = Math.Min(panelColumns, columns - j);
            var panelB = PackedB + ((long)(column + j) * depth);
            var panelA = packedA;
            for (var i = 0; i < rows;)
            {
                var panelRows = TileKernel<R, V>.PanelRows(rows - i);
                var tileRows = Math.Min(panelRows, rows - i);
                var isSource = direct && tileRows == panelRows;
                if (!LowerOnly || Column + column + j <= row + i + tileRows - 1)
                {
                    var c = C.Data + ((row + i) * C.RowStride) + ((column + j) * C.ColumnStride);
                    var a = isSource ? A.Data + ((row + i) * A.RowStride) : panelA;
                    var (aRow, aStep) = isSource ? (A.RowStride, A.ColumnStride) : (1, panelRows);
                    TileKernel<R, V>.Run(depth, a, aRow, aStep, panelB, c, C.RowStride, C.ColumnStride, tileRows, tileColumns, Accumulate);
                    if (IsLast)
                    {
                        Epilogue.Apply(c, C.RowStride, tileRows, tileColumns, row + i, Column + column + j);
                    }
                }

                panelA += isSource ? 0 : panelRows * depth;
                i += panelRows;
            }

            j += panelColumns;
        }
    }

    private readonly void PackRows(int row, int rows, bool direct, float* packed)
    {
        for (var i = 0; i < rows;)
        {
            var panelRows = TileKernel<R, V>.PanelRows(rows - i);
            var lines = Math.Min(panelRows, rows - i);
            if (!direct || lines < panelRows)
            {
                PanelPacker.Pack(
                    A.Data + ((row + i) * A.RowStride), A.ColumnStride, A.RowStride, A.Columns, lines, panelRows, Alpha, packed);
                packed += (long)panelRows * A.Columns;
            }

            i += panelRows;
        }
    }
}
