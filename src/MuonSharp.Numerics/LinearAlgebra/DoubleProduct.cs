using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Matrix products in double precision, for the statistics and bases of SOAP and Shampoo.</summary>
/// <remarks>
/// <para>Every element is one chain of fused multiply-adds in ascending k, so the bits depend neither on threads nor on vector width nor on blocks.</para>
/// <para>Cost: 2mnk FLOPs. Scratch: some 115 KB of the running thread's stack.</para>
/// </remarks>
public static unsafe class DoubleProduct
{
    /// <summary>C = A B.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">[m, k], any strides.</param>
    /// <param name="b">[k, n], any strides.</param>
    /// <param name="c">[m, n], overwritten; shares no memory with A or B.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(WorkerTeam? team, DoubleMatrix a, DoubleMatrix b, DoubleMatrix c) => Run(team, a, b, c, false);

    /// <summary>C = A B where the result is known to be symmetric (B = Aᵀ): the lower triangle is computed, then mirrored.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="a">[n, k], any strides.</param>
    /// <param name="b">[k, n], any strides.</param>
    /// <param name="c">[n, n], overwritten; shares no memory with A or B.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void MultiplySymmetric(WorkerTeam? team, DoubleMatrix a, DoubleMatrix b, DoubleMatrix c)
    {
        Run(team, a, b, c, true);
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < i; j++)
            {
                c.Data[(j * c.RowStride) + (i * c.ColumnStride)] = c.Data[(i * c.RowStride) + (j * c.ColumnStride)];
            }
        }
    }

    private static void Run(WorkerTeam? team, DoubleMatrix a, DoubleMatrix b, DoubleMatrix c, bool lowerOnly)
    {
        if (a.Columns != b.Rows || a.Rows != c.Rows || b.Columns != c.Columns || (lowerOnly && c.Rows != c.Columns))
        {
            throw new ArgumentException("[double product] [m, k] times [k, n] is [m, n], and square where it is symmetric; "
                + $"[{a.Rows}, {a.Columns}] times [{b.Rows}, {b.Columns}] into [{c.Rows}, {c.Columns}]");
        }

        int rowTasks = (c.Rows + DoubleProductJob.BlockRows - 1) / DoubleProductJob.BlockRows;
        int columnTasks = (c.Columns + DoubleProductJob.BlockColumns - 1) / DoubleProductJob.BlockColumns;
        var job = new DoubleProductJob(a, b, c, columnTasks, lowerOnly);
        TeamRunner.Run(team, rowTasks * columnTasks, ref job);
    }
}

/// <summary>One block of C a task: operands are packed into panels on the stack, then 6 x 8 tiles run down k in registers.</summary>
internal readonly unsafe struct DoubleProductJob(DoubleMatrix a, DoubleMatrix b, DoubleMatrix c, int columnTasks, bool lowerOnly) : ITeamJob
{
    public const int BlockRows = 48;
    public const int BlockColumns = 64;
    private const int Depth = 128;
    private const int TileRows = 6;
    private const int TileColumns = 8;

    [SkipLocalsInit]
    public void Run(int task, int worker)
    {
        int row = task / columnTasks * BlockRows, column = task % columnTasks * BlockColumns;
        int rows = Math.Min(BlockRows, c.Rows - row), columns = Math.Min(BlockColumns, c.Columns - column);
        if (lowerOnly && column >= row + rows)
        {
            return;
        }

        double* left = stackalloc double[BlockRows * Depth];
        double* right = stackalloc double[BlockColumns * Depth];
        double* tile = stackalloc double[TileRows * TileColumns];
        for (int k = 0; k == 0 || k < a.Columns; k += Depth)
        {
            int depth = Math.Min(Depth, a.Columns - k);
            Pack(a.Data + (row * a.RowStride) + (k * a.ColumnStride), a.RowStride, a.ColumnStride, rows, depth, left, TileRows);
            Pack(b.Data + (k * b.RowStride) + (column * b.ColumnStride), b.ColumnStride, b.RowStride, columns, depth, right, TileColumns);
            for (int j = 0; j < columns; j += TileColumns)
            {
                for (int i = 0; i < rows; i += TileRows)
                {
                    double* target = c.Data + ((row + i) * c.RowStride) + ((column + j) * c.ColumnStride);
                    int tileRows = Math.Min(TileRows, rows - i), tileColumns = Math.Min(TileColumns, columns - j);
                    Move(target, tile, tileRows, tileColumns, k == 0 ? 0 : -1);
                    Tile(left + (i * depth), right + (j * depth), depth, tile);
                    Move(target, tile, tileRows, tileColumns, 1);
                }
            }
        }
    }

    /// <summary>Panels of a fixed number of lines, zeros where the block has fewer: panel[k * width + line].</summary>
    private static void Pack(double* source, nint lineStride, nint depthStride, int lines, int depth, double* packed, int width)
    {
        for (int line = 0; line < lines; line += width, packed += width * depth)
        {
            int filled = Math.Min(width, lines - line);
            for (int w = 0; w < width; w++)
            {
                double* from = source + ((line + w) * lineStride);
                for (int k = 0; k < depth; k++)
                {
                    packed[(k * width) + w] = w < filled ? from[k * depthStride] : 0;
                }
            }
        }
    }

    /// <summary>Out of C (-1), into C (1), or zeros (0): a tile at the edge is as long as any other.</summary>
    private void Move(double* target, double* tile, int rows, int columns, int direction)
    {
        if (direction != 1)
        {
            new Span<double>(tile, TileRows * TileColumns).Clear();
        }

        for (int i = 0; i < rows && direction != 0; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double* element = target + (i * c.RowStride) + (j * c.ColumnStride);
                if (direction == 1)
                {
                    *element = tile[(i * TileColumns) + j];
                }
                else
                {
                    tile[(i * TileColumns) + j] = *element;
                }
            }
        }
    }

    private static void Tile(double* left, double* right, int depth, double* tile)
    {
        Vector256<double> a0 = Vector256.Load(tile), b0 = Vector256.Load(tile + 4);
        Vector256<double> a1 = Vector256.Load(tile + 8), b1 = Vector256.Load(tile + 12);
        Vector256<double> a2 = Vector256.Load(tile + 16), b2 = Vector256.Load(tile + 20);
        Vector256<double> a3 = Vector256.Load(tile + 24), b3 = Vector256.Load(tile + 28);
        Vector256<double> a4 = Vector256.Load(tile + 32), b4 = Vector256.Load(tile + 36);
        Vector256<double> a5 = Vector256.Load(tile + 40), b5 = Vector256.Load(tile + 44);
        for (int k = 0; k < depth; k++, left += TileRows, right += TileColumns)
        {
            Vector256<double> x = Vector256.Load(right), y = Vector256.Load(right + 4);
            Vector256<double> l = Vector256.Create(left[0]);
            (a0, b0) = (Vector256.FusedMultiplyAdd(l, x, a0), Vector256.FusedMultiplyAdd(l, y, b0));
            l = Vector256.Create(left[1]);
            (a1, b1) = (Vector256.FusedMultiplyAdd(l, x, a1), Vector256.FusedMultiplyAdd(l, y, b1));
            l = Vector256.Create(left[2]);
            (a2, b2) = (Vector256.FusedMultiplyAdd(l, x, a2), Vector256.FusedMultiplyAdd(l, y, b2));
            l = Vector256.Create(left[3]);
            (a3, b3) = (Vector256.FusedMultiplyAdd(l, x, a3), Vector256.FusedMultiplyAdd(l, y, b3));
            l = Vector256.Create(left[4]);
            (a4, b4) = (Vector256.FusedMultiplyAdd(l, x, a4), Vector256.FusedMultiplyAdd(l, y, b4));
            l = Vector256.Create(left[5]);
            (a5, b5) = (Vector256.FusedMultiplyAdd(l, x, a5), Vector256.FusedMultiplyAdd(l, y, b5));
        }

        a0.Store(tile);
        b0.Store(tile + 4);
        a1.Store(tile + 8);
        b1.Store(tile + 12);
        a2.Store(tile + 16);
        b2.Store(tile + 20);
        a3.Store(tile + 24);
        b3.Store(tile + 28);
        a4.Store(tile + 32);
        b4.Store(tile + 36);
        a5.Store(tile + 40);
        b5.Store(tile + 44);
    }
}
