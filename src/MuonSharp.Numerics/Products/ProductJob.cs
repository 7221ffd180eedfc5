using System.Runtime.Intrinsics.X86;

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

    /// <summary>All columns of the result.</summary>
    public Matrix Whole;

    /// <summary>Column of the whole product that <see cref="C"/> starts at.</summary>
    public int Column;
    public int BlockRows;
    public int BlockColumns;
    public int RowBlocks;
    public float Alpha;
    public bool Accumulate;
    public bool IsLast;
    public bool LowerOnly;
    public bool Prefetches;
    public bool PacksTransposed;
    public TEpilogue Epilogue;

    public readonly void Run(int task, int worker)
    {
        // Where only the lower triangle is computed, the last rows have the most tasks and come first. Elsewhere a worker's share is the same rows in
        // every job.
        int block = task % RowBlocks;
        int row = (LowerOnly ? RowBlocks - 1 - block : block) * BlockRows;
        int column = task / RowBlocks * BlockColumns;
        int rows = Math.Min(BlockRows, C.Rows - row);
        if (!LowerOnly)
        {
            Block(row, column, rows, Math.Min(BlockColumns, C.Columns - column));
            return;
        }

        // A triangle is cut into squares of one grid: what lies opposite is written by nobody else. A square on the diagonal, whose tiles reach over it,
        // is one task; the others may be several.
        int square = (Column + column) / BlockRows * BlockRows;
        if (square < row || (square == row && Column + column == row))
        {
            int columns = Math.Min(square == row ? BlockRows : BlockColumns, C.Columns - column);
            Block(row, column, rows, columns);
            if (IsLast)
            {
                Mirroring.Block(Whole, row, Column + column, rows, columns);
            }
        }
    }

    private readonly void Block(int row, int column, int rows, int columns)
    {
        // Rows of A whose elements are adjacent are read where they are; only a panel that A does not fill is packed then.
        bool direct = (A.ColumnStride == 1 || (A.RowStride == 1 && !PacksTransposed)) && Alpha == 1;
        int depth = A.Columns;
        float* packedA = ThreadScratch.Rows(((direct ? 0 : rows / R.TileRows) + 1) * (long)PanelLength(R.TileRows));
        PackRows(row, rows, direct, packedA);
        for (int j = 0; j < columns;)
        {
            int panelColumns = TileKernel<R, V>.PanelColumns(columns - j);
            int tileColumns = Math.Min(panelColumns, columns - j);
            float* panelB = PackedB + ((long)(column + j) * depth);
            float* panelA = packedA;
            for (int i = 0; i < rows;)
            {
                int panelRows = TileKernel<R, V>.PanelRows(rows - i);
                int tileRows = Math.Min(panelRows, rows - i);
                bool isSource = direct && tileRows == panelRows;
                int reach = row + i + tileRows - Column - column - j;
                if (!LowerOnly || reach > 0)
                {
                    float* c = C.Data + ((row + i) * C.RowStride) + ((column + j) * C.ColumnStride);
                    float* a = isSource ? A.Data + ((row + i) * A.RowStride) : panelA;
                    (nint aRow, nint aStep) = isSource ? (A.RowStride, A.ColumnStride) : (1, panelRows);
                    if (Prefetches && i + panelRows < rows)
                    {
                        Prefetch(c + (panelRows * C.RowStride));
                    }

                    // On the diagonal the right half of a tile may lie above it as a whole.
                    int tileWidth = LowerOnly && reach <= R.Count ? Math.Min(R.Count, tileColumns) : tileColumns;
                    TileKernel<R, V>.Run(
                        depth, a, aRow, aStep, panelB, panelColumns, c, C.RowStride, C.ColumnStride, tileRows, tileWidth, Accumulate);
                    if (IsLast)
                    {
                        Epilogue.Apply(c, C.RowStride, tileRows, tileWidth, row + i, Column + column + j);
                    }
                }

                panelA += isSource ? 0 : PanelLength(panelRows);
                i += panelRows;
            }

            j += panelColumns;
        }
    }

    /// <summary>Asks for the next tile of C: otherwise all its sums would wait for it at their start.</summary>
    private readonly void Prefetch(float* c)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < R.TileRows; i++)
            {
                Sse.Prefetch0(c + (i * C.RowStride));
                Sse.Prefetch0(c + (i * C.RowStride) + R.Count);
            }
        }
    }

    /// <summary>Floats from one packed panel to the next: one line more than it holds, or panels of some depths would all lie in the same cache set.</summary>
    private readonly nint PanelLength(int rows) => ((nint)rows * A.Columns) + 16;

    private readonly void PackRows(int row, int rows, bool direct, float* packed)
    {
        int i = 0;
        if (!direct && A.RowStride == 1 && Alpha == 1)
        {
            i = rows / R.TileRows * R.TileRows;
            nint length = PanelLength(R.TileRows);
            PanelPacker.PackStrips(A.Data + row, A.ColumnStride, A.Columns, i / R.TileRows, R.TileRows, packed, length);
            packed += i / R.TileRows * length;
        }

        while (i < rows)
        {
            int panelRows = TileKernel<R, V>.PanelRows(rows - i);
            int lines = Math.Min(panelRows, rows - i);
            if (!direct || lines < panelRows)
            {
                PanelPacker.Pack(
                    A.Data + ((row + i) * A.RowStride), A.ColumnStride, A.RowStride, A.Columns, lines, panelRows, Alpha, packed);
                packed += PanelLength(panelRows);
            }

            i += panelRows;
        }
    }
}
