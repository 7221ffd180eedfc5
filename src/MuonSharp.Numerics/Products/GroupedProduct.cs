namespace MuonSharp.Numerics;

/// <summary>Products over ranges of rows, each range with a matrix of its own: what a mixture of experts makes of the tokens that it sorted by expert.</summary>
/// <remarks>
/// <para>Group g has the rows starts[g] to starts[g + 1]; how many is known only when the product runs, and may be none. Every element is one chain of fused multiply-adds in
/// ascending k, as in <see cref="MatrixProduct"/>: a row has the bits that it has alone, whatever group sizes surround it.</para>
/// <para>A task is a block of one group's result, cut by shape. Cost: that of the products, and one more packing of B for each 256 rows.</para>
/// </remarks>
public static unsafe class GroupedProduct
{
    private const int BlockRows = 256;
    private const int BlockColumns = 512;

    /// <summary>C = [C +] A B by group: the rows of group g times B's matrix g.</summary>
    /// <param name="team">Workers to share the products; null runs them on the calling thread.</param>
    /// <param name="a">Shape [rows, k].</param>
    /// <param name="starts">First row of each group, and behind the last one the number of rows.</param>
    /// <param name="b">A matrix [k, n] for each group.</param>
    /// <param name="c">Shape [rows, n]; shares no memory with A and B.</param>
    /// <param name="accumulate">Whether to add to what C holds; the sums then start from it.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or the groups do not cover the rows in order.</exception>
    public static void Multiply(WorkerTeam? team, Matrix a, ReadOnlySpan<int> starts, MatrixStack b, Matrix c, bool accumulate = false)
    {
        MatrixProduct.Validate(a, b[0], c);
        Validate(starts, b.Count, a.Rows);
        int tasks = 0;
        for (int group = 0; group < b.Count; group++)
        {
            tasks += Pieces(starts[group + 1] - starts[group], BlockRows);
        }

        fixed (int* first = starts)
        {
            var job = new RowsJob(a, first, b, c, accumulate);
            TeamRunner.Run(team, tasks * Pieces(c.Columns, BlockColumns), ref job);
        }
    }

    /// <summary>C = [C +] Aᵀ B by group: matrix g of C from the rows of group g alone. The gradient of what <see cref="Multiply"/> multiplies by.</summary>
    /// <param name="team">Workers to share the products; null runs them on the calling thread.</param>
    /// <param name="a">Shape [rows, m].</param>
    /// <param name="b">Shape [rows, n].</param>
    /// <param name="starts">First row of each group, and behind the last one the number of rows.</param>
    /// <param name="c">A matrix [m, n] for each group; shares no memory with A and B.</param>
    /// <param name="accumulate">Whether to add to what C holds; otherwise the matrices of empty groups become zero.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or the groups do not cover the rows in order.</exception>
    public static void MultiplyTransposed(WorkerTeam? team, Matrix a, Matrix b, ReadOnlySpan<int> starts, MatrixStack c, bool accumulate = false)
    {
        MatrixProduct.Validate(a.Transposed, b, c[0]);
        Validate(starts, c.Count, a.Rows);
        fixed (int* first = starts)
        {
            var job = new StackJob(a, b, first, c, accumulate);
            TeamRunner.Run(team, c.Count * Pieces(c[0].Rows, BlockRows) * Pieces(c[0].Columns, BlockColumns), ref job);
        }
    }

    private static int Pieces(int length, int size) => (length + size - 1) / size;

    private static void Validate(ReadOnlySpan<int> starts, int groups, int rows)
    {
        bool fits = starts.Length == groups + 1 && starts[0] == 0 && starts[groups] == rows;
        for (int group = 0; fits && group < groups; group++)
        {
            fits = starts[group] <= starts[group + 1];
        }

        if (!fits)
        {
            throw new ArgumentException(
                $"[grouped product] {groups} groups cover {rows} rows in order, with a first row each and the number of rows at the end; {string.Join(' ', starts.ToArray())}");
        }
    }

    /// <summary>A task is a block of rows of one group and a block of columns.</summary>
    private readonly struct RowsJob(Matrix a, int* starts, MatrixStack b, Matrix c, bool accumulate) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            (int block, int part) = Math.DivRem(task, Pieces(c.Columns, BlockColumns));
            int group = 0;
            for (int blocks; block >= (blocks = Pieces(starts[group + 1] - starts[group], BlockRows)); group++)
            {
                block -= blocks;
            }

            int row = starts[group] + (block * BlockRows), column = part * BlockColumns;
            int rows = Math.Min(BlockRows, starts[group + 1] - row), columns = Math.Min(BlockColumns, c.Columns - column);
            MatrixProduct.Multiply(
                null, a.Block(row, 0, rows, a.Columns), b[group].Block(0, column, a.Columns, columns), c.Block(row, column, rows, columns), accumulate);
        }
    }

    /// <summary>A task is a block of one group's matrix.</summary>
    private readonly struct StackJob(Matrix a, Matrix b, int* starts, MatrixStack c, bool accumulate) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            (task, int part) = Math.DivRem(task, Pieces(c[0].Columns, BlockColumns));
            (int group, int block) = Math.DivRem(task, Pieces(c[0].Rows, BlockRows));
            int first = starts[group], count = starts[group + 1] - first, row = block * BlockRows, column = part * BlockColumns;
            int rows = Math.Min(BlockRows, c[0].Rows - row), columns = Math.Min(BlockColumns, c[0].Columns - column);
            MatrixProduct.Multiply(
                null, a.Block(first, row, count, rows).Transposed, b.Block(first, column, count, columns), c[group].Block(row, column, rows, columns), accumulate);
        }
    }
}

/// <summary>Matrices of one shape, evenly apart in memory that somebody else keeps alive.</summary>
/// <param name="first">The first of them.</param>
/// <param name="stride">Floats from one to the next.</param>
/// <param name="count">How many, 1 or more.</param>
public readonly unsafe struct MatrixStack(Matrix first, nint stride, int count)
{
    /// <summary>How many.</summary>
    public int Count => count;

    /// <summary>The transposes, as views of the same memory.</summary>
    public MatrixStack Transposed => new(first.Transposed, stride, count);

    /// <summary>One of them.</summary>
    /// <param name="index">Its number, from 0; not checked.</param>
    public Matrix this[int index] => new(first.Data + (index * stride), first.Rows, first.Columns, first.RowStride, first.ColumnStride);

    /// <summary>Row-major matrices without gaps, one behind the other.</summary>
    /// <param name="data">Address of the first element.</param>
    /// <param name="count">How many.</param>
    /// <param name="rows">Rows of each.</param>
    /// <param name="columns">Columns of each.</param>
    public static MatrixStack Dense(float* data, int count, int rows, int columns) => new(Matrix.Dense(data, rows, columns), (nint)rows * columns, count);
}
